from datetime import date
from decimal import Decimal

import pytest
from conftest import TODAY, Desk, a_company, open_desk, real_account
from figures import (
    CAPITAL,
    CURRENT,
    EXPENSE,
    FIXED_ASSET,
    TURNOVER,
    ages,
    balances,
    columns,
    gross,
    of_type,
    owed,
    profit,
)

from kf_mcp.model.invoices import Invoice
from kf_mcp.model.reports import Aged, NominalSum, balance_sheet, oriented, profit_and_loss, section
from kf_mcp.model.statements import statement
from kf_mcp.simulator import Switches
from kf_mcp.tools import report_tables

AUTUMN = {"start": "2026-08-01", "end": "2026-10-31"}
START, END = date(2026, 8, 1), date(2026, 10, 31)


def totals(report) -> dict[str, list[Decimal]]:
    return {row["name"]: [Decimal(amount) for amount in row["amounts"]] for row in report["totals"]}


def by_code(report) -> dict[str, list[Decimal]]:
    return {row["code"]: [Decimal(amount) for amount in row["amounts"]] for row in report["rows"]}


async def test_profit_and_loss_is_that_of_the_documents(desk: Desk) -> None:
    report = await desk("get_report", kind="profit_and_loss", **AUTUMN)

    state = desk.company.state()
    found = balances(state, START, END)
    turnover = {str(code): [-found[code]] for code in of_type(state, TURNOVER) & set(found)}
    expenses = {str(code): [found[code]] for code in of_type(state, EXPENSE) & set(found)}
    assert {name: amount for name, (amount,) in totals(report).items()} == profit(state, START, END)
    assert by_code({"rows": [row for row in report["rows"] if row["section"] == "Turnover"]}) == turnover
    assert by_code({"rows": [row for row in report["rows"] if row["section"] == "Expenses"]}) == expenses
    assert "problems" not in report


async def test_the_months_add_up_to_the_whole_and_each_is_that_of_its_documents(desk: Desk) -> None:
    report = await desk("get_report", kind="monthly_profit_and_loss", **AUTUMN)

    state = desk.company.state()
    september = profit(state, date(2026, 9, 1), date(2026, 9, 30))
    whole = profit(state, START, END)
    names = ("Turnover", "Gross profit", "Net profit")
    assert [row["date"] for row in report["rows"]] == ["2026-08-01", "2026-09-01", "2026-10-01"]
    assert [Decimal(amount) for amount in report["rows"][1]["amounts"]] == [september[name] for name in names]
    assert totals(report) == {"All months": [whole[name] for name in names]}


async def test_the_balance_sheet_balances_and_its_assets_are_those_of_the_documents(desk: Desk) -> None:
    report = await desk("get_report", kind="balance_sheet", date="2026-10-31")

    state = desk.company.state()
    found = balances(state, date.min, END)
    fixed = sum(found.get(code, Decimal(0)) for code in of_type(state, FIXED_ASSET))
    current = sum(found.get(code, Decimal(0)) for code in of_type(state, CURRENT))
    capital = -sum(found.get(code, Decimal(0)) for code in of_type(state, CAPITAL))
    earned = profit(state, date.min, END)["Net profit"]
    sums = {name: amount for name, (amount,) in totals(report).items()}
    assert sums["Fixed assets"] == fixed
    assert sums["Current assets"] - sums["Current liabilities"] == current
    assert sums["Net assets"] == sums["Capital and reserves"] == capital + earned
    assert "problems" not in report


async def test_the_trial_balance_shows_debits_credits_and_what_stood_before(desk: Desk) -> None:
    report = await desk("get_report", kind="trial_balance", **AUTUMN, opening=True)

    state = desk.company.state()
    period, before = columns(state, START, END), balances(state, date.min, date(2026, 7, 31))
    expected = {
        str(code): [*period.get(code, (0, 0)), -before.get(code, Decimal(0))] for code in set(period) | set(before)
    }
    found = by_code(report)
    assert report["columns"] == ["debit", "credit", "opening"]
    assert {code: row for code, row in found.items() if any(row)} == expected
    assert totals(report)["Total"][0] == totals(report)["Total"][1]


async def test_the_trial_balance_of_the_period_alone_leaves_openings_out(desk: Desk) -> None:
    report = await desk("get_report", kind="trial_balance", **AUTUMN)

    expected = {str(code): list(sums) for code, sums in columns(desk.company.state(), START, END).items()}
    assert report["columns"] == ["debit", "credit"]
    assert {code: row for code, row in by_code(report).items() if any(row)} == expected


