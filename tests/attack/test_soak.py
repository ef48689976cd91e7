"""Soak: one server at mixed work for long, with random mishaps: its memory stays flat, no descriptor is left open, and in the end trail and
books agree.

The server's clock runs twenty times as fast as the computer's, so that what is unknown settles while it works. The ordinary run does a
number of works, however long they take, and without answers of the largest size; the full size is half an hour with them:

    KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_soak.py

`KF_MCP_SECONDS=N` beside it makes it another length.
"""

import os
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attacked import CUSTOMERS, KINDS, Write, is_balanced
from conftest import Tally
from house import IS_LONG, SEED, House, Later, chances
from mcp import Client
from nursery import Nursery, Served, told

from kf_mcp.kashflow.step import digest
from kf_mcp.server import create_server
from kf_mcp.simulator.mishaps import MISHAPS
from kf_mcp.trail import Entry, Trail
from kf_mcp.writing.consent import consent_id

SECONDS = int(os.environ.get("KF_MCP_SECONDS", "1800")) if IS_LONG else 0
"""How long to work at least, from when the largest answers have been had."""
WORKS = 120
"""How much to do at least, each a read, a write, or a few of them: a slow computer does as much as a fast one."""
SAMPLE = 40 if IS_LONG else 6
"""Works between two looks at what the server takes."""
WARM = 1 / 15 if IS_LONG else 1 / 4
"""The part of the looks that does not count: by then everything has been loaded and cached that ever will be."""
ROOM = 64 * 2**20
"""By how much the memory of the last quarter may be above that of the first after warming up: the room of one answer of the largest size,
which the allocator may keep. What is held for each call would be more: a long run makes some 30,000."""
PACE = 20.0
DAYS = {"start": "2026-10-01", "end": "2026-12-31"}
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("find_customers", {"words": "customer"}),
    ("get_customer", {"customer": "C3"}),
    ("find_invoices", {"customer": "C4"}),
    ("get_invoice", {"number": 1002}),
    ("find_purchases", {}),
    ("find_bank_transactions", {}),
    ("get_bank_balances", {}),
    ("get_vat_report", DAYS),
    ("get_report", {"kind": "trial_balance", **DAYS}),
    ("get_nominal_ledger", {"nominal": "1200", **DAYS}),
    ("list_reference", {"kind": "nominal_codes"}),
    ("list_writes", {}),
    ("check_books", {}),
    ("get_company", {}),
)
WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_invoice", {"number": "ten"}),
    ("get_invoice", {"number": 999999}),
    ("create_invoice", {"customer": "Nobody", "lines": []}),
    ("no_such_tool", {}),
    ("create_invoice", {"customer": "C1", "lines": [{"description": "x" * 100_000}], "confirm": "made up"}),
    ("undo_write", {"entry": 10**9}),
)
SHORT = {"slow": 0.2, "late": 0.3, "refuse_connection": 0.2}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@dataclass
class Sample:
    """What the server takes at one moment of quiet."""

    memory: int
    descriptors: int
    threads: int


@dataclass
class Soak:
    """The work, and what was seen of it."""

    house: House
    served: Served
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    confirmed: list[tuple[Write, str]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    """Entries that can still be undone."""
    unknown: set[int] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)

    def run(self) -> None:
        """Work until enough has been done, and the time is over."""
        if IS_LONG:
            self.fill()
        begun, done = time.monotonic(), 0
        works = [self.read, self.write, self.write, self.undo, self.settle, self.many, self.wrong, self.leave_off]
        while done < WORKS or time.monotonic() < begun + SECONDS:
            if done % SAMPLE == 0:
                self.samples.append(self.sample())
            if self.chance.random() < 0.3:
                self.mishap()
            self.chance.choice(works)()
            done += 1
        self.samples.append(self.sample())
        self.counts |= Counter({"works": done, "seconds": round(time.monotonic() - begun)})
        self.house.books.control("DELETE", "mishaps")

    def fill(self) -> None:
        """Answers of the largest size, several at once, before anything is measured: the allocator keeps the room that they take."""
        for _ in range(3):
            self.house.mishap("*", "huge", times=6)
            self.many()
            self.house.books.control("DELETE", "mishaps")

    def mishap(self) -> None:
        """Schedule a mishap for any call, or for the next write of a kind."""
        name = self.chance.choice(
            [known for known in MISHAPS if known != "huge" or (IS_LONG and self.chance.random() < 0.1)]
        )
        operation = self.chance.choice(["*", "*", "InsertInvoice", "InsertInvoicePayment", "UpdateCustomer2"])
        self.house.mishap(operation, name, seconds=SHORT.get(name, 0))
        self.counts[f"mishap {name}"] += 1
        if name == "refuse_connection":
            time.sleep(SHORT[name])
            self.house.wait()  # the control pages are out of reach as well

    def read(self) -> None:
        self.count(self.served.reply(*self.chance.choice(READS)), "read")

    def wrong(self) -> None:
        self.count(self.served.reply(*self.chance.choice(WRONG)), "wrong call")

    def write(self) -> None:
        """Preview, mostly confirm, and sometimes confirm once more."""
        mark = f"{SEED}-{self.counts['writes']}"
        self.counts["writes"] += 1
        write = self.chance.choice(KINDS)(self.chance.randrange(CUSTOMERS) + 1, mark)
        reply = self.served.reply(write.tool, write.arguments)
        self.count(reply, "preview")
        if "confirm" not in reply or self.chance.random() < 0.1:
            return
        self.confirmed.append((write, reply["confirm"]))
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            self.told(self.served.reply(write.tool, {**write.arguments, "confirm": reply["confirm"]}), write.tool)

    def told(self, reply: dict[str, Any], what: str) -> None:
        self.count(reply, what)
        if reply.get("status") in {"done", "partly"} and reply["entry"] not in self.entries:
            self.entries.append(reply["entry"])
        if reply.get("status") == "unknown":
            self.unknown.add(reply["entry"])

    def undo(self) -> None:
        """Take back an earlier write, so that the books stay small."""
        for _ in range(2):
            if not self.entries:
                return
            asked = {"entry": self.entries.pop(self.chance.randrange(len(self.entries)))}
            reply = self.served.reply("undo_write", asked)
            if "confirm" in reply:
                done = self.served.reply("undo_write", {**asked, "confirm": reply["confirm"]})
                self.count(done, "undo")
                if done.get("status") == "unknown":
                    self.unknown.add(done["entry"])
            else:
                self.count(reply, "undo")

    def settle(self) -> None:
        """Find out what became of a write."""
        if not self.unknown:
            return
        entry = self.chance.choice(sorted(self.unknown))
        reply = self.served.reply("settle_write", {"entry": entry})
        self.count(reply, "settle")
        if reply.get("status") in {"done", "partly"} or "not written" in reply.get("error", ""):
            self.unknown.discard(entry)
            self.entries += [entry] if reply.get("status") in {"done", "partly"} else []

    def many(self) -> None:
        """Several calls at once."""
        calls = [self.served.call(*self.chance.choice(READS)) for _ in range(6)]
        for call in calls:
            self.count(told(self.served.answer(call)), "one of many")

    def leave_off(self) -> None:
        """A call that the client gives up."""
        call = self.served.call(*self.chance.choice(READS))
        time.sleep(self.chance.uniform(0, 0.05))
        self.served.cancel(call)
        self.counts["given up"] += 1

    def count(self, reply: dict[str, Any], what: str) -> None:
        self.counts["calls"] += 1
        assert "fault of ours" not in reply.get("error", ""), reply
        became = "error" if "error" in reply else reply.get("status", "ok") if reply.get("entry") else "ok"
        self.counts[f"{what}: {became}"] += 1

    def sample(self) -> Sample:
        proc = Path(f"/proc/{self.served.process.pid}")
        self.served.reply("get_company", {})  # whatever was given up is over when this is answered, or soon
        pages = int((proc / "statm").read_text().split()[1])
        status = dict(line.split(":\t", 1) for line in (proc / "status").read_text().splitlines() if ":\t" in line)
        descriptors = len(list((proc / "fd").iterdir()))
        return Sample(pages * os.sysconf("SC_PAGE_SIZE"), descriptors, int(status["Threads"]))


