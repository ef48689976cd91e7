"""The trail itself: opening an entry is the lock, and every change of state is a row that is never altered.

Two processes may share one trail (Claude Desktop and an editor at once). The database decides who was first: the lock and the
consent are unique, and each row names its predecessor, so the chain cannot fork.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from kf_mcp.errors import Unavailable
from kf_mcp.model import dates
from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.trouble import Damaged, Replaced, Trouble, trouble
from kf_mcp.trail.verdict import Verdict

T = TypeVar("T")
TRIES: Final = 20
"""How often an append is tried again when another process appended first."""


class Taken(Exception):
    """Another entry holds this consent, this lock or this target; `entry` is that one."""

    def __init__(self, entry: Entry, by: str) -> None:
        super().__init__(f"entry {entry.id} holds the {by}")
        self.entry = entry
        self.by = by


class Unrecorded(Unavailable):
    """The audit trail cannot be used."""

    def __init__(self, found: Trouble) -> None:
        self.found = found
        super().__init__(
            f"The audit trail cannot be used: {found.problem}.",
            f"Nothing was sent: no write goes out that could not be recorded. {found.advice}",
        )


class Overtaken(Exception):
    """Somebody else entered a change of this entry meanwhile; `entry` is how it stands."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"entry {entry.id} was changed meanwhile")
        self.entry = entry


class OverLimit(Exception):
    """The day's writes would come to more than the owner allows; `spent` is what they come to without this one."""

    def __init__(self, spent: Decimal) -> None:
        super().__init__(f"{spent} is spent")
        self.spent = spent


class Behind(Exception):
    """Something was written to the same target after the plan was made, so the plan must be made again."""


@dataclass(frozen=True)
class Opening:
    """What an entry is opened with."""

    account: str
    tool: str
    arguments: str
    consent: str
    lock: str
    title: str
    channel: str
    steps: tuple[StepState, ...]
    planned_at: int
    """The trail's head when the plan was made."""
    seconds: float
    """After how many seconds a write that is still `sending` is held to be unknown."""
    agreed: datetime | None = None
    """When the yes came; None: now."""
    amount: Decimal = Decimal(0)
    undoes: int = 0
    finishes: int = 0
    kept: tuple[str, ...] = ()
    """What is kept beside the trail for each step, as JSON."""
    daily_limit: tuple[datetime, Decimal] | None = None
    """The beginning of the day, and what its writes may come to with this one."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that its steps change, rest on, or that rests on them, and the entry that it undoes or finishes."""
        entry = self.undoes or self.finishes
        return tuple(
            sorted({lock for step in self.steps for lock in step.locks} | ({f"entry {entry}"} if entry else set()))
        )


