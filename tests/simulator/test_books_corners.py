"""The rarer branches: what is refused, what is empty, what a switch turns round."""

import pytest
from books_calls import ask, at, balance, call, customer, invoice, invoice_members, line, nominal_id, opened, pay, read

from kf_mcp.simulator.operations import Refusal


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("GetBankBalance", {"AccountID": 9, "BalanceDate": at(2026, 1, 1)}),
        ("GetInvoiceNotes", None),
        ("GetReceiptsWithPaging", {"FilterBy": "Sometimes"}),
        ("GetReceipt", {"ReceiptNumber": 99_999}),
        ("GetSupplierVATNumber", {"SupplierCode": "NOBODY"}),
        ("PrintInvoice", {"InvoiceNumber": 0, "InvoiceNumberList": ""}),
        ("EmailInvoice", {"InvoiceNumber": 1001, "RecipientEmail": " "}),
        ("GetVATReport", {"StartDate": at(2026, 2, 1), "EndDate": at(2026, 1, 1)}),
        ("DeleteCustomer", {"CustomerID": 3}),
        ("DeleteInvoice", {"InvoiceNumber": 99_999}),
        ("DeleteInvoiceLine", {"InvoiceNumber": 1001, "LineID": 3}),
        ("DeleteInvoicePayment", {"InvoiceNumber": 1001, "InvoicePaymentNumber": 3}),
        ("UpdateCustomer", {"custr": {"CustomerID": 3, "Name": "x"}}),
        ("InsertNominalCode", {"code": 4000, "name": "Again"}),
        ("InsertNominalCode", {"code": 4001, "name": "", "classification": 9}),
        ("InsertInvoiceNote", {"InvoiceId": 3}),
    ],
)
def test_what_cannot_be_done_is_refused_or_empty_and_changes_nothing(operation, given):
    books = opened(world="demo")
    before = books.dump()

    if given is None:
        assert ask(books, operation, InvoiceId=3) == []
    else:
        with pytest.raises(Refusal):
            call(books, operation, **given)

    assert books.dump() == before


def test_deleting_what_is_not_there_is_answered_with_0_by_the_switch():
    books = opened("delete_unknown=accept")
    number = invoice(books, customer(books), line(books))

    assert ask(books, "DeleteInvoiceByID", InvoiceID=3) == 0
    assert ask(books, "DeleteInvoiceLine", InvoiceNumber=number, LineID=3) == 0
    assert ask(books, "DeleteInvoicePayment", InvoiceNumber=number, InvoicePaymentNumber=3) is None


def test_a_changed_customer_needs_a_name_and_a_code_of_its_own():
    books = opened()
    key = customer(books)
    customer(books, Name="Other", Code="OTHER1")

    with pytest.raises(Refusal, match="no name"):
        call(books, "UpdateCustomer", custr={"CustomerID": key})
    with pytest.raises(Refusal, match="not unique"):
        call(books, "UpdateCustomer2", Customer2={"CustomerID": key, "Name": "Hatter", "Code": "OTHER1"})
    call(books, "UpdateCustomer2", Customer2={"CustomerID": key, "Name": "Hatter", "Code": "HATT01"})

    with pytest.raises(Refusal, match="no customer"):
        ask(books, "SearchCustomerByCustText", SearchVal=" ")


def test_typed_writes_do_what_the_others_do():
    books = opened()
    hatter = customer(books)

    number = ask(books, "InsertInvoice_TypeDefined", Inv_TD=invoice_members(hatter, line(books)))
    changed = invoice_members(hatter, line(books, "3"), InvoiceNumber=number)
    call(books, "UpdateInvoice_TypeDefined", InvTD=changed)

    assert read(books, number)["NetAmount"] == 3
    with pytest.raises(Refusal, match="no invoice"):
        call(books, "UpdateInvoiceHeader", Inv=changed)


def test_documents_by_their_other_switches():
    books = opened("missing_lines=refuse", "missing_due_date=terms", "wrong_nominal_area=refuse")
    hatter = customer(books)

    number = invoice(books, hatter, line(books))

    assert read(books, number)["DueDate"] == at(2026, 12, 3)
    with pytest.raises(Refusal, match="no lines"):
        invoice(books, hatter)
    with pytest.raises(Refusal, match="not a sales type"):
        invoice(books, hatter, line(books, nominal=7100))


def test_an_unknown_nominal_may_be_posted_to_other():
    books = opened("unknown_nominal=accept")

    invoice(books, customer(books), line(books, ChargeType=99))

    assert balance(books, 0) == -10


def test_half_a_penny_is_rounded_by_the_switch():
    """0.125 is 0.13 half up and 0.12 half even."""
    nets = []
    for setting in ("half_up", "half_even"):
        books = opened(f"line_rounding={setting}")
        number = invoice(books, customer(books), line(books, "0.125", vat="0"))
        nets.append(str(read(books, number)["NetAmount"]))

    assert nets == ["0.1300", "0.1200"]


def test_taking_one_half_of_an_applied_credit_note_away_takes_the_other():
    books = opened("delete_paid_document=accept")
    hatter = customer(books)
    number, credit = invoice(books, hatter, line(books)), invoice(books, hatter, line(books, "-5", vat="-1"))
    keys = [read(books, each)["InvoiceDBID"] for each in (number, credit)]
    call(books, "applyCreditNoteToInvoice", InvoiceID=keys[0], CreditNoteID=keys[1])
    half = ask(books, "GetInvoicePayment", InvoiceNumber=number)[0]["PayID"]

    call(books, "DeleteInvoicePayment", InvoiceNumber=number, InvoicePaymentNumber=half)
    assert [read(books, each)["AmountPaid"] for each in (number, credit)] == [0, 0]

    call(books, "applyCreditNoteToInvoice", InvoiceID=keys[0], CreditNoteID=keys[1])
    call(books, "DeleteInvoice", InvoiceNumber=credit)
    assert read(books, number)["AmountPaid"] == 0


def test_a_foreign_invoice_is_paid_in_full_in_its_own_currency():
    books = opened("foreign_payments=document", world="demo")
    number = invoice(books, customer(books), line(books, "100", vat_rate="0", ValuesInCurrency=1), CurrencyCode="USD")

    pay(books, number, "100")

    assert (read(books, number)["Paid"], read(books, number)["AmountPaid"]) == (1, 100)


def test_a_new_nominal_can_be_sold_on():
    books = opened()

    key = ask(books, "InsertNominalCode", name="Hats", code=4001, classification=1, nomtype=1)
    number = invoice(books, customer(books), line(books, nominal=4001))

    assert (nominal_id(books, 4001), balance(books, 4001)) == (key, -10)
    assert read(books, number)["Lines"][0].members["ChargeType"] == key


def test_unknown_suppliers_and_purchases_in_both_shapes():
    blank = opened("not_found_document=blank")
    strict = opened("not_found_supplier=refuse")

    assert ask(blank, "GetSupplier", SupplierCode="X") == {}
    assert ask(blank, "GetReceipt2", ReceiptNumber=1) == {}
    with pytest.raises(Refusal, match="no supplier"):
        ask(strict, "GetSupplierByID2", SupplierID=1)


def test_nothing_of_an_empty_company_is_owed():
    books = opened()

    assert ask(books, "GetAgedDebtors", AgedDebtorsDate=at(2026, 11, 1)) == []
    customer(books)
    number = invoice(books, ask(books, "GetCustomers")[0]["CustomerID"], line(books), InvoiceDate=at(2026, 12, 1))
    assert ask(books, "GetAgedDebtors", AgedDebtorsDate=at(2026, 11, 1)) == []
    assert number == 1001
