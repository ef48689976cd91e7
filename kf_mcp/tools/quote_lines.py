"""The tool that adds, changes and removes lines of a quote."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow import quote_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import money, vat
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import NOT_APPLICABLE, InvoiceLine, NewLine, line_vat
from kf_mcp.model.quotes import Quote, RevisedLine
from kf_mcp.model.reference import Company, Nominal
from kf_mcp.model.text import counted, hides_something, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.invoice_lines import Exact, LineAsked, Rate, Resolved, remarks, resolve, said_of_vat
from kf_mcp.tools.quote_writes import (
    NUMBER,
    changing_warnings,
    held_to_lock,
    in_pounds,
    line_in_words,
    nominal_of,
    shown,
    totals,
    with_currency,
)
from kf_mcp.writing.plan import Plan


def _visible(value: str) -> str:
    if hides_something(value):
        raise ValueError("holds control or invisible characters; write plain text")
    return value.strip()


class QuoteLineChange(BaseModel):
    """What changes in one line."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    line: Annotated[int, Field(ge=1, description="Its place in the quote, from 1")]
    description: Annotated[str, AfterValidator(_visible), Field(min_length=1, max_length=2000)] | None = None
    quantity: Annotated[Exact, Field(gt=0)] | None = None
    unit_price: Annotated[Exact, Field(description="Net of VAT")] | None = None
    vat_rate: Annotated[Rate, Field(description="20, 5, 0 (percent) or N/A")] | None = None
    nominal: Annotated[int, Field(description="Sales code")] | None = None


@writes("Change a quote's lines", destructive=True, toolset="quotes")
async def change_quote_lines(
    books: Books,
    number: NUMBER,
    add: Annotated[list[LineAsked], Field(max_length=200, description="New lines, after the others")] = [],  # noqa: B006 - read only
    change: Annotated[list[QuoteLineChange], Field(max_length=200, description="What changes in which line")] = [],  # noqa: B006
    remove: Annotated[list[int], Field(max_length=200, description="Places of the lines that go, from 1")] = [],  # noqa: B006
) -> Plan:
    """Add, change and remove lines of one quote; lines that are not named stay with their product, project and VAT.

    Lines go by their place in `get_quote` as it is now, from 1, whatever else is removed. In a changed line only what is named changes; its
    VAT is worked out anew where quantity, price or rate changes. The preview shows each line before and after, and the total. Refused: a
    place that is not there, one that is both changed and removed, a quote left without lines, a total below zero. Defaults of new lines
    are those of `create_quote`. For date, reference and customer use `update_quote`.
    """
    quote, record = await books.quotes.whole(number)
    _refuse_places(quote, change, remove)
    buyer = await books.customers.by_id(quote.customer_id)
    quote = await with_currency(books, quote, buyer)
    company = await books.reference.company()
    nominals = await books.reference.nominals()
    rates = {found.rate for found in await books.reference.vat_rates()} | {NOT_APPLICABLE, Decimal(0)}
    added = await _added(books, add, buyer, company)
    asked = {row.line: row for row in change}
    changed = {row.line: _changed(quote.lines[row.line - 1], n, row, nominals, rates) for n, row in enumerate(change)}
    revised = [
        RevisedLine(was=n, line=changed.get(n, line)) for n, line in enumerate(quote.lines, 1) if n not in set(remove)
    ]
    revised += [RevisedLine(line=_line(found.line)) for found in added]
    if not revised:
        raise Refused("No line would be left.", "Nothing was written. To take the quote away use `delete_quote`.")
    after = quote.model_copy(
        update={
            "net": sum((row.line.net for row in revised), Decimal(0)),
            "vat": sum((row.line.vat for row in revised), Decimal(0)),
        }
    )
    if after.gross < 0:
        raise Refused(f"The total would be {shown(after.gross, quote.currency)}.", "Nothing was written.")
    named = [row.line for row in revised if row.was in asked or not row.was]
    said = said_of_vat([_as_new(line) for line in named], quote.issue_date, buyer, company, quote.currency)
    facts: list[str] = []
    for n, line in enumerate(quote.lines, 1):
        if n in remove:
            facts.append(f"Line {n} goes: {line_in_words(line, quote.currency, nominal_of(nominals, line))}")
        elif n in changed:
            facts.append(f"Line {n}, {quoted(line.description, 60)}: {_differences(quote, line, changed[n], nominals)}")
    for found in added:
        words = line_in_words(found.line, quote.currency, f"{found.line.nominal_code} {found.line.nominal_name}")
        facts.append(f"New line: {words}" + (f" ({found.source})" if found.source else ""))
    used, _ = await choices.currency(books, buyer, "")
    return Plan(
        title=f"Change of the lines of quote {number} to {quoted(buyer.name, 80)} ({buyer.code})",
        facts=(
            *facts,
            f"Lines that stay as they are: {len(revised) - len(named)}",
            f"Total: {totals(quote, quote.currency)} becomes {totals(after, quote.currency)}",
            *said.notes,
        ),
        warnings=(
            *await changing_warnings(books, quote, buyer),
            *said.warnings,
            *(text.replace("Line", "New line", 1) for text in remarks(added)),
        ),
        steps=(quote_steps.lines_change(record, revised),),
        amount=in_pounds(after.gross, used) if after.gross != quote.gross else Decimal(0),
        dated=held_to_lock(books, quote.issue_date),
    )


