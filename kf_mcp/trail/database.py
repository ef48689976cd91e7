"""The database under the trail: how its file is opened, for writing or only to be looked at, and what has gone wrong with it."""

import errno
import os
import sqlite3
import stat
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.pool import StaticPool

READS: Final = "kf_mcp_reads"
"""The option of a connection that only reads: it waits for no writer."""
PASSING: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")


def engine_of(where: Path | str | None, patience: int) -> Engine:
    """The database in this file, at this address, or in memory; `patience` is how many seconds to wait for another program."""
    patient = {"check_same_thread": False, "timeout": patience}
    if where is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    elif isinstance(where, Path):
        _private_file(where)
        engine = create_engine(URL.create("sqlite", database=str(where)), connect_args=patient)
    else:
        engine = create_engine(where, connect_args=patient if make_url(where).get_backend_name() == "sqlite" else {})
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def looking_engine_of(path: Path, patience: int) -> Engine:
    """The database in this file, only to be looked at: nothing is made or altered, and a copy on a read-only disk will do."""
    _refuse_a_link(path)
    if not path.is_file():
        raise IsADirectoryError(errno.EISDIR, f"{path.name} is not a file")
    address = f"{path.absolute().as_uri()}?mode={_mode(path)}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=patience, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    event.listen(engine, "connect", _let_nothing_be_written)
    event.listen(engine, "begin", _begin)
    return engine


def _mode(path: Path) -> str:
    """How SQLite opens a file so that it is read with all that was written to it, and neither altered nor left with others beside it."""
    wal = path.with_name(f"{path.name}-wal")
    is_writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
    if not is_writable and not (wal.exists() and wal.stat().st_size):
        return "ro&immutable=1"  # on a read-only disk nobody writes either, and SQLite could not make the files that it uses for that
    return "ro" if wal.exists() or not is_writable else "rw"  # those that only a writing connection removes again


def may_pass(error: Exception) -> bool:
    """Whether the same may succeed in a moment: another program was first, or holds the file just now."""
    if isinstance(error, IntegrityError):
        return True
    if not isinstance(error, OperationalError):
        return False
    name = getattr(error.orig, "sqlite_errorname", None)
    return name is None or name.startswith(PASSING)


def identity(path: Path) -> tuple[int, int] | None:
    """What tells this file from another that takes its place; None where there is none."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    return there.st_dev, there.st_ino


def _let_nothing_be_written(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us
    connection.execute("PRAGMA query_only=ON")


def _set_up(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is gone from the file, too


def _begin(connection: Connection) -> None:
    """Begin at once and exclusively, so that what was looked at still holds when it is written; what only reads waits for nobody."""
    is_reading = connection.get_execution_options().get(READS)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _private_file(path: Path) -> None:
    """Make the file and its folder the owner's alone before the database opens them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _refuse_a_link(path)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)


def _refuse_a_link(path: Path) -> None:
    """Nobody may lead the trail elsewhere by a link in its place."""
    for file in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        if file.is_symlink():
            raise PermissionError(f"{file.name} is a symbolic link")
