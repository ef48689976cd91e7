"""Where the records stand: by id, by number and by party, with every change undoable until the call is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from kf_mcp.simulator.records import Document, Party


class Numbered(Protocol):
    """Anything that has an id."""

    @property
    def id(self) -> int:
        """The internal id."""


Record = TypeVar("Record", bound=Numbered)


class Undo:
    """What would take back the changes made by the call that is under way; one that fails is undone with it."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []
        self._under_way = False
        self.changes = 0

    def begin(self) -> None:
        """Let the changes so far stand, and keep how to take back those to come."""
        self._steps.clear()
        self._under_way = True

    def remember(self, step: Callable[[], None]) -> None:
        """Keep how to take one change back; outside a call, as when a world is built, nothing ever is."""
        if self._under_way:
            self._steps.append(step)
        self.changes += 1

    def forget(self) -> None:
        """Let the changes so far stand."""
        self._steps.clear()
        self._under_way = False

    def take_back(self) -> None:
        """Take every change since the last mark back, newest first."""
        self.changes -= len(self._steps)
        while self._steps:
            self._steps.pop()()
        self._under_way = False


class Shelf(Generic[Record]):
    """Records of one sort by their ids, in the order of their ids, which is that in which they came."""

    def __init__(self, undo: Undo) -> None:
        self._undo = undo
        self._records: dict[int, Record] = {}

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: int) -> Record | None:
        """Find a record by its id."""
        return self._records.get(key)

    def put(self, record: Record) -> None:
        """Add a record, or set it in the place of the one with its id."""
        before = self._records.get(record.id)
        self._place(record)
        self._undo.remember(lambda: self._remove(record) if before is None else self._place(before))

    def drop(self, record: Record) -> None:
        """Take a record away."""
        self._remove(record)
        self._undo.remember(lambda: self._place(record))

    def _place(self, record: Record) -> None:
        late = record.id not in self._records and record.id < next(reversed(self._records), 0)
        self._records[record.id] = record
        if late:  # what was dropped comes back to where it stood: ids only ever grow
            self._records = dict(sorted(self._records.items()))

    def _remove(self, record: Record) -> None:
        del self._records[record.id]


class Parties(Shelf[Party]):
    """Customers or suppliers, also found by their code, in capitals or not."""

    def __init__(self, undo: Undo) -> None:
        super().__init__(undo)
        self._by_code: dict[str, int] = {}

    def coded(self, code: str) -> Party | None:
        """Find a party by its code; none has an empty one."""
        key = self._by_code.get(code.strip().casefold())
        return None if key is None else self._records[key]

    def _place(self, record: Party) -> None:
        before = self._records.get(record.id)
        if before is not None:
            self._unlist(before)
        super()._place(record)
        if record.code:
            self._by_code.setdefault(record.code.strip().casefold(), record.id)

    def _remove(self, record: Party) -> None:
        super()._remove(record)
        self._unlist(record)

    def _unlist(self, record: Party) -> None:
        code = record.code.strip().casefold()
        if self._by_code.get(code) == record.id:
            del self._by_code[code]


class Documents(Shelf[Document]):
    """Documents of one kind, also found by their number and by their customer or supplier."""

    def __init__(self, undo: Undo) -> None:
        super().__init__(undo)
        self._by_number: dict[int, int] = {}
        self._by_party: dict[int, dict[int, None]] = {}
        self._highest = 0

    @property
    def highest_number(self) -> int:
        """The highest number in use, or 0."""
        return self._highest

    def numbered(self, number: int) -> Document | None:
        """Find a document by the number that people see."""
        key = self._by_number.get(number)
        return None if key is None else self._records[key]

    def of_party(self, party: int) -> list[Document]:
        """List the documents of one customer or supplier."""
        return [self._records[key] for key in sorted(self._by_party.get(party, ()))]

    def _place(self, record: Document) -> None:
        before = self._records.get(record.id)
        if before is not None and (before.number, before.party) != (record.number, record.party):
            self._unlist(before)
        super()._place(record)
        self._by_number[record.number] = record.id
        self._by_party.setdefault(record.party, {})[record.id] = None
        self._highest = max(self._highest, record.number)

    def _remove(self, record: Document) -> None:
        super()._remove(record)
        self._unlist(record)
        if record.number == self._highest:
            self._highest = max(self._by_number, default=0)

    def _unlist(self, record: Document) -> None:
        del self._by_number[record.number]
        del self._by_party[record.party][record.id]
