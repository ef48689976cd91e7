"""Payments in and out, one or several of one sum of money: entered to the penny, finished or taken back where they stopped."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import TODAY, Clock, Desk, Meanwhile, a_company, open_desk, real_account
from test_writing import pay_elsewhere

from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.steps import KINDS
from kf_mcp.simulator import Simulator, Switches, payments
from kf_mcp.trail import Trail
from kf_mcp.trail.store import Store
from kf_mcp.writing import carrying

NAMED = {"method": "BACS", "bank_account": "Current account"}
BY_CARD = {"method": "Company card", "bank_account": "Current account"}
APEX = {"customer": "APEX01", "oldest_first": True, **NAMED}
"""Apex owes 181.20 (invoice 1026), 849.60 (1253) and 154.25 (1282), dated in this order."""
APEX_OWES = {1026: Decimal("181.20"), 1253: Decimal("849.60"), 1282: Decimal("154.25")}
BILLS = {
    "supplier": "WHAR01",
    "bills": [{"purchase": 1125}, {"purchase": 1129}, {"purchase": 1123, "amount": "59.84"}],
    **BY_CARD,
}


async def confirmed(desk: Desk, tool: str, request: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, request)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, request, confirm=preview["confirm"])


def purchase(desk: Desk, number: int) -> dict[str, Any]:
    return next(row for row in desk.company.state()["purchases"] if row["number"] == number)


def paid(desk: Desk, *numbers: int) -> list[Decimal]:
    return [Decimal(desk.invoice(number)["paid"]) for number in numbers]


def without_ids(desk: Desk) -> dict[str, Any]:
    """The books, with payments and bank transactions told by what they are and not by their ids."""
    state = desk.company.state()
    for document in (*state["invoices"], *state["purchases"]):
        document["payments"] = [{**payment, "id": 0} for payment in document["payments"]]
    state["bank_transactions"] = [{**row, "id": 0} for row in state["bank_transactions"]]
    return state


def fail_second(company: Simulator, mishap: str, operation: str = "InsertInvoicePayment", **more: Any) -> None:
    """The first call of an operation goes through, and the second one meets a mishap."""
    company.mishaps.add(operation, "slow", seconds=0.01)
    company.mishaps.add(operation, mishap, **more)


async def stopped_on_its_way(desk: Desk, mishap: str = "status_no") -> dict[str, Any]:
    """Apex paid 1,000.00; its oldest invoice is paid by it, and the next was refused."""
    preview = await desk("record_payments", {**APEX, "total": "1000.00"})
    fail_second(desk.company, mishap)
    reply = await desk("record_payments", {**APEX, "total": "1000.00"}, confirm=preview["confirm"])
    assert reply["status"] == "partly"
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), 0, 0]
    return reply


# Paying one purchase


async def test_a_purchase_is_paid_in_the_books_and_nothing_else_of_it_changes(desk: Desk) -> None:
    before = purchase(desk, 1127)

    reply = await confirmed(desk, "pay_purchase", {"purchase": 1127, **BY_CARD, "note": "card slip 7"})

    after, owed = purchase(desk, 1127), Decimal("168.00") - Decimal("50.00")
    payment = after["payments"][-1]
    assert (reply["status"], reply["checked"]) == ("done", "equal")
    assert (Decimal(payment["amount"]), payment["note"], payment["date"]) == (owed, "card slip 7", "2026-11-20")
    assert Decimal(after["due_home"]) == 0
    told = {"payments", "paid", "due_home"}
    assert {k: v for k, v in before.items() if k not in told} == {k: v for k, v in after.items() if k not in told}
    assert desk.is_balanced()


async def test_the_preview_of_a_payment_out_tells_the_bill_the_day_the_way_and_what_is_left(desk: Desk) -> None:
    preview = await desk("pay_purchase", {"purchase": 1127, "amount": "100.00", **BY_CARD})

    said = "\n".join(preview["facts"])
    assert preview["title"].startswith("Payment of £100.00 to “Speedwell Couriers” (SPEE01)")
    assert (
        "Purchase 1127 of 6 Nov 2026 (their reference “SPEE01/261106”): £168.00, of which £118.00 is outstanding"
        in said
    )
    assert "Paid 20 Nov 2026 (today)" in said
    assert "By Company card from Current account" in said
    assert "Outstanding afterwards: £18.00" in said


async def test_suppliers_are_paid_by_a_list_of_methods_of_their_own(desk: Desk) -> None:
    unnamed = await desk.error("pay_purchase", {"purchase": 1127, "bank_account": "Current account"})
    customers_own = await desk.error("pay_purchase", {"purchase": 1127, **BY_CARD, "method": "PayPal"})

    assert "- Company card" in unnamed
    assert "PayPal" not in unnamed
    assert "No supplier payment method is called “PayPal”" in customers_own


async def test_odd_payments_of_a_purchase_are_warned_of(desk: Desk) -> None:
    preview = await desk("pay_purchase", {"purchase": 1127, "amount": "200.00", "date": "2026-08-01", **BY_CARD})
    twin = await desk("pay_purchase", {"purchase": 1127, "amount": "50.00", "date": "2026-11-15", **BY_CARD})

    said = " ".join(preview["warnings"])
    assert "£82.00 more than is outstanding; the purchase would be overpaid" in said
    assert "dated before the purchase (6 Nov 2026)" in said
    assert "far from today" in said
    assert "Perhaps a duplicate: payment 31872714" in twin["warnings"][0]


async def test_undoing_a_payment_of_a_purchase_makes_it_outstanding_again(desk: Desk) -> None:
    before = desk.company.state()
    reply = await confirmed(desk, "pay_purchase", {"purchase": 1127, **BY_CARD})

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert desk.company.state() == before


# One receipt over several invoices


async def test_a_receipt_is_shared_out_over_the_oldest_invoices(desk: Desk) -> None:
    reply = await confirmed(desk, "record_payments", {**APEX, "total": "1000.00", "date": "2026-11-18"})

    assert reply["status"] == "done"
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("1000.00") - Decimal("181.20"), 0]
    assert {desk.invoice(number)["payments"][-1]["date"] for number in (1026, 1253)} == {"2026-11-18"}
    assert desk.is_balanced()


async def test_a_receipt_is_shared_out_as_the_person_says(desk: Desk) -> None:
    shares = [{"invoice": 1282}, {"invoice": 1253, "amount": "45.75"}]
    request = {"customer": "APEX01", "total": "200.00", "invoices": shares, **NAMED}
    preview = await desk("record_payments", request)

    reply = await desk("record_payments", request, confirm=preview["confirm"])

    said = "\n".join(preview["facts"])
    assert preview["title"].startswith(
        "Receipt of £200.00 from “Apex Roofing (South West) Ltd” (APEX01) for 2 invoices"
    )
    assert re.search(r"£154\.25 for invoice 1282 of .*: all that is outstanding", said)
    assert "£45.75 for invoice 1253 of 14 Sep 2026: outstanding £849.60 becomes £803.85" in said
    assert "Together £200.00" in said
    assert reply["status"] == "done"
    assert paid(desk, *APEX_OWES) == [0, Decimal("45.75"), Decimal("154.25")]


async def test_what_is_left_over_is_refused_and_stays_on_account_only_if_asked(desk: Desk) -> None:
    owed = sum(APEX_OWES.values())
    request = {**APEX, "total": str(owed + 15)}
    rows = len(desk.company.state()["bank_transactions"])

    text = await desk.error("record_payments", request)
    preview = await desk("record_payments", {**request, "rest_on_account": True})
    reply = await desk("record_payments", {**request, "rest_on_account": True}, confirm=preview["confirm"])

    kept = desk.company.state()["bank_transactions"][-1]
    assert f"£15.00 of the £{owed + 15:,} is left over" in text
    assert (
        "would get: £181.20 for invoice 1026 of 4 Nov 2025: all that is outstanding; £849.60 for invoice 1253" in text
    )
    assert "Ask the person: correct `total`, or set `rest_on_account`" in text
    assert "further invoices" not in text
    assert any("£15.00 stays on account: money in against 1100 Debtors Control" in fact for fact in preview["facts"])
    assert reply["status"] == "done"
    assert paid(desk, *APEX_OWES) == list(APEX_OWES.values())
    assert len(desk.company.state()["bank_transactions"]) == rows + 1
    assert (kept["money_in"], kept["type"], kept["customer"]) == ("15.00", 17387909, 47218442)
    assert desk.is_balanced()


async def test_without_saying_which_invoices_the_open_ones_come_back(desk: Desk) -> None:
    text = await desk.error("record_payments", {"customer": "APEX01", "total": "500.00", **NAMED})

    assert "Open of “Apex Roofing (South West) Ltd” (APEX01): 1026 of 4 Nov 2025 (£181.20), 1253" in text


async def test_everything_that_is_open_about_the_way_of_paying_comes_back_at_once(desk: Desk) -> None:
    several = {"supplier": "WHAR01", "bills": [{"purchase": 1125}]}
    asked = [
        await desk.error("record_payment", {"invoice": 1026}),
        await desk.error("pay_purchase", {"purchase": 1125}),
        await desk.error("record_payments", {"customer": "APEX01", "total": "100.00", "oldest_first": True}),
        await desk.error("pay_purchases", several),
    ]

    for text in asked:
        assert "Set `method` to one of:\n- BACS" in text
        assert "Set `bank_account` to one of:\n- Current account" in text


async def test_a_bank_transfer_is_the_one_method_that_is_called_so_and_no_other(tmp_path: Path) -> None:
    request = {"invoice": 1026, "method": "bank transfer", "bank_account": "Current account"}
    company = a_company()
    async with open_desk(company, real_account(tmp_path / "one")) as desk:
        preview = await desk("record_payment", request)
        by_hand = await desk.error("record_payment", {**request, "method": "by hand"})

    assert any(
        fact.startswith("By BACS (the only one that is a bank transfer by its name") for fact in preview["facts"]
    )
    assert "No payment method is called “by hand”" in by_hand


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"invoices": [{"invoice": 1292}]}, "1292 is none of “Apex"),
        ({"invoices": [{"invoice": 1026}, {"invoice": 1026}]}, "Invoice 1026 is named twice"),
        (
            {"invoices": [{"invoice": 1026, "amount": "181.21"}]},
            "£0.01 more than invoice 1026 has outstanding (£181.20)",
        ),
        ({"invoices": [{"invoice": 1253}]}, "The invoices come to £849.60, £649.60 more than the £200.00 received"),
        ({"invoices": [{"invoice": 1026}]}, "£18.80 of the £200.00 is left over"),
        ({"invoices": [{"invoice": 1026, "amount": 0}]}, "amount"),
        ({"invoices": [{"invoice": 1026}], "oldest_first": True}, "Both `invoices` and `oldest_first` were given"),
        ({"customer": "COTH01", "invoices": [{"invoice": 1307}]}, "1307 is a credit note"),
        ({"customer": "KEST01", "invoices": [{"invoice": 1119}]}, "Invoice 1119 is paid already"),
        ({"customer": "ATEL01", "invoices": [{"invoice": 1296}]}, "is in EUR, and KashFlow keeps payments in pounds"),
        ({"customer": "ATEL01", "oldest_first": True}, "Name the invoices and the pounds for each in `invoices`"),
        ({"customer": "COTH01", "oldest_first": True}, "Nothing is outstanding of"),
    ],
)
async def test_receipts_that_cannot_be_right_are_refused(desk: Desk, change: dict[str, Any], said: str) -> None:
    before = desk.company.state()

    text = await desk.error("record_payments", {"customer": "APEX01", "total": "200.00", **NAMED, **change})

    assert said in text
    assert desk.company.state() == before


async def test_what_a_bookkeeper_would_ask_about_a_receipt_is_warned_of(desk: Desk) -> None:
    foreign = {"customer": "ATEL01", "invoices": [{"invoice": 1296, "amount": "281.00"}], "total": "281.00"}
    on_account = await desk("record_payments", {**APEX, "customer": "KEST01", "total": "100.00"})
    in_euro = await desk("record_payments", {**foreign, **NAMED})
    early = await desk("record_payments", {**APEX, "total": "100.00", "date": "2025-11-01"})

    assert "money on account: £400.00 of 11 Nov 2026 (bank transaction 8730708)" in " ".join(on_account["warnings"])
    assert "Invoice 1296: The invoice is in EUR" in " ".join(in_euro["warnings"])
    assert "Invoice 1026: The payment is dated before the invoice (4 Nov 2025)" in " ".join(early["warnings"])


async def test_the_owners_limit_counts_the_whole_receipt(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all", max_amount=500)) as desk:
        text = await desk.error("record_payments", {**APEX, "total": "1000.00"})

    assert "£1,000.00 is above the owner's limit of £500.00" in text


async def test_undoing_a_receipt_takes_every_payment_back(desk: Desk) -> None:
    before = without_ids(desk)
    total = str(sum(APEX_OWES.values()) + 15)
    reply = await confirmed(desk, "record_payments", {**APEX, "total": total, "rest_on_account": True})

    preview = await desk("undo_write", {"entry": reply["entry"]})
    undone = await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])

    assert "`undo_write`" in reply["undo"]
    assert sum("is deleted" in fact for fact in preview["facts"]) == 4
    assert undone["status"] == "done"
    assert without_ids(desk) == before


# Several bills in one go


async def test_a_receipt_is_taken_back_from_its_end(desk: Desk) -> None:
    reply = await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})

    preview = await desk("undo_write", {"entry": reply["entry"]})

    taken_back = re.findall(r"invoice (\d+) is deleted", " ".join(preview["facts"]))
    assert taken_back == ["1282", "1253", "1026"]


async def test_several_bills_of_a_supplier_are_paid_in_one_go(desk: Desk) -> None:
    total = Decimal("222.00") + Decimal("374.40") + Decimal("59.84")

    reply = await confirmed(desk, "pay_purchases", {**BILLS, "total": str(total)})

    assert reply["status"] == "done"
    assert [purchase(desk, n)["payments"][-1]["amount"] for n in (1125, 1129, 1123)] == ["222.00", "374.40", "59.84"]
    assert Decimal(purchase(desk, 1123)["due_home"]) == Decimal("1059.84") - Decimal("59.84")
    assert desk.is_balanced()


async def test_bills_that_do_not_come_to_the_total_are_refused(desk: Desk) -> None:
    text = await desk.error("pay_purchases", {**BILLS, "total": "700.00"})

    assert "The bills come to £656.24, not £700.00" in text
    assert "`record_advance`" in text


async def test_a_supplier_credit_that_is_not_used_is_named(desk: Desk) -> None:
    request = {"supplier": "AVON01", "bills": [{"purchase": 1121}], **BY_CARD}

    preview = await desk("pay_purchases", request)
    text = await desk.error("pay_purchases", {**request, "bills": [{"purchase": 1121}, {"purchase": 1128}]})

    (unused,) = [said for said in preview["warnings"] if said.startswith("Credit note 1128 of £106.02 is not used yet")]
    assert "in KashFlow itself, whose API has no operation for it" in unused
    assert "1128 is a supplier's credit note" in text


# Stopped on its way


async def test_a_receipt_that_stops_on_its_way_says_what_is_in_the_books(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)

    said = "\n".join(reply["facts"])
    assert "Payment of £181.20 of invoice 1026: in the books as number" in said
    assert "Payment of £818.80 of invoice 1253: not written. KashFlow refused InsertInvoicePayment" in said
    assert f"`finish_write` with entry={reply['entry']}" in reply["next"]
    assert (await desk("list_writes"))["writes"][0]["state"] == "partly"


async def test_the_same_call_again_does_not_pay_twice(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    before = desk.company.state()

    again = await desk("record_payments", {**APEX, "total": "1000.00"})

    assert again["status"] == "partly"
    assert again["entry"] == reply["entry"]
    assert "confirm" not in again
    assert "nothing was sent now" in again["title"]
    assert "`finish_write`" in again["next"]
    assert desk.company.state() == before


async def test_the_same_payments_in_other_words_do_not_pay_twice_either(desk: Desk) -> None:
    named = {"customer": "APEX01", "total": "300.00", **NAMED}
    shares = [{"invoice": 1253, "amount": "200.00"}, {"invoice": 1282, "amount": "100.00"}]
    preview = await desk("record_payments", {**named, "invoices": shares})
    fail_second(desk.company, "status_no")
    first = await desk("record_payments", {**named, "invoices": shares}, confirm=preview["confirm"])

    again = await desk("record_payments", {**named, "customer": "Apex Roofing (South West) Ltd", "invoices": shares})

    assert first["status"] == again["status"] == "partly"
    assert first["entry"] == again["entry"]
    assert paid(desk, 1253, 1282) == [200, 0]


async def test_what_was_not_written_is_finished_and_only_that(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    preview = await desk("finish_write", {"entry": reply["entry"]})

    finished = await desk("finish_write", {"entry": reply["entry"]}, confirm=preview["confirm"])
    twice = await desk.error("finish_write", {"entry": reply["entry"]})

    assert "Done already: Payment of £181.20 of invoice 1026" in preview["facts"]
    assert "Still to be written: Payment of £818.80 of invoice 1253" in preview["facts"]
    assert finished["status"] == "done"
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("818.80"), 0]
    assert f"was finished by entry {finished['entry']}" in twice
    assert desk.is_balanced()


async def test_what_a_person_says_is_somebody_elses_is_not_taken_for_the_rest(company, tmp_path, clock: Clock) -> None:
    """The second payment never arrived; two colleagues entered its equal, each for another cheque."""
    request = {"customer": "APEX01", "total": "300.00", **NAMED}
    request["invoices"] = [{"invoice": 1253, "amount": "200.00"}, {"invoice": 1282, "amount": "100.00"}]
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(company, settings, clock=clock) as desk:
        fail_second(company, "cut_before")
        unknown = await confirmed(desk, "record_payments", request)
        for _ in range(2):
            await pay_elsewhere(company, 1282, "100.00")
        clock.time += timedelta(minutes=20)
        asked = {"entry": unknown["entry"], "decision": "not_written"}
        preview = await desk("settle_write", asked)
        await desk("settle_write", asked, confirm=preview["confirm"])

        rest = await confirmed(desk, "finish_write", {"entry": unknown["entry"]})

        assert unknown["status"] == "unknown"
        assert rest["status"] == "done"
        assert paid(desk, 1253, 1282) == [200, 300]


async def test_a_rest_that_overpays_what_was_paid_meanwhile_is_said_to(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    alone = await desk("finish_write", {"entry": reply["entry"]})
    left = Decimal(desk.invoice(1253)["due_home"]) - 800
    await confirmed(desk, "record_payment", {"invoice": 1253, "amount": f"{left}", **NAMED})

    preview = await desk("finish_write", {"entry": reply["entry"]})

    assert "warnings" not in alone
    assert preview["warnings"][-1] == (
        "Invoice 1253: that is £18.80 more than is outstanding; the invoice would be overpaid."
    )


async def test_after_it_was_finished_the_same_call_is_a_new_write_that_says_so(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    await confirmed(desk, "finish_write", {"entry": reply["entry"]})

    again = await desk("record_payments", {**APEX, "total": "100.00"})
    same = await desk.error("record_payments", {**APEX, "total": "1000.00"})

    assert again["status"] == "needs_confirmation"
    assert "is left over" in same
    assert "This call was carried out before" in same


async def test_what_was_written_in_part_can_be_taken_back_instead(desk: Desk) -> None:
    before = without_ids(desk)
    reply = await stopped_on_its_way(desk)

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    late = await desk.error("finish_write", {"entry": reply["entry"]})
    again = await desk("record_payments", {**APEX, "total": "1000.00"})

    assert undone["status"] == "done"
    assert without_ids(desk) == before
    assert f"was undone by entry {undone['entry']}" in late
    assert again["status"] == "needs_confirmation"


async def test_a_finished_write_is_undone_from_its_end(desk: Desk) -> None:
    before = without_ids(desk)
    first = (await stopped_on_its_way(desk))["entry"]
    second = (await confirmed(desk, "finish_write", {"entry": first}))["entry"]

    text = await desk.error("undo_write", {"entry": first})
    await confirmed(desk, "undo_write", {"entry": second})
    await confirmed(desk, "undo_write", {"entry": first})

    assert f"Undo entry {second} first" in text
    assert without_ids(desk) == before


async def test_a_rest_that_was_taken_back_comes_back_by_undoing_that_and_in_no_second_way(desk: Desk) -> None:
    first = (await stopped_on_its_way(desk))["entry"]
    second = (await confirmed(desk, "finish_write", {"entry": first}))["entry"]
    third = (await confirmed(desk, "undo_write", {"entry": second}))["entry"]

    text = await desk.error("finish_write", {"entry": first})
    await confirmed(desk, "undo_write", {"entry": third})

    assert f"Undo entry {third} instead" in text
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("818.80"), 0]


async def test_payments_that_came_back_in_parts_are_not_brought_back_whole(desk: Desk) -> None:
    """Deleted by an undo, entered again in two goes, taken away in two, and one of them brought back."""
    shares = [{"invoice": 1253, "amount": "200.00"}, {"invoice": 1282, "amount": "100.00"}]
    run = await confirmed(
        desk, "record_payments", {"customer": "APEX01", "total": "300.00", "invoices": shares, **NAMED}
    )
    deleted = (await confirmed(desk, "undo_write", {"entry": run["entry"]}))["entry"]
    preview = await desk("undo_write", {"entry": deleted})
    fail_second(desk.company, "status_no")
    begun = (await desk("undo_write", {"entry": deleted}, confirm=preview["confirm"]))["entry"]
    rest = (await confirmed(desk, "finish_write", {"entry": begun}))["entry"]
    taken = (await confirmed(desk, "undo_write", {"entry": rest}))["entry"]
    last = (await confirmed(desk, "undo_write", {"entry": begun}))["entry"]
    await confirmed(desk, "undo_write", {"entry": taken})

    text = await desk.error("undo_write", {"entry": deleted})
    await confirmed(desk, "undo_write", {"entry": last})

    assert f"undo entry {last} to bring that part back" in text
    assert paid(desk, 1253, 1282) == [200, 100]


async def test_what_another_finishes_just_before_we_undo_it_is_not_undone(company, tmp_path, monkeypatch) -> None:
    """The two write to different invoices; it is the entry that they have in common."""
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(company, settings) as others, open_desk(company, settings) as desk:
        entry = {"entry": (await stopped_on_its_way(desk))["entry"]}
        preview = await desk("undo_write", entry)
        read = payment_steps.DeleteInvoicePayment.evidence

        async def meanwhile(*looked: Any) -> Any:
            monkeypatch.undo()
            await confirmed(others, "finish_write", entry)
            return await read(*looked)

        monkeypatch.setattr(payment_steps.DeleteInvoicePayment, "evidence", meanwhile)
        text = await desk.error("undo_write", entry, confirm=preview["confirm"])

        assert "was finished by entry 2" in text
        assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("818.80"), 0]


async def test_an_undo_that_stops_on_its_way_can_be_finished(desk: Desk) -> None:
    before = without_ids(desk)
    reply = await confirmed(desk, "record_payments", {**APEX, "total": "1000.00"})
    preview = await desk("undo_write", {"entry": reply["entry"]})
    fail_second(desk.company, "status_no", "DeleteInvoicePayment")

    partly = await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])
    again = await desk("undo_write", {"entry": reply["entry"]})
    finished = await confirmed(desk, "finish_write", {"entry": partly["entry"]})

    assert partly["status"] == again["status"] == "partly"
    assert finished["status"] == "done"
    assert without_ids(desk) == before


async def test_what_was_undone_in_part_is_named_before_the_same_again_until_the_undo_is_finished(desk: Desk) -> None:
    shares = [{"invoice": 1253, "amount": "200.00"}, {"invoice": 1282, "amount": "100.00"}]
    request = {"customer": "APEX01", "total": "300.00", "invoices": shares, **NAMED}
    reply = await confirmed(desk, "record_payments", request)
    preview = await desk("undo_write", {"entry": reply["entry"]})
    fail_second(desk.company, "status_no", "DeleteInvoicePayment")
    partly = await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])
    meanwhile = await desk("record_payments", request)
    await confirmed(desk, "finish_write", {"entry": partly["entry"]})
    afterwards = await desk("record_payments", request)

    assert partly["status"] == "partly"
    assert meanwhile["warnings"][0].startswith("Exactly this was written before")
    assert "warnings" not in afterwards


async def test_a_lost_answer_on_the_way_is_looked_for_at_once_and_the_rest_goes_on(desk: Desk) -> None:
    preview = await desk("record_payments", {**APEX, "total": "1100.00"})
    fail_second(desk.company, "lose_answer")

    reply = await desk("record_payments", {**APEX, "total": "1100.00"}, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert "found by reading back" in reply["facts"][1]
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("849.60"), Decimal("69.20")]


async def test_a_late_answer_on_the_way_stops_the_rest_until_it_is_known(company, tmp_path, clock: Clock) -> None:
    request = {**APEX, "total": "1100.00"}
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        preview = await desk("record_payments", request)
        fail_second(company, "late", seconds=600)

        unknown = await desk("record_payments", request, confirm=preview["confirm"])
        early = await desk.error("finish_write", {"entry": unknown["entry"]})
        await company.settle_late()
        known = await desk("record_payments", request)
        finished = await confirmed(desk, "finish_write", {"entry": known["entry"]})

        assert unknown["status"] == "unknown"
        assert "not known yet" in early
        assert known["status"] == "partly"
        assert finished["status"] == "done"
        assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("849.60"), Decimal("69.20")]


async def test_what_is_looked_for_on_the_way_is_finished_by_nobody_else(company, tmp_path, monkeypatch) -> None:
    """While one server looks for a lost answer, to go on with the rest, another must not settle the write and finish it."""
    monkeypatch.setattr("kf_mcp.writing.desk.WAIT_FOR_OTHERS", 0.02)  # the other waits for us, who wait for it
    settings, request = real_account(tmp_path, confirm="either", toolsets="all"), {**APEX, "total": "1100.00"}
    told: list[str] = []
    async with open_desk(company, settings) as others, open_desk(company, settings) as desk:

        async def meanwhile(*looked: Any) -> Any:
            if not told:
                told.append((await others("settle_write", {"entry": 1}))["status"])
                told.append(await others.error("finish_write", {"entry": 1}))
            return await arrivals(*looked)

        preview = await desk("record_payments", request)
        fail_second(company, "lose_answer")
        arrivals = payment_steps.InsertInvoicePayment.arrivals
        monkeypatch.setattr(payment_steps.InsertInvoicePayment, "arrivals", meanwhile)
        reply = await desk("record_payments", request, confirm=preview["confirm"])

        assert told[0] == "unknown"
        assert "is not known yet" in told[1]
        assert reply["status"] == "done"
        assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("849.60"), Decimal("69.20")]


async def test_what_somebody_entered_meanwhile_is_not_entered_again(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    await confirmed(desk, "record_payment", {"invoice": 1253, "amount": "818.80", **NAMED})

    text = await desk.error("finish_write", {"entry": reply["entry"]})

    assert "the rest came into the books meanwhile" in text
    assert paid(desk, *APEX_OWES) == [Decimal("181.20"), Decimal("818.80"), 0]


async def test_another_payment_that_came_meanwhile_is_warned_of(desk: Desk) -> None:
    reply = await stopped_on_its_way(desk)
    other = await confirmed(desk, "record_payment", {"invoice": 1253, "amount": "100.00", **NAMED})

    preview = await desk("finish_write", {"entry": reply["entry"]})

    assert f"{other['number']} came to the same place meanwhile" in preview["warnings"][0]


async def test_a_number_that_was_given_out_again_is_not_paid(desk: Desk) -> None:
    line = {"description": "Hats", "unit_price": "80.00", "vat_rate": 0, "nominal": 4000}
    new = {"customer": "APEX01", "lines": [line], "reference": "first"}
    last = await confirmed(desk, "create_invoice", new)
    shares = [{"invoice": 1026}, {"invoice": last["number"]}]
    request = {"customer": "APEX01", "total": "261.20", "invoices": shares, **NAMED}
    preview = await desk("record_payments", request)
    fail_second(desk.company, "status_no")
    reply = await desk("record_payments", request, confirm=preview["confirm"])
    await confirmed(desk, "undo_write", {"entry": last["entry"]})
    again = await confirmed(desk, "create_invoice", {**new, "customer": "BITS01", "reference": "second"})
    preview = await desk("finish_write", {"entry": reply["entry"]})

    text = await desk.error("finish_write", {"entry": reply["entry"]}, confirm=preview["confirm"])

    assert reply["status"] == "partly"
    assert again["number"] == last["number"]
    assert f"The invoice that had the number {last['number']} is not in the books any more" in text
    assert desk.invoice(again["number"])["payments"] == []


async def test_after_a_month_a_part_can_no_longer_be_finished_and_the_call_is_free_again(
    company, tmp_path, clock: Clock
) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        reply = await stopped_on_its_way(desk)
        clock.time += timedelta(days=31)

        text = await desk.error("finish_write", {"entry": reply["entry"]})
        again = await desk("record_payments", {**APEX, "total": "1000.00"})

    assert "is not kept any more" in text
    assert again["status"] == "needs_confirmation"
    assert any("carried out before" in warning for warning in again["warnings"])


async def test_what_is_finished_later_obeys_the_owners_lock_of_then(company, tmp_path) -> None:
    settings = {"confirm": "either", "toolsets": "all"}
    async with open_desk(company, real_account(tmp_path, **settings)) as desk:
        reply = await stopped_on_its_way(desk)
    async with open_desk(company, real_account(tmp_path, **settings, locked_before="2026-12-01")) as desk:
        text = await desk.error("finish_write", {"entry": reply["entry"]})

    assert "lies before 1 Dec 2026" in text


async def test_how_far_it_has_come_is_on_the_trail_before_each_step(company, tmp_path, monkeypatch) -> None:
    seen: list[list[str]] = []
    note: Callable[..., Any] = Trail.note
    open_: Callable[..., Any] = Trail.open

    async def opening(trail: Trail, begun: Any) -> Any:
        seen.append([step.state for step in begun.steps])
        return await open_(trail, begun)

    async def noting(trail: Trail, entry: Any, state: Any, steps: Any) -> Any:
        seen.append([step.state for step in steps])
        return await note(trail, entry, state, steps)

    monkeypatch.setattr(Trail, "open", opening)
    monkeypatch.setattr(Trail, "note", noting)
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})

    assert seen[:3] == [["sending", "waiting", "waiting"], ["done", "sending", "waiting"], ["done", "done", "sending"]]


async def test_where_the_trail_fails_on_the_way_nothing_more_is_sent(company, tmp_path: Path, monkeypatch) -> None:
    note: Callable[..., Any] = Store.note

    def failing(store: Store, entry: Any, state: Any, steps: Any, now: Any) -> Any:
        if [step.state for step in steps] == ["done", "sending", "waiting"]:
            raise OSError("full")
        return note(store, entry, state, steps, now)

    monkeypatch.setattr(Store, "note", failing)
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        reply = await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})

        assert reply["status"] == "partly"
        assert paid(desk, *APEX_OWES) == [Decimal("181.20"), 0, 0]


async def test_where_a_step_still_waits_to_go_nothing_else_goes_meanwhile(
    company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kf_mcp.writing.desk.WAIT_FOR_OTHERS", 0.1)
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    said: list[str] = []
    async with open_desk(company, settings) as other:

        async def pay_the_second() -> None:
            said.append(await other.error("record_payment", {"invoice": 1253, **NAMED}))

        network = Meanwhile(company.transport(), "InsertInvoicePayment", (1,), pay_the_second)
        async with open_desk(company, settings, network=network) as desk:
            reply = await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})

    assert "An earlier write to the same place is being sent" in said[0]
    assert reply["status"] == "done"


async def test_a_write_that_another_server_took_for_dead_on_its_way_sends_nothing_more(
    company, tmp_path: Path, clock: Clock
) -> None:
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(company, settings, clock=clock) as other:

        async def taken_for_dead() -> None:
            clock.time += timedelta(hours=1)
            assert (await other("settle_write", entry=1))["status"] == "partly"

        network = Meanwhile(company.transport(), "InsertInvoicePayment", (1,), taken_for_dead)
        async with open_desk(company, settings, clock=clock, network=network) as desk:
            reply = await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})

        assert reply["status"] == "partly"
        assert paid(other, *APEX_OWES) == [Decimal("181.20"), 0, 0]
        assert (await other("list_writes"))["writes"][0]["state"] == "partly"


async def test_what_a_dead_server_had_not_begun_to_send_is_not_taken_from_what_others_entered(
    company, tmp_path: Path, clock: Clock, monkeypatch
) -> None:
    def failing(*_: Any) -> Any:
        raise OSError("full")

    settings = real_account(tmp_path, confirm="either", toolsets="all")
    with monkeypatch.context() as broken:
        broken.setattr(Store, "note", failing)
        broken.setattr(carrying, "CLOSING_TRIES", 1)
        async with open_desk(company, settings, clock=clock) as desk:
            await confirmed(desk, "record_payments", {**APEX, "total": "1100.00"})
    clock.time += timedelta(hours=1)
    async with open_desk(company, settings, clock=clock) as desk:
        books = company.books
        by_hand = {
            "PayDate": TODAY,
            "PayMethod": next(row.id for row in books.invoice_methods if row.name == NAMED["method"]),
            "PayAccount": next(row.id for row in books.bank_accounts if row.name == NAMED["bank_account"]),
            "PayAmount": APEX_OWES[1253],
            "PayNote": "",
        }
        payments.pay(books, books.invoices.numbered(1253), by_hand)

        reply = await desk("settle_write", {"entry": 1})

    assert reply["status"] == "partly"
    assert [row.endswith(": not sent.") for row in reply["facts"][:3]] == [False, True, True]


async def test_the_first_step_refused_is_a_plain_refusal(desk: Desk) -> None:
    preview = await desk("pay_purchases", BILLS)
    desk.company.mishaps.add("InsertReceiptPayment", "status_no")

    text = await desk.error("pay_purchases", BILLS, confirm=preview["confirm"])
    again = await desk("pay_purchases", BILLS)

    assert "KashFlow refused InsertReceiptPayment" in text
    assert again["status"] == "needs_confirmation"


async def test_bills_that_stop_on_their_way_are_finished(desk: Desk) -> None:
    preview = await desk("pay_purchases", BILLS)
    fail_second(desk.company, "status_no", "InsertReceiptPayment")
    reply = await desk("pay_purchases", BILLS, confirm=preview["confirm"])

    again = await desk("pay_purchases", BILLS)
    finished = await confirmed(desk, "finish_write", {"entry": reply["entry"]})

    assert reply["status"] == again["status"] == "partly"
    assert finished["status"] == "done"
    assert [len(purchase(desk, n)["payments"]) for n in (1125, 1129, 1123)] == [1, 1, 1]


# Deleting a payment


async def test_a_deleted_payment_leaves_the_invoice_outstanding_and_everything_else_alone(desk: Desk) -> None:
    before = desk.invoice(1018)

    reply = await confirmed(desk, "delete_payment", {"kind": "invoice", "number": 1018, "payment": 31871246})

    after = desk.invoice(1018)
    told = {"payments", "paid", "due_home"}
    assert reply["status"] == "done"
    assert (after["payments"], after["due_home"]) == ([], "234.00")
    assert {k: v for k, v in before.items() if k not in told} == {k: v for k, v in after.items() if k not in told}
    assert desk.is_balanced()


async def test_a_payment_that_was_never_read_back_and_is_gone_is_not_undone(company, tmp_path) -> None:
    async def fail_reading_back() -> None:
        company.mishaps.add("GetInvoicePayment", "http_500", 9)

    settings = real_account(tmp_path, confirm="either", toolsets="all")
    network = Meanwhile(company.transport(), "InsertInvoicePayment", (1,), fail_reading_back)
    async with open_desk(company, settings, network=network) as desk:
        paid = await confirmed(desk, "record_payment", {"invoice": 1253, "amount": "10.00", **NAMED})
        company.mishaps.clear()
        there = await desk.error("undo_write", {"entry": paid["entry"]})
        payment = desk.invoice(1253)["payments"][-1]["id"]
        await confirmed(desk, "delete_payment", {"kind": "invoice", "number": 1253, "payment": payment})
        gone = await desk.error("undo_write", {"entry": paid["entry"]})

        assert paid["checked"] == "not checked"
        assert "was never read back as it was sent, and may be another by now" in there
        assert "is not in the books any more" in gone


async def test_the_preview_of_a_deletion_tells_the_payment_and_what_becomes_outstanding(desk: Desk) -> None:
    preview = await desk("delete_payment", {"kind": "purchase", "number": 1127, "payment": 31872714})

    said = "\n".join(preview["facts"])
    assert preview["title"].startswith(
        "Deletion of the payment of £50.00 of purchase 1127, “Speedwell Couriers” (SPEE01)"
    )
    assert "Payment 31872714 of 15 Nov 2026: £50.00 by Company card, from Current account" in said
    assert "of which £118.00 is outstanding; outstanding afterwards: £168.00" in said
    assert "under a new id" in preview["undo"]


async def test_the_step_of_a_deletion_names_amount_and_document(desk: Desk) -> None:
    reply = await confirmed(desk, "delete_payment", {"kind": "purchase", "number": 1127, "payment": 31872714})
    recorded = await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    undone = await confirmed(desk, "undo_write", {"entry": recorded["entry"]})

    for done in (reply, undone):
        assert any(fact.startswith("Deletion of the payment of £50.00 of purchase 1127: ") for fact in done["facts"])


@pytest.mark.parametrize(
    ("kind", "kept", "words"),
    [
        (
            "deletion of a payment of an invoice",
            {"place": 1276, "document_id": 3},
            "Deletion of the payment 7 of invoice 1276",
        ),
        ("deletion of a bank transaction", {}, "Deletion of bank transaction 7"),
        ("deletion of a file of a purchase", {}, "Deletion of file 7 of a purchase"),
        ("deletion of a customer", {"code": "PENH01"}, "Deletion of customer PENH01"),
        ("change of an invoice's lines", {"members": {}}, "Change of an invoice's lines"),
    ],
)
def test_a_step_that_was_kept_before_it_told_more_still_loads(kind: str, kept: dict[str, Any], words: str) -> None:
    assert KINDS[kind].model_validate({"id": 7, "before": "", **kept}).words() == words


async def test_undoing_a_deletion_records_the_payment_again(desk: Desk) -> None:
    before = without_ids(desk)
    reply = await confirmed(desk, "delete_payment", {"kind": "purchase", "number": 1127, "payment": 31872714})

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert without_ids(desk) == before


async def test_a_payment_that_comes_back_to_what_was_paid_meanwhile_is_said_to_overpay_it(desk: Desk) -> None:
    deleted = await confirmed(desk, "delete_payment", {"kind": "invoice", "number": 1018, "payment": 31871246})
    alone = await desk("undo_write", {"entry": deleted["entry"]})
    await confirmed(desk, "record_payment", {"invoice": 1018, "amount": "200.00", **NAMED})

    preview = await desk("undo_write", {"entry": deleted["entry"]})

    assert "warnings" not in alone
    assert preview["warnings"] == [
        "Invoice 1018: that is £44.00 more than is outstanding; the invoice would be overpaid."
    ]


async def test_a_payment_that_is_gone_meanwhile_is_not_deleted_twice(desk: Desk) -> None:
    request = {"kind": "invoice", "number": 1018, "payment": 31871246}
    await confirmed(desk, "delete_payment", request)

    text = await desk.error("delete_payment", request)

    assert "No payment of invoice 1018 with the id 31871246" in text
    assert "carried out before" in text


@pytest.mark.parametrize("lost", ["lose_answer", "no_but_written"])
async def test_the_lost_answer_of_a_deletion_is_found_by_reading_back(desk: Desk, lost: str) -> None:
    request = {"kind": "invoice", "number": 1018, "payment": 31871246}
    preview = await desk("delete_payment", request)
    desk.company.mishaps.add("DeleteInvoicePayment", lost)

    reply = await desk("delete_payment", request, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert desk.invoice(1018)["payments"] == []


async def test_a_payment_in_a_locked_period_is_not_deleted(company, tmp_path) -> None:
    day = next(i for i in company.state()["invoices"] if i["number"] == 1018)["payments"][0]["date"]
    settings = real_account(tmp_path, confirm="either", toolsets="all", locked_before="2026-10-01")
    async with open_desk(company, settings) as desk:
        text = await desk.error("delete_payment", {"kind": "invoice", "number": 1018, "payment": 31871246})

    assert day < "2026-10-01"
    assert "the books are locked" in text


# The unknowns of KashFlow

TOUCHING = (
    "overpayment=refuse",
    "negative_payment=refuse",
    "missing_payment_details=default",
    "foreign_payments=document",
    "not_found_document=blank",
    "not_found_supplier=refuse",
    "delete_unknown=accept",
    "empty_list=absent",
    "locked_periods=refuse",
    "advance_without_party=accept",
    "same_day_order=stable",
    "bank_amounts=net",
    "foreign_totals=home",
)


@pytest.mark.parametrize("switch", TOUCHING)
async def test_payments_hold_whichever_way_kashflow_turns_out_to_be(tmp_path: Path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = without_ids(desk)
        total = str(sum(APEX_OWES.values()) + 15)
        came = await confirmed(desk, "record_payments", {**APEX, "total": total, "rest_on_account": True})
        went = await confirmed(desk, "pay_purchases", BILLS)
        gone = await confirmed(desk, "delete_payment", {"kind": "purchase", "number": 1127, "payment": 31872714})
        unknown = await desk.error("pay_purchase", {"purchase": 999_999, **BY_CARD})

        assert [reply["status"] for reply in (came, went, gone)] == ["done"] * 3
        assert not any(reply.get("differences") for reply in (came, went, gone))
        assert paid(desk, *APEX_OWES) == list(APEX_OWES.values())
        assert "No purchase with the number 999999" in unknown
        for reply in (gone, went, came):
            await confirmed(desk, "undo_write", {"entry": reply["entry"]})
        assert without_ids(desk) == before
        assert desk.is_balanced()


# A number that is given out again


async def test_a_number_that_is_given_out_again_halfway_gets_no_payment(tmp_path: Path) -> None:
    """While the first of two payments goes out, somebody deletes the other's invoice and enters one for another customer."""
    company = a_company()
    hats = {"lines": [{"description": "Hats", "unit_price": "10.00", "vat_rate": 0, "nominal": 4000}]}
    settings = real_account(tmp_path / "ours", confirm="either", toolsets="all")
    async with open_desk(company, settings) as desk:
        number = (await confirmed(desk, "create_invoice", {"customer": "APEX01", **hats}))["number"]

    async def given_out_again() -> None:
        company.books.drop_document(company.books.invoices.numbered(number))
        async with open_desk(company, real_account(tmp_path / "theirs", confirm="either")) as theirs:
            assert (await confirmed(theirs, "create_invoice", {"customer": "PENH01", **hats}))["number"] == number

    network = Meanwhile(company.transport(), "InsertInvoicePayment", (1,), given_out_again)
    async with open_desk(company, settings, network=network) as desk:
        shares = [{"invoice": 1253, "amount": "200.00"}, {"invoice": number, "amount": "10.00"}]
        request = {"customer": "APEX01", "total": "210.00", "invoices": shares, **NAMED}
        reply = await confirmed(desk, "record_payments", request)

        assert reply["status"] == "partly"
        assert (
            f"the invoice that had the number {number} is not in the books any more" in " ".join(reply["facts"]).lower()
        )
        assert desk.invoice(number)["payments"] == []


async def test_a_payment_with_another_note_is_not_taken_for_ours(desk: Desk, company: Simulator) -> None:
    """The same sum on the same day, entered by hand while ours is on its way: the note tells them apart."""
    company.mishaps.add("InsertInvoicePayment", "late", 1, 600)
    reply = await confirmed(desk, "record_payment", {"invoice": 1026, **NAMED, "note": "slip 7"})
    books = company.books
    by_hand = {
        "PayDate": TODAY,
        "PayMethod": next(row.id for row in books.invoice_methods if row.name == NAMED["method"]),
        "PayAccount": next(row.id for row in books.bank_accounts if row.name == NAMED["bank_account"]),
        "PayAmount": APEX_OWES[1026],
        "PayNote": "by hand",
    }
    payments.pay(books, books.invoices.numbered(1026), by_hand)

    settled = await desk("settle_write", entry=reply["entry"])

    assert settled["status"] == "unknown"
    assert "which is not quite what was sent" in " ".join(settled["facts"])
