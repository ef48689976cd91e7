"""The rows of the demo that others need: quotes, journals, projects, odd purchases, money on account."""

from datetime import date
from decimal import Decimal

import pytest
from books_calls import ask, at, call, opened


@pytest.fixture(scope="module")
def demo():
    return opened(world="demo")


@pytest.fixture(scope="module")
def state(demo):
    return demo.state()


def by_text(state, text):
    return next(row for row in state["purchases"] if row["lines"][0]["description"].startswith(text))


def test_some_quotes_became_invoices_with_the_same_lines(demo, state):
    invoices = {row["number"]: row for row in state["invoices"]}
    converted = [row for row in state["quotes"] if row["invoice"]]

    assert [ask(demo, "isStillQuote", QuoteID=row["id"]) for row in converted] == [False] * 4
    for quote in converted:
        became = invoices[quote["invoice"]]
        assert (quote["net"], quote["vat"], quote["customer_code"]) == (
            became["net"],
            became["vat"],
            became["customer_code"],
        )
        assert quote["date"] <= became["date"]
    assert {row["category"] for row in state["quotes"]} == {None, "Design", "Print"}


def test_the_journals_hold_more_than_vat_and_sum_to_nothing(state):
    comments = [row["comment"] for row in state["journals"]]
    own = [comment for comment in comments if not comment.startswith("VAT return")]

    assert len(own) == 6
    assert all(
        any(comment.startswith(word) for comment in own) for word in ("Opening", "Depreciation", "Accrual", "Rev")
    )
    assert all(sum(Decimal(line["amount"]) for line in row["lines"]) == 0 for row in state["journals"])
    assert [row["number"] for row in state["journals"]] == list(range(1, len(comments) + 1))


def test_the_projects_stand_in_every_way_and_have_lines(demo, state):
    assert sorted(row["status"] for row in state["projects"]) == [0, 1, 1, 2]
    assert "<p>" in state["projects"][2]["description"]
    documents = state["invoices"] + state["purchases"]
    booked = {line["project"] for row in documents for line in row["lines"]}
    assert {row["id"] for row in state["projects"]} <= booked
    shown = ask(demo, "GetProjectByRef", ProjRef="PENH-REBRAND")
    assert ask(demo, "GetCustomerByID", CustomerID=shown["CustomerID"])["Code"] == "PENH01"


def test_the_odd_purchases_are_there(demo, state):
    credit = by_text(state, "Credit: damaged pallet")
    assert (Decimal(credit["gross"]), credit["paid"]) == (Decimal("-106.02"), "0.00")  # 88.35 and 20% of it
    overpaid = by_text(state, "Label printer")
    assert Decimal(overpaid["paid"]) == Decimal(overpaid["gross"]) + 12
    assert 0 < Decimal(by_text(state, "Same-day van")["paid"]) < Decimal(by_text(state, "Same-day van")["gross"])
    with_files = by_text(state, "Litho run, boatyard brochures")
    assert (len(with_files["notes"]), len(with_files["attachments"])) == (2, 2)
    assert "<" in ask(demo, "GetReceiptNotes", ReceiptId=with_files["id"])[1]["Notes"]
    found = call(demo, "GetReceiptsWithPaging", Page=1, PerPage=100, FilterBy="Overpaid").result
    assert [row["InvoiceNumber"] for row in found] == [overpaid["number"]]


def test_money_on_account_is_listed_for_its_customer_alone(demo, state):
    (row,) = [row for row in state["bank_transactions"] if row["customer"]]
    (shown,) = ask(demo, "GetCustomerAdvancePayments", CustomerId=row["customer"])

    assert (shown["ID"], shown["moneyin"]) == (row["id"], Decimal(row["money_in"]))
    assert ask(demo, "GetCustomerAdvancePayments", CustomerId=state["customers"][0]["id"]) == []


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2024, 2, 29), date(2027, 4, 30), date(2026, 10, 26)])
def test_nothing_odd_is_dated_in_a_vat_return_that_was_filed(today):
    """A filed return's figures are those of its dates; only the bill found late is in none."""
    books = opened(world="demo", today=today)
    for stored in books.vat_returns:
        dates = {"StartDate": at(*stored.start.timetuple()[:3]), "EndDate": at(*stored.end.timetuple()[:3])}
        now = ask(books, "GetVATReport", **dates)
        late = Decimal("185.00") if stored.end == max(row.end for row in books.vat_returns) else 0
        assert now["Box7"] - stored.boxes[6] == late
        assert now["Box6"] == stored.boxes[5]