@pytest.mark.parametrize(("kind", "documents"), [("aged_debtors", "invoices"), ("aged_creditors", "purchases")])
async def test_aged_lists_are_those_of_the_open_documents_largest_first(desk: Desk, kind, documents) -> None:
    report = await desk("get_report", kind=kind, date="2026-10-31")

    expected = ages(desk.company.state(), documents, END)
    amounts = [Decimal(row["amounts"][0]) for row in report["rows"]]
    assert by_code(report) == expected
    assert amounts == sorted(amounts, reverse=True)
    assert totals(report)["Total"] == [sum(column) for column in zip(*expected.values(), strict=True)]
    assert report["columns"] == ["balance", "current month", "September", "August", "July", "older"]


async def test_rows_that_are_cut_still_count_in_the_totals_and_the_rest_can_be_had(desk: Desk) -> None:
    first = await desk("get_report", kind="aged_debtors", date="2026-10-31", limit=5)
    rest = await desk("get_report", kind="aged_debtors", date="2026-10-31", limit=500, offset=first["next_offset"])

    expected = ages(desk.company.state(), "invoices", END)
    assert (first["next_offset"], first["total"]) == (5, len(expected))
    assert "next_offset" not in rest
    assert by_code(first) | by_code(rest) == expected
    assert totals(first) == totals(rest)


async def test_income_by_customer_adds_up_the_invoices_of_the_period(desk: Desk) -> None:
    report = await desk("get_report", kind="income_by_customer", **AUTUMN)

    state = desk.company.state()
    invoiced = {i["customer_code"] for i in state["invoices"] if "2026-08-01" <= i["date"] <= "2026-10-31"}
    amounts = [Decimal(row["amounts"][0]) for row in report["rows"]]
    assert set(by_code(report)) == invoiced
    assert amounts == sorted(amounts, reverse=True)
    assert totals(report)["Total"] == [sum(amounts)]


async def test_income_by_the_dates_of_payments_is_another_sum(desk: Desk) -> None:
    by_invoice = await desk("get_report", kind="income_by_customer", **AUTUMN)
    by_payment = await desk("get_report", kind="income_by_customer", **AUTUMN, by_payment_date=True)

    assert "dates of payments" in by_payment["signs"]
    assert totals(by_invoice) != totals(by_payment)


async def test_kpis_are_named_in_words(desk: Desk) -> None:
    report = await desk("get_report", kind="kpis", **AUTUMN)

    names = [row["name"] for row in report["rows"]]
    assert len(names) == 5
    assert "Days until customers pay, on average" in names
    assert not any("DAYSTOCASH" in name for name in names)


async def test_the_overview_says_what_is_owed_both_ways(desk: Desk) -> None:
    report = await desk("get_report", kind="account_overview")

    state = desk.company.state()
    due = {row["name"]: Decimal(row["amounts"][0]) for row in report["rows"]}
    left = [(owed(document, date.max), gross(document)) for document in state["purchases"]]
    assert due["Owed by the company on purchases"] == sum(amount for amount, whole in left if amount * whole > 0)
    assert report["period"] == "now"


@pytest.mark.parametrize("customer", ["PENH01", "APEX01", "BEDM01", "FJOR01"])
async def test_a_statement_runs_from_what_was_owed_before_to_what_is_owed_after(desk: Desk, customer) -> None:
    report = await desk("get_report", kind="customer_statement", customer=customer, **AUTUMN)

    invoices = [i for i in desk.invoices() if i["customer_code"] == customer and i["currency"] == "GBP"]

    def balance(at: date) -> Decimal:
        return sum((owed(i, at) for i in invoices if i["date"] <= at.isoformat()), Decimal(0)) - sum(
            (
                Decimal(p["amount"])
                for i in invoices
                if i["date"] > at.isoformat()
                for p in i["payments"]
                if p["date"] <= at.isoformat()
            ),
            Decimal(0),
        )

    assert totals(report)["Before"][2] == balance(date(2026, 7, 31))
    assert totals(report)["In the period, and after it"][2] == balance(END)
    if report["rows"]:
        assert Decimal(report["rows"][-1]["amounts"][2]) == balance(END)
    assert "problems" not in report


