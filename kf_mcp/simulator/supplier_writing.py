"""Writing suppliers: entered, written whole, deleted, and the two details that can be set alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import parties, wire
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import Party
from kf_mcp.simulator.suppliers import BLANK, add, border, checked_name, known

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
BY_THE_OLD_MARK = ("Domestic", "EC")
"""Where a supplier can trade in the words of the older shape."""


class NoSuchSupplier(Refusal):
    """A sentence of ours for a supplier who is not there; that it holds "no supplier" is what clients look for."""

    def __init__(self) -> None:
        super().__init__("There is no supplier with this id.")


def change(books: Books, members: Mapping[str, Any]) -> Party:
    """Write a supplier anew, found by id; what was not sent becomes blank."""
    before = books.suppliers.get(wire.whole(members, "SupplierID"))
    if before is None:
        raise NoSuchSupplier
    name = checked_name(books, members)
    sent = parties.code_sent(books, "Supplier", before, members)
    code = parties.checked_code(books.suppliers, "Supplier", sent, name, own_id=before.id)
    created = before.members["Created"]
    trades = _border(books, before, members)
    kept = {"SupplierID": before.id, "Code": code, "Created": created, "Updated": books.now(), **trades}
    supplier = Party(before.id, code, name, parties.whole_record(members, BLANK, kept))
    books.suppliers.put(supplier)
    return supplier


def _border(books: Books, before: Party, members: Mapping[str, Any]) -> dict[str, Any]:
    """Tell where the supplier trades now; one that the older shape has no word for stays there only by the switch."""
    held = before.members["TradeBorderType"]
    foreign = held and held not in BY_THE_OLD_MARK
    if foreign and "EC" in members and books.switches.old_supplier_border == "keep":
        return {"EC": before.members["EC"], "TradeBorderType": held}
    return border(members)


@operation("InsertSupplier")
def insert_supplier(books: Books, request: Request) -> Answer:
    """Enter a new supplier; the answer is the id."""
    return Answer(add(books, wire.record(request, "supl")).id)


@operation("InsertSupplier2")
def insert_supplier2(books: Books, request: Request) -> Answer:
    """Enter a new supplier of the newer shape; the answer is the id."""
    return Answer(add(books, wire.record(request, "Supplier2")).id)


@operation("UpdateSupplier")
def update_supplier(books: Books, request: Request) -> Answer:
    """Write a supplier anew; this call has no result."""
    change(books, wire.record(request, "sup"))
    return Answer()


@operation("UpdateSupplier2")
def update_supplier2(books: Books, request: Request) -> Answer:
    """Write a supplier of the newer shape anew; its parameter is called Supplier."""
    change(books, wire.record(request, "Supplier"))
    return Answer()


@operation("DeleteSupplier")
def delete_supplier(books: Books, request: Request) -> Answer:
    """Delete a supplier by id; one with purchases is refused unless the switch says otherwise."""
    supplier = books.suppliers.get(wire.whole(request, "SupplierID"))
    if supplier is None:
        return nothing_to_delete(books, NoSuchSupplier())
    if books.purchases.of_party(supplier.id) and books.switches.delete_supplier_in_use == "refuse":
        raise Refusal("The supplier has receipts and cannot be deleted.")
    books.suppliers.drop(supplier)
    return Answer(DONE)


def _touched(books: Books, supplier: Party, **members: Any) -> None:
    """Change a few members of a supplier."""
    changed = {**supplier.members, **members, "Updated": books.now()}
    books.suppliers.put(replace(supplier, members=changed))


@operation("SetSupplierVATNumber")
def set_supplier_vat_number(books: Books, request: Request) -> Answer:
    """Set the VAT number of a supplier, who is named by code."""
    _touched(books, known(books, request), VATNumber=wire.text(request, "SupVATNumber"))
    return Answer(DONE)


@operation("SetSupplierCurrency")
def set_supplier_currency(books: Books, request: Request) -> Answer:
    """Set the currency of a supplier, who is named by code, by the currency's own."""
    currency = parties.currency_id(books, wire.text(request, "CurrencyCode"))
    supplier = known(books, request)
    in_use = books.purchases.of_party(supplier.id) and currency != supplier.members["CurrencyID"]
    if in_use and books.switches.currency_in_use == "refuse":
        raise Refusal("The supplier has receipts in another currency.")
    _touched(books, supplier, CurrencyID=currency)
    return Answer(DONE)
