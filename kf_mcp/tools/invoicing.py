"""The tool that raises an invoice. What was left out is filled only from a source that the preview names."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.invoices import InsertInvoice
from kf_mcp.model import dates, money, vat
from kf_mcp.model.customers import Customer
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import NOT_APPLICABLE, Invoice, NewInvoice, NewLine
from kf_mcp.model.money import Figure
from kf_mcp.model.reference import Company, Currency, Nominal
from kf_mcp.model.text import has_control_characters, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.customers import CustomerKey, Line
from kf_mcp.writing.plan import Plan

PLACES: Final = 4
"""KashFlow keeps four decimal places of quantities and prices."""
FAR_OFF: Final = timedelta(days=45)
LONGEST_TERMS: Final = timedelta(days=180)
DUPLICATE_WITHIN: Final = timedelta(days=45)


def _at_most_four_places(value: Decimal) -> Decimal:
    if -int(value.normalize().as_tuple().exponent) > PLACES:
        raise ValueError("has more than four decimal places, which KashFlow cannot hold")
    return value


def _description(value: str) -> str:
    if has_control_characters(value):
        raise ValueError("holds control characters; write plain text")
    return value.strip()


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        said = value.strip().rstrip("%").strip()
        return NOT_APPLICABLE if said.upper() in {"N/A", "NA"} else said
    return value


Exact = Annotated[Figure, AfterValidator(_at_most_four_places)]
Rate = Annotated[
    Decimal,
    BeforeValidator(_rate),
    Field(ge=-1, le=100),
    WithJsonSchema({"type": "string"}),
]


class LineAsked(BaseModel):
    """One line of the invoice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: Annotated[
        str,
        AfterValidator(_description),
        Field(min_length=1, max_length=2000, description="What was sold, as the customer reads it"),
    ]
    quantity: Annotated[Exact, Field(gt=0, description="Above 0; up to four places")] = Decimal(1)
    unit_price: Annotated[Exact, Field(description="Net of VAT; negative for a discount. Up to four places")]
    vat_rate: Annotated[
        Rate | None, Field(description="20, 5, 0 (percent) or N/A. Leave out to take the nominal's own, if it has one")
    ] = None
    nominal: Annotated[int | None, Field(description="Sales nominal code; leave out to take the usual one")] = None


@writes("Raise a sales invoice", destructive=False)
async def create_invoice(
    books: Books,
    customer: CustomerKey,
    lines: Annotated[list[LineAsked], Field(min_length=1, max_length=200, description="In the invoice's order")],
    issue_date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    due_date: Annotated[Day | None, Field(description="Default: by the customer's or the company's terms")] = None,
    reference: Annotated[Line, Field(max_length=100, description="Such as the customer's order number")] = "",
    currency: Annotated[str, Field(max_length=3, description="Such as GBP, EUR; default: the customer's")] = "",
) -> Plan:
    """Raise a sales invoice and post it to the ledger; the number is the next free one.

    A preview to the penny comes first and names where each default came from; nothing is written before a person agreed. Where a VAT
    rate, nominal or date cannot be taken from the books, the choices come back as an error: ask the person, do not choose. VAT is
    added to the net prices and rounded per line. For money received use `record_payment`; the total must not be negative. Calling it again
    with the same values after it was written asks anew and says that it was written before.
    """
    buyer = await choices.customer(books, customer)
    company = await books.reference.company()
    past = await books.invoices.of_customer(buyer.id)
    money_in, currency_source = await choices.currency(books, buyer, currency)
    issued = issue_date or books.today
    due, due_source = _due(due_date, issued, buyer, company)
    resolved = await _resolved_lines(books, lines, buyer, company, past)
    invoice = NewInvoice(
        customer_id=buyer.id,
        customer_code=buyer.code,
        issue_date=issued,
        due_date=due,
        reference=reference,
        currency=money_in.code,
        exchange_rate=Decimal(1) if money_in.is_home else money_in.rate,
        lines=tuple(line for line, _ in resolved),
    )
    if invoice.gross < 0:
        raise Refused(
            f"The total would be {money.in_words(invoice.gross, invoice.currency)}, and an invoice cannot be negative.",
            "Nothing was written. Giving money back takes a credit note.",
        )
    return Plan(
        title=_title(buyer, invoice),
        facts=tuple(_facts(invoice, resolved, due_source, currency_source, issue_date is None)),
        warnings=tuple(_warnings(invoice, buyer, past, books.today)),
        steps=(InsertInvoice(invoice=invoice),),
        amount=_pounds(invoice, money_in),
        dated=(issued,),
    )


def _due(asked: date | None, issued: date, buyer: Customer, company: Company) -> tuple[date, str]:
    """When it is due, and where that comes from."""
    if asked is not None:
        return asked, ""
    after = " after the end of the month" if company.terms_from_month_end else ""
    if buyer.payment_terms:
        return company.due_date(issued, buyer.payment_terms), f"{buyer.payment_terms} days{after}, the customer's terms"
    if company.payment_terms:
        return company.due_date(
            issued, company.payment_terms
        ), f"{company.payment_terms} days{after}, the company's terms"
    raise ChoiceNeeded(
        "due_date",
        "Neither the customer nor the company has payment terms in KashFlow.",
        [f"{issued + timedelta(days=days)} ({days} days)" for days in (0, 14, 30)],
    )


