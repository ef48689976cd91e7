"""The running sums of the ledger are believed between two recounts; here they are made wrong on purpose."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import httpx
import pytest
from books_calls import TODAY, ask, at, balance, call, customer, invoice, line, opened, pay
from protocol_envelopes import fault_of, post

from kf_mcp.simulator import Simulator, ledger
from kf_mcp.simulator.ledger import Balance


@pytest.fixture
def books():
    books = opened()
    for _ in range(5):
        pay(books, invoice(books, customer(books), line(books), line(books, "3.33", vat_rate="5")), "7")
    return books


def test_a_recount_gives_the_running_sums(books):
    assert books.ledger.recount() == {nominal: total for nominal, total in books.ledger.totals().items() if total}
    assert books.ledger.miscounted() == {}


def test_only_pages_that_changed_are_read_again_and_now_and_then_all_of_them(books, monkeypatch):
    monkeypatch.setattr(ledger, "AFRESH", 4)
    read = []
    summed = ledger._summed
    monkeypatch.setattr(ledger, "_summed", lambda entries: read.append(len(entries)) or summed(entries))

    books.ledger.recount()
    first = sum(read)
    books.ledger.recount()
    assert sum(read) == first
    pay(books, invoice(books, customer(books), line(books)), "1")
    books.ledger.recount()
    assert first < sum(read) < 3 * first
    before = len(read)
    books.ledger.recount()
    assert sum(read[before:]) == 12


def test_a_page_that_changed_without_its_entries_is_found_when_all_are_read(books, monkeypatch):
    monkeypatch.setattr(ledger, "AFRESH", 2)
    assert books.ledger.miscounted() == {}
    page = next(iter(books.ledger._pages))
    source, entry = next(iter(books.ledger._pages[page].items()))
    books.ledger._pages[page][source] = (replace(entry[0], amount=entry[0].amount + 5), *entry[1:])

    assert books.ledger.miscounted() == {entry[0].nominal: -5}


async def test_a_running_sum_that_is_wrong_is_a_fault_after_the_next_write_and_the_write_is_taken_back():
    simulator = Simulator("empty", today=date(2026, 3, 14))
    client = httpx.AsyncClient(transport=simulator.transport())
    one, other = [nominal.id for nominal in simulator.books.nominals][:2]
    simulator.books.ledger._sums |= {one: Decimal(5), other: Decimal(-5)}

    read = await post(client, "GetCustomers")
    written = await post(client, "InsertCustomer", "<custr><Name>Hatter</Name></custr>")

    assert b"<Status>OK</Status>" in read.content
    assert fault_of(written)[0] == "soap:Server"
    assert "differs from its entries" in simulator.problems[0]
    assert len(simulator.books.customers) == 0


def test_the_days_of_a_nominal_follow_every_change():
    books = opened()
    hatter = customer(books)
    assert ask(books, "GetBankOverview")[0]["Balance"] == 0  # the lists by nominal are made here
    number = invoice(books, hatter, line(books))
    pay(books, number, "12", PayDate=at(2026, 11, 20))
    (bank,) = books.bank_accounts

    assert books.ledger.balance_at(bank.nominal, date(2026, 11, 19)) == 0
    assert books.ledger.balance_at(bank.nominal, TODAY) == balance(books, 1200) == 12
    assert books.ledger.balances(lambda day: day == date(2026, 11, 20))[bank.nominal] == Balance(Decimal(12))
    (payment,) = ask(books, "GetInvoicePayment", InvoiceNumber=number)
    call(books, "DeleteInvoicePayment", InvoiceNumber=number, InvoicePaymentNumber=payment["PayID"])

    assert books.ledger.balances(lambda day: day == date(2026, 11, 20)) == {}
    assert list(books.ledger.of_nominal(bank.nominal)) == []
