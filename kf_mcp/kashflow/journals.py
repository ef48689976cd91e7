"""Journals over SOAP."""

from datetime import date
from typing import Any, Final

from kf_mcp.errors import NotFound
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.reports import Reports
from kf_mcp.model import money
from kf_mcp.model.journals import ASSUMED, AboveZero, Journal, JournalLine, sides_shown

DAYS_AT_MOST: Final = 5
"""Days of journals that are looked at to see which sign is a debit."""
SURE: Final = 2
"""Nominals that show it, as many as a journal has at least; one alone may be a coincidence."""


def to_journal(row: Any) -> Journal:
    """A journal from KashFlow's own record, whether its lines come as anyType or by their own name."""
    wrapper = wire.member(row, "Lines")
    lines = list(wire.rows(wrapper, "anyType")) or list(wire.rows(wrapper, "JournalLine"))
    return Journal(
        id=wire.integer(row, "DBID"),
        number=wire.integer(row, "JournalNumber"),
        date=wire.day(row, "JournalDate") or date.min,
        comment=wire.text(row, "Comment"),
        lines=tuple(
            JournalLine(
                nominal_id=wire.integer(line, "NominalID"),
                amount=money.to_pennies(wire.decimal(line, "Amount")),
                comment=wire.text(line, "Comment"),
                project_id=wire.integer(line, "ProjId"),
            )
            for line in lines
        ),
    )


class Journals:
    """The journals; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def all(self) -> list[Journal]:
        """Every journal, newest first."""
        answer = await self._soap.read("GetJournals")
        found = [to_journal(row) for row in wire.rows(answer.result, "JournalEntry")]
        return sorted(found, key=lambda journal: (journal.date, journal.number), reverse=True)

    async def get(self, number: int) -> Journal:
        """One journal by its number. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetJournal", JournalNumber=number)
        journal = to_journal(answer.result) if answer and answer.result is not None else None
        if journal is None or not journal.number:
            raise NotFound("journal with the number", number, "Find the journal with `find_journals`.")
        return journal

    async def record(self, number: int) -> Record:
        """KashFlow's own record of a journal by its number. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetJournal", JournalNumber=number)
        found = records.record("JournalEntry", answer.result) if answer and answer.result is not None else {}
        if not wire.integer(found, "DBID"):
            raise NotFound("journal with the number", number, "Find the journal with `find_journals`.")
        return found

    async def above_zero(self) -> AboveZero:
        """Which side a line above zero is on, as journals in the books show by the trial balance of their day; else what is assumed.

        KashFlow does not document it.
        """
        every = await self.all()
        seen: dict[str, AboveZero] = {}
        for day in list(dict.fromkeys(journal.date for journal in every))[:DAYS_AT_MOST]:
            of_day = [journal for journal in every if journal.date == day]
            shown = sides_shown(of_day, await Reports(self._soap).trial_balance(day, day))
            for side, count in shown.items():
                seen.setdefault(side, AboveZero(side=side, seen_in=of_day[0].number))
                if count >= SURE and len(shown) == 1:
                    return seen[side]
        return next(iter(seen.values())) if len(seen) == 1 else ASSUMED
