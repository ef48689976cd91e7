"""Journals: entered with the right signs whichever KashFlow uses, balanced to the penny, changed whole, taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Switches

SIGNS = ("credit_positive", "debit_positive")
either_sign = pytest.mark.parametrize("sign", SIGNS)
LINES = [
    {"nominal": "7600", "debit": "300.00", "comment": "Review"},
    {"nominal": "7100", "debit": "120.00", "project": "4"},
    {"nominal": "Accruals", "credit": "420.00"},
]
ACCRUAL = {"date": "2026-11-19", "lines": LINES, "comment": "Accruals, November"}


@asynccontextmanager
async def desk_with(tmp_path: Path, world: str = "demo", **switches: Any) -> AsyncIterator[Desk]:
    company = a_company(world, Switches(**switches))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        yield desk


async def confirmed(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def journals(desk: Desk) -> dict[int, dict[str, Any]]:
    return {row["number"]: row for row in desk.company.state()["journals"]}


def amounts(desk: Desk, number: int) -> list[tuple[int, str]]:
    """The lines of a journal as the books hold them: a debit is above zero."""
    return [(line["nominal"], line["amount"]) for line in journals(desk)[number]["lines"]]


def debits(desk: Desk) -> dict[str, Decimal]:
    """Debits less credits of each nominal."""
    rows = desk.company.state()["trial_balance"]
    return {row["nominal"]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows}


@either_sign
async def test_debits_are_debits_whichever_sign_kashflow_gives_them(tmp_path: Path, sign: str) -> None:
    async with desk_with(tmp_path, journal_line_sign=sign) as desk:
        before = debits(desk)

        preview = await desk("create_journal", ACCRUAL)
        reply = await desk("create_journal", ACCRUAL, confirm=preview["confirm"])

        after = debits(desk)
        assert not any("above zero" in said for said in (*preview["facts"], *preview.get("warnings", [])))
        assert "Debit £300.00: 7600 Professional fees, “Review”" in preview["facts"]
        assert "Debit £120.00: 7100 Rent, project 4 “Studio website”" in preview["facts"]
        assert "Credit £420.00: 2109 Accruals" in preview["facts"]
        assert preview["title"] == "Journal of £420.00 on 19 Nov 2026"
        assert (reply["status"], reply["number"]) == ("done", 11)
        assert not reply.get("differences")
        assert amounts(desk, 11) == [(7600, "300.00"), (7100, "120.00"), (2109, "-420.00")]
        assert after["7600"] - before["7600"] == 300
        assert after["7100"] - before["7100"] == 120
        assert after.get("2109", Decimal(0)) - before.get("2109", Decimal(0)) == -420


@either_sign
async def test_where_no_journal_shows_the_sign_it_is_assumed_said_and_checked(tmp_path: Path, sign: str) -> None:
    async with desk_with(tmp_path, "empty", journal_line_sign=sign) as desk:
        request = {**ACCRUAL, "lines": [LINES[0], {"nominal": "2109", "credit": "300.00"}]}
        preview = await desk("create_journal", request)
        assert any("It is taken for a credit" in warning for warning in preview["warnings"])

        reply = await desk("create_journal", request, confirm=preview["confirm"])

        (number,) = journals(desk)
        if sign == "credit_positive":
            assert not reply.get("differences")
        else:
            assert len(reply["differences"]) == 1
            assert "KashFlow posted the debits as credits" in reply["differences"][0]
            assert debits(desk)["7600"] == -300
            put_right = await confirmed(desk, "update_journal", {"number": number, "lines": request["lines"]})
            assert put_right["status"] == "done"
        assert debits(desk) == {"7600": Decimal(300), "2109": Decimal(-300)}


async def test_a_journal_that_does_not_balance_is_refused_before_kashflow_could_post_the_rest_somewhere(
    tmp_path: Path,
) -> None:
    async with desk_with(tmp_path, unbalanced_journal="other") as desk:
        before = desk.company.state()
        lines = [LINES[0], {"nominal": "2109", "credit": "299.99"}]

        text = await desk.error("create_journal", {**ACCRUAL, "lines": lines})

        assert "Debits of £300.00 and credits of £299.99 differ by £0.01" in text
        assert desk.company.state() == before
        assert not any(call.name == "InsertJournal" for call in desk.company.calls)


@pytest.mark.parametrize("code", ["1100", "2100"])
async def test_control_accounts_are_refused_before_kashflow_does(desk: Desk, code: str) -> None:
    for tool, arguments in (("create_journal", ACCRUAL), ("update_journal", {"number": 10})):
        lines = [LINES[0], {"nominal": code, "credit": "300.00"}]

        text = await desk.error(tool, {**arguments, "lines": lines})

        assert "Line 2 is on" in text
        assert "a control account" in text
    assert not any(call.name in {"InsertJournal", "UpdateJournal"} for call in desk.company.calls)


async def test_a_line_has_a_debit_or_a_credit_and_never_both(desk: Desk) -> None:
    for line in ({"nominal": "7600"}, {"nominal": "7600", "debit": "1.00", "credit": "1.00"}):
        text = await desk.error("create_journal", {**ACCRUAL, "lines": [line, LINES[2]]})
        assert "Line 1 must have a debit or a credit, and not both" in text


async def test_what_may_be_a_duplicate_or_belongs_elsewhere_is_warned_of(desk: Desk) -> None:
    again = await desk(
        "create_journal",
        {
            "date": "2026-11-05",
            "lines": [{"nominal": "7403", "debit": "38.20"}, {"nominal": "5000", "credit": "38.20"}],
        },
    )
    bank = await desk(
        "create_journal",
        {
            "date": "2026-12-05",
            "lines": [{"nominal": "7403", "debit": "38.20"}, {"nominal": "1200", "credit": "38.20"}],
        },
    )

    assert any("journal 10 of the same day" in warning for warning in again["warnings"])
    assert any("is the bank account “Current account”" in warning for warning in bank["warnings"])
    assert "It is dated in the future." in bank["warnings"]


async def test_an_ambiguous_nominal_comes_back_with_its_line(desk: Desk) -> None:
    text = await desk.error("create_journal", {**ACCRUAL, "lines": [LINES[0], {"nominal": "VAT", "credit": "300.00"}]})

    assert "`lines[1].nominal`" in text
    assert "2200 VAT on sales" in text


@either_sign
async def test_date_and_comment_change_without_the_lines(tmp_path: Path, sign: str) -> None:
    async with desk_with(tmp_path, journal_line_sign=sign) as desk:
        before = journals(desk)[10]

        reply = await confirmed(desk, "update_journal", {"number": 10, "date": "2026-11-06", "comment": ""})

        assert journals(desk)[10] == {**before, "date": "2026-11-06", "comment": ""}
        await confirmed(desk, "undo_write", {"entry": reply["entry"]})
        assert journals(desk)[10] == before


@either_sign
async def test_lines_are_replaced_whole_and_undo_brings_the_old_ones_back(tmp_path: Path, sign: str) -> None:
    async with desk_with(tmp_path, journal_line_sign=sign) as desk:
        before = desk.company.state()
        preview = await desk("update_journal", {"number": 10, "lines": LINES})
        reply = await desk("update_journal", {"number": 10, "lines": LINES}, confirm=preview["confirm"])

        assert any(fact.startswith("Goes: Debit £38.20: 7403 Entertainment") for fact in preview["facts"])
        assert "Comes: Credit £420.00: 2109 Accruals" in preview["facts"]
        assert amounts(desk, 10) == [(7600, "300.00"), (7100, "120.00"), (2109, "-420.00")]

        await confirmed(desk, "undo_write", {"entry": reply["entry"]})
        assert desk.company.state() == before


async def test_a_deleted_journal_is_entered_again_with_the_same_postings(desk: Desk) -> None:
    before = debits(desk)
    reply = await confirmed(desk, "delete_journal", {"number": 9})
    assert 9 not in journals(desk)
    assert debits(desk) != before

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert not undone.get("differences")
    assert debits(desk) == before
    assert amounts(desk, undone["number"]) == [(2109, "420.00"), (7600, "-420.00")]


async def test_a_number_that_was_given_out_again_does_not_make_undo_delete_another_journal(desk: Desk) -> None:
    first = await confirmed(desk, "create_journal", ACCRUAL)
    await confirmed(desk, "delete_journal", {"number": 11})
    await confirmed(desk, "create_journal", {**ACCRUAL, "comment": "Another"})
    assert journals(desk)[11]["comment"] == "Another"

    text = await desk.error("undo_write", {"entry": first["entry"]})

    assert "is not in the books any more" in text or "was changed since" in text
    assert journals(desk)[11]["comment"] == "Another"


async def test_kashflow_saying_no_to_journals_is_told_in_its_words(desk: Desk) -> None:
    preview = await desk("create_journal", ACCRUAL)
    desk.company.mishaps.add("InsertJournal", "status_no", 1)

    text = await desk.error("create_journal", ACCRUAL, confirm=preview["confirm"])

    assert "KashFlow refused InsertJournal" in text
    assert 11 not in journals(desk)


async def test_without_a_trial_balance_the_reply_says_that_the_side_was_not_compared(desk: Desk) -> None:
    preview = await desk("create_journal", ACCRUAL)
    desk.company.mishaps.add("GetTrialBalance", "slow", seconds=0.01)  # the plan reads it once more
    desk.company.mishaps.add("GetTrialBalance", "status_no", 2)

    reply = await desk("create_journal", ACCRUAL, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert any("could not be compared with the trial balance" in fact for fact in reply["facts"])
    assert amounts(desk, 11) == [(7600, "300.00"), (7100, "120.00"), (2109, "-420.00")]


async def test_where_the_side_cannot_be_read_nothing_is_planned(desk: Desk) -> None:
    """Assuming it although journals are there could turn every debit into a credit."""
    desk.company.mishaps.add("GetTrialBalance", "status_no", 1)

    assert "KashFlow refused GetTrialBalance" in await desk.error("create_journal", ACCRUAL)
