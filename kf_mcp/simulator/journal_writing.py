"""Writing journals: new ones, changed ones, and taking them away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import journals, wire
from kf_mcp.simulator.documents import check_open
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.quote_writing import updated
from kf_mcp.simulator.records import ZERO, Journal, JournalLine

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


class NoSuchJournal(Refusal):
    """A sentence of ours for a journal that is not there."""

    def __init__(self) -> None:
        super().__init__("There is no journal with this number.")


@operation("InsertJournal")
def insert_journal(books: Books, request: Request) -> Answer:
    """Enter a new journal under the next number, which is the answer; a number that was sent is not looked at."""
    members = wire.record(request, "Jnl")
    lines = _lines(books, members.get("Lines"))
    if not lines and books.switches.missing_lines == "refuse":
        raise Refusal("The journal has no lines.")
    comment = wire.text(members, "Comment")
    return Answer(journals.add(books, _day(members), comment, _balanced(books, lines)).number)


@operation("UpdateJournal")
def update_journal(books: Books, request: Request) -> Answer:
    """Write a journal anew, found by its id; its lines go and the ones sent come, its number stays."""
    members = wire.record(request, "Jnl")
    return _overwritten(books, members, ())


@operation("UpdateJournalHeader")
def update_journal_header(books: Books, request: Request) -> Answer:
    """Write a journal's date and comment anew, found by its id; whether lines sent are added is a switch."""
    members = wire.record(request, "Jnl")
    journal = _by_id(books, members)
    if books.switches.journal_header_lines == "ignore":
        members = {**members, "Lines": ()}
    return _overwritten(books, members, journal.lines)


def _overwritten(books: Books, members: Mapping[str, Any], kept: tuple[JournalLine, ...]) -> Answer:
    journal = _by_id(books, members)
    check_open(books, journal.date)
    lines = _balanced(books, (*kept, *_lines(books, members.get("Lines"))))
    changed = replace(journal, date=_day(members), comment=wire.text(members, "Comment"), lines=lines)
    journals.check(books, changed.date, changed.lines)
    books.put_journal(changed)
    return updated(books, changed.id)


@operation("DeleteJournal")
def delete_journal(books: Books, request: Request) -> Answer:
    """Delete a journal by its number."""
    wanted = wire.whole(request, "JournalNumber")
    return _delete(books, next((journal for journal in books.journals if journal.number == wanted), None))


@operation("DeleteJournalByID")
def delete_journal_by_id(books: Books, request: Request) -> Answer:
    """Delete a journal by its id."""
    return _delete(books, books.journals.get(wire.whole(request, "JournalID")))


def _delete(books: Books, journal: Journal | None) -> Answer:
    if journal is None:
        return nothing_to_delete(books, NoSuchJournal())
    check_open(books, journal.date)
    books.drop_journal(journal)
    return Answer(DONE)


def _by_id(books: Books, members: Mapping[str, Any]) -> Journal:
    found = books.journals.get(wire.whole(members, "DBID"))
    if found is None:
        raise NoSuchJournal
    return found


def _day(members: Mapping[str, Any]) -> date:
    day = wire.day(members, "JournalDate")
    if day is None:
        raise Refusal("The journal has no date.")
    return day


def _lines(books: Books, items: Sequence[Any] | None) -> tuple[JournalLine, ...]:
    """Read the lines that were sent; which side is above zero is a switch, in the books a debit is."""
    sign = 1 if books.switches.journal_line_sign == "debit_positive" else -1
    rows = [wire.members_of(item) for item in items or () if item is not None]
    return tuple(
        JournalLine(
            nominal=_nominal(books, wire.whole(row, "NominalID")),
            amount=sign * books.amounts.pennies(wire.decimal(row, "Amount")),
            comment=wire.text(row, "Comment"),
            project=wire.whole(row, "ProjId"),
        )
        for row in rows
    )


def _nominal(books: Books, key: int) -> int:
    """Give a nominal's id back; one that does not exist is refused later on, or by the switch becomes Other."""
    unknown = books.nominals.get(key) is None and books.switches.unknown_nominal == "accept"
    return books.company.controls.other if unknown else key


def _balanced(books: Books, lines: tuple[JournalLine, ...]) -> tuple[JournalLine, ...]:
    """Post what is missing to Other, if the switch says so."""
    missing = -sum((line.amount for line in lines), ZERO)
    if not missing or books.switches.unbalanced_journal == "refuse":
        return lines
    return (*lines, JournalLine(books.company.controls.other, missing))
