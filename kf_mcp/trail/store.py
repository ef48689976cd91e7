"""The database under the trail: one connection, one transaction for each change, nothing updated in place."""

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, Select, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from kf_mcp.trail.checking import check
from kf_mcp.trail.database import READS, engine_of, identity, looking_engine_of, may_pass
from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.keeping import erase, keep, read_kept
from kf_mcp.trail.rows import Row, append_row, entries, entry_at, refuse_if_taken, spent_since, without_texts
from kf_mcp.trail.schema import GENESIS, ROWS, kept_hash, metadata
from kf_mcp.trail.trail import TRIES, Opening, OverLimit, Overtaken, entry_of
from kf_mcp.trail.trouble import Damaged, Replaced
from kf_mcp.trail.verdict import Verdict

BUSY_SECONDS: Final = 10
"""How long another program may hold the database before that is said."""
T = TypeVar("T")


class Store:
    """Reads and appends rows."""

    def __init__(self, engine: Engine, file: Path | None = None) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{READS: True})
        self._file = file
        self._identity = identity(file) if file else None

    @classmethod
    def at(cls, where: Path | str | None) -> "Store":
        """Open the database, making its tables where it is new."""
        engine = engine_of(where, BUSY_SECONDS)
        _patiently(lambda: metadata.create_all(engine))
        return cls(engine, where if isinstance(where, Path) else None)

    @classmethod
    def looking_at(cls, where: Path | str | None) -> "Store":
        """Open the database only to look at it: of a file nothing is made or altered. Raises Damaged where it holds no trail."""
        if not isinstance(where, Path):
            return cls.at(where)
        store = cls(looking_engine_of(where, BUSY_SECONDS))
        with store._reading.connect() as db:
            if not inspect(db).has_table(ROWS.name):
                raise Damaged(f"{where.name} holds no trail")
        return store

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def open(self, opening: Opening, now: datetime) -> Entry:
        """Append the first row of an entry, unless somebody else was first; see `Trail.open`."""
        hashes = [kept_hash(body) for body in opening.kept] or [""] * len(opening.steps)
        steps = [step.model_copy(update={"kept": kept}) for step, kept in zip(opening.steps, hashes, strict=True)]
        body = {
            "title": opening.title,
            "channel": opening.channel,
            "agreed": (opening.agreed or now).isoformat(),
            "seconds": opening.seconds,
            "amount": f"{opening.amount}",
            "undoes": opening.undoes,
            "finishes": opening.finishes,
            "steps": [step.model_dump(mode="json") for step in steps],
        }
        row = {
            "state": "sending",
            "at": now.isoformat(),
            "account": opening.account,
            "tool": opening.tool,
            "arguments": opening.arguments,
            "consent": opening.consent,
            "lock": opening.lock,
            "targets": json.dumps(opening.targets),
            "body": json.dumps(body, sort_keys=True),
        }

        def work(db: Connection, newest: Row) -> Entry:
            refuse_if_taken(opening, db)
            if opening.daily_limit is not None:
                since, most = opening.daily_limit
                spent = spent_since(db, opening.account, since)
                if spent + opening.amount > most:
                    raise OverLimit(spent)
            last = db.execute(select(func.max(ROWS.c.entry))).scalar()
            sealed = append_row(db, {**row, "entry": (last or 0) + 1}, newest)
            erase(db, now)
            keep(db, sealed["entry"], opening.kept, now)
            return entry_of(sealed, sealed)

        return self._appending(work)

    def note(self, entry: Entry, state: State, steps: tuple[StepState, ...], now: datetime) -> Entry:
        """Append a row to an entry, over the row that was seen; see `Trail.note`."""
        row = {
            "entry": entry.id,
            "state": state,
            "at": now.isoformat(),
            "account": entry.account,
            "tool": entry.tool,
            "arguments": entry.arguments,
            "consent": None,
            "lock": None,
            "targets": "[]",
            "body": json.dumps({"steps": [without_texts(step) for step in steps]}, sort_keys=True),
        }

        def work(db: Connection, newest: Row) -> Entry:
            first = db.execute(select(ROWS).where(ROWS.c.entry == entry.id, ROWS.c.lock.is_not(None))).mappings().one()
            stands = entry_at(db, dict(first))
            if stands.seq != entry.seq:
                raise Overtaken(stands)
            sealed = append_row(db, row, newest)
            return entry.model_copy(update={"state": state, "steps": steps, "changed": now, "seq": sealed["seq"]})

        return self._appending(work)

    def _appending(self, work: Callable[[Connection, Row], Entry]) -> Entry:
        """Do work that ends in a row, again whenever another process appended first.

        The newest row is read before anything else: what was looked at afterwards holds only if that row is still the newest
        when ours names it as its predecessor, and the unique predecessor sees to it.
        """

        def append() -> Entry:
            if self._file and self._identity != identity(self._file):
                raise Replaced
            with self._engine.begin() as db:
                last = select(ROWS.c.seq, ROWS.c.hash).order_by(ROWS.c.seq.desc()).limit(1)
                newest = db.execute(last).mappings().first()
                return work(db, dict(newest) if newest else {"seq": 0, "hash": GENESIS})

        return _patiently(append)

    def head(self) -> int:
        """The number of the newest row."""
        with self._reading.connect() as db:
            return int(db.execute(select(func.max(ROWS.c.seq))).scalar() or 0)

    def get(self, entry_id: int) -> Entry | None:
        """One entry by its number."""
        return next(iter(self._found(select(ROWS).where(ROWS.c.entry == entry_id, ROWS.c.lock.is_not(None)))), None)

    def by_consent(self, consent: str) -> Entry | None:
        """The entry that this consent opened."""
        return next(iter(self._found(select(ROWS).where(ROWS.c.consent == consent))), None)

    def by_lock(self, account: str, prefix: str) -> list[Entry]:
        """The entries whose lock begins so, oldest first."""
        return self._found(
            select(ROWS).where(ROWS.c.account == account, ROWS.c.lock.startswith(prefix, autoescape=True))
        )

    def by_arguments(self, account: str, tool: str, arguments: str) -> list[Entry]:
        """The entries of this tool and these arguments, oldest first."""
        wanted = (
            ROWS.c.account == account,
            ROWS.c.tool == tool,
            ROWS.c.arguments == arguments,
            ROWS.c.lock.is_not(None),
        )
        return self._found(select(ROWS).where(*wanted))

    def unsettled(self, account: str) -> list[Entry]:
        """The entries of the account that are still `sending` or `unknown`, oldest first."""
        newest = select(func.max(ROWS.c.seq)).where(ROWS.c.account == account).group_by(ROWS.c.entry)
        still_open = select(ROWS.c.entry).where(ROWS.c.seq.in_(newest), ROWS.c.state.in_(("sending", "unknown")))
        return self._found(select(ROWS).where(ROWS.c.entry.in_(still_open), ROWS.c.lock.is_not(None)))

    def recent(self, account: str, most: int, before: int) -> tuple[list[Entry], int]:
        """The newest entries of the account first, and how many there are in all."""
        firsts = select(ROWS).where(ROWS.c.account == account, ROWS.c.lock.is_not(None))
        with self._reading.connect() as db:
            total = db.execute(select(func.count()).select_from(firsts.subquery())).scalar() or 0
            shown = firsts.where(ROWS.c.entry < before) if before else firsts
            rows = db.execute(shown.order_by(ROWS.c.seq.desc()).limit(most)).mappings().all()
            return list(entries(db, rows)), int(total)

    def kept(self, entry: Entry, now: datetime) -> list[str]:
        """What is kept for the steps of an entry; empty where any of it was erased or altered."""
        with self._engine.begin() as db:
            erase(db, now)
            return read_kept(db, entry)

    def spent(self, account: str, since: datetime) -> Decimal:
        """What the writes since then come to."""
        with self._reading.connect() as db:
            return spent_since(db, account, since)

    def at_target(self, account: str, target: str) -> list[Entry]:
        """The entries that wrote to this target, oldest first."""
        named = ROWS.c.targets.contains(json.dumps(target), autoescape=True)
        found = self._found(select(ROWS).where(ROWS.c.account == account, ROWS.c.lock.is_not(None), named))
        return [entry for entry in found if any(step.target == target for step in entry.steps)]

    def undone_by(self, account: str, entry_id: int) -> list[Entry]:
        """The entries that undo or finish this one, oldest first."""
        named = ROWS.c.body.contains(f'"undoes": {entry_id}}}') | ROWS.c.body.contains(f'"finishes": {entry_id},')
        later = select(ROWS).where(ROWS.c.account == account, ROWS.c.lock.is_not(None), ROWS.c.entry > entry_id, named)
        return [entry for entry in self._found(later) if entry_id in {entry.undoes, entry.finishes}]

    def check(self, known: Mapping[int, str], see: Callable[[Row], None] | None = None) -> Verdict:
        """Check every row; see `checking.check`."""
        with self._reading.connect() as db:
            return check(db, known, see)

    def broken_at(self) -> int | None:
        """The number of the first row that does not fit its predecessor or its own hash."""
        return self.check({}).broken

    def erase(self, now: datetime) -> None:
        """Erase what was kept for its time, if the database takes it."""
        with contextlib.suppress(SQLAlchemyError), self._engine.begin() as db:
            erase(db, now)

    def _found(self, firsts: Select[Any]) -> list[Entry]:
        with self._reading.connect() as db:
            return list(entries(db, db.execute(firsts.order_by(ROWS.c.seq)).mappings().all()))


def _patiently(work: Callable[[], T]) -> T:
    """Do work again where another program was first or holds the database, for as long as one would wait for that."""
    until = time.monotonic() + BUSY_SECONDS
    for attempt in range(TRIES):
        try:
            return work()
        except SQLAlchemyError as error:
            if attempt == TRIES - 1 or time.monotonic() > until or not may_pass(error):
                raise
            time.sleep(0.01 * attempt)
    raise AssertionError("unreachable")
