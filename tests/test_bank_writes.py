"""Money in and out of bank accounts, transfers and new accounts: entered, changed, deleted, taken back, to the penny."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Switches

CURRENT, RESERVE = 612351, 612362
PARKING = {
    "direction": "out",
    "amount": "12.60",
    "nominal": "7050",
    "bank_account": "Current account",
    "date": "2026-11-18",
    "comment": "Car park, proof delivery",
}
TRANSFER = {"from_account": "Current", "to_account": "Reserve", "amount": "750.00", "date": "2026-11-19"}
CAR_PARK, SAVED, DEPOSIT = 8730668, 8730660, 8730708
"""A car park with VAT, a transfer to the reserve account, and a deposit on account, in the demo company."""


@asynccontextmanager
async def desk_with(tmp_path: Path, **switches: Any) -> AsyncIterator[Desk]:
    company = a_company(switches=Switches(**switches))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        yield desk


async def confirmed(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def rows(desk: Desk) -> dict[int, dict[str, Any]]:
    """The bank transactions by id, their rates without trailing zeros."""
    found = desk.company.state()["bank_transactions"]
    return {row["id"]: {**row, "vat_rate": f"{Decimal(row['vat_rate']).normalize():f}"} for row in found}


def balance(desk: Desk, account: int) -> Decimal:
    found = next(row for row in desk.company.state()["bank_accounts"] if row["id"] == account)
    return Decimal(found["balance"])


def nominal_id(desk: Desk, code: int) -> int:
    return next(row["id"] for row in desk.company.state()["nominals"] if row["code"] == code)


# Money in and out


async def test_money_out_with_vat_is_entered_gross_with_the_vat_worked_out(desk: Desk) -> None:
    before, held = rows(desk), balance(desk, CURRENT)

    reply = await confirmed(desk, "record_bank_transaction", {**PARKING, "vat_rate": "20", "project": "PENH-REBRAND"})

    (new,) = (row for key, row in rows(desk).items() if key not in before)
    assert reply["status"] == "done"
    assert (new["money_out"], new["money_in"]) == ("12.60", "0.00")
    assert (new["vatable"], new["vat_rate"], new["vat"]) == (True, "20", "2.10")
    assert new["type"] == nominal_id(desk, 7050)
    assert new["comment"] == "Car park, proof delivery"
    assert new["project"] == 412319
    assert balance(desk, CURRENT) == held - Decimal("12.60")


async def test_the_preview_says_to_the_penny_what_is_entered_where(desk: Desk) -> None:
    preview = await desk("record_bank_transaction", {**PARKING, "vat_rate": "20"})

    assert preview["title"] == "Money out: £12.60 out of “Current account” for 7050 Parking and tolls"
    assert "VAT 20%: £2.10 within the amount (worked out from the amount), net £10.50" in preview["facts"]
    assert "Dated 18 Nov 2026" in preview["facts"]


async def test_without_a_rate_it_is_left_out_of_the_vat_return_and_the_preview_says_so(desk: Desk) -> None:
    before = rows(desk)
    boxes = await desk("get_vat_report", start="2026-10-01", end="2026-12-31")

    reply = await confirmed(
        desk,
        "record_bank_transaction",
        {
            "direction": "in",
            "amount": "3.91",
            "nominal": "Interest received",
            "bank_account": "Reserve account",
            "date": "2026-11-19",
        },
    )

    (new,) = (row for key, row in rows(desk).items() if key not in before)
    assert reply["status"] == "done"
    assert (new["money_in"], new["vatable"], new["vat"]) == ("3.91", False, "0.00")
    assert (await desk("get_vat_report", start="2026-10-01", end="2026-12-31"))["boxes"] == boxes["boxes"]


async def test_the_printed_vat_is_kept_and_a_strange_one_is_warned_of(desk: Desk) -> None:
    near = await desk("record_bank_transaction", {**PARKING, "vat_rate": "20", "vat": "2.09"})
    far = await desk("record_bank_transaction", {**PARKING, "vat_rate": "20", "vat": "1.00"})

    assert any("£2.09" in fact and "as given" in fact for fact in near["facts"])
    assert near.get("warnings", []) == []
    assert any("compare with the bill" in warning for warning in far["warnings"])


async def test_what_may_be_a_duplicate_or_is_dated_far_off_is_warned_of(desk: Desk) -> None:
    twice = await desk("record_bank_transaction", {**PARKING, "date": "2026-11-15"})
    old = await desk("record_bank_transaction", {**PARKING, "date": "2026-01-15"})
    future = await desk("record_bank_transaction", {**PARKING, "date": "2026-12-15"})

    assert any(f"transaction {CAR_PARK} of the same account" in warning for warning in twice["warnings"])
    assert any("far from today" in warning for warning in old["warnings"])
    assert any("in the future" in warning for warning in future["warnings"])


async def test_without_a_nominal_the_types_that_kashflow_offers_come_back(desk: Desk) -> None:
    text = await desk.error("record_bank_transaction", {**PARKING, "nominal": ""})

    assert "7900 Bank charges" in text
    assert "4000 Design services" not in text


async def test_a_nominal_that_is_no_type_of_the_bank_is_warned_of_and_kashflow_may_refuse_it(tmp_path: Path) -> None:
    async with desk_with(tmp_path, wrong_nominal_area="refuse") as desk:
        request = {**PARKING, "nominal": "7600"}
        preview = await desk("record_bank_transaction", request)
        assert any("not among KashFlow's types" in warning for warning in preview["warnings"])
        before = desk.company.state()

        text = await desk.error("record_bank_transaction", request, confirm=preview["confirm"])

        assert "KashFlow refused InsertBankTransaction" in text
        assert desk.company.state() == before


async def test_where_kashflow_takes_amounts_without_vat_the_balance_shows_it_and_the_reply_leads_with_it(
    tmp_path: Path,
) -> None:
    async with desk_with(tmp_path, bank_amounts="net") as desk:
        held = balance(desk, CURRENT)
        reply = await confirmed(desk, "record_bank_transaction", {**PARKING, "vat_rate": "20"})

        assert balance(desk, CURRENT) == held - Decimal("14.70")
        assert reply["differences"] == [
            "the account's balance moved by £14.70, not £12.60: KashFlow took the amount without its VAT"
        ]

        undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})
        assert undone["status"] == "done"
        assert balance(desk, CURRENT) == held


# Transfers


async def test_a_transfer_stands_in_both_accounts_under_one_id_and_undo_takes_it_from_both(desk: Desk) -> None:
    held = balance(desk, CURRENT), balance(desk, RESERVE)
    reply = await confirmed(desk, "record_transfer", TRANSFER)

    everything = await desk("find_bank_transactions", from_date="2026-11-19", min_amount=750, max_amount=750)
    ids = [row["id"] for row in everything["transactions"]]
    assert reply["status"] == "done"
    assert not reply.get("differences")
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert (balance(desk, CURRENT), balance(desk, RESERVE)) == (held[0] - 750, held[1] + 750)

    await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    assert ids[0] not in rows(desk)
    assert (balance(desk, CURRENT), balance(desk, RESERVE)) == held


async def test_a_transfer_waits_for_what_is_open_in_either_account(desk: Desk) -> None:
    desk.company.mishaps.add("InsertBankTransaction", "cut_before", 1)
    into = {"direction": "in", "amount": "5.00", "nominal": "4900", "bank_account": "Reserve", "comment": "interest"}
    unknown = await confirmed(desk, "record_bank_transaction", into)

    text = await desk.error("record_transfer", TRANSFER)

    assert unknown["status"] == "unknown"
    assert "An earlier write to the same place has an unknown outcome" in text


async def test_where_kashflow_refuses_a_transfer_its_words_come_back_and_nothing_is_written(tmp_path: Path) -> None:
    async with desk_with(tmp_path, bank_to_bank="refuse") as desk:
        preview = await desk("record_transfer", TRANSFER)
        before = desk.company.state()

        text = await desk.error("record_transfer", TRANSFER, confirm=preview["confirm"])

        assert "KashFlow refused InsertBankTransaction" in text
        assert desk.company.state() == before


async def test_a_deleted_transfer_is_entered_again_between_the_same_accounts(desk: Desk) -> None:
    held = balance(desk, CURRENT), balance(desk, RESERVE)
    reply = await confirmed(desk, "delete_bank_transaction", {"transaction": SAVED})
    assert any(said.startswith(f"Deletion of bank transaction {SAVED} of £750.00: ") for said in reply["facts"])
    assert SAVED not in rows(desk)
    assert (balance(desk, CURRENT), balance(desk, RESERVE)) == (held[0] + 750, held[1] - 750)

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert not undone.get("differences")
    assert (balance(desk, CURRENT), balance(desk, RESERVE)) == held


# Changing and deleting


async def test_only_what_was_named_changes(desk: Desk) -> None:
    before = rows(desk)[CAR_PARK]

    await confirmed(desk, "update_bank_transaction", {"transaction": CAR_PARK, "comment": "", "project": "4"})

    assert rows(desk)[CAR_PARK] == {**before, "comment": "", "project": 412329}


async def test_money_out_can_become_money_in_on_another_nominal_and_undo_brings_it_back(desk: Desk) -> None:
    before = rows(desk)[CAR_PARK]
    arguments = {"transaction": CAR_PARK, "direction": "in", "nominal": "4900", "vat_rate": "N/A", "date": "2026-11-16"}

    preview = await desk("update_bank_transaction", arguments)
    reply = await desk("update_bank_transaction", arguments, confirm=preview["confirm"])

    assert "Amount: £12.60 out becomes £12.60 in" in preview["facts"]
    assert any(said.startswith(f"Change of bank transaction {CAR_PARK}: ") for said in reply["facts"])
    assert "VAT: 20%, £2.10 becomes none, left out of the VAT return" in preview["facts"]
    assert rows(desk)[CAR_PARK] == {
        **before,
        "date": "2026-11-16",
        "money_in": "12.60",
        "money_out": "0.00",
        "type": nominal_id(desk, 4900),
        "vatable": False,
        "vat_rate": "0",
        "vat": "0.00",
    }
    await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    assert rows(desk)[CAR_PARK] == before


async def test_what_somebody_changed_meanwhile_is_not_overwritten_by_an_undo(desk: Desk) -> None:
    first = await confirmed(desk, "update_bank_transaction", {"transaction": CAR_PARK, "comment": "One"})
    await confirmed(desk, "update_bank_transaction", {"transaction": CAR_PARK, "comment": "Two"})

    text = await desk.error("undo_write", {"entry": first["entry"]})

    assert "was changed since" in text
    assert rows(desk)[CAR_PARK]["comment"] == "Two"


async def test_of_money_on_account_only_comment_and_project_change(desk: Desk) -> None:
    text = await desk.error("update_bank_transaction", {"transaction": DEPOSIT, "amount": "500.00"})
    await confirmed(desk, "update_bank_transaction", {"transaction": DEPOSIT, "comment": "Deposit"})

    assert "is money on account" in text
    assert rows(desk)[DEPOSIT]["comment"] == "Deposit"
    assert rows(desk)[DEPOSIT]["money_in"] == "400.00"


async def test_money_on_account_can_be_deleted_until_it_is_set_against_an_invoice(desk: Desk) -> None:
    preview = await desk("delete_bank_transaction", transaction=DEPOSIT)
    assert any("It is money on account" in warning for warning in preview["warnings"])
    deposit = rows(desk)[DEPOSIT]
    buyer = next(row for row in desk.company.state()["customers"] if row["id"] == deposit["customer"])
    lines = [{"description": "Liveries", "quantity": 1, "unit_price": "900", "vat_rate": "20", "nominal": 4000}]
    invoice = await confirmed(desk, "create_invoice", {"customer": buyer["code"], "lines": lines})
    await confirmed(desk, "allocate_advance", {"kind": "invoice", "number": invoice["number"], "transaction": DEPOSIT})

    text = await desk.error("delete_bank_transaction", transaction=DEPOSIT)

    assert "is set against an invoice" in text
    assert DEPOSIT in rows(desk)


# Accounts


@pytest.mark.parametrize("made_by", ["refuse", "create"])
async def test_whether_kashflow_makes_the_nominal_of_a_new_account_is_left_to_it(tmp_path: Path, made_by: str) -> None:
    async with desk_with(tmp_path, bank_account_code=made_by) as desk:
        request = {"name": "Savings", "nominal": 1230}
        preview = await desk("create_bank_account", request)
        assert any("whether KashFlow makes it or refuses is not documented" in fact for fact in preview["facts"])

        if made_by == "refuse":
            assert "KashFlow refused CreateBankAccount" in await desk.error(
                "create_bank_account", request, confirm=preview["confirm"]
            )
        else:
            reply = await desk("create_bank_account", request, confirm=preview["confirm"])
            assert (reply["status"], reply["code"]) == ("done", "1230")

        names = [row["name"] for row in desk.company.state()["bank_accounts"]]
        assert names.count("Savings") == (made_by == "create")


async def test_a_new_account_and_nominal_can_be_used_at_once(desk: Desk) -> None:
    """Lists that documents refer to are kept for minutes; a write of ours must not be hidden by that."""
    await desk("list_reference", kind="bank_accounts")
    await confirmed(desk, "create_nominal", {"code": 1230, "name": "Savings", "type": "current_asset", "use": "bank"})
    await confirmed(desk, "create_bank_account", {"name": "Savings", "nominal": 1230})

    reply = await confirmed(desk, "record_transfer", {**TRANSFER, "to_account": "Savings"})

    savings = next(row for row in desk.company.state()["bank_accounts"] if row["name"] == "Savings")
    assert reply["status"] == "done"
    assert savings["balance"] == "750.00"


async def test_control_and_bank_accounts_are_not_among_the_choices(desk: Desk) -> None:
    unnamed = await desk.error("record_bank_transaction", {**PARKING, "nominal": ""})
    near = await desk.error("record_bank_transaction", {**PARKING, "nominal": "Motor parking"})
    unknown = await desk.error("record_bank_transaction", {**PARKING, "nominal": "zzzz"})

    for text in (unnamed, near, unknown):
        assert "`nominal` set to one of:" in text
        assert "Control" not in text
        assert "Reserve account" not in text
    assert "`create_nominal` makes one" in near
    assert near.count("\n- ") < unknown.count("\n- ") == unnamed.count("\n- ")


async def test_words_are_said_to_be_looked_for_in_comment_and_type(desk: Desk) -> None:
    found = await desk("find_bank_transactions", words="car park")

    assert found["searched"].endswith("“car park” in comment or type")
    preview = await desk("record_bank_transaction", PARKING)
    assert "VAT: none; it is left out of the VAT return" in preview["facts"]
