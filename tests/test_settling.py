"""Finding out what became of a write, by reading back and by a person's decision."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import HATS, Clock, Desk, Person, a_company, open_desk, real_account
from test_writing import confirmed, hats

from kf_mcp.server import opening as opening_module
from kf_mcp.simulator import Switches

TWO_PLACES = {**HATS, "lines": [{**HATS["lines"][0], "unit_price": "10.8249"}]}


async def test_settle_write_finds_what_arrived_late_and_sends_nothing(desk: Desk, company: Any) -> None:
    company.mishaps.add("InsertInvoice", "late", 1, 60)
    reply = await confirmed(desk, "create_invoice", HATS)
    assert reply["status"] == "unknown"
    assert "settle_write" in reply["next"]
    still = await desk("settle_write", entry=reply["entry"])
    assert still["status"] == "unknown"

    await company.settle_late()
    settled = await desk("settle_write", entry=reply["entry"])

    assert settled["status"] == "done"
    assert settled["number"] == hats(desk)[0]["number"]
    assert len(hats(desk)) == 1


async def test_absence_settles_only_after_two_reads_ten_minutes_apart(company, tmp_path: Path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        company.mishaps.add("InsertInvoice", "cut_before", 1)
        reply = await confirmed(desk, "create_invoice", HATS)
        assert reply["status"] == "unknown"
        early = await desk.error("settle_write", entry=reply["entry"], decision="not_written")
        assert "KashFlow may finish late" in early

        clock.time += timedelta(minutes=11)
        preview = await desk("settle_write", entry=reply["entry"])

        assert "It is not in the books: read twice, ten minutes apart." in " ".join(preview["facts"])
        assert (await confirmed(desk, "create_invoice", HATS))["status"] == "done"
        assert len(hats(desk)) == 1


async def in_doubt(desk: Desk) -> dict[str, Any]:
    """A write whose answer was lost and that KashFlow changed, so that only a person can tell."""
    desk.company.mishaps.add("InsertInvoice", "lose_answer", 1)
    reply = await confirmed(desk, "create_invoice", TWO_PLACES)
    assert reply["status"] == "unknown"
    return reply


@pytest.fixture
def company() -> Any:
    return a_company(switches=Switches(rate_places="two"))


async def test_what_is_only_alike_waits_for_a_person_whose_decision_is_recorded(company, tmp_path: Path, era) -> None:
    person = Person()
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        company.mishaps.add("InsertInvoice", "lose_answer", 1)
        reply = await desk("create_invoice", TWO_PLACES)
        assert reply["status"] == "unknown"
        number = hats(desk)[0]["number"]
        assert str(number) in " ".join(reply["facts"])

        person.answer = "no"
        asked = {"entry": reply["entry"], "decision": "in_books", "number": str(number)}
        assert (await desk("settle_write", asked))["status"] == "declined"
        person.answer = "yes"
        settled = await desk("settle_write", asked)

        assert settled["status"] == "done"
        assert settled["number"] == number
        assert "Decision on entry 1" in person.asked[-1]
        assert "A person decided" in (await desk("list_writes"))["writes"][0]["said"]
        assert len(hats(desk)) == 1


async def test_a_decision_names_one_of_the_candidates(desk: Desk) -> None:
    reply = await in_doubt(desk)

    text = await desk.error("settle_write", entry=reply["entry"], decision="in_books", number="1001")

    assert "1 candidate" in text
    assert str(hats(desk)[0]["number"]) in text


async def test_decided_as_not_written_it_may_be_sent_again_and_the_preview_warns(desk: Desk) -> None:
    reply = await in_doubt(desk)
    assert "has an unknown outcome" in await desk.error("create_invoice", {**HATS, "reference": "PO 5"})

    preview = await desk("settle_write", entry=reply["entry"], decision="not_written")
    assert "makes two" in preview["warnings"][0]
    decided = await desk("settle_write", entry=reply["entry"], decision="not_written", confirm=preview["confirm"])

    assert "not written" in " ".join(decided["facts"])
    assert (await desk("create_invoice", {**HATS, "reference": "PO 5"}))["status"] == "needs_confirmation"


async def test_the_next_server_settles_what_the_last_one_left_open(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(opening_module, "SETTLES_AFTER", 0.01)
    company = a_company()
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        company.mishaps.add("InsertInvoice", "late", 1, 60)
        await confirmed(desk, "create_invoice", HATS)
    await company.settle_late()

    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        with anyio.fail_after(10):
            while (await desk("list_writes"))["writes"][0]["state"] != "done":  # noqa: ASYNC110 - it settles by itself
                await anyio.sleep(0.05)
        assert len(hats(desk)) == 1
