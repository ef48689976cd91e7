"""Quotes: entered, changed, deleted, turned into invoices; judged by what then stands in the books."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from conftest import HATS, HATS_NET, HATS_VAT, TODAY, Desk, a_company, open_desk, real_account
from test_note_writes import Altered
from test_writing import confirmed

from kf_mcp.errors import OutcomeUnknown, Refused
from kf_mcp.kashflow import records
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.conversion_steps import ConvertQuote
from kf_mcp.kashflow.quote_steps import DeleteQuote, InsertQuote, header_change
from kf_mcp.kashflow.quotes import Quotes
from kf_mcp.kashflow.step import Circumstances, Landed
from kf_mcp.model.quotes import QuoteChanges
from kf_mcp.simulator import Simulator, Switches

SIGN = 1011
"""Penhaligon's sign-writing, still open: one line, 480.00 + 96.00."""
BROCHURE = 1005
"""Redcliffe's season brochure, in a category: 1,850.00 + 370.00."""
BILLED = 1002
"""Severn Brewing's, of which an invoice was made."""


def quotes(desk: Desk) -> dict[int, dict[str, Any]]:
    return {quote["number"]: quote for quote in desk.company.state()["quotes"]}


def without_ids(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    figures = {"quantity", "unit_price", "vat_rate"}
    return [
        {name: Decimal(value) if name in figures else value for name, value in line.items() if name != "id"}
        for line in lines
    ]


def bare(lines: list[dict[str, Any]]) -> list[tuple[str, Decimal, Decimal, Decimal, str, int]]:
    return [
        (
            line["description"],
            *(Decimal(line[name]) for name in ("quantity", "unit_price", "vat_rate")),
            line["vat"],
            line["nominal"],
        )
        for line in lines
    ]


async def undone(desk: Desk, reply: dict[str, Any]) -> dict[str, Any]:
    return await confirmed(desk, "undo_write", {"entry": reply["entry"]})


async def put_in(company: Simulator, tmp_path, **more: Any) -> int:
    """A quote whose lines hold what only KashFlow's own pages set: product, project, VAT typed by hand. Its number."""
    state = company.state()
    customer = next(row for row in state["customers"] if row["code"] == "PENH01")
    nominal = next(row["id"] for row in state["nominals"] if row["code"] == 4000)
    lines = [
        {"Quantity": 3, "Rate": "10.82", "VatAmount": "6.50", "ProductID": 77, "ProjID": 5, "Description": "Hats"},
        {"Quantity": 1, "Rate": "5", "VatAmount": "1", "ProductID": 0, "ProjID": 6, "Description": "Delivery"},
        {"Quantity": "1.5", "Rate": "2.5", "VatAmount": "0.75", "ProductID": 78, "ProjID": 0, "Description": "Pins"},
    ]
    lines = [{**line, "ChargeType": nominal, "VatRate": 20} for line in lines]
    record = {"InvoiceDate": "2026-11-02T00:00:00", "CustomerID": customer["id"], "SuppressTotal": 1, "ProjectID": 5}
    soap = Connection(real_account(tmp_path), company.transport())
    await InsertQuote(place=customer["id"], record={**record, "Lines": lines, **more}).send(soap)
    await soap.close()
    return max(quote["number"] for quote in company.state()["quotes"])


# Entering


async def test_a_quote_stands_in_the_books_to_the_penny_and_in_no_ledger(desk: Desk) -> None:
    before = desk.company.state()["trial_balance"]

    preview = await desk("create_quote", HATS)
    reply = await desk("create_quote", HATS, confirm=preview["confirm"])

    quote = quotes(desk)[reply["number"]]
    assert "£43.95 (net £37.46 + VAT £6.49)" in preview["title"]
    assert "3 x “Hats & scarves” at £10.82 = £32.46 net, VAT 20% £6.49, nominal 4000" in "\n".join(preview["facts"])
    assert reply["checked"] == "equal"
    assert (quote["net"], quote["vat"]) == (f"{HATS_NET}", f"{HATS_VAT}")
    assert (quote["customer_code"], quote["date"], quote["reference"]) == ("PENH01", "2026-11-20", "PO 4711")
    assert bare(quote["lines"]) == [
        ("Hats & scarves", Decimal(3), Decimal("10.82"), Decimal(20), "6.49", 4000),
        ("Delivery", Decimal(1), Decimal(5), Decimal(0), "0.00", 4000),
    ]
    assert desk.company.state()["trial_balance"] == before


async def test_a_quote_like_a_recent_one_is_warned_of(desk: Desk) -> None:
    await confirmed(desk, "create_quote", HATS)

    preview = await desk("create_quote", {**HATS, "lines": [{**HATS["lines"][0], "quantity": 4}]})

    assert any("Perhaps a duplicate: quote 1013" in warning for warning in preview["warnings"])


async def test_a_quote_abroad_is_in_the_customers_currency_and_says_that_reading_back_cannot_prove_it(
    desk: Desk,
) -> None:
    line = {**HATS["lines"][0], "vat_rate": 0}

    preview = await desk("create_quote", {"customer": "ATEL01", "lines": [line]})
    reply = await desk("create_quote", {"customer": "ATEL01", "lines": [line]}, confirm=preview["confirm"])

    assert "€32.46" in preview["title"]
    assert any("names no currency on quotes" in warning for warning in preview["warnings"])
    assert quotes(desk)[reply["number"]]["currency"] == "EUR"
    assert reply["checked"] == "equal"


async def test_open_choices_of_a_quote_come_back_all_at_once(desk: Desk) -> None:
    text = await desk.error("create_quote", {"customer": "PENH01", "lines": [{"description": "Hats", "nominal": 4020}]})

    assert "`lines[0].vat_rate`" in text
    assert "`lines[0].unit_price`" in text


async def test_undoing_a_quote_of_which_an_invoice_was_made_is_refused(desk: Desk) -> None:
    reply = await confirmed(desk, "create_quote", HATS)
    await confirmed(desk, "convert_quote", {"number": reply["number"]})

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "An invoice was made of quote" in text
    assert reply["number"] in quotes(desk)


@pytest.mark.parametrize(
    "switch",
    [
        "not_found_document=blank",
        "empty_list=absent",
        "update_number=zero",
        "line_order=by_sort",
        "empty_detail=absent",
    ],
)
async def test_what_is_not_known_of_kashflow_changes_nothing_of_a_quotes_life(tmp_path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = quotes(desk)
        made = await confirmed(desk, "create_quote", HATS)
        lines = {"number": made["number"], "remove": [1], "add": [HATS["lines"][0]]}
        changed = await confirmed(desk, "change_quote_lines", lines)
        headed = await confirmed(desk, "update_quote", {"number": made["number"], "reference": ""})
        invoice = await confirmed(desk, "convert_quote", {"number": made["number"], "keep_quote": False})

        assert {reply["checked"] for reply in (made, changed, headed, invoice)} == {"equal"}
        assert [line["description"] for line in desk.invoice(invoice["number"])["lines"]] == [
            "Delivery",
            "Hats & scarves",
        ]
        assert quotes(desk) == before
        assert desk.is_balanced()


# Changing


async def test_a_change_of_the_header_changes_what_was_named_and_adds_no_lines(desk: Desk, tmp_path) -> None:
    number = await put_in(desk.company, tmp_path)
    before = deepcopy(quotes(desk)[number])

    preview = await desk("update_quote", {"number": number, "reference": "Sign 7"})
    reply = await desk("update_quote", {"number": number, "reference": "Sign 7"}, confirm=preview["confirm"])

    assert preview["facts"][0] == "Reference: none becomes “Sign 7”"
    assert quotes(desk)[number] == {**before, "reference": "Sign 7"}
    assert reply["checked"] == "equal"
    await undone(desk, reply)
    assert quotes(desk)[number] == before


async def test_a_quote_goes_to_another_customer_under_its_own_number(desk: Desk) -> None:
    before = deepcopy(quotes(desk)[SIGN])

    reply = await confirmed(desk, "update_quote", {"number": SIGN, "customer": "CAFE01"})

    assert reply["checked"] == "equal"
    assert quotes(desk)[SIGN] == {**before, "customer_code": "CAFE01"}


async def test_a_quote_that_somebody_changed_after_the_preview_is_shown_anew(desk: Desk) -> None:
    preview = await desk("update_quote", {"number": SIGN, "reference": "Sign 7"})
    await confirmed(desk, "update_quote", {"number": SIGN, "date": "2026-11-19"})

    reply = await desk("update_quote", {"number": SIGN, "reference": "Sign 7"}, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert quotes(desk)[SIGN]["reference"] == ""


async def test_a_billed_quote_and_one_with_a_delivery_address_of_its_own_are_warned_of(desk: Desk, tmp_path) -> None:
    number = await put_in(desk.company, tmp_path, UseCustomDeliveryAddress=True)

    billed = await desk("update_quote", {"number": BILLED, "reference": "x"})
    delivered = await desk("update_quote", {"number": number, "reference": "x"})

    assert any("the invoice is not changed by this" in warning for warning in billed["warnings"])
    assert any("writing it anew may lose it" in warning for warning in delivered["warnings"])


# Lines


async def test_lines_are_added_changed_and_removed_and_the_others_keep_everything(desk: Desk, tmp_path) -> None:
    number = await put_in(desk.company, tmp_path)
    before = deepcopy(quotes(desk)[number])
    request = {
        "number": number,
        "add": [{"description": "Box", "unit_price": "1.99", "vat_rate": 20, "nominal": 4010}],
        "change": [{"line": 3, "quantity": "2.5", "description": "Pins, brass"}],
        "remove": [2],
    }

    preview = await desk("change_quote_lines", request)
    reply = await desk("change_quote_lines", request, confirm=preview["confirm"])

    after = quotes(desk)[number]
    facts = "\n".join(preview["facts"])
    assert "Line 2 goes: 1 x “Delivery” at £5.00 = £5.00 net, VAT 20% £1.00" in facts
    # 2.5 x 2.50 = 6.25, 20% of it is 1.25; before 1.5 x 2.50 = 3.75 and 0.75
    assert "description “Pins” becomes “Pins, brass”; quantity 1.5 becomes 2.5; net £3.75 becomes £6.25" in facts
    assert "VAT £0.75 becomes £1.25" in facts
    assert "New line: 1 x “Box” at £1.99 = £1.99 net, VAT 20% £0.40, nominal 4010" in facts
    # 32.46 + 5.00 + 3.75 and 6.50 + 1.00 + 0.75; then 32.46 + 6.25 + 1.99 and 6.50 + 1.25 + 0.40
    assert "Total: £49.46 (net £41.21 + VAT £8.25) becomes £48.85 (net £40.70 + VAT £8.15)" in facts
    assert reply["checked"] == "equal"
    assert bare(after["lines"]) == [
        ("Hats", Decimal(3), Decimal("10.82"), Decimal(20), "6.50", 4000),
        ("Pins, brass", Decimal("2.5"), Decimal("2.5"), Decimal(20), "1.25", 4000),
        ("Box", Decimal(1), Decimal("1.99"), Decimal(20), "0.40", 4010),
    ]
    assert [(line["product"], line["project"]) for line in after["lines"]] == [(77, 5), (78, 0), (0, 0)]
    kept = {name: value for name, value in before.items() if name not in {"lines", "net", "vat", "gross", "due_home"}}
    assert {name: after[name] for name in kept} == kept

    await undone(desk, reply)

    restored = quotes(desk)[number]
    assert without_ids(restored["lines"]) == without_ids(before["lines"])
    assert {**restored, "lines": 0} == {**before, "lines": 0}


async def test_vat_typed_by_hand_stays_where_only_words_change(desk: Desk, tmp_path) -> None:
    number = await put_in(desk.company, tmp_path)

    await confirmed(
        desk, "change_quote_lines", {"number": number, "change": [{"line": 1, "description": "Caps", "nominal": 4010}]}
    )

    line = quotes(desk)[number]["lines"][0]
    assert (line["description"], line["vat"], line["nominal"]) == ("Caps", "6.50", 4010)


async def test_what_kashflow_makes_of_vat_typed_by_hand_is_reported(tmp_path) -> None:
    """Whether it works VAT out anew is not known; where it does, 3 x 10.82 at 20% gives 6.49, not the 6.50 that stood there."""
    company = a_company()
    number = await put_in(company, tmp_path)
    company.books.switches = Switches.parse(["vat_amount=recompute"])
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        reply = await confirmed(desk, "change_quote_lines", {"number": number, "remove": [2]})

        assert reply["checked"] == "differs"
        assert "line 1's VAT is 6.49, not 6.5" in reply["differences"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"change": [{"line": 1, "vat_rate": 17}]}, "`change[0].vat_rate`"),
        ({"change": [{"line": 1, "nominal": 123}]}, "`change[0].nominal`"),
        ({"change": [{"line": 1, "quantity": 1}]}, "like that already"),
        ({"change": [{"line": 4, "quantity": 1}]}, "none at place 4"),
        ({"add": [{"description": "Hats", "nominal": 4020}]}, "`add[0].unit_price`"),
        ({"add": [{"unit_price": "-900", "vat_rate": 20, "nominal": 4000}]}, "total would be"),
        ({"remove": [1]}, "No line would be left"),
    ],
)
async def test_lines_that_cannot_be_are_refused_by_their_place(desk: Desk, request_: dict, words: str) -> None:
    before = desk.company.state()

    text = await desk.error("change_quote_lines", {"number": SIGN, **request_})

    assert words in text
    assert desk.company.state() == before


