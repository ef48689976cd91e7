from datetime import date
from decimal import Decimal

import pytest
from books_calls import ask, at, customer, invoice, line, nominal_id, opened, pay, read
from books_costs import bank_row, journal, pay_purchase, period, purchase, supplier

from kf_mcp.simulator.operations import Refusal

NOVEMBER = period(date(2026, 11, 1), date(2026, 11, 30))


def a_little_trade(*settings):
    """Sales of 300 in November and 50 in December, paper for 120, rent of 100, a shelf for 90, 5 of interest."""
    books = opened(*settings)
    hatter = customer(books)
    invoice(books, hatter, line(books, "250"), line(books, "50", nominal=4010))
    invoice(books, hatter, line(books, "50"), InvoiceDate=at(2026, 12, 4))
    mills = supplier(books)
    purchase(books, mills, line(books, "120", nominal=5000), line(books, "100", nominal=7100))
    purchase(books, mills, line(books, "90", nominal=30))
    bank_row(books, 4900, received="5")
    journal(books, (8000, "9"), (40, "-9"))
    return books


def rows(found, section):
    """Code and balance of each row; every row names its own type."""
    assert all(row.type_name == "NominalCode" for row in found[section])
    return {row.members["Code"]: row.members["balance"] for row in found[section]}


def test_profit_and_loss_is_what_was_sold_and_spent_in_the_period_without_vat():
    found = ask(a_little_trade(), "GetProfitAndLoss", **NOVEMBER)

    assert rows(found, "Turnover") == {4000: 250, 4010: 50, 4900: 5}
    assert rows(found, "CostOfSales") == {5000: -120}
    assert rows(found, "Expenses") == {7100: -100, 8000: -9}
    totals = ("TurnoverTotal", "CostOfSalesTotal", "GrossProfit", "ExpensesTotal", "NetProfit")
    assert [found[name] for name in totals] == [305, 120, 185, 109, 76]
    assert (found["StartDate"], found["EndDate"]) == (at(2026, 11, 1), at(2026, 11, 30))


@pytest.mark.parametrize(
    ("signs", "turnover", "cost", "total"),
    [("mixed", 250, -120, 120), ("usual", 250, 120, 120), ("credit_positive", 250, -120, -120)],
)
def test_the_signs_of_the_reports_are_a_switch(signs, turnover, cost, total):
    found = ask(a_little_trade(f"report_signs={signs}"), "GetProfitAndLoss", **NOVEMBER)

    shown = rows(found, "Turnover")[4000], rows(found, "CostOfSales")[5000], found["CostOfSalesTotal"]
    assert shown == (turnover, cost, total)
    assert (found["GrossProfit"], found["NetProfit"]) == (185, 76)


@pytest.mark.parametrize(("columns", "sides"), [("filled", (0, 250)), ("zero", (0, 0))])
def test_debit_and_credit_of_the_rows_may_be_nothing(columns, sides):
    found = ask(a_little_trade(f"report_columns={columns}"), "GetProfitAndLoss", **NOVEMBER)

    row = next(row.members for row in found["Turnover"] if row.members["Code"] == 4000)
    assert ((row["debit"], row["credit"]), row["balance"]) == (sides, 250)


@pytest.mark.parametrize(
    ("periods", "first", "last"),
    [("clipped", at(2026, 11, 2), at(2026, 12, 3)), ("whole", at(2026, 11, 1), at(2026, 12, 31))],
)
def test_the_monthly_profit_and_loss_has_a_row_for_each_month_touched(periods, first, last):
    books = a_little_trade(f"monthly_periods={periods}")

    found = ask(books, "GetMonthlyProfitAndLoss", **period(date(2026, 11, 2), date(2026, 12, 3)))

    assert [row["PeriodStart"] for row in found] == [first, at(2026, 12, 1)]
    assert [row["PeriodEnd"] for row in found] == [at(2026, 11, 30), last]
    december = 50 if periods == "whole" else 0
    assert [row["Turnover"] for row in found] == [305, december]
    assert [(row["GrossProfit"], row["NetProfit"]) for row in found] == [(185, 76), (december, december)]


def test_the_monthly_profit_and_loss_without_dates_goes_from_the_first_posting_to_today():
    found = ask(a_little_trade(), "GetMonthlyProfitAndLoss")

    assert [row["PeriodEnd"] for row in found] == [at(2026, 11, 22)]
    assert found[0]["NetProfit"] == 76


