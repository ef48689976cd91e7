"""Writing invoices: new ones, changed ones, their lines, and taking them away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import advances, documents, wire
from kf_mcp.simulator.invoices import NoSuchInvoice, by_id, by_number
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import Document, Payment

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
DONE = 1
"""What a call that deletes answers with; KashFlow does not say what the number means."""


@operation("InsertInvoice")
def insert_invoice(books: Books, request: Request) -> Answer:
    """Enter a new invoice; the answer is its number, not its id (KashFlow's manual, InsertInvoice)."""
    return Answer(documents.insert(books, "invoice", wire.record(request, "Inv")).number)


@operation("InsertInvoice_TypeDefined")
def insert_invoice_typed(books: Books, request: Request) -> Answer:
    """Enter a new invoice whose lines are typed; the answer is its number."""
    return Answer(documents.insert(books, "invoice", wire.record(request, "Inv_TD")).number)


@operation("UpdateInvoice")
def update_invoice(books: Books, request: Request) -> Answer:
    """Write an invoice anew, found by its number; its lines go and the ones sent come."""
    return _update(books, wire.record(request, "Inv"))


@operation("UpdateInvoice_TypeDefined")
def update_invoice_typed(books: Books, request: Request) -> Answer:
    """Write an invoice anew, found by its number; its lines go and the ones sent come."""
    members = wire.record(request, "InvTD")
    if books.switches.typed_update == "keep":
        before = by_number(books, wire.whole(members, "InvoiceNumber"))
        kept = {"DeliveryAddress": before.delivery, "UseCustomDeliveryAddress": before.own_delivery_address}
        members = {**members, **kept}
    return _update(books, members)


def _update(books: Books, members: Mapping[str, Any]) -> Answer:
    document = by_number(books, wire.whole(members, "InvoiceNumber"))
    documents.overwrite(books, document, members, keep_lines=False)
    return Answer()


@operation("UpdateInvoiceHeader")
def update_invoice_header(books: Books, request: Request) -> Answer:
    """Write an invoice's header anew, found by its id; lines sent are added to the old ones."""
    members = wire.record(request, "Inv")
    documents.overwrite(books, by_id(books, wire.whole(members, "InvoiceDBID")), members, keep_lines=True)
    return Answer()


@operation("InsertInvoiceLine")
def insert_invoice_line(books: Books, request: Request) -> Answer:
    """Add a line to an invoice, named by its id; the answer is the line's id."""
    document = by_id(books, wire.whole(request, "InvoiceID"))
    return Answer(documents.with_line(books, document, wire.record(request, "InvLine")))


@operation("InsertInvoiceLineWithInvoiceNumber")
def insert_invoice_line_by_number(books: Books, request: Request) -> Answer:
    """Add a line to an invoice, named by its number; the answer is the line's id."""
    document = by_number(books, wire.whole(request, "InvoiceNumber"))
    return Answer(documents.with_line(books, document, wire.record(request, "InvLine")))


@operation("DeleteInvoiceLine")
def delete_invoice_line(books: Books, request: Request) -> Answer:
    """Take a line away from an invoice, named by its number."""
    return _delete_line(books, by_number(books, wire.whole(request, "InvoiceNumber")), request)


@operation("DeleteInvoiceLineWithInvoiceID")
def delete_invoice_line_by_id(books: Books, request: Request) -> Answer:
    """Take a line away from an invoice, named by its id."""
    return _delete_line(books, by_id(books, wire.whole(request, "InvoiceID")), request)


def _delete_line(books: Books, document: Document, request: Request) -> Answer:
    if documents.without_line(books, document, wire.whole(request, "LineID")):
        return Answer(DONE)
    return nothing_to_delete(books, Refusal("There is no such line on this invoice."))


@operation("DeleteInvoice")
def delete_invoice(books: Books, request: Request) -> Answer:
    """Delete an invoice by its number."""
    return _delete(books, books.invoices.numbered(wire.whole(request, "InvoiceNumber")))


@operation("DeleteInvoiceByID")
def delete_invoice_by_id(books: Books, request: Request) -> Answer:
    """Delete an invoice by its id."""
    return _delete(books, books.invoices.get(wire.whole(request, "InvoiceID")))


def _delete(books: Books, document: Document | None) -> Answer:
    if document is None:
        return nothing_to_delete(books, NoSuchInvoice())
    documents.check_open(books, document.date)
    if document.payments and books.switches.delete_paid_document == "refuse":
        raise Refusal("The invoice has payments; delete them first.")
    for payment in document.payments:
        _release(books, document, payment)
    books.drop_document(document)
    return Answer(DONE)


def _release(books: Books, document: Document, payment: Payment) -> None:
    """Where a credit note was applied, take the other document's half away too; money on account goes back there."""
    advances.release(books, payment)
    other = books.invoices.get(payment.settles_with)
    if other is None:
        return
    kept = tuple(half for half in other.payments if half.settles_with != document.id)
    books.put_document(replace(other, payments=kept))


def nothing_to_delete(books: Books, refusal: Refusal) -> Answer:
    """Answer a call that should delete what is not there: NO, or OK with a 0 if the switch says so."""
    if books.switches.delete_unknown == "refuse":
        raise refusal
    return Answer(0)


@operation("applyCreditNoteToInvoice")
def apply_credit_note(books: Books, request: Request) -> Answer:
    """Settle an invoice with a credit note; both are named by their ids and both show it as a payment.

    The credit note must be unpaid (KashFlow's manual). How the two payments look is not known: here they have
    no method and no bank account, and as much is applied as both sides have left.
    """
    invoice = by_id(books, wire.whole(request, "InvoiceID"))
    credit = by_id(books, wire.whole(request, "CreditNoteID"))
    if invoice.party != credit.party and books.switches.credit_of_another == "refuse":
        raise Refusal("The credit note is not of the same customer as the invoice.")
    amount = min(books.amounts.home_due(invoice), -books.amounts.home_due(credit))
    if books.amounts.home_gross(credit) >= 0 or amount <= 0 or credit.payments:
        raise Refusal("The credit note cannot be applied to this invoice.")
    for document, other, sign in ((invoice, credit, 1), (credit, invoice, -1)):
        half = Payment(
            id=books.next_id("payment"),
            date=books.today,
            amount=books.amounts.payment_as_sent(document, sign * amount),
            home=sign * amount,
            note=f"Credit note {credit.number} applied to invoice {invoice.number}",
            settles_with=other.id,
        )
        books.put_document(replace(document, payments=(*document.payments, half)))
    return Answer(True)