# Deleting


async def test_a_deleted_quote_comes_back_without_its_category_as_was_said(desk: Desk) -> None:
    before = deepcopy(quotes(desk)[BROCHURE])

    preview = await desk("delete_quote", {"number": BROCHURE})
    reply = await desk("delete_quote", {"number": BROCHURE}, confirm=preview["confirm"])

    assert "£2,220.00 (net £1,850.00 + VAT £370.00)" in preview["title"]
    assert "without its category" in preview["undo"]
    assert BROCHURE not in quotes(desk)
    again = await undone(desk, reply)
    back = quotes(desk)[again["number"]]
    assert back["category"] is None
    own = ("id", "number", "category", "lines")
    assert {name: value for name, value in back.items() if name not in own} == {
        name: value for name, value in before.items() if name not in own
    }
    assert without_ids(back["lines"]) == without_ids(before["lines"])


async def test_deleting_a_billed_quote_leaves_the_invoice_and_says_so(desk: Desk) -> None:
    before = desk.invoices()

    preview = await desk("delete_quote", {"number": BILLED})
    await desk("delete_quote", {"number": BILLED}, confirm=preview["confirm"])

    assert any("An invoice was made of this quote. It stays" in warning for warning in preview["warnings"])
    assert desk.invoices() == before


async def test_quotes_obey_the_lock_but_no_vat_period(company, tmp_path) -> None:
    """A quote is in no VAT return; KASHFLOW_LOCKED_BEFORE is the owner's word for everything that has a date."""
    filed = ((date(2026, 7, 1), date(2026, 9, 30)),)
    more = {"confirm": "either", "toolsets": "all"}
    async with open_desk(company, real_account(tmp_path, vat_periods=filed, **more)) as desk:
        preview = await desk("update_quote", {"number": 1008, "reference": "x"})
        assert preview["status"] == "needs_confirmation"
    async with open_desk(company, real_account(tmp_path, locked_before=date(2026, 8, 1), **more)) as desk:
        assert "the books are locked" in await desk.error("update_quote", {"number": 1008, "reference": "x"})
        assert "the books are locked" in await desk.error("convert_quote", {"number": 1008})
        assert "the books are locked" in await desk.error("create_quote", {**HATS, "date": "2026-07-31"})


