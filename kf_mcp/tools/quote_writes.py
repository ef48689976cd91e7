"""The tools that enter, change and delete quotes; their lines and their conversion have modules of their own.

A quote is in no ledger and in no VAT return, so no VAT period forbids anything here; the owner's lock does.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import quote_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money, twins, vat
from kf_mcp.model.customers import Customer
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import InvoiceLine, NewLine
from kf_mcp.model.quotes import NewQuote, Quote, QuoteChanges
from kf_mcp.model.reference import Currency, Nominal
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices, sheets
from kf_mcp.tools.customers import CustomerKey, Line
from kf_mcp.tools.invoice_lines import LineAsked, remarks, resolve, said_of_vat
from kf_mcp.writing.plan import Plan

FAR_OFF: Final = timedelta(days=45)
NUMBER = Annotated[int, Field(ge=1, description="The visible quote number")]


@writes("Enter a quote", destructive=False, toolset="quotes")
async def create_quote(
    books: Books,
    customer: CustomerKey,
    lines: Annotated[list[LineAsked], Field(min_length=1, max_length=200, description="At least one, in order")] = [],  # noqa: B006 - read only
    date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    reference: Annotated[Line, Field(max_length=100, description="Such as the customer's enquiry number")] = "",
    hide_total: Annotated[bool, Field(description="Leave the total off the printed quote")] = False,
) -> Plan:
    """Enter a quote (estimate) for a customer; the number is the next free one, and nothing is posted to the ledger.

    Nothing is sent to the customer. The preview goes to the penny and names where each default came from: VAT rates, nominals and prices as
    in `create_invoice`; what cannot be taken from the books comes back as choices: ask the person. A total below zero is refused. It is in
    the customer's currency. Its category is set in KashFlow only. When it is accepted, `convert_quote` makes the invoice.
    """
    if not lines:
        raise Refused("`lines` is empty; at least one is needed.", "Nothing was written.")
    buyer = await choices.customer(books, customer)
    company = await books.reference.company()
    money_in, currency_source = await choices.currency(books, buyer, "")
    resolved = await resolve(books, lines, buyer, company, await books.invoices.of_customer(buyer.id))
    quote = NewQuote(
        customer_id=buyer.id,
        customer_code=buyer.code,
        issue_date=date or books.today,
        reference=reference,
        hides_total=hide_total,
        currency=money_in.code,
        exchange_rate=Decimal(1) if money_in.is_home else money_in.rate,
        lines=tuple(found.line for found in resolved),
    )
    code = quote.currency
    if quote.gross < 0:
        raise Refused(
            f"The total would be {shown(quote.gross, code)}; a quote is not negative.", "Nothing was written."
        )
    said = said_of_vat(quote.lines, quote.issue_date, buyer, company, code)
    facts = [
        f"Dated {dates.in_words(quote.issue_date)}" + ("" if date else " (today)"),
        f"Reference: {quoted(reference) if reference else 'none'}",
        *(["The total is left off the printed quote"] if hide_total else []),
        *([] if money_in.is_home else [f"Currency: {code} ({currency_source}), rate {money.plain(money_in.rate)}"]),
    ]
    for found in resolved:
        nominal = f"{found.line.nominal_code} {found.line.nominal_name}"
        source = f" ({found.source})" if found.source else ""
        facts.append(line_in_words(found.line, code, nominal) + source)
    past = await books.quotes.of_customer(buyer.id)
    return Plan(
        title=f"Quote to {quoted(buyer.name, 80)} ({buyer.code}): {totals(quote, code)}",
        facts=(*facts, *said.notes, "A quote is in no ledger and no VAT return"),
        warnings=(
            *_warnings(quote, past, books.today),
            *said.warnings,
            *remarks(resolved),
        ),
        steps=(quote_steps.InsertQuote.of(quote),),
        amount=in_pounds(quote.gross, money_in),
        dated=held_to_lock(books, quote.issue_date),
        sheet=sheets.of_sale(
            "Quote", company, buyer, quote.lines, issued=quote.issue_date, reference=reference, currency=code
        ),
    )


@writes("Change a quote", destructive=True, toolset="quotes")
async def update_quote(
    books: Books,
    number: NUMBER,
    date: Annotated[Day | None, Field(description="New date")] = None,
    reference: Annotated[Line | None, Field(max_length=100, description="New reference; empty: none")] = None,
    customer: Annotated[
        str, Field(max_length=120, description="Another customer: code, or a name that only one has")
    ] = "",
    hide_total: Annotated[bool | None, Field(description="Whether the printed quote leaves the total off")] = None,
) -> Plan:
    """Change the date, reference, customer or hidden total of one quote; what is not named stays, and so does every line.

    The preview shows each old and new value. The quote is read just before it is sent, and refused where somebody changed it meanwhile or
    where nothing would change. An invoice that was made of it stays as it is. For the lines use `change_quote_lines`; the category is set
    in KashFlow only.
    """
    quote, record = await books.quotes.whole(number)
    buyer = await books.customers.by_id(quote.customer_id)
    quote = await with_currency(books, quote, buyer)
    other = await choices.customer(books, customer) if customer.strip() else None
    changes = QuoteChanges(
        customer_id=other.id if other else None,
        issue_date=date,
        reference=reference,
        hides_total=hide_total,
    )
    if changes == QuoteChanges():
        raise Refused("Nothing to change is named.", "Nothing was written. Name what should be different.")
    step = quote_steps.header_change(record, changes)
    facts = []
    if other and other.id != buyer.id:
        facts.append(f"Customer: {quoted(buyer.name)} ({buyer.code}) becomes {quoted(other.name)} ({other.code})")
    if date and date != quote.issue_date:
        facts.append(f"Date: {dates.in_words(quote.issue_date)} becomes {dates.in_words(date)}")
    if reference is not None and reference != quote.reference:
        facts.append(f"Reference: {_or_none(quote.reference)} becomes {_or_none(reference)}")
    if hide_total is not None and hide_total != quote.hides_total:
        facts.append(f"Total on the printed quote: {'left off' if hide_total else 'shown'} from now on")
    return Plan(
        title=f"Change of quote {number} to {quoted(buyer.name, 80)} ({buyer.code})",
        facts=(*facts, f"Nothing else changes: {in_brief(quote)}"),
        warnings=tuple(await changing_warnings(books, quote, buyer)),
        steps=(step,),
        dated=held_to_lock(books, quote.issue_date, date or quote.issue_date),
    )


@writes("Delete a quote", destructive=True, toolset="quotes")
async def delete_quote(books: Books, number: NUMBER) -> Plan:
    """Delete one quote with its lines, such as one that was entered twice or will not be accepted.

    The preview shows what goes. An unknown number is refused, and so is a quote that changed after the preview. An invoice that was made of
    it stays. Undoing enters it again under a new number, without its category. To keep a declined quote for the record, leave it and change
    its reference with `update_quote`.
    """
    quote, record = await books.quotes.whole(number)
    buyer = await books.customers.by_id(quote.customer_id)
    quote = await with_currency(books, quote, buyer)
    nominals = await books.reference.nominals()
    warnings = await currency_warnings(books, buyer, "entering it again would make it one in pounds")
    if await books.quotes.state(quote.id) == "converted":
        warnings.append("An invoice was made of this quote. It stays; where it came from is then no longer to be seen.")
    if quote.has_delivery_address:
        warnings.append(
            "It has a delivery address of its own, which KashFlow does not show and undoing cannot bring back."
        )
    return Plan(
        title=f"Deletion of quote {number} to {quoted(buyer.name, 80)} ({buyer.code}): {totals(quote, quote.currency)}",
        facts=(
            f"Dated {dates.in_words(quote.issue_date)}, reference {_or_none(quote.reference)}",
            *([f"Category: {quoted(quote.category, 60)}"] if quote.category else []),
            *(line_in_words(line, quote.currency, nominal_of(nominals, line)) for line in quote.lines),
        ),
        warnings=tuple(warnings),
        steps=(quote_steps.DeleteQuote.of(record),),
        dated=held_to_lock(books, quote.issue_date),
    )


async def changing_warnings(books: Books, quote: Quote, buyer: Customer) -> list[str]:
    """What a bookkeeper would ask about before this quote is written anew."""
    said = await currency_warnings(books, buyer, "writing it anew may make it one in pounds")
    state = await books.quotes.state(quote.id)
    if state == "converted":
        said.append("An invoice was made of this quote already; the invoice is not changed by this.")
    if quote.has_delivery_address:
        said.append(
            "It has a delivery address of its own, which KashFlow does not show on quotes: writing it anew may lose it."
        )
    return said


async def currency_warnings(books: Books, buyer: Customer, then: str) -> list[str]:
    """That a quote's currency is not known, where the customer's is not pounds."""
    used, _ = await choices.currency(books, buyer, "")
    if used.is_home:
        return []
    return [
        f"The customer's currency is {used.code}, and KashFlow names none on quotes: if this one is in {used.code}, {then}."
    ]


async def with_currency(books: Books, quote: Quote, buyer: Customer) -> Quote:
    """The quote for showing: in pounds where KashFlow names no currency on it and the customer's is pounds."""
    if quote.currency:
        return quote
    used, _ = await choices.currency(books, buyer, "")
    return quote.model_copy(update={"currency": money.HOME}) if used.is_home else quote


