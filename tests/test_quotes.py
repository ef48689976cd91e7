import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account
from purchases_put_in import meddled

from kf_mcp.simulator import Switches, documents


def quotes(desk: Desk) -> list[dict[str, Any]]:
    return desk.company.state()["quotes"]


def put_in(desk: Desk, customer: str, dated: date, net: str, reference: str = "", category: str = "") -> int:
    """Enter a quote of one line at 20% VAT; its number comes back."""
    books = desk.company.books
    party = next(party for party in books.customers if party.code == customer)
    line = {
        "Quantity": Decimal(2),
        "Description": "Signs",
        "Rate": Decimal(net) / 2,
        "ChargeType": next(row.id for row in books.nominals if row.code == 4000),
        "VatRate": Decimal(20),
        "VatAmount": Decimal(net) / 5,
    }
    header = {"InvoiceDate": dated, "CustomerID": party.id, "CustomerReference": reference, "Lines": [line]}
    quote = documents.insert(books, "quote", header)
    books.put_document(replace(quote, category=category or None))
    return quote.number


async def test_find_quotes_lists_every_quote_newest_first_with_the_sum(desk: Desk) -> None:
    put_in(desk, "PENH01", date(2026, 1, 5), "100.00")

    result = await desk.result("find_quotes")

    found = result.structured_content
    expected = sorted(quotes(desk), key=lambda quote: (quote["date"], quote["number"]), reverse=True)
    whole = sum(Decimal(quote["gross"]) for quote in expected)
    assert [row["number"] for row in found["quotes"]] == [quote["number"] for quote in expected]
    assert (found["total"], found["searched"]) == (len(expected), "all dates")
    assert [(total["count"], Decimal(total["gross"])) for total in found["sums"]] == [(len(expected), whole)]
    assert (
        f"Sum of {len(expected)} quotes: {whole:,} with VAT (KashFlow names no currency on quotes)"
        in result.content[0].text
    )


async def test_no_currency_is_invented_where_kashflow_names_none(desk: Desk) -> None:
    """Zynk's recorded objects: a quote's CurrencyCode is blank."""
    number = quotes(desk)[0]["number"]

    result = await desk.result("get_quote", number=number)

    assert "currency" not in result.structured_content
    assert "£" not in result.content[0].text
    assert "names no currency" in result.content[0].text


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ({"customer": "PENH01"}, lambda quote: quote["customer_code"] == "PENH01"),
        ({"customer": "penhaligon boatyard"}, lambda quote: quote["customer_code"] == "PENH01"),
        ({"from_date": "2026-11-01"}, lambda quote: quote["date"] >= "2026-11-01"),
        ({"to_date": "2026-03-31"}, lambda quote: quote["date"] <= "2026-03-31"),
        ({"min_amount": 120, "max_amount": "120.00"}, lambda quote: Decimal(quote["gross"]) == 120),
        ({"reference": "po 9"}, lambda quote: "PO 9" in quote["reference"]),
    ],
)
async def test_each_filter_of_quotes_is_heeded(desk: Desk, asked: dict[str, Any], fits: Any) -> None:
    put_in(desk, "PENH01", date(2026, 1, 5), "100.00", reference="PO 99")

    found = await desk("find_quotes", **asked)

    expected = {quote["number"] for quote in quotes(desk) if fits(quote)}
    assert expected
    assert {row["number"] for row in found["quotes"]} == expected


async def test_the_period_and_the_customer_that_were_searched_are_said(desk: Desk) -> None:
    found = await desk("find_quotes", customer="PENH01", to_date="2026-03-31")
    later = await desk("find_quotes", from_date="2026-03-31")

    assert found["searched"] == "dated at any time to 31 Mar 2026 to PENH01"
    assert later["searched"] == "dated 31 Mar 2026 to any time"


async def test_quotes_that_do_not_fit_a_page_come_with_the_next(desk: Desk) -> None:
    most = len(quotes(desk)) - 1

    result = await desk.result("find_quotes", limit=most)
    second = await desk("find_quotes", limit=most, offset=result.structured_content["next_offset"])

    numbers = [row["number"] for row in (*result.structured_content["quotes"], *second["quotes"])]
    assert sorted(numbers) == sorted(quote["number"] for quote in quotes(desk))
    assert "next_offset" not in second
    assert f"More with offset={most}." in result.content[0].text


