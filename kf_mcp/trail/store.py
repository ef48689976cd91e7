"""The database under the trail: one connection, one transaction for each change, nothing updated in place."""

import json
import os
import stat
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, create_engine, event, func, make_url, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.schema import GENESIS, ROWS, metadata, row_hash
from kf_mcp.trail.trail import TRIES, Behind, Opening, Overtaken, Taken, entry_of

BUSY_SECONDS: Final = 10
Row = dict[str, Any]


def _engine(where: Path | str | None) -> Engine:
    patient = {"check_same_thread": False, "timeout": BUSY_SECONDS}
    if where is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    elif isinstance(where, Path):
        _private_file(where)
        engine = create_engine(f"sqlite:///{where}", connect_args=patient)
    else:
        engine = create_engine(where, connect_args=patient if make_url(where).get_backend_name() == "sqlite" else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, at once and exclusively
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _private_file(path: Path) -> None:
    """Make the file and its folder the owner's alone before the database opens them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_symlink():
        raise PermissionError(f"{path.name} is a symbolic link")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


class Store:
    """Reads and appends rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def at(cls, where: Path | str | None) -> "Store":
        """Open the database, making its table where it is new."""
        engine = _engine(where)
        metadata.create_all(engine)
        return cls(engine)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def open(self, opening: Opening, now: datetime) -> Entry:
        """Append the first row of an entry, unless somebody else was first; see `Trail.open`."""
        body = {
            "title": opening.title,
            "channel": opening.channel,
            "seconds": opening.seconds,
            "steps": [step.model_dump(mode="json") for step in opening.steps],
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
            _refuse_if_taken(opening, db)
            last = db.execute(select(func.max(ROWS.c.entry))).scalar()
            sealed = _append(db, {**row, "entry": (last or 0) + 1}, newest)
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
            "body": json.dumps({"steps": [step.model_dump(mode="json") for step in steps]}, sort_keys=True),
        }

        def work(db: Connection, newest: Row) -> Entry:
            first = db.execute(select(ROWS).where(ROWS.c.entry == entry.id, ROWS.c.lock.is_not(None))).mappings().one()
            stands = _entry(db, dict(first))
            if stands.seq != entry.seq:
                raise Overtaken(stands)
            sealed = _append(db, row, newest)
            return entry.model_copy(update={"state": state, "steps": steps, "changed": now, "seq": sealed["seq"]})

        return self._appending(work)

    def _appending(self, work: Callable[[Connection, Row], Entry]) -> Entry:
        """Do work that ends in a row, again whenever another process appended first.

        The newest row is read before anything else: what was looked at afterwards holds only if that row is still the newest
        when ours names it as its predecessor, and the unique predecessor sees to it.
        """
        for attempt in range(TRIES):
            try:
                with self._engine.begin() as db:
                    newest = (
                        db.execute(select(ROWS.c.seq, ROWS.c.hash).order_by(ROWS.c.seq.desc()).limit(1))
                        .mappings()
                        .first()
                    )
                    return work(db, dict(newest) if newest else {"seq": 0, "hash": GENESIS})
            except (IntegrityError, OperationalError):
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    def head(self) -> int:
        """The number of the newest row."""
        with self._engine.connect() as db:
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
        with self._engine.connect() as db:
            total = db.execute(select(func.count()).select_from(firsts.subquery())).scalar() or 0
            shown = firsts.where(ROWS.c.entry < before) if before else firsts
            rows = db.execute(shown.order_by(ROWS.c.seq.desc()).limit(most)).mappings().all()
            return list(_entries(db, rows)), int(total)

    def broken_at(self) -> int | None:
        """The number of the first row that does not fit its predecessor or its own hash."""
        previous = GENESIS
        with self._engine.connect() as db:
            for number, row in enumerate(db.execute(select(ROWS).order_by(ROWS.c.seq)).mappings(), 1):
                if row["seq"] != number or row["previous"] != previous or row["hash"] != row_hash(dict(row)):
                    return number
                previous = row["hash"]
        return None

    def _found(self, firsts: Select[Any]) -> list[Entry]:
        with self._engine.connect() as db:
            return list(_entries(db, db.execute(firsts.order_by(ROWS.c.seq)).mappings().all()))


def _entries(db: Connection, firsts: Iterable[Any]) -> Iterable[Entry]:
    for first in firsts:
        yield _entry(db, dict(first))


def _entry(db: Connection, first: Row) -> Entry:
    last = (
        db.execute(select(ROWS).where(ROWS.c.entry == first["entry"]).order_by(ROWS.c.seq.desc()).limit(1))
        .mappings()
        .one()
    )
    return entry_of(first, dict(last))


def _refuse_if_taken(opening: Opening, db: Connection) -> None:
    """Raise Taken when the consent, the lock or a target is held, Behind when a target was written to since the plan."""
    for column, value in (("consent", opening.consent), ("lock", opening.lock)):
        first = db.execute(select(ROWS).where(ROWS.c[column] == value)).mappings().first()
        if first:
            raise Taken(_entry(db, dict(first)), column)
    for target in opening.targets:
        named = ROWS.c.targets.contains(json.dumps(target), autoescape=True)
        holders = select(ROWS).where(ROWS.c.account == opening.account, ROWS.c.lock.is_not(None), named)
        for entry in _entries(db, db.execute(holders).mappings().all()):
            if not entry.is_settled:
                raise Taken(entry, "target")
            if entry.seq > opening.planned_at:
                raise Behind


def _append(db: Connection, row: Row, newest: Row) -> Row:
    """Add a row that names its predecessor."""
    sealed = {**row, "seq": newest["seq"] + 1, "previous": newest["hash"]}
    sealed["hash"] = row_hash(sealed)
    db.execute(ROWS.insert().values(**sealed))
    return sealed
