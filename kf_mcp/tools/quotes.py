"""Tools for reading quotes."""

from collections import defaultdict
from decimal import Decimal
from typing import Annotated

from pydantic import Field
from typing_extensions import override

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money, vat
from kf_mcp.model.dates import Day
from kf_mcp.model.money import Amount, Figure
from kf_mcp.model.quotes import Quote, State
from kf_mcp.model.text import bounded, counted, quoted
from kf_mcp.toolkit import Reply, Row, reads
from kf_mcp.tools import choices
from kf_mcp.tools.invoice_replies import LineRow

NO_CURRENCY = "Empty: KashFlow names none on this quote"
STATES: dict[State, str] = {
    "quote": "still a quote",
    "converted": "an invoice was made of it",
    "unknown": "KashFlow does not say whether it is still a quote",
}


def _shown(amount: Decimal, currency: str) -> str:
    """An amount; without a sign where KashFlow names no currency."""
    return money.in_words(amount, currency) if currency else f"{money.to_pennies(amount):,}"


class QuoteRow(Row):
    """A quote in a list."""

    number: int
    customer: str = Field(description="Customer code")
    name: str = ""
    date: Day
    reference: str = ""
    category: str = ""
    currency: str = Field("", description=NO_CURRENCY)
    gross: Amount = Field(description="With VAT")


class QuoteSum(Row):
    """The sum of everything that matched, in one currency."""

    currency: str = Field("", description=NO_CURRENCY)
    count: int
    gross: Amount


class FoundQuotes(Reply):
    """The quotes that fit."""

    searched: str = Field(description="Which quotes were looked through")
    total: int = Field(description="How many fit in all")
    sums: list[QuoteSum] = Field(description="Sums of all that fit, not only of the rows shown")
    quotes: list[QuoteRow] = Field(description="Newest first")
    next_offset: int = Field(0, description="Offset for the rest; 0: nothing is left out")

    @override
    def in_words(self) -> str:
        lines = [f"{counted(self.total, 'quote')} found ({self.searched})."]
        for total in self.sums:
            unnamed = "" if total.currency else " (KashFlow names no currency on quotes)"
            of = counted(total.count, "quote") + (f" in {total.currency}" if total.currency else "")
            lines.append(f"Sum of {of}: {_shown(total.gross, total.currency)} with VAT{unnamed}")
        if self.quotes:
            lines.append("number | customer | date | with VAT | category | reference")
        for row in self.quotes:
            cells = [
                str(row.number),
                f"{row.customer} {quoted(row.name, 40)}" if row.name else row.customer,
                str(row.date),
                _shown(row.gross, row.currency),
                quoted(row.category, 30) if row.category else "-",
                quoted(row.reference, 40) if row.reference else "",
            ]
            lines.append(" | ".join(cells).rstrip(" |-"))
        if self.next_offset:
            lines.append(f"More with offset={self.next_offset}.")
        return "\n".join(lines)


class QuoteDetails(Reply):
    """One quote, with its lines."""

    number: int
    customer: str
    name: str = ""
    date: Day
    state: State = Field(description="quote: still one; converted: an invoice was made of it")
    reference: str = ""
    category: str = ""
    currency: str = Field("", description=NO_CURRENCY)
    net: Amount
    vat: Amount
    gross: Amount = Field(description="With VAT")
    lines: list[LineRow] = Field(description="In the quote's order")

    @override
    def in_words(self) -> str:
        def show(amount: Decimal) -> str:
            return _shown(amount, self.currency)

        more = [f"category {quoted(self.category)}"] if self.category else []
        more += [f"reference {quoted(self.reference)}"] if self.reference else []
        lines = [
            f"Quote {self.number} to {self.customer} {quoted(self.name)}, {STATES[self.state]}",
            ", ".join([f"Dated {self.date}", *more]),
        ]
        lines += [
            f"  {money.plain(row.quantity)} x {quoted(row.description, 200)} at {money.plain(row.unit_price)} = "
            f"{show(row.net)} net, VAT {row.vat_rate} {show(row.vat)}{', ' + row.nominal if row.nominal else ''}"
            for row in self.lines
        ]
        lines.append(f"Net {show(self.net)} + VAT {show(self.vat)} = {show(self.gross)}")
        if not self.currency:
            lines.append("KashFlow names no currency on this quote.")
        return "\n".join(lines)


