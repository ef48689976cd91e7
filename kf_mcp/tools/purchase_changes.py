"""The tools that change and delete purchases."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow import purchase_change_steps, purchase_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.documents import lost_in_words
from kf_mcp.model.purchases import BilledLine, Purchase, PurchaseLine, at_most_in_pounds
from kf_mcp.model.reference import Nominal
from kf_mcp.model.text import bounded, counted, quoted
from kf_mcp.model.vat_line import Said
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_lines import Exact, Rate
from kf_mcp.tools.payments import Paid
from kf_mcp.tools.purchase_lines import BilledLineAsked, Buying, Text, billed_in_words, buying_from, resolve
from kf_mcp.writing.plan import Plan

PurchaseNumber = Annotated[int, Field(ge=1, description="KashFlow's number of the purchase")]
Position = Annotated[int, Field(ge=1, description="Which line by `get_purchase`, counted from 1")]


class LineChanged(BaseModel):
    """What is to become different of one line."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    line: Position
    description: Text | None = None
    quantity: Annotated[Exact | None, Field(gt=0)] = None
    unit_price: Annotated[Exact | None, Field(description="Net of VAT")] = None
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 or N/A")] = None
    vat: Annotated[Paid | None, Field(description="As printed; default: by the rate where price or rate change")] = None
    nominal: Annotated[int | None, Field(description="Outgoing code")] = None
    import_duty: Annotated[Paid | None, Field(ge=0, description="Only where the supplier is outside UK and EU")] = None


@writes("Change a purchase", destructive=True, toolset="purchases")
async def update_purchase(
    books: Books,
    purchase: PurchaseNumber,
    reference: Annotated[Line | None, Field(max_length=100, description="The supplier's invoice number")] = None,
    issue_date: Annotated[Day | None, Field(description="The bill's own date")] = None,
    due_date: Annotated[Day | None, Field(description="When it is to be paid")] = None,
    project: Annotated[int | None, Field(ge=0, description="Project number; 0: none")] = None,
) -> Plan:
    """Change what is named of a purchase's head: the supplier's reference, its dates, its project; everything else stays.

    Left out: unchanged; an empty reference: made blank. Refused where a VAT return that was submitted or the owner's lock covers the old
    or the new date. For lines and amounts use `change_purchase_lines`; a wrong supplier or currency takes `delete_purchase` and a new one.
    """
    found, record = await books.purchases.whole(purchase)
    project_id = None if project is None else await _project_id(books, project)
    step = purchase_change_steps.head_change(
        record, issue_date=issue_date, due_date=due_date, reference=reference, project_id=project_id
    )
    facts, warnings = [_in_words(found)], []
    if reference is not None and reference != found.reference:
        was = quoted(found.reference) if found.reference else "blank"
        facts.append(f"Supplier's reference: {was} becomes {quoted(reference) if reference else 'blank'}")
    dated, due = issue_date or found.issue_date, due_date or found.due_date
    if dated != found.issue_date:
        facts.append(f"Dated: {dates.in_words(found.issue_date)} becomes {dates.in_words(dated)}")
    if due and due != found.due_date:
        was = dates.in_words(found.due_date) if found.due_date else "blank"
        facts.append(f"Due: {was} becomes {dates.in_words(due)}")
    if project_id is not None:
        facts.append(f"Project: it becomes that with the number {project}" if project else "Project: it becomes none")
    if due and due < dated:
        warnings.append("It is due before it is dated.")
    if dated > books.today:
        warnings.append("It is dated in the future.")
    return Plan(
        title=f"Change of purchase {found.number} from {found.supplier_code}",
        facts=(*facts, "Nothing else of the purchase changes"),
        warnings=tuple(warnings),
        steps=(step,),
        alters=tuple(sorted({found.issue_date, dated})),
    )