# Converting


async def test_an_invoice_has_the_quotes_lines_to_the_penny_and_the_quote_stays(desk: Desk, tmp_path) -> None:
    number = await put_in(desk.company, tmp_path)
    quote = deepcopy(quotes(desk)[number])

    preview = await desk("convert_quote", {"number": number})
    reply = await desk("convert_quote", {"number": number}, confirm=preview["confirm"])

    invoice = desk.invoice(reply["number"])
    assert "£49.46 (net £41.21 + VAT £8.25)" in preview["title"]
    assert "3 x “Hats” at £10.82 = £32.46 net, VAT 20% £6.50, nominal 4000" in "\n".join(preview["facts"])
    assert reply["checked"] == "equal"
    assert "KashFlow dated it 20 Nov 2026" in reply["facts"][0]
    assert without_ids(invoice["lines"]) == without_ids(quote["lines"])
    assert (invoice["net"], invoice["vat"], invoice["customer_code"]) == ("41.21", "8.25", "PENH01")
    assert quotes(desk)[number] == {**quote, "invoice": reply["number"]}
    assert desk.is_balanced()


@pytest.mark.parametrize("switch", ["converted_date=quote", "converted_reference=first", "missing_due_date=terms"])
async def test_however_kashflow_makes_the_invoice_it_is_recognised(tmp_path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        company.mishaps.add("ConvertQuoteToInvoice", "lose_answer", 1)
        reply = await confirmed(desk, "convert_quote", {"number": SIGN, "name_quote": True})

        invoice = desk.invoice(reply["number"])
        assert (reply["status"], reply["checked"]) == ("done", "equal")
        assert sorted(line["net"] for line in invoice["lines"]) == ["0.00", "480.00"]
        assert len([row for row in desk.invoices() if row["gross"] == "576.00" and row["date"] >= "2026-11-08"]) == 1


async def test_a_quote_is_converted_once(desk: Desk) -> None:
    first = await desk("convert_quote", {"number": SIGN})
    other = await desk("convert_quote", {"number": SIGN, "name_quote": True})
    await desk("convert_quote", {"number": SIGN}, confirm=first["confirm"])

    again = await desk.error("convert_quote", {"number": SIGN, "name_quote": True}, confirm=other["confirm"])
    new = await desk.error("convert_quote", {"number": SIGN})

    assert "An invoice was made of quote 1011 already" in again
    assert "An invoice was made of quote 1011 already" in new
    assert len([row for row in desk.invoices() if row["gross"] == "576.00" and row["date"] == "2026-11-20"]) == 1


async def test_the_same_invoice_entered_by_a_colleague_is_not_taken_for_the_conversion(company, tmp_path) -> None:
    """The conversion never arrived; in KashFlow a colleague typed the same lines. The quote is still one, so that is not ours."""
    settings = {"confirm": "either", "toolsets": "all"}
    async with (
        open_desk(company, real_account(tmp_path / "ours", **settings)) as desk,
        open_desk(company, real_account(tmp_path / "theirs", **settings)) as colleague,
    ):
        line = quotes(desk)[SIGN]["lines"][0]
        by_hand = {name: line[name] for name in ("description", "unit_price", "vat_rate", "nominal")}
        preview = await desk("convert_quote", {"number": SIGN})
        company.mishaps.add("ConvertQuoteToInvoice", "cut_before", 1)
        lost = await desk("convert_quote", {"number": SIGN}, confirm=preview["confirm"])
        assert lost["status"] == "unknown"

        await confirmed(colleague, "create_invoice", {"customer": "PENH01", "lines": [by_hand]})
        again = await desk("convert_quote", {"number": SIGN}, confirm=preview["confirm"])

        assert again["status"] == "unknown"
        assert "a person must decide" in " ".join(again["facts"])


async def test_an_invoice_like_the_quote_is_warned_of(desk: Desk) -> None:
    line = quotes(desk)[SIGN]["lines"][0]
    by_hand = {name: line[name] for name in ("description", "unit_price", "vat_rate", "nominal")}
    made = await confirmed(desk, "create_invoice", {"customer": "PENH01", "lines": [by_hand]})

    preview = await desk("convert_quote", {"number": SIGN})

    assert any(f"invoice {made['number']}" in warning for warning in preview["warnings"])


async def test_undoing_a_conversion_deletes_the_invoice_and_brings_a_removed_quote_back(desk: Desk) -> None:
    before = desk.company.state()
    reply = await confirmed(desk, "convert_quote", {"number": SIGN, "keep_quote": False})
    assert SIGN not in quotes(desk)

    preview = await desk("undo_write", {"entry": reply["entry"]})
    again = await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])

    back = max(quotes(desk))
    assert again["checked"] == "equal"
    assert f"Invoice {reply['number']} is deleted" in preview["facts"]
    assert any("is entered again" in fact for fact in preview["facts"])
    assert [row["number"] for row in desk.invoices()] == [row["number"] for row in before["invoices"]]
    assert (quotes(desk)[back]["gross"], quotes(desk)[back]["customer_code"]) == ("576.00", "PENH01")
    assert desk.company.state()["trial_balance"] == before["trial_balance"]


