"""The double-entry ledger: every entry's two sides are equal, or it is not taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kf_mcp.simulator.records import ZERO
from kf_mcp.simulator.shelves import Undo

Source = tuple[str, int]
"""What an entry stems from: the sort of record and its id."""


class Unbalanced(ArithmeticError):
    """An entry's debits and credits differ: a mistake in the simulator, never in what was asked."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry, in pounds; a debit is above zero, a credit below."""

    date: date
    nominal: int
    amount: Decimal


@dataclass(slots=True)
class Balance:
    """The debits and the credits of one nominal, in pounds, both counted upwards."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Debits less credits."""
        return self.debit - self.credit

    def add(self, amount: Decimal) -> None:
        """Count one side of an entry in; a debit is above zero."""
        if amount > 0:
            self.debit += amount
        else:
            self.credit -= amount


class Ledger:
    """Every entry by what it stems from, with the running sums of each nominal."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._entries: dict[Source, tuple[Posting, ...]] = {}
        self._by_nominal: dict[int, dict[Source, None]] = {}
        self._sums: dict[int, Decimal] = {}

    def post(self, source: Source, postings: Iterable[Posting]) -> None:
        """Set the entry of one record; what it posted before goes."""
        entry = tuple(posting for posting in postings if posting.amount)
        difference = sum((posting.amount for posting in entry), ZERO)
        if difference:
            raise Unbalanced(f"The entry of {source[0]} {source[1]} is out by {difference}.")
        before = self._entries.get(source, ())
        if entry == before:
            return
        self._replace(source, before, entry)
        self._undo.remember(lambda: self._replace(source, entry, before))

    def clear(self, source: Source) -> None:
        """Take the entry of one record away."""
        self.post(source, ())

    def totals(self) -> dict[int, Decimal]:
        """Give each nominal's balance, in pounds, a debit above zero."""
        return dict(self._sums)

    def balances(self, within: Callable[[date], bool]) -> dict[int, Balance]:
        """Sum each nominal's debits and credits over the dates that are asked for."""
        found: dict[int, Balance] = {}
        for entry in self._entries.values():
            for posting in entry:
                if within(posting.date):
                    found.setdefault(posting.nominal, Balance()).add(posting.amount)
        return found

    def balance_at(self, nominal: int, day: date) -> Decimal:
        """Give one nominal's balance at the end of a day, in pounds, a debit above zero."""
        return sum((posting.amount for posting in self.of_nominal(nominal) if posting.date <= day), ZERO)

    def of_nominal(self, nominal: int) -> Iterator[Posting]:
        """List what was posted to one nominal."""
        for source in self._by_nominal.get(nominal, ()):
            yield from (posting for posting in self._entries[source] if posting.nominal == nominal)

    def _replace(self, source: Source, before: tuple[Posting, ...], after: tuple[Posting, ...]) -> None:
        for posting in before:
            self._sums[posting.nominal] -= posting.amount
            self._by_nominal[posting.nominal].pop(source, None)
        for posting in after:
            self._sums[posting.nominal] = self._sums.get(posting.nominal, ZERO) + posting.amount
            self._by_nominal.setdefault(posting.nominal, {})[source] = None
        if after:
            self._entries[source] = after
        else:
            self._entries.pop(source, None)