async def test_a_statement_leaves_other_currencies_out_and_says_so(desk: Desk) -> None:
    abroad = next(i["customer_code"] for i in desk.invoices() if i["currency"] == "EUR")

    report = await desk("get_report", kind="customer_statement", customer=abroad, start="2025-01-01", end="2026-11-20")

    assert any("in other currencies left out" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "profit_and_loss"}, "profit_and_loss needs `start` and `end`"),
        ({"kind": "profit_and_loss", "start": "2026-08-01"}, "needs `end`"),
        ({"kind": "balance_sheet"}, "balance_sheet needs `date`"),
        ({"kind": "balance_sheet", "date": "2026-08-01", "end": "2026-09-01"}, "no use for `end`. It takes `date`"),
        ({"kind": "account_overview", "date": "2026-08-01"}, "no use for `date`. It takes no dates"),
        ({"kind": "customer_statement", **AUTUMN}, "needs `customer`"),
        ({"kind": "profit_and_loss", **AUTUMN, "customer": "PENH01"}, "no use for `customer`"),
        ({"kind": "profit_and_loss", **AUTUMN, "opening": False}, "no use for `opening`"),
        ({"kind": "kpis", **AUTUMN, "by_payment_date": True}, "no use for `by_payment_date`"),
        ({"kind": "profit_and_loss", "start": "2026-10-31", "end": "2026-08-01"}, "`start` is after `end`"),
        ({"kind": "cash_flow"}, "`kind`"),
        ({"kind": "customer_statement", **AUTUMN, "customer": "Nobody Anywhere"}, "No customer"),
    ],
)
async def test_a_missing_or_useless_argument_is_named_and_never_ignored(desk: Desk, arguments, said) -> None:
    assert said in await desk.error("get_report", arguments)


async def test_text_and_structure_tell_the_same(desk: Desk) -> None:
    result = await desk.result("get_report", kind="aged_debtors", date=TODAY.isoformat())

    text = result.content[0].text
    for row in result.structured_content["rows"]:
        assert row["code"] in text
        assert all(f"{Decimal(amount):,}" in text for amount in row["amounts"])
    assert "“" in text


def nominals(*amounts: tuple[str, str, str]) -> list[NominalSum]:
    return [
        NominalSum(id=n, code=n, name="", debit=Decimal(debit), credit=Decimal(credit), balance=Decimal(balance))
        for n, (debit, credit, balance) in enumerate(amounts, 1)
    ]


@pytest.mark.parametrize("costs", [("30", "30"), ("-30", "-30"), ("-30", "30"), ("30", "-30")])
def test_whichever_way_kashflow_signs_balances_costs_come_out_above_zero(costs) -> None:
    """Facts: the signs in the profit and loss arrays are unknown."""
    parts = (
        section("Turnover", nominals(("0", "0", "100")), Decimal(100), "credit"),
        section("Cost of sales", nominals(("0", "0", costs[0])), Decimal(costs[1]), "debit"),
        section("Expenses", [], Decimal(0), "debit"),
    )

    found = profit_and_loss(START, END, parts, Decimal(70), Decimal(70))

    assert (found.turnover.total, found.cost_of_sales.total, found.problems) == (Decimal(100), Decimal(30), [])


def test_debit_and_credit_columns_settle_the_signs_whatever_the_balance_says() -> None:
    parts = (
        section("Turnover", nominals(("0", "100", "100")), Decimal(100), "credit"),
        section("Cost of sales", nominals(("30", "0", "-30"), ("0", "5", "5")), Decimal(-25), "debit"),
        section("Expenses", nominals(("10", "0", "-10")), Decimal(10), "debit"),
    )

    found = profit_and_loss(START, END, parts, Decimal(75), Decimal(65))

    assert found.cost_of_sales.amounts == (Decimal(30), Decimal(-5))
    assert found.problems == []


def test_totals_that_do_not_hold_are_named() -> None:
    parts = (
        section("Turnover", nominals(("0", "100", "100")), Decimal(101), "credit"),
        section("Cost of sales", nominals(("30", "0", "-30")), Decimal(30), "debit"),
        section("Expenses", [], Decimal(0), "debit"),
    )

    found = profit_and_loss(START, END, parts, Decimal(70), Decimal(69))

    assert found.problems == [
        "KashFlow's total of turnover is £101.00, but its rows add up to £100.00.",
        "KashFlow's gross profit is £70.00, but turnover less cost of sales makes £71.00.",
        "KashFlow's net profit is £69.00, but gross profit less expenses makes £70.00.",
    ]


def test_a_balance_sheet_of_balances_alone_is_turned_until_it_balances() -> None:
    parts = (
        section("Fixed assets", nominals(("0", "0", "-50")), Decimal(-50), "debit"),
        section("Current assets", nominals(("0", "0", "-80")), Decimal(-80), "debit"),
        section("Current liabilities", nominals(("0", "0", "30")), Decimal(30), "credit"),
        section("Capital and reserves", nominals(("0", "0", "100")), Decimal(100), "credit"),
    )

    found = balance_sheet(END, parts)

    assert (found.fixed_assets.total, found.net_assets, found.problems) == (Decimal(50), Decimal(100), [])