async def test_get_quote_shows_its_lines_and_that_it_is_still_a_quote(desk: Desk) -> None:
    number = put_in(desk, "PENH01", date(2026, 1, 5), "100.00", reference="PO 99", category="Signage")

    result = await desk.result("get_quote", number=number)

    shown = result.structured_content
    assert (shown["net"], shown["vat"], shown["gross"]) == ("100.00", "20.00", "120.00")
    assert (shown["customer"], shown["name"]) == ("PENH01", "Penhaligon Boatyard Ltd")
    assert [(row["quantity"], row["unit_price"], row["net"]) for row in shown["lines"]] == [("2", "50", "100.00")]
    assert shown["lines"][0]["nominal"] == "4000 Design services"
    assert (shown["state"], shown["category"]) == ("quote", "Signage")
    assert "still a quote" in result.content[0].text


async def test_a_quote_of_which_an_invoice_was_made_says_so(desk: Desk) -> None:
    """KashFlow's manual, isStillQuote: false once it is converted."""
    states = {}
    for quote in quotes(desk):
        states[quote["number"]] = (await desk("get_quote", number=quote["number"]))["state"]

    expected = {quote["number"]: "converted" if quote["invoice"] else "quote" for quote in quotes(desk)}
    assert set(expected.values()) == {"converted", "quote"}
    assert states == expected


async def test_a_quote_whose_state_kashflow_refuses_to_tell_is_shown_all_the_same(desk: Desk) -> None:
    desk.company.mishaps.add("isStillQuote", "status_no")

    shown = await desk("get_quote", number=quotes(desk)[0]["number"])

    assert shown["state"] == "unknown"


@pytest.mark.parametrize("shape", ["refuse", "blank"])
async def test_an_unknown_quote_is_an_error_in_either_shape_of_not_found(tmp_path, shape: str) -> None:
    company = a_company(switches=Switches.parse([f"not_found_document={shape}"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="quotes")) as desk:
        text = await desk.error("get_quote", number=999_999)

    assert "999999" in text
    assert "find_quotes" in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from_date": "2026-02-01", "to_date": "2026-01-01"}, "after `to_date`"),
        ({"min_amount": 5, "max_amount": 4}, "above `max_amount`"),
        ({"customer": "Nobody Anywhere Ever"}, "No customer"),
    ],
)
async def test_a_search_for_quotes_that_makes_no_sense_is_named(desk: Desk, asked: dict[str, Any], said: str) -> None:
    assert said in await desk.error("find_quotes", **asked)


async def test_a_quote_without_the_customers_name_still_says_whose_it_is(tmp_path) -> None:
    """Zynk's recorded objects: CustomerName is absent on quotes."""
    company = meddled(a_company(), lambda _, answer: (200, re.sub(rb"<CustomerName>.*?</CustomerName>", b"", answer)))
    state = company.state()
    quote = state["quotes"][0]
    name = next(customer["name"] for customer in state["customers"] if customer["code"] == quote["customer_code"])
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="quotes")) as desk:
        shown = await desk("get_quote", number=quote["number"])
        found = await desk("find_quotes", customer=quote["customer_code"])

    assert shown["name"] == found["quotes"][0]["name"] == name


async def test_a_currency_that_kashflow_does_name_is_shown(tmp_path) -> None:
    company = meddled(
        a_company(), lambda _, answer: (200, re.sub(rb"<CurrencyCode ?/>", b"<CurrencyCode>EUR</CurrencyCode>", answer))
    )
    quote = company.state()["quotes"][0]
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="quotes")) as desk:
        result = await desk.result("get_quote", number=quote["number"])
        found = await desk.result("find_quotes")

    assert result.structured_content["currency"] == "EUR"
    assert "\u20ac" in result.content[0].text
    assert "names no currency" not in result.content[0].text
    assert "in EUR: \u20ac" in found.content[0].text
