"""Checking the trail: whether each row is as it was written, whether any is missing, and whether it is still the one of an earlier export.

What the chain alone cannot show is whether rows were cut off at its end, or the whole of it was worked out anew: both leave a chain
that fits. A head that was kept elsewhere shows both, for the rows up to it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DatabaseError

from kf_mcp.trail.schema import GENESIS, KEPT, ROWS, kept_hash, row_hash
from kf_mcp.trail.verdict import Head, Verdict

Row = dict[str, Any]
LOCKS: Final = ("consent", "lock", "previous")
"""The columns whose values must be unique: without that, two processes could write the same thing."""
UNREADABLE: Final = (DatabaseError, ValueError, TypeError, KeyError, RecursionError)
"""What comes of bytes that are no text, pages that are no pages, and text that is not what was put there."""


def check(db: Connection, known: Mapping[int, str], see: Callable[[Row], None] | None = None) -> Verdict:
    """Check every row against its own hash and its predecessor, and against what is known of it from an export.

    `see` is given each row that fits, in order. It stops at the first that does not.
    """
    found = _Found(dict(known))
    rows = _rows(db)
    while (row := found.fitting(rows)) is not None:
        if see:
            see(row)
    if found.broken is None:
        found.faults += _faults(db)
    kept = _kept_otherwise(db, found.kept) if found.broken is None else ()
    return Verdict(
        head=found.head,
        broken=found.broken,
        why=found.why,
        differs=found.differs,
        cut_off=max((number for number in known if number > found.head.row), default=0) if found.broken is None else 0,
        faults=tuple(found.faults),
        kept_otherwise=kept,
        clock_went_back=tuple(found.clock_went_back),
    )


@dataclass
class _Found:
    """What the rows so far have shown."""

    known: dict[int, str]
    head: Head = field(default_factory=lambda: Head(0, GENESIS))
    broken: int | None = None
    why: str = ""
    differs: int = 0
    at: datetime | None = None
    clock_went_back: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kept: dict[tuple[int, int], str] = field(default_factory=dict)
    """The hash of what was kept for each step, by entry and step."""

    def break_at(self, why: str) -> None:
        """The row after the last that fits does not."""
        self.broken, self.why = self.head.row + 1, why

    def fitting(self, rows: Iterator[Row]) -> Row | None:
        """The next row, if there is one and it fits."""
        try:
            row = next(rows, None)
            if row is not None:
                self._look(row)
        except UNREADABLE:
            self.break_at("it cannot be read")
        return None if self.broken is not None else row

    def _look(self, row: Row) -> None:
        number = self.head.row + 1
        if row["seq"] != number:
            return self.break_at("it is missing" if _is_later(row["seq"], number) else "it was put in")
        if row["previous"] != self.head.hash:
            return self.break_at("it does not follow the row before it")
        if row["hash"] != row_hash(row):
            return self.break_at("it was altered")
        at = datetime.fromisoformat(row["at"])
        if self.at and at < self.at:
            self.clock_went_back.append(number)
        self.at = at
        if row["lock"] is not None:
            steps = json.loads(row["body"])["steps"]
            self.kept |= {(row["entry"], n): step.get("kept", "") for n, step in enumerate(steps)}
        if not self.differs and self.known.get(number, row["hash"]) != row["hash"]:
            self.differs = number
        self.head = Head(number, row["hash"])
        return None


def _is_later(found: object, expected: int) -> bool:
    return isinstance(found, int) and found > expected


def _rows(db: Connection) -> Iterator[Row]:
    for row in db.execute(select(ROWS).order_by(ROWS.c.seq)).mappings():
        yield dict(row)


def _faults(db: Connection) -> list[str]:
    """What is wrong with the database itself, where it is SQLite's: then its promises (no second row under one lock) do not hold."""
    if db.dialect.name != "sqlite":
        return []
    said = [
        f"the file is damaged: {text}" for (text,) in db.exec_driver_sql("PRAGMA integrity_check(1)") if text != "ok"
    ]
    foreign = db.exec_driver_sql("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").all()
    said += [f"a {kind} named {name!r} was put into the database" for kind, name in foreign]
    unique = {
        tuple(column[2] for column in db.exec_driver_sql(f"PRAGMA index_info('{name}')"))
        for _, name, is_unique, _, is_partial in db.exec_driver_sql("PRAGMA index_list('trail')")
        if is_unique and not is_partial
    }
    said += [
        f"nothing keeps two rows from having the same {column} any more" for column in LOCKS if (column,) not in unique
    ]
    columns = {column["name"] for column in inspect(db).get_columns("trail")}
    added = sorted(columns - {column.name for column in ROWS.columns})
    said += [f"a column named {name!r} was added, which no hash covers" for name in added]
    return said


def _kept_otherwise(db: Connection, hashes: Mapping[tuple[int, int], str]) -> tuple[int, ...]:
    """The entries for which something else is kept than what the chain holds the hash of; what was erased does not count."""
    if not inspect(db).has_table(KEPT.name):
        return ()
    rows = db.execute(select(KEPT.c.entry, KEPT.c.step, KEPT.c.body).order_by(KEPT.c.entry, KEPT.c.step))
    return tuple(
        dict.fromkeys(row.entry for row in rows if hashes.get((row.entry, row.step)) != kept_hash(str(row.body)))
    )
