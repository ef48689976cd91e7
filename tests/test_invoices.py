from decimal import Decimal

import pytest
from conftest import HATS, HATS_NET, HATS_VAT, Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Switches


async def test_a_confirmed_invoice_stands_in_the_books_to_the_penny(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

    stands = desk.invoice(reply["number"])
    assert reply["status"] == "done"
    assert "£43.95 (net £37.46 + VAT £6.49)" in preview["title"]
    assert (Decimal(stands["net"]), Decimal(stands["vat"])) == (HATS_NET, HATS_VAT)
    assert [Decimal(line["vat"]) for line in stands["lines"]] == [Decimal("6.49"), Decimal(0)]
    assert stands["reference"] == "PO 4711"
    assert stands["customer_code"] == "PENH01"
    assert desk.is_balanced()


async def test_a_preview_writes_nothing(desk: Desk) -> None:
    before = desk.company.state()

    preview = await desk("create_invoice", HATS)

    assert preview["status"] == "needs_confirmation"
    assert desk.company.state() == before


async def test_the_preview_names_where_each_default_came_from(desk: Desk) -> None:
    line = {"description": "Work", "unit_price": 100, "nominal": 4000}

    preview = await desk("create_invoice", customer="PENH01", lines=[line])

    facts = "\n".join(preview["facts"])
    assert "VAT rate: that of nominal 4000" in facts
    assert "terms" in facts
    assert "(today)" in facts


async def test_the_owners_nominal_is_used_where_a_line_names_none(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", sales_nominal=4010)) as desk:
        preview = await desk("create_invoice", customer="PENH01", lines=[{"description": "Work", "unit_price": 100}])

    assert "nominal 4010" in preview["facts"][2]
    assert "KASHFLOW_SALES_NOMINAL" in preview["facts"][2]


async def test_a_nominal_without_a_rate_brings_back_the_choices_and_what_each_means(desk: Desk) -> None:
    text = await desk.error(
        "create_invoice", customer="PENH01", lines=[{"description": "Post", "unit_price": 5, "nominal": 4100}]
    )

    assert "`lines[0].vat_rate`" in text
    assert "box 6" in text
    assert "left out of the VAT return" in text


async def test_a_customer_abroad_brings_back_the_vat_choices(desk: Desk) -> None:
    abroad = next(c for c in (await desk("find_customers", limit=100))["customers"] if c.get("region") == "EU")

    text = await desk.error(
        "create_invoice", customer=abroad["code"], lines=[{"description": "Work", "unit_price": 5, "nominal": 4000}]
    )

    assert "not in the UK (EU)" in text


async def test_uk_vat_for_a_customer_abroad_is_warned_of(desk: Desk) -> None:
    abroad = next(c for c in (await desk("find_customers", limit=100))["customers"] if c.get("region") == "EU")
    line = {"description": "Work", "unit_price": 5, "nominal": 4000, "vat_rate": 20}

    preview = await desk("create_invoice", customer=abroad["code"], lines=[line])

    assert any("20% VAT is charged to a customer in the EU" in warning for warning in preview["warnings"])


async def test_a_name_that_fits_several_customers_brings_back_the_candidates(desk: Desk) -> None:
    text = await desk.error("create_invoice", {**HATS, "customer": "Thornbury"})

    assert text.count("Thornbury") >= 3  # what was said, and two candidates


async def test_an_exact_name_stands_for_its_customer(desk: Desk) -> None:
    preview = await desk("create_invoice", {**HATS, "customer": "penhaligon boatyard ltd"})

    assert "PENH01" in preview["title"]


async def test_an_invoice_below_zero_is_refused_and_a_discount_line_is_not(desk: Desk) -> None:
    discount = {"description": "Discount", "unit_price": "-3.00", "vat_rate": 20, "nominal": 4000}
    less = {**HATS, "lines": [*HATS["lines"], discount]}
    below = {**HATS, "lines": [discount]}

    preview = await desk("create_invoice", less)
    text = await desk.error("create_invoice", below)

    assert "£40.35" in preview["title"]  # 43.95 - 3.60
    assert "cannot be negative" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"custmer": "x"}, "Did you mean `customer`?"),
        ({"issue_date": "31/10/2026"}, "`issue_date`: is not a date"),
        ({"issue_date": "2026-02-30"}, "`issue_date`: is not a date"),
        ({"lines": []}, "`lines`"),
        ({"lines": [{"description": "x", "unit_price": 1, "quantity": 0}]}, "`lines[0].quantity`"),
        ({"lines": [{"description": "x", "unit_price": 1, "quantity": -1}]}, "`lines[0].quantity`"),
        ({"lines": [{"description": "x", "unit_price": "1.00001"}]}, "four decimal places"),
        ({"lines": [{"description": "x", "unit_price": 1, "vat_rate": 19, "nominal": 4000}]}, "19% is not a VAT rate"),
        ({"lines": [{"description": "x" * 10_000, "unit_price": 1}]}, "`lines[0].description`"),
        ({"lines": [{"description": "a\x07b", "unit_price": 1}]}, "control or invisible characters"),
        ({"lines": [{"description": "x", "unit_price": "NaN"}]}, "`lines[0].unit_price`"),
        ({"lines": [{"description": "x", "unit_price": 1, "nominall": 4000}]}, "did you mean `nominal`?"),
        ({"currency": "XXX"}, "not a currency of this account"),
        ({"customer": "Nobody Anywhere Ever"}, "No customer"),
        ({"lines": [{"description": "x", "unit_price": 1, "nominal": 5000}]}, "is not for sales"),
        ({"lines": [{"description": "x", "unit_price": 1, "nominal": 99999}]}, "No nominal has the code 99999"),
        ({"reference": "a\nb"}, "`reference`"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(desk: Desk, change, said) -> None:
    before = desk.company.state()

    text = await desk.error("create_invoice", {**HATS, **change})

    assert said in text
    assert "Traceback" not in text
    assert desk.company.state() == before


async def test_a_price_of_three_places_is_warned_of_and_seen_to_arrive(desk: Desk) -> None:
    request = {
        **HATS,
        "lines": [{"description": "Screws", "quantity": 1000, "unit_price": "0.125", "vat_rate": 20, "nominal": 4000}],
    }

    preview = await desk("create_invoice", request)
    reply = await desk("create_invoice", request, confirm=preview["confirm"])

    assert any("more than two decimal places" in warning for warning in preview["warnings"])
    assert "differences" not in reply
    assert Decimal(desk.invoice(reply["number"])["net"]) == Decimal("125.00")


async def test_a_price_that_kashflow_cuts_is_reported_first(tmp_path) -> None:
    request = {
        **HATS,
        "lines": [{"description": "Screws", "quantity": 1000, "unit_price": "0.125", "vat_rate": 20, "nominal": 4000}],
    }
    company = a_company(switches=Switches.parse(["rate_places=two"]))
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        preview = await desk("create_invoice", request)
        result = await desk.result("create_invoice", request, confirm=preview["confirm"])

    assert result.structured_content["differences"]
    assert result.content[0].text.startswith("DIFFERS FROM WHAT WAS MEANT: line 1's unit price is 0.13, not 0.125")


async def test_a_probable_duplicate_is_warned_of(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    await desk("create_invoice", HATS, confirm=preview["confirm"])
    other = {
        **HATS,
        "reference": "PO 4711",
        "lines": [{"description": "More", "unit_price": 9, "vat_rate": 20, "nominal": 4000}],
    }

    second = await desk("create_invoice", other)

    assert any("Perhaps a duplicate" in warning and "same reference" in warning for warning in second["warnings"])


async def test_a_date_in_the_locked_period_is_refused(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", locked_before="2026-11-01")) as desk:
        text = await desk.error("create_invoice", {**HATS, "issue_date": "2026-10-31"})

    assert "31 Oct 2026 lies before 1 Nov 2026" in text


async def test_an_amount_above_the_owners_limit_is_refused(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", max_amount="43.94")) as desk:
        text = await desk.error("create_invoice", HATS)

    assert "£43.95 is above the owner's limit of £43.94" in text


async def test_dates_that_look_wrong_are_warned_of(desk: Desk) -> None:
    preview = await desk("create_invoice", {**HATS, "issue_date": "2026-09-01", "due_date": "2026-08-01"})

    said = " ".join(preview["warnings"])
    assert "due before it is issued" in said
    assert "far from today" in said


async def test_a_foreign_invoice_shows_its_rate_and_keeps_its_own_figures(desk: Desk) -> None:
    line = {"description": "Travail", "unit_price": "100.00", "vat_rate": 0, "nominal": 4000}
    request = {"customer": "PENH01", "lines": [line], "currency": "EUR"}

    preview = await desk("create_invoice", request)
    reply = await desk("create_invoice", request, confirm=preview["confirm"])

    assert "€100.00" in preview["title"]
    assert any("KashFlow's rate" in fact for fact in preview["facts"])
    assert reply["status"] == "done"
    assert "differences" not in reply


async def test_find_invoices_sums_everything_that_fits_and_pages_the_rows(desk: Desk) -> None:
    found = await desk("find_invoices", status="unpaid", limit=2)

    today = "2026-11-20"
    open_ = [i for i in desk.invoices() if Decimal(i["net"]) + Decimal(i["vat"]) > 0]
    left = {i["number"]: Decimal(i["net"]) + Decimal(i["vat"]) - Decimal(i["paid"]) for i in open_}
    pounds = [n for n, due in left.items() if due > 0 and desk.invoice(n)["currency"] == "GBP"]
    sums = next(total for total in found["sums"] if total["currency"] == "GBP")
    assert sums["count"] == len(pounds)
    assert Decimal(sums["outstanding"]) == sum(left[n] for n in pounds)
    assert len(found["invoices"]) == 2
    assert found["next_offset"] == 2
    assert all(row["due_date"] <= today or row["status"] != "overdue" for row in found["invoices"])


async def test_find_invoices_says_which_period_it_searched(desk: Desk) -> None:
    everything = await desk("find_invoices", limit=1)
    october = await desk("find_invoices", from_date="2026-10-01", to_date="2026-10-31", limit=200)

    expected = [i for i in desk.invoices() if "2026-10-01" <= i["date"] <= "2026-10-31"]
    assert everything["searched"] == "issued 20 Nov 2025 to 20 Nov 2027"
    assert october["searched"] == "issued 1 Oct 2026 to 31 Oct 2026"
    assert october["total"] == len(expected)


async def test_get_invoice_shows_lines_payments_and_what_is_outstanding(desk: Desk) -> None:
    part_paid = next(i for i in desk.invoices() if 0 < Decimal(i["paid"]) < Decimal(i["net"]) + Decimal(i["vat"]))

    shown = await desk("get_invoice", number=part_paid["number"])

    gross = Decimal(part_paid["net"]) + Decimal(part_paid["vat"])
    assert Decimal(shown["gross"]) == gross
    assert Decimal(shown["outstanding"]) == gross - Decimal(part_paid["paid"])
    assert len(shown["lines"]) == len(part_paid["lines"])
    assert sum(Decimal(p["amount"]) for p in shown["payments"]) == Decimal(part_paid["paid"])


async def test_an_unknown_invoice_is_an_error_that_says_where_to_look(desk: Desk) -> None:
    text = await desk.error("get_invoice", number=999_999)

    assert "999999" in text
    assert "find_invoices" in text


async def test_a_nominal_taken_from_the_last_invoice_and_a_rate_that_is_not_its_own_are_remarked(desk: Desk) -> None:
    line = {"description": "Leaflets", "unit_price": "10.00", "vat_rate": 20}
    preview = await desk("create_invoice", customer="PENH01", lines=[{**line, "nominal": 4020}])
    await desk("create_invoice", customer="PENH01", lines=[{**line, "nominal": 4020}], confirm=preview["confirm"])

    again = await desk(
        "create_invoice", customer="PENH01", lines=[{**line, "unit_price": 11}, {**line, "unit_price": 12}]
    )
    quote = await desk("create_quote", customer="PENH01", lines=[line])

    assert any(
        "nominal 4020 Books and leaflets has 0%, or none (KashFlow" in warning for warning in preview["warnings"]
    )
    taken = (
        "nominal 4020 Books and leaflets is taken from the customer's last invoice, 1308; the account has 5 for sales."
    )
    assert f"Lines 1, 2: {taken}" in again["warnings"]
    assert f"Line 1: {taken}" in quote["warnings"]


@pytest.mark.parametrize("said", ["standard", "zero", "exempt"])
async def test_a_rate_in_words_is_refused_with_what_can_be_written(desk: Desk, said: str) -> None:
    line = {"description": "Leaflets", "unit_price": "10.00", "vat_rate": said, "nominal": 4010}

    text = await desk.error("create_invoice", customer="PENH01", lines=[line])

    assert "write 20, 5 or 0 (percent), or N/A" in text


async def test_refusals_count_lines_as_previews_do(desk: Desk) -> None:
    good = {"description": "Leaflets", "unit_price": "10.00", "vat_rate": 20, "nominal": 4010}

    text = await desk.error(
        "create_invoice", customer="PENH01", lines=[good, {**good, "vat_rate": 22, "nominal": 7400}]
    )

    assert "Line 2: 22% is not a VAT rate" in text
    assert "Line 2: Nominal 7400" in text
    assert "`lines[1].nominal` (line 2)" in text