def test_the_balance_sheet_balances_and_holds_the_profit_to_date():
    found = ask(a_little_trade(), "GetBalanceSheet", Date=at(2026, 11, 30))

    assert rows(found, "FixedAssets") == {30: -90, 40: 9}
    assert rows(found, "CurrentAssets") == {1100: -360, 1200: -5, 2201: -62}
    assert rows(found, "CurrentLiabilities") == {2100: 372, 2200: 60}
    assert rows(found, "CapitalReserves") == {0: 76}
    totals = [
        found[f"{name}Total"] for name in ("FixedAssets", "CurrentAssets", "CurrentLiabilities", "CapitalReserves")
    ]
    assert totals == [81, 427, 432, 76]
    assert totals[0] + totals[1] - totals[2] == totals[3]


def test_the_profit_may_be_in_the_total_of_capital_alone():
    books = a_little_trade("balance_sheet_profit=total")
    journal(books, (1200, "1000"), (3000, "-1000"))

    found = ask(books, "GetBalanceSheet", Date=at(2026, 11, 30))

    assert (rows(found, "CapitalReserves"), found["CapitalReservesTotal"]) == ({3000: 1000}, 1076)


@pytest.mark.parametrize(("place", "turnover", "liabilities"), [("balance_sheet", 0, 10), ("profit_and_loss", 10, 0)])
def test_the_nominal_other_is_in_one_report_or_the_other(place, turnover, liabilities):
    books = opened(f"other_nominal={place}")
    invoice(books, customer(books), line(books, "10", vat_rate="-1", nominal=0))

    assert ask(books, "GetProfitAndLoss", **NOVEMBER)["TurnoverTotal"] == turnover
    assert ask(books, "GetBalanceSheet", Date=at(2026, 11, 30))["CurrentLiabilitiesTotal"] == liabilities


def test_aged_creditors_are_the_unpaid_purchases_by_the_months_of_their_dates():
    books = opened()
    mills, paid_off = supplier(books), supplier(books, "Ribbon Works")
    purchase(books, mills, line(books, "100", nominal=5000))
    bought = purchase(books, mills, line(books, "50", nominal=5000), day=date(2026, 9, 30))
    purchase(books, mills, line(books, "-10", nominal=5000), day=date(2026, 7, 1))
    pay_purchase(books, bought, "25", date(2026, 10, 1))
    pay_purchase(books, purchase(books, paid_off, line(books, "5", nominal=5000)), "6")

    (row,) = ask(books, "GetAgedCreditors", AgedCreditorsDate=at(2026, 11, 30))

    assert [row[name] for name in ("id", "Name", "Balance", "Current")] == [mills, "Felt Mills", 143, 120]
    assert [row[f"Period{month}_name"] for month in (1, 2, 3)] == ["October", "September", "August"]
    assert [row[f"Period{month}_val"] for month in (1, 2, 3)] + [row["Older"]] == [0, 35, 0, -12]
    before = ask(books, "GetAgedCreditors", AgedCreditorsDate=at(2026, 9, 30))
    assert [row["Balance"] for row in before] == [48]


@pytest.mark.parametrize(("counted", "owed", "owing"), [("yes", 90, 45), ("no", 120, 60)])
def test_money_on_account_lowers_the_aged_debts_by_a_switch(counted, owed, owing):
    books = opened(f"advances_in_aged={counted}")
    hatter, mills = customer(books), supplier(books)
    invoice(books, hatter, line(books, "100"))
    purchase(books, mills, line(books, "50", nominal=5000))
    bank_row(books, 1100, received="30", customer=hatter)
    bank_row(books, 2100, paid="15", supplier=mills)

    assert ask(books, "GetAgedDebtors", AgedDebtorsDate=at(2026, 11, 30))[0]["Balance"] == owed
    assert ask(books, "GetAgedCreditors", AgedCreditorsDate=at(2026, 11, 30))[0]["Balance"] == owing
    assert [row["moneyin"] for row in ask(books, "GetCustomerAdvancePayments", CustomerId=hatter)] == [30]


def test_income_by_customer_is_by_invoice_or_by_payment_date():
    books = opened()
    hatter, idle = customer(books), customer(books, Name="Idle Ltd")
    number = invoice(books, hatter, line(books, "100"), line(books, "50", vat_rate="0"))
    invoice(books, idle, line(books, "10"), InvoiceDate=at(2026, 12, 1))
    pay(books, number, "34")
    code = ask(books, "GetCustomerByID", CustomerID=hatter)["Code"]

    invoiced = ask(books, "GetIncomeByCustomer", BasedOnInvoiceDate=True, **NOVEMBER)
    received = ask(books, "GetIncomeByCustomer", BasedOnInvoiceDate=False, **NOVEMBER)

    assert [(row["ID"], row["Description"], row["Value"]) for row in invoiced] == [(hatter, code, 150)]
    assert [row["Value"] for row in received] == [30]  # 34 of the 170 with VAT are 30 of the 150 without
    books.use(opened("income_by_customer=gross").switches)
    assert [
        [row["Value"] for row in ask(books, "GetIncomeByCustomer", BasedOnInvoiceDate=by_date, **NOVEMBER)]
        for by_date in (True, False)
    ] == [[170], [34]]


