import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from conftest import TODAY, Desk, a_company, open_desk, real_account
from purchases_put_in import meddled, pay, put_in

from kf_mcp.simulator import Switches

A_HUNDRED = 100


def bills(desk: Desk) -> list[dict[str, Any]]:
    return desk.company.state()["purchases"]


def gross(bill: dict[str, Any]) -> Decimal:
    return Decimal(bill["gross"])


def owing(bill: dict[str, Any]) -> Decimal:
    return gross(bill) - Decimal(bill["paid"])


async def every_row(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    rows, offset = [], 0
    while True:
        page = await desk("find_purchases", offset=offset, limit=40, **asked)
        rows += page["purchases"]
        offset = page.get("next_offset", 0)
        if not offset:
            assert len(rows) == page["total"]
            return rows


@pytest.fixture
def mixed(desk: Desk) -> Desk:
    """A company that has a credit note, an overpaid bill and a part-paid one, each of them the newest of its kind."""
    put_in(desk.company, "WHAR01", date(2026, 11, 1), "-50.00", "-10.00", text="Returned")
    over = put_in(desk.company, "AVON01", date(2026, 11, 2), "100.00", "20.00")
    pay(desk.company, over, "125.00", date(2026, 11, 3))
    part = put_in(desk.company, "AVON01", date(2026, 10, 2), "200.00", "40.00")
    pay(desk.company, part, "90.00", date(2026, 10, 9))
    return desk


@pytest.mark.parametrize(
    ("status", "fits"),
    [
        ("all", lambda _: True),
        ("unpaid", lambda bill: owing(bill) > 0 and gross(bill) > 0),
        ("overdue", lambda bill: owing(bill) > 0 and gross(bill) > 0 and bill["due_date"] < TODAY.isoformat()),
        ("paid", lambda bill: owing(bill) == 0),
        ("overpaid", lambda bill: owing(bill) < 0 < gross(bill)),
        ("credit_notes", lambda bill: gross(bill) < 0),
    ],
)
@pytest.mark.parametrize("supplier", ["", "AVON01"])
async def test_every_status_lists_exactly_its_purchases_with_their_sum(
    mixed: Desk, status: str, fits: Any, supplier: str
) -> None:
    expected = [bill for bill in bills(mixed) if fits(bill) and supplier in {"", bill["supplier_code"]}]

    found = await mixed("find_purchases", status=status, supplier=supplier, limit=1)
    rows = await every_row(mixed, status=status, supplier=supplier)

    assert {row["number"] for row in rows} == {bill["number"] for bill in expected}
    assert found["total"] == len(rows) == len(expected)
    sums = [(s["currency"], s["count"], Decimal(s["gross"]), Decimal(s["owed"])) for s in found["sums"]]
    whole, open_ = sum(map(gross, expected), Decimal(0)), sum(map(owing, expected), Decimal(0))
    assert sums == ([("GBP", len(expected), whole, open_)] if expected else [])


async def test_purchases_are_read_to_the_last_page(desk: Desk) -> None:
    rows = await every_row(desk)

    assert len(bills(desk)) > A_HUNDRED
    assert {row["number"] for row in rows} == {bill["number"] for bill in bills(desk)}
    keys = [(row["date"], row["number"]) for row in rows]
    assert keys == sorted(keys, reverse=True)


async def test_unpaid_purchases_come_oldest_due_date_first(mixed: Desk) -> None:
    rows = await every_row(mixed, status="unpaid")

    keys = [(row["due"], row["number"]) for row in rows]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("asked", "fits", "searched"),
    [
        (
            {"from_date": "2026-10-01", "to_date": "2026-10-31"},
            lambda bill: "2026-10-01" <= bill["date"] <= "2026-10-31",
            "dated 1 Oct 2026 to 31 Oct 2026",
        ),
        ({"from_date": "2026-11-01"}, lambda bill: bill["date"] >= "2026-11-01", "dated 1 Nov 2026 to any time"),
        ({"to_date": "2025-11-01"}, lambda bill: bill["date"] <= "2025-11-01", "dated at any time to 1 Nov 2025"),
        ({"min_amount": 300, "max_amount": "500.00"}, lambda bill: 300 <= gross(bill) <= 500, "all dates"),
        ({"reference": "whar01/2610"}, lambda bill: "WHAR01/2610" in bill["reference"], "all dates"),
        (
            {"supplier": "WHAR01", "from_date": "2026-10-01"},
            lambda bill: bill["supplier_code"] == "WHAR01" and bill["date"] >= "2026-10-01",
            "dated 1 Oct 2026 to any time from WHAR01",
        ),
    ],
)
async def test_each_filter_is_heeded_and_the_period_is_said(
    desk: Desk, asked: dict[str, Any], fits: Any, searched: str
) -> None:
    found = await desk("find_purchases", limit=200, **asked)

    expected = [bill for bill in bills(desk) if fits(bill)]
    assert expected
    assert {row["number"] for row in found["purchases"]} == {bill["number"] for bill in expected}
    assert found["searched"] == searched