def held_to_lock(books: Books, *days: date) -> tuple[date, ...]:
    """Those of a quote's days that lie before the owner's lock, which holds for quotes as well; VAT periods do not."""
    lock = books.locked_before
    return tuple(sorted({day for day in days if lock is not None and day < lock}))


def shown(amount: Decimal, currency: str) -> str:
    """An amount; without a sign where KashFlow names no currency."""
    return money.in_words(amount, currency) if currency else f"{money.to_pennies(amount):,}"


def totals(quote: Quote | NewQuote, currency: str) -> str:
    """A quote's total and what it is made of."""
    return f"{shown(quote.gross, currency)} (net {shown(quote.net, currency)} + VAT {shown(quote.vat, currency)})"


def in_brief(quote: Quote) -> str:
    """What a quote comes to, for one who changes something else of it."""
    return f"{counted(len(quote.lines), 'line')}, {totals(quote, quote.currency)}"


def line_in_words(line: InvoiceLine | NewLine, currency: str, nominal: str) -> str:
    """A line to the penny."""
    unnamed = f"{line.unit_price:,.{2 if line.unit_price == money.to_pennies(line.unit_price) else 4}f}"
    price = money.unit_price_in_words(line.unit_price, currency) if currency else unnamed
    return (
        f"{money.plain(line.quantity)} x {quoted(line.description, 2000)} at {price} = {shown(line.net, currency)} net, "
        f"VAT {vat.rate_in_words(line.vat_rate)} {shown(line.vat, currency)}, nominal {nominal}"
    )


def nominal_of(nominals: list[Nominal], line: InvoiceLine) -> str:
    """A line's nominal as a bookkeeper says it."""
    found = next((nominal for nominal in nominals if nominal.id == line.nominal_id), None)
    return choices.nominal_in_words(found) if found else "Other"


def in_pounds(amount: Decimal, used: Currency) -> Decimal:
    """An amount for the owner's limit; which way KashFlow states its rates is not documented, so the larger counts."""
    amount = abs(amount)
    return amount if used.is_home or not used.rate else max(amount / used.rate, amount * used.rate)


def _warnings(quote: NewQuote, past: list[Quote], today: date) -> list[str]:
    """What a bookkeeper would ask about before entering this."""
    said = twins.of_quote(quote, past)
    if abs(quote.issue_date - today) > FAR_OFF:
        said.append(f"It is dated {dates.in_words(quote.issue_date)}, far from today.")
    if quote.gross == 0:
        said.append("The total is nothing.")
    if quote.currency != money.HOME:
        said.append(
            f"It is entered in {quote.currency}, but KashFlow names no currency on quotes, so reading back cannot prove it."
        )
    return said


def _or_none(text: str) -> str:
    return quoted(text) if text else "none"
