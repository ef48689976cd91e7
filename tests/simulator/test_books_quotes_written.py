"""Quotes written by calls: found by id or number, replaced or added to, and turned into invoices."""

import json
from decimal import Decimal

import pytest
from books_calls import ISSUED, TODAY, ask, at, balance, call, customer, invoice, line, opened, read

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.switches import Switches


def quote_members(customer_id, *lines, **members):
    return {"CustomerID": customer_id, "InvoiceDate": ISSUED, "Lines": list(lines), **members}


def quote(books, customer_id, *lines, **members):
    """The id of a new quote."""
    return ask(books, "InsertQuote", Quote=quote_members(customer_id, *lines, **members))


def quote_of(books, key):
    return next(row for row in books.state()["quotes"] if row["id"] == key)


def texts(document):
    return [row["description"] for row in document["lines"]]


def test_a_new_quote_is_answered_with_its_id_and_touches_neither_the_ledger_nor_the_invoices_numbers():
    books = opened()
    hatter = customer(books)
    first = invoice(books, hatter, line(books, "10"))
    before = books.trial_balance()

    key = quote(books, hatter, line(books, "50"), CustomerReference="Q-REF", DueDate=at(2026, 12, 3))

    shown = ask(books, "GetQuoteByID", QuoteID=key)
    assert shown["InvoiceDBID"] == key
    assert shown["InvoiceNumber"] != key
    assert (shown["NetAmount"], shown["CustomerReference"], shown["DueDate"].year) == (50, "Q-REF", 1)
    assert ask(books, "GetQuoteByNumber", QuoteNumber=shown["InvoiceNumber"]) == shown
    assert books.trial_balance() == before
    assert invoice(books, hatter, line(books, "1")) == first + 1


def test_a_quote_is_written_anew_by_its_id_and_blanked_where_nothing_was_sent():
    books = opened()
    hatter = customer(books)
    other = customer(books, Name="March Hare")
    key = quote(books, hatter, line(books, "50"), CustomerReference="Q-REF", ProjectID=3, SuppressTotal=1)
    before = quote_of(books, key)

    call(books, "UpdateQuote", Quote=quote_members(other, line(books, "7"), line(books, "8"), InvoiceDBID=key))

    after = quote_of(books, key)
    assert (after["net"], after["vat"]) == ("15.00", "3.00")
    assert (after["reference"], after["project"], after["suppress_total"]) == ("", 0, 0)
    assert (after["id"], after["number"]) == (before["id"], before["number"])
    assert after["customer_code"] != before["customer_code"]
    assert not {row["id"] for row in before["lines"]} & {row["id"] for row in after["lines"]}


def test_a_quotes_number_does_not_find_it_for_an_update():
    books = opened()
    hatter = customer(books)
    key = quote(books, hatter, line(books))
    number = quote_of(books, key)["number"]

    with pytest.raises(Refusal, match="no quote"):
        call(books, "UpdateQuote", Quote=quote_members(hatter, line(books), InvoiceNumber=number))


def test_lines_sent_with_a_quotes_header_are_added_and_none_leave_the_old_ones():
    books = opened()
    hatter = customer(books)
    key = quote(books, hatter, line(books, "50"))
    (kept,) = quote_of(books, key)["lines"]

    header = quote_members(hatter, InvoiceDBID=key, CustomerReference="Changed")
    call(books, "UpdateQuoteHeader", Quote=header)
    assert quote_of(books, key)["lines"] == [kept]
    assert quote_of(books, key)["reference"] == "Changed"

    call(books, "UpdateQuoteHeader", Quote={**header, "Lines": [line(books, "5")]})
    assert [row["net"] for row in quote_of(books, key)["lines"]] == ["50.00", "5.00"]


@pytest.mark.parametrize(("value", "expected"), [("one", lambda _: 1), ("id", lambda key: key), ("zero", lambda _: 0)])
def test_what_an_update_answers_is_a_switch(value, expected):
    books = opened(f"update_number={value}")
    hatter = customer(books)
    key = quote(books, hatter, line(books))

    assert ask(books, "UpdateQuote", Quote=quote_members(hatter, InvoiceDBID=key)) == expected(key)
    assert ask(books, "UpdateQuoteHeader", Quote=quote_members(hatter, InvoiceDBID=key)) == expected(key)