async def _resolved_lines(
    books: Books, lines: Sequence[LineAsked], buyer: Customer, company: Company, past: list[Invoice]
) -> list[tuple[NewLine, str]]:
    """Each line with every choice made, and where the choices came from."""
    nominals = await books.reference.nominals()
    rates = {found.rate for found in await books.reference.vat_rates()} | {NOT_APPLICABLE, Decimal(0)}
    resolved = []
    for n, line in enumerate(lines):
        nominal, nominal_source = _nominal(books, line, n, nominals, past)
        rate, rate_source = _vat_rate(line, n, nominal, buyer, company, rates)
        new = NewLine(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            vat_rate=rate,
            nominal_id=nominal.id,
            nominal_code=nominal.code,
            nominal_name=nominal.name,
        )
        resolved.append((new, "; ".join(source for source in (rate_source, nominal_source) if source)))
    return resolved


def _nominal(
    books: Books, line: LineAsked, n: int, nominals: Sequence[Nominal], past: list[Invoice]
) -> tuple[Nominal, str]:
    """The nominal of a line: the one named, the owner's, the customer's last, the only one; else the choices come back."""
    field = f"lines[{n}].nominal"
    if line.nominal is not None:
        return choices.sales_nominal(nominals, line.nominal, field), ""
    if books.sales_nominal is not None:
        return choices.sales_nominal(
            nominals, books.sales_nominal, field
        ), "nominal: the owner's KASHFLOW_SALES_NOMINAL"
    sales = {nominal.id: nominal for nominal in nominals if nominal.use == "sales"}
    last = max(
        (inv for inv in past if not inv.is_credit_note), key=lambda inv: (inv.issue_date, inv.number), default=None
    )
    used = {row.nominal_id for row in last.lines} if last else set()
    if last and len(used) == 1 and (only := sales.get(next(iter(used)))):
        return only, f"nominal: as on the customer's last invoice, {last.number}"
    if len(sales) == 1:
        return next(iter(sales.values())), "nominal: the only one for sales"
    listed = [choices.nominal_in_words(nominal) for nominal in sales.values()]
    raise ChoiceNeeded(field, f"No nominal is given for line {n + 1}, and the books do not say which is usual.", listed)


def _vat_rate(
    line: LineAsked, n: int, nominal: Nominal, buyer: Customer, company: Company, rates: set[Decimal]
) -> tuple[Decimal, str]:
    """The VAT rate of a line: the one named, or the nominal's where that is certain; else the choices come back."""
    field = f"lines[{n}].vat_rate"
    if not company.vat_registered:
        if line.vat_rate is not None and line.vat_rate > 0:
            raise Refused(
                f"Line {n + 1} charges {vat.rate_in_words(line.vat_rate)} VAT, but the company is not registered for VAT.",
                "Nothing was written. Leave `vat_rate` out: no VAT is charged.",
            )
        return line.vat_rate or Decimal(0), "no VAT: the company is not registered"
    if line.vat_rate is not None:
        if line.vat_rate not in rates:
            listed = [vat.meaning(rate) for rate in sorted(rates, reverse=True)]
            raise ChoiceNeeded(field, f"{vat.rate_in_words(line.vat_rate)} is not a VAT rate of this account.", listed)
        return line.vat_rate, ""
    if buyer.region == "UK" and (nominal.vat_rate > 0 or nominal.vat_rate == NOT_APPLICABLE):
        return nominal.vat_rate, f"VAT rate: that of nominal {nominal.code}"
    why = (
        f"the customer is not in the UK ({buyer.region})"
        if buyer.region != "UK"
        else f"nominal {choices.nominal_in_words(nominal)} has no rate of its own"
    )
    listed = [vat.meaning(rate) for rate in sorted(rates, reverse=True)]
    raise ChoiceNeeded(field, f"No VAT rate is given for line {n + 1}, and {why}.", listed)


def _title(buyer: Customer, invoice: NewInvoice) -> str:
    show = money.in_words
    return (
        f"Invoice to {quoted(buyer.name, 80)} ({buyer.code}): {show(invoice.gross, invoice.currency)} "
        f"(net {show(invoice.net, invoice.currency)} + VAT {show(invoice.vat, invoice.currency)})"
    )


def _facts(
    invoice: NewInvoice, resolved: list[tuple[NewLine, str]], due_source: str, currency_source: str, is_today: bool
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
    for line, source in resolved:
        price = money.unit_price_in_words(line.unit_price, invoice.currency)
        facts.append(
            f"{money.plain(line.quantity)} x {quoted(line.description, 200)} at {price} = "
            f"{money.in_words(line.net, invoice.currency)} net, VAT {vat.rate_in_words(line.vat_rate)} "
            f"{money.in_words(line.vat, invoice.currency)}, nominal {line.nominal_code} {line.nominal_name}"
            + (f" ({source})" if source else "")
        )
    return facts


def _warnings(invoice: NewInvoice, buyer: Customer, past: list[Invoice], today: date) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    said = _duplicates(invoice, past)
    said += filter(None, dict.fromkeys(vat.unfit_for_region(line.vat_rate, buyer.region) for line in invoice.lines))
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


def _duplicates(invoice: NewInvoice, past: list[Invoice]) -> list[str]:
    """Recent invoices to the same customer that may be this one."""
    said = []
    for found in past:
        near = abs(found.issue_date - invoice.issue_date) <= DUPLICATE_WITHIN
        same_reference = bool(invoice.reference) and found.reference.casefold() == invoice.reference.casefold()
        same_total = found.gross == invoice.gross and found.currency == invoice.currency
        if near and (same_reference or same_total):
            same = "reference" if same_reference else "total"
            day = dates.in_words(found.issue_date)
            said.append(f"Perhaps a duplicate: invoice {found.number} of {day} has the same {same}.")
    return said


def _pounds(invoice: NewInvoice, used: Currency) -> Decimal:
    """The gross in pounds, for the owner's limit; which way KashFlow states its rates is not documented, so the larger counts."""
    if used.is_home or not used.rate:
        return invoice.gross
    return max(invoice.gross / used.rate, invoice.gross * used.rate)
