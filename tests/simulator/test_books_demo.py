import json
from datetime import date
from decimal import Decimal

import pytest
from books_calls import TODAY, ask, assert_balanced, at, opened

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.worlds import NoSuchWorld

DAYS = [TODAY, date(2026, 1, 1), date(2024, 2, 29), date(2027, 4, 30)]


@pytest.fixture(scope="module")
def demo():
    return opened(world="demo")


@pytest.fixture(scope="module")
def state(demo):
    return demo.state()


def by_name(state, name, kind="customers"):
    return next(row for row in state[kind] if row["name"] == name)


@pytest.mark.parametrize("today", DAYS)
def test_the_demo_is_the_same_for_everybody_on_a_day_and_never_ahead_of_it(today):
    books, again = opened(world="demo", today=today), opened(world="demo", today=today)

    assert books.dump() == again.dump()
    assert_balanced(books)
    shown = books.state()
    dates = [row["date"] for kind in ("invoices", "purchases", "bank_transactions", "journals") for row in shown[kind]]
    payments = [row["date"] for invoice in shown["invoices"] for row in invoice["payments"]]
    assert max(dates + payments) <= today.isoformat()
    created = [ask(books, "GetCustomers")[place]["Created"].date() for place in (0, -1)]
    assert created[0] < created[1] < today


def test_the_size_of_the_year(state):
    assert [len(state[kind]) for kind in ("customers", "suppliers", "invoices")] == [41, 12, 307]
    assert len(state["purchases"]) >= 100
    assert [len(state[kind]) for kind in ("quotes", "products", "projects")] == [12, 8, 4]
    gross = [Decimal(row["gross"]) for row in state["invoices"] if Decimal(row["gross"]) > 0]
    assert (min(gross) >= 45, max(gross) <= 6000) == (True, True)


def test_no_bank_account_is_ever_overdrawn(demo):
    for account in demo.bank_accounts:
        days = sorted({posting.date for posting in demo.ledger.of_nominal(account.nominal)})
        assert min(demo.ledger.balance_at(account.nominal, day) for day in days) > 0


def test_the_trap_rows_are_there(state):
    invoices, lines = state["invoices"], [row for invoice in state["invoices"] for row in invoice["lines"]]
    texts = " ".join(row["description"] for row in lines)
    paid = [(Decimal(row["paid"]), Decimal(row["gross"])) for row in invoices]

    assert {"20", "5", "0", "-1"} <= {str(Decimal(row["vat_rate"]).normalize()) for row in lines} | {"20"}
    assert {row["currency"] for row in invoices} == {"GBP", "EUR", "USD"}
    assert any(0 < part < whole for part, whole in paid)
    assert any(part > whole > 0 for part, whole in paid)
    assert sum(whole < 0 for _, whole in paid) == 7
    assert any(payment["account"] == 0 for row in invoices for payment in row["payments"])
    assert any(whole < 0 == part for part, whole in paid)
    assert all(mark in texts for mark in ("<", "“", "£", "&", "\n", "ignore previous instructions"))
    assert "ignore previous instructions" in by_name(state, "Mendip Outdoor Centre")["notes"].lower()
    assert len(by_name(state, "Severn Brewing Co Ltd")["email"].split(";")) == 2
    assert {row["code"] for row in state["customers"]} & {row["code"] for row in state["suppliers"]} == {"AVON01"}
    assert {row["number"] for row in invoices} & {row["number"] for row in state["purchases"]}
    assert {"Thornbury Joinery Ltd", "Thornbury Joiners", "Penhaligon Boatyard Ltd"} <= {
        row["name"] for row in state["customers"]
    }


def test_names_hold_what_breaks_careless_clients(state):
    names = " ".join(row["name"] for row in state["customers"])

    assert all(mark in names for mark in "&'’<ëŷéüúö")


def test_unpaid_invoices_are_of_every_age(demo):
    rows = ask(demo, "GetAgedDebtors", AgedDebtorsDate=at(2026, 11, 22))

    for column in ("Current", "Period1_val", "Period2_val", "Period3_val", "Older"):
        assert any(row[column] for row in rows)
    assert all(
        row["Balance"] == sum(row[name] for name in ("Current", "Period1_val", "Period2_val", "Period3_val", "Older"))
        for row in rows
    )
    assert (rows[0]["Period1_name"], rows[0]["Period3_name"]) == ("October", "August")