async def test_under_long_mixed_work_with_mishaps_memory_stays_flat_and_nothing_is_left_open(
    tmp_path: Path, tally: Tally
) -> None:
    with Nursery() as nursery:
        house = House(nursery, tmp_path, {"pace": PACE, "patience": 0.5}, KASHFLOW_TIMEOUT="1")
        soak = Soak(house, house.serve(), chances(SEED))
        soak.run()
        soak.served.process.leave()
        settled = await agreed(house, soak)

    warm = soak.samples[int(len(soak.samples) * WARM) :]
    quarter = max(1, len(warm) // 4)
    early, late = (statistics.median(sample.memory for sample in part) for part in (warm[:quarter], warm[-quarter:]))
    open_early, open_late = (min(sample.descriptors for sample in part) for part in (warm[:quarter], warm[-quarter:]))
    threads = max(sample.threads for sample in warm)
    tally(f"soak (seed {SEED})", {**soak.counts, **{f"settled: {state}": number for state, number in settled.items()}})
    tally(
        "soak, in the first and the last quarter",
        {
            "MB in the first": early // 2**20,
            "MB in the last": late // 2**20,
            "descriptors in the first": open_early,
            "descriptors in the last": open_late,
            "threads at most": threads,
        },
    )
    assert late <= early + ROOM, [sample.memory // 2**20 for sample in soak.samples]
    assert open_late <= open_early + 4, [sample.descriptors for sample in soak.samples]
    assert "Traceback" not in house.errors(), house.errors()[-5000:]


async def agreed(house: House, soak: Soak) -> Counter[str]:
    """Settle what is left open, a day later, and compare every confirmed write with the books."""
    clock = Later()
    clock.ahead = timedelta(seconds=soak.counts["seconds"] * PACE) + timedelta(days=1)
    settings = house.settings()
    server = create_server(settings, clock=clock)
    trail = Trail(house.folder / "trail.db", clock=clock)
    counts: Counter[str] = Counter()
    async with Client(server, mode="legacy"):
        desk = (await server.opening.kit()).desk
        for _ in range(2):
            await desk.settle_all()
            clock.ahead += timedelta(minutes=11)
    assert await trail.unsettled(digest(settings.account)) == []
    books = house.state()
    for write, confirm in soak.confirmed:
        entry = await trail.by_consent(consent_id(confirm))
        undone = entry is not None and await is_undone(trail, entry)
        counts[f"{entry.state if entry else 'no entry'}{', undone' if undone else ''}"] += 1
        on_trail = [int(step.state == "done" and not undone) for step in entry.steps] if entry else [0]
        if write.tool != "update_customer":  # a later change may stand in its place
            assert write.counts(books) == on_trail or (not entry and not any(write.counts(books))), (write, entry)
    assert is_balanced(books)
    assert (await trail.check({})).is_whole
    await trail.close()
    return counts


async def is_undone(trail: Trail, entry: Entry) -> bool:
    return any(later.undoes and later.state == "done" for later in await trail.undone_by(entry.account, entry.id))