async def test_a_conversion_on_which_money_was_received_is_not_undone(desk: Desk) -> None:
    reply = await confirmed(desk, "convert_quote", {"number": SIGN})
    paid = {"invoice": reply["number"], "method": "BACS", "bank_account": "Current account"}
    await confirmed(desk, "record_payment", paid)

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "payments" in text
    assert desk.invoice(reply["number"])["paid"] == "576.00"


async def test_a_conversion_above_the_owners_limit_is_refused(company, tmp_path) -> None:
    more = {"confirm": "either", "toolsets": "all", "max_amount": Decimal("575.99")}
    async with open_desk(company, real_account(tmp_path, **more)) as desk:
        assert "above the owner's limit" in await desk.error("convert_quote", {"number": SIGN})
        assert "above the owner's limit" in await desk.error(
            "change_quote_lines", {"number": SIGN, "change": [{"line": 1, "quantity": 2}]}
        )
        assert (await desk("update_quote", {"number": SIGN, "reference": "x"}))["status"] == "needs_confirmation"


async def test_an_old_quote_says_what_is_not_known_of_its_date(desk: Desk) -> None:
    assert date(2026, 11, 20) - date(2026, 9, 17) > timedelta(days=31)

    preview = await desk("convert_quote", {"number": 1009})

    assert any("today's or the quote's" in fact for fact in preview["facts"])
    assert any("VAT return for 17 Sep 2026" in fact for fact in preview["facts"])


