from decimal import Decimal

import pytest
from books_calls import ask, at, balance, call, customer, invoice, line, opened
from books_calls import pay as pay_invoice
from books_costs import bank_row
from books_receipts import new_supplier, pay, payment_members, read, receipt

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal

CREDITORS, BANK = 2100, 1200


def bill(books, supplier_id, rate="100"):
    return receipt(books, supplier_id, line(books, rate, nominal=5000))


def paid_on_account(books, supplier_id, amount):
    return bank_row(books, CREDITORS, paid=amount, supplier=supplier_id).id


def owed_to_suppliers(books):
    return sum(row["Balance"] for row in ask(books, "GetAgedCreditors", AgedCreditorsDate=at(2026, 11, 22)))


def test_a_payment_moves_money_from_the_bank_to_the_creditors():
    books = opened()
    number = bill(books, new_supplier(books))

    key = pay(books, number, "70", PayNote="first")

    assert (balance(books, BANK), balance(books, CREDITORS)) == (Decimal(-70), Decimal(-50))
    (shown,) = ask(books, "GetReceiptPayment", ReceiptNumber=number)
    assert (shown["PayID"], shown["PayInvoice"], shown["PayNote"]) == (key, number, "first")
    assert (read(books, number)["Paid"], read(books, number)["AmountPaid"]) == (0, 70)


def test_a_payment_is_deleted_by_its_own_id_alone():
    books = opened()
    number = bill(books, new_supplier(books))
    key = pay(books, number, "120")

    assert ask(books, "DeleteReceiptPayment", ReceiptPaymentNumber=key) == 1

    assert (balance(books, BANK), read(books, number)["AmountPaid"]) == (0, 0)
    with pytest.raises(Refusal, match="no receipt payment"):
        call(books, "DeleteReceiptPayment", ReceiptPaymentNumber=key)


def test_the_id_of_an_invoices_payment_is_no_receipt_payments():
    books, lenient = opened(), opened("delete_unknown=accept")
    key = pay_invoice(books, invoice(books, customer(books), line(books)), "12")

    with pytest.raises(Refusal, match="no receipt payment"):
        call(books, "DeleteReceiptPayment", ReceiptPaymentNumber=key)

    assert balance(books, BANK) == Decimal(12)
    assert ask(lenient, "DeleteReceiptPayment", ReceiptPaymentNumber=7) == 0


def test_a_method_of_invoices_is_none_of_purchases():
    """KashFlow keeps two lists of methods."""
    books = opened()
    number = bill(books, new_supplier(books))
    methods = {row["MethodID"] for row in ask(books, "GetRecPayMethods")}
    foreign = next(row["MethodID"] for row in ask(books, "GetInvPayMethods") if row["MethodID"] not in methods)

    with pytest.raises(Refusal, match="no payment method"):
        pay(books, number, "5", PayMethod=foreign)
    with pytest.raises(Refusal, match="no receipt"):
        pay(books, 7, "5")
    assert payment_members(books, number, "5")["PayMethod"] in methods


def test_an_overpaid_purchase_is_listed_as_such_unless_the_switch_refuses_it():
    books, strict = opened(), opened("overpayment=refuse")
    number, other = (bill(each, new_supplier(each)) for each in (books, strict))

    pay(books, number, "130")
    with pytest.raises(Refusal, match="more than"):
        pay(strict, other, "120.01")

    overpaid = ask(books, "GetReceiptsWithPaging", Page=1, PerPage=10, FilterBy="Overpaid")
    assert [row["InvoiceNumber"] for row in overpaid] == [number]
    assert balance(books, CREDITORS) == Decimal(10)


def test_a_paid_purchase_is_deleted_with_its_payments_only_by_the_switch():
    books, lenient = opened(), opened("delete_paid_document=accept")
    for each in (books, lenient):
        pay(each, bill(each, new_supplier(each)), "120")

    with pytest.raises(Refusal, match="payments"):
        call(books, "DeleteReceipt", ReceiptNumber=1001)
    call(lenient, "DeleteReceipt", ReceiptNumber=1001)

    assert lenient.trial_balance() == []


def test_money_on_account_settles_a_purchase_and_nothing_moves_in_the_ledger():
    books = opened()
    mills = new_supplier(books)
    row, number = paid_on_account(books, mills, "120"), bill(books, mills)
    before = books.trial_balance()

    key = ask(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=number, BankTxId=row)

    assert books.trial_balance() == before
    assert (read(books, number)["Paid"], read(books, number)["AmountPaid"]) == (1, 120)
    assert [shown["PayID"] for shown in ask(books, "GetReceiptPayment", ReceiptNumber=number)] == [key]
    assert owed_to_suppliers(books) == -balance(books, CREDITORS) == 0
    with pytest.raises(Refusal, match="advance payment"):
        call(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=bill(books, mills), BankTxId=row)


@pytest.mark.parametrize(("setting", "paid", "left"), [("rest_stays", 120, 80), ("overpays", 200, 0)])
def test_what_is_above_the_debt_stays_on_account_or_overpays_by_the_switch(setting, paid, left):
    books = opened(f"advance_above_due={setting}")
    mills = new_supplier(books)
    row, number = paid_on_account(books, mills, "200"), bill(books, mills)

    call(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=number, BankTxId=row)

    (kept,) = books.state()["bank_transactions"]
    assert read(books, number)["AmountPaid"] == paid
    assert Decimal(kept["money_out"]) - Decimal(kept["allocated"]) == left
    assert owed_to_suppliers(books) == -balance(books, CREDITORS) == -80


def test_deleting_the_payment_or_the_purchase_gives_the_money_on_account_back():
    books = opened("delete_paid_document=accept")
    mills = new_supplier(books)
    row, number = paid_on_account(books, mills, "50"), bill(books, mills)
    allocated = {"ReceiptNumber": number, "BankTxId": row}

    key = ask(books, "AllocateAdvancePaymentToReceipt", **allocated)
    call(books, "DeleteReceiptPayment", ReceiptPaymentNumber=key)
    call(books, "AllocateAdvancePaymentToReceipt", **allocated)
    call(books, "DeleteReceipt", ReceiptNumber=number)

    assert (balance(books, BANK), balance(books, CREDITORS)) == (Decimal(-50), Decimal(50))
    assert books.state()["bank_transactions"][0]["allocated"] == "0.00"
    assert owed_to_suppliers(books) == -50


def test_money_of_another_supplier_or_of_no_account_is_refused():
    books = opened()
    mills, dyers = new_supplier(books), new_supplier(books, "Dyers")
    number = bill(books, mills)

    for row in (paid_on_account(books, dyers, "10"), bank_row(books, 7100, paid="10", supplier=mills).id, 7):
        with pytest.raises(Refusal, match="no advance payment"):
            call(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=number, BankTxId=row)
    with pytest.raises(Refusal, match="no receipt"):
        call(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=7, BankTxId=7)


def test_what_the_allocation_answers_is_a_switch_and_it_survives_the_process():
    books = opened("allocate_result=one")
    mills = new_supplier(books)
    row, number = paid_on_account(books, mills, "50"), bill(books, mills)

    assert ask(books, "AllocateAdvancePaymentToReceipt", ReceiptNumber=number, BankTxId=row) == 1

    again = Books.load(books.dump(), books.switches)
    assert again.state() == books.state()
    assert again.state()["purchases"][0]["payments"][0]["advance"] == row
