import json
from datetime import date
from decimal import Decimal

import pytest
from books_calls import ask, assert_balanced, at, balance, call, customer, invoice, line, opened, pay
from hypothesis import given, settings
from hypothesis import strategies as st

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.ledger import Ledger, Posting, Unbalanced
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.simulator.shelves import Undo
from kf_mcp.simulator.switches import Switches, description_of

money = st.decimals("-300", "300", places=2)
lines = st.lists(
    st.tuples(money, st.sampled_from(["1", "2.5", "7"]), st.sampled_from(["20", "5", "0", "-1"])), max_size=3
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("invoice"), lines),
        st.tuples(st.just("pay"), st.integers(0, 5), money.filter(bool)),
        st.tuples(st.just("update"), st.integers(0, 5), lines),
        st.tuples(st.just("delete"), st.integers(0, 5), st.none()),
        st.tuples(st.just("credit"), st.integers(0, 5), st.integers(0, 5)),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_whatever_is_entered_debits_equal_credits_and_debtors_equal_what_is_owed(told):
    books = opened("delete_paid_document=accept")
    hatter = customer(books)

    for step in told:
        _carry_out(books, hatter, *step)

    shown = books.state()
    gross = sum(
        (Decimal(row["net"]) + Decimal(row["vat"]) for invoice in shown["invoices"] for row in invoice["lines"]),
        Decimal(0),
    )
    paid = sum(
        (Decimal(row["amount"]) for invoice in shown["invoices"] for row in invoice["payments"]),
        Decimal(0),
    )
    assert balance(books, 1100) == gross - paid
    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches())
    assert loaded.trial_balance() == books.trial_balance()


def _carry_out(books, hatter, word, *details):
    """One step; what the books refuse changes nothing."""
    numbers = [row["number"] for row in books.state()["invoices"]]
    if word == "invoice":
        invoice(books, hatter, *_rows(books, details[0]))
        return
    if not numbers:
        return
    number = numbers[details[0] % len(numbers)]
    if word == "pay":
        pay(books, number, details[1])
    elif word == "update":
        members = {"InvoiceNumber": number, "CustomerID": hatter, "InvoiceDate": at(2026, 11, 4)}
        call(books, "UpdateInvoice", Inv={**members, "Lines": _rows(books, details[1])})
    elif word == "delete":
        call(books, "DeleteInvoice", InvoiceNumber=number)
    else:
        _credit(books, number, numbers[details[1] % len(numbers)])


def _credit(books, number, other):
    keys = {row["number"]: row["id"] for row in books.state()["invoices"]}
    before = books.dump()
    try:
        call(books, "applyCreditNoteToInvoice", InvoiceID=keys[number], CreditNoteID=keys[other])
    except Exception:  # noqa: BLE001 - whatever went wrong, nothing may have changed
        assert books.dump() == before


def _rows(books, told):
    return [line(books, rate, quantity=quantity, vat_rate=rate_of_vat) for rate, quantity, rate_of_vat in told]


def test_an_entry_that_does_not_balance_is_not_taken():
    ledger = Ledger(Undo())

    with pytest.raises(Unbalanced, match="out by 1"):
        ledger.post(("invoice", 1), [Posting(date(2026, 1, 1), 4000, Decimal(1))])

    assert ledger.totals() == {}


def test_a_call_that_breaks_half_way_leaves_no_trace():
    books = opened(world="demo")
    before, version = books.dump(), books.version

    with pytest.raises(ZeroDivisionError):
        _break_half_way(books)

    assert (books.dump(), books.version) == (before, version)
    assert_balanced(books)


def _break_half_way(books):
    with books.call():
        OPERATIONS["InsertCustomer"](books, {"custr": {"Name": "Half"}})
        OPERATIONS["DeleteInvoiceByID"](books, {"InvoiceID": _unpaid(books)})
        raise ZeroDivisionError


def _unpaid(books):
    return next(row["id"] for row in books.state()["invoices"] if not row["payments"])


def test_reading_changes_no_version_and_writing_does():
    books = opened()
    version = books.version

    ask(books, "GetCustomers")
    assert books.version == version
    customer(books)
    assert books.version != version


@pytest.mark.parametrize("name", list(Switches.choices()))
def test_each_switch_is_described_and_the_demo_opens_with_every_value(name):
    assert description_of(name).endswith(".")
    for value in Switches.choices()[name]:
        switches = Switches.parse([f"{name}={value}"])
        assert getattr(switches, name) == value
        books = Books.open("demo", date(2026, 11, 22), switches)
        assert_balanced(books)
        assert books.switches == switches


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("overpaymnt=refuse", "Did you mean overpayment"),
        ("overpayment=maybe", "accept or refuse"),
        ("overpayment", "name=value"),
        ("zzzzzzzz=1", "There is no switch"),
    ],
)
def test_a_wrong_switch_is_explained(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        Switches.parse([text])


def test_switches_tell_what_differs_from_the_defaults():
    assert Switches().settings() == []
    assert Switches.parse(["overpayment=refuse"]).settings() == ["overpayment=refuse"]
