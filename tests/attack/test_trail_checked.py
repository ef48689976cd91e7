"""Changing the trail behind its back: whatever is changed is found, or it is said that it cannot be.

The ordinary run tries every column of every row of a short trail and some flipped bytes. The full size, a longer trail and 20,000
flipped bytes: `KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_trail_checked.py`.
"""

import os
import random
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, Tally

from kf_mcp.trail import Opening, StepState, Trail, Unrecorded, Verdict
from kf_mcp.trail.schema import GENESIS, ROWS, row_hash

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
ENTRIES = 40 if IS_LONG else 5
FLIPS = 20_000 if IS_LONG else 300
COLUMNS = list(ROWS.columns.keys())


def opening(n: int, **more: Any) -> Opening:
    step = StepState(
        kind="new invoice", words="New invoice", target=f"invoices of customer {n}", trace={"like": "a" * 32}
    )
    values = {
        "account": "acct", "tool": "create_invoice", "arguments": f"g{n}", "consent": f"c{n}", "lock": f"l{n}",
        "title": f"Invoice to “Customer {n}”, £{n}.00", "channel": "form", "steps": (step,), "planned_at": 0, "seconds": 60.0,
        "kept": (f'{{"step": {n}}}',),
    }  # fmt: skip
    return Opening(**{**values, **more})


async def fill(file: Path, entries: int = ENTRIES) -> list[dict[str, Any]]:
    """A trail of entries that were opened and closed; its rows."""
    clock = Clock()
    trail = Trail(file, clock=clock)
    for n in range(1, entries + 1):
        entry = await trail.open(opening(n))
        clock.time += timedelta(seconds=1)
        await trail.note(entry, "done", [entry.steps[0].model_copy(update={"state": "done", "number": 100 + n})])
    await trail.close()
    return rows_of(file)


