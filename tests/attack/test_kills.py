"""Killed in the middle of a write: server, simulator or both, at random moments. Once the next server settles, trail and books agree.

The ordinary run kills as often as fits into its seconds, 20 times at least; the full size is 200 kills:

    KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_kills.py

`KF_MCP_SEED=N` repeats the choices of a run (not its moments, which are the machine's).
"""

import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from attacked import CUSTOMERS, KINDS, Write, invoice, is_balanced
from conftest import Tally
from house import IS_LONG, SEED, House, Later, chances, previewed
from mcp import Client
from nursery import Nursery, Served, told

from kf_mcp.kashflow.step import digest
from kf_mcp.server import create_server
from kf_mcp.trail import Entry, Trail
from kf_mcp.writing.consent import consent_id

KILLS = 200 if IS_LONG else 20
SECONDS = 0 if IS_LONG else 12
VICTIMS = ("server", "server", "simulator", "both")
ROUND = CUSTOMERS
SLOWEST = 0.3
"""Seconds that KashFlow takes at most for a write; it goes on with one whose server is dead."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descriptors of processes are Linux's")


@dataclass
class Try:
    """One write in whose middle something was killed."""

    write: Write
    confirm: str
    victim: str
    replies: list[dict[str, Any]] = field(default_factory=list)


class Killed(House):
    """A server and a simulator, each born again after its death."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        super().__init__(nursery, folder, {"patience": 0.3}, KASHFLOW_TIMEOUT="2")
        self.server = self.serve()

    def kill(self, victim: str) -> None:
        """Kill the victim, and let the next of its kind be born."""
        if victim in {"server", "both"}:
            self.server.process.kill()
        if victim in {"simulator", "both"}:
            self.simulator.kill()
            self.simulator = self.simulate()
        if victim in {"server", "both"}:
            self.server = self.serve()

    def slow_down(self, write: Write, chance: random.Random) -> None:
        """Let KashFlow take its time, as the real one does, now and then."""
        self.books.control("DELETE", "mishaps")
        if chance.random() < 0.5:
            self.mishap(write.operation, "slow", times=3, seconds=chance.uniform(0.02, SLOWEST))


class Moments:
    """When to strike: anywhere in a call, or anywhere after its entry was opened; lengths are learnt from what was seen."""

    def __init__(self, chance: random.Random, trail: Path) -> None:
        self._chance = chance
        self._files = [trail, trail.with_name("trail.db-wal")]
        self._lengths: dict[tuple[str, bool], float] = {}

    def strike(self, served: Served, call: int, tool: str) -> tuple[dict[str, Any] | None, str]:
        """Wait for the moment; the answer, where it came before."""
        begun, stood = time.monotonic(), self._changed()
        is_after = self._chance.random() < 0.6
        if is_after:
            while self._changed() == stood and time.monotonic() < begun + 5:
                time.sleep(0.0005)
            begun = time.monotonic()
        kind = tool, is_after
        length = self._lengths.get(kind, 0.1 if is_after else 0.4)
        try:
            answer = told(served.answer(call, self._chance.uniform(0, length)))
        except TimeoutError:
            self._lengths[kind] = length * 1.1
            return None, "after the entry" if is_after else "any"
        self._lengths[kind] = length * 0.8
        return answer, "answered"

    def _changed(self) -> list[int]:
        return [file.stat().st_mtime_ns if file.exists() else 0 for file in self._files]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


async def test_whatever_is_killed_trail_and_books_agree_once_the_next_server_settles(
    nursery: Nursery, tmp_path: Path, tally: Tally
) -> None:
    counts: Counter[str] = Counter()
    chance = chances(SEED)
    house = Killed(nursery, tmp_path)
    moments = Moments(chance, tmp_path / "trail.db")
    begun, done = time.monotonic(), 0
    while done < KILLS or (SECONDS and time.monotonic() < begun + SECONDS):
        tries = [one(house, moments, chance, f"{SEED}-{n}", n, counts) for n in range(done, done + min(ROUND, KILLS))]
        done += len(tries)
        await agree(house, tries, counts)
    house.server.process.leave()
    tally(f"kills (seed {SEED})", counts)
    assert counts["kills"] >= KILLS


def one(house: Killed, moments: Moments, chance: random.Random, mark: str, n: int, counts: Counter[str]) -> Try:
    """Confirm one write, and kill in the middle of it."""
    write = KINDS[chance.randrange(len(KINDS))](n % CUSTOMERS + 1, mark)
    victim = chance.choice(VICTIMS)
    tried = Try(write, previewed(house.server, write), victim)
    served = house.server
    house.slow_down(write, chance)
    call = served.call(write.tool, {**write.arguments, "confirm": tried.confirm})
    answer, moment = moments.strike(served, call, write.tool)
    house.kill(victim)
    counts.update(["kills", f"killed: {victim}", f"moment: {moment}", f"tool: {write.tool}"])
    if answer is None and victim == "simulator":
        answer = told(served.answer(call))
    if answer is not None:
        tried.replies.append(answer)
    counts[f"left: {left(house.folder, tried)}"] += 1
    if chance.random() < 0.4:  # a client that knows nothing better than to ask the next server at once
        again = house.server.reply(write.tool, {**write.arguments, "confirm": tried.confirm})
        counts[f"asked again at once: {again.get('status', 'error')}"] += 1
        tried.replies.append(again)
    return tried


