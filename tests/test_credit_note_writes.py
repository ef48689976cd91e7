"""Crediting invoices, setting credit notes against them, and sending them by e-mail."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import HATS, Clock, Desk, a_company, open_desk, real_account
from test_invoice_writes import RICH, done, put_in_a_rich_invoice

from kf_mcp.simulator import Switches

PART = {"invoice": 1292, "lines": [{"line": 1}]}  # 166.00 + 33.20


# Credit notes


async def test_a_whole_invoice_is_credited_with_its_own_figures(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)
    before = desk.invoice(RICH)

    reply = await done(desk, "create_credit_note", invoice=RICH)

    credit = desk.invoice(reply["number"])
    assert reply["checked"] == "equal"
    assert credit["reference"] == f"Credit for invoice {RICH}"
    assert (credit["net"], credit["vat"]) == ("-90.01", "-5.01")
    assert [line["vat"] for line in credit["lines"]] == ["0.00", "-5.01", "0.00"]  # as it was typed in, not 5.00
    for line, credited in zip(before["lines"], credit["lines"], strict=True):
        assert Decimal(credited["unit_price"]) == -Decimal(line["unit_price"])
        same = ("description", "nominal_id", "product", "project")
        assert [credited[name] for name in same] == [line[name] for name in same]
        assert Decimal(credited["quantity"]) == Decimal(line["quantity"])
    assert credit["reverse_charge"] == {"net": "-90.00", "vat": "-18.00", "applies": True}
    assert credit["project"] == before["project"]
    assert desk.invoice(RICH) == before
    assert desk.is_balanced()


async def test_lines_of_a_reverse_charge_invoice_are_not_credited_alone(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)

    text = await desk.error("create_credit_note", {"invoice": RICH, "lines": [{"line": 1}]})

    assert "construction reverse charge" in text


async def test_a_part_is_credited_to_the_penny_and_earlier_credits_count(desk: Desk) -> None:
    first = await desk("create_credit_note", {**PART, "lines": [{"line": 2, "quantity": "1.25"}], "reason": "late"})
    await desk(
        "create_credit_note",
        {**PART, "lines": [{"line": 2, "quantity": "1.25"}], "reason": "late"},
        confirm=first["confirm"],
    )

    again = await desk("create_credit_note", {"invoice": 1292})

    # 1.25 x 60.14 = 75.175, so 75.18; 20% of that is 15.036, so 15.04
    assert first["title"].endswith("for lines of invoice 1292: -£90.22 (net -£75.18 + VAT -£15.04)")
    assert "reference “Credit for invoice 1292: late”" in first["facts"][0]
    assert again["warnings"][0].startswith("THAT IS TOO MUCH: earlier credits leave £564.31")  # 654.53 - 90.22
    assert any("Credited before: credit note 1308" in warning for warning in again["warnings"])


async def test_crediting_a_paid_invoice_says_that_money_is_owed_back(desk: Desk) -> None:
    preview = await desk("create_credit_note", {"invoice": 1290})

    assert any("Only £0.00 of the invoice is outstanding" in warning for warning in preview["warnings"])


async def test_a_credit_note_keeps_currency_and_rate_of_its_invoice(desk: Desk) -> None:
    before = desk.invoice(1296)

    reply = await done(desk, "create_credit_note", invoice=1296, lines=[{"line": 1}])

    credit = desk.invoice(reply["number"])
    assert (credit["currency"], credit["exchange_rate"]) == (before["currency"], before["exchange_rate"])
    assert (credit["net"], credit["gross"]) == ("-145.00", "-145.00")


async def test_an_invoice_that_was_emailed_is_credited_instead_of_deleted(desk: Desk) -> None:
    """And what settles the two is the next step, which nothing takes back."""
    raised = await done(desk, "create_invoice", **HATS)
    await done(desk, "email_invoice", invoice=raised["number"], subject="Your invoice", body="Here it is.")

    undone = await done(desk, "undo_write", entry=raised["entry"])

    credit = desk.invoice(undone["number"])
    assert credit["gross"] == "-43.95"
    assert desk.invoice(raised["number"])["gross"] == "43.95"
    await done(desk, "apply_credit_note", credit_note=credit["number"], invoice=raised["number"])
    assert [desk.invoice(n)["due_home"] for n in (raised["number"], credit["number"])] == ["0.00", "0.00"]


async def test_a_credit_note_that_must_stand_is_reversed_by_an_invoice(tmp_path: Path) -> None:
    async with open_desk(a_company(), real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        credit = await done(desk, "create_credit_note", **PART)
        await done(desk, "email_invoice", invoice=credit["number"], subject="Credit note", body="Here it is.")

        preview = await desk("undo_write", {"entry": credit["entry"]})
        undone = await desk("undo_write", {"entry": credit["entry"]}, confirm=preview["confirm"])

        assert "so an invoice for all of it is entered" in " ".join(preview["facts"])
        assert desk.invoice(undone["number"])["gross"] == "199.20"
        assert desk.invoice(undone["number"])["reference"] == f"Reversal of credit note {credit['number']}"


# Setting one against an invoice


async def test_setting_it_settles_both_and_says_beforehand_that_nothing_takes_it_back(desk: Desk) -> None:
    credit = await done(desk, "create_credit_note", **PART)
    asked = {"credit_note": credit["number"], "invoice": 1292}

    preview = await desk("apply_credit_note", asked)
    reply = await desk("apply_credit_note", asked, confirm=preview["confirm"])

    assert preview["warnings"][0] == "Nothing takes this back: KashFlow has no operation for it."
    assert "Invoice 1292 of 6 Nov 2026: £654.53 outstanding becomes £455.33" in preview["facts"]
    assert f"Credit note {credit['number']}: £199.20 unused becomes £0.00" in preview["facts"]
    assert (reply["status"], reply.get("differences")) == ("done", None)
    assert [desk.invoice(n)["due_home"] for n in (1292, credit["number"])] == ["455.33", "0.00"]
    assert "nothing undoes it" in await desk.error("undo_write", {"entry": reply["entry"]})
    assert "applied credit note cannot be taken back" in await desk.error("undo_write", {"entry": credit["entry"]})
    assert desk.is_balanced()


async def test_a_used_one_is_refused_and_so_is_a_paid_invoice(desk: Desk) -> None:
    assert "was used or refunded already (£98.25 of £98.25)" in await desk.error(
        "apply_credit_note", {"credit_note": 1306, "invoice": 1300}
    )
    assert "is paid already" in await desk.error("apply_credit_note", {"credit_note": 1307, "invoice": 1278})


async def test_a_suppliers_credit_note_is_said_to_be_set_in_kashflow(desk: Desk) -> None:
    for number in (1128, 99999):
        text = await desk.error("apply_credit_note", {"credit_note": number, "invoice": 1018})
        assert "a supplier's credit note is set against a bill in KashFlow itself" in text


async def test_another_customer_is_refused_even_where_kashflow_would_accept_it(tmp_path: Path) -> None:
    company = a_company(switches=Switches.parse(["credit_of_another=accept"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        text = await desk.error("apply_credit_note", {"credit_note": 1307, "invoice": 1292})

        assert "of COTH01, invoice 1292 of PENH01" in text


async def test_a_lost_answer_is_found_by_what_both_have_left(desk: Desk) -> None:
    credit = await done(desk, "create_credit_note", **PART)
    desk.company.mishaps.add("applyCreditNoteToInvoice", "lose_answer", 1)

    reply = await done(desk, "apply_credit_note", credit_note=credit["number"], invoice=1292)

    assert reply["status"] == "done"
    assert "found by reading back" in reply["facts"][0]
    assert len(desk.invoice(1292)["payments"]) == 1


async def test_one_that_never_arrived_is_told_after_two_looks(tmp_path: Path) -> None:
    clock = Clock()
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(a_company(), settings, clock=clock) as desk:
        credit = await done(desk, "create_credit_note", **PART)
        desk.company.mishaps.add("applyCreditNoteToInvoice", "cut_before", 1)
        asked = {"credit_note": credit["number"], "invoice": 1292}

        reply = await done(desk, "apply_credit_note", **asked)
        assert reply["status"] == "unknown"
        paying = {"invoice": 1292, "amount": "10.00", "method": "BACS", "bank_account": "Current account"}
        assert "has an unknown outcome" in await desk.error("record_payment", paying)

        clock.time = clock.time.replace(hour=13)
        assert "is not in the books" in await desk.error("apply_credit_note", asked)
        assert (await done(desk, "apply_credit_note", **asked))["status"] == "done"
        assert len(desk.invoice(1292)["payments"]) == 1


async def test_a_payment_after_the_preview_asks_anew(desk: Desk) -> None:
    credit = await done(desk, "create_credit_note", **PART)
    asked = {"credit_note": credit["number"], "invoice": 1292}
    preview = await desk("apply_credit_note", asked)
    await done(desk, "record_payment", invoice=1292, amount="600", method="BACS", bank_account="Current account")

    reply = await desk("apply_credit_note", asked, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert any("The two amounts differ" in warning for warning in reply["warnings"])
    assert len(desk.invoice(1292)["payments"]) == 1


@pytest.mark.parametrize("setting", ["foreign_totals=home", "foreign_payments=document", "foreign_totals=document"])
async def test_a_foreign_credit_note_is_set_against_its_invoice(tmp_path: Path, setting: str) -> None:
    company = a_company(switches=Switches.parse([setting]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        credit = await done(desk, "create_credit_note", invoice=1296)

        reply = await done(desk, "apply_credit_note", credit_note=credit["number"], invoice=1296)

        assert (reply["status"], reply.get("differences")) == ("done", None)
        assert [desk.invoice(n)["due_home"] for n in (1296, credit["number"])] == ["0.00", "0.00"]


# E-mail

LETTER = {"invoice": 1299, "subject": "Invoice 1299", "body": "Dear Morwenna,\n\nhere it is.\nYours, Rosalind"}


async def test_the_preview_is_loud_and_shows_everything_that_leaves(desk: Desk) -> None:
    preview = await desk("email_invoice", LETTER)

    assert preview["warnings"] == ["A REAL E-MAIL leaves at once; nothing takes it back."]
    assert preview["facts"][:5] == [
        "To: “accounts@penhaligonboatyard.example” (the customer's, as KashFlow has it)",
        "From: “studio@harbourandfinch.example” (the company's, as KashFlow has it), as “Harbour & Finch Ltd” (the company)",
        "Subject: “Invoice 1299”",
        "Text: “Dear Morwenna,”",
        "Text, paragraph 2: “here it is. / Yours, Rosalind”",
    ]
    assert "cannot be called back" in preview["undo"]


async def test_what_leaves_is_what_was_shown_and_the_reply_does_not_claim_that_it_arrived(desk: Desk) -> None:
    reply = await done(desk, "email_invoice", **LETTER)

    assert (reply["status"], reply["checked"]) == ("done", "not checked")
    assert "whether it arrived cannot be seen" in reply["facts"][0]
    (email,) = desk.company.state()["emails"]
    assert email == {
        **email,
        "invoice": 1299,
        "recipient": "accounts@penhaligonboatyard.example",
        "sender": "studio@harbourandfinch.example",
        "sender_name": "Harbour & Finch Ltd",
        "subject": LETTER["subject"],
        "body": LETTER["body"],
    }


async def test_an_address_that_is_not_the_customers_is_warned_of(desk: Desk) -> None:
    preview = await desk(
        "email_invoice",
        {**LETTER, "to": "eve@evil.example", "from_email": "me@x.example", "body": "See https://x.example/pay"},
    )

    assert preview["warnings"][1].startswith("“eve@evil.example” IS NOT THE CUSTOMER'S ADDRESS")
    assert "accounts@penhaligonboatyard.example" in preview["warnings"][1]
    assert any("not the company's address" in warning for warning in preview["warnings"])
    assert any("holds a link" in warning for warning in preview["warnings"])


async def test_no_address_or_several_are_not_chosen_between(desk: Desk) -> None:
    several = await desk.error("email_invoice", {**LETTER, "invoice": 1287})
    customers = desk.company.books.customers
    found = next(row for row in customers if row.code == "PENH01")
    customers.put(replace(found, members={**found.members, "Email": ""}))

    assert "`to` set to one of:\n- accounts@severnbrewing.example\n- studio@severnbrewing.example" in several
    assert "has no e-mail address" in await desk.error("email_invoice", LETTER)
    assert desk.company.state()["emails"] == []


async def test_a_lost_answer_stays_in_doubt_and_nothing_is_sent_again(desk: Desk) -> None:
    desk.company.mishaps.add("EmailInvoice", "lose_answer", 1)

    reply = await done(desk, "email_invoice", **LETTER)
    again = await desk("email_invoice", LETTER)
    other = await desk.error("email_invoice", {**LETTER, "subject": "Reminder"})

    assert (reply["status"], again["status"]) == ("unknown", "unknown")
    assert "lists no e-mails" in " ".join(reply["facts"])
    assert "unknown outcome" in other
    assert len(desk.company.state()["emails"]) == 1


async def test_an_invoice_that_changed_after_the_preview_is_not_sent(desk: Desk) -> None:
    preview = await desk("email_invoice", LETTER)
    await done(desk, "change_invoice_lines", invoice=1299, remove=[2])

    reply = await desk("email_invoice", LETTER, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert desk.company.state()["emails"] == []


async def test_a_credit_note_for_a_paid_invoice_promises_no_setting_against_it(desk: Desk) -> None:
    paid = await desk("create_credit_note", {"invoice": 1290})
    owed = await desk("create_credit_note", {"invoice": 1292})

    assert "apply_credit_note" not in " ".join(paid["facts"])
    assert any("is paid, so the credit note cannot be set against it" in fact for fact in paid["facts"])
    assert any("`apply_credit_note` does that" in fact for fact in owed["facts"])


async def test_a_statement_calls_a_used_credit_note_neither_payment_nor_refund(desk: Desk) -> None:
    credit = await done(desk, "create_credit_note", invoice=1292, lines=[{"line": 1}])
    await done(desk, "apply_credit_note", credit_note=credit["number"], invoice=1292)

    period = {"start": "2026-11-01", "end": "2026-11-30"}
    report = await desk("get_report", kind="customer_statement", customer="PENH01", **period)

    said = [row["code"] for row in report["rows"]]
    assert said[-2:] == ["credit set against invoice 1292", f"credit note {credit['number']} used"]
    assert not any("refund" in row or "payment" in row for row in said)
