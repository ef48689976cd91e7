"""Bank accounts and transactions written by calls, and money on account set against invoices."""

from decimal import Decimal

import pytest
from books_calls import ask, at, balance, call, customer, invoice, line, nominal_id, opened, read

from kf_mcp.simulator.operations import Refusal


def accounts(books):
    return {row["AccountCode"]: row["AccountID"] for row in ask(books, "GetBankAccounts")}


def members(books, code, **changed):
    return {
        "accid": accounts(books)[1200],
        "TransactionDate": at(2026, 11, 12, 13, 30),
        "moneyin": Decimal(0),
        "moneyout": Decimal(0),
        "TransactionType": nominal_id(books, code),
        "Comment": "Charges",
        **changed,
    }


def transaction(books, code, **changed):
    """The id of a new bank transaction."""
    return ask(books, "InsertBankTransaction", bp=members(books, code, **changed))


def rows(books, code=1200):
    return ask(books, "GetBankTransactions", AccountID=accounts(books)[code])


def test_money_out_is_listed_as_it_was_sent_and_moves_the_bank_and_its_nominal():
    books = opened()

    key = transaction(books, 7900, moneyout=Decimal("12.50"), ProjectID=4)

    (row,) = rows(books)
    assert (row["ID"], row["moneyin"], row["moneyout"]) == (key, 0, Decimal("12.50"))
    assert (row["TransactionDate"], row["Comment"], row["ProjectID"]) == (at(2026, 11, 12), "Charges", 4)
    assert row["TransactionType"] == nominal_id(books, 7900)
    assert (balance(books, 1200), balance(books, 7900)) == (Decimal("-12.50"), Decimal("12.50"))


@pytest.mark.parametrize(("setting", "net"), [("gross", Decimal(100)), ("net", Decimal(120))])
def test_vat_of_a_bank_transaction_is_inside_its_amount_or_comes_on_top_by_the_switch(setting, net):
    books = opened(f"bank_amounts={setting}")

    transaction(books, 7050, moneyout=Decimal(120), Vatable=1, VatRate=Decimal(20), VatAmount=Decimal(20))

    (row,) = rows(books)
    assert (row["moneyout"], row["VatAmount"], row["Vatable"]) == (120, 20, 1)
    assert (balance(books, 7050), balance(books, 2201), balance(books, 1200)) == (net, 20, -(net + 20))


def test_vat_that_was_sent_wrong_stays_or_is_worked_out_by_the_switch():
    vat = {"Vatable": 1, "VatRate": Decimal(20), "VatAmount": Decimal(1)}
    kept, worked_out = opened(), opened("vat_amount=recompute")
    for books in (kept, worked_out):
        transaction(books, 7050, moneyout=Decimal(120), **vat)

    assert [rows(books)[0]["VatAmount"] for books in (kept, worked_out)] == [1, 20]


def test_a_changed_transaction_is_blank_where_nothing_was_sent_and_a_deleted_one_leaves_nothing():
    books = opened()
    key = transaction(books, 7900, moneyout=Decimal("12.50"), ProjectID=4)

    changed = members(books, 4900, moneyin=Decimal(3), Comment=None)
    assert ask(books, "UpdateBankTransaction", bp={**changed, "ID": 99}, TransactionID=key) == 1

    (row,) = rows(books)
    assert (row["ID"], row["moneyin"], row["moneyout"], row["Comment"], row["ProjectID"]) == (key, 3, 0, "", 0)
    assert (balance(books, 7900), balance(books, 4900), balance(books, 1200)) == (0, -3, 3)
    assert ask(books, "DeleteBankTransaction", TransactionID=key) == 1
    assert books.trial_balance() == []
    with pytest.raises(Refusal, match="no bank transaction"):
        call(books, "DeleteBankTransaction", TransactionID=key)
    with pytest.raises(Refusal, match="no bank transaction"):
        call(books, "UpdateBankTransaction", bp=changed, TransactionID=key)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"moneyin": Decimal(0)}, "either money in or money out"),
        ({"moneyout": Decimal(5)}, "either money in or money out"),
        ({"accid": 3}, "no bank account"),
        ({"accid": 1200}, "no bank account"),
        ({"TransactionType": 3}, "does not exist"),
        ({"TransactionDate": None}, "no date"),
        ({"CustomerId": 3}, "no customer"),
        ({"SupplierId": 3}, "no supplier"),
    ],
)
def test_what_cannot_be_entered_in_the_bank_is_refused(changed, words):
    books = opened()

    with pytest.raises(Refusal, match=words):
        transaction(books, 7900, **{"moneyin": Decimal(5), **changed})

    assert books.state()["bank_transactions"] == []


