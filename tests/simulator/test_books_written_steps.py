"""Whatever is written in the bank, the ledger and the quotes, debits equal credits and a restart forgets nothing."""

import json
from datetime import timedelta
from decimal import Decimal

from books_calls import TODAY, ask, at, balance, call, customer, invoice, line, nominal_id, opened
from hypothesis import given, settings
from hypothesis import strategies as st

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.switches import Switches

pounds = st.decimals("1", "300", places=2)
places = st.integers(0, 5)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("deposit"), pounds),
        st.tuples(st.just("charge"), pounds),
        st.tuples(st.just("transfer"), pounds),
        st.tuples(st.just("delete row"), places),
        st.tuples(st.just("allocate"), places, places),
        st.tuples(st.just("delete invoice"), places),
        st.tuples(st.just("quote"), pounds),
        st.tuples(st.just("convert"), places, st.booleans()),
        st.tuples(st.just("journal"), pounds),
        st.tuples(st.just("delete journal"), places),
    ),
    max_size=14,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_whatever_is_written_debits_equal_credits_and_debtors_are_what_is_owed_less_what_is_on_account(told):
    books = opened("delete_paid_document=accept")
    hatter = customer(books)
    call(books, "CreateBankAccount", AccountName="Savings", NominalCode=1210)
    for step in told:
        _carry_out(books, hatter, *step)

    shown = books.state()
    owed = sum((Decimal(row["gross"]) - Decimal(row["paid"]) for row in shown["invoices"]), Decimal(0))
    on_account = sum(
        (Decimal(row["money_in"]) - Decimal(row["allocated"]) for row in shown["bank_transactions"] if row["customer"]),
        Decimal(0),
    )
    assert balance(books, 1100) == owed - on_account
    tomorrow = TODAY + timedelta(days=1)
    aged = ask(books, "GetAgedDebtors", AgedDebtorsDate=at(tomorrow.year, tomorrow.month, tomorrow.day))
    assert sum((row["Balance"] for row in aged), Decimal(0)) == owed - on_account
    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches.parse(["delete_paid_document=accept"]))
    assert loaded.state() == shown


def _carry_out(books, hatter, word, *details):
    """One step; what the books refuse changes nothing."""
    before = books.dump()
    try:
        STEPS[word](books, hatter, *details)
    except Refusal:
        assert books.dump() == before


def _row(books, code, **members):
    sent = {"accid": ask(books, "GetBankAccounts")[0]["AccountID"], "TransactionDate": at(2026, 11, 10)}
    call(books, "InsertBankTransaction", bp={**sent, "TransactionType": nominal_id(books, code), **members})


def _charge(books, _, amount):
    vat = (amount / 6).quantize(Decimal("0.01"))
    _row(books, 7050, moneyout=amount, Vatable=1, VatRate=Decimal(20), VatAmount=vat)


def _journal(books, _, amount):
    sides = [{"NominalID": nominal_id(books, code), "Amount": sign * amount} for code, sign in ((8000, 1), (40, -1))]
    call(books, "InsertJournal", Jnl={"JournalDate": at(2026, 11, 10), "Lines": sides})


def _quote(books, hatter, amount):
    invoice(books, hatter, line(books, amount))
    lines = [line(books, amount)]
    call(books, "InsertQuote", Quote={"CustomerID": hatter, "InvoiceDate": at(2026, 11, 9), "Lines": lines})


def _pick(books, shelf, place, name="id"):
    rows = books.state()[shelf]
    return rows[place % len(rows)][name] if rows else 0


STEPS = {
    "deposit": lambda books, hatter, amount: _row(books, 1100, moneyin=amount, CustomerId=hatter),
    "charge": _charge,
    "transfer": lambda books, _, amount: _row(books, 1210, moneyout=amount),
    "delete row": lambda books, _, place: call(
        books, "DeleteBankTransaction", TransactionID=_pick(books, "bank_transactions", place)
    ),
    "allocate": lambda books, _, place, other: call(
        books,
        "AllocateAdvancePaymentToInvoice",
        InvoiceNumber=_pick(books, "invoices", place, "number"),
        BankTxId=_pick(books, "bank_transactions", other),
    ),
    "delete invoice": lambda books, _, place: call(
        books, "DeleteInvoiceByID", InvoiceID=_pick(books, "invoices", place)
    ),
    "quote": _quote,
    "convert": lambda books, _, place, goes: call(
        books,
        "ConvertQuoteToInvoice",
        QuoteID=_pick(books, "quotes", place),
        CopyQuoteReference=1,
        deleteQuoteAfterConversion=int(goes),
    ),
    "journal": _journal,
    "delete journal": lambda books, _, place: call(
        books, "DeleteJournalByID", JournalID=_pick(books, "journals", place)
    ),
}
