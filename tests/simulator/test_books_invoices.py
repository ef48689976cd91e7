from decimal import Decimal

import pytest
from books_calls import (
    ISSUED,
    ask,
    assert_balanced,
    at,
    balance,
    call,
    customer,
    invoice,
    invoice_members,
    line,
    opened,
    pay,
    read,
)

from kf_mcp.simulator.operations import Refusal


def lines_of(books, number):
    return [row.members for row in read(books, number)["Lines"]]


def test_the_answer_of_an_insert_is_the_number_and_numbers_count_up():
    """KashFlow's manual, InsertInvoice: the highest number and one."""
    books = opened()
    hatter = customer(books)

    numbers = [invoice(books, hatter, line(books)) for _ in range(3)]

    assert numbers == [1001, 1002, 1003]
    assert read(books, 1002)["InvoiceDBID"] > 72_000_000


def test_dates_lose_their_time_and_amounts_have_four_places():
    """Zynk's recorded objects: 10.82 at 20% has a VAT of 2.1600."""
    books = opened()

    number = invoice(books, customer(books), line(books, "10.82", vat="2.16"), DueDate=at(2026, 12, 3, 9))

    found = read(books, number)
    assert (found["InvoiceDate"], found["DueDate"]) == (at(2026, 11, 3), at(2026, 12, 3))
    assert [str(found[name]) for name in ("NetAmount", "VATAmount", "AmountPaid")] == ["10.8200", "2.1600", "0.0000"]
    assert str(found["Lines"][0].members["VatAmount"]) == "2.1600"


def test_an_invoice_is_posted_to_its_nominals_the_vat_and_the_debtors():
    books = opened()

    invoice(books, customer(books), line(books, "100"), line(books, "7.50", quantity="4", vat_rate="0", nominal=4020))

    assert balance(books, 4000) == Decimal("-100.00")
    assert balance(books, 4020) == Decimal("-30.00")
    assert balance(books, 2200) == Decimal("-20.00")
    assert balance(books, 1100) == Decimal("150.00")


def test_what_kashflow_works_out_itself_is_ignored_when_sent():
    books = opened()

    number = invoice(books, customer(books), line(books), Paid=1, NetAmount=Decimal(9), AmountPaid=Decimal(12))

    found = read(books, number)
    assert (found["Paid"], found["NetAmount"], found["AmountPaid"]) == (0, Decimal(10), 0)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"CustomerID": 0}, "There is no customer"),
        ({"CustomerID": 4711}, "There is no customer"),
        ({"InvoiceDate": at(1, 1, 1)}, "has no date"),
        ({"CurrencyCode": "EUR"}, "is not enabled"),
    ],
)
def test_a_refused_invoice_changes_nothing(members, sentence):
    books = opened()
    hatter = customer(books)
    before = books.dump()

    with pytest.raises(Refusal, match=sentence):
        invoice(books, hatter, line(books), **members)

    assert books.dump() == before


def test_an_unknown_nominal_is_refused_and_0_is_other():
    books = opened()
    hatter = customer(books)

    with pytest.raises(Refusal, match="charge type"):
        invoice(books, hatter, line(books, ChargeType=99))
    number = invoice(books, hatter, line(books, nominal=0))

    assert balance(books, 0) == Decimal("-10.00")
    assert lines_of(books, number)[0]["ChargeType"] == 0


def test_an_invoice_without_lines_exists():
    """A .NET server that is sent its lines in the wrong wrapper enters an invoice without any."""
    books = opened()

    number = invoice(books, customer(books))

    assert read(books, number)["Lines"] == []


def test_an_update_replaces_the_lines_and_keeps_the_payments():
    """KashFlow's service description: delete all line items and insert line items provided."""
    books = opened()
    hatter = customer(books)
    number = invoice(books, hatter, line(books, "100"))
    pay(books, number, "50")
    (before,) = lines_of(books, number)

    changed = invoice_members(hatter, line(books, "200"), InvoiceNumber=number, CustomerReference="PO 7")
    call(books, "UpdateInvoice", Inv=changed)

    (after,) = lines_of(books, number)
    assert (after["Rate"], after["LineID"] != before["LineID"]) == (Decimal(200), True)
    assert read(books, number)["AmountPaid"] == Decimal(50)
    assert balance(books, 1100) == Decimal("190.00")


def test_an_update_can_give_an_invoice_to_another_customer():
    books = opened()
    hatter, other = customer(books), customer(books, Name="March Hare")
    number = invoice(books, hatter, line(books))

    call(books, "UpdateInvoice", Inv=invoice_members(other, line(books), InvoiceNumber=number))

    assert ask(books, "GetInvoicesForCustomer", CustID=hatter) == []
    assert read(books, number)["Customer"] == "MARC01"