def test_more_that_the_bank_refuses_by_its_switches():
    below = {"moneyout": Decimal(-5)}
    with pytest.raises(Refusal, match="negative"):
        transaction(opened("negative_payment=refuse"), 7900, **below)
    books = opened("wrong_nominal_area=refuse", "unknown_nominal=accept", "advance_without_party=accept")
    with pytest.raises(Refusal, match="not a bank transaction type"):
        transaction(books, 7100, **below)

    transaction(books, 7900, **below)
    transaction(books, 7900, **below, TransactionType=3)
    transaction(books, 1100, moneyin=Decimal(7))

    assert (balance(books, 7900), balance(books, 0), balance(books, 1100)) == (-5, -5, -7)
    with pytest.raises(Refusal, match="names no"):
        transaction(opened(), 1100, moneyin=Decimal(7))


def test_a_new_bank_account_stands_on_the_nominal_of_its_code():
    books = opened()

    key = ask(books, "CreateBankAccount", AccountName="Savings", NominalCode=1210)

    assert accounts(books)[1210] == key
    transaction(books, 4900, accid=key, moneyin=Decimal(5))
    assert balance(books, 1210) == 5
    for name, code in (("", 1220), ("Again", 1210), ("Control", 1100), ("Nowhere", 9999)):
        with pytest.raises(Refusal):
            call(books, "CreateBankAccount", AccountName=name, NominalCode=code)


def test_the_nominal_of_a_new_bank_account_is_made_by_the_switch():
    books = opened("bank_account_code=create")

    call(books, "CreateBankAccount", AccountName="Savings", NominalCode=1290)

    assert 1290 in accounts(books)
    made = next(row for row in books.state()["nominals"] if row["code"] == 1290)
    assert (made["name"], made["type"]) == ("Savings", 5)


def test_a_transfer_stands_in_both_accounts_under_one_id_with_in_and_out_swapped():
    books = opened()
    reserve = ask(books, "CreateBankAccount", AccountName="Savings", NominalCode=1210)

    key = transaction(books, 1210, moneyout=Decimal(40), Comment="Put by")

    (here,), (there,) = rows(books), rows(books, 1210)
    assert here["ID"] == there["ID"] == key
    assert (here["moneyout"], there["moneyin"], there["moneyout"]) == (40, 40, 0)
    assert (here["TransactionType"], there["TransactionType"]) == (nominal_id(books, 1210), nominal_id(books, 1200))
    assert (there["accid"], balance(books, 1200), balance(books, 1210)) == (reserve, -40, 40)

    call(books, "UpdateBankTransaction", bp={**there, "moneyin": Decimal(30)}, TransactionID=key)
    assert (rows(books)[0]["moneyout"], balance(books, 1200), balance(books, 1210)) == (30, -30, 30)
    call(books, "DeleteBankTransaction", TransactionID=key)
    assert rows(books) == rows(books, 1210) == []
    assert books.trial_balance() == []


def test_a_transfer_without_a_type_stays_one_when_it_is_written_anew():
    books = opened(world="demo")
    transfer = next(row for row in books.state()["bank_transactions"] if row["other_account"])
    shown = next(
        row
        for row in ask(books, "GetBankTransactions", AccountID=transfer["other_account"])
        if row["ID"] == transfer["id"]
    )

    call(books, "UpdateBankTransaction", bp={**shown, "Comment": "Changed"}, TransactionID=transfer["id"])

    after = next(row for row in books.state()["bank_transactions"] if row["id"] == transfer["id"])
    assert {after["account"], after["other_account"]} == {transfer["account"], transfer["other_account"]}
    assert (after["money_in"], after["comment"]) == (transfer["money_out"], "Changed")


