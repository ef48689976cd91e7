"""Random books: every report agrees with the documents put in, and with every other report."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from books_calls import ask, at, customer, invoice, line, nominal_id, opened, pay
from books_costs import NOTHING, bank_row, journal, pay_purchase, period, purchase, supplier
from hypothesis import given, settings
from hypothesis import strategies as st

FIRST, LAST = date(2026, 8, 1), date(2026, 11, 22)
TURNOVER, COST, EXPENSE, FIXED, CAPITAL = (4000, 4010, 4900), (5000, 5010), (7100, 7900, 8000), (30, 40), (3000, 3200)
PENNY = Decimal("0.01")

days = st.dates(FIRST, LAST)
money = st.decimals("-200", "900", places=2).filter(bool)
rates = st.sampled_from(["20", "5", "0", "-1"])


def lines_on(*codes):
    return st.lists(st.tuples(money, rates, st.sampled_from(codes)), min_size=1, max_size=3)


payments = st.none() | st.tuples(days, money)
entries = st.lists(
    st.one_of(
        st.tuples(st.just("invoice"), days, lines_on(4000, 4010), payments),
        st.tuples(st.just("purchase"), days, lines_on(5000, 5010, 7100, 30), payments),
        st.tuples(st.just("bank"), days, st.sampled_from([4900, 7900, 3000, 3200]), money),
        st.tuples(st.just("advance"), days, st.sampled_from([1100, 2100]), money),
        st.tuples(st.just("journal"), days, st.sampled_from([(8000, 40), (7100, 5000), (4000, 3000)]), money),
    ),
    max_size=8,
)


def vat_on(net, rate):
    return (net * max(Decimal(rate), NOTHING) / 100).quantize(PENNY, ROUND_HALF_UP)


class Told:
    """What was put in, added up without the books: (day, code, amount), a debit above zero."""

    def __init__(self):
        self.sides = []
        self.vat = {"invoice": [], "purchase": []}

    def add(self, day, code, amount):
        self.sides.append((day, code, amount))

    def on(self, codes, start, end):
        return sum((amount for day, code, amount in self.sides if code in codes and start <= day <= end), NOTHING)


def put_in(books, told, hatter, mills, word, day, *details):
    if word in ("invoice", "purchase"):
        put_in_document(books, told, {"invoice": hatter, "purchase": mills}[word], word, day, *details)
    elif word == "journal":
        (debit, credit), amount = details
        journal(books, (debit, amount), (credit, -amount), day=day)
        told.add(day, debit, amount)
        told.add(day, credit, -amount)
    else:
        code, amount = details
        party = {1100: {"customer": hatter}, 2100: {"supplier": mills}}.get(code, {})
        bank_row(books, code, day=day, **{"received" if amount > 0 else "paid": abs(amount)}, **party)
        told.add(day, 1200, amount)
        told.add(day, code, -amount)


def put_in_document(books, told, party, word, day, rows, paid):
    sent = [line(books, net, vat_rate=rate, vat=vat_on(net, rate), nominal=code) for net, rate, code in rows]
    sign, control, vat_code = (-1, 1100, 2200) if word == "invoice" else (1, 2100, 2201)
    for net, rate, code in rows:
        told.add(day, code, sign * net)
        told.add(day, vat_code, sign * vat_on(net, rate))
        told.add(day, control, -sign * (net + vat_on(net, rate)))
        told.vat[word].append((day, rate, net, vat_on(net, rate)))
    is_sale = word == "invoice"
    made = invoice(books, party, *sent, InvoiceDate=moment(day)) if is_sale else purchase(books, party, *sent, day=day)
    if paid is None:
        return
    paid_on, amount = paid
    told.add(paid_on, 1200, -sign * amount)
    told.add(paid_on, control, sign * amount)
    if is_sale:
        pay(books, made, amount, PayDate=moment(paid_on))
    else:
        pay_purchase(books, made, amount, paid_on)


def moment(day):
    return at(day.year, day.month, day.day)


def filled(entered, *switches):
    books, told = opened(*switches), Told()
    hatter, mills = customer(books), supplier(books)
    for entry in entered:
        put_in(books, told, hatter, mills, *entry)
    return books, told


def ends_of(one, other):
    return min(one, other), max(one, other)


@settings(max_examples=40, deadline=None)
@given(entries, days, days)
def test_profit_balance_sheet_and_trial_balance_are_what_was_put_in(entered, one, other):
    books, told = filled(entered)
    start, end = ends_of(one, other)

    profit = ask(books, "GetProfitAndLoss", **period(start, end))
    assert profit["TurnoverTotal"] == -told.on(TURNOVER, start, end)
    assert profit["CostOfSalesTotal"] == told.on(COST, start, end)
    assert profit["ExpensesTotal"] == told.on(EXPENSE, start, end)
    assert profit["NetProfit"] == -told.on(TURNOVER + COST + EXPENSE, start, end)

    sheet, before = (ask(books, "GetBalanceSheet", Date=moment(day)) for day in (end, start - timedelta(1)))
    assert sheet["FixedAssetsTotal"] == told.on(FIXED, FIRST, end)
    current = {code: told.on((code,), FIRST, end) for code in (1100, 1200, 2100, 2200, 2201)}
    assert sheet["CurrentAssetsTotal"] == sum(amount for amount in current.values() if amount > 0)
    assert sheet["CurrentLiabilitiesTotal"] == -sum(amount for amount in current.values() if amount < 0)
    capital = -told.on(CAPITAL, start, end)
    assert sheet["CapitalReservesTotal"] == before["CapitalReservesTotal"] + profit["NetProfit"] + capital
    assets = sheet["FixedAssetsTotal"] + sheet["CurrentAssetsTotal"]
    assert assets - sheet["CurrentLiabilitiesTotal"] == sheet["CapitalReservesTotal"]

    rows = ask(books, "GetTrialBalanceWithOpeningBalances", **period(start, end))
    assert sum(row["balance"] for row in rows) == sum(row["OpeningBalance"] for row in rows) == 0
    for row in rows:
        assert row["balance"] == row["credit"] - row["debit"] == -told.on((row["Code"],), start, end)
        assert row["OpeningBalance"] == -told.on((row["Code"],), FIRST, start - timedelta(1))
    found = {row["Code"]: row["balance"] for row in ask(books, "GetTrialBalance", **period(start, end))}
    assert {code: amount for code, amount in found.items() if amount} == {
        row["Code"]: row["balance"] for row in rows if row["balance"]
    }


@settings(max_examples=40, deadline=None)
@given(entries, days, days)
def test_ledger_months_and_aged_lists_are_what_was_put_in(entered, one, other):
    books, told = filled(entered)
    start, end = ends_of(one, other)

    for code in {code for _, code, _ in told.sides}:
        rows = list(ask(books, "GetNominalLedger", NominalID=nominal_id(books, code), **period(start, end)))
        expected = [amount for day, of, amount in told.sides if of == code and start <= day <= end and amount]
        assert sum(row["Value"] for row in rows) == -sum(expected)
        if code not in (1100, 2100):  # a document is one posting there, however many lines it has
            assert Counter(-row["Value"] for row in rows) == Counter(expected)

    months = ask(books, "GetMonthlyProfitAndLoss", **period(start, end))
    profit = ask(books, "GetProfitAndLoss", **period(start, end))
    for months_name, name in (
        ("Turnover", "TurnoverTotal"),
        ("GrossProfit", "GrossProfit"),
        ("NetProfit", "NetProfit"),
    ):
        assert sum(row[months_name] for row in months) == profit[name]

    debtors = ask(books, "GetAgedDebtors", AgedDebtorsDate=moment(end))
    creditors = ask(books, "GetAgedCreditors", AgedCreditorsDate=moment(end))
    assert sum(row["Balance"] for row in debtors) == told.on((1100,), FIRST, end)
    assert sum(row["Balance"] for row in creditors) == -told.on((2100,), FIRST, end)


@settings(max_examples=30, deadline=None)
@given(entries, days, days)
def test_the_vat_boxes_are_what_was_put_in(entered, one, other):
    books, told = filled(entered)
    start, end = ends_of(one, other)

    def summed(kind, place):
        rows = [row for row in told.vat[kind] if start <= row[0] <= end and row[1] != "-1"]
        return sum((row[place] for row in rows), NOTHING)

    found = ask(books, "GetVATReport", **period(start, end))

    assert [found[f"Box{box}"] for box in (1, 4, 6, 7)] == [
        summed("invoice", 3),
        summed("purchase", 3),
        summed("invoice", 2),
        summed("purchase", 2),
    ]
    assert (found["Box3"], found["Box5"]) == (found["Box1"], found["Box1"] - found["Box4"])


@pytest.mark.parametrize("today", [date(2026, 11, 22), date(2026, 1, 1), date(2024, 2, 29), date(2027, 4, 30)])
def test_the_demos_reports_agree_with_one_another(today):
    books = opened(world="demo", today=today)
    everything = period(date(2020, 1, 1), today)

    sheet = ask(books, "GetBalanceSheet", Date=moment(today))
    profit = ask(books, "GetProfitAndLoss", **everything)
    balances = {row["Code"]: row["balance"] for row in ask(books, "GetTrialBalance", **everything)}

    owned = sheet["FixedAssetsTotal"] + sheet["CurrentAssetsTotal"] - sheet["CurrentLiabilitiesTotal"]
    assert owned == sheet["CapitalReservesTotal"] == profit["NetProfit"] + balances[3000] + balances[3200]
    assert sum(row["Balance"] for row in ask(books, "GetAgedDebtors", AgedDebtorsDate=moment(today))) == -balances[1100]
    assert (
        sum(row["Balance"] for row in ask(books, "GetAgedCreditors", AgedCreditorsDate=moment(today))) == balances[2100]
    )
    income = ask(books, "GetIncomeByCustomer", BasedOnInvoiceDate=True, **everything)
    assert sum(row["Value"] for row in income) == profit["TurnoverTotal"] - balances[4900]
