"""Journals, amounts moved between nominals by hand: checked, added, and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.documents import check_open
from kf_mcp.simulator.operations import Answer, Refusal, Rows, Typed, operation
from kf_mcp.simulator.records import ZERO, Journal, JournalLine

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


def add(books: Books, day: date, comment: str, lines: Iterable[JournalLine]) -> Journal:
    """Enter a journal under the next number; a debit is above zero."""
    entered = tuple(lines)
    check(books, day, entered)
    journal = Journal(books.next_id("journal"), books.next_journal_number(), day, comment, entered)
    books.put_journal(journal)
    return journal


def check(books: Books, day: date, lines: tuple[JournalLine, ...]) -> None:
    """Refuse a journal whose lines do not sum to nothing, or with one on Debtors or Creditors Control.

    KashFlow's help, Opening balance journal, has both rules.
    """
    check_open(books, day)
    if sum((line.amount for line in lines), ZERO):
        raise Refusal("The lines of the journal do not add up to zero.")
    controls = books.company.controls
    if any(line.nominal in (controls.debtors, controls.creditors) for line in lines):
        raise Refusal("A journal cannot be posted to Debtors Control or Creditors Control.")
    if any(books.nominals.get(line.nominal) is None for line in lines):
        raise Refusal("A nominal of the journal does not exist.")


def _shown(books: Books, journal: Journal) -> dict[str, Any]:
    """Write a journal as KashFlow does, its lines naming their type; which side is above zero is a switch."""
    sign = 1 if books.switches.journal_line_sign == "debit_positive" else -1
    lines = [
        {
            "NominalID": line.nominal,
            "Amount": four_places(sign * line.amount),
            "Comment": line.comment,
            "ProjId": line.project,
        }
        for line in journal.lines
    ]
    return {
        "DBID": journal.id,
        "JournalNumber": journal.number,
        "JournalDate": wire.moment(journal.date),
        "Comment": journal.comment,
        "Lines": [Typed("JournalLine", line) for line in lines],
    }


@operation("GetJournals")
def get_journals(books: Books, _: Request) -> Answer:
    """List the journals with their lines."""
    return Answer(Rows(books.journals, lambda journal: _shown(books, journal)))


@operation("GetJournal")
def get_journal(books: Books, request: Request) -> Answer:
    """Read a journal by its number."""
    wanted = wire.whole(request, "JournalNumber")
    found = next((journal for journal in books.journals if journal.number == wanted), None)
    if found is not None:
        return Answer(_shown(books, found))
    if books.switches.not_found_other == "refuse":
        raise Refusal("There is no journal with this number.")
    return Answer({})
