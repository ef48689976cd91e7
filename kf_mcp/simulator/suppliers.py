"""Suppliers: found by code or id, in both shapes; the worlds enter theirs through ``add``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import parties, wire
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.records import ZERO, Party
from kf_mcp.simulator.wire import NO_DATE

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
NEVER_CHANGED = datetime(1990, 1, 1)  # noqa: DTZ001 - KashFlow's dates have no zone
"""What stands where a supplier was never changed (Zynk's recorded objects)."""

BLANK: Mapping[str, Any] = {
    **dict.fromkeys(
        (
            *("Code", "Name", "Contact", "Mobile", "Fax", "Address1", "Address2", "Address3", "Address4", "PostCode"),
            *("Telephone", "Website", "Email", "VATNumber", "Notes"),
            *("ContactTitle", "ContactFirstName", "ContactLastName", "TradeBorderType"),
        ),
        "",
    ),
    "Created": NO_DATE,
    "Updated": NO_DATE,
    "EC": 0,
    "CurrencyID": 0,
    "PaymentTerms": 0,
}
"""Every member of KashFlow's supplier but its id, with what it is when nobody filled it in."""


def add(books: Books, members: Mapping[str, Any]) -> Party:
    """Enter a new supplier; without a code one is made."""
    name = checked_name(books, members)
    code = parties.checked_code(books.suppliers, "Supplier", wire.text(members, "Code"), name)
    key = books.next_id("supplier")
    created = wire.moment(books.now())
    kept = {"SupplierID": key, "Code": code, "Created": created, "Updated": NEVER_CHANGED, **border(members)}
    supplier = Party(key, code, name, parties.whole_record(members, BLANK, kept))
    books.suppliers.put(supplier)
    return supplier


def checked_name(books: Books, members: Mapping[str, Any]) -> str:
    """Read a supplier's name; an empty one is refused unless the switch says otherwise."""
    name = wire.text(members, "Name")
    if not name.strip() and books.switches.blank_name == "refuse":
        raise Refusal("The supplier has no name.")
    return name


def border(members: Mapping[str, Any]) -> dict[str, Any]:
    """Tell where a supplier trades in the words of both shapes: a mark in the older, a text in the newer.

    The older shape's own TradeBorderType is a number that nobody explains; it is ignored. The four texts stand in
    KashFlow's service description; that the two shapes agree is our choice.
    """
    sent = members.get("TradeBorderType")
    named = sent if isinstance(sent, str) else ""
    word = named or ("EC" if members.get("EC") else "Domestic")
    return {"EC": int(word in ("EC", "NIEU")), "TradeBorderType": word}


def _old(supplier: Party) -> dict[str, Any]:
    """Write the older shape, where the trade border is a number that nobody explains: 0."""
    return {**supplier.members, "TradeBorderType": ZERO}


def _new(supplier: Party) -> dict[str, Any]:
    """Write the newer shape, where the trade border is a text."""
    word = "EC" if supplier.is_european else "Domestic"  # state files of before suppliers were written
    return {**supplier.members, "TradeBorderType": supplier.members["TradeBorderType"] or word}


def _coded(books: Books, request: Request) -> Party | None:
    return parties.by_code(books.suppliers, wire.text(request, "SupplierCode"))


def _numbered(books: Books, request: Request) -> Party | None:
    return books.suppliers.get(wire.whole(request, "SupplierID"))


def _one(
    choose: Callable[[Books, Request], Party | None], show: Callable[[Party], dict[str, Any]]
) -> Callable[[Books, Request], Answer]:
    """Answer with one supplier; without one by the switch: a supplier whose id is 0, or NO."""

    def answer(books: Books, request: Request) -> Answer:
        supplier = choose(books, request)
        if supplier is not None:
            return Answer(show(supplier))
        if books.switches.not_found_supplier == "refuse":
            raise Refusal("There is no supplier with these details.")
        return Answer({})

    return answer


operation("GetSupplier")(_one(_coded, _old))
operation("GetSupplier2")(_one(_coded, _new))
operation("GetSupplierByID")(_one(_numbered, _old))
operation("GetSupplierByID2")(_one(_numbered, _new))


@operation("GetSuppliers")
def get_suppliers(books: Books, _: Request) -> Answer:
    """List the suppliers."""
    return Answer(Rows(books.suppliers, _old))


@operation("GetSuppliers2")
def get_suppliers2(books: Books, _: Request) -> Answer:
    """List the suppliers in the newer shape."""
    return Answer(Rows(books.suppliers, _new))


def known(books: Books, request: Request) -> Party:
    """Find a supplier by code, or refuse."""
    supplier = _coded(books, request)
    if supplier is None:
        raise Refusal("There is no supplier with this code.")
    return supplier


@operation("GetSupplierVATNumber")
def get_supplier_vat_number(books: Books, request: Request) -> Answer:
    """Read a supplier's VAT number."""
    return Answer(str(known(books, request).members["VATNumber"]))


@operation("GetSupplierCurrency")
def get_supplier_currency(books: Books, request: Request) -> Answer:
    """Read the code of a supplier's currency."""
    return Answer(parties.currency_code(books, known(books, request)))
