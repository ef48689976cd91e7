"""The trail in PostgreSQL: the same promises as in a file, with servers that race for it and a database that goes away.

Runs wherever PostgreSQL is installed, on a cluster of its own that listens on no network. The full size, a hundred races of eight
processes: `KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_trail_postgres.py`.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attacked import KINDS, invoice
from conftest import HATS, Clock, Meanwhile, Tally, a_company, open_desk, real_account
from house import IS_LONG, SEED, chances, previewed
from nursery import Nursery
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from test_races import Race, of_one_write

from kf_mcp.trail import Trail

RACES = 100 if IS_LONG else 4
PATIENCE = 30


def programs() -> Path | None:
    """Where PostgreSQL's programs lie."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or programs() is None, reason="PostgreSQL is not installed here"
)


@dataclass
class Cluster:
    """A PostgreSQL of the test's own, reached through a socket in its folder."""

    folder: Path
    user: dict[str, Any]
    process: Any = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://owner@/postgres?host={self.folder}"

    def start(self) -> None:
        command = [*("postgres", "-D", "data", "-k", str(self.folder), "-c", "listen_addresses=", "-c", "fsync=off")]
        place = programs()
        assert place
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [place / command[0], *command[1:]], cwd=self.folder, stderr=log, **self.user
            )
        engine, until = create_engine(self.url), time.monotonic() + PATIENCE
        while True:
            try:
                with engine.connect():
                    return
            except OperationalError:
                assert time.monotonic() < until, (self.folder / "log.txt").read_text()
                time.sleep(0.05)
            finally:
                engine.dispose()

    def stop(self) -> None:
        self.process.send_signal(2)  # fast: those who are connected are sent away
        self.process.wait(PATIENCE)

    def change(self, statement: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as db:
            db.execute(text(statement))
        engine.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user: dict[str, Any] = {}
    if os.getuid() == 0:  # PostgreSQL does not run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    found = programs()
    assert found
    making = [found / "initdb", "-D", folder / "data", "-U", "owner", "-A", "trust", "-N"]
    subprocess.run(making, cwd=folder, check=True, capture_output=True, **user)
    cluster = Cluster(folder, user)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


@pytest.fixture
def url(cluster: Cluster) -> str:
    cluster.change("DROP TABLE IF EXISTS trail; DROP TABLE IF EXISTS kept")
    return cluster.url


async def written(desk: Any) -> dict[str, Any]:
    preview = await desk("create_invoice", HATS)
    reply: dict[str, Any] = await desk("create_invoice", HATS, confirm=preview["confirm"])
    assert (await desk("create_invoice", HATS, confirm=preview["confirm"]))["entry"] == reply["entry"]
    return reply


def hats(desk: Any) -> int:
    return sum(found["reference"] == HATS["reference"] for found in desk.company.state()["invoices"])


async def test_a_write_is_recorded_replayed_settled_and_undone(url: str, tmp_path: Path) -> None:
    settings, clock = real_account(tmp_path, confirm="either", database_url=url), Clock()
    async with open_desk(a_company(), settings, clock=clock) as desk:
        desk.company.mishaps.add("InsertInvoice", "late", seconds=60)
        assert (await written(desk))["status"] == "unknown"
        await desk.company.settle_late()
        assert (await desk("settle_write", {"entry": 1}))["status"] == "done"
        preview = await desk("undo_write", {"entry": 1})
        assert (await desk("undo_write", {"entry": 1, "confirm": preview["confirm"]}))["status"] == "done"
        assert hats(desk) == 0
        assert [row["state"] for row in (await desk("list_writes"))["writes"]] == ["done", "done"]


async def test_a_changed_row_is_found(url: str, cluster: Cluster, tmp_path: Path) -> None:
    async with open_desk(a_company(), real_account(tmp_path, confirm="either", database_url=url)) as desk:
        await written(desk)
    said = []
    for statement in ("SELECT 1", "UPDATE trail SET state = 'refused' WHERE seq = 2"):
        cluster.change(statement)
        trail = Trail(url, is_only_looked_at=True)
        said.append((await trail.check({})).is_whole)
        await trail.close()

    assert said == [True, False]


async def test_while_the_database_is_away_nothing_is_sent_and_afterwards_the_same_yes_counts(
    url: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kf_mcp.trail.store.BUSY_SECONDS", 0.3)
    async with open_desk(a_company(), real_account(tmp_path, confirm="either", database_url=url)) as desk:
        preview = await desk("create_invoice", HATS)
        cluster.stop()
        try:
            told = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
            assert hats(desk) == 0
        finally:
            cluster.start()
        done = await desk("create_invoice", HATS, confirm=preview["confirm"])
        assert hats(desk) == 1

    assert "Nothing was written" in told or "nothing was sent" in told.lower()
    assert "KASHFLOW_DATABASE_URL" in told
    assert str(cluster.folder) not in told
    assert done["status"] == "done"


async def test_where_the_database_goes_away_while_sending_what_was_sent_is_told(
    url: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kf_mcp.trail.store.BUSY_SECONDS", 0.3)
    monkeypatch.setattr("kf_mcp.writing.carrying.CLOSING_TRIES", 1)
    settings, clock, company = real_account(tmp_path, confirm="either", database_url=url), Clock(), a_company()

    async def goes_away() -> None:
        cluster.stop()

    network = Meanwhile(company.transport(), "InsertInvoice", (1,), goes_away)
    async with open_desk(company, settings, clock=clock, network=network) as desk:
        preview = await desk("create_invoice", HATS)
        try:
            told = await desk("create_invoice", HATS, confirm=preview["confirm"])
        finally:
            cluster.start()
        assert told["status"] == "done"
        assert told["warnings"]
        clock.time = clock.time.replace(hour=14)
        again = await desk("create_invoice", HATS, confirm=preview["confirm"])
        assert (again["status"], hats(desk)) == ("done", 1)


async def test_where_the_database_goes_away_right_before_sending_nothing_is_sent(
    url: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry stays open on the trail, as nobody could close it: it is found out like any other that a dead server left."""
    monkeypatch.setattr("kf_mcp.trail.store.BUSY_SECONDS", 0.3)
    monkeypatch.setattr("kf_mcp.writing.carrying.CLOSING_TRIES", 1)
    settings, clock = real_account(tmp_path, confirm="either", database_url=url), Clock()
    async with open_desk(a_company(), settings, clock=clock) as desk:
        preview = await desk("create_invoice", HATS)
        send = Trail.open

        async def opened(trail: Trail, opening: Any) -> Any:
            entry = await send(trail, opening)
            cluster.stop()
            return entry

        with monkeypatch.context() as going:
            going.setattr(Trail, "open", opened)
            try:
                told = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
            finally:
                cluster.start()
        assert "Nothing was sent" in told
        assert hats(desk) == 0
        for _ in range(2):
            clock.time += timedelta(minutes=11)
            await desk("settle_write", entry=1)
        fresh = await desk("create_invoice", HATS)
        assert (await desk("create_invoice", HATS, confirm=fresh["confirm"]))["status"] == "done"
        assert hats(desk) == 1


async def test_eight_processes_that_share_it_write_each_thing_once(url: str, tmp_path: Path, tally: Tally) -> None:
    with Nursery() as nursery:
        race = Race(nursery, tmp_path, KASHFLOW_DATABASE_URL=url)
        for n in range(RACES):
            write = chances(f"{SEED}-{n}").choice(KINDS)(n % 20 + 1, f"{SEED}-{n}")
            of_one_write(race.run(write, [previewed(race.servers[n % 8], write)] * 8))
        other = invoice(7, f"{SEED}-different yeses")
        replies = race.run(other, [previewed(served, other) for served in race.servers])
        assert {reply.get("status", "error") for reply in replies} <= {"done", "changed", "error"}
        await race.check(tally, url)
        for served in race.servers:
            served.process.leave()
    tally("trail in PostgreSQL", {"races": RACES + 1})