def test_the_five_key_figures():
    """KashFlow's manual, GetKPIs: five rows, the id of each is 1."""
    books = opened()
    old, new = customer(books), customer(books, Name="New Ltd")
    invoice(books, old, line(books, "10"), InvoiceDate=at(2026, 10, 1))
    slow = invoice(books, old, line(books, "100"), InvoiceDate=at(2026, 11, 1))
    quick = invoice(books, new, line(books, "50"), InvoiceDate=at(2026, 11, 20))
    pay(books, slow, "120")  # on 20 November, 19 days later
    pay(books, quick, "60")  # on the same day
    pay_purchase(books, purchase(books, supplier(books), line(books, "5", nominal=5000)), "6")  # 15 days later

    def figures(no_vat, later_only):
        found = ask(books, "GetKPIs", ExcludeVAT=no_vat, ExcludeSameDayPays=later_only, **NOVEMBER)
        assert {row["ID"] for row in found} == {1}
        return {row["Name"]: row["Value"] for row in found}

    assert figures(0, 0) == {
        "DAYSTOCASH_SALES": Decimal("9.50"),
        "DAYSTOCASH_PURCHASES": 15,
        "AVGINVOICEVALUE": 90,
        "NEWCUSTOMERSINVOICED": 1,
        "REPEATCUSTOMERSINVOICED": 1,
    }
    assert (figures(1, 0)["AVGINVOICEVALUE"], figures(0, 1)["DAYSTOCASH_SALES"]) == (75, 19)


def ledger(books, code, dates=NOVEMBER):
    return ask(books, "GetNominalLedger", NominalID=nominal_id(books, code), **dates)


def test_the_nominal_ledger_tells_what_each_posting_stems_from():
    """KashFlow's manual, TransactionInformation: 1 sales invoice, 2 purchase, 3 bank, 4 journal."""
    books = a_little_trade()

    (sale,) = ledger(books, 4010)
    assert (sale["Type"], sale["Value"], sale["Ref1"], sale["Ref2"]) == (1, 50, "1001", "Hatter & Sons")
    assert (sale["id"], sale["Narrative"]) == (read(books, 1001)["InvoiceDBID"], "Hats")
    (rent,) = ledger(books, 7100)
    assert (rent["Type"], rent["Value"], rent["Ref1"], rent["Ref2"]) == (2, -100, "1001", "Felt Mills")
    (interest,) = ledger(books, 4900)
    assert (interest["Type"], interest["Value"], interest["Ref1"]) == (3, 5, "Current account")
    (worn,) = ledger(books, 8000)
    assert (worn["Type"], worn["Value"], worn["Ref1"], worn["Ref2"]) == (4, -9, "1", "Moved")
    assert [row["Narrative"] for row in ledger(books, 1100)] == [""]


@pytest.mark.parametrize(("told", "kind", "reference"), [("bank", 3, "Current account"), ("document", 1, "1001")])
def test_a_payment_is_in_the_nominal_ledger_as_bank_or_as_its_invoice(told, kind, reference):
    books = opened(f"ledger_payments={told}", "ledger_value_sign=debit_positive")
    pay(books, invoice(books, customer(books), line(books, "10")), "4", PayNote="by cheque")

    (row,) = ledger(books, 1200)

    assert (row["Type"], row["Ref1"], row["Ref2"]) == (kind, reference, "Hatter & Sons")
    assert (row["Value"], row["Narrative"]) == (4, "by cheque")


def test_a_nominal_that_is_not_there_is_refused_or_has_no_rows():
    with pytest.raises(Refusal, match="no nominal"):
        ask(opened(), "GetNominalLedger", NominalID=1)
    assert list(ask(opened("not_found_other=blank"), "GetNominalLedger", NominalID=1)) == []


def test_the_file_for_digita_adds_up_to_nothing():
    lines = ask(a_little_trade(), "GetDigitaCSVFile", **NOVEMBER).split("\r\n")[:-1]

    assert "4000,Design services,-250.00" in lines
    assert sum(Decimal(row.rpartition(",")[2]) for row in lines) == 0
