from decimal import Decimal

import pytest
from books_calls import ask, at, balance, call, customer, invoice, line, opened, pay, payment_members, read

from kf_mcp.simulator.operations import Refusal


def test_a_payment_moves_money_from_the_debtors_to_the_bank():
    books = opened()
    number = invoice(books, customer(books), line(books, "100"))

    key = pay(books, number, "70", PayNote="first")

    assert (balance(books, 1200), balance(books, 1100)) == (Decimal(70), Decimal(50))
    assert (read(books, number)["Paid"], read(books, number)["AmountPaid"]) == (0, Decimal(70))
    assert [(row["PayID"], row["PayInvoice"]) for row in ask(books, "GetInvoicePayment", InvoiceNumber=number)] == [
        (key, number)
    ]


def test_an_overpayment_is_accepted_and_leaves_a_credit_unless_the_switch_refuses():
    books, strict = opened(), opened("overpayment=refuse")
    number, other = (invoice(each, customer(each), line(each)) for each in (books, strict))

    pay(books, number, "20")

    assert (read(books, number)["Paid"], balance(books, 1100)) == (1, Decimal(-8))
    with pytest.raises(Refusal, match="more than"):
        pay(strict, other, "12.01")
    assert pay(strict, other, "12")


@pytest.mark.parametrize("missing", ["PayDate", "PayMethod", "PayAccount"])
def test_a_payment_without_its_details_is_refused_or_completed(missing):
    absent = {missing: at(1, 1, 1) if missing == "PayDate" else 0}
    strict, lenient = opened(), opened("missing_payment_details=default")
    number, other = (invoice(each, customer(each), line(each)) for each in (strict, lenient))

    with pytest.raises(Refusal):
        pay(strict, number, "5", **absent)
    assert pay(lenient, other, "5", **absent)

    assert balance(lenient, 1200) == Decimal(5)


def test_a_payment_is_deleted_by_invoice_and_payment():
    """The service description of 2026: the invoice's number comes first."""
    books = opened()
    number = invoice(books, customer(books), line(books))
    key = pay(books, number, "12")

    with pytest.raises(Refusal):
        call(books, "DeleteInvoicePayment", InvoiceNumber=0, InvoicePaymentNumber=key)
    call(books, "DeleteInvoicePayment", InvoiceNumber=number, InvoicePaymentNumber=key)

    assert (ask(books, "GetInvoicePayment", InvoiceNumber=number), balance(books, 1200)) == ([], 0)


def test_a_paid_invoice_is_deleted_with_its_payments_only_by_the_switch():
    books, lenient = opened(), opened("delete_paid_document=accept")
    for each in (books, lenient):
        pay(each, invoice(each, customer(each), line(each)), "12")

    with pytest.raises(Refusal, match="payments"):
        call(books, "DeleteInvoice", InvoiceNumber=1001)
    call(lenient, "DeleteInvoice", InvoiceNumber=1001)

    assert [balance(lenient, code) for code in (1100, 1200, 2200, 4000)] == [0, 0, 0, 0]


def test_the_negative_payment_of_a_refunded_credit_note():
    books = opened()
    credit = invoice(books, customer(books), line(books, "-10", vat="-2"))

    pay(books, credit, "-12")

    assert (read(books, credit)["Paid"], balance(books, 1200)) == (1, Decimal(-12))
    strict = opened("negative_payment=refuse")
    other = invoice(strict, customer(strict), line(strict, "-10", vat="-2"))
    with pytest.raises(Refusal, match="negative"):
        pay(strict, other, "-12")


def test_payments_by_date_come_in_pages_until_an_empty_one():
    books = opened("payments_page=ten")
    number = invoice(books, customer(books), line(books, "1000"))
    for day in range(1, 13):
        pay(books, number, "1", PayDate=at(2026, 11, day))
    period = {"StartDate": at(2026, 11, 1), "EndDate": at(2026, 11, 12)}

    pages = [ask(books, "GetInvoicePaymentsByDateRange", PageNumber=page, **period) for page in (1, 2, 3)]

    assert [len(page) for page in pages] == [10, 2, 0]
    assert ask(books, "GetInvoicePaymentsCountforDateRange", **period) == 12


def test_a_payment_of_an_unknown_invoice_or_of_nothing_is_refused():
    books = opened()
    number = invoice(books, customer(books), line(books))

    with pytest.raises(Refusal, match="no invoice"):
        pay(books, 7, "1")
    with pytest.raises(Refusal, match="no amount"):
        pay(books, number, "0")
    with pytest.raises(Refusal):
        call(books, "InsertInvoicePayment", InvoicePayment=None)
    assert payment_members(books, number, "1")["PayInvoice"] == number