def test_transfers_are_refused_by_the_switch_and_never_carry_vat():
    for settings, vat, words in (
        (("bank_to_bank=refuse",), {}, "another bank account"),
        ((), {"Vatable": 1, "VatRate": Decimal(20), "VatAmount": Decimal(1)}, "VAT"),
        ((), {"TransactionType": None}, "does not exist"),
    ):
        books = opened(*settings)
        call(books, "CreateBankAccount", AccountName="Savings", NominalCode=1210)
        with pytest.raises(Refusal, match=words):
            transaction(books, 1210, **{"moneyout": Decimal(6), **vat})
    with pytest.raises(Refusal, match="itself"):
        transaction(opened(), 1200, moneyout=Decimal(6))


def _advance(books, amount="100"):
    hatter = customer(books)
    return hatter, transaction(books, 1100, moneyin=Decimal(amount), CustomerId=hatter, Comment="Deposit")


def _left(books, hatter):
    return [row["ID"] for row in ask(books, "GetCustomerAdvancePayments", CustomerId=hatter)]


def test_money_on_account_pays_an_invoice_without_moving_in_the_ledger():
    books = opened()
    hatter, key = _advance(books)
    number = invoice(books, hatter, line(books, "50"))
    before = books.trial_balance()

    paid = ask(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=number, BankTxId=key)

    assert (read(books, number)["AmountPaid"], read(books, number)["Paid"]) == (60, 1)
    assert [row["PayID"] for row in ask(books, "GetInvoicePayment", InvoiceNumber=number)] == [paid]
    assert books.trial_balance() == before
    assert _left(books, hatter) == [key]
    assert books.state()["bank_transactions"][0]["allocated"] == "60.00"


def test_allocated_money_is_free_again_when_its_payment_goes():
    books = opened()
    hatter, key = _advance(books, "60")
    number = invoice(books, hatter, line(books, "50"))
    paid = ask(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=number, BankTxId=key)
    assert _left(books, hatter) == []

    call(books, "DeleteInvoicePayment", InvoiceNumber=number, InvoicePaymentNumber=paid)

    assert _left(books, hatter) == [key]
    assert read(books, number)["AmountPaid"] == 0


def test_an_allocated_transaction_can_be_neither_changed_nor_deleted_but_its_comment_can():
    books = opened()
    hatter, key = _advance(books)
    number = invoice(books, hatter, line(books, "50"))
    call(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=number, BankTxId=key)
    sent = members(books, 1100, moneyin=Decimal(100), CustomerId=hatter, Comment="Deposit, corrected")

    call(books, "UpdateBankTransaction", bp=sent, TransactionID=key)
    assert rows(books)[0]["Comment"] == "Deposit, corrected"
    with pytest.raises(Refusal, match="allocated"):
        call(books, "UpdateBankTransaction", bp={**sent, "moneyin": Decimal(1)}, TransactionID=key)
    with pytest.raises(Refusal, match="allocated"):
        call(books, "DeleteBankTransaction", TransactionID=key)


def test_an_allocated_transaction_is_deleted_with_its_payments_by_the_switch():
    books = opened("delete_paid_document=accept")
    hatter, key = _advance(books)
    number = invoice(books, hatter, line(books, "50"))
    call(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=number, BankTxId=key)

    call(books, "DeleteBankTransaction", TransactionID=key)

    assert read(books, number)["AmountPaid"] == 0
    assert (balance(books, 1100), balance(books, 1200)) == (60, 0)


def test_money_on_account_of_one_customer_does_not_pay_the_invoice_of_another():
    books = opened()
    _, key = _advance(books)
    number = invoice(books, customer(books, Name="March Hare"), line(books))

    with pytest.raises(Refusal, match="no advance payment"):
        call(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=number, BankTxId=key)
    with pytest.raises(Refusal, match="no invoice"):
        call(books, "AllocateAdvancePaymentToInvoice", InvoiceNumber=3, BankTxId=key)


def test_the_bank_is_not_written_in_a_locked_period():
    books = opened("locked_periods=refuse", world="demo")
    filed = next(row for row in books.vat_returns)
    held = next(row for row in books.bank_rows if filed.start <= row.date <= filed.end)
    dated = at(filed.end.year, filed.end.month, filed.end.day)

    with pytest.raises(Refusal, match="locked"):
        transaction(books, 7900, moneyout=Decimal(1), TransactionDate=dated)
    with pytest.raises(Refusal, match="locked"):
        call(books, "DeleteBankTransaction", TransactionID=held.id)
    with pytest.raises(Refusal, match="locked"):
        call(books, "UpdateBankTransaction", bp=members(books, 7900, moneyin=Decimal(1)), TransactionID=held.id)
