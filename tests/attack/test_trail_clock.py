"""A clock that is set forth and back: nothing is written twice for it, nothing waits for years, no limit is passed.

The ordinary run plays two short days of jumps. The full size, 20 days of 40 turns:
`KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_trail_clock.py`.
"""

import os
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import HATS, Clock, Desk, Tally, a_company, open_desk, real_account
from test_trail_checked import opening

from kf_mcp.simulator import Simulator
from kf_mcp.trail import StepState, Trail
from kf_mcp.trail.store import Store
from kf_mcp.writing.consent import Seal

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
DAYS, TURNS = (20, 40) if IS_LONG else (2, 14)
FORTH = [timedelta(seconds=2), timedelta(minutes=3), timedelta(minutes=11), timedelta(hours=1), timedelta(days=1)]
JUMPS = [*FORTH, timedelta(days=1500), *(-jump for jump in FORTH), timedelta(days=-1500)]


class SetClock(Clock):
    """A clock that somebody sets, on a computer that runs on."""

    def __init__(self) -> None:
        super().__init__()
        self.run = 100_000.0

    def uptime(self) -> float:
        return self.run

    def pass_(self, **time: float) -> None:
        self.time += timedelta(**time)
        self.run += timedelta(**time).total_seconds()


def written(company: Simulator, reference: str = "PO 4711") -> int:
    return sum(invoice["reference"] == reference for invoice in company.state()["invoices"])


async def lost(desk: Desk, mishap: str) -> dict[str, Any]:
    """A write whose answer does not come, and that is not in the books so far."""
    preview = await desk("create_invoice", HATS)
    desk.company.mishaps.add("InsertInvoice", mishap, 1, 3600)
    reply = await desk("create_invoice", HATS, confirm=preview["confirm"])
    assert reply["status"] == "unknown"
    return reply


# The ten minutes of absence


async def test_a_clock_set_forth_does_not_make_a_write_absent_that_kashflow_finishes_late(tmp_path: Path) -> None:
    company, clock = a_company(), SetClock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        await lost(desk, "late")
        clock.pass_(seconds=20)
        clock.time += timedelta(hours=5)
        still = await desk("create_invoice", HATS)
        assert still["status"] == "unknown"

        await company.settle_late()
        assert (await desk("create_invoice", HATS))["status"] == "done"
        assert written(company) == 1

        undo = {"entry": still["entry"]}  # what was found late is undone like anything else
        preview = await desk("undo_write", undo)
        assert (await desk("undo_write", undo, confirm=preview["confirm"]))["status"] == "done"
        assert written(company) == 0


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_ten_minutes_of_the_computer_running_and_of_the_clock_settle_absence(
    tmp_path: Path, is_restarted: bool
) -> None:
    company, clock = a_company(), SetClock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        await lost(desk, "cut_before")
        if is_restarted:
            clock.run = 30
        clock.pass_(minutes=9)
        assert (await desk("create_invoice", HATS))["status"] == "unknown"
        clock.pass_(minutes=2)

        assert "It was not written" in await desk.error("create_invoice", HATS)


async def test_ten_minutes_of_the_computer_running_alone_settle_nothing(tmp_path: Path) -> None:
    """Another computer of the same trail may have looked first: its running time says nothing about this one's."""
    company, clock = a_company(), SetClock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        await lost(desk, "late")
        clock.run += 100_000
        clock.time += timedelta(minutes=1)
        assert (await desk("create_invoice", HATS))["status"] == "unknown"

        await company.settle_late()
        assert (await desk("create_invoice", HATS))["status"] == "done"


async def test_a_clock_set_back_starts_the_ten_minutes_anew_instead_of_waiting_for_years(tmp_path: Path) -> None:
    company, clock = a_company(), SetClock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        await lost(desk, "cut_before")
        clock.time -= timedelta(days=1500)
        clock.pass_(minutes=11)
        assert (await desk("create_invoice", HATS))["status"] == "unknown"
        clock.pass_(minutes=11)

        assert "It was not written" in await desk.error("create_invoice", HATS)


# An entry that is being sent


@pytest.mark.parametrize(
    ("jump", "state"),
    [
        (timedelta(seconds=-30), "sending"),
        (timedelta(seconds=59), "sending"),
        (timedelta(seconds=61), "unknown"),
        (timedelta(days=-1500), "unknown"),
        (timedelta(days=1500), "unknown"),
    ],
)
async def test_an_entry_that_is_being_sent_is_held_so_for_its_time_and_not_for_years(
    tmp_path: Path, jump: timedelta, state: str
) -> None:
    clock = Clock()
    trail = Trail(tmp_path / "trail.db", clock=clock)
    entry = await trail.open(opening(1, seconds=60.0))
    clock.time += jump

    assert (await trail.get(entry.id)).state == state
    assert [found.id for found in await trail.unsettled("acct")] == [entry.id]  # it keeps its place taken either way
    done: list[StepState] = [entry.steps[0].model_copy(update={"state": "done", "number": 7})]
    assert (await trail.note(entry, "done", done)).state == "done"  # and whoever sent it may still say so
    await trail.close()


# Consent


