"""Reading when KashFlow misbehaves: recovered where it can be, else one honest sentence; nothing secret, never a traceback."""

import pytest
from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.kashflow.customers import Customers

PASSING = [
    "lose_answer",
    "cut_before",
    "http_500",
    "http_503",
    "html_page",
    "soap_fault",
    "truncated_xml",
    "not_xml",
    "wrong_namespace",
    "empty_body",
    "no_but_written",
    "refuse_connection",
]


@pytest.mark.parametrize("mishap", PASSING)
async def test_a_passing_mishap_is_not_noticed_by_a_reader(desk: Desk, mishap: str) -> None:
    desk.company.mishaps.add("GetVATReport", mishap)

    report = await desk("get_vat_report", start="2026-10-01", end="2026-12-31")

    assert len(report["boxes"]) == 9


@pytest.mark.parametrize("mishap", [*PASSING, "status_no", "huge", "slow"])
async def test_a_lasting_mishap_says_what_failed_and_what_to_do(company, tmp_path, mishap: str) -> None:
    async with open_desk(company, real_account(tmp_path, timeout=1)) as desk:
        company.mishaps.add("GetVATReport", mishap, times=50, seconds=5)

        text = await desk.error("get_vat_report", start="2026-10-01", end="2026-12-31")
        others = await desk("find_customers", words="penhaligon")

        assert "GetVATReport" in text
        assert "Nothing was written" in text
        assert "Traceback" not in text
        assert others["total"] == 1


async def test_wrong_credentials_are_said_without_showing_them(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, password="s3cret-xyzzy", username="mallory")) as desk:
        text = await desk.error("find_customers")

    assert "KASHFLOW_USERNAME and KASHFLOW_PASSWORD" in text
    assert "xyzzy" not in text


async def test_an_address_that_is_not_on_the_list_is_said(tmp_path) -> None:
    company = a_company()
    company.ip_allowed = False
    async with open_desk(company, real_account(tmp_path)) as desk:
        text = await desk.error("find_customers")

    assert "access list" in text
    assert "127.0.0.1" in text


async def test_reference_lists_can_be_filtered_by_words(desk: Desk) -> None:
    sales = await desk("list_reference", kind="nominal_codes", words="sales turnover")
    rates = await desk("list_reference", kind="vat_rates")
    methods = await desk("list_reference", kind="payment_methods")

    state = desk.company.state()
    assert {row["code"] for row in sales["rows"]} <= {str(nominal["code"]) for nominal in state["nominals"]}
    assert all(row["about"].startswith("sales") for row in sales["rows"])
    assert [row["name"] for row in rates["rows"]] == ["20%", "5%", "0%", "N/A"]
    assert rates["rows"][0]["about"] == (
        "sales: VAT in box 1, the net amount in box 6 of the return; purchases: VAT in box 4, the net amount in box 7 of the return"
    )
    assert "BACS" in [row["name"] for row in methods["rows"]]


async def test_a_list_sent_as_json_text_is_understood(desk: Desk) -> None:
    """Claude Desktop sends lists so now and then."""
    preview = await desk(
        "create_invoice", customer="PENH01", lines='[{"description": "x", "unit_price": 1, "nominal": 4000}]'
    )

    assert preview["status"] == "needs_confirmation"


async def test_an_argument_that_a_client_adds_to_every_tool_is_borne(desk: Desk) -> None:
    """Gemini CLI adds `wait_for_previous`."""
    assert (await desk("find_customers", words="penhaligon", wait_for_previous=True))["total"] == 1


async def test_a_fault_of_ours_shows_no_inside(desk: Desk, monkeypatch, caplog) -> None:
    async def broken(self) -> list:
        raise ZeroDivisionError("inside /secret/path")

    monkeypatch.setattr(Customers, "all", broken)

    text = await desk.error("find_customers")

    assert "a fault of ours" in text
    assert "secret" not in text
