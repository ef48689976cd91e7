"""The tools that enter, change and delete journals."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import journal_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.journals import to_journal
from kf_mcp.model import dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.journals import AboveZero, Journal, NewJournal, NewJournalLine
from kf_mcp.model.reference import Nominal
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import ledger_choices
from kf_mcp.tools.customers import Line, plain_line
from kf_mcp.tools.ledger_choices import in_words
from kf_mcp.tools.payments import Paid
from kf_mcp.writing.plan import Plan

Number = Annotated[int, Field(ge=1, description="The journal's number")]


class JournalLineAsked(BaseModel):
    """One side of a journal: a debit or a credit."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    nominal: Annotated[str, Field(min_length=1, max_length=100, description="Code or name")]
    debit: Annotated[Paid, Field(ge=0, description="Pounds; 0 where it is a credit")] = Decimal(0)
    credit: Annotated[Paid, Field(ge=0, description="Pounds; 0 where it is a debit")] = Decimal(0)
    comment: Annotated[str, AfterValidator(plain_line), Field(max_length=200)] = ""
    project: Annotated[str, Field(max_length=100, description="Number, reference or name")] = ""


Lines = Annotated[
    list[JournalLineAsked], Field(min_length=2, max_length=200, description="Debits and credits, equal in sum")
]


@writes("Enter a journal", destructive=False, toolset="ledger")
async def create_journal(
    books: Books,
    date: Annotated[Day, Field(description="The day that it counts for")],
    lines: Lines,
    comment: Annotated[Line, Field(max_length=200, description="What it is for")] = "",
) -> Plan:
    """Enter a journal: amounts moved between nominals by hand, such as accruals, depreciation or corrections.

    Debits and credits must be equal to the penny. Lines on Debtors or Creditors Control are refused, as KashFlow does: use invoices,
    purchases and payments. Which sign of a line is a debit KashFlow does not document: it is read off journals in the books, and checked by
    the trial balance afterwards. A preview comes first; nothing is written before a person agreed. The number is KashFlow's next.
    """
    nominals = await books.reference.nominals()
    new = NewJournal(date=date, comment=comment, lines=await _lines(books, nominals, lines))
    above_zero = await books.journals.above_zero()
    return Plan(
        title=f"Journal of {money.in_words(new.amount)} on {dates.in_words(date)}",
        facts=(
            f"Comment: {quoted(comment, 200) if comment else 'none'}",
            *await _said(books, new.lines),
            f"Debits {money.in_words(new.amount)}, credits {money.in_words(new.amount)}",
        ),
        warnings=(*_assumed(above_zero), *await _warnings(books, new)),
        steps=(journal_steps.InsertJournal.of(new, above_zero),),
        amount=new.amount,
        dated=(date,),
    )


@writes("Change a journal", destructive=True, toolset="ledger")
async def update_journal(
    books: Books,
    number: Number,
    date: Annotated[Day | None, Field(description="Year first")] = None,
    comment: Annotated[Line | None, Field(max_length=200, description="Empty: made blank")] = None,
    lines: Annotated[
        list[JournalLineAsked] | None,
        Field(min_length=2, max_length=200, description="All lines anew, debits and credits equal in sum"),
    ] = None,
) -> Plan:
    """Change a journal's date, comment or lines; what is left out stays as it is.

    `lines` replaces every line, so give all of them: the preview shows those that go and those that come. Debits and credits must be equal
    to the penny; lines on Debtors or Creditors Control are refused. Refused too where somebody changed the journal meanwhile. Look at it
    with `get_journal` first.
    """
    record = await books.journals.record(number)
    found = to_journal(record)
    above_zero = await books.journals.above_zero()
    nominals = await books.reference.nominals()
    wanted = await _lines(books, nominals, lines) if lines is not None else None
    step = journal_steps.change_of(record, above_zero, date, comment, wanted)
    facts = []
    if date is not None and date != found.date:
        facts.append(f"Date: {dates.in_words(found.date)} becomes {dates.in_words(date)}")
    if comment is not None and comment != found.comment:
        was, is_now = (quoted(text, 200) if text else "none" for text in (found.comment, comment))
        facts.append(f"Comment: {was} becomes {is_now}")
    if wanted is not None:
        facts += [f"Goes: {line}" for line in await _said(books, _as_entered(found, above_zero))]
        facts += [f"Comes: {line}" for line in await _said(books, wanted)]
    else:
        facts.append("Its lines stay as they are")
    after = NewJournal(date=date or found.date, lines=wanted or ())
    return Plan(
        title=f"Change of journal {number} of {dates.in_words(found.date)} ({money.in_words(found.amount)})",
        facts=tuple(facts),
        warnings=tuple(_assumed(above_zero)) if wanted is not None else (),
        steps=(step,),
        amount=after.amount,
        alters=tuple(sorted({found.date, after.date})),
    )