@pytest.mark.parametrize(
    ("jump", "is_good"),
    [
        (timedelta(minutes=9), True),
        (timedelta(minutes=11), False),
        (timedelta(seconds=-30), True),
        (timedelta(minutes=-2), False),
        (timedelta(days=-1), False),
        (timedelta(days=1), False),
    ],
)
async def test_a_confirm_value_counts_for_ten_minutes_wherever_the_clock_is_set(
    tmp_path: Path, jump: timedelta, is_good: bool
) -> None:
    company, clock = a_company(), Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        preview = await desk("create_invoice", {**HATS, "issue_date": "2026-11-20"})
        clock.time += jump
        reply = await desk("create_invoice", {**HATS, "issue_date": "2026-11-20"}, confirm=preview["confirm"])

    assert (reply["status"] == "done") == is_good
    assert written(company) == is_good
    seal, asked = Seal(None, clock=clock), (clock.time - jump).timestamp()
    assert seal.is_over(asked) != is_good


async def test_a_yes_that_was_used_is_used_wherever_the_clock_is_set(tmp_path: Path) -> None:
    company, clock = a_company(), Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        preview = await desk("create_invoice", HATS)
        first = await desk("create_invoice", HATS, confirm=preview["confirm"])
        for jump in JUMPS:
            clock.time += jump
            again = await desk("create_invoice", HATS, confirm=preview["confirm"])
            assert (again["entry"], again["status"]) == (first["entry"], "done")
            clock.time -= jump

    assert written(company) == 1


# Limits


async def test_a_day_of_another_clock_between_two_writes_hides_neither_from_the_days_limit(tmp_path: Path) -> None:
    """The entries were read newest first, up to the first that was not of today; one dated yesterday hid all before it."""
    company, clock = a_company(), Clock()
    small = {**HATS, "lines": [{**HATS["lines"][1], "unit_price": "1.00"}], "reference": "small"}
    async with open_desk(company, real_account(tmp_path, confirm="either", daily_limit="50"), clock=clock) as desk:
        preview = await desk("create_invoice", HATS)
        await desk("create_invoice", HATS, confirm=preview["confirm"])
        clock.time -= timedelta(days=1)
        preview = await desk("create_invoice", small)
        await desk("create_invoice", small, confirm=preview["confirm"])
        clock.time += timedelta(days=1)

        text = await desk.error("create_invoice", {**HATS, "reference": "third"})

    assert (written(company), written(company, "small")) == (1, 1)
    assert "£87.90" in text


# A day of jumps


async def test_whatever_the_clock_does_each_invoice_is_written_once(tmp_path: Path, tally: Tally) -> None:
    """A person wants some invoices, calls again until each is there, and never says yes to a second one of the same."""
    counts: Counter[str] = Counter()
    for day in range(DAYS):
        await _one_day(tmp_path / f"{day}", random.Random(day), counts)  # noqa: S311 - chance that can be repeated
    tally("trail, clock", {**counts, "days": DAYS})

    assert counts["jumps"] >= DAYS
    assert counts["unknown"] >= DAYS


async def _one_day(folder: Path, chance: random.Random, counts: Counter[str]) -> None:
    company, clock = a_company(), SetClock()
    wanted: set[str] = set()
    late_since = 0.0
    async with open_desk(company, real_account(folder, confirm="either"), clock=clock) as desk:
        for turn in range(TURNS):
            clock.pass_(seconds=chance.randrange(1, 200))
            if late_since and (clock.run - late_since > 400 or chance.random() < 0.4):
                await company.settle_late()  # always within the ten minutes that KashFlow may take
                late_since = 0.0
            if chance.random() < 0.5:
                clock.time += chance.choice(JUMPS)
                counts["jumps"] += 1
            reference = f"R{turn}" if chance.random() < 0.4 or not wanted else chance.choice(sorted(wanted))
            wanted.add(reference)
            mishap = chance.choice(["none", "lose_answer", "cut_before", "none" if late_since else "late"])
            if mishap != "none":
                company.mishaps.add("InsertInvoice", mishap, 1, 3600)
            status = await _called(desk, reference)
            counts[status] += 1
            if mishap == "late" and not company.mishaps.scheduled():
                late_since = clock.run
            company.mishaps.clear()
            assert all(written(company, name) <= 1 for name in wanted), wanted
        await company.settle_late()
        for reference in sorted(wanted):
            for _ in range(4):
                clock.pass_(minutes=11)
                await _called(desk, reference)
            assert written(company, reference) == 1, reference
        assert desk.is_balanced()
    store = Store.at(folder / "trail.db")
    assert store.check({}).is_whole
    store.close()


async def _called(desk: Desk, reference: str) -> str:
    """What a person gets who calls, and says yes unless it was written before."""
    request = {**HATS, "reference": reference}
    result = await desk.result("create_invoice", request)
    if result.is_error:
        return "refused"
    reply = result.structured_content
    if reply["status"] != "needs_confirmation":
        return str(reply["status"])
    if any("(trail entry " in warning for warning in reply.get("warnings", [])):
        return "there already"
    result = await desk.result("create_invoice", request, confirm=reply["confirm"])
    return "refused" if result.is_error else str(result.structured_content["status"])
