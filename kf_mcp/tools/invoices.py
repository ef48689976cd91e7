"""Tools for reading invoices and credit notes."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.together import together
from kf_mcp.model import dates, money, vat
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.money import Figure
from kf_mcp.model.text import bounded
from kf_mcp.toolkit import reads
from kf_mcp.tools import choices
from kf_mcp.tools.invoice_replies import FoundInvoices, InvoiceDetails, InvoiceRow, LineRow, PaymentRow, Sum

Wanted = Literal["all", "unpaid", "overdue", "paid", "overpaid", "credit_notes"]
A_YEAR: Final = timedelta(days=365)


@reads("Find invoices and credit notes")
async def find_invoices(
    books: Books,
    customer: Annotated[
        str, Field(max_length=120, description="Customer code or exact name; empty: every customer")
    ] = "",
    status: Annotated[
        Wanted,
        Field(description="unpaid includes part-paid and overdue"),
    ] = "all",
    from_date: Annotated[Day | None, Field(description="Issued on or after")] = None,
    to_date: Annotated[Day | None, Field(description="Issued on or before")] = None,
    min_amount: Annotated[
        Figure | None, Field(description="Smallest total with VAT, in the invoice's currency")
    ] = None,
    max_amount: Annotated[Figure | None, Field(description="Largest total with VAT")] = None,
    reference: Annotated[str, Field(max_length=100, description="Part of the reference, such as an order number")] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="Most rows")] = 25,
    offset: Annotated[int, Field(ge=0, description="`next_offset` of the reply before")] = 0,
) -> FoundInvoices:
    """Find sales invoices and credit notes by customer, status, date, amount and reference, with sums over all that fit.

    Newest first; unpaid and overdue ones oldest due date first. Without dates these, and those of one customer, are searched
    whole, others a year back and ahead; the reply says which. Nothing found is an empty list. For lines and payments use
    `get_invoice`; for suppliers' bills `find_purchases`.
    """
    if from_date and to_date and from_date > to_date:
        raise Refused("`from_date` is after `to_date`.", "Swap them.")
    if min_amount is not None and max_amount is not None and min_amount > max_amount:
        raise Refused("`min_amount` is above `max_amount`.", "Swap them.")
    buyer = await choices.customer(books, customer) if customer.strip() else None
    found, searched = await _looked_through(books, buyer.id if buyer else 0, status, from_date, to_date)
    today = books.today
    fitting = [
        invoice
        for invoice in found
        if _is_wanted(invoice, status, today)
        and (not from_date or invoice.issue_date >= from_date)
        and (not to_date or invoice.issue_date <= to_date)
        and (min_amount is None or invoice.gross >= min_amount)
        and (max_amount is None or invoice.gross <= max_amount)
        and reference.strip().casefold() in invoice.reference.casefold()
    ]
    if status in {"unpaid", "overdue"}:
        fitting.sort(key=lambda invoice: (invoice.due_date or invoice.issue_date, invoice.number))
    else:
        fitting.sort(key=lambda invoice: (invoice.issue_date, invoice.number), reverse=True)
    shown = fitting[offset : offset + limit]
    rest = offset + len(shown)
    names = {found.id: found.name for found in await books.customers.all()} if not buyer else {buyer.id: buyer.name}
    return FoundInvoices(
        searched=f"{searched}{f' of {buyer.code}' if buyer else ''}",
        total=len(fitting),
        sums=_sums(fitting),
        invoices=[_row(invoice, names.get(invoice.customer_id, ""), today) for invoice in shown],
        next_offset=rest if rest < len(fitting) else 0,
    )


async def _looked_through(
    books: Books, customer_id: int, status: Wanted, from_date: date | None, to_date: date | None
) -> tuple[list[Invoice], str]:
    """The invoices to look through, by the smallest list that KashFlow offers, and which those are, in words."""
    if customer_id:
        found, searched = await books.invoices.of_customer(customer_id), "all dates"
    elif status in {"unpaid", "overdue"}:
        found, searched = await books.invoices.unpaid(), "all dates"
    else:
        start, end = from_date or books.today - A_YEAR, to_date or books.today + A_YEAR
        return await books.invoices.between(start, end), f"issued {dates.in_words(start)} to {dates.in_words(end)}"
    if from_date or to_date:
        searched = f"issued {dates.in_words(from_date) if from_date else 'at any time'} to " + (
            dates.in_words(to_date) if to_date else "any time"
        )
    return found, searched


def _is_wanted(invoice: Invoice, status: Wanted, today: date) -> bool:
    match status:
        case "all":
            return True
        case "unpaid":
            return invoice.outstanding > 0 and not invoice.marked_paid
        case "overdue":
            return invoice.outstanding > 0 and invoice.status(today) == "overdue"
        case "paid":
            return invoice.status(today) == "paid"
        case "overpaid":
            return invoice.outstanding < 0 and not invoice.is_credit_note
        case "credit_notes":
            return invoice.is_credit_note


def _sums(invoices: list[Invoice]) -> list[Sum]:
    by_currency: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        by_currency[invoice.currency].append(invoice)
    return [
        Sum(
            currency=code,
            count=len(found),
            gross=sum((invoice.gross for invoice in found), Decimal(0)),
            outstanding=sum((invoice.outstanding for invoice in found), Decimal(0)),
        )
        for code, found in sorted(by_currency.items(), key=lambda item: (item[0] != money.HOME, item[0]))
    ]


def _row(invoice: Invoice, name: str, today: date) -> InvoiceRow:
    return InvoiceRow(
        number=invoice.number,
        customer=invoice.customer_code,
        name=bounded(name or invoice.customer_name, 60),
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        reference=bounded(invoice.reference, 40),
        currency=invoice.currency,
        gross=invoice.gross,
        outstanding=invoice.outstanding,
        status=invoice.status(today),
    )


@reads("Invoice with lines and payments", card=True)
async def get_invoice(
    books: Books, number: Annotated[int, Field(ge=1, description="The visible invoice number")]
) -> InvoiceDetails:
    """Look at one sales invoice or credit note: every line with its VAT, every payment, what is outstanding.

    An unknown number is an error. If only the customer, date or amount is known, use `find_invoices`.
    """
    invoice, payments = await together(lambda: books.invoices.get(number), lambda: books.payments.of_invoice(number))
    nominals = {found.id: choices.nominal_in_words(found) for found in await books.reference.nominals()}
    methods = {found.id: found.name for found in await books.reference.payment_methods()} if payments else {}
    accounts = {found.id: found.name for found in await books.reference.bank_accounts()} if payments else {}
    name = invoice.customer_name
    if not name:
        name = next((c.name for c in await books.customers.all() if c.id == invoice.customer_id), "")
    return InvoiceDetails(
        number=invoice.number,
        customer=invoice.customer_code,
        name=bounded(name),
        issue_date=invoice.issue_date,
        due_date=invoice.due_date,
        reference=bounded(invoice.reference),
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        paid=invoice.paid,
        outstanding=invoice.outstanding,
        status=invoice.status(books.today),
        lines=[
            LineRow(
                description=bounded(line.description, 300),
                quantity=line.quantity,
                unit_price=line.unit_price,
                net=line.net,
                vat_rate=vat.rate_in_words(line.vat_rate),
                vat=line.vat,
                nominal=nominals.get(line.nominal_id, ""),
            )
            for line in invoice.lines
        ],
        payments=[
            PaymentRow(
                id=payment.id,
                date=payment.date,
                amount=payment.amount,
                method=bounded(methods.get(payment.method_id, ""), 40),
                account=bounded(accounts.get(payment.account_id, ""), 40),
                note=bounded(payment.note, 80),
            )
            for payment in payments
        ],
    )