def test_aged_debtors_agree_with_the_invoices(demo, state):
    rows = ask(demo, "GetAgedDebtors", AgedDebtorsDate=at(2026, 11, 22))

    owed = sum(Decimal(row["due_home"]) for row in state["invoices"])
    on_account = sum(Decimal(row["money_in"]) for row in state["bank_transactions"] if row["customer"])
    assert sum(row["Balance"] for row in rows) == owed - on_account
    assert sum(row["Balance"] for row in rows) == next(
        Decimal(row["debit"]) for row in state["trial_balance"] if row["nominal"] == "1100"
    )


def test_a_quote_has_no_due_date_and_a_european_bill_no_vat(demo, state):
    assert {row["due_date"] for row in state["quotes"]} == {None}
    european = by_name(state, "Papeterie du Lac SAS", "suppliers")["id"]
    bills = ask(demo, "GetReceiptsForSupplier", SupplierID=european)
    assert {(row["Lines"][0].members["VatRate"], row["VATAmount"]) for row in bills} == {(Decimal(20), Decimal(0))}


def test_same_day_bank_rows_change_their_order_unless_the_switch_holds_them():
    books, still = opened(world="demo"), opened("same_day_order=stable", world="demo")
    account = ask(books, "GetBankAccounts")[0]["AccountID"]

    orders = [[row["ID"] for row in ask(books, "GetBankTransactions", AccountID=account)] for _ in range(5)]
    held = [[row["ID"] for row in ask(still, "GetBankTransactions", AccountID=account)] for _ in range(5)]

    assert len({tuple(order) for order in orders}) > 1
    assert len({tuple(order) for order in held}) == 1


def test_a_transfer_is_in_both_accounts_under_one_id(demo):
    accounts = {row["AccountName"]: row["AccountID"] for row in ask(demo, "GetBankAccounts")}
    current, reserve = (
        {row["ID"]: row for row in ask(demo, "GetBankTransactions", AccountID=accounts[name])}
        for name in ("Current account", "Reserve account")
    )

    shared = current.keys() & reserve.keys()

    assert shared
    assert all(current[key]["moneyout"] == reserve[key]["moneyin"] == Decimal(750) for key in shared)


def test_bank_balances_and_overview_agree_with_the_ledger(demo, state):
    overview = {row["AccountID"]: row["Balance"] for row in ask(demo, "GetBankOverview")}

    for account in state["bank_accounts"]:
        today = ask(demo, "GetBankBalance", AccountID=account["id"], BalanceDate=at(2026, 11, 22))
        assert overview[account["id"]] == today == Decimal(account["balance"])


def test_the_trial_balance_of_a_period_and_with_what_was_before(demo):
    period = {"StartDate": at(2026, 7, 1), "EndDate": at(2026, 9, 30)}

    rows = ask(demo, "GetTrialBalance", **period)
    with_opening = ask(demo, "GetTrialBalanceWithOpeningBalances", **period)

    assert sum(row["debit"] for row in rows) == sum(row["credit"] for row in rows)
    assert sum(row["OpeningBalance"] for row in with_opening) == 0
    assert len(with_opening) >= len(rows)


def test_dumped_books_load_as_they_were():
    books = opened(world="demo")

    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches())

    assert loaded.dump() == books.dump()
    assert loaded.state() == books.state()
    assert ask(loaded, "InsertCustomer", custr={"Name": "New"}) == ask(books, "InsertCustomer", custr={"Name": "New"})


def test_an_unknown_world_is_named():
    with pytest.raises(NoSuchWorld, match="demo and empty"):
        opened(world="dmeo")


def test_purchases_come_in_pages_and_the_short_list_says_that_it_is_cut(demo):
    """KashFlow's change log, GetReceipts with paging."""
    first = ask(demo, "GetReceiptsWithPaging", Page=1, PerPage=500, FilterBy="All")

    assert (len(first), first[0]["InvoiceNumber"] > first[1]["InvoiceNumber"]) == (100, True)
    assert len(ask(demo, "GetReceipts")) == 100
    assert ask(demo, "GetReceipt", ReceiptNumber=1003)["InvoiceNumber"] == 1003
    unpaid = ask(demo, "GetReceiptsWithPaging2", Page=1, PerPage=100, FilterBy="Unpaid")
    assert {row["Supplier"] for row in unpaid}