@writes("Delete a journal", destructive=True, toolset="ledger")
async def delete_journal(books: Books, number: Number) -> Plan:
    """Delete one journal with all of its lines, such as one that was entered twice.

    The preview shows its lines. It is deleted by its internal id, and refused where somebody changed it meanwhile. An unknown number is
    refused: find it with `find_journals`. To take back an accrual enter a journal the other way round with `create_journal` instead.
    Undoing enters it again under a new number.
    """
    record = await books.journals.record(number)
    found = to_journal(record)
    above_zero = await books.journals.above_zero()
    return Plan(
        title=f"Deletion of journal {number} of {dates.in_words(found.date)} ({money.in_words(found.amount)})",
        facts=(
            f"Comment: {quoted(found.comment, 200) if found.comment else 'none'}",
            *await _said(books, _as_entered(found, above_zero)),
        ),
        warnings=tuple(_assumed(above_zero)),
        steps=(journal_steps.DeleteJournal.of(record, above_zero),),
        alters=(found.date,),
    )


async def _lines(books: Books, nominals: list[Nominal], asked: list[JournalLineAsked]) -> tuple[NewJournalLine, ...]:
    """The lines with nominals and projects chosen. Raises Refused, NotFound or ChoiceNeeded, with the line."""
    controls = ledger_choices.controls(nominals)
    found = []
    for n, line in enumerate(asked):
        if bool(line.debit) == bool(line.credit):
            raise Refused(
                f"Line {n + 1} must have a debit or a credit, and not both.", "Nothing was written. Correct that line."
            )
        try:
            nominal = ledger_choices.nominal(nominals, line.nominal, f"lines[{n}].nominal")
        except NotFound as unknown:
            raise Refused(f"Line {n + 1}: {unknown.problem}", unknown.next) from None
        if nominal.id in controls:
            raise Refused(
                f"Line {n + 1} is on {in_words(nominal)}, a control account, where KashFlow permits no journal.",
                "Nothing was written. What customers and suppliers owe changes by invoices, purchases, credit notes and payments.",
            )
        job = await ledger_choices.project(books, line.project) if line.project.strip() else None
        found.append(
            NewJournalLine(
                nominal_id=nominal.id,
                debit=line.debit,
                credit=line.credit,
                comment=line.comment,
                project_id=job.id if job else 0,
            )
        )
    _refuse_unbalanced(found)
    return tuple(found)


def _refuse_unbalanced(lines: list[NewJournalLine]) -> None:
    debits, credits_ = (sum((getattr(line, side) for line in lines), Decimal(0)) for side in ("debit", "credit"))
    if debits != credits_:
        show = money.in_words
        raise Refused(
            f"Debits of {show(debits)} and credits of {show(credits_)} differ by {show(abs(debits - credits_))}.",
            "Nothing was written. A journal balances to the penny; correct a line.",
        )


def _as_entered(found: Journal, above_zero: AboveZero) -> tuple[NewJournalLine, ...]:
    """A journal's lines as debits and credits."""
    none = Decimal(0)
    return tuple(
        NewJournalLine(
            nominal_id=line.nominal_id,
            debit=max(above_zero.debit_of(line.amount), none),
            credit=max(-above_zero.debit_of(line.amount), none),
            comment=line.comment,
            project_id=line.project_id,
        )
        for line in found.lines
    )


async def _said(books: Books, lines: tuple[NewJournalLine, ...]) -> list[str]:
    """Each line in words."""
    names = {found.id: in_words(found) for found in await books.reference.every_nominal()}
    jobs = {}
    if any(line.project_id for line in lines):
        jobs = {job.id: ledger_choices.project_in_words(job) for job in await books.projects.all()}
    said = []
    for line in lines:
        side = f"Debit {money.in_words(line.debit)}" if line.debit else f"Credit {money.in_words(line.credit)}"
        comment = f", {quoted(line.comment, 200)}" if line.comment else ""
        job = f", project {jobs.get(line.project_id, 'unknown')}" if line.project_id else ""
        said.append(f"{side}: {names.get(line.nominal_id, 'a nominal that is not listed')}{comment}{job}")
    return said


def _assumed(above_zero: AboveZero) -> list[str]:
    """That the signs are not known."""
    if above_zero.seen_in:
        return []
    how = f"It is taken for a {above_zero.side}; the check by the trial balance afterwards says if that was the wrong way round."
    return [f"No journal in the books shows whether a line above zero is a debit. {how}"]


async def _warnings(books: Books, new: NewJournal) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    wanted = sorted(abs(line.net) for line in new.lines)
    said = [
        f"Perhaps a duplicate: journal {found.number} of the same day moves the same amounts on the same nominals."
        for found in await books.journals.all()
        if found.date == new.date
        and sorted(abs(line.amount) for line in found.lines) == wanted
        and {line.nominal_id for line in found.lines} == {line.nominal_id for line in new.lines}
    ][:3]
    nominals = {found.id: found.code for found in await books.reference.nominals()}
    accounts = {account.nominal_code: account.name for account in await books.reference.bank_accounts()}
    touched = {code: accounts[code] for line in new.lines if (code := nominals.get(line.nominal_id, 0)) in accounts}
    said += [
        f"Nominal {code} is the bank account {quoted(name, 60)}; money in and out of it is usually entered with `record_bank_transaction`."
        for code, name in touched.items()
    ]
    if new.date > books.today:
        said.append("It is dated in the future.")
    return said
