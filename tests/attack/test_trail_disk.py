"""A disk that fails the trail: full, read-only, locked, damaged, taken away, led elsewhere. Nothing goes out that could not be recorded.

The ordinary run tries 12 amounts of room on a full disk. The full size, 900 of them: `KF_MCP_LONG=1 .venv/bin/pytest
tests/attack/test_trail_disk.py`.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from conftest import HATS, Desk, Tally, a_company, open_desk, real_account

from kf_mcp.simulator import Simulator
from kf_mcp.trail.database import engine_of
from kf_mcp.trail.store import Store

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
STEP, COUNT = (1024, 150) if IS_LONG else (49_152, 3)
LONGEST = 1800 if IS_LONG else 120
MISHAPS = ["none", "lose_answer", "cut_before"]
HERE, PYTHON = Path(__file__).parent, sys.executable
SMALL_DISK = "mount -t tmpfs -o size=4m none {folder} && exec {command}"
READ_ONLY = "mount --bind {folder} {folder} && mount -o remount,ro,bind {folder} && exec {command}"
posix_only = pytest.mark.skipif(os.name != "posix", reason="links and limits as POSIX has them")


def in_own_mounts(script: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command with mounts of its own; skipped where this user may not mount."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount")
    words = " ".join(f"'{word}'" for word in command)
    text = script.format(folder=folder, command=words)
    return subprocess.run(
        [unshare, "-m", "/bin/sh", "-c", text], capture_output=True, text=True, timeout=LONGEST, check=False
    )


def hats(company: Simulator) -> int:
    return sum(invoice["reference"] == HATS["reference"] for invoice in company.state()["invoices"])


async def confirmed(desk: Desk) -> Any:
    preview = await desk("create_invoice", HATS)
    return await desk.result("create_invoice", HATS, confirm=preview["confirm"])


# A computer that goes out


def test_every_row_is_on_the_disk_before_anything_is_sent(tmp_path: Path) -> None:
    """No test can pull the plug; that SQLite waits for the disk (2 is FULL) can be asked."""
    with engine_of(tmp_path / "trail.db", 1).connect() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


# A full disk


@posix_only
@pytest.mark.parametrize(
    ("how", "mishaps"), [("limit", MISHAPS), ("fill", MISHAPS if IS_LONG else ["lose_answer"])], ids=["limit", "fill"]
)
def test_on_a_full_disk_nothing_is_sent_unrecorded_and_nothing_that_was_sent_is_denied(
    tmp_path: Path, how: str, mishaps: list[str], tally: Tally
) -> None:
    program = [PYTHON, str(HERE / "full_disk.py"), how, str(tmp_path), ",".join(mishaps), f"{STEP}", f"{COUNT}"]
    if how == "fill":
        done = in_own_mounts(SMALL_DISK, tmp_path, *program)
    else:
        done = subprocess.run(program, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stderr
    tries = [json.loads(line) for line in done.stdout.splitlines()]
    counts = Counter((found["mishap"], found["status"]) for found in tries)
    tally(
        "trail, full disk",
        {"amounts of room": len(tries), **{f"{what}: {became}": n for (what, became), n in counts.items()}},
    )

    assert len(tries) == COUNT * len(mishaps)
    for mishap in mishaps:
        assert {(mishap, "error"), (mishap, "unknown" if mishap == "cut_before" else "done")} <= set(counts)
    for found in tries:
        assert found["broken"] is None
        assert found["balanced"]
        assert found["at_last"] == 1, (
            found
        )  # a person who does as told ends up with one invoice, and a trail that says so
        assert found["rows"][-1] == "done"
        if found["status"] == "error":
            assert (found["in_books"], found["on_trail"]) == (0, []), found
            assert "Nothing was sent: no write goes out that could not be recorded" in found["text"]
            assert "the disk that holds KASHFLOW_DATA_DIR" in found["text"]
        else:
            assert found["on_trail"][0] == "sending"
            assert found["in_books"] == (found["mishap"] != "cut_before")
            assert "Nothing was sent" not in found["text"]
            is_closed = found["on_trail"][-1] == found["status"]
            assert is_closed or "audit trail could not be closed" in found["text"]
            assert "[" in found["listed"]  # it can be looked up while the disk is full


# A folder that may not be written to


async def test_a_folder_that_may_not_be_written_to_sends_nothing_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    async with open_desk(a_company(), real_account(folder, confirm="either")) as desk:
        assert (await confirmed(desk)).structured_content["status"] == "done"
    done = in_own_mounts(READ_ONLY, folder, PYTHON, str(HERE / "write_once.py"), str(folder))
    told = json.loads(done.stdout)

    assert "its folder or file may not be written to" in told["text"]
    assert "right to write to the folder KASHFLOW_DATA_DIR" in told["text"]
    assert told["in_books"] == 0


def test_a_trail_on_a_read_only_disk_can_be_shown_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    subprocess.run([PYTHON, str(HERE / "write_once.py"), str(folder)], check=True, capture_output=True)
    environment = {
        "KASHFLOW_USERNAME": "demo",
        "KASHFLOW_PASSWORD": "demo",
        "KASHFLOW_URL": "http://127.0.0.1:9/api/service.asmx",
    }
    words = [f"{name}={value}" for name, value in {**environment, "KASHFLOW_DATA_DIR": str(folder)}.items()]
    done = in_own_mounts(READ_ONLY, folder, "env", *words, PYTHON, "-m", "kf_mcp", "trail", "--verify")

    assert (done.returncode, done.stderr) == (0, "")
    assert "Whole: each of the 3 rows" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["confirm.key", "trail.db"]


@posix_only
@pytest.mark.parametrize("name", ["what? #1 50%20&more", "Bücher; DROP", ":memory:", "file:x?mode=ro"])
async def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    async with open_desk(a_company(), real_account(tmp_path / name, confirm="either")) as desk:
        assert (await confirmed(desk)).structured_content["status"] == "done"

    assert (tmp_path / name / "trail.db").stat().st_size
    store = Store.looking_at(tmp_path / name / "trail.db")
    assert store.check({}).is_whole
    store.close()


# A file that another program holds


async def test_a_locked_file_sends_nothing_in_bounded_time_and_the_same_yes_counts_afterwards(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("kf_mcp.trail.store.BUSY_SECONDS", 1)
    company = a_company()
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        preview = await desk("create_invoice", HATS)
        holder = sqlite3.connect(tmp_path / "trail.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        text = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
        took = time.monotonic() - begun
        assert "another program holds the file" in text
        assert "Close what else has it open" in text
        assert hats(company) == 0
        assert took < 5  # not once for each of the twenty tries
        holder.execute("ROLLBACK")
        holder.close()

        assert (await desk("create_invoice", HATS, confirm=preview["confirm"]))["status"] == "done"
        assert hats(company) == 1


def test_many_that_make_the_trail_at_once_make_one(tmp_path: Path) -> None:
    rounds, many, failures = 8, 6, []
    for turn in range(rounds):
        file, start = tmp_path / f"{turn}" / "trail.db", Barrier(many)

        def go(file: Path = file, start: Barrier = start) -> None:
            start.wait()
            try:
                Store.at(file).close()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                failures.append(error)

        threads = [Thread(target=go) for _ in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []


# A file that is damaged, gone or another


def _half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _zeroes(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as there:
        there.seek(100)
        there.write(bytes(size - 100))


def _text(file: Path) -> None:
    file.write_text("Dear diary. " * 2000)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _row(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("UPDATE trail SET body = 'no body'")
    db.close()


def _no_unicode(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("UPDATE trail SET body = CAST(x'ff00fe' AS TEXT)")
    db.close()


@pytest.mark.parametrize("damage", [_half, _zeroes, _text, _folder, _row, _no_unicode])
async def test_a_damaged_file_sends_nothing_and_says_what_to_do(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    company, settings, file = a_company(), real_account(tmp_path, confirm="either"), tmp_path / "trail.db"
    async with open_desk(company, settings) as desk:
        preview = await desk("create_invoice", HATS)
        await desk("create_invoice", HATS, confirm=preview["confirm"])
        again = await desk("create_invoice", HATS)
    good = file.read_bytes()
    damage(file)
    async with open_desk(company, settings) as desk:
        for call in ({}, {"confirm": again["confirm"]}):
            text = await desk.error("create_invoice", HATS, **call)
            assert "The audit trail cannot be used" in text
            assert "Nothing was sent" in text
            assert "kf-mcp trail --verify" in text or "KASHFLOW_DATA_DIR" in text
        assert "audit trail cannot be used" in await desk.error("list_writes")
        assert (await desk("find_customers", words="penhaligon"))["customers"]  # reading needs no trail
    assert hats(company) == 1

    file.rmdir() if file.is_dir() else file.unlink()
    file.write_bytes(good)
    async with open_desk(company, settings) as desk:
        assert (await desk("create_invoice", HATS, confirm=preview["confirm"]))["entry"] == 1
    assert hats(company) == 1


@posix_only
@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_trail_taken_away_under_a_running_server_sends_nothing(tmp_path: Path, is_replaced: bool) -> None:
    company = a_company()
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        assert (await confirmed(desk)).structured_content["status"] == "done"
        again = await desk("create_invoice", HATS)
        (tmp_path / "trail.db").rename(tmp_path / "moved.db")
        if is_replaced:
            shutil.copy(tmp_path / "moved.db", tmp_path / "trail.db")
        text = await desk.error("create_invoice", HATS, confirm=again["confirm"])

    assert "Nothing was sent" in text
    assert "removed or replaced while the server was running" in text
    assert "Put trail.db back" in text
    assert hats(company) == 1


# Links in the data folder


@posix_only
@pytest.mark.parametrize("name", ["trail.db", "trail.db-wal", "trail.db-shm", "trail.db-journal", "confirm.key"])
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path, name: str, is_there: bool) -> None:
    victim, folder, company = tmp_path / "victim", tmp_path / "books", a_company()
    folder.mkdir()
    if is_there:
        victim.write_bytes(b"k" * 32)
    (folder / name).symlink_to(victim)
    async with open_desk(company, real_account(folder, confirm="either")) as desk:
        text = await desk.error("create_invoice", HATS)

    assert "a symbolic link lies in its place" in text
    assert "Nothing was" in text
    assert "KASHFLOW_DATA_DIR" in text
    assert victim.exists() == is_there
    assert not is_there or victim.read_bytes() == b"k" * 32
    assert hats(company) == 0


@posix_only
async def test_a_data_folder_that_is_itself_a_link_is_the_owners_choice(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "books").symlink_to(tmp_path / "elsewhere")
    async with open_desk(a_company(), real_account(tmp_path / "books", confirm="either")) as desk:
        assert (await confirmed(desk)).structured_content["status"] == "done"

    assert (tmp_path / "elsewhere" / "trail.db").stat().st_size


@posix_only
async def test_what_is_kept_for_customers_is_not_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    settings = real_account(tmp_path / "books", confirm="either", cache_dir=tmp_path / "cache")
    async with open_desk(a_company(), settings) as desk:
        await desk("find_customers", words="penhaligon")
    (kept,) = (tmp_path / "cache").glob("customers-*")
    kept.unlink()
    kept.symlink_to(victim)
    async with open_desk(a_company(), settings) as desk:
        await desk("find_customers", words="penhaligon")

    assert victim.read_text() == "mine"
