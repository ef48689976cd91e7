"""Notes on invoices and purchases: added, read back by their text, and taken away by nobody."""

import re
import sqlite3
from datetime import date
from typing import Any

import httpx
import pytest
from conftest import Desk, a_company, open_desk, real_account
from test_writing import confirmed

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import note_steps
from kf_mcp.kashflow.connection import Connection
from kf_mcp.simulator import Switches

NOTE = {"kind": "invoice", "number": 1042, "text": "Promised for Friday\nby Mrs Lloyd"}
BILL = {"kind": "purchase", "number": 1020, "text": "Two boxes short"}


def notes(desk: Desk, noun: str, number: int) -> list[dict[str, Any]]:
    return next(row for row in desk.company.state()[noun] if row["number"] == number)["notes"]


class Altered(httpx.AsyncBaseTransport):
    """A KashFlow whose answers that hold a word say something else."""

    def __init__(self, inner: httpx.AsyncBaseTransport, pattern: bytes, instead: bytes, word: str) -> None:
        self._inner, self._pattern, self._instead, self._word = inner, pattern, instead, word.encode()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        if self._word in body:
            body = re.sub(self._pattern, self._instead, body)
        return httpx.Response(answer.status_code, headers={"Content-Type": "text/xml"}, content=body)


async def test_a_note_stands_with_todays_date_and_its_line_breaks(desk: Desk) -> None:
    preview = await desk("add_note", NOTE)
    reply = await desk("add_note", NOTE, confirm=preview["confirm"])

    (note,) = notes(desk, "invoices", 1042)
    assert "Note (in several lines): “Promised for Friday by Mrs Lloyd”" in preview["facts"]
    assert "Dated 20 Nov 2026 (today)" in preview["facts"]
    assert (note["text"], note["date"]) == ("Promised for Friday\nby Mrs Lloyd", "2026-11-20")
    assert reply["checked"] == "equal"
    assert f"id {note['id']}" in reply["facts"][0]


async def test_nothing_takes_a_note_back_and_the_preview_says_so(desk: Desk) -> None:
    preview = await desk("add_note", BILL)
    reply = await desk("add_note", BILL, confirm=preview["confirm"])

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert preview["warnings"] == ["Nothing takes a note back: KashFlow changes and deletes none through its API."]
    assert preview["undo"] == "nothing undoes it: KashFlow has no operation that changes or deletes a note"
    assert "cannot be undone" in text
    assert [note["text"] for note in notes(desk, "purchases", 1020)] == ["Two boxes short"]


async def test_the_same_note_again_is_warned_of_and_told_apart_by_its_id(desk: Desk) -> None:
    first = await confirmed(desk, "add_note", BILL)

    preview = await desk("add_note", BILL)
    second = await desk("add_note", BILL, confirm=preview["confirm"])

    assert any("The same note stands there already" in warning for warning in preview["warnings"])
    ids = [note["id"] for note in notes(desk, "purchases", 1020)]
    assert f"id {ids[0]}." in first["facts"][0]
    assert f"id {ids[1]}." in second["facts"][0]


@pytest.mark.parametrize("mishap", ["lose_answer", "no_but_written", "truncated_xml"])
async def test_a_note_whose_answer_was_lost_is_found_and_not_added_twice(desk: Desk, mishap: str) -> None:
    desk.company.mishaps.add("InsertReceiptNote", mishap, 1)

    reply = await confirmed(desk, "add_note", BILL)

    assert (reply["status"], reply["checked"]) == ("done", "equal")
    assert len(notes(desk, "purchases", 1020)) == 1


@pytest.mark.parametrize("switch", ["not_found_document=blank", "empty_list=absent"])
async def test_unknown_documents_are_refused_however_kashflow_says_it(tmp_path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        assert "No invoice" in await desk.error("add_note", {**NOTE, "number": 999999})
        assert "No purchase" in await desk.error("add_note", {**BILL, "number": 999999})
        assert (await confirmed(desk, "add_note", BILL))["checked"] == "equal"


@pytest.mark.parametrize(
    ("text", "words"), [("  ", "`text` is empty"), ("a\u202eb", "invisible"), ("x" * 2001, "2000")]
)
async def test_a_text_that_nobody_could_read_is_refused(desk: Desk, text: str, words: str) -> None:
    assert words in await desk.error("add_note", {**NOTE, "text": text})


async def test_the_trail_holds_no_word_of_a_note(desk: Desk, tmp_path) -> None:
    await confirmed(desk, "add_note", BILL)

    with sqlite3.connect(tmp_path / "trail.db") as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        holding = {
            table
            for table in tables
            if any("boxes short" in str(row) for row in database.execute(f'select * from "{table}"'))  # noqa: S608
        }
    database.close()
    assert "entries" not in holding


async def test_an_ok_that_says_false_is_not_taken_for_a_note(company, tmp_path) -> None:
    """What false would mean with OK is not documented, so the note is looked for."""
    altered = Altered(company.transport(), b">true<", b">false<", "InsertInvoiceNoteResult")
    soap = Connection(real_account(tmp_path), altered)
    invoice = next(row for row in company.state()["invoices"] if row["number"] == 1042)
    step = note_steps.on_invoice(invoice["id"], date(2026, 11, 20), "Hello")
    evidence = await step.evidence(soap)

    with pytest.raises(OutcomeUnknown, match="not added"):
        await step.send(soap)
    arrived = await step.arrivals(soap, step.trace(), evidence)
    await soap.close()

    assert len(arrived.equal) == 1