@writes("Change the lines of a purchase", destructive=True, toolset="purchases")
async def change_purchase_lines(
    books: Books,
    purchase: PurchaseNumber,
    change: Annotated[
        list[LineChanged], Field(max_length=100, description="Lines to change; what is not named stays")
    ] = [],  # noqa: B006 - read only
    add: Annotated[list[BilledLineAsked], Field(max_length=100, description="New lines, put last")] = [],  # noqa: B006 - read only
    remove: Annotated[list[Position], Field(max_length=100, description="Lines to take away")] = [],  # noqa: B006 - read only
) -> Plan:
    """Change, add and take away lines of a purchase; the others stay as they are, with project, product and import duty.

    KashFlow replaces all lines at once, so all are sent and read back. The preview shows each line and the totals before and after. VAT is
    worked out anew where the price or rate of a line changes and no `vat` is named. A purchase keeps at least one line.
    """
    found, record = await books.purchases.whole(purchase)
    buying = await buying_from(books, await books.suppliers.by_id(found.supplier_id))
    _check_positions(found, change, remove)
    by_id = {nominal.id: nominal for nominal in buying.nominals}
    changed = {asked.line: _changed(found.lines[asked.line - 1], asked, buying) for asked in change}
    bought = resolve(buying, add, "add")
    added = [row.line for row in bought]
    kept = [changed.get(n, line) for n, line in enumerate(found.lines, 1) if n not in remove]
    after: list[PurchaseLine | BilledLine] = [*kept, *added]
    if not after:
        raise Refused(
            "No line would be left.", "Nothing was written. To take it out of the books use `delete_purchase`."
        )
    judged = {f"Line {n}": _billed(line, by_id) for n, line in changed.items()}
    judged |= {f"New line {n}": line for n, line in enumerate(added, 1)}
    doubts = [f"New line {n}: {row.doubt}" for n, row in enumerate(bought, 1) if row.doubt]
    said = _said(found, judged, buying)
    show, currency = money.in_words, found.currency
    net, tax = sum((line.net for line in after), Decimal(0)), sum((line.vat for line in after), Decimal(0))
    facts = [_in_words(found)]
    for n, line in enumerate(found.lines, 1):
        was = billed_in_words(_billed(line, by_id), currency)
        if n in remove:
            facts.append(f"Line {n} is taken away: {was}")
        elif n in changed:
            facts.append(f"Line {n} was: {was}")
            facts.append(f"Line {n} becomes: {billed_in_words(_billed(changed[n], by_id), currency)}")
    facts += [f"New line: {billed_in_words(line, currency)}" for line in added]
    facts += [
        f"Total: {show(found.gross, currency)} becomes {show(net + tax, currency)} (net {show(net, currency)} + VAT {show(tax, currency)})",
        f"{counted(len(found.lines) - len(remove) - len(changed), 'other line')} and the rest of the purchase stay as they are",
    ]
    return Plan(
        title=f"Change of the lines of purchase {found.number} from {found.supplier_code}",
        facts=(*facts, *said.notes),
        warnings=(*_warnings(found, net + tax, tax), *doubts, *said.warnings),
        steps=(purchase_change_steps.lines_change(record, found.lines, after),),
        amount=at_most_in_pounds(net + tax, currency, found.exchange_rate),
        alters=(found.issue_date,),
    )


@writes("Delete a purchase", destructive=True, toolset="purchases")
async def delete_purchase(books: Books, purchase: PurchaseNumber) -> Plan:
    """Delete a purchase or a supplier's credit note on which nothing is paid, such as one entered twice.

    Refused while payments hang on it, and where a VAT return that was submitted or the owner's lock covers its date. Its notes and attached
    files go with it and do not come back with `undo_write`. It goes by its internal id; its number may be given out again.
    """
    found, record = await books.purchases.whole(purchase)
    purchase_steps.refuse_paid(record)
    notes = len(await books.documents.notes_of_purchase(found.id))
    files = len(await books.documents.attachments_of_purchase(found.id))
    nominals = {nominal.id: nominal for nominal in await books.reference.nominals()}
    lines = [billed_in_words(_billed(line, nominals), found.currency) for line in found.lines]
    return Plan(
        title=f"Deletion of purchase {found.number} from {found.supplier_code}: {money.in_words(found.gross, found.currency)}",
        facts=(_in_words(found), *lines),
        warnings=(lost_in_words(notes, files),) if notes or files else (),
        steps=(purchase_steps.DeletePurchase.of(record),),
        alters=(found.issue_date,),
    )


def _in_words(found: Purchase) -> str:
    """The purchase as it stands."""
    name = f" {quoted(found.supplier_name, 80)}" if found.supplier_name else ""
    reference = f", supplier's reference {quoted(found.reference)}" if found.reference else ""
    paid = f", of which {money.in_words(found.paid, found.currency)} is paid" if found.paid else ""
    return (
        f"Purchase {found.number} from {found.supplier_code}{name} of {dates.in_words(found.issue_date)}{reference}: "
        f"{money.in_words(found.gross, found.currency)}{paid}"
    )


async def _project_id(books: Books, number: int) -> int:
    """The internal id of the project with this number; 0 is none."""
    if not number:
        return 0
    projects = await books.projects.all()
    found = next((project for project in projects if project.number == number), None)
    if found is None:
        listed = [
            f"{project.number} ({quoted(project.name, 60)})" for project in projects if project.status == "active"
        ]
        raise ChoiceNeeded("project", f"No project has the number {number}.", listed[: choices.MOST_SHOWN])
    return found.id