def test_a_balance_sheet_that_does_not_balance_says_so() -> None:
    parts = (
        section("Fixed assets", nominals(("50", "0", "-50")), Decimal(50), "debit"),
        section("Current assets", [], Decimal(0), "debit"),
        section("Current liabilities", [], Decimal(0), "credit"),
        section("Capital and reserves", nominals(("0", "49", "49")), Decimal(48), "credit"),
    )

    assert balance_sheet(END, parts).problems == [
        "KashFlow's total of capital and reserves is £48.00, but its rows add up to £49.00.",
        "KashFlow's capital and reserves is £48.00, but assets less liabilities makes £50.00.",
    ]


def test_sections_that_fit_with_no_sign_stay_as_they_are() -> None:
    parts = [section("Turnover", nominals(("0", "0", "1")), Decimal(1), "credit")]

    assert oriented(parts, lambda _: False) == tuple(parts)


async def test_money_on_account_stands_beside_a_statement(desk: Desk) -> None:
    deposit = next(row for row in desk.company.state()["bank_transactions"] if row["customer"])
    customer = next(c["code"] for c in desk.company.state()["customers"] if c["id"] == deposit["customer"])

    after = await desk(
        "get_report", kind="customer_statement", customer=customer, start="2026-01-01", end=deposit["date"]
    )
    before = await desk(
        "get_report", kind="customer_statement", customer=customer, start="2026-01-01", end="2026-06-30"
    )

    assert f"£{Decimal(deposit['money_in'])} was received on account" in after["notes"][0]
    assert "notes" not in before


async def test_a_profit_that_is_on_no_row_of_the_balance_sheet_is_named(tmp_path) -> None:
    company = a_company(switches=Switches.parse(["balance_sheet_profit=total"]))
    async with open_desk(company, real_account(tmp_path)) as desk:
        report = await desk("get_report", kind="balance_sheet", date="2026-10-31")

    earned = profit(company.state(), date.min, END)["Net profit"]
    assert report["notes"] == [f"£{earned:,} of capital and reserves is on no row: as a rule the profit to date."]
    assert "problems" not in report


@pytest.mark.parametrize("kind", ["aged_debtors", "aged_creditors"])
async def test_nobody_owing_is_an_empty_list(tmp_path, kind) -> None:
    async with open_desk(a_company("empty", Switches.parse(["empty_list=absent"])), real_account(tmp_path)) as desk:
        report = await desk("get_report", kind=kind, date="2026-10-31")

    assert (report["total"], report["rows"], totals(report)["Total"]) == (0, [], [Decimal(0)] * 6)


async def test_an_outage_while_a_statement_is_read_is_said_plainly(desk: Desk) -> None:
    desk.company.mishaps.add("GetInvoicePayment", "http_500", times=99)

    text = await desk.error("get_report", kind="customer_statement", customer="PENH01", **AUTUMN)

    assert "GetInvoicePayment" in text
    assert "ExceptionGroup" not in text


def test_trial_balances_and_ages_that_do_not_add_up_are_named() -> None:
    rows = [
        NominalSum(id=1, code=1, name="", debit=Decimal(5), credit=Decimal(0), balance=Decimal(-5), opening=Decimal(2))
    ]
    owing = Aged(
        id=1,
        code="PENH01",
        name="",
        balance=Decimal(9),
        current=Decimal(1),
        months=(Decimal(0), Decimal(0), Decimal(0)),
        month_names=("", "", ""),
        older=Decimal(1),
    )

    assert report_tables.trial_balance(rows, opening=True).problems == [
        "Debits make £5.00, credits £0.00; they should be equal.",
        "The opening balances make £2.00; they should make nothing.",
    ]
    assert report_tables.aged([owing], debtors=True).problems == ["The ages of PENH01 do not make its balance."]
    assert report_tables.aged([owing], debtors=True).columns[2:5] == ["1 before", "2 before", "3 before"]


def test_payments_that_are_not_what_kashflow_has_as_paid_are_named() -> None:
    invoice = Invoice(
        id=1,
        number=1042,
        customer_id=1,
        customer_code="PENH01",
        issue_date=START,
        due_date=None,
        net=Decimal(100),
        vat=Decimal(20),
        paid=Decimal(50),
    )

    found = statement([invoice], {}, START, END)

    assert found.problems == ("KashFlow has £50.00 as paid on invoice 1042, but its payments make £0.00.",)
    assert found.closing == Decimal(120)
