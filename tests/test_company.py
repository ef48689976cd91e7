from dataclasses import replace
from pathlib import Path

from conftest import a_company, open_desk, real_account


async def test_the_company_is_told_with_its_vat_terms_and_currencies(tmp_path: Path) -> None:
    company = a_company()
    async with open_desk(company, real_account(tmp_path, toolsets="company")) as desk:
        shown = await desk("get_company")

    details = company.books.company.details
    assert shown["name"] == details["CompanyName"]
    assert shown["vat_number"] == details["VatRegistrationNumber"]
    assert (shown["payment_terms"], shown["terms_from"]) == (details["PaymentTerms"], "the invoice date")
    assert (shown["vat_registered"], shown["vat_registered_in"]) == (True, "UK")
    assert shown["home_currency"] == "GBP"
    assert [row["code"] for row in shown["other_currencies"]] == ["EUR", "USD"]
    assert shown["today"] == "2026-11-20"


async def test_an_account_without_the_newer_defaults_is_read_all_the_same(tmp_path: Path) -> None:
    company = a_company()
    company.mishaps.add("GetUserAccountDefault2", "status_no", times=9)
    trade = {"BusinessType1Name": "Design studio"}
    company.books.company = replace(company.books.company, details={**company.books.company.details, **trade})
    async with open_desk(company, real_account(tmp_path, toolsets="company")) as desk:
        result = await desk.result("get_company")

    shown = result.structured_content
    assert shown["vat_registered"] is True
    assert "vat_registered_in" not in shown
    assert shown["business"] == ["Design studio"]
    assert "Business: “Design studio”" in result.content[0].text
