"""Writing purchases, which KashFlow calls receipts: new ones, changed ones, their lines and notes, and deleting them.

KashFlow sends a purchase as an Invoice, whose customer is then the supplier, or in the newer calls as a Receipt2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import advances, documents, wire
from kf_mcp.simulator.documents_shown import RECEIPT_NAMES
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.purchases import NoSuchReceipt, by_id, by_number
from kf_mcp.simulator.records import ZERO, Document, Note

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
Find = Callable[["Books", Request], Document]
INVOICE_NAMES = {newer: older for older, newer in RECEIPT_NAMES.items()}
"""What Invoice and InvoiceLine call the members of Receipt2 and ReceiptLine2."""

REST_OF_WORLD = "ROW"
TYPED = "Receipt_TD"
"""The parameter whose type has no delivery address."""


def _as_sent(request: Request, name: str) -> Mapping[str, Any]:
    """Read a purchase or a line of the older shape."""
    return wire.record(request, name)


def _renamed(members: Mapping[str, Any]) -> dict[str, Any]:
    return {INVOICE_NAMES.get(name, name): value for name, value in members.items()}


def _newer(request: Request, name: str) -> Mapping[str, Any]:
    """Read a Receipt2 by the names that an Invoice has."""
    members = _renamed(wire.record(request, name))
    rows = members.get("Lines")
    lines = None if rows is None else [_renamed(wire.members_of(row)) for row in rows if row is not None]
    return {**members, "Lines": lines}


def _newer_line(request: Request, name: str) -> Mapping[str, Any]:
    """Read a ReceiptLine2 by the names that an InvoiceLine has."""
    return _renamed(wire.record(request, name))


Read = Callable[[Request, str], Mapping[str, Any]]


def _checked_duty(books: Books, document: Document) -> Document:
    """See to the import duty: KashFlow's service description has it for suppliers in the rest of the world only."""
    supplier = books.suppliers.get(document.party)
    abroad = supplier is not None and supplier.members["TradeBorderType"] == REST_OF_WORLD
    kept = abroad or books.switches.import_duty_elsewhere == "keep"
    if kept or not any(line.import_duty for line in document.lines):
        return document
    plain = replace(document, lines=tuple(replace(line, import_duty=ZERO) for line in document.lines))
    books.put_document(plain)
    return plain


def _inserting(name: str, read: Read) -> Callable[[Books, Request], Answer]:
    """Enter a new purchase; the answer is its number, not its id."""

    def answer(books: Books, request: Request) -> Answer:
        return Answer(_checked_duty(books, documents.insert(books, "purchase", read(request, name))).number)

    return answer


def _updating(name: str, read: Read) -> Callable[[Books, Request], Answer]:
    """Write a purchase anew, found by its number; its lines go and the ones sent come, payments and notes stay."""

    def answer(books: Books, request: Request) -> Answer:
        members = read(request, name)
        document = by_number(books, wire.whole(members, "InvoiceNumber"))
        if name == TYPED and books.switches.typed_update == "keep":
            kept = {"DeliveryAddress": document.delivery, "UseCustomDeliveryAddress": document.own_delivery_address}
            members = {**members, **kept}
        return _updated(books, documents.overwrite(books, document, members, keep_lines=False))

    return answer


def _updated(books: Books, document: Document) -> Answer:
    """Answer a change with what the switch says: nobody knows what the number means."""
    purchase = _checked_duty(books, document)
    return Answer({"one": DONE, "id": purchase.id, "zero": 0}[books.switches.update_number])


operation("InsertReceipt")(_inserting("Inv", _as_sent))
operation("InsertReceipt_TypeDefined")(_inserting("Inv_TD", _as_sent))
operation("InsertReceipt2")(_inserting("Receipt", _newer))
operation("UpdateReceipt")(_updating("Receipt", _as_sent))
operation("UpdateReceipt_TypeDefined")(_updating("Receipt_TD", _as_sent))
operation("UpdateReceipt2")(_updating("Receipt", _newer))


@operation("UpdateReceiptHeader")
def update_receipt_header(books: Books, request: Request) -> Answer:
    """Write a purchase's header anew, found by its id; lines sent are added to the old ones."""
    members = wire.record(request, "Receipt")
    document = by_id(books, wire.whole(members, "InvoiceDBID"))
    return _updated(books, documents.overwrite(books, document, members, keep_lines=True))


def _with_id(name: str) -> Find:
    return lambda books, request: by_id(books, wire.whole(request, name))


def _with_number(books: Books, request: Request) -> Document:
    return by_number(books, wire.whole(request, "ReceiptNumber"))


def _adding(find: Find, name: str, read: Read) -> Callable[[Books, Request], Answer]:
    """Add a line to a purchase; the answer is the line's id."""

    def answer(books: Books, request: Request) -> Answer:
        document = find(books, request)
        added = documents.with_line(books, document, read(request, name))
        _checked_duty(books, by_id(books, document.id))
        return Answer(added)

    return answer


operation("InsertReceiptLine")(_adding(_with_id("ReceiptID"), "InvLine", _as_sent))
operation("InsertReceiptLine2")(_adding(_with_id("ReceiptId"), "ReceiptLine", _newer_line))
operation("InsertReceiptLineFromNumber")(_adding(_with_number, "InvLine", _as_sent))
operation("InsertReceiptLineFromNumber2")(_adding(_with_number, "ReceiptLine", _newer_line))


def _taking_away(find: Find) -> Callable[[Books, Request], Answer]:
    """Take a line away from a purchase."""

    def answer(books: Books, request: Request) -> Answer:
        if documents.without_line(books, find(books, request), wire.whole(request, "LineID")):
            return Answer(DONE)
        return nothing_to_delete(books, Refusal("There is no such line on this receipt."))

    return answer


operation("DeleteReceiptLine")(_taking_away(_with_number))
operation("DeleteReceiptLineWithReceiptID")(_taking_away(_with_id("ReceiptID")))


@operation("DeleteReceipt")
def delete_receipt(books: Books, request: Request) -> Answer:
    """Delete a purchase by its number."""
    return _delete(books, books.purchases.numbered(wire.whole(request, "ReceiptNumber")))


@operation("DeleteReceiptByID")
def delete_receipt_by_id(books: Books, request: Request) -> Answer:
    """Delete a purchase by its id."""
    return _delete(books, books.purchases.get(wire.whole(request, "ReceiptID")))


def _delete(books: Books, document: Document | None) -> Answer:
    if document is None:
        return nothing_to_delete(books, NoSuchReceipt())
    documents.check_open(books, document.date)
    if document.payments and books.switches.delete_paid_document == "refuse":
        raise Refusal("The receipt has payments; delete them first.")
    for payment in document.payments:
        advances.release(books, payment)
    books.drop_document(document)
    return Answer(DONE)


@operation("InsertReceiptNote")
def insert_receipt_note(books: Books, request: Request) -> Answer:
    """Add a note to a purchase, which is named by its internal id."""
    document = by_id(books, wire.whole(request, "ReceiptId"))
    written = wire.day(request, "NoteDate") or books.today
    note = Note(books.next_id("note"), written, wire.text(request, "Notes"))
    books.put_document(replace(document, notes=(*document.notes, note)))
    return Answer(True)
