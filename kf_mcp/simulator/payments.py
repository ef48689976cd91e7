"""Payments of invoices: money received, and how it is listed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import advances, wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.documents import check_open
from kf_mcp.simulator.invoice_writing import nothing_to_delete
from kf_mcp.simulator.invoices import NoSuchInvoice, by_number
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import ZERO, Document, Payment
from kf_mcp.simulator.shelves import Shelf

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
BEYOND_ANY_ID = 2**31


def pay(books: Books, document: Document, members: Mapping[str, Any]) -> Payment:
    """Enter a payment of a document: money received for an invoice, paid for a purchase."""
    paid_on, method, account = _details(books, document, members)
    check_open(books, paid_on)
    amount = wire.decimal(members, "PayAmount")
    home = books.amounts.payment_in_pounds(document, amount)
    _check_amount(books, document, amount, home)
    payment = Payment(
        id=books.next_id("payment"),
        date=paid_on,
        amount=amount,
        home=home,
        note=wire.text(members, "PayNote"),
        method=method,
        account=account,
    )
    books.put_document(replace(document, payments=(*document.payments, payment)))
    return payment


def shown(document: Document, payment: Payment) -> dict[str, Any]:
    """Write a payment as KashFlow does; PayInvoice is the document's number."""
    return {
        "PayID": payment.id,
        "PayInvoice": document.number,
        "PayDate": wire.moment(payment.date),
        "PayNote": payment.note,
        "PayMethod": payment.method,
        "PayAccount": payment.account,
        "PayAmount": four_places(payment.amount),
    }


def _details(books: Books, document: Document, members: Mapping[str, Any]) -> tuple[date, int, int]:
    """Read date, method and bank account; missing ones are refused, or by the switch the first ones and today."""
    methods = books.invoice_methods if document.kind == "invoice" else books.purchase_methods
    paid_on = wire.day(members, "PayDate")
    method, account = wire.whole(members, "PayMethod"), wire.whole(members, "PayAccount")
    if books.switches.missing_payment_details == "default":
        return paid_on or books.today, method or _first(methods), account or _first(books.bank_accounts)
    if paid_on is None:
        raise Refusal("The payment has no date.")
    if methods.get(method) is None:
        raise Refusal("There is no payment method with this id.")
    if books.bank_accounts.get(account) is None:
        raise Refusal("There is no bank account with this id.")
    return paid_on, method, account


def _first(shelf: Shelf[Any]) -> int:
    """Give the id of a list's first row."""
    return int(next(iter(shelf)).id)


def _check_amount(books: Books, document: Document, amount: Decimal, home: Decimal) -> None:
    """Refuse nothing, and by the switches what is below zero or more than is owed."""
    if not amount:
        raise Refusal("The payment has no amount.")
    if amount < 0 and books.switches.negative_payment == "refuse":
        raise Refusal("The amount of a payment cannot be negative.")
    if books.switches.overpayment == "refuse" and home > max(books.amounts.home_due(document), ZERO):
        raise Refusal("The payment is more than the amount outstanding.")


@operation("InsertInvoicePayment")
def insert_invoice_payment(books: Books, request: Request) -> Answer:
    """Enter money received for an invoice, which is named by its number; the answer is the payment's id."""
    members = wire.record(request, "InvoicePayment")
    return Answer(pay(books, by_number(books, wire.whole(members, "PayInvoice")), members).id)


@operation("GetInvoicePayment")
def get_invoice_payment(books: Books, request: Request) -> Answer:
    """List the payments of an invoice; an unknown one has none."""
    document = books.invoices.numbered(wire.whole(request, "InvoiceNumber"))
    return Answer([shown(document, payment) for payment in document.payments] if document else [])


@operation("DeleteInvoicePayment")
def delete_invoice_payment(books: Books, request: Request) -> Answer:
    """Take a payment away from an invoice; both are named, as the service description of 2026 asks.

    A client of 2017 names the payment alone; its invoice number is 0 and there is no such invoice.
    """
    document = books.invoices.numbered(wire.whole(request, "InvoiceNumber"))
    if document is None:
        return _nothing_deleted(books, NoSuchInvoice())
    wanted = wire.whole(request, "InvoicePaymentNumber")
    payment = next((row for row in document.payments if row.id == wanted), None)
    if payment is None:
        return _nothing_deleted(books, Refusal("There is no such payment on this invoice."))
    check_open(books, payment.date)
    books.put_document(replace(document, payments=tuple(row for row in document.payments if row.id != wanted)))
    advances.release(books, payment)
    other = books.invoices.get(payment.settles_with)
    if other is not None:
        kept = tuple(row for row in other.payments if row.settles_with != document.id)
        books.put_document(replace(other, payments=kept))
    return Answer()


def _nothing_deleted(books: Books, refusal: Refusal) -> Answer:
    """Answer like the other calls that delete, but this one has no result."""
    nothing_to_delete(books, refusal)
    return Answer()


def _between(books: Books, request: Request) -> list[tuple[Document, Payment]]:
    """List the payments of invoices from one day to another, both included, the oldest first."""
    start, end = wire.day(request, "StartDate") or date.min, wire.day(request, "EndDate") or date.min
    pairs = books.work_out("payments by date", lambda: sorted(_all(books), key=_by_date))
    return pairs[bisect_left(pairs, (start, 0), key=_by_date) : bisect_left(pairs, (end, BEYOND_ANY_ID), key=_by_date)]


def _by_date(pair: tuple[Document, Payment]) -> tuple[date, int]:
    return pair[1].date, pair[1].id


def _all(books: Books) -> Iterator[tuple[Document, Payment]]:
    for document in books.invoices:
        for payment in document.payments:
            yield document, payment


@operation("GetInvoicePaymentsByDateRange")
def get_payments_by_date_range(books: Books, request: Request) -> Answer:
    """List one page of the payments by date; pages count from 1 and the one after the last is empty."""
    size = 100 if books.switches.payments_page == "hundred" else 10
    first = (max(wire.whole(request, "PageNumber"), 1) - 1) * size
    return Answer([shown(*pair) for pair in _between(books, request)[first : first + size]])


@operation("GetInvoicePaymentsCountforDateRange")
def count_payments(books: Books, request: Request) -> Answer:
    """Count the payments of invoices from one day to another."""
    return Answer(len(_between(books, request)))
