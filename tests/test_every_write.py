"""Every tool that writes, asked the same questions: what it shows, what it changes, what it leaves alone, what takes it back."""

import json
import re
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, Desk, Person, a_company, open_desk, real_account
from write_examples import Example, examples
from write_examples.purchases import BILL

from kf_mcp import tools
from kf_mcp.kashflow.operations import operations
from kf_mcp.kashflow.steps import KINDS
from kf_mcp.simulator import Simulator
from kf_mcp.toolkit import marked

EXAMPLES = examples()
LATER = {"undo_write", "finish_write", "settle_write"}
"""Tools that work on the trail; the tests of undoing, finishing and settling are theirs."""
LINE = {"description": "Hats", "unit_price": "10.00", "vat_rate": 20, "nominal": 4000}
SAY_NOTHING = {
    "id",
    "number",
    "permanent_link",
    "Updated",
    "Created",
    "CustomerID",
    "SupplierID",
    "settles_with",
    "nominal_id",
}
"""Members that say no more about a record than which one it is, or when it was entered."""
every = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id or example.tool)


@asynccontextmanager
async def opened(tmp_path: Path, example: Example, **more: Any):
    """A desk on a fresh demo company, with what the example needs written before."""
    company = a_company()
    tmp_path.mkdir(exist_ok=True)  # noqa: ASYNC240 - a test's own folder
    settings = real_account(tmp_path, **{"confirm": "either", "toolsets": "all", "attach_from": tmp_path, **more})
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    clock = Clock()
    async with open_desk(company, settings, clock=clock) as desk:
        for tool, arguments in example.before:
            await done(desk, tool, arguments)
        yield desk


