"""Income by customer and the five key figures, from the invoices, purchases and payments; in pounds.

KashFlow names the five and says no more: what each is reckoned from is our reading of its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.records import ZERO, Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
PLACES = Decimal("0.01")


def _period(request: Request) -> tuple[date, date]:
    return wire.day(request, "StartDate") or date.min, wire.day(request, "EndDate") or date.max


@operation("GetIncomeByCustomer")
def get_income_by_customer(books: Books, request: Request) -> Answer:
    """List what each customer was invoiced in a period, or what each one paid in it.

    Description is the customer's code (KashFlow's manual). Without VAT, a payment counts with the share of its
    invoice that is not VAT.
    """
    start, end = _period(request)
    by_invoice_date, gross = bool(request.get("BasedOnInvoiceDate")), books.switches.income_by_customer == "gross"
    rows = []
    for customer in books.customers:
        income = ZERO
        for invoice in books.invoices.of_party(customer.id):
            if not by_invoice_date:
                income += _received(books, invoice, start, end, gross=gross)
            elif start <= invoice.date <= end:
                income += books.amounts.home_gross(invoice) if gross else books.amounts.home_net(invoice)
        if income:
            rows.append({"ID": customer.id, "Name": customer.name, "Description": customer.code, "Value": income})
    return Answer(rows)


def _received(books: Books, invoice: Document, start: date, end: date, *, gross: bool) -> Decimal:
    """Sum what was paid of an invoice in a period."""
    received = sum((payment.home for payment in invoice.payments if start <= payment.date <= end), ZERO)
    whole = books.amounts.home_gross(invoice)
    if gross or not received or not whole:
        return received
    return books.amounts.pennies(received * books.amounts.home_net(invoice) / whole)


@operation("GetKPIs")
def get_kpis(books: Books, request: Request) -> Answer:
    """Read the five key figures of a period; the id of each is 1 (KashFlow's manual, GetKPIs)."""
    start, end = _period(request)
    no_vat, later_only = bool(wire.whole(request, "ExcludeVAT")), bool(wire.whole(request, "ExcludeSameDayPays"))
    invoiced = [row for row in books.invoices if start <= row.date <= end and books.amounts.home_gross(row) > 0]
    values = [books.amounts.home_net(row) if no_vat else books.amounts.home_gross(row) for row in invoiced]
    new, repeat = _customers(books, invoiced, start)
    figures = {
        "DAYSTOCASH_SALES": _mean(_days(books.invoices, start, end, later_only=later_only)),
        "DAYSTOCASH_PURCHASES": _mean(_days(books.purchases, start, end, later_only=later_only)),
        "AVGINVOICEVALUE": _mean(values),
        "NEWCUSTOMERSINVOICED": Decimal(new),
        "REPEATCUSTOMERSINVOICED": Decimal(repeat),
    }
    return Answer([{"ID": 1, "Name": name, "Description": "", "Value": value} for name, value in figures.items()])


def _mean(values: Iterable[Decimal]) -> Decimal:
    """Average, to two places; of nothing it is 0."""
    counted = list(values)
    return (sum(counted, ZERO) / len(counted)).quantize(PLACES) if counted else ZERO


def _days(documents: Iterable[Document], start: date, end: date, *, later_only: bool) -> Iterator[Decimal]:
    """List the days from each document to each of its payments in a period, if asked only those on a later day."""
    for document in documents:
        for payment in document.payments:
            if payment.account and start <= payment.date <= end and not (later_only and payment.date == document.date):
                yield Decimal((payment.date - document.date).days)


def _customers(books: Books, invoiced: Iterable[Document], start: date) -> tuple[int, int]:
    """Count the customers who were first invoiced in a period, and those who had been invoiced before it."""
    parties = {invoice.party for invoice in invoiced}
    before = {party for party in parties if any(row.date < start for row in books.invoices.of_party(party))}
    return len(parties - before), len(before)
