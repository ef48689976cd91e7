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


Entry = tuple[Posting, ...]
Page = tuple[str, int]
"""The entries of one sort whose ids lie together; they are counted together."""

PAGE = 4096
"""How many ids a page holds. Ids skip, so these are some seven hundred entries."""

AFRESH = 1000
"""After so many recounts nothing that was counted before is believed any more."""


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


@dataclass(slots=True)
class Day(Balance):
    """What was posted to one nominal on one day, and how often."""

    postings: int = 0

    def count(self, amount: Decimal, times: int) -> None:
        """Count one side of an entry in (once), or out again (once less)."""
        self.postings += times
        if amount > 0:
            self.debit += amount * times
        else:
            self.credit -= amount * times


class Listed:
    """Entries and sums by nominal, for the reports."""

    def __init__(self) -> None:
        self.sources: dict[int, dict[Source, None]] = {}
        self.days: dict[int, dict[date, Day]] = {}

    def add(self, source: Source, entry: Entry) -> None:
        """Enter an entry in the lists."""
        for posting in entry:
            self.sources.setdefault(posting.nominal, {})[source] = None
            days = self.days.setdefault(posting.nominal, {})
            day = days.get(posting.date)
            if day is None:
                day = days[posting.date] = Day()
            day.count(posting.amount, 1)

    def remove(self, source: Source, entry: Entry) -> None:
        """Strike an entry off the lists."""
        for posting in entry:
            self.sources[posting.nominal].pop(source, None)
            days = self.days[posting.nominal]
            days[posting.date].count(posting.amount, -1)
            if not days[posting.date].postings:
                del days[posting.date]


class Ledger:
    """Every entry by what it stems from, with the running sum of each nominal."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._pages: dict[Page, dict[Source, Entry]] = {}
        self._counted: dict[Page, dict[int, Decimal]] = {}
        """What each page came to when it was last counted; a page that changes is struck off."""
        self._recounts = 0
        self._sums: dict[int, Decimal] = {}
        self._listed: Listed | None = None

    def post(self, source: Source, postings: Iterable[Posting]) -> None:
        """Set the entry of one record; what it posted before goes."""
        entry = tuple([posting for posting in postings if posting.amount])
        difference = sum([posting.amount for posting in entry], ZERO)
        if difference:
            raise Unbalanced(f"The entry of {source[0]} {source[1]} is out by {difference}.")
        before = self._pages.get(_page(source), {}).get(source, ())
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

    def recount(self) -> dict[int, Decimal]:
        """Add every nominal up again from the entries, in pounds, a debit above zero.

        Only pages that changed are read again, which is the same and cheap in big books: a page's sum cannot change
        without its entries. To be sure of that too, now and then every page is read.
        """
        self._recounts += 1
        if self._recounts % AFRESH == 0:
            self._counted.clear()
        found: dict[int, Decimal] = {}
        for page, entries in self._pages.items():
            if page not in self._counted:
                self._counted[page] = _summed(entries.values())
            for nominal, amount in self._counted[page].items():
                found[nominal] = found.get(nominal, ZERO) + amount
        return found

    def miscounted(self) -> dict[int, Decimal]:
        """Tell by how much each nominal's running sum differs from the recount; nothing when all is well."""
        recounted = self.recount()
        differences = {
            nominal: self._sums.get(nominal, ZERO) - recounted.get(nominal, ZERO)
            for nominal in {*self._sums, *recounted}
        }
        return {nominal: difference for nominal, difference in differences.items() if difference}

    def balances(self, within: Callable[[date], bool]) -> dict[int, Balance]:
        """Sum each nominal's debits and credits over the dates that are asked for."""
        found: dict[int, Balance] = {}
        for nominal, days in self._by_nominal().days.items():
            chosen = [sums for day, sums in days.items() if within(day)]
            if chosen:
                debit, credit = (sum((getattr(sums, side) for sums in chosen), ZERO) for side in ("debit", "credit"))
                found[nominal] = Balance(debit, credit)
        return found

    def balance_at(self, nominal: int, day: date) -> Decimal:
        """Give one nominal's balance at the end of a day, in pounds, a debit above zero."""
        days = self._by_nominal().days.get(nominal, {})
        return sum((sums.net for posted, sums in days.items() if posted <= day), ZERO)

    def of_nominal(self, nominal: int) -> Iterator[Posting]:
        """List what was posted to one nominal."""
        for _, postings in self.by_source(nominal):
            yield from postings

    def by_source(self, nominal: int) -> Iterator[tuple[Source, list[Posting]]]:
        """List what was posted to one nominal, with what each entry stems from."""
        for source in self._by_nominal().sources.get(nominal, ()):
            entry = self._pages[_page(source)][source]
            yield source, [posting for posting in entry if posting.nominal == nominal]

    def first_day(self) -> date | None:
        """Give the day of the earliest posting, if there is any."""
        return min((day for days in self._by_nominal().days.values() for day in days), default=None)

    def _by_nominal(self) -> Listed:
        """Give the lists by nominal; they are made when they are first asked for, since a big world's take a while."""
        if self._listed is None:
            self._listed = Listed()
            for entries in self._pages.values():
                for source, entry in entries.items():
                    self._listed.add(source, entry)
        return self._listed

    def _replace(self, source: Source, before: Entry, after: Entry) -> None:
        page, sums = _page(source), self._sums
        self._counted.pop(page, None)
        for posting in before:
            sums[posting.nominal] -= posting.amount
        for posting in after:
            sums[posting.nominal] = sums.get(posting.nominal, ZERO) + posting.amount
        if self._listed is not None:
            self._listed.remove(source, before)
            self._listed.add(source, after)
        entries = self._pages.setdefault(page, {})
        if after:
            entries[source] = after
        else:
            entries.pop(source, None)


def _page(source: Source) -> Page:
    return source[0], source[1] // PAGE


def _summed(entries: Iterable[Entry]) -> dict[int, Decimal]:
    """Add entries up by nominal."""
    found: dict[int, Decimal] = {}
    for entry in entries:
        for posting in entry:
            found[posting.nominal] = found.get(posting.nominal, ZERO) + posting.amount
    return found
