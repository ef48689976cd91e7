from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from conftest import HATS, HATS_NET, HATS_VAT, Desk, a_company, open_desk, real_account

from kf_mcp.model.dates import one_month_and_seven_days_after
from kf_mcp.model.invoices import line_vat
from kf_mcp.model.vat import VATReport

QUARTER = {"start": "2026-10-01", "end": "2026-12-31"}


async def test_an_invoice_moves_the_boxes_by_its_own_figures(desk: Desk) -> None:
    before = {row["box"]: Decimal(row["amount"]) for row in (await desk("get_vat_report", QUARTER))["boxes"]}
    na_line = {"description": "Stamp duty", "unit_price": "7.00", "vat_rate": "N/A", "nominal": 4200}
    request = {**HATS, "lines": [*HATS["lines"], na_line]}
    preview = await desk("create_invoice", request)
    await desk("create_invoice", request, confirm=preview["confirm"])

    after = {row["box"]: Decimal(row["amount"]) for row in (await desk("get_vat_report", QUARTER))["boxes"]}

    moved = {box: after[box] - before[box] for box in after if after[box] != before[box]}
    assert moved == {1: HATS_VAT, 3: HATS_VAT, 5: HATS_VAT, 6: HATS_NET}


async def test_a_filed_quarter_is_shown_as_filed_and_the_running_one_is_not(desk: Desk) -> None:
    filed = await desk("get_vat_report", start="2026-04-01", end="2026-06-30")
    running = await desk("get_vat_report", QUARTER)

    assert filed["submitted"]
    assert not running.get("submitted")
    assert running["due"] == "2027-02-07"
    assert "not over yet" in running["notes"][0]


@pytest.mark.parametrize(
    "dates", [{}, {"start": "2026-10-01"}, {"start": "2026-10-02", "end": "2026-10-01"}, {"start": "x", "end": "y"}]
)
async def test_both_dates_are_needed_and_in_order(desk: Desk, dates) -> None:
    text = await desk.error("get_vat_report", dates)

    assert "`start`" in text or "`end`" in text


async def test_a_company_that_is_not_registered_charges_no_vat_and_has_no_report(tmp_path) -> None:
    company = a_company()
    company.books.company = replace(company.books.company, vat_registered=False)
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        charged = await desk.error("create_invoice", HATS)
        none = await desk(
            "create_invoice", customer="PENH01", lines=[{"description": "x", "unit_price": 10, "nominal": 4000}]
        )
        report = await desk.error("get_vat_report", QUARTER)

    assert "not registered for VAT" in charged
    assert "VAT £0.00" in none["title"]
    assert "not registered for VAT" in report


def test_broken_rules_between_boxes_are_named() -> None:
    boxes = tuple(map(Decimal, ("10", "2", "13", "4", "9", "100", "50", "101", "51")))
    report = VATReport(
        start=date(2026, 1, 1),
        end=date(2026, 3, 31),
        boxes=boxes,
        in_accounts=False,
        submitted=False,
        submitted_on=None,
    )

    said = report.broken_identities()

    assert len(said) == 3
    assert said[0] == "Box 3 is £13.00, but boxes 1 + 2 make £12.00."


@pytest.mark.parametrize(
    ("end", "due"),
    [
        ("2026-12-31", "2027-02-07"),
        ("2027-01-31", "2027-03-07"),
        ("2026-02-28", "2026-04-07"),
        ("2026-11-30", "2027-01-07"),
        ("2026-01-30", "2026-03-07"),  # February has no 30th
        ("2026-10-15", "2026-11-22"),
    ],
)
def test_a_return_is_due_one_month_and_seven_days_after_its_period(end: str, due: str) -> None:
    assert one_month_and_seven_days_after(date.fromisoformat(end)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("net", "rate", "vat"),
    [("10.82", 20, "2.16"), ("0.125", 20, "0.03"), ("-10.82", 20, "-2.16"), ("99.90", 5, "5.00"), ("5", -1, "0")],
)
def test_vat_is_rounded_half_up_for_each_line(net: str, rate: int, vat: str) -> None:
    """10.82 at 20% is 2.16 in KashFlow's recorded invoices."""
    assert line_vat(Decimal(net), Decimal(rate)) == Decimal(vat)
