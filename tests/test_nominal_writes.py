"""Nominal codes: entered with the right type under KashFlow's misleading names, and never twice."""

from typing import Any

import pytest
from conftest import Desk

from kf_mcp.kashflow.nominal_steps import TYPES, USES

CARD_FEES = {"code": 7905, "name": "Card fees", "type": "expense", "use": "bank"}


async def confirmed(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def nominals(desk: Desk) -> dict[int, dict[str, Any]]:
    return {row["code"]: row for row in desk.company.state()["nominals"]}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("use", USES)
async def test_type_and_use_arrive_where_they_belong_although_the_parameters_are_named_the_other_way(
    desk: Desk, kind: str, use: str
) -> None:
    reply = await confirmed(desk, "create_nominal", {**CARD_FEES, "type": kind, "use": use})

    new = nominals(desk)[7905]
    assert reply["status"] == "done"
    assert not reply.get("differences")
    assert (new["name"], new["type"], new["area"]) == ("Card fees", TYPES[kind], USES[use])


async def test_the_preview_says_what_stands_next_to_it_and_that_it_stays(desk: Desk) -> None:
    preview = await desk("create_nominal", {**CARD_FEES, "name": "bank charges", "use": "sales"})

    assert "Type: Expense" in preview["facts"]
    assert "Offered on sales invoices and quotes" in preview["facts"]
    assert "Codes next to it: 7900 Bank charges, 8000 Depreciation, 8200 Insurance" in preview["facts"]
    assert preview["undo"] == "nothing undoes it: KashFlow has no operation that deletes a nominal code"
    assert "A nominal is called so already: 7900 Bank charges." in preview["warnings"]
    assert "Expense is rarely offered on sales invoices and quotes." in preview["warnings"]


async def test_a_code_in_use_is_refused(desk: Desk) -> None:
    before = desk.company.state()

    text = await desk.error("create_nominal", {**CARD_FEES, "code": 4000})

    assert "The code 4000 is in use: 4000 Design services" in text
    assert desk.company.state() == before


async def test_a_lost_answer_is_found_by_the_code(desk: Desk) -> None:
    desk.company.mishaps.add("InsertNominalCode", "lose_answer", 1)

    reply = await confirmed(desk, "create_nominal", CARD_FEES)

    assert reply["status"] == "done"
    assert any("found by reading back" in fact for fact in reply["facts"])
    assert [row["code"] for row in desk.company.state()["nominals"]].count(7905) == 1


async def test_undo_is_refused_as_announced(desk: Desk) -> None:
    reply = await confirmed(desk, "create_nominal", CARD_FEES)

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "KashFlow has no operation that deletes a nominal code" in text
    assert 7905 in nominals(desk)


async def test_a_new_nominal_is_offered_at_once(desk: Desk) -> None:
    await desk("list_reference", kind="nominal_codes")
    await confirmed(desk, "create_nominal", CARD_FEES)

    preview = await desk(
        "record_bank_transaction",
        {"direction": "out", "amount": "3.10", "nominal": "Card fees", "bank_account": "Current account"},
    )

    assert "Nominal: 7905 Card fees" in preview["facts"]
