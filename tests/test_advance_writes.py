"""Money on account: entered in a party's name, set against a document once, and told where KashFlow did otherwise."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Simulator, Switches

DEBTORS, CREDITORS = 17387909, 17387933
KESTREL, WHARF = 47218397, "WHAR01"
DEPOSIT = {"kind": "customer", "party": "KEST01", "amount": "250.00", "bank_account": "Current account"}
PREPAID = {"kind": "supplier", "party": WHARF, "amount": "100.00", "bank_account": "Current account"}
SET = {"kind": "invoice", "number": 1018, "transaction": 8730708}
"""Kestrel has £400.00 on account in the demo company, and owes £156.00 on invoice 1018."""


async def confirmed(desk: Desk, tool: str, request: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, request)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, request, confirm=preview["confirm"])


def row(desk: Desk, number: int) -> dict[str, Any]:
    return next(found for found in desk.company.state()["bank_transactions"] if found["id"] == number)


def rename(company: Simulator, nominal: int, name: str) -> None:
    """The person called a nominal otherwise in KashFlow."""
    company.books.nominals.put(replace(company.books.nominals.get(nominal), name=name))


# Entering it


@pytest.mark.parametrize(
    ("request_", "side", "control", "who"),
    [(DEPOSIT, "money_in", DEBTORS, "customer"), (PREPAID, "money_out", CREDITORS, "supplier")],
    ids=["received", "paid"],
)
async def test_money_on_account_stands_against_the_control_account_in_the_partys_name(
    desk: Desk, request_: dict[str, Any], side: str, control: int, who: str
) -> None:
    state = desk.company.state()
    parties = {party["code"]: party["id"] for party in state[f"{who}s"]}

    reply = await confirmed(desk, "record_advance", {**request_, "comment": "Deposit"})

    entered = desk.company.state()["bank_transactions"][-1]
    assert (reply["status"], reply["checked"]) == ("done", "equal")
    assert (entered[side], entered["type"], entered[who]) == (request_["amount"], control, parties[request_["party"]])
    assert (entered["date"], entered["comment"], entered["vatable"]) == ("2026-11-20", "Deposit", False)
    assert desk.company.state()["invoices"] == state["invoices"]
    assert desk.is_balanced()


async def test_the_preview_names_the_control_account_and_what_is_open(desk: Desk) -> None:
    preview = await desk("record_advance", {**DEPOSIT, "comment": "Deposit"})

    said = "\n".join(preview["facts"])
    assert preview["title"] == "£250.00 from “Kestrel Aviation Services Ltd” (KEST01) on account"
    assert "Money in 20 Nov 2026 (today), into Current account" in said
    assert "Against 1100 Debtors Control (the only nominal that is called Debtors Control)" in said
    assert "Comment: “Deposit”" in said
    assert preview["warnings"][0] == "1 invoice of KEST01 is open: 1018. Is the money not for it?"
    assert "VAT due when it is received" in preview["warnings"][1]


async def test_money_that_was_entered_already_is_warned_of(desk: Desk) -> None:
    preview = await desk("record_advance", {**DEPOSIT, "amount": "400.00", "date": "2026-11-11"})

    assert (
        "Perhaps a duplicate: bank transaction 8730708 has the same customer, amount and date." in preview["warnings"]
    )


async def test_undoing_money_on_account_deletes_it(desk: Desk) -> None:
    before = desk.company.state()
    reply = await confirmed(desk, "record_advance", PREPAID)

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert desk.company.state() == before


async def test_a_control_account_that_is_called_otherwise_is_asked_for(desk: Desk) -> None:
    rename(desk.company, DEBTORS, "Customer ledger")

    text = await desk.error("record_advance", DEPOSIT)
    reply = await confirmed(desk, "record_advance", {**DEPOSIT, "control_nominal": 1100})

    assert "No nominal is called Debtors Control" in text
    assert "`control_nominal`" in text
    assert reply["status"] == "done"
    assert desk.company.state()["bank_transactions"][-1]["type"] == DEBTORS


async def test_of_two_control_accounts_none_is_chosen_silently(desk: Desk) -> None:
    rename(desk.company, 17388002, "Debtors control (old)")

    text = await desk.error("record_advance", DEPOSIT)

    assert "Several nominals are called Debtors Control" in text
    assert "- 1100 Debtors Control" in text
    assert "- 2109 Debtors control (old)" in text


# Setting it against a document


async def test_money_on_account_pays_the_invoice_and_the_rest_stays(desk: Desk) -> None:
    before = desk.invoice(1018)
    owed = Decimal("234.00") - Decimal("78.00")

    reply = await confirmed(desk, "allocate_advance", SET)

    after = desk.invoice(1018)
    told = {"payments", "paid", "due_home"}
    assert (reply["status"], reply["checked"]) == ("done", "equal")
    assert reply["number"] == after["payments"][-1]["id"]
    assert (
        f"KashFlow set £156.00 dated 11 Nov 2026 (payment {reply['number']}); outstanding of it now: £0.00."
        in reply["facts"][0]
    )
    assert (Decimal(after["payments"][-1]["amount"]), after["payments"][-1]["advance"]) == (owed, 8730708)
    assert Decimal(row(desk, 8730708)["allocated"]) == owed
    assert {k: v for k, v in before.items() if k not in told} == {k: v for k, v in after.items() if k not in told}
    assert desk.is_balanced()


async def test_the_preview_says_what_is_expected_and_that_nothing_takes_it_back(desk: Desk) -> None:
    preview = await desk("allocate_advance", {"kind": "invoice", "number": 1018})

    said = "\n".join(preview["facts"])
    assert "Invoice 1018 of 24 Oct 2025: £234.00, of which £156.00 is outstanding" in said
    assert (
        "The money: £400.00 of 11 Nov 2026 (bank transaction 8730708, “Deposit for liveries, no invoice yet”)" in said
    )
    assert "(the only money on account)" in said
    assert "Expected to be set against it: £156.00" in said
    assert "outstanding afterwards: £0.00" in said
    assert "The money is £244.00 more than is outstanding" in preview["warnings"][0]
    assert preview["undo"].startswith("nothing undoes it: KashFlow documents no operation")


async def test_an_unknown_party_comes_back_under_the_name_that_the_tool_has_for_it(desk: Desk) -> None:
    received = await desk.error("record_advance", {**DEPOSIT, "party": "Kestral Avation"})
    paid = await desk.error("record_advance", {**PREPAID, "party": "Papeterie Lac Paper"})

    assert "`party` set to one of" in received
    assert "`customer`" not in received
    assert "`party` set to one of" in paid


async def test_several_sums_on_account_come_back_as_choices(desk: Desk) -> None:
    second = await confirmed(desk, "record_advance", DEPOSIT)
    number = desk.company.state()["bank_transactions"][-1]["id"]

    text = await desk.error("allocate_advance", {"kind": "invoice", "number": 1018})
    reply = await confirmed(desk, "allocate_advance", {"kind": "invoice", "number": 1018, "transaction": number})

    assert second["status"] == reply["status"] == "done"
    assert "- 8730708: £400.00 of 11 Nov 2026" in text
    assert f"- {number}: £250.00 of 20 Nov 2026" in text
    assert row(desk, number)["allocated"] == "156.00"


async def test_money_paid_to_a_supplier_is_set_against_a_bill(desk: Desk) -> None:
    await confirmed(desk, "record_advance", PREPAID)

    reply = await confirmed(desk, "allocate_advance", {"kind": "purchase", "number": 1125})

    bill = next(found for found in desk.company.state()["purchases"] if found["number"] == 1125)
    assert reply["status"] == "done"
    assert Decimal(bill["due_home"]) == Decimal("222.00") - Decimal("100.00")
    assert desk.is_balanced()


async def test_what_was_set_against_a_document_is_not_undone_or_deleted(desk: Desk) -> None:
    reply = await confirmed(desk, "allocate_advance", SET)
    written = desk.company.state()

    undo = await desk.error("undo_write", {"entry": reply["entry"]})
    delete = await desk.error("delete_payment", {"kind": "invoice", "number": 1018, "payment": reply["number"]})

    assert "nothing undoes it" in undo
    assert "money on account, not like money that moved" in delete
    assert desk.company.state() == written


async def test_money_that_was_partly_used_before_is_told_as_a_difference(desk: Desk) -> None:
    """KashFlow lists money on account with its whole amount, however little of it is left."""
    line = {"description": "Liveries", "unit_price": "300.00", "vat_rate": 0, "nominal": 4000}
    invoice = await confirmed(desk, "create_invoice", {"customer": "KEST01", "lines": [line], "reference": "L1"})
    await confirmed(desk, "allocate_advance", SET)

    reply = await confirmed(desk, "allocate_advance", {**SET, "number": invoice["number"]})

    assert (reply["status"], reply["checked"]) == ("done", "differs")
    assert "grew by £244.00, not £300.00" in reply["differences"][0]
    assert "KashFlow set £244.00" in reply["facts"][0]
    assert "outstanding of it now: £56.00" in reply["facts"][0]


@pytest.mark.parametrize("lost", ["lose_answer", "no_but_written", "truncated_xml"])
async def test_a_lost_answer_is_found_by_reading_back(desk: Desk, lost: str) -> None:
    preview = await desk("allocate_advance", SET)
    desk.company.mishaps.add("AllocateAdvancePaymentToInvoice", lost)

    reply = await desk("allocate_advance", SET, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert "found by reading back" in reply["facts"][0]
    assert len(desk.invoice(1018)["payments"]) == 2


async def test_an_ordinary_payment_that_came_meanwhile_is_not_taken_for_it(
    company: Simulator, tmp_path: Path, clock: Clock
) -> None:
    """The same amount by an ordinary method: only a person can tell whether KashFlow writes an allocation so."""
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        preview = await desk("allocate_advance", SET)
        company.mishaps.add("AllocateAdvancePaymentToInvoice", "cut_before")
        await desk("allocate_advance", SET, confirm=preview["confirm"])
        soap = {"invoice": 1018, "method": "BACS", "bank_account": "Current account"}
        waiting = await desk.error("record_payment", soap)
        pay_in_kashflow(company, 1018, Decimal("156.00"))
        clock.time += timedelta(hours=1)

        reply = await desk("allocate_advance", SET)

        assert "unknown outcome" in waiting
        assert reply["status"] == "unknown"
        assert "a person must decide" in " ".join(reply["facts"])


def pay_in_kashflow(company: Simulator, number: int, amount: Decimal) -> None:
    """Somebody records a payment in KashFlow's own screens."""
    books = company.books
    invoice = books.invoices.numbered(number)
    first = next(iter(invoice.payments))
    books.put_document(replace(invoice, payments=(*invoice.payments, replace(first, id=1, amount=amount, home=amount))))