# What a step sees for itself, whoever planned it


@asynccontextmanager
async def the_quote(company: Simulator, tmp_path, transport: Any = None) -> AsyncIterator[tuple[Connection, Any]]:
    soap = Connection(real_account(tmp_path), transport or company.transport())
    try:
        yield soap, await Quotes(soap).whole(SIGN)
    finally:
        await soap.close()


async def test_a_conversion_is_not_sent_for_a_quote_that_changed_or_was_converted_or_is_gone(company, tmp_path) -> None:
    async with the_quote(company, tmp_path) as (soap, (_, record)):
        step = ConvertQuote.of(record, is_named=False, is_removed=False)
        await header_change(record, QuoteChanges(reference="x")).send(soap)
        with pytest.raises(Refused, match="was changed meanwhile"):
            await step.send(soap)

        _, changed = await Quotes(soap).whole(SIGN)
        step = ConvertQuote.of(changed, is_named=False, is_removed=False)
        landed = await step.send(soap)
        with pytest.raises(Refused, match="An invoice was made of quote 1011 already"):
            await step.send(soap)
        credited = await step.inverse(
            soap,
            landed,
            {"step": step.model_dump(mode="json"), "record": records.as_json(changed)},
            Circumstances(today=TODAY, must_stand="it was e-mailed"),
        )
        await DeleteQuote.of(changed).send(soap)
        with pytest.raises(Refused, match="No quote"):
            await step.send(soap)
        kept = {"record": records.as_json(changed)}
        gone = await step.read_back(soap, landed, kept)
        nowhere = await step.read_back(soap, Landed(id=1, number=1), kept)

    assert [undo.kind for undo in credited.steps] == ["new invoice"]
    assert "must stand (it was e-mailed)" in credited.facts[0]
    assert gone.differences == ("the quote is not in the books",)
    assert nowhere.differences == ("the invoice cannot be found again",)
    assert len([call for call in company.calls if call.name == "ConvertQuoteToInvoice"]) == 1


