"""The tool that raises an invoice. What was left out is filled only from a source that the preview names."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.invoice_steps import InsertInvoice
from kf_mcp.model import dates, money, twins, vat, vat_preflights
from kf_mcp.model.bank import on_account_in_words
from kf_mcp.model.customers import Customer
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import Invoice, NewInvoice
from kf_mcp.model.reference import Company, Currency
from kf_mcp.model.text import counted, quoted
from kf_mcp.model.vat_preflights import Said
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices, sheets
from kf_mcp.tools.customers import CustomerKey, Line
from kf_mcp.tools.invoice_lines import LineAsked, Resolved, remarks, resolve, said_of_vat
from kf_mcp.writing.plan import Plan

PLACES: Final = 4
"""KashFlow keeps four decimal places of quantities and prices."""
FAR_OFF: Final = timedelta(days=45)
LONGEST_TERMS: Final = timedelta(days=180)


@writes("Raise a sales invoice", destructive=False)
async def create_invoice(
    books: Books,
    customer: CustomerKey,
    lines: Annotated[list[LineAsked], Field(min_length=1, max_length=200, description="At least one, in order")] = [],  # noqa: B006 - read only
    issue_date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    due_date: Annotated[Day | None, Field(description="Default: by the customer's or the company's terms")] = None,
    reference: Annotated[Line, Field(max_length=100, description="Such as the customer's order number")] = "",
    currency: Annotated[str, Field(max_length=3, description="Default: the customer's")] = "",
) -> Plan:
    """Raise a sales invoice and post it to the ledger; the number is the next free one.

    A preview to the penny comes first and names where each default came from; nothing is written before a person agreed. Where a VAT
    rate, nominal or date cannot be taken from the books, the choices come back as an error: ask the person, do not choose. VAT is added to
    the net prices, rounded per line. The total must not be negative. A repeat asks anew and says that it is one. For money received use
    `record_payment`.
    """
    if not lines:
        raise Refused("`lines` is empty; at least one is needed.", "Nothing was written.")
    buyer = await choices.customer(books, customer)
    company = await books.reference.company()
    past = await books.invoices.of_customer(buyer.id)
    advances = await books.bank.advances_if_offered(buyer.id)
    money_in, currency_source = await choices.currency(books, buyer, currency)
    issued = issue_date or books.today
    due, due_source = _due(due_date, issued, buyer, company)
    resolved = await resolve(books, lines, buyer, company, past)
    invoice = NewInvoice(
        customer_id=buyer.id,
        customer_code=buyer.code,
        issue_date=issued,
        due_date=due,
        reference=reference,
        currency=money_in.code,
        exchange_rate=Decimal(1) if money_in.is_home else money_in.rate,
        lines=tuple(found.line for found in resolved),
    )
    if invoice.gross < 0:
        raise Refused(
            f"The total would be {money.in_words(invoice.gross, invoice.currency)}, and an invoice cannot be negative.",
            "Nothing was written. Giving money back takes a credit note: `create_credit_note`.",
        )
    said = said_of_vat(invoice.lines, issued, buyer, company, invoice.currency)
    return Plan(
        title=_title(buyer, invoice),
        facts=(
            *_facts(invoice, resolved, due_source, currency_source, issue_date is None),
            *said.notes,
            *_rounding(invoice),
            *(f"The customer has money on account: {on_account_in_words(row)}" for row in advances),
        ),
        warnings=(
            *_warnings(invoice, said, past, books.today),
            *remarks(resolved),
        ),
        steps=(InsertInvoice.of(invoice),),
        amount=_pounds(invoice, money_in),
        dated=(issued,),
        sheet=sheets.of_sale(
            "Invoice",
            company,
            buyer,
            invoice.lines,
            issued=issued,
            due=due,
            reference=reference,
            currency=invoice.currency,
        ),
    )


def _due(asked: date | None, issued: date, buyer: Customer, company: Company) -> tuple[date, str]:
    """When it is due, and where that comes from."""
    if asked is not None:
        return asked, counted((asked - issued).days, "day") if asked > issued else ""
    after = " after the end of the month" if company.terms_from_month_end else ""
    for days, whose in ((buyer.payment_terms, "customer"), (company.payment_terms, "company")):
        if days:
            return company.due_date(issued, days), f"{counted(days, 'day')}{after}, the {whose}'s terms"
    raise ChoiceNeeded(
        "due_date",
        "Neither the customer nor the company has payment terms in KashFlow.",
        [f"{issued + timedelta(days=days)} ({days} days)" for days in (0, 14, 30)],
    )


def _title(buyer: Customer, invoice: NewInvoice) -> str:
    show = money.in_words
    return (
        f"Invoice to {quoted(buyer.name, 80)} ({buyer.code}): {show(invoice.gross, invoice.currency)} "
        f"(net {show(invoice.net, invoice.currency)} + VAT {show(invoice.vat, invoice.currency)})"
    )


def _facts(
    invoice: NewInvoice, resolved: list[Resolved], due_source: str, currency_source: str, is_today: bool
) -> list[str]:
    """What will stand in the books, line by line."""
    facts = [
        f"Issued {dates.in_words(invoice.issue_date)}{' (today)' if is_today else ''}, due {dates.in_words(invoice.due_date)}"
        + (f" ({due_source})" if due_source else ""),
        f"Reference: {quoted(invoice.reference) if invoice.reference else 'none'}",
    ]
    if invoice.currency != money.HOME or currency_source != "home currency":
        rate = "" if invoice.currency == money.HOME else f" at KashFlow's rate {money.plain(invoice.exchange_rate)}"
        facts.append(f"Currency: {invoice.currency}{rate}" + (f" ({currency_source})" if currency_source else ""))
    for line, source in ((found.line, found.source) for found in resolved):
        price = money.unit_price_in_words(line.unit_price, invoice.currency)
        facts.append(
            f"{money.plain(line.quantity)} x {quoted(line.description, 2000)} at {price} = "
            f"{money.in_words(line.net, invoice.currency)} net, VAT {vat.rate_in_words(line.vat_rate)} "
            f"{money.in_words(line.vat, invoice.currency)}, nominal {line.nominal_code} {line.nominal_name}"
            + (f" ({source})" if source else "")
        )
    return facts


def _rounding(invoice: NewInvoice) -> list[str]:
    """Where rounding VAT per line makes a difference."""
    said = vat_preflights.rounding(((line.vat_rate, line.net) for line in invoice.lines), invoice.currency)
    return [said] if said else []


def _warnings(invoice: NewInvoice, of_vat: Said, past: list[Invoice], today: date) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    said = twins.of_invoice(invoice, past)
    said += of_vat.warnings
    said += filter(None, [vat_preflights.foreign_currency(invoice.currency, invoice.exchange_rate, invoice.vat)])
    if invoice.due_date < invoice.issue_date:
        said.append("It is due before it is issued.")
    if invoice.due_date - invoice.issue_date > LONGEST_TERMS:
        said.append(f"It is due only on {dates.in_words(invoice.due_date)}.")
    if abs(invoice.issue_date - today) > FAR_OFF:
        said.append(f"It is dated {dates.in_words(invoice.issue_date)}, far from today.")
    for n, line in enumerate(invoice.lines, 1):
        if line.unit_price != money.to_pennies(line.unit_price):
            said.append(
                f"Line {n}'s price has more than two decimal places; KashFlow may cut it, and reading back will show whether it did."
            )
    if invoice.gross == 0:
        said.append("The total is nothing.")
    return said


def _pounds(invoice: NewInvoice, used: Currency) -> Decimal:
    """The gross in pounds, for the owner's limit; which way KashFlow states its rates is not documented, so the larger counts."""
    if used.is_home or not used.rate:
        return invoice.gross
    return max(invoice.gross / used.rate, invoice.gross * used.rate)
