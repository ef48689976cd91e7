"""Payments of purchases: money paid to a supplier, or paid on account before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import advances, payments, wire
from kf_mcp.simulator.documents import check_open
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.purchases import by_number

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


@operation("InsertReceiptPayment")
def insert_receipt_payment(books: Books, request: Request) -> Answer:
    """Enter money paid for a purchase, which is named by its number; the answer is the payment's id."""
    members = wire.record(request, "ReceiptPayment")
    return Answer(payments.pay(books, by_number(books, wire.whole(members, "PayInvoice")), members).id)


@operation("DeleteReceiptPayment")
def delete_receipt_payment(books: Books, request: Request) -> Answer:
    """Take a payment away from its purchase; the payment alone is named, unlike that of an invoice."""
    wanted = wire.whole(request, "ReceiptPaymentNumber")
    pairs = ((document, payment) for document in books.purchases for payment in document.payments)
    found = next(((document, payment) for document, payment in pairs if payment.id == wanted), None)
    if found is None:
        return nothing_to_delete(books, Refusal("There is no receipt payment with this id."))
    document, payment = found
    check_open(books, payment.date)
    books.put_document(replace(document, payments=tuple(row for row in document.payments if row.id != wanted)))
    advances.release(books, payment)
    return Answer(DONE)


@operation("AllocateAdvancePaymentToReceipt")
def allocate_advance_payment_to_receipt(books: Books, request: Request) -> Answer:
    """Set money that was paid to the supplier on account against a purchase, which is named by its number.

    What the answered number means is not known: the payment's id, or by the switch that it is done.
    """
    document = by_number(books, wire.whole(request, "ReceiptNumber"))
    payment = advances.allocate(books, document, wire.whole(request, "BankTxId"))
    return Answer(payment.id if books.switches.allocate_result == "payment" else DONE)