async def test_what_never_arrived_may_be_sent_again_after_ten_minutes(
    company: Simulator, tmp_path: Path, clock: Clock
) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        preview = await desk("allocate_advance", SET)
        company.mishaps.add("AllocateAdvancePaymentToInvoice", "cut_before")
        unknown = await desk("allocate_advance", SET, confirm=preview["confirm"])
        clock.time += timedelta(minutes=11)
        await desk.error("allocate_advance", SET)

        reply = await confirmed(desk, "allocate_advance", SET)

        assert (unknown["status"], reply["status"]) == ("unknown", "done")
        assert len(desk.invoice(1018)["payments"]) == 2


# The unknowns of KashFlow


@pytest.mark.parametrize(
    "switch", ["allocate_result=one", "not_found_document=blank", "empty_list=absent", "advance_without_party=accept"]
)
async def test_money_on_account_holds_whichever_way_kashflow_turns_out_to_be(tmp_path: Path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        replies = [
            await confirmed(desk, "record_advance", PREPAID),
            await confirmed(desk, "allocate_advance", SET),
            await confirmed(desk, "allocate_advance", {"kind": "purchase", "number": 1125}),
        ]

        assert [reply["status"] for reply in replies] == ["done"] * 3
        assert not any(reply.get("differences") for reply in replies)
        assert replies[1]["number"] == desk.invoice(1018)["payments"][-1]["id"]


async def test_an_invoice_that_kashflow_overpays_is_told(tmp_path: Path) -> None:
    company = a_company(switches=Switches.parse(["advance_above_due=overpays"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        reply = await confirmed(desk, "allocate_advance", SET)

        assert (reply["status"], reply["checked"]) == ("done", "differs")
        assert "grew by £400.00, not £156.00" in reply["differences"][0]