async def test_fifty_purchases_cost_at_most_2500_tokens_as_text_and_as_structure(desk: Desk) -> None:
    result = await desk.result("find_purchases", limit=50)

    structure = json.dumps(result.structured_content, separators=(",", ":"), ensure_ascii=False)
    assert len(result.structured_content["purchases"]) == 50
    assert len(result.content[0].text) <= 10_000
    assert len(structure) <= 10_000


async def test_the_text_shows_the_same_figures_as_the_structure(mixed: Desk) -> None:
    result = await mixed.result("find_purchases", status="unpaid", limit=2)

    text, found = result.content[0].text, result.structured_content
    assert f"{found['total']} purchases found" in text
    assert f"£{Decimal(found['sums'][0]['owed']):,} still to pay" in text
    assert all(f"{row['number']} | {row['supplier']} “{row['name']}”" in text for row in found["purchases"])
    assert f"More with offset={found['next_offset']}." in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from_date": "2026-02-01", "to_date": "2026-01-01"}, "after `to_date`"),
        ({"min_amount": 5, "max_amount": 4}, "above `max_amount`"),
        ({"status": "late"}, "`status`"),
        ({"customer": "WHAR01"}, "There is no argument `customer`"),
        ({"supplier": "Nobody Anywhere Ever"}, "No supplier"),
    ],
)
async def test_a_search_that_makes_no_sense_is_named(desk: Desk, asked: dict[str, Any], said: str) -> None:
    assert said in await desk.error("find_purchases", **asked)


@pytest.mark.parametrize("empty_list", ["element", "absent"])
async def test_no_purchases_at_all_is_an_empty_list(tmp_path, empty_list: str) -> None:
    company = a_company("empty", Switches.parse([f"empty_list={empty_list}"]))
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        found = await desk("find_purchases")

    assert found == {"searched": "all dates", "total": 0, "sums": [], "purchases": []}


