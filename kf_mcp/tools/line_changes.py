"""Changes of an invoice's lines: what is asked for, and the lines as they are to stand, each with what a person reads of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import money, vat
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import NOT_APPLICABLE, Invoice, InvoiceLine, NewLine, line_vat
from kf_mcp.model.projects import Project
from kf_mcp.model.reference import Nominal
from kf_mcp.model.text import hides_something, quoted
from kf_mcp.tools import choices
from kf_mcp.tools.invoice_lines import Exact, LineAsked, Rate, Resolved, remarks, resolve, said_of_vat


def _plain(value: str | None) -> str | None:
    if value is not None and hides_something(value):
        raise ValueError("holds control or invisible characters; write plain text")
    return value.strip() if value is not None else None


class LineChange(BaseModel):
    """What changes in one line that stands on the invoice."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    line: Annotated[int, Field(ge=1, description="Its place on the invoice; 1: the first")]
    description: Annotated[str | None, AfterValidator(_plain), Field(max_length=2000)] = None
    quantity: Annotated[Exact | None, Field(gt=0)] = None
    unit_price: Annotated[Exact | None, Field(description="Net of VAT, up to four places")] = None
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 (percent) or N/A")] = None
    nominal: Annotated[int | None, Field(description="Sales code")] = None
    project: Annotated[str | None, Field(max_length=100, description="Name or number; empty: none")] = None


@dataclass
class Altered:
    """The lines as they are to stand, and what a person reads of it."""

    lines: list[InvoiceLine] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        """Sum of the lines before VAT."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """Sum of the lines' VAT."""
        return sum((line.vat for line in self.lines), Decimal(0))


async def altered(
    books: Books,
    invoice: Invoice,
    buyer: Customer,
    add: Sequence[LineAsked],
    change: Sequence[LineChange],
    remove: Sequence[int],
) -> Altered:
    """The lines with everything that was asked for. Raises Refused or ChoiceNeeded."""
    _check_places(invoice, change, remove)
    nominals = list(await books.reference.nominals())
    company = await books.reference.company()
    rates = {found.rate for found in await books.reference.vat_rates()} | {NOT_APPLICABLE, Decimal(0)}
    projects = await books.projects.all() if any(asked.project for asked in change) else []
    asked_at = {asked.line: (n, asked) for n, asked in enumerate(change)}
    found = Altered()
    touched: list[NewLine] = []
    for place, line in enumerate(invoice.lines, 1):
        if place in remove:
            found.facts.append(f"Line {place} goes: {line_in_words(line, invoice.currency)}")
            continue
        if place in asked_at:
            n, asked = asked_at[place]
            wanted = _wanted(line, asked, f"change[{n}]", nominals, rates, projects)
            found.facts.append(
                f"Line {place} {quoted(line.description)}: {_difference(line, wanted, invoice, nominals)}"
            )
            found.warnings += _doubts(place, line, wanted, asked)
            touched += [_as_new(wanted, nominals)] if wanted.vat_rate != line.vat_rate else []
            line = wanted  # noqa: PLW2901
        found.lines.append(line)
    added = await _resolved(books, add, buyer, invoice)
    for resolved in added:
        new = resolved.line
        found.lines.append(_as_line(new))
        source = f" ({resolved.source})" if resolved.source else ""
        where = f"nominal {new.nominal_code} {new.nominal_name}"
        found.facts.append(f"New line: {line_in_words(_as_line(new), invoice.currency)}, {where}{source}")
        touched.append(new)
    found.warnings += map(_of_new, remarks(added))
    said = said_of_vat(touched, invoice.issue_date, buyer, company, invoice.currency)
    found.facts += said.notes
    found.warnings += said.warnings
    return found


def line_in_words(line: InvoiceLine, currency: str) -> str:
    """A line as a person reads it, to the penny."""
    price = money.unit_price_in_words(line.unit_price, currency)
    return (
        f"{money.plain(line.quantity)} x {quoted(line.description, 2000)} at {price} = {money.in_words(line.net, currency)} net, "
        f"VAT {vat.rate_in_words(line.vat_rate)} {money.in_words(line.vat, currency)}"
    )


async def project_named(books: Books, said: str, field_name: str) -> tuple[int, str]:
    """The id and name of the project with this name or number; 0 for an empty text. Raises ChoiceNeeded."""
    return _project(await books.projects.all() if said.strip() else [], said, field_name)


def _project(projects: Sequence[Project], said: str, field_name: str) -> tuple[int, str]:
    if not said.strip():
        return 0, ""
    numbered = [project for project in projects if str(project.number) == said.strip()]
    found = numbered[0] if numbered else choices.one_of(projects, said, field_name, "project")[0]
    return found.id, found.name


def _check_places(invoice: Invoice, change: Sequence[LineChange], remove: Sequence[int]) -> None:
    """Refuse places that the invoice does not have, and those that are named twice."""
    places = [*(asked.line for asked in change), *remove]
    absent = [place for place in places if place > len(invoice.lines)]
    if absent:
        listed = "; ".join(f"{n}: {quoted(line.description, 60)}" for n, line in enumerate(invoice.lines[:20], 1))
        raise Refused(
            f"Invoice {invoice.number} has no line {absent[0]}.", f"Nothing was written. Its lines are {listed}."
        )
    twice = [place for place in places if places.count(place) > 1]
    if twice:
        raise Refused(f"Line {twice[0]} is named twice.", "Nothing was written. Name each line once.")