async def test_an_ok_without_an_invoice_is_not_taken_for_one(company, tmp_path) -> None:
    altered = Altered(company.transport(), rb"<(InvoiceDBID)>\d+<", rb"<\1>0<", "ConvertQuoteToInvoiceResponse")
    async with the_quote(company, tmp_path, altered) as (soap, (_, record)):
        with pytest.raises(OutcomeUnknown, match="gave no invoice"):
            await ConvertQuote.of(record, is_named=False, is_removed=False).send(soap)


async def test_where_kashflow_does_not_say_whether_it_is_still_a_quote_that_is_warned_of(desk: Desk) -> None:
    desk.company.mishaps.add("isStillQuote", "status_no", 9)

    preview = await desk("convert_quote", {"number": SIGN})

    assert any("does not say whether an invoice was made" in warning for warning in preview["warnings"])


async def test_a_quote_without_lines_or_below_zero_becomes_no_invoice(desk: Desk, tmp_path) -> None:
    empty = await put_in(desk.company, tmp_path, Lines=[])
    minus = await put_in(desk.company, tmp_path, Lines=[{"Quantity": 1, "Rate": -5, "VatRate": 0, "VatAmount": 0}])

    assert "has no lines" in await desk.error("convert_quote", {"number": empty})
    assert "is below zero" in await desk.error("convert_quote", {"number": minus})


