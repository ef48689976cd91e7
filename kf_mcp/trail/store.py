"""The database under the trail: one connection, one transaction for each change, nothing updated in place."""

import json
import os
import stat
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import StaticPool

from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.schema import GENESIS, ROWS, metadata, row_hash
from kf_mcp.trail.trail import TRIES, Behind, Opening, Taken, entry_of

BUSY_SECONDS: Final = 10
Row = dict[str, Any]


def _engine(where: Path | str | None) -> Engine:
    if isinstance(where, str):
        return create_engine(where)
    if where is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        _private_file(where)
        engine = create_engine(f"sqlite:///{where}", connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS})
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

    def open_once(self, opening: Opening, now: datetime, db: Connection) -> Entry:
        """Append the first row of an entry, unless somebody else was first."""
        self._refuse_if_taken(opening, db)
        body = {
            "title": opening.title,
            "channel": opening.channel,
            "seconds": opening.seconds,
            "steps": [step.model_dump(mode="json") for step in opening.steps],
        }
        newest = db.execute(select(func.max(ROWS.c.entry))).scalar()
        row = {
            "entry": (newest or 0) + 1,
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
        sealed = _append(db, row)
        return entry_of(sealed, sealed)

    def open(self, opening: Opening, now: datetime) -> Entry:
        """Append the first row of an entry; see `Trail.open`."""
        for attempt in range(TRIES):
            try:
                with self._engine.begin() as db:
                    return self.open_once(opening, now, db)
            except IntegrityError:  # another process appended between our look and our row: look again
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.01 * attempt)
        raise AssertionError("unreachable")

    def _refuse_if_taken(self, opening: Opening, db: Connection) -> None:
        for column, value in (("consent", opening.consent), ("lock", opening.lock)):
            first = db.execute(select(ROWS).where(ROWS.c[column] == value)).mappings().first()
            if first:
                raise Taken(_entry(db, dict(first)), column)
        for first in db.execute(
            select(ROWS).where(ROWS.c.account == opening.account, ROWS.c.lock.is_not(None))
        ).mappings():
            if not set(json.loads(first["targets"])) & set(opening.targets):
                continue
            entry = _entry(db, dict(first))
            if not entry.is_settled:
                raise Taken(entry, "target")
            newest = db.execute(select(func.max(ROWS.c.seq)).where(ROWS.c.entry == entry.id)).scalar() or 0
            if newest > opening.planned_at:
                raise Behind

    def note(self, entry: Entry, state: State, steps: tuple[StepState, ...], now: datetime) -> Entry:
        """Append a row to an entry."""
        body = {"steps": [step.model_dump(mode="json") for step in steps]}
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
            "body": json.dumps(body, sort_keys=True),
        }
        for attempt in range(TRIES):
            try:
                with self._engine.begin() as db:
                    _append(db, row)
                    break
            except IntegrityError:
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.01 * attempt)
        return entry.model_copy(update={"state": state, "steps": steps, "changed": now})

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

    def entries(self, account: str) -> list[Entry]:
        """Every entry of the account, oldest first."""
        return self._found(select(ROWS).where(ROWS.c.account == account, ROWS.c.lock.is_not(None)))

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


def _append(db: Connection, row: Row) -> Row:
    """Add a row that names its predecessor."""
    newest = db.execute(select(ROWS.c.seq, ROWS.c.hash).order_by(ROWS.c.seq.desc()).limit(1)).first()
    sealed = {**row, "seq": (newest.seq if newest else 0) + 1, "previous": newest.hash if newest else GENESIS}
    sealed["hash"] = row_hash(sealed)
    db.execute(ROWS.insert().values(**sealed))
    return sealed