def test_a_header_update_is_found_by_id_and_adds_the_lines_sent():
    books = opened()
    hatter = customer(books)
    number = invoice(books, hatter, line(books))

    changed = invoice_members(hatter, line(books, "5"), InvoiceDBID=read(books, number)["InvoiceDBID"])
    call(books, "UpdateInvoiceHeader", Inv=changed)

    assert [row["Rate"] for row in lines_of(books, number)] == [Decimal(10), Decimal(5)]


def test_a_line_is_added_by_id_or_by_number_and_taken_away():
    books = opened()
    number = invoice(books, customer(books), line(books))
    key = read(books, number)["InvoiceDBID"]

    first = ask(books, "InsertInvoiceLine", InvoiceID=key, InvLine=line(books, "1"))
    second = ask(books, "InsertInvoiceLineWithInvoiceNumber", InvoiceNumber=number, InvLine=line(books, "2"))
    call(books, "DeleteInvoiceLine", LineID=first, InvoiceNumber=number)

    assert [row["LineID"] for row in lines_of(books, number)][1:] == [second]
    call(books, "DeleteInvoiceLineWithInvoiceID", LineID=second, InvoiceID=key)
    assert len(lines_of(books, number)) == 1


@pytest.mark.parametrize(("setting", "following"), [("yes", 1001), ("no", 1002)])
def test_the_number_of_a_deleted_last_invoice(setting, following):
    books = opened(f"reuse_deleted_number={setting}")
    hatter = customer(books)
    number = invoice(books, hatter, line(books))
    first_id = read(books, number)["InvoiceDBID"]

    call(books, "DeleteInvoice", InvoiceNumber=number)

    assert invoice(books, hatter, line(books)) == following
    assert read(books, following)["InvoiceDBID"] != first_id


def test_a_used_number_overwrites_the_invoice_that_has_it():
    """Websnail's notes of the real service."""
    books = opened()
    hatter = customer(books)
    number = invoice(books, hatter, line(books, "100"))

    assert invoice(books, hatter, line(books, "1"), InvoiceNumber=number) == number

    assert [row["Rate"] for row in lines_of(books, number)] == [Decimal(1)]
    assert len(books.state()["invoices"]) == 1
    refusing = opened("used_number=refuse")
    again = invoice(refusing, customer(refusing))
    other = customer(refusing)
    with pytest.raises(Refusal, match="in use"):
        invoice(refusing, other, InvoiceNumber=again)


@pytest.mark.parametrize(
    ("setting", "vat"), [("vat_amount=keep", Decimal("0.00")), ("vat_amount=recompute", Decimal("2.00"))]
)
def test_the_vat_amount_of_a_line_is_kept_as_sent_unless_the_switch_says_otherwise(setting, vat):
    books = opened(setting)

    number = invoice(books, customer(books), line(books, vat="0"))

    assert read(books, number)["VATAmount"] == vat


def test_an_unknown_invoice_in_both_shapes():
    with pytest.raises(Refusal, match="no invoice"):
        read(opened(), 5)
    assert read(opened("not_found_document=blank"), 5) == {}


def test_a_credit_note_is_applied_and_both_show_it_as_paid():
    books = opened()
    hatter = customer(books)
    number = invoice(books, hatter, line(books, "100"))
    credit = invoice(books, hatter, line(books, "-25", vat="-5"))
    keys = {name: read(books, of)["InvoiceDBID"] for name, of in (("InvoiceID", number), ("CreditNoteID", credit))}
    owed = balance(books, 1100)

    assert ask(books, "applyCreditNoteToInvoice", **keys) is True

    assert (read(books, number)["AmountPaid"], read(books, credit)["Paid"]) == (Decimal(30), 1)
    assert balance(books, 1100) == owed
    with pytest.raises(Refusal, match="cannot be applied"):
        call(books, "applyCreditNoteToInvoice", **keys)


@pytest.mark.parametrize(("setting", "listed"), [("yes", 2), ("no", 1)])
def test_unpaid_credit_notes_are_among_the_unpaid_by_the_switch(setting, listed):
    books = opened(f"credit_notes_in_unpaid={setting}")
    hatter = customer(books)
    invoice(books, hatter, line(books), DueDate=at(2026, 11, 10))
    invoice(books, hatter, line(books, "-10", vat="-2"), DueDate=at(2026, 11, 10))

    assert len(ask(books, "GetInvoices_Unpaid")) == listed
    assert len(ask(books, "GetInvoices_Overdue")) == 1
    assert [type(row["Lines"][0]) for row in ask(books, "GetInvoices_Overdue_TypeDefined")] == [dict]