@reads("Find quotes", toolset="quotes")
async def find_quotes(
    books: Books,
    customer: Annotated[
        str, Field(max_length=120, description="Customer code or exact name; empty: every customer")
    ] = "",
    from_date: Annotated[Day | None, Field(description="Dated on or after")] = None,
    to_date: Annotated[Day | None, Field(description="Dated on or before")] = None,
    min_amount: Annotated[Figure | None, Field(description="Smallest total with VAT")] = None,
    max_amount: Annotated[Figure | None, Field(description="Largest total with VAT")] = None,
    reference: Annotated[str, Field(max_length=100, description="Part of the reference")] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="Most rows")] = 25,
    offset: Annotated[int, Field(ge=0, description="`next_offset` of the reply before")] = 0,
) -> FoundQuotes:
    """Find quotes (estimates) by customer, date, amount and reference, with sums over all that fit.

    Newest first. Without dates every date is searched. Nothing found is an empty list. Converted quotes are among them unless they
    were removed; which ones, and the lines, tells `get_quote`. What was really charged is in `find_invoices`.
    """
    if from_date and to_date and from_date > to_date:
        raise Refused("`from_date` is after `to_date`.", "Swap them.")
    if min_amount is not None and max_amount is not None and min_amount > max_amount:
        raise Refused("`min_amount` is above `max_amount`.", "Swap them.")
    buyer = await choices.customer(books, customer) if customer.strip() else None
    found = await books.quotes.of_customer(buyer.id) if buyer else await books.quotes.all()
    fitting = [
        quote
        for quote in found
        if (not from_date or quote.issue_date >= from_date)
        and (not to_date or quote.issue_date <= to_date)
        and (min_amount is None or quote.gross >= min_amount)
        and (max_amount is None or quote.gross <= max_amount)
        and reference.strip().casefold() in quote.reference.casefold()
    ]
    fitting.sort(key=lambda quote: (quote.issue_date, quote.number), reverse=True)
    shown = fitting[offset : offset + limit]
    rest = offset + len(shown)
    buyers = [buyer] if buyer else await books.customers.all() if shown else []
    names = {known.id: known.name for known in buyers}
    searched = "all dates"
    if from_date or to_date:
        start = dates.in_words(from_date) if from_date else "at any time"
        searched = f"dated {start} to {dates.in_words(to_date) if to_date else 'any time'}"
    return FoundQuotes(
        searched=searched + (f" to {buyer.code}" if buyer else ""),
        total=len(fitting),
        sums=_sums(fitting),
        quotes=[
            QuoteRow(
                number=quote.number,
                customer=quote.customer_code,
                name=bounded(names.get(quote.customer_id, "") or quote.customer_name, 60),
                date=quote.issue_date,
                reference=bounded(quote.reference, 40),
                category=bounded(quote.category, 30),
                currency=quote.currency,
                gross=quote.gross,
            )
            for quote in shown
        ],
        next_offset=rest if rest < len(fitting) else 0,
    )


def _sums(quotes: list[Quote]) -> list[QuoteSum]:
    found: defaultdict[str, list[Quote]] = defaultdict(list)
    for quote in quotes:
        found[quote.currency].append(quote)
    return [
        QuoteSum(currency=code, count=len(rows), gross=sum((row.gross for row in rows), Decimal(0)))
        for code, rows in sorted(found.items())
    ]


@reads("Quote with lines", toolset="quotes")
async def get_quote(
    books: Books, number: Annotated[int, Field(ge=1, description="The visible quote number")]
) -> QuoteDetails:
    """Look at one quote: every line with its VAT, the total, and whether it is still a quote or an invoice was made of it.

    A quote and an invoice may have the same number. An unknown number is an error. If only the customer, date or amount is known, use
    `find_quotes`; to look at the invoice that came of a quote, `find_invoices` with its customer.
    """
    quote = await books.quotes.get(number)
    nominals = {found.id: choices.nominal_in_words(found) for found in await books.reference.nominals()}
    name = quote.customer_name or next(
        (known.name for known in await books.customers.all() if known.id == quote.customer_id), ""
    )
    return QuoteDetails(
        number=quote.number,
        customer=quote.customer_code,
        name=bounded(name),
        date=quote.issue_date,
        state=await books.quotes.state(quote.id),
        reference=bounded(quote.reference),
        category=bounded(quote.category, 60),
        currency=quote.currency,
        net=quote.net,
        vat=quote.vat,
        gross=quote.gross,
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
            for line in quote.lines
        ],
    )