async def test_a_company_that_left_vat_converts_no_quote_that_charges_it(desk: Desk) -> None:
    desk.company.books.company = replace(desk.company.books.company, vat_registered=False)

    assert "Change the quote with `change_quote_lines`" in await desk.error("convert_quote", {"number": SIGN})


async def test_what_a_bookkeeper_would_ask_about_is_asked(desk: Desk, tmp_path) -> None:
    delivered = await put_in(desk.company, tmp_path, UseCustomDeliveryAddress=True)
    abroad = {"customer": "ATEL01", "lines": [{"unit_price": 1, "vat_rate": 0, "nominal": 4000}]}
    foreign = (await confirmed(desk, "create_quote", abroad))["number"]
    nothing = {**HATS, "lines": [{**HATS["lines"][0], "unit_price": 0}], "date": "2026-01-05"}

    async def warned(tool: str, request: dict[str, Any]) -> str:
        return "\n".join((await desk(tool, request))["warnings"])

    assert "undoing cannot bring back" in await warned("delete_quote", {"number": delivered})
    assert "The customer's currency is EUR" in await warned("update_quote", {"number": foreign, "reference": "x"})
    assert "The customer's currency is EUR" in await warned("convert_quote", {"number": foreign})
    assert "The total is nothing." in await warned("create_quote", nothing)
    assert "far from today" in await warned("create_quote", nothing)
    assert "`lines` is empty" in await desk.error("create_quote", {"customer": "PENH01"})
    assert "invisible" in await desk.error(
        "change_quote_lines", {"number": SIGN, "change": [{"line": 1, "description": "a\u202eb"}]}
    )


async def test_a_conversion_says_that_the_due_date_is_to_be_looked_at_and_names_the_terms(desk: Desk) -> None:
    preview = await desk("convert_quote", {"number": 1009})

    assert preview["warnings"][0].endswith("`update_invoice` sets one (the customer's terms: 30 days).")
    assert "£3,720.00 (net £3,100.00 + VAT £620.00)" in preview["title"]