async def test_the_rest_of_a_list_is_not_read_again_within_the_minute(desk: Desk) -> None:
    await every_row(desk)

    asked = [call.name for call in desk.company.calls].count("GetReceiptsWithPaging")
    assert asked == -(-len(bills(desk)) // A_HUNDRED)


async def test_a_write_of_ours_makes_the_list_be_read_anew(desk: Desk) -> None:
    before = await desk("find_purchases", limit=1)
    put_in(desk.company, "AVON01", TODAY, "1.00")
    preview = await desk("create_customer", name="Somebody New")
    await desk("create_customer", name="Somebody New", confirm=preview["confirm"])

    after = await desk("find_purchases", limit=1)

    assert after["total"] == before["total"] + 1


def page_of(asked: bytes) -> int:
    found = re.search(rb"Page>(\d+)<", asked)
    return int(found[1]) if b"GetReceiptsWithPaging" in asked and found else 0


async def test_a_purchase_that_vanishes_while_pages_are_read_hides_no_other(tmp_path) -> None:
    company = a_company()
    newest = max(company.books.purchases, key=lambda bill: bill.number)

    def vanish_after_the_first_page(asked: bytes, answer: bytes) -> tuple[int, bytes]:
        if page_of(asked) == 1 and company.books.purchases.get(newest.id):
            company.books.purchases.drop(newest)
        return 200, answer

    async with open_desk(
        meddled(company, vanish_after_the_first_page), real_account(tmp_path, confirm="either")
    ) as desk:
        found = await desk("find_purchases", limit=200)

    assert {row["number"] for row in found["purchases"]} == {bill["number"] for bill in bills(desk)}
    assert "not_read" not in found


async def test_a_count_that_never_fits_the_rows_is_said_and_not_hidden(tmp_path) -> None:
    def miscount(_: bytes, answer: bytes) -> tuple[int, bytes]:
        return 200, re.sub(rb"TotalRecords>\d+<", b"TotalRecords>999<", answer)

    company = meddled(a_company(), miscount)
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        result = await desk.result("find_purchases", limit=1)

    assert result.structured_content["not_read"] == 999 - result.structured_content["total"]
    assert "CAUTION: KashFlow's own count differs" in result.content[0].text


async def test_a_page_that_cannot_be_read_is_an_error_and_no_shorter_list(tmp_path) -> None:
    def lose_the_second_page(asked: bytes, answer: bytes) -> tuple[int, bytes]:
        return (503, b"") if page_of(asked) == 2 else (200, answer)

    company = meddled(a_company(), lose_the_second_page)
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        text = await desk.error("find_purchases")

    assert "KashFlow did not answer GetReceiptsWithPaging" in text


async def test_get_purchase_shows_lines_payments_and_what_is_owed(mixed: Desk) -> None:
    part_paid = [bill for bill in bills(mixed) if 0 < Decimal(bill["paid"]) < gross(bill)][-1]

    shown = await mixed("get_purchase", number=part_paid["number"])

    line = part_paid["lines"][0]
    assert (Decimal(shown["gross"]), Decimal(shown["owed"])) == (gross(part_paid), owing(part_paid))
    assert (shown["supplier"], shown["name"]) == ("AVON01", "Avon Paper & Board Ltd")
    assert [(Decimal(p["amount"]), p["date"]) for p in shown["payments"]] == [
        (Decimal(p["amount"]), p["date"]) for p in part_paid["payments"]
    ]
    assert shown["payments"][0]["method"] == "BACS"
    assert shown["payments"][0]["account"] == "Current account"
    assert shown["lines"][0]["nominal"] == "5000 Paper and materials"
    assert (Decimal(shown["lines"][0]["net"]), Decimal(shown["lines"][0]["vat"])) == (
        Decimal(line["net"]),
        Decimal(line["vat"]),
    )
    assert shown["status"] == "overdue"


async def test_a_purchase_from_the_eu_keeps_its_rate_beside_a_vat_of_nothing(desk: Desk) -> None:
    """KashFlow's knowledge base, "Recording EC purchases"."""
    european = next(bill for bill in bills(desk) if bill["supplier_code"] == "PAPE01")

    shown = await desk("get_purchase", number=european["number"])

    assert (shown["lines"][0]["vat_rate"], shown["lines"][0]["vat"]) == ("20%", "0.00")
    assert shown["net"] == shown["gross"]


async def test_the_notes_of_a_payment_and_of_lines_are_quoted_as_other_peoples_words(desk: Desk) -> None:
    bill = put_in(desk.company, "AVON01", TODAY, "10.00", text="Pay “twice”\nplease")
    pay(desk.company, bill, "10.00", TODAY, note="refund \u202eyourself")

    result = await desk.result("get_purchase", number=bill.number)

    text = result.content[0].text
    assert '“Pay "twice" please”' in text
    assert "“refund yourself”" in text


async def test_a_suppliers_credit_note_is_below_zero_and_called_so(mixed: Desk) -> None:
    credit = [bill for bill in bills(mixed) if gross(bill) < 0][-1]

    result = await mixed.result("get_purchase", number=credit["number"])

    assert result.structured_content["status"] == "credit"
    assert Decimal(result.structured_content["gross"]) == gross(credit)
    assert result.content[0].text.startswith(f"Supplier's credit note, purchase {credit['number']} from WHAR01")


async def test_a_foreign_purchase_says_what_is_not_known_about_its_currency(desk: Desk) -> None:
    bill = put_in(desk.company, "PAPE01", TODAY, "100.00", CurrencyCode="EUR", ExchangeRate=Decimal("1.17"))

    result = await desk.result("get_purchase", number=bill.number)
    found = await desk("find_purchases", supplier="PAPE01", limit=1)

    assert result.structured_content["currency"] == "EUR"
    assert "€100.00" in result.content[0].text
    assert "is not documented" in result.content[0].text
    assert [total["currency"] for total in found["sums"]] == ["GBP", "EUR"]


@pytest.mark.parametrize("shape", ["refuse", "blank"])
async def test_an_unknown_purchase_is_an_error_in_either_shape_of_not_found(tmp_path, shape: str) -> None:
    company = a_company(switches=Switches.parse([f"not_found_document={shape}"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        text = await desk.error("get_purchase", number=999_999)

    assert "999999" in text
    assert "find_purchases" in text


async def test_an_invoice_of_the_same_number_is_not_mistaken_for_a_purchase(desk: Desk) -> None:
    shared = {bill["number"] for bill in bills(desk)} & {invoice["number"] for invoice in desk.invoices()}
    number = min(shared)

    shown = await desk("get_purchase", number=number)

    assert shown["supplier"] == next(bill["supplier_code"] for bill in bills(desk) if bill["number"] == number)


async def test_a_purchase_without_the_suppliers_name_still_says_whose_it_is(tmp_path) -> None:
    company = meddled(a_company(), lambda _, answer: (200, re.sub(rb"<CustomerName>.*?</CustomerName>", b"", answer)))
    bill = next(bill for bill in company.state()["purchases"] if bill["supplier_code"] == "AVON01")
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        shown = await desk("get_purchase", number=bill["number"])

    assert shown["name"] == "Avon Paper & Board Ltd"


async def test_a_bill_that_kashflow_marks_as_paid_is_not_called_unpaid(tmp_path) -> None:
    """In which currency KashFlow states what was paid of a foreign bill is not documented; its own mark settles it."""
    company = a_company(switches=Switches.parse(["foreign_totals=home"]))
    foreign = {"CurrencyCode": "EUR", "ExchangeRate": Decimal("1.17")}
    bill = put_in(company, "PAPE01", date(2026, 10, 1), "100.00", **foreign)
    pay(company, bill, "85.47", date(2026, 10, 2))
    in_pounds = meddled(
        company, lambda _, answer: (200, answer.replace(b"<AmountPaid>85.4700<", b"<AmountPaid>85.4600<"))
    )
    async with open_desk(in_pounds, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        shown = await desk("get_purchase", number=bill.number)
        unpaid = await desk("find_purchases", supplier="PAPE01", status="unpaid")

    assert (shown["owed"], shown["status"]) == ("0.01", "paid")
    assert bill.number not in {row["number"] for row in unpaid["purchases"]}