def _check_positions(found: Purchase, change: Sequence[LineChanged], remove: Sequence[int]) -> None:
    """Refuse positions that the purchase does not have, or that are named twice. Raises Refused."""
    named = [*(asked.line for asked in change), *remove]
    listed = "; ".join(f"{n} {quoted(line.description, 60)}" for n, line in enumerate(found.lines, 1))
    if missing := [n for n in named if n > len(found.lines)]:
        raise Refused(f"Purchase {found.number} has no line {missing[0]}.", f"Nothing was written. It has: {listed}.")
    if len(set(named)) < len(named):
        raise Refused(
            "A line is named twice in `change` and `remove`.", f"Nothing was written. Name each once: {listed}."
        )


def _changed(line: PurchaseLine, asked: LineChanged, buying: Buying) -> PurchaseLine:
    """The line with what was named of it; its VAT follows a new price or rate where none was named."""
    field = "change"
    update: dict[str, object] = asked.model_dump(
        include={"description", "quantity", "unit_price", "import_duty"}, exclude_none=True
    )
    if asked.nominal is not None:
        update["nominal_id"] = buying.named(asked.nominal, f"{field}.nominal").id
    if asked.vat_rate is not None:
        update["vat_rate"], _ = buying.rate(asked.vat_rate, None, f"{field}.vat_rate", f"Line {asked.line}")
    if asked.import_duty and buying.seller.place != "world":
        raise Refused(
            f"Supplier {buying.seller.code} is not outside the UK and the EU, and KashFlow keeps import duty only there.",
            "Nothing was written. Leave `import_duty` out, or correct the supplier's region with `update_supplier`.",
        )
    new = line.model_copy(update=update)
    if asked.vat is not None or (new.net, new.vat_rate) != (line.net, line.vat_rate):
        bears_none = not line.vat and line.vat_rate > 0  # a rate without VAT: from abroad, or under a reverse charge
        tax, _ = buying.vat(Decimal(0) if asked.vat is None and bears_none else asked.vat, new.net, new.vat_rate)
        new = new.model_copy(update={"vat": tax})
    return new


def _said(found: Purchase, lines: Mapping[str, BilledLine], buying: Buying) -> Said:
    """What the VAT rules say of the new and the changed lines, each by its name. Raises Refused."""
    warnings, notes = [], []
    for name, line in lines.items():
        one = buying.said(line, found.issue_date, found.currency, is_reverse_charge=found.is_reverse_charge)
        if one.refusal:
            raise Refused(f"{name}: {one.refusal}", "Nothing was written. Compare with the bill and call again.")
        warnings += [f"{name}: {sentence}" for sentence in one.warnings]
        notes += [f"{name}: {sentence}" for sentence in one.notes]
    return Said(warnings=tuple(warnings), notes=tuple(notes))


def _billed(line: PurchaseLine, nominals: dict[int, Nominal]) -> BilledLine:
    """A line of the books as one that is entered, for showing and judging it."""
    nominal = nominals.get(line.nominal_id)
    return BilledLine(
        description=bounded(line.description, 2000),
        quantity=line.quantity,
        unit_price=line.unit_price,
        vat_rate=line.vat_rate,
        printed_vat=line.vat,
        nominal_id=line.nominal_id,
        nominal_code=nominal.code if nominal else 0,
        nominal_name=nominal.name if nominal else "Other",
        import_duty=line.import_duty,
    )


def _warnings(found: Purchase, gross: Decimal, vat: Decimal) -> list[str]:
    """What a bookkeeper would ask about before writing this.

    KashFlow replaces every line, and one integrator met trouble with the nominals of replaced lines; all of it is read back and compared,
    which would show it, so nobody is warned beforehand.
    """
    said = []
    show, left = money.in_words, gross - found.paid
    if vat > found.vat >= 0:
        said.append(
            f"The VAT rises by {show(vat - found.vat, found.currency)}. If the bill was entered as it is printed, ask the supplier for a "
            "corrected bill before more VAT is claimed."
        )
    elif gross != found.gross:
        said.append(
            f"The total will be {show(gross, found.currency)}: is that what the bill prints? If the bill itself is wrong, ask the supplier "
            "for a corrected bill or a credit note."
        )
    if found.paid:
        after = (
            f"overpaid by {show(-left, found.currency)}"
            if left < 0 < found.paid
            else f"{show(left, found.currency)} will be outstanding"
        )
        said.append(f"{show(found.paid, found.currency)} is paid on it: {after}.")
    if found.is_reverse_charge:
        said.append(
            "It is under the construction industry's reverse charge, whose figures KashFlow keeps beside the lines; they stay as they are."
        )
    if (gross < 0) != (found.gross < 0):
        said.append("It turns from a bill into a credit note, or back.")
    return said