class Trail:
    """The audit trail. `where` is a database file, a database address (SQLAlchemy's form), or None for memory.

    One that is only looked at makes and alters nothing, so that a copy on a read-only disk can be shown and checked.
    """

    def __init__(
        self, where: Path | str | None, *, clock: dates.Clock = dates.now, is_only_looked_at: bool = False
    ) -> None:
        self._where = where
        self._is_only_looked_at = is_only_looked_at
        self._clock = clock
        self._store: Any = None
        self._turn = anyio.CapacityLimiter(1)

    async def open(self, opening: Opening) -> Entry:
        """Enter a write as `sending`: from here on nobody else can send it.

        Raises Taken when this consent, lock or target is held already, Behind when the target was written to since the plan was
        made, OverLimit when the day's limit would be passed, Unavailable when the trail cannot be written: then nothing may be sent.
        """
        return await self._run(lambda store: store.open(opening, self._clock()))

    async def note(self, entry: Entry, state: State, steps: Sequence[StepState]) -> Entry:
        """Add a row that says how far the entry has come. Raises Overtaken when its newest row is not the one seen."""
        return await self._run(lambda store: store.note(entry, state, tuple(steps), self._clock()))

    async def head(self) -> int:
        """The number of the newest row; 0 when there is none."""
        return await self._run(lambda store: store.head())

    async def get(self, entry_id: int) -> Entry | None:
        """One entry by its number."""
        return await self._run(lambda store: self._now(store.get(entry_id)))

    async def by_consent(self, consent: str) -> Entry | None:
        """The entry that this consent opened."""
        return await self._run(lambda store: self._now(store.by_consent(consent)))

    async def by_lock(self, account: str, prefix: str) -> list[Entry]:
        """The entries of this account with the same steps, oldest first."""
        return await self._run(lambda store: [self._current(e) for e in store.by_lock(account, prefix)])

    async def by_arguments(self, account: str, tool: str, arguments: str) -> list[Entry]:
        """The entries of this account, tool and arguments, oldest first."""
        return await self._run(lambda store: [self._current(e) for e in store.by_arguments(account, tool, arguments)])

    async def unsettled(self, account: str, targets: Sequence[str] = ()) -> list[Entry]:
        """The entries whose outcome is not known, of these targets or of all, oldest first."""
        return await self._run(
            lambda store: [e for e in map(self._current, store.unsettled(account)) if is_open_at(e, targets)]
        )

    async def recent(self, account: str, most: int, before: int = 0) -> tuple[list[Entry], int]:
        """The newest entries first, and how many there are in all; `before` leaves out that entry and newer ones."""

        def look(store: Any) -> tuple[list[Entry], int]:
            found, total = store.recent(account, most, before)
            return [self._current(e) for e in found], total

        return await self._run(look)

    async def kept(self, entry: Entry) -> list[str]:
        """What is kept for undoing or finishing each step of an entry, as JSON; empty once it was erased, or where it was altered."""
        return await self._run(lambda store: store.kept(entry, self._clock()))

    async def spent(self, account: str, since: datetime) -> Decimal:
        """What the writes of this account since then come to, in pounds; refused ones do not count."""
        return await self._run(lambda store: store.spent(account, since))

    async def undone_by(self, account: str, entry_id: int) -> list[Entry]:
        """The entries that undo or finish this one, oldest first."""
        return await self._run(lambda store: [self._current(e) for e in store.undone_by(account, entry_id)])

    async def at_target(self, account: str, target: str) -> list[Entry]:
        """The entries of this account that wrote to this target, oldest first."""
        return await self._run(lambda store: [self._current(e) for e in store.at_target(account, target)])

    async def broken_at(self) -> int | None:
        """The number of the first row that was altered, or None when the chain is whole."""
        return await self._run(lambda store: store.broken_at())

    async def check(self, known: Mapping[int, str], see: Callable[[dict[str, Any]], None] | None = None) -> Verdict:
        """Check every row, and against the hashes that are known of earlier; `see` is given each row that fits, in order."""
        return await self._run(lambda store: store.check(known, see))

    async def close(self) -> None:
        """Let go of the database."""
        if self._store is not None:
            await anyio.to_thread.run_sync(self._store.close, limiter=self._turn)
            self._store = None

    def _now(self, entry: Entry | None) -> Entry | None:
        return self._current(entry) if entry else None

    def _current(self, entry: Entry) -> Entry:
        """The entry as it stands now: one that is still `sending` after its deadline is unknown (its process died).

        So is one that was opened in what is now the future: the clock was set back, and no deadline tells anything. Its steps that were
        still waiting were not sent: that a step is being sent is on the trail before it is.
        """
        if entry.state == "sending" and entry.deadline and not _is_in_time(entry.opened, entry.deadline, self._clock()):
            steps = tuple(s.model_copy(update={"state": "unknown"}) if s.state == "sending" else s for s in entry.steps)
            return entry.model_copy(update={"state": "unknown", "steps": steps})
        return entry

    async def _run(self, work: Callable[[Any], T]) -> T:
        """Do database work in a worker thread, one at a time."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - the database is loaded when first needed

        from kf_mcp.trail.store import Store  # noqa: PLC0415

        def go() -> T:
            if self._store is None:
                self._store = Store.looking_at(self._where) if self._is_only_looked_at else Store.at(self._where)
                if not self._is_only_looked_at:
                    self._store.erase(self._clock())
            return work(self._store)

        try:
            return await anyio.to_thread.run_sync(go, limiter=self._turn)
        except (SQLAlchemyError, OSError, ImportError, UnicodeError, Damaged, Replaced) as error:
            raise Unrecorded(trouble(error)) from error


def _is_in_time(opened: datetime, deadline: datetime, now: datetime) -> bool:
    return opened - (deadline - opened) <= now <= deadline


def is_open_at(entry: Entry, targets: Sequence[str]) -> bool:
    """Whether a step of the entry may still come to one of these targets; without any: whether it may come anywhere."""
    if entry.is_settled:
        return False
    open_steps = [step for step in entry.steps if step.state in {"sending", "unknown", "waiting"}]
    return not targets or any(step.locks & set(targets) for step in open_steps)


def deadline_of(body: dict[str, Any], opened: datetime) -> datetime:
    """When a write that is still `sending` counts as unknown."""
    return opened + timedelta(seconds=float(body["seconds"]))


def entry_of(first: dict[str, Any], last: dict[str, Any]) -> Entry:
    """An entry from its first row, which says what was agreed, and its last, which says how it stands. Raises Damaged."""
    try:
        return _entry_of(first, last)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise Damaged(f"a row of entry {first.get('entry')} cannot be what was put there") from error


def _entry_of(first: dict[str, Any], last: dict[str, Any]) -> Entry:
    agreed, stands = json.loads(first["body"]), json.loads(last["body"])
    opened = datetime.fromisoformat(first["at"])
    return Entry(
        id=first["entry"],
        state=last["state"],
        opened=opened,
        changed=datetime.fromisoformat(last["at"]),
        account=first["account"],
        tool=first["tool"],
        title=agreed["title"],
        channel=agreed["channel"],
        agreed=datetime.fromisoformat(agreed["agreed"]) if "agreed" in agreed else opened,
        steps=tuple(StepState.model_validate(step) for step in stands["steps"]),
        arguments=first["arguments"],
        lock=first["lock"] or "",
        amount=Decimal(agreed.get("amount", "0")),
        undoes=agreed.get("undoes", 0),
        finishes=agreed.get("finishes", 0),
        deadline=deadline_of(agreed, opened),
        seq=last["seq"],
    )
