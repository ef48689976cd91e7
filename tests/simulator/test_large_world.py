"""The world ``large`` in a hundredth of its size, built by the same code."""

import hashlib
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from random import Random

import pytest
from books_calls import TODAY, ask, assert_balanced, at, call

from kf_mcp.simulator import Simulator, vat
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.worlds import WORLDS
from kf_mcp.simulator.worlds.large import FULL, build, scaled
from kf_mcp.simulator.worlds.large_names import firms
from kf_mcp.simulator.worlds.large_people import NEVER_LAST

SMALL = partial(build, size=scaled(100))
PENNY = Decimal("0.01")


def small(*settings, today=TODAY):
    return SMALL(today, Switches.parse(settings))


@pytest.fixture(scope="module")
def large():
    return small()


@pytest.fixture(scope="module")
def state(large):
    return large.state()


def test_the_full_world_has_the_sizes_that_were_asked_for():
    assert (FULL.customers, FULL.suppliers, FULL.invoices, FULL.purchases) == (50_000, 5_000, 120_000, 40_000)
    assert WORLDS["large"] is build


def test_every_sort_of_record_is_there_as_often_as_the_size_says(large):
    size = scaled(100)

    assert (len(large.customers), len(large.suppliers)) == (size.customers, size.suppliers)
    assert (len(large.invoices), len(large.purchases)) == (size.invoices, size.purchases)
    assert len(large.bank_rows) >= size.bank_rows
    assert {len(document.lines) for document in large.invoices} == {1, 2, 3, 4}


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2027, 1, 1)])
def test_it_is_the_same_for_everybody_on_a_day_and_never_ahead_of_it(today):
    one, other = small(today=today), small(today=today)

    assert one.dump() == other.dump()
    dates = [row.date for shelf in (one.invoices, one.purchases, one.bank_rows, one.journals) for row in shelf]
    dates += [payment.date for shelf in (one.invoices, one.purchases) for row in shelf for payment in row.payments]
    dates += [customer.members["Updated"].date() for customer in one.customers]
    assert max(dates) <= today
    assert min(row.date for row in one.invoices) < today - timedelta(days=4 * 365)


def test_a_sample_of_it_is_what_it_was_when_this_test_was_written():
    """A changed figure here means that every benchmark of before was of another world."""
    books = build(TODAY, Switches(), scaled(1000))
    people = [
        [party.id, party.code, party.name, party.members["Email"], party.members["Updated"].isoformat()]
        for party in [*books.customers, *books.suppliers]
    ]
    papers = [
        [row.number, row.date.isoformat(), row.party, [str(line.net) for line in row.lines], len(row.payments)]
        for row in [*books.invoices, *books.purchases]
    ]

    sample = json.dumps([people, papers])

    assert hashlib.sha256(sample.encode()).hexdigest()[:16] == "35f29931bef7056d"


def test_the_books_balance_and_load_as_they_were(large):
    loaded = Books.load(json.loads(json.dumps(large.dump())), Switches())

    assert_balanced(large)
    assert large.ledger.miscounted() == {}
    assert loaded.trial_balance() == large.trial_balance()
    assert loaded.dump() == large.dump()


def test_each_line_is_what_the_books_would_have_made_of_it(large):
    lines = [line for shelf in (large.invoices, large.purchases) for row in shelf for line in row.lines]

    assert all(line.net == (line.quantity * line.rate).quantize(PENNY) for line in lines)
    assert all(line.vat == large.amounts.vat_on(line.net, line.vat_rate) for line in lines)
    assert {str(line.vat_rate) for line in lines} == {"20", "5", "0", "-1"}


def test_the_filed_boxes_agree_with_the_report_of_the_same_quarter(large):
    assert len(large.vat_returns) == 20
    for filed in large.vat_returns:
        assert vat.calculate(large, filed.start, filed.end) == filed.boxes
        # The payment to HMRC is a bank row of the next quarter and no part of any return.
        held = {item for item in vat.items(large, filed.start, filed.end) if item in filed.items}
        assert held == set(filed.items)


def test_invoices_are_paid_part_paid_overdue_overpaid_and_credited_in_believable_shares(large):
    amounts = large.amounts
    open_ones = [row for row in large.invoices if not amounts.is_paid(row)]
    share = Decimal(len(open_ones)) / len(large.invoices)

    assert Decimal("0.02") < share < Decimal("0.08")
    assert any(row.due < TODAY for row in open_ones)
    assert any(row.due >= TODAY for row in open_ones)
    assert any(row.payments for row in open_ones)
    assert any(amounts.home_due(row) < 0 < row.net for row in large.invoices)
    credit_notes = [row for row in large.invoices if row.net < 0]
    assert len(large.invoices) // 100 < len(credit_notes) < len(large.invoices) // 25
    assert {len(row.payments) for row in credit_notes} == {0, 1}
    applied = [row for row in credit_notes if row.payments and row.payments[0].settles_with]
    for row in applied:
        (half,) = [
            half for half in large.invoices.get(row.payments[0].settles_with).payments if half.settles_with == row.id
        ]
        assert half.amount == -row.payments[0].amount == -row.net - row.vat