def _refuse_places(quote: Quote, change: list[QuoteLineChange], remove: list[int]) -> None:
    """Refuse what names no line of the quote, or one twice."""
    places = [row.line for row in change] + remove
    missing = sorted({place for place in places if not 1 <= place <= len(quote.lines)})
    if missing:
        raise Refused(
            f"Quote {quote.number} has {counted(len(quote.lines), 'line')}, and none at place {missing[0]}.",
            "Nothing was written. Look at it with `get_quote`.",
        )
    twice = sorted({place for place in places if places.count(place) > 1})
    if twice:
        raise Refused(f"Line {twice[0]} is named twice.", "Nothing was written. Name each line once.")


async def _added(books: Books, add: list[LineAsked], buyer: Customer, company: Company) -> list[Resolved]:
    """The new lines with every choice made; what is open goes by the name of this tool's argument."""
    if not add:
        return []
    try:
        return await resolve(books, add, buyer, company, await books.invoices.of_customer(buyer.id))
    except ChoiceNeeded as choice:
        choice.field = choice.field.replace("lines[", "add[")
        choice.next = choice.next.replace("`lines[", "`add[").replace("(line ", "(new line ")
        choice.args = (f"{choice.problem} {choice.next}",)
        raise


def _changed(
    line: InvoiceLine, n: int, asked: QuoteLineChange, nominals: list[Nominal], rates: set[Decimal]
) -> InvoiceLine:
    """A line with what was asked for."""
    if asked.vat_rate is not None and asked.vat_rate not in rates:
        listed = [vat.meaning(rate) for rate in sorted(rates, reverse=True)]
        problem = f"{vat.rate_in_words(asked.vat_rate)} is not a VAT rate of this account."
        raise ChoiceNeeded(f"change[{n}].vat_rate", problem, listed)
    wanted = {
        "description": asked.description,
        "quantity": asked.quantity,
        "unit_price": asked.unit_price,
        "vat_rate": asked.vat_rate,
        "nominal_id": None
        if asked.nominal is None
        else choices.sales_nominal(nominals, asked.nominal, f"change[{n}].nominal").id,
    }
    changed = line.model_copy(update={name: value for name, value in wanted.items() if value is not None})
    if changed == line:
        raise Refused(f"Line {asked.line} is like that already.", "Nothing was written. Leave it out.")
    figures = ("quantity", "unit_price", "vat_rate")
    if any(getattr(changed, name) != getattr(line, name) for name in figures):
        changed = changed.model_copy(update={"vat": line_vat(changed.net, changed.vat_rate)})
    return changed


def _line(line: NewLine) -> InvoiceLine:
    return InvoiceLine(
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        vat_rate=line.vat_rate,
        vat=line.vat,
        nominal_id=line.nominal_id,
        product_id=line.product_id,
        project_id=line.project_id,
    )


def _as_new(line: InvoiceLine) -> NewLine:
    """A line as the VAT rules look at it; they ask for no nominal."""
    return NewLine(**line.model_dump(exclude={"id", "vat", "sort"}), nominal_code=0, nominal_name="")


def _differences(quote: Quote, was: InvoiceLine, is_now: InvoiceLine, nominals: list[Nominal]) -> str:
    """What of a line changes, to the penny."""

    def price(line: InvoiceLine) -> str:
        named = money.unit_price_in_words(line.unit_price, quote.currency)
        return named if quote.currency else money.plain(line.unit_price)

    rows = (
        ("description", quoted(was.description, 2000), quoted(is_now.description, 2000)),
        ("quantity", money.plain(was.quantity), money.plain(is_now.quantity)),
        ("price", price(was), price(is_now)),
        ("net", shown(was.net, quote.currency), shown(is_now.net, quote.currency)),
        ("VAT rate", vat.rate_in_words(was.vat_rate), vat.rate_in_words(is_now.vat_rate)),
        ("VAT", shown(was.vat, quote.currency), shown(is_now.vat, quote.currency)),
        ("nominal", nominal_of(nominals, was), nominal_of(nominals, is_now)),
    )
    return "; ".join(f"{name} {before} becomes {after}" for name, before, after in rows if before != after)
