"""Journals: amounts moved between nominals by hand."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.checks import debit
from kf_mcp.model.reports import NominalSum, Side, total


class JournalLine(BaseModel):
    """One side of a journal."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    nominal_id: int
    amount: Decimal
    """As KashFlow gives it; which sign is a debit is not documented."""
    comment: str = ""
    project_id: int = 0


class Journal(BaseModel):
    """A journal with its lines, which add up to zero."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    number: int
    date: date
    comment: str = ""
    lines: tuple[JournalLine, ...] = ()

    @property
    def amount(self) -> Decimal:
        """What is moved: the sum of the lines above zero."""
        return total(line.amount for line in self.lines if line.amount > 0)

    def is_like(self, other: "Journal") -> bool:
        """Whether both move the same amounts on the same nominals on the same day; whichever way."""

        def moved(journal: Journal) -> tuple[date, list[Decimal], set[int]]:
            amounts = sorted(abs(line.amount) for line in journal.lines)
            return journal.date, amounts, {line.nominal_id for line in journal.lines}

        return moved(self) == moved(other)

    @property
    def difference(self) -> Decimal:
        """What the two sides differ by; zero in a sound journal."""
        return total(line.amount for line in self.lines)


class NewJournalLine(BaseModel):
    """One side of a journal to be entered; exactly one of the two amounts is above zero."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    nominal_id: int
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    comment: str = ""
    project_id: int = 0

    @property
    def net(self) -> Decimal:
        """The debit, or the credit below zero."""
        return self.debit - self.credit


class NewJournal(BaseModel):
    """A journal to be entered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    date: date
    comment: str = ""
    lines: tuple[NewJournalLine, ...]

    @property
    def amount(self) -> Decimal:
        """What is moved: the debits."""
        return total(line.debit for line in self.lines)


class AboveZero(BaseModel):
    """Which side a journal's line above zero is on in these books, and the journal that shows it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    side: Side
    seen_in: int = 0
    """The journal's number; 0 where no journal shows it, so that it is assumed."""

    def signed(self, line: NewJournalLine) -> Decimal:
        """A line's amount as KashFlow keeps it."""
        return line.net if self.side == "debit" else -line.net

    def debit_of(self, amount: Decimal) -> Decimal:
        """The debit that a line's amount is; a credit is below zero."""
        return amount if self.side == "debit" else -amount


ASSUMED = AboveZero(side="credit")
"""What is assumed where nothing shows it: KashFlow's manual (NominalCode) gives balances as credit less debit."""


def net_by_nominal(lines: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """The sum of the amounts on each nominal, without those that come to nothing."""
    sums: dict[int, Decimal] = {}
    for nominal_id, amount in lines:
        sums[nominal_id] = sums.get(nominal_id, Decimal(0)) + amount
    return {nominal_id: amount for nominal_id, amount in sums.items() if amount}


def sides_shown(journals: Sequence[Journal], sums: Sequence[NominalSum]) -> Mapping[Side, int]:
    """On which side the trial balance of a day has the lines above zero of that day's journals, with how many nominals show it.

    A nominal shows it where the day's journals are all that was posted there: its debits less credits are then their amount, or the
    same below zero.
    """
    posted = {row.id: debit(row) for row in sums}
    amounts = net_by_nominal((line.nominal_id, line.amount) for journal in journals for line in journal.lines)
    shown: Counter[Side] = Counter()
    for nominal_id, amount in amounts.items():
        if posted.get(nominal_id) == amount:
            shown["debit"] += 1
        elif posted.get(nominal_id) == -amount:
            shown["credit"] += 1
    return shown
