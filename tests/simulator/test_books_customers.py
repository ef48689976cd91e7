from datetime import timedelta
from decimal import Decimal

import pytest
from books_calls import ask, at, call, customer, invoice, line, opened, pay

from kf_mcp.simulator.operations import Refusal


def test_a_code_is_made_of_four_letters_and_two_digits():
    """Codes such as STEV01 in Zynk's recorded objects."""
    books = opened()

    keys = [customer(books, Name=name) for name in ("Stevens Ltd", "Stevenson", "Élan", "7")]

    codes = [ask(books, "GetCustomerByID", CustomerID=key)["Code"] for key in keys]
    assert codes == ["STEV01", "STEV02", "ELAN01", "X01"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("hatt01", "Customer Code is not unique"),
        (
            "a.b@c",
            "The customer code specified is invalid, please re-enter without any special characters.",
        ),
    ],
)
def test_a_bad_code_is_refused_in_kashflows_words(code, sentence):
    """Seen by aypex-io/spree-kashflow on a live account."""
    books = opened()
    customer(books)

    with pytest.raises(Refusal) as refused:
        customer(books, Code=code)

    assert str(refused.value) == sentence


def test_an_update_is_found_by_id_and_blanks_what_was_not_sent():
    books = opened()
    key = customer(books, Telephone="0117 496 0001", Notes="x", PaymentTerms=14)

    call(books, "UpdateCustomer", custr={"CustomerID": key, "Code": "HATT01", "Name": "Hatter Ltd"})

    found = ask(books, "GetCustomer", CustomerCode="HATT01")
    assert (found["Name"], found["Telephone"], found["PaymentTerms"]) == ("Hatter Ltd", "", 0)
    with pytest.raises(Refusal, match="no customer"):
        call(books, "UpdateCustomer", custr={"CustomerID": 1, "Name": "Nobody"})


@pytest.mark.parametrize("suffix", ["", "2"])
def test_one_customer_is_found_in_five_ways(suffix):
    books = opened()
    key = customer(books, Email="a@hats.example; b@hats.example", Postcode="BS1 1AA", ExtraText3="Job 9")

    found = [
        ask(books, f"GetCustomer{suffix}", CustomerCode="hatt01"),
        ask(books, f"GetCustomerByID{suffix}", **{"Customer2ID" if suffix else "CustomerID": key}),
        ask(books, f"GetCustomerByEmail{suffix}", CustomerEmail="B@hats.example"),
        ask(books, f"SearchCustomerByCustText{suffix}", SearchVal="job 9"),
        *ask(books, f"GetCustomersByPostcode{suffix}", Postcode="bs11aa"),
        *ask(books, f"GetCustomers{suffix}"),
    ]

    assert [row["CustomerID"] for row in found] == [key] * 6


def test_an_unknown_customer_in_both_shapes():
    with pytest.raises(Refusal, match="no customer"):
        ask(opened(), "GetCustomer", CustomerCode="NOBODY")
    assert ask(opened("not_found_customer=blank"), "GetCustomer", CustomerCode="NOBODY") == {}


def test_switches_decide_between_customers_and_texts():
    books, other = opened(), opened("shared_email=last", "custom_text_match=partial", "update_customer_text=code")
    for each in (books, other):
        for name in ("One", "Two"):
            customer(each, Name=name, Email="a@hats.example", ExtraText1=f"folder {name}")

    found = [ask(each, "GetCustomerByEmail", CustomerEmail="a@hats.example")["Name"] for each in (books, other)]

    assert found == ["One", "Two"]
    assert ask(other, "SearchCustomerByCustText", SearchVal="der tw")["Name"] == "Two"
    members = ask(other, "GetCustomer", CustomerCode="ONE01")
    assert ask(other, "UpdateCustomer", custr=members) == "ONE01"


def test_an_address_that_nobody_has_finds_nobody():
    with pytest.raises(Refusal, match="no customer"):
        ask(opened(), "GetCustomerByEmail", CustomerEmail="nobody@hats.example")


def test_modified_since_sees_new_and_changed_customers():
    books = opened()
    customer(books)
    moment = books.now()

    assert len(ask(books, "GetCustomersModifiedSince", ModifiedSince=moment - timedelta(minutes=1))) == 1
    assert ask(books, "GetCustomersModifiedSince2", ModifiedSince=moment + timedelta(minutes=1)) == []


def test_both_shapes_agree_where_a_customer_trades():
    """The four words of TradeBorderType stand in the service description; that the shapes agree is our choice."""
    books = opened()
    older, newer = (
        customer(books, EC=1, OutsideEC=0),
        ask(books, "InsertCustomer2", Customer2={"Name": "Far Away Inc", "TradeBorderType": "ROW"}),
    )

    first = ask(books, "GetCustomerByID2", Customer2ID=older)
    second = ask(books, "GetCustomerByID", CustomerID=newer)
    assert (first["TradeBorderType"], second["EC"], second["OutsideEC"]) == ("EC", 0, 1)


def test_a_customer_with_invoices_is_not_deleted():
    books, lenient = opened(), opened("delete_customer_in_use=accept")
    for each in (books, lenient):
        invoice(each, customer(each), line(each))
    free = customer(books)

    with pytest.raises(Refusal, match="cannot be deleted"):
        call(books, "DeleteCustomer", CustomerID=ask(books, "GetCustomer", CustomerCode="HATT01")["CustomerID"])
    call(books, "DeleteCustomer", CustomerID=free)
    call(lenient, "DeleteCustomer", CustomerID=ask(lenient, "GetCustomer", CustomerCode="HATT01")["CustomerID"])

    assert [len(each.state()["customers"]) for each in (books, lenient)] == [1, 0]
    assert ask(lenient, "GetInvoice", InvoiceNumber=1001)["Customer"] == ""
    assert ask(opened("delete_unknown=accept"), "DeleteCustomer", CustomerID=5) == 0


def test_the_balance_counts_what_was_paid_and_what_is_owed_up_to_today():
    books = opened()
    key = customer(books)
    number = invoice(books, key, line(books, "100"))
    invoice(books, key, line(books, "50"), InvoiceDate=at(2026, 12, 1))

    pay(books, number, "45")

    found = ask(books, "GetCustomerBalance", CustomerCode="HATT01")
    assert (found["Value"], found["Balance"]) == (Decimal(45), Decimal(75))


def test_vat_number_currency_sources_and_advance_payments():
    books = opened(world="demo")
    customer(books, Name="Wholly New")

    ask(books, "SetCustomerVATNumber", CustVATNumber="GB001234057", CustomerCode="WHOL01")
    ask(books, "SetCustomerCurrency", CurrencyCode="EUR", CustomerCode="WHOL01")

    assert ask(books, "GetCustomerVATNumber", CustomerCode="WHOL01") == "GB001234057"
    assert ask(books, "GetCustomerCurrency", CustomerCode="WHOL01") == "EUR"
    assert len(ask(books, "GetCustomerSources")) == 3
    assert ask(books, "GetCustomerAdvancePayments", CustomerId=1) == []
    with pytest.raises(Refusal, match="not enabled"):
        ask(books, "SetCustomerCurrency", CurrencyCode="XXX", CustomerCode="WHOL01")


def test_a_customer_without_a_name_is_refused_unless_the_switch_accepts():
    with pytest.raises(Refusal, match="no name"):
        customer(opened(), Name="")
    assert customer(opened("blank_name=accept"), Name="")