def rows_of(file: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(file)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM trail ORDER BY seq")]


def contents(file: Path) -> list[Any]:
    """Everything that the database says, or that it says nothing."""
    try:
        with closing(sqlite3.connect(file)) as db:
            db.text_factory = bytes
            said = [db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("trail", "kept")]  # noqa: S608
            return [
                *said,
                db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall(),
            ]
    except sqlite3.DatabaseError as error:
        return [str(error)]


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()


def damaged(file: Path, whole: bytes, place: int, bit: int) -> Path:
    """A copy of the file with one bit turned."""
    bytes_ = bytearray(whole)
    bytes_[place] ^= 1 << bit
    copy = file.with_name("copy.db")
    copy.write_bytes(bytes_)
    return copy


def change(file: Path, *statements: str, values: tuple[Any, ...] = ()) -> bool:
    """Change the database; False where it does not take that."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA synchronous=OFF")
        try:
            for statement in statements:
                db.execute(statement, values)
        except sqlite3.Error:
            return False
        db.commit()
        return True


async def found(file: Path, known: dict[int, str] | None = None) -> Verdict | None:
    """What a check finds; None where nothing can be read any more."""
    trail = Trail(file, is_only_looked_at=True)
    try:
        return await trail.check(known or {})
    except Unrecorded as error:
        if not error.found.is_damage:
            raise
        return None
    finally:
        await trail.close()


def is_seen(verdict: Verdict | None) -> bool:
    return verdict is None or not verdict.is_whole


def recompute(file: Path, first: int = 1) -> None:
    """Work the chain out anew, as somebody would who can write to the file and has read our code."""
    rows = rows_of(file)
    previous = rows[first - 2]["hash"] if first > 1 else GENESIS
    with closing(sqlite3.connect(file)) as db:
        for row in rows[first - 1 :]:
            row["previous"] = previous
            previous = row["hash"] = row_hash(row)
            db.execute("UPDATE trail SET previous = 'x' || ? WHERE seq = ?", (row["seq"], row["seq"]))
        for row in rows[first - 1 :]:
            sealed = (row["previous"], row["hash"], row["seq"])
            db.execute("UPDATE trail SET previous = ?, hash = ? WHERE seq = ?", sealed)
        db.commit()


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    await fill(tmp_path / "trail.db")
    return tmp_path / "trail.db"


def others_than(was: Any) -> list[Any]:
    """Values to put in the place of one."""
    of_it = [f"{was} ", f"{was}"[:-1], f"{was}".upper()]
    return [*of_it, None, "", b"\xff\xfe", "x\x00y", "done", "{}", "[" * 9000, 0, -1, 7.5, 10**12]


async def test_every_changed_value_of_every_row_is_found(file: Path, tally: Tally) -> None:
    before = contents(file)
    chance = random.Random(4)  # noqa: S311 - chance that can be repeated
    tried = missed = 0
    for row in rows_of(file):
        for column in COLUMNS:
            for other in others_than(row[column]) if IS_LONG else chance.sample(others_than(row[column]), 4):
                copy = file.with_name("copy.db")
                shutil.copy(file, copy)
                if not change(copy, f"UPDATE trail SET {column} = ? WHERE seq = {row['seq']}", values=(other,)):  # noqa: S608
                    continue
                if contents(copy) != before:
                    tried += 1
                    missed += not is_seen(await found(copy))
    tally("trail, changed values", {"tried": tried, "not found": missed})

    assert tried > 15 * len(before[0])
    assert missed == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM trail WHERE seq = 1",
        "DELETE FROM trail WHERE seq = 4",
        "DELETE FROM trail WHERE entry = 2",
        "UPDATE trail SET seq = seq + 1 WHERE seq > 100; UPDATE trail SET seq = 0 WHERE seq = 1",
        "UPDATE trail SET seq = 1000 WHERE seq = 3; UPDATE trail SET seq = 3 WHERE seq = 4; UPDATE trail SET seq = 4 WHERE seq = 1000",
        "INSERT INTO trail SELECT -1, entry, state, at, account, tool, '', 'k', 'k', targets, body, 'k', hash FROM trail WHERE seq = 1",
        "CREATE TRIGGER quietly AFTER INSERT ON trail BEGIN DELETE FROM trail WHERE seq = new.seq; END",
        "CREATE VIEW entries AS SELECT * FROM trail",
        "ALTER TABLE trail ADD COLUMN remark TEXT",
        "CREATE TABLE other AS SELECT * FROM trail; DROP TABLE trail; ALTER TABLE other RENAME TO trail",
        "UPDATE kept SET body = '{}' WHERE entry = 2",
        "INSERT INTO kept VALUES (99, 0, '2099-01-01', '{}')",
        "UPDATE kept SET entry = 77 WHERE entry = 3",
        "DROP TABLE trail",
    ],
)  # fmt: skip
async def test_rows_removed_put_in_or_moved_and_a_database_made_to_lie_are_found(file: Path, statement: str) -> None:
    assert (await found(file)).is_whole
    assert change(file, *statement.split("; ")) if "BEGIN" not in statement else change(file, statement)

    assert is_seen(await found(file))


async def test_a_flipped_byte_is_found_or_changes_nothing_that_is_said(file: Path, tally: Tally) -> None:
    whole, before = bytes_of(file), contents(file)
    used = [place for place, byte in enumerate(whole) if byte]
    chance = random.Random(4)  # noqa: S311 - chance that can be repeated
    seen = silent = missed = 0
    for _ in range(FLIPS):
        copy = damaged(file, whole, chance.choice(used), chance.randrange(8))
        if is_seen(await found(copy)):
            seen += 1
        elif contents(copy) == before:
            silent += 1
        else:
            missed += 1
    tally("trail, flipped bits", {"found": seen, "of no consequence": silent, "not found": missed})

    assert missed == 0
    assert seen > FLIPS // 3


async def test_a_table_that_is_not_as_it_was_made_is_damage(file: Path) -> None:
    copy = file.with_name("copy.db")
    shutil.copy(file, copy)
    change(copy, "ALTER TABLE kept RENAME COLUMN body TO bodx")

    with pytest.raises(Unrecorded, match="the file is damaged"):
        await Trail(copy, is_only_looked_at=True).check({})


async def test_rows_cut_off_are_found_with_a_head_and_only_with_one(file: Path) -> None:
    rows = rows_of(file)
    known = {row["seq"]: row["hash"] for row in rows}
    head = {rows[-1]["seq"]: rows[-1]["hash"]}
    for keep in range(len(rows)):
        copy = file.with_name("copy.db")
        shutil.copy(file, copy)
        change(
            copy,
            f"DELETE FROM trail WHERE seq > {keep}",  # noqa: S608
            "DELETE FROM kept WHERE entry NOT IN (SELECT entry FROM trail)",
        )

        assert (await found(copy)).is_whole  # what --verify says that it cannot find
        for export in (known, head):
            assert (await found(copy, export)).cut_off == len(rows)
    assert (await found(file, known)).is_whole


async def test_a_chain_worked_out_anew_is_found_with_a_head_and_only_with_one(file: Path) -> None:
    rows = rows_of(file)
    known = {row["seq"]: row["hash"] for row in rows}
    head = {rows[-1]["seq"]: rows[-1]["hash"]}
    for altered in range(1, len(rows) + 1):
        copy = file.with_name("copy.db")
        shutil.copy(file, copy)
        change(copy, "UPDATE trail SET tool = 'nothing' WHERE seq = ?", values=(altered,))
        recompute(copy, altered)

        assert (await found(copy)).is_whole  # what --verify says that it cannot find
        assert (await found(copy, known)).differs == altered
        assert (await found(copy, head)).differs == len(rows)


async def test_what_was_done_after_the_head_was_taken_is_not_found_and_nothing_more_is_claimed(file: Path) -> None:
    rows = rows_of(file)
    older = {row["seq"]: row["hash"] for row in rows[:4]}
    change(file, "UPDATE trail SET tool = 'nothing' WHERE seq = 6")
    recompute(file, 6)

    assert (await found(file, older)).is_whole
    assert (await found(file, {row["seq"]: row["hash"] for row in rows[:6]})).differs == 6


async def test_an_older_copy_put_in_place_of_the_trail_is_found_with_a_head(file: Path) -> None:
    older = file.with_name("older.db")
    shutil.copy(file, older)
    trail = Trail(file, clock=Clock())
    await trail.open(opening(99))
    await trail.close()
    known = {row["seq"]: row["hash"] for row in rows_of(file)}
    shutil.copy(older, file)

    assert (await found(file)).is_whole
    assert (await found(file, known)).cut_off == max(known)


async def test_a_clock_that_was_set_back_is_told_and_is_no_break(tmp_path: Path) -> None:
    clock = Clock()
    trail = Trail(tmp_path / "trail.db", clock=clock)
    await trail.open(opening(1))
    clock.time -= timedelta(days=400)
    await trail.open(opening(2))
    clock.time += timedelta(days=500)
    await trail.open(opening(3))
    verdict = await trail.check({})
    await trail.close()

    assert verdict.is_whole
    assert verdict.clock_went_back == (2,)


async def test_what_was_erased_after_its_time_is_no_break(file: Path) -> None:
    clock = Clock()
    clock.time += timedelta(days=40)
    trail = Trail(file, clock=clock)
    await trail.head()
    await trail.close()

    assert contents(file)[1] == []
    assert (await found(file)).is_whole


async def test_looking_alters_nothing_even_beside_a_running_server(file: Path) -> None:
    before = bytes_of(file)
    assert (await found(file)).is_whole
    assert bytes_of(file) == before
    assert {path.name for path in file.parent.iterdir()} == {"trail.db"}

    server = Trail(file, clock=Clock())
    await server.open(opening(77))
    rows = 2 * ENTRIES + 1
    assert (await found(file)).head.row == rows  # what is not carried over from the write-ahead file yet is seen
    assert (await server.check({})).head.row == rows
    await server.close()
