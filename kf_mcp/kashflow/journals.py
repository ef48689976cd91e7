"""Journals over SOAP."""

from datetime import date
from typing import Any

from kf_mcp.errors import NotFound
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model import money
from kf_mcp.model.journals import Journal, JournalLine


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
