"""The tool that lists what documents refer to."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import override

from kf_mcp.kashflow.books import Books
from kf_mcp.model import money, search, vat
from kf_mcp.model.text import bounded, quoted
from kf_mcp.toolkit import Reply, Row, reads

Kind = Literal["nominal_codes", "vat_rates", "bank_accounts", "payment_methods", "currencies"]


class ReferenceRow(Row):
    """One thing that documents refer to."""

    name: str = Field(description="For use in other tools")
    code: str = ""
    about: str = ""


class ReferenceList(Reply):
    """One list of reference data."""

    kind: Kind
    total: int = Field(description="How many fit")
    rows: list[ReferenceRow]

    @override
    def in_words(self) -> str:
        lines = [f"{self.total} {self.kind.replace('_', ' ')}"]
        shown = [(row.code, quoted(row.name, 60), row.about and f"({row.about})") for row in self.rows]
        return "\n".join([*lines, *(" ".join(filter(None, parts)) for parts in shown)])


@reads("Reference lists")
async def list_reference(
    books: Books,
    kind: Annotated[Kind, Field(description="Which list")],
    words: Annotated[
        str, Field(max_length=60, description="Show only those whose name, code or use holds these words")
    ] = "",
) -> ReferenceList:
    """List what documents refer to: nominal codes with use and default VAT rate, VAT rates, bank accounts, payment methods, currencies.

    Nominal codes come by code, VAT rates highest first, the rest in KashFlow's order; up to five minutes old. Payment methods are
    those for money received. Nothing that fits is an empty list. For customers use `find_customers`.
    """
    rows = await _rows(books, kind)
    wanted = search.words(words)
    if wanted:
        rows = [
            row
            for row in rows
            if all(word in " ".join(search.words(f"{row.code} {row.name} {row.about}")) for word in wanted)
        ]
    return ReferenceList(kind=kind, total=len(rows), rows=rows)


async def _rows(books: Books, kind: Kind) -> list[ReferenceRow]:
    reference = books.reference
    match kind:
        case "nominal_codes":
            return [
                ReferenceRow(
                    name=bounded(found.name, 60),
                    code=str(found.code),
                    about=f"{found.use}, {found.type or 'no type'}, VAT {_default_rate(found.vat_rate)}",
                )
                for found in await reference.nominals()
            ]
        case "vat_rates":
            rates = sorted({found.rate for found in await reference.vat_rates()} | set(vat.UK_RATES[-1:]), reverse=True)
            return [ReferenceRow(name=vat.rate_in_words(rate), about=_both_ways(rate)) for rate in rates]
        case "bank_accounts":
            return [
                ReferenceRow(name=bounded(found.name, 60), about=f"nominal {found.nominal_code}")
                for found in await reference.bank_accounts()
            ]
        case "payment_methods":
            return [ReferenceRow(name=bounded(found.name, 60)) for found in await reference.payment_methods()]
        case "currencies":
            return [
                ReferenceRow(
                    name=found.code,
                    about="home currency" if found.is_home else f"KashFlow's rate {money.plain(found.rate)}",
                )
                for found in await reference.currencies()
            ]


def _both_ways(rate: Decimal) -> str:
    """What a rate does on a sale and on a purchase, the rate itself left off."""
    on_sales, on_purchases = (text.partition(": ")[2] for text in (vat.meaning(rate), vat.meaning_on_purchases(rate)))
    return f"sales: {on_sales}; purchases: {on_purchases}"


def _default_rate(rate: Decimal) -> str:
    return "unset or 0%" if rate == 0 else vat.rate_in_words(rate)
