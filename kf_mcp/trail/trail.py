"""The trail itself: opening an entry is the lock, and every change of state is a row that is never altered.

Two processes may share one trail (Claude Desktop and an editor at once). The database decides who was first: the lock and the
consent are unique, and each row names its predecessor, so the chain cannot fork.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import anyio.to_thread

from kf_mcp.errors import Unavailable
from kf_mcp.model import dates
from kf_mcp.trail.entry import Entry, State, StepState

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

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The audit trail cannot be used ({kind}).",
            "Nothing was sent: no write goes out that could not be recorded. Check the folder KASHFLOW_DATA_DIR (or "
            "KASHFLOW_DATABASE_URL): free space, permissions, and that no other program holds the file.",
        )


class Overtaken(Exception):
    """Somebody else entered a change of this entry meanwhile; `entry` is how it stands."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"entry {entry.id} was changed meanwhile")
        self.entry = entry


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

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that its steps change."""
        return tuple(sorted({step.target for step in self.steps}))


class Trail:
    """The audit trail. `where` is a database file, a database address (SQLAlchemy's form), or None for memory."""

    def __init__(self, where: Path | str | None, *, clock: dates.Clock = dates.now) -> None:
        self._where = where
        self._clock = clock
        self._store: Any = None
        self._turn = anyio.CapacityLimiter(1)

    async def open(self, opening: Opening) -> Entry:
        """Enter a write as `sending`: from here on nobody else can send it.

        Raises Taken when this consent, lock or target is held already, Behind when the target was written to since the plan was
        made, Unavailable when the trail cannot be written: then nothing may be sent.
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
            lambda store: [e for e in map(self._current, store.unsettled(account)) if _is_open_at(e, targets)]
        )

    async def recent(self, account: str, most: int, before: int = 0) -> tuple[list[Entry], int]:
        """The newest entries first, and how many there are in all; `before` leaves out that entry and newer ones."""

        def look(store: Any) -> tuple[list[Entry], int]:
            found, total = store.recent(account, most, before)
            return [self._current(e) for e in found], total

        return await self._run(look)

    async def broken_at(self) -> int | None:
        """The number of the first row that was altered, or None when the chain is whole."""
        return await self._run(lambda store: store.broken_at())

    async def close(self) -> None:
        """Let go of the database."""
        if self._store is not None:
            await anyio.to_thread.run_sync(self._store.close, limiter=self._turn)
            self._store = None

    def _now(self, entry: Entry | None) -> Entry | None:
        return self._current(entry) if entry else None

    def _current(self, entry: Entry) -> Entry:
        """The entry as it stands now: one that is still `sending` long after its deadline is unknown (its process died)."""
        if entry.state == "sending" and entry.deadline and self._clock() > entry.deadline:
            steps = tuple(
                s.model_copy(update={"state": "unknown"}) if s.state in {"sending", "waiting"} else s
                for s in entry.steps
            )
            return entry.model_copy(update={"state": "unknown", "steps": steps})
        return entry

    async def _run(self, work: Callable[[Any], T]) -> T:
        """Do database work in a worker thread, one at a time."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - the database is loaded when first needed

        from kf_mcp.trail.store import Store  # noqa: PLC0415

        def go() -> T:
            if self._store is None:
                self._store = Store.at(self._where)
            return work(self._store)

        try:
            return await anyio.to_thread.run_sync(go, limiter=self._turn)
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise Unrecorded(type(error).__name__) from error


def _is_open_at(entry: Entry, targets: Sequence[str]) -> bool:
    if entry.is_settled:
        return False
    open_steps = [step for step in entry.steps if step.state in {"sending", "unknown", "waiting"}]
    return not targets or any(step.target in targets for step in open_steps)


def deadline_of(body: dict[str, Any], opened: datetime) -> datetime:
    """When a write that is still `sending` counts as unknown."""
    return opened + timedelta(seconds=float(body["seconds"]))


def entry_of(first: dict[str, Any], last: dict[str, Any]) -> Entry:
    """An entry from its first row, which says what was agreed, and its last, which says how it stands."""
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
        steps=tuple(StepState.model_validate(step) for step in stands["steps"]),
        arguments=first["arguments"],
        lock=first["lock"] or "",
        deadline=deadline_of(agreed, opened),
        seq=last["seq"],
    )
