"""Undoing and finishing keep to the rules of the tools: what a tool would refuse or warn of, they refuse or warn of."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import HATS, Desk, a_company, open_desk, real_account
from test_undoing import FILED, MAIL, file_vat
from test_writing import NAMED, confirmed, pay_elsewhere

BY_CARD = {"method": "Company card", "bank_account": "Current account"}
BANK = {"bank_account": "Current account"}
WALRUS = {"name": "Walrus Ltd", "email": "w@example.org", "code": "WAL9"}
BILL = {
    "supplier": "WHAR01",
    "reference": "W 77",
    "issue_date": "2026-11-10",
    "due_date": "2026-12-10",
    "lines": [{"description": "Rope", "unit_price": "30.00", "vat_rate": 20, "nominal": 5000}],
}


async def undoing(desk: Desk, reply: dict[str, Any]) -> list[str]:
    """The warnings of the preview that undoes this."""
    return (await desk("undo_write", {"entry": reply["entry"]})).get("warnings", [])


# What is deleted by an undo


async def test_an_invoice_that_goes_by_an_undo_is_said_to_take_its_notes_and_leave_its_credit_note(desk: Desk) -> None:
    reply = await confirmed(desk, "create_invoice", HATS)
    alone = await undoing(desk, reply)
    await confirmed(desk, "add_note", {"kind": "invoice", "number": reply["number"], "text": "They rang."})
    credit = await confirmed(desk, "create_credit_note", {"invoice": reply["number"]})

    assert alone == []
    assert await undoing(desk, reply) == [
        "Its 1 note would be lost for good.",
        f"Credit note {credit['number']} names it (“Credit for invoice {reply['number']}”) and would stay.",
    ]


async def test_a_purchase_that_goes_by_an_undo_is_said_to_take_its_notes(desk: Desk) -> None:
    reply = await confirmed(desk, "create_purchase", BILL)
    alone = await undoing(desk, reply)
    await confirmed(desk, "add_note", {"kind": "purchase", "number": reply["number"], "text": "Asked for a copy."})

    assert alone == []
    assert await undoing(desk, reply) == [
        "1 note and 0 attached files go with it, and undoing does not bring them back."
    ]


async def test_a_customer_who_goes_by_an_undo_is_said_to_have_money_on_account(desk: Desk) -> None:
    reply = await confirmed(desk, "create_customer", WALRUS)
    alone = await undoing(desk, reply)
    await confirmed(desk, "record_advance", {"kind": "customer", "party": "WAL9", "amount": "50.00", **BANK})

    said = await undoing(desk, reply)

    assert alone == []
    assert len(said) == 1
    assert said[0].startswith("Money of this customer is on account: £50.00 of 20 Nov 2026")


async def test_money_on_account_that_goes_by_an_undo_is_said_to_be_perhaps_used(desk: Desk) -> None:
    paid = {"kind": "supplier", "party": "WHAR01", "amount": "20.00", **BANK}
    reply = await confirmed(desk, "record_advance", paid)
    await confirmed(desk, "allocate_advance", {"kind": "purchase", "number": 1125})

    said = await undoing(desk, reply)

    assert len(said) == 1
    assert "Whether a part of it was set against a document is not shown by KashFlow" in said[0]


# What must stand, so that the opposite is entered


async def test_what_was_credited_and_paid_since_is_said_before_an_undo_credits_it_once_more(desk: Desk) -> None:
    reply = await confirmed(desk, "create_invoice", HATS)
    number = reply["number"]
    await confirmed(desk, "email_invoice", {"invoice": number, "to": "a@example.org", **MAIL})
    alone = await desk("undo_write", {"entry": reply["entry"]})
    credit = await confirmed(desk, "create_credit_note", {"invoice": number, "reason": "sent back"})
    await confirmed(desk, "record_payment", {"invoice": number, **NAMED})

    preview = await desk("undo_write", {"entry": reply["entry"]})

    assert "warnings" not in alone
    assert "Set the two against each other afterwards with `apply_credit_note`" in alone["facts"]
    assert f"Invoice {number} is paid or used, so the two cannot be set against each other" in preview["facts"]
    assert preview["warnings"] == [
        "THAT IS TOO MUCH: earlier credits leave £0.00 of the invoice to be credited.",
        f"Credited before: credit note {credit['number']} of 20 Nov 2026, -£43.95, “Credit for invoice {number}: sent back”.",
        (
            "Only £0.00 of the invoice is outstanding: what is credited above that is owed to the customer, as a refund or for another "
            "invoice."
        ),
    ]


# What is written back


async def test_a_date_that_comes_back_is_said_to_lie_after_payments(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", {**HATS, "issue_date": "2026-11-15"}))["number"]
    changed = await confirmed(desk, "update_invoice", {"invoice": number, "issue_date": "2026-11-01"})
    alone = await undoing(desk, changed)
    await confirmed(desk, "record_payment", {"invoice": number, "date": "2026-11-05", "amount": "10.00", **NAMED})

    assert alone == []
    assert await undoing(desk, changed) == ["1 payment of it would be dated before it."]


async def test_lines_that_come_back_are_said_to_leave_a_paid_invoice_open(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    cheaper = {"invoice": number, "change": [{"line": 2, "unit_price": "2.00"}]}
    changed = await confirmed(desk, "change_invoice_lines", cheaper)
    alone = await undoing(desk, changed)
    await confirmed(desk, "record_payment", {"invoice": number, **NAMED})

    assert alone == []
    assert await undoing(desk, changed) == [
        "£40.95 is paid or used on it: outstanding £0.00 becomes £3.00.",
    ]


async def test_lines_that_come_back_are_said_to_leave_a_paid_purchase_open(desk: Desk) -> None:
    number = (await confirmed(desk, "create_purchase", BILL))["number"]
    cheaper = {"purchase": number, "change": [{"line": 1, "unit_price": "25.00"}]}
    changed = await confirmed(desk, "change_purchase_lines", cheaper)
    alone = await undoing(desk, changed)
    await confirmed(desk, "pay_purchase", {"purchase": number, **BY_CARD})

    assert alone == []
    assert await undoing(desk, changed) == ["£30.00 is paid on it: £6.00 will be outstanding."]


async def test_a_reference_that_another_project_has_by_now_does_not_come_back(desk: Desk) -> None:
    await confirmed(desk, "create_project", {"name": "Harbour wall", "reference": "HW"})
    changed = await confirmed(desk, "update_project", {"project": "HW", "reference": "HW1"})
    assert await undoing(desk, changed) == []
    await confirmed(desk, "create_project", {"name": "Hot water", "reference": "HW"})

    text = await desk.error("undo_write", {"entry": changed["entry"]})

    assert "The reference “HW” is in use by project 6 “Hot water”" in text


async def test_a_code_that_another_product_has_by_now_does_not_come_back(desk: Desk) -> None:
    product = {"price": "1.00", "nominal": "4000", "code": "ROPE", "vat_rate": 20}
    await confirmed(desk, "create_product", {"name": "Rope", **product})
    changed = await confirmed(desk, "update_product", {"product": "ROPE", "code": "ROPE1"})
    assert await undoing(desk, changed) == []
    await confirmed(desk, "create_product", {"name": "Wire rope", **product})

    text = await desk.error("undo_write", {"entry": changed["entry"]})

    assert "The product code “ROPE” is in use: “Wire rope”" in text


# Quotes


async def test_a_quote_of_which_an_invoice_was_made_is_said_to_change_without_it(desk: Desk) -> None:
    quote = await confirmed(desk, "create_quote", {"customer": "PENH01", "lines": HATS["lines"]})
    changed = await confirmed(desk, "update_quote", {"number": quote["number"], "reference": "as rung up"})
    alone = await undoing(desk, changed)
    await confirmed(desk, "convert_quote", {"number": quote["number"]})

    assert alone == []
    assert await undoing(desk, changed) == [
        "An invoice was made of this quote already; the invoice is not changed by this."
    ]


async def test_that_the_currency_of_a_quote_is_not_known_is_said_before_it_is_written_anew(desk: Desk) -> None:
    line = {**HATS["lines"][0], "vat_rate": 0}
    number = (await confirmed(desk, "create_quote", {"customer": "ATEL01", "lines": [line]}))["number"]
    changed = await confirmed(desk, "update_quote", {"number": number, "reference": "as rung up"})
    said = await undoing(desk, changed)
    deleted = await confirmed(desk, "delete_quote", {"number": number})

    unknown = "The customer's currency is EUR, and KashFlow names none on quotes: if this one is not in pounds, "
    assert said == [f"{unknown}writing it anew may make it one in pounds."]
    assert await undoing(desk, deleted) == [f"{unknown}this makes it one in pounds."]


async def test_no_vat_period_holds_a_quote_that_is_written_back_or_entered_again(tmp_path: Path) -> None:
    """The tools for quotes ask for no VAT period, since a quote is in no return; undoing them was refused or warned of one."""
    company = a_company()
    file_vat(company, *FILED)
    settings = real_account(tmp_path, confirm="either", toolsets="all", vat_periods=f"{FILED[0]}/{FILED[1]}")
    async with open_desk(company, settings) as desk:
        asked = {"customer": "PENH01", "lines": HATS["lines"], "date": "2026-09-15"}
        number = (await confirmed(desk, "create_quote", asked))["number"]
        changed = await confirmed(desk, "update_quote", {"number": number, "reference": "as rung up"})
        undone = await confirmed(desk, "undo_write", {"entry": changed["entry"]})
        deleted = await confirmed(desk, "delete_quote", {"number": number})

        assert undone["status"] == "done"
        assert await undoing(desk, deleted) == []


@pytest.mark.parametrize("tool", ["create_quote", "update_quote", "delete_quote"])
async def test_the_owners_lock_holds_a_quote_against_undoing_as_well(company, tmp_path: Path, tool: str) -> None:
    asked = {"customer": "PENH01", "lines": HATS["lines"], "date": "2026-11-10"}
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        reply = await confirmed(desk, "create_quote", asked)
        if tool != "create_quote":
            more = {"reference": "as rung up"} if tool == "update_quote" else {}
            reply = await confirmed(desk, tool, {"number": reply["number"], **more})
    locked = real_account(tmp_path, confirm="either", toolsets="all", locked_before=date(2026, 11, 15))
    async with open_desk(company, locked) as desk:
        text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "10 Nov 2026 lies before 15 Nov 2026" in text


# What is entered again


async def test_what_is_like_a_deleted_invoice_is_named_before_it_comes_back(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    deleted = await confirmed(desk, "delete_invoice", {"invoice": number})
    alone = await undoing(desk, deleted)
    corrected = await confirmed(desk, "create_invoice", {**HATS, "due_date": "2026-12-31"})

    assert alone == []
    assert await undoing(desk, deleted) == [
        f"Perhaps a duplicate: invoice {corrected['number']} of 20 Nov 2026 has the same reference."
    ]


async def test_what_is_like_a_deleted_purchase_is_named_before_it_comes_back(desk: Desk) -> None:
    number = (await confirmed(desk, "create_purchase", BILL))["number"]
    deleted = await confirmed(desk, "delete_purchase", {"purchase": number})
    alone = await undoing(desk, deleted)
    corrected = await confirmed(desk, "create_purchase", {**BILL, "reference": "W-77", "issue_date": "2026-11-11"})

    assert alone == []
    assert await undoing(desk, deleted) == [
        f"Perhaps a duplicate: purchase {corrected['number']} of 11 Nov 2026, £36.00, has the same supplier's reference and total."
    ]


async def test_what_is_like_a_deleted_quote_is_named_before_it_comes_back(desk: Desk) -> None:
    asked = {"customer": "PENH01", "lines": HATS["lines"], "reference": "E 5"}
    deleted = await confirmed(
        desk, "delete_quote", {"number": (await confirmed(desk, "create_quote", asked))["number"]}
    )
    alone = await undoing(desk, deleted)
    corrected = await confirmed(desk, "create_quote", {**asked, "date": "2026-11-19"})

    assert alone == []
    assert await undoing(desk, deleted) == [
        f"Perhaps a duplicate: quote {corrected['number']} of 19 Nov 2026 has the same reference."
    ]


async def test_what_is_like_a_deleted_payment_is_named_before_it_comes_back(desk: Desk) -> None:
    """Recorded anew by another method, so that the two are not equal; the invoice is not overpaid by both."""
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    part = {"invoice": number, "amount": "10.00", **NAMED}
    payment = await confirmed(desk, "record_payment", part)
    deleted = await confirmed(
        desk, "delete_payment", {"kind": "invoice", "number": number, "payment": payment["number"]}
    )
    alone = await undoing(desk, deleted)
    corrected = await confirmed(desk, "record_payment", {**part, "method": "Cheque"})

    assert alone == []
    assert await undoing(desk, deleted) == [
        f"Perhaps a duplicate: payment {corrected['number']} has the same amount and date."
    ]


async def test_what_is_like_a_deleted_bank_transaction_is_named_before_it_comes_back(desk: Desk) -> None:
    charge = {"direction": "out", "amount": "12.34", "nominal": "7900", "comment": "charges", **BANK}
    reply = await confirmed(desk, "record_bank_transaction", charge)
    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    alone = await undoing(desk, undone)
    await confirmed(desk, "record_bank_transaction", {**charge, "comment": "charges, November"})

    said = await undoing(desk, undone)

    assert alone == []
    assert len(said) == 1
    assert said[0].endswith("of the same account has the same amount and date.")


async def test_what_is_like_a_deleted_journal_is_named_before_it_comes_back(desk: Desk) -> None:
    lines = [{"nominal": "7900", "debit": "12.00"}, {"nominal": "4000", "credit": "12.00"}]
    journal = {"date": "2026-11-10", "lines": lines, "comment": "accrual"}
    number = (await confirmed(desk, "create_journal", journal))["number"]
    deleted = await confirmed(desk, "delete_journal", {"number": number})
    alone = await undoing(desk, deleted)
    corrected = await confirmed(desk, "create_journal", {**journal, "comment": "accrual of charges"})

    assert alone == []
    assert await undoing(desk, deleted) == [
        f"Perhaps a duplicate: journal {corrected['number']} of the same day moves the same amounts on the same nominals."
    ]


@pytest.mark.parametrize("who", ["customer", "supplier"])
async def test_who_is_like_a_deleted_one_is_named_before_that_comes_back(desk: Desk, who: str) -> None:
    await confirmed(desk, f"create_{who}", WALRUS)
    deleted = await confirmed(desk, f"delete_{who}", {who: "WAL9"})
    alone = await undoing(desk, deleted)
    await confirmed(desk, f"create_{who}", {**WALRUS, "name": "The Walrus Limited", "code": "WAL8"})

    said = await undoing(desk, deleted)

    assert alone == []
    assert len(said) == 1
    assert said[0].startswith("May exist already: WAL8 “The Walrus Limited” (")
    assert "same e-mail" in said[0]


@pytest.mark.parametrize("who", ["customer", "supplier"])
async def test_nobody_comes_back_under_a_code_that_another_has_by_now(desk: Desk, who: str) -> None:
    await confirmed(desk, f"create_{who}", WALRUS)
    deleted = await confirmed(desk, f"delete_{who}", {who: "WAL9"})
    await confirmed(desk, f"create_{who}", {"name": "Oysters & Sons", "code": "WAL9"})

    text = await desk.error("undo_write", {"entry": deleted["entry"]})

    assert f"The {who} code “WAL9” is in use by “Oysters & Sons”" in text


# Who or what is gone


async def test_an_invoice_does_not_come_back_to_a_customer_who_is_gone(desk: Desk) -> None:
    await confirmed(desk, "create_customer", WALRUS)
    number = (await confirmed(desk, "create_invoice", {**HATS, "customer": "WAL9"}))["number"]
    deleted = await confirmed(desk, "delete_invoice", {"invoice": number})
    await confirmed(desk, "delete_customer", {"customer": "WAL9"})

    text = await desk.error("undo_write", {"entry": deleted["entry"]})

    assert "The customer that it was for is not in the books any more" in text


async def test_a_purchase_does_not_come_back_to_a_supplier_who_is_gone(desk: Desk) -> None:
    await confirmed(desk, "create_supplier", WALRUS)
    number = (await confirmed(desk, "create_purchase", {**BILL, "supplier": "WAL9"}))["number"]
    deleted = await confirmed(desk, "delete_purchase", {"purchase": number})
    await confirmed(desk, "delete_supplier", {"supplier": "WAL9"})

    text = await desk.error("undo_write", {"entry": deleted["entry"]})

    assert "The supplier that it was for is not in the books any more" in text


async def test_money_on_account_does_not_come_back_to_a_customer_who_is_gone(desk: Desk) -> None:
    await confirmed(desk, "create_customer", WALRUS)
    money = {"kind": "customer", "party": "WAL9", "amount": "50.00", **BANK}
    undone = await confirmed(desk, "undo_write", {"entry": (await confirmed(desk, "record_advance", money))["entry"]})
    await confirmed(desk, "delete_customer", {"customer": "WAL9"})

    text = await desk.error("undo_write", {"entry": undone["entry"]})

    assert "The customer that it was for is not in the books any more" in text


async def test_a_payment_does_not_come_back_by_a_bank_account_that_is_gone(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    payment = await confirmed(desk, "record_payment", {"invoice": number, **NAMED, "bank_account": "Reserve"})
    undone = await confirmed(desk, "undo_write", {"entry": payment["entry"]})
    books = desk.company.books
    with books.call():
        books.bank_accounts.drop(next(account for account in books.bank_accounts if account.name.startswith("Reserve")))

    text = await desk.error("undo_write", {"entry": undone["entry"]})

    assert "The bank account of the payment is not among those of the company any more" in text


async def test_a_nominal_that_is_archived_by_now_is_named_before_it_is_used_again(desk: Desk) -> None:
    lines = [{"nominal": "7900", "debit": "12.00"}, {"nominal": "4000", "credit": "12.00"}]
    number = (await confirmed(desk, "create_journal", {"date": "2026-11-10", "lines": lines}))["number"]
    deleted = await confirmed(desk, "delete_journal", {"number": number})
    books = desk.company.books
    with books.call():
        books.nominals.put(replace(next(row for row in books.nominals if row.code == 7900), archived=True))

    assert await undoing(desk, deleted) == ["Nominal 7900 Bank charges is archived by now."]


async def test_a_rest_is_not_finished_for_a_customer_who_is_gone(desk: Desk) -> None:
    """The conversion is undone as far as its invoice; that the quote comes back KashFlow refused."""
    await confirmed(desk, "create_customer", WALRUS)
    quote = await confirmed(desk, "create_quote", {"customer": "WAL9", "lines": HATS["lines"]})
    converted = await confirmed(desk, "convert_quote", {"number": quote["number"], "keep_quote": False})
    preview = await desk("undo_write", {"entry": converted["entry"]})
    desk.company.mishaps.add("InsertQuote", "status_no")
    stopped = await desk("undo_write", {"entry": converted["entry"]}, confirm=preview["confirm"])
    await confirmed(desk, "delete_customer", {"customer": "WAL9"})

    text = await desk.error("finish_write", {"entry": stopped["entry"]})

    assert stopped["status"] == "partly"
    assert "The customer that it was for is not in the books any more" in text


# What a person decided


async def test_what_a_person_said_to_be_ours_can_be_undone(desk: Desk, company: Any) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    company.mishaps.add("InsertInvoicePayment", "late", 1, 600)
    reply = await confirmed(desk, "record_payment", {"invoice": number, "amount": "10.00", **NAMED})
    await pay_elsewhere(company, number, "10.00")
    await company.settle_late()
    ids = [payment["id"] for payment in desk.invoice(number)["payments"]]
    decided = {"entry": reply["entry"], "decision": "in_books", "number": f"{ids[1]}"}
    await confirmed(desk, "settle_write", decided)

    undone = await confirmed(desk, "undo_write", {"entry": reply["entry"]})

    assert undone["status"] == "done"
    assert [payment["id"] for payment in desk.invoice(number)["payments"]] == ids[:1]