async def done(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def paths(value: Any, at: str = "") -> dict[str, Any]:
    """Every member of the books by its path: invoices/1042/reference."""
    if isinstance(value, dict):
        return {
            path: leaf for name, part in value.items() for path, leaf in paths(part, f"{at}/{name}".strip("/")).items()
        }
    if isinstance(value, list):
        found: dict[str, Any] = {}
        for n, part in enumerate(value):
            key = (
                next((part[k] for k in ("code", "number", "id", "nominal") if part.get(k)), n)
                if isinstance(part, dict)
                else n
            )
            key = n if at.rpartition("/")[2] == "lines" else key
            found |= paths(part, f"{at}/{key}")
        return found or {at: []}
    return {at: plain(value)}


def plain(value: Any) -> Any:
    """A value, however many places its figures are written with."""
    return _plain(value) if isinstance(value, str) else value


@cache
def _plain(text: str) -> str:
    is_figure = re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text)
    return f"{Decimal(text).normalize():f}" if is_figure else text


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The paths that differ."""
    was, is_now = paths(before), paths(after)
    return {path for path in was.keys() | is_now.keys() if was.get(path, "absent") != is_now.get(path, "absent")}


def bare(value: Any) -> Any:
    """The books without ids, numbers and times, in an order of their own."""
    if isinstance(value, dict):
        return {name: bare(part) for name, part in value.items() if name not in SAY_NOTHING}
    if isinstance(value, list):
        return sorted((bare(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return plain(value)


def sound(company: Simulator) -> bool:
    rows = company.state()["trial_balance"]
    return sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0 and not company.problems


def test_every_tool_that_writes_has_an_example() -> None:
    writing = {function.__name__ for module in tools.modules() for function, mark in marked(module) if mark.is_writing}

    assert writing - LATER == {example.tool for example in EXAMPLES}


def test_every_step_sends_an_operation_that_writes_and_only_those_can_be_sent() -> None:
    sent = {operation for kind in KINDS.values() for operation in (kind.operation, *kind.other_operations)}

    assert {name for name in sent if operations()[name].effect not in {"write", "sends_mail"}} == set()


@every
async def test_a_preview_changes_nothing_and_a_yes_changes_only_what_it_should(
    tmp_path: Path, example: Example
) -> None:
    async with opened(tmp_path, example) as desk:
        before = desk.company.state()
        preview = await desk(example.tool, example.arguments)
        assert desk.company.state() == before
        assert preview["facts"]
        assert preview["undo"]

        reply = await desk(example.tool, example.arguments, confirm=preview["confirm"])

        after = desk.company.state()
        strayed = {
            path
            for path in changed(before, after)
            if not any(f"{path}/".startswith(f"{named}/") for named in example.changes)
        }
        assert reply["status"] == "done", reply
        assert not reply.get("differences")
        assert strayed == set()
        assert changed(before, after)
        assert sound(desk.company)
        assert any(call.name == example.operation for call in desk.company.calls)


@every
async def test_what_was_written_can_be_undone_or_the_preview_says_that_it_cannot(
    tmp_path: Path, example: Example
) -> None:
    async with opened(tmp_path, example) as desk:
        before = desk.company.state()
        reply = await done(desk, example.tool, example.arguments)
        written = desk.company.state()

        if example.is_undone:
            assert "`undo_write`" in reply["undo"]
            undone = await done(desk, "undo_write", {"entry": reply["entry"]})
            assert undone["status"] == "done"
            assert not undone.get("differences"), undone
            if example.is_restored:
                assert bare(desk.company.state()) == bare(before)
        else:
            assert "othing" in reply["undo"]
            text = await desk.error("undo_write", {"entry": reply["entry"]})
            assert reply["undo"].split("; ")[0] in text
            assert desk.company.state() == written
        assert sound(desk.company)


@every
async def test_a_lost_answer_ends_in_one_write_or_in_doubt_that_is_told(tmp_path: Path, example: Example) -> None:
    async with opened(tmp_path / "plain", example) as desk:
        await done(desk, example.tool, example.arguments)
        once = bare(desk.company.state())
    async with opened(tmp_path / "lost", example) as desk:
        desk.company.mishaps.add(example.operation, "lose_answer", 1)
        reply = await done(desk, example.tool, example.arguments)

        assert reply["status"] in {"done", "unknown", "partly"}
        if reply["status"] == "unknown":
            assert any("cannot show" in fact for fact in reply["facts"]), reply
        if reply["status"] != "partly":
            assert bare(desk.company.state()) == once
        assert sound(desk.company)


@pytest.mark.parametrize(
    ("first", "then", "arguments"),
    [
        ("record_payment", "delete_invoice", {"invoice": 1299}),
        ("update_invoice", "record_payment", {"invoice": 1299, "method": "BACS", "bank_account": "Current account"}),
        ("pay_purchase", "update_purchase", {"purchase": 1127, "reference": "WTP 88"}),
        ("delete_payment", "update_invoice", {"invoice": 1018, "reference": "PO 9913"}),
        ("delete_customer", "create_invoice", {"customer": "QUIL01", "lines": [LINE]}),
        ("delete_customer", "create_quote", {"customer": "QUIL01", "lines": [LINE]}),
        ("delete_supplier", "create_purchase", {**BILL, "supplier": "QUAY01"}),
        ("apply_credit_note", "update_invoice", {"invoice": 1308, "reference": "PO 9913"}),
        ("allocate_advance", "update_invoice", {"invoice": 1018, "reference": "PO 9913"}),
        ("allocate_advance", "delete_bank_transaction", {"transaction": 8730708}),
        ("convert_quote", "update_quote", {"number": 1011, "reference": "Sign 7"}),
        ("delete_purchase", "attach_file", {"kind": "purchase", "number": 1124, "path": "bill.pdf"}),
        ("delete_invoice", "attach_file", {"kind": "invoice", "number": 1299, "path": "bill.pdf"}),
    ],
)
async def test_while_the_outcome_of_a_write_is_open_what_rests_on_it_waits(
    tmp_path: Path, first: str, then: str, arguments: dict[str, Any]
) -> None:
    example = next(example for example in EXAMPLES if example.tool == first)
    async with opened(tmp_path, example) as desk:
        desk.company.mishaps.add(example.operation, "late", 1, 6000)
        reply = await done(desk, first, example.arguments)

        text = await desk.error(then, arguments)

        assert reply["status"] == "unknown"
        assert f"An earlier write to the same place has an unknown outcome: {reply['title']}" in text


@every
async def test_a_refusal_says_what_is_wrong_and_writes_nothing(tmp_path: Path, example: Example) -> None:
    assert example.refusals
    async with opened(tmp_path, example) as desk:
        before = desk.company.state()
        for arguments, words in example.refusals:
            text = await desk.error(example.tool, {**example.arguments, **arguments})
            assert words in text, text
        assert desk.company.state() == before


@every
async def test_without_a_persons_yes_nothing_is_written(tmp_path: Path, example: Example) -> None:
    company = a_company()
    settings = real_account(tmp_path, toolsets="all", attach_from=tmp_path)
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    person = Person()
    async with open_desk(company, settings, person=person) as desk:
        for tool, arguments in example.before:
            assert (await desk(tool, arguments))["status"] == "done"
        before = company.state()
        person.answer = "no"

        assert (await desk(example.tool, example.arguments))["status"] == "declined"
        assert company.state() == before