def test_lines_of_a_quote_come_and_go_one_by_one_by_its_id_and_by_its_number():
    books = opened()
    key = quote(books, customer(books), line(books, "50"))
    number, (first,) = quote_of(books, key)["number"], quote_of(books, key)["lines"]

    added = ask(books, "InsertQuoteLine", QuoteID=key, QuoteLine=line(books, "5"))
    assert [row["id"] for row in quote_of(books, key)["lines"]] == [first["id"], added]

    assert ask(books, "DeleteQuoteLine", LineID=first["id"], QuoteNumber=number) == 1
    assert ask(books, "DeleteQuoteLineWithQuoteID", LineID=added, QuoteID=key) == 1
    assert quote_of(books, key)["lines"] == []
    with pytest.raises(Refusal, match="no such line"):
        call(books, "DeleteQuoteLine", LineID=added, QuoteNumber=number)
    with pytest.raises(Refusal, match="no quote"):
        call(books, "InsertQuoteLine", QuoteID=number, QuoteLine=line(books))


def test_quotes_are_deleted_by_number_or_by_id_and_unknown_ones_by_the_switch():
    books = opened()
    hatter = customer(books)
    one, other = quote(books, hatter, line(books)), quote(books, hatter, line(books))
    number = quote_of(books, one)["number"]

    assert ask(books, "DeleteQuote", QuoteNumber=number) == 1
    assert ask(books, "DeleteQuoteByID", QuoteID=other) == 1
    assert books.state()["quotes"] == []
    with pytest.raises(Refusal, match="no quote"):
        call(books, "DeleteQuote", QuoteNumber=number)
    assert ask(opened("delete_unknown=accept"), "DeleteQuoteByID", QuoteID=1) == 0


def test_a_quote_that_becomes_an_invoice_gives_it_new_ids_the_next_number_and_its_amounts_to_the_ledger():
    books = opened()
    hatter = customer(books)
    last = invoice(books, hatter, line(books, "1", vat_rate="0"))
    delivery = {"Name": "Tea table", "Line1": "Wood 1", "PostCode": "OX1 1AA"}
    key = quote(books, hatter, line(books, "50"), CustomerReference="Q-REF", DeliveryAddress=delivery, ProjectID=5)

    shown = ask(
        books, "ConvertQuoteToInvoice", QuoteID=key, CustomerID=0, CopyQuoteReference=0, deleteQuoteAfterConversion=0
    )

    held = next(row for row in books.state()["invoices"] if row["id"] == shown["InvoiceDBID"])
    assert held["number"] == shown["InvoiceNumber"] == last + 1
    assert (held["net"], held["vat"], held["date"]) == ("50.00", "10.00", TODAY.isoformat())
    assert (held["reference"], held["project"], held["delivery_address"]) == ("Q-REF", 5, delivery)
    assert held["permanent_link"]
    assert read(books, last + 1) == shown
    assert balance(books, 1100) == Decimal(1 + 60)
    assert ask(books, "isStillQuote", QuoteID=key) is False
    assert quote_of(books, key)["invoice"] == last + 1


def test_a_converted_quote_may_go_to_another_customer_name_the_quote_on_a_line_and_be_deleted():
    books = opened("converted_date=quote", "converted_reference=first", "missing_due_date=terms")
    hare = customer(books, Name="March Hare")
    key = quote(books, customer(books), line(books, "50"))
    number = quote_of(books, key)["number"]

    shown = ask(
        books, "ConvertQuoteToInvoice", QuoteID=key, CustomerID=hare, CopyQuoteReference=1, deleteQuoteAfterConversion=1
    )

    held = books.state()["invoices"][0]
    assert (shown["CustomerID"], shown["NetAmount"]) == (hare, 50)
    assert texts(held) == [f"Based on Quote Number {number}", "Hats"]
    assert (held["date"], held["due_date"]) == ("2026-11-03", "2026-12-03")
    assert books.state()["quotes"] == []


def test_a_quote_is_converted_again_or_not_by_the_switch():
    asked = {"CustomerID": 0, "CopyQuoteReference": 0, "deleteQuoteAfterConversion": 0}
    for setting, invoices in (("accept", 2), ("refuse", 1)):
        books = opened(f"converted_again={setting}")
        key = quote(books, customer(books), line(books))
        call(books, "ConvertQuoteToInvoice", QuoteID=key, **asked)
        if setting == "refuse":
            with pytest.raises(Refusal, match="already"):
                call(books, "ConvertQuoteToInvoice", QuoteID=key, **asked)
        else:
            call(books, "ConvertQuoteToInvoice", QuoteID=key, **asked)
        assert len(books.state()["invoices"]) == invoices


def test_what_cannot_be_converted_is_refused_and_written_quotes_survive_a_restart():
    books = opened()
    key = quote(books, customer(books), line(books, "50"))
    with pytest.raises(Refusal, match="no customer"):
        call(books, "ConvertQuoteToInvoice", QuoteID=key, CustomerID=3)
    with pytest.raises(Refusal, match="no quote"):
        call(books, "ConvertQuoteToInvoice", QuoteID=3)

    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches())

    assert loaded.state() == books.state()