def _wanted(
    line: InvoiceLine,
    asked: LineChange,
    where: str,
    nominals: Sequence[Nominal],
    rates: set[Decimal],
    projects: Sequence[Project],
) -> InvoiceLine:
    """The line with what was asked for; its VAT is worked out anew where quantity, price or rate change, else kept as it is."""
    if asked.vat_rate is not None and asked.vat_rate not in rates:
        listed = [vat.meaning(rate) for rate in sorted(rates, reverse=True)]
        raise ChoiceNeeded(
            f"{where}.vat_rate", f"{vat.rate_in_words(asked.vat_rate)} is not a VAT rate of this account.", listed
        )
    update: dict[str, object] = {
        name: value
        for name, value in (
            ("description", asked.description),
            ("quantity", asked.quantity),
            ("unit_price", asked.unit_price),
            ("vat_rate", asked.vat_rate),
        )
        if value is not None
    }
    if asked.nominal is not None:
        update["nominal_id"] = choices.sales_nominal(nominals, asked.nominal, f"{where}.nominal").id
    if asked.project is not None:
        update["project_id"] = _project(projects, asked.project, f"{where}.project")[0]
    wanted = line.model_copy(update=update)
    if (wanted.net, wanted.vat_rate) != (line.net, line.vat_rate):
        wanted = wanted.model_copy(update={"vat": line_vat(wanted.net, wanted.vat_rate)})
    return wanted


def _difference(line: InvoiceLine, wanted: InvoiceLine, invoice: Invoice, nominals: Sequence[Nominal]) -> str:
    """What changes in a line, each old and new value."""
    called = {found.id: choices.nominal_in_words(found) for found in nominals}

    def show(amount: Decimal) -> str:
        return money.in_words(amount, invoice.currency)

    pairs = [
        ("description", quoted(line.description, 2000), quoted(wanted.description, 2000)),
        ("quantity", money.plain(line.quantity), money.plain(wanted.quantity)),
        (
            "price",
            money.unit_price_in_words(line.unit_price, invoice.currency),
            money.unit_price_in_words(wanted.unit_price, invoice.currency),
        ),
        ("nominal", called.get(line.nominal_id, "Other"), called.get(wanted.nominal_id, "Other")),
        ("project id", str(line.project_id or "none"), str(wanted.project_id or "none")),
        ("net", show(line.net), show(wanted.net)),
        ("VAT rate", vat.rate_in_words(line.vat_rate), vat.rate_in_words(wanted.vat_rate)),
        ("VAT", show(line.vat), show(wanted.vat)),
    ]
    changed = [f"{name} {before} becomes {after}" for name, before, after in pairs if before != after]
    return "; ".join(changed) or "stays as it is"


def _doubts(place: int, line: InvoiceLine, wanted: InvoiceLine, asked: LineChange) -> list[str]:
    """What a bookkeeper would ask about this line."""
    said = []
    if wanted.vat != line.vat and line.vat != line_vat(line.net, line.vat_rate):
        said.append(f"Line {place}'s VAT was not its net amount times the rate; it is now worked out so.")
    if asked.nominal is not None and wanted.nominal_id != line.nominal_id and line.product_id:
        said.append(f"Line {place} is of a product, which it stays; the product may belong to the old nominal.")
    if wanted.unit_price != money.to_pennies(wanted.unit_price) and wanted.unit_price != line.unit_price:
        said.append(
            f"Line {place}'s price has more than two decimal places; KashFlow may cut it, and reading back will show whether it did."
        )
    return said


async def _resolved(books: Books, add: Sequence[LineAsked], buyer: Customer, invoice: Invoice) -> Sequence[Resolved]:
    """The new lines with every choice made, as `create_invoice` makes them. Raises ChoiceNeeded in words that fit here."""
    if not add:
        return []
    company = await books.reference.company()
    past = [found for found in await books.invoices.of_customer(buyer.id) if found.id != invoice.id]
    try:
        return await resolve(books, add, buyer, company, past)
    except ChoiceNeeded as choice:
        choice.args = (_of_new(str(choice)),)
        raise
    except Refused as refusal:
        refusal.args = (_of_new(str(refusal)),)
        raise


def _of_new(said: str) -> str:
    """What was said of lines to be added, so that nobody takes them for those that stand."""
    new = re.sub(r"\bLine(s?) (\d+)", r"New line\1 \2", re.sub(r"\blines\[", "add[", said))
    return re.sub(r"\(line (\d+)\)", r"(new line \1)", new)


def _as_line(new: NewLine) -> InvoiceLine:
    return InvoiceLine(
        description=new.description,
        quantity=new.quantity,
        unit_price=new.unit_price,
        vat_rate=new.vat_rate,
        vat=new.vat,
        nominal_id=new.nominal_id,
        product_id=new.product_id,
        project_id=new.project_id,
    )


def _as_new(line: InvoiceLine, nominals: Sequence[Nominal]) -> NewLine:
    """A line that stands, as the VAT rules look at one."""
    nominal = next((found for found in nominals if found.id == line.nominal_id), None)
    return NewLine(
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        vat_rate=line.vat_rate,
        nominal_id=line.nominal_id,
        nominal_code=nominal.code if nominal else 0,
        nominal_name=nominal.name if nominal else "Other",
    )
