"""Tools for the nominal ledger and the journals."""

from typing import Annotated

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, search
from kf_mcp.model.dates import Day
from kf_mcp.model.journals import Journal
from kf_mcp.model.money import Figure
from kf_mcp.model.reports import LedgerEntry, ledger_side, total
from kf_mcp.model.text import bounded
from kf_mcp.toolkit import reads
from kf_mcp.tools import ledger_choices
from kf_mcp.tools.ledger_choices import Coded, in_words
from kf_mcp.tools.ledger_replies import (
    AS_GIVEN,
    EntryRow,
    FoundJournals,
    JournalDetails,
    JournalLineRow,
    JournalRow,
    NominalLedger,
)

NominalKey = Annotated[str, Field(min_length=1, max_length=100, description="Nominal code, or its name")]


@reads("Nominal ledger", toolset="ledger")
async def get_nominal_ledger(
    books: Books,
    nominal: NominalKey,
    start: Annotated[Day, Field(description="First day")],
    end: Annotated[Day, Field(description="Last day")],
    words: Annotated[str, Field(max_length=100, description="Words in reference, party or narrative")] = "",
    limit: Annotated[int, Field(ge=1, le=500, description="Most rows to return")] = 100,
    offset: Annotated[int, Field(ge=0, description="Rows to skip: `next_offset` of the reply before")] = 0,
) -> NominalLedger:
    """List every entry on one nominal in a period: what it stems from, whom it concerns, and its amount.

    Oldest first. KashFlow does not document the sign of these amounts, so they are compared with the trial balance of the period,
    and the reply says which sign is a debit, or that it cannot be told; entries and trial balance that disagree are named. An
    unknown or ambiguous nominal is an error that lists the nominals that fit; no entries are an empty list. For sums of all nominals
    use `get_report` trial_balance; for a bank account give its nominal.
    """
    if start > end:
        raise Refused("`start` is after `end`.", "Swap them.")
    sums = await books.reports.trial_balance(start, end)
    in_use = await books.reference.nominals()
    known = {found.id for found in in_use}
    archived = [row for row in sums if row.id not in known]
    every_one: list[Coded] = [*in_use, *archived]
    chosen = ledger_choices.nominal(every_one, nominal)
    every = await books.reports.ledger(chosen.id, start, end)
    sum_of_all = next((row for row in sums if row.id == chosen.id), None)
    side, problem = ledger_side(every, sum_of_all)
    fitting = [entry for entry in every if search.holds(f"{entry.reference} {entry.party} {entry.narrative}", words)]
    shown = fitting[offset : offset + limit]
    rest = offset + len(shown)
    return NominalLedger(
        nominal=in_words(chosen),
        period=f"{dates.in_words(start)} to {dates.in_words(end)}",
        signs=f"Amounts above zero are {side}s." if side else f"Amounts are {AS_GIVEN}.",
        total=len(fitting),
        sum=total(entry.value for entry in fitting),
        debit=sum_of_all.debit if sum_of_all else total([]),
        credit=sum_of_all.credit if sum_of_all else total([]),
        entries=[_entry(entry) for entry in shown],
        problems=[problem] if problem else [],
        next_offset=rest if rest < len(fitting) else 0,
    )


def _entry(entry: LedgerEntry) -> EntryRow:
    return EntryRow(
        date=entry.date,
        kind=entry.kind,
        reference=bounded(entry.reference, 40),
        party=bounded(entry.party, 60),
        narrative=bounded(entry.narrative, 100),
        amount=entry.value,
    )


@reads("Find journals", toolset="ledger")
async def find_journals(
    books: Books,
    from_date: Annotated[Day | None, Field(description="Dated on or after")] = None,
    to_date: Annotated[Day | None, Field(description="Dated on or before")] = None,
    nominal: Annotated[str, Field(max_length=100, description="Only those on this nominal: its code or name")] = "",
    words: Annotated[str, Field(max_length=100, description="Words in the comments of journal or lines")] = "",
    min_amount: Annotated[Figure | None, Field(description="Smallest amount moved, in pounds")] = None,
    max_amount: Annotated[Figure | None, Field(description="Largest amount moved")] = None,
    limit: Annotated[int, Field(ge=1, le=200, description="Most rows to return")] = 50,
    offset: Annotated[int, Field(ge=0, description="Rows to skip: `next_offset` of the reply before")] = 0,
) -> FoundJournals:
    """Find journals by date, nominal, words and amount: number, comment, what each moves.

    Newest first, all dates unless given. Nothing found is an empty list; an unknown nominal is an error. For the lines of one
    journal use `get_journal`; for every entry on a nominal, invoices and payments included, use `get_nominal_ledger`.
    """
    if from_date and to_date and from_date > to_date:
        raise Refused("`from_date` is after `to_date`.", "Swap them.")
    if min_amount is not None and max_amount is not None and min_amount > max_amount:
        raise Refused("`min_amount` is above `max_amount`.", "Swap them.")
    chosen = ledger_choices.nominal(await books.reference.nominals(), nominal) if nominal.strip() else None
    fitting = [
        journal
        for journal in await books.journals.all()
        if (not from_date or journal.date >= from_date)
        and (not to_date or journal.date <= to_date)
        and (chosen is None or any(line.nominal_id == chosen.id for line in journal.lines))
        and (min_amount is None or journal.amount >= min_amount)
        and (max_amount is None or journal.amount <= max_amount)
        and search.holds(" ".join([journal.comment, *(line.comment for line in journal.lines)]), words)
    ]
    shown = fitting[offset : offset + limit]
    rest = offset + len(shown)
    searched = "all dates"
    if from_date or to_date:
        first = dates.in_words(from_date) if from_date else "any time"
        searched = f"{first} to {dates.in_words(to_date) if to_date else 'any time'}"
    return FoundJournals(
        searched=f"{searched}{f', on {in_words(chosen)}' if chosen else ''}",
        total=len(fitting),
        sum=total(journal.amount for journal in fitting),
        journals=[_journal_row(journal) for journal in shown],
        next_offset=rest if rest < len(fitting) else 0,
    )


def _journal_row(journal: Journal) -> JournalRow:
    return JournalRow(
        number=journal.number,
        date=journal.date,
        comment=bounded(journal.comment, 120),
        amount=journal.amount,
        lines=len(journal.lines),
    )


@reads("Journal with its lines", toolset="ledger")
async def get_journal(
    books: Books, number: Annotated[int, Field(ge=1, description="The journal's number")]
) -> JournalDetails:
    """Look at one journal: the nominal, amount and comment of each line, and whether the lines add up to nothing.

    KashFlow does not document whether an amount above zero is a debit, so amounts stand as it gives them. An unknown number is an
    error. If only date, words or amount are known, use `find_journals`.
    """
    journal = await books.journals.get(number)
    names = {found.id: in_words(found) for found in await books.reference.nominals()}
    return JournalDetails(
        number=journal.number,
        date=journal.date,
        comment=bounded(journal.comment, 300),
        lines=[
            JournalLineRow(
                nominal=names.get(line.nominal_id, "a nominal no longer in use"),
                amount=line.amount,
                comment=bounded(line.comment, 200),
            )
            for line in journal.lines
        ],
        difference=journal.difference,
    )