def test_lists_by_date_customer_and_newest():
    books = opened()
    hatter, other = customer(books), customer(books, Name="March Hare")
    dates = [at(2026, 11, day) for day in (1, 5, 9)]
    numbers = [invoice(books, hatter, line(books), InvoiceDate=day) for day in dates]
    invoice(books, other, line(books), InvoiceDate=at(2026, 10, 1))

    found = ask(books, "GetInvoicesByDateRange", StartDate=dates[0], EndDate=dates[1])

    assert [row["InvoiceNumber"] for row in found] == numbers[:2]
    assert [row["InvoiceNumber"] for row in ask(books, "GetInvoices_Recent", NumberOfInvoices=1)] == numbers[2:]
    assert len(ask(books, "GetInvoicesForCustomer", CustID=hatter)) == 3
    assert len(ask(books, "GetInvoicesForCustomer_typeDefined", CustID=other)) == 1


def test_printing_e_mailing_and_notes_send_nothing_anywhere():
    books = opened()
    number = invoice(books, customer(books), line(books))
    key = read(books, number)["InvoiceDBID"]

    link = ask(books, "PrintInvoice", InvoiceNumber=0, InvoiceNumberList=f"{number}")
    call(books, "EmailInvoice", InvoiceNumber=number, RecipientEmail="hatter@hats.example", SubjectLine="Hats")
    assert ask(books, "InsertInvoiceNote", InvoiceId=key, NoteDate=ISSUED, Notes="rang") is True

    assert link.startswith("https://securedwebapp.com/")
    assert [row["recipient"] for row in books.state()["emails"]] == ["hatter@hats.example"]
    assert [row["Notes"] for row in ask(books, "GetInvoiceNotes", InvoiceId=key)] == ["rang"]


def test_a_foreign_invoice_is_posted_in_pounds_and_read_in_its_currency():
    books = opened(world="demo")
    hatter = customer(books)
    debtors = balance(books, 1100)

    number = invoice(
        books,
        hatter,
        line(books, "117", vat_rate="0", ValuesInCurrency=1),
        line(books, "10", vat_rate="0"),
        CurrencyCode="EUR",
        ExchangeRate=Decimal("1.17"),
    )

    # 117 euros are 100 pounds; a line that is not said to be in euros is 10 pounds, which are 11.70 euros.
    assert read(books, number)["NetAmount"] == Decimal("128.70")
    assert balance(books, 1100) - debtors == Decimal(110)
    pay(books, number, "110")
    assert (read(books, number)["AmountPaid"], read(books, number)["Paid"]) == (Decimal("128.70"), 1)


@pytest.mark.parametrize(
    ("settings", "net", "paid"),
    [
        (("foreign_totals=home",), "100", "40"),
        (("exchange_rate=home_per_foreign",), "117", "34.1880"),
        (("foreign_payments=document",), "117", "40"),
    ],
)
def test_the_switches_of_foreign_documents(settings, net, paid):
    books = opened(*settings, world="demo")
    turned = "exchange_rate=home_per_foreign" in settings
    number = invoice(
        books,
        customer(books),
        line(books, "117", vat_rate="0", ValuesInCurrency=1),
        CurrencyCode="EUR",
        ExchangeRate=Decimal("1.17"),
    )

    pay(books, number, "40")

    found = read(books, number)
    assert (found["NetAmount"], found["Paid"]) == (Decimal(net), 0)
    assert abs(found["AmountPaid"] - Decimal(paid)) < (Decimal("0.01") if turned else Decimal("0.0001"))
    assert_balanced(books)


def test_a_filed_period_is_closed_by_the_switch():
    books = opened("locked_periods=refuse", world="demo")
    filed = books.state()["invoices"][0]["number"]

    with pytest.raises(Refusal, match="locked period"):
        call(books, "DeleteInvoice", InvoiceNumber=filed)
    with pytest.raises(Refusal, match="locked period"):
        invoice(books, customer(books), line(books), InvoiceDate=at(2026, 2, 1))


def test_line_breaks_and_prices_by_their_switches():
    kept = opened()
    lost = opened("line_breaks=lose", "rate_places=two")

    numbers = [invoice(books, customer(books), line(books, "1.2345", Description="a\nb")) for books in (kept, lost)]

    (first,), (second,) = lines_of(kept, numbers[0]), lines_of(lost, numbers[1])
    assert (first["Description"], str(first["Rate"])) == ("a\nb", "1.2345")
    assert (second["Description"], str(second["Rate"])) == ("a b", "1.2300")