def test_what_customers_owe_is_the_debtors_control_account(large, state):
    rows = ask(large, "GetAgedDebtors", AgedDebtorsDate=at(TODAY.year, TODAY.month, TODAY.day))

    owed = sum(Decimal(row["due_home"]) for row in state["invoices"])
    assert sum(row["Balance"] for row in rows) == owed
    assert owed == next(Decimal(row["debit"]) for row in state["trial_balance"] if row["nominal"] == "1100")


def test_no_bank_account_is_ever_overdrawn(large):
    for account in large.bank_accounts:
        days = sorted({posting.date for posting in large.ledger.of_nominal(account.nominal)})
        assert min(large.ledger.balance_at(account.nominal, day) for day in days[:: len(days) // 40 + 1]) > 0


def test_names_are_all_different_and_a_few_nearly_the_same(large):
    names = [customer.name for customer in large.customers]

    assert len(set(names)) == len(names)
    assert sum(name.endswith(("(North) Ltd", "s Ltd")) or name.startswith("The ") for name in names) >= 2
    assert len({name.rpartition(" ")[2] for name in names} & {"Ltd", "Limited", "LLP"}) == 3


def test_no_two_names_of_the_full_world_are_alike():
    names = firms(Random("any"), 20_000)  # noqa: S311 - as the world itself

    assert len({name.casefold() for name in names}) == len(names)


def test_nobody_real_is_reached_by_what_stands_in_an_address(large):
    for party in [*large.customers, *large.suppliers]:
        members = party.members
        assert members["Email"].endswith(".example")
        assert set((members.get("Postcode") or members["PostCode"])[-2:]) <= set(NEVER_LAST)
        assert re.search(
            r" 496 0\d{3}$| 960\d{3}$| 2018 0\d{3}$| 7946 0\d{3}$| 9649 6\d{3}$| 498 0\d{3}$", members["Telephone"]
        )


def test_a_customer_is_found_by_code_also_after_it_changed():
    books = small()
    customer = list(books.customers)[77]

    assert ask(books, "GetCustomer", CustomerCode=customer.code.lower())["CustomerID"] == customer.id
    call(books, "UpdateCustomer", custr={**customer.members, "Code": "OTHER99"})
    assert ask(books, "GetCustomer", CustomerCode="OTHER99")["CustomerID"] == customer.id
    new = ask(books, "InsertCustomer", custr={"Name": customer.name})
    assert books.customers.get(new).code == customer.code


def test_a_new_customer_gets_the_first_free_code_of_its_name(large):
    codes = {customer.code for customer in large.customers}

    books = small()
    key = ask(books, "InsertCustomer", custr={"Name": next(iter(large.customers)).name})

    assert books.customers.get(key).code not in codes


def test_payments_and_purchases_read_page_by_page_are_complete_and_follow_a_change():
    books = small()
    period = {"StartDate": at(2025, 1, 1), "EndDate": at(2025, 12, 31)}
    expected = {payment.id for row in books.invoices for payment in row.payments if payment.date.year == 2025}

    pages = [ask(books, "GetInvoicePaymentsByDateRange", **period, PageNumber=page) for page in range(1, 9)]

    assert {row["PayID"] for page in pages for row in page} == expected
    assert ask(books, "GetInvoicePaymentsCountforDateRange", **period) == len(expected)
    payment = pages[0][0]
    call(books, "DeleteInvoicePayment", InvoiceNumber=payment["PayInvoice"], InvoicePaymentNumber=payment["PayID"])
    assert ask(books, "GetInvoicePaymentsCountforDateRange", **period) < len(expected)


def test_a_call_that_failed_leaves_nothing_worked_out_behind():
    books = small()
    period = {"StartDate": at(2025, 1, 1), "EndDate": at(2025, 12, 31)}
    before = ask(books, "GetInvoicePaymentsCountforDateRange", **period)
    document = next(row for row in books.invoices if row.payments and row.payments[0].date.year == 2025)

    with pytest.raises(ZeroDivisionError):
        _drop_and_fail(books, document, period)

    books.put_document(next(row for row in books.invoices if not row.payments))
    assert ask(books, "GetInvoicePaymentsCountforDateRange", **period) == before


def _drop_and_fail(books, document, period):
    with books.call():
        books.drop_document(document)
        OPERATIONS["GetInvoicePaymentsCountforDateRange"](books, period)
        raise ZeroDivisionError


def test_a_simulator_opens_it_by_name_and_again_through_the_control_page(monkeypatch):
    monkeypatch.setitem(WORLDS, "large", SMALL)

    simulator = Simulator("large", today=TODAY)
    first = simulator.books.dump()
    simulator.start_again("empty")
    simulator.start_again("large")

    assert simulator.books.dump() == first