def left(folder: Path, tried: Try) -> str:
    """What the trail said right after the death."""
    with closing(sqlite3.connect(folder / "trail.db")) as db:
        found = db.execute(
            "SELECT state FROM trail WHERE entry = (SELECT entry FROM trail WHERE consent = ?) ORDER BY seq DESC",
            [consent_id(tried.confirm)],
        ).fetchone()
    return found[0] if found else "no entry"


def wait_until(folder: Path, tried: Try, state: str) -> None:
    """Wait until the trail says so."""
    until = time.monotonic() + 20
    while left(folder, tried) != state and time.monotonic() < until:
        time.sleep(0.01)


async def agree(house: Killed, tries: list[Try], counts: Counter[str]) -> None:
    """Settle, compare each entry with the books, then finish what was not written: everything is there exactly once."""
    house.server.process.leave()  # one that is just starting would settle by a clock that is an hour behind
    await anyio.sleep(2 * SLOWEST)  # what was sent is over now; the ten minutes of the rule are turned on, not waited
    clock = Later()
    settings = house.settings()
    server = create_server(settings, clock=clock)
    trail = Trail(house.folder / "trail.db", clock=clock)
    async with Client(server, mode="legacy") as client:
        desk = (await server.opening.kit()).desk
        for _ in range(2):
            await desk.settle_all()
            clock.ahead += timedelta(minutes=11)
        unknown = await trail.unsettled(digest(settings.account))
        assert not unknown, [(entry.tool, entry.steps) for entry in unknown]
        books = house.state()
        for tried in tries:
            entry = await trail.by_consent(consent_id(tried.confirm))
            compare(tried, entry, books, counts)
        for tried in tries:
            entry = await trail.by_consent(consent_id(tried.confirm))
            await finish(client, tried, entry)
        books = house.state()
        for tried in tries:
            assert set(tried.write.counts(books)) == {1}, (tried, tried.write.counts(books))
        assert is_balanced(books)
    verdict = await trail.check({})
    assert verdict.is_whole, verdict
    await trail.close()
    house.server = house.serve()


def compare(tried: Try, entry: Entry | None, books: dict[str, Any], counts: Counter[str]) -> None:
    """The entry, the books and what the client was told say the same."""
    there = tried.write.counts(books)
    counts[f"settled: {entry.state if entry else 'no entry'}"] += 1
    if entry is None:
        assert set(there) == {0}, tried
    else:
        assert entry.is_settled, entry
        on_trail = [int(step.state == "done") for step in entry.steps]
        assert on_trail == there, (tried, entry)
    for reply in tried.replies:
        if reply.get("status") == "done":
            assert set(there) == {1}, (tried, reply)
        if "Nothing was" in reply.get("error", "") or "was not written" in reply.get("error", ""):
            assert set(there) == {0}, (tried, reply)


async def finish(client: Client, tried: Try, entry: Entry | None) -> None:
    """Ask for what is missing: the same call again where nothing was written, `finish_write` where a part was."""
    tool, arguments = tried.write.tool, tried.write.arguments
    if entry is not None and entry.state == "done":
        replay = (await client.call_tool(tool, {**arguments, "confirm": tried.confirm})).structured_content
        assert replay["status"] == "done"
        assert "nothing was sent now" in replay["title"]
        undoing = await client.call_tool("undo_write", {"entry": entry.id})
        assert not undoing.is_error, (entry.steps, undoing.content[0].text)
        return
    if entry is not None and entry.state == "partly":
        tool, arguments = "finish_write", {"entry": entry.id}
    preview = await client.call_tool(tool, arguments)
    assert not preview.is_error, preview.content[0].text
    done = await client.call_tool(tool, {**arguments, "confirm": preview.structured_content["confirm"]})
    assert not done.is_error, done.content[0].text
    assert done.structured_content["status"] == "done", done.structured_content


async def test_what_was_killed_while_it_was_read_back_can_be_undone_by_the_next_server(
    nursery: Nursery, tmp_path: Path
) -> None:
    house, write = Killed(nursery, tmp_path), invoice(1, "read back")
    confirm = previewed(house.server, write)
    house.mishap("GetInvoice", "slow", seconds=30)
    house.server.call(write.tool, {**write.arguments, "confirm": confirm})
    tried = Try(write, confirm, "server")
    wait_until(tmp_path, tried, "done")
    house.books.control("DELETE", "mishaps")
    house.kill("server")
    early = house.server.reply("undo_write", {"entry": 1})
    house.server.process.leave()

    async with Client(create_server(house.settings(), clock=Later()), mode="legacy") as client:
        preview = (await client.call_tool("undo_write", {"entry": 1})).structured_content
        done = await client.call_tool("undo_write", {"entry": 1, "confirm": preview["confirm"]})

    assert "the server stopped before it read this back" in early["error"]
    assert done.structured_content["status"] == "done"
    assert write.counts(house.state()) == [0]
