"""What invoices and customers keep and lose when they are written anew, and what the state shows of them."""

import json
from decimal import Decimal

import pytest
from books_calls import ask, at, call, customer, invoice, invoice_members, line, opened, read

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.switches import Switches

DELIVERY = {"Name": "Tea table", "Line1": "Wood 1", "PostCode": "OX1 1AA"}
CHARGE = {"CISRCNetAmount": Decimal(50), "CISRCVatAmount": Decimal(10), "IsCISReverseCharge": True}


def held(books, number):
    return next(row for row in books.state()["invoices"] if row["number"] == number)


def with_everything(books, *lines):
    return invoice(
        books,
        customer(books),
        *lines,
        DeliveryAddress=DELIVERY,
        UseCustomDeliveryAddress=True,
        ProjectID=3,
        CustomerReference="REF",
        **CHARGE,
    )


def test_an_update_blanks_what_was_left_out_and_keeps_the_permanent_link_the_notes_and_the_payments():
    books = opened()
    number = with_everything(books, line(books, "50", ProductID=8, ProjID=9))
    before = held(books, number)
    call(books, "InsertInvoiceNote", InvoiceId=before["id"], NoteDate=at(2026, 11, 4), Notes="Ring first")
    assert before["delivery_address"] == DELIVERY
    assert before["reverse_charge"] == {"net": "50.00", "vat": "10.00", "applies": True}
    assert (before["lines"][0]["product"], before["lines"][0]["project"]) == (8, 9)

    changed = invoice_members(read(books, number)["CustomerID"], line(books, "7"), InvoiceNumber=number)
    call(books, "UpdateInvoice", Inv=changed)

    after = held(books, number)
    assert (after["delivery_address"], after["use_custom_delivery_address"]) == ({}, False)
    assert after["reverse_charge"] == {"net": None, "vat": None, "applies": None}
    assert (after["project"], after["reference"], after["lines"][0]["product"]) == (0, "", 0)
    assert (after["id"], after["permanent_link"]) == (before["id"], before["permanent_link"])
    assert [note["text"] for note in after["notes"]] == ["Ring first"]


def test_the_reverse_charge_is_read_back_as_it_was_sent_and_as_nothing_where_it_was_not():
    books = opened()
    charged, plain = with_everything(books, line(books)), invoice(books, customer(books), line(books))

    assert {name: read(books, charged)[name] for name in CHARGE} == CHARGE
    assert {read(books, plain)[name] for name in CHARGE} == {None}
    typed = ask(books, "GetInvoice_TypeDefined", InvoiceNumber=plain)
    assert [typed[name] for name in CHARGE] == [0, 0, False]
    loaded = Books.load(json.loads(json.dumps(books.dump())), Switches())
    assert loaded.state() == books.state()


@pytest.mark.parametrize(("setting", "expected"), [("blank", {}), ("keep", DELIVERY)])
def test_the_delivery_address_after_a_typed_update_is_a_switch(setting, expected):
    books = opened(f"typed_update={setting}")
    number = with_everything(books, line(books))

    changed = invoice_members(read(books, number)["CustomerID"], line(books, "7"), InvoiceNumber=number)
    call(books, "UpdateInvoice_TypeDefined", InvTD=changed)

    assert held(books, number)["delivery_address"] == expected
    assert held(books, number)["net"] == "7.00"


def test_lines_stand_as_they_were_sent_or_by_their_sort():
    for setting, expected in (("as_sent", ["2.00", "1.00"]), ("by_sort", ["1.00", "2.00"])):
        books = opened(f"line_order={setting}")
        number = invoice(books, customer(books), line(books, "2", Sort=2), line(books, "1", Sort=1))

        assert [row["net"] for row in held(books, number)["lines"]] == expected
        assert [row.members["Sort"] for row in read(books, number)["Lines"]] == [1, 2]


def test_an_e_mail_is_shown_whole_and_one_without_a_text_is_refused_by_the_switch():
    sent = {
        "FromEmail": "a@hats.example",
        "FromName": "Alice",
        "SubjectLine": "Invoice",
        "RecipientEmail": "b@tea.example",
    }
    books = opened()
    number = invoice(books, customer(books), line(books))

    call(books, "EmailInvoice", InvoiceNumber=number, Body="Please pay.", **sent)

    (kept,) = books.state()["emails"]
    assert (kept["invoice"], kept["sender"], kept["sender_name"]) == (number, "a@hats.example", "Alice")
    assert (kept["recipient"], kept["subject"], kept["body"]) == ("b@tea.example", "Invoice", "Please pay.")
    books.use(Switches.parse(["email_blank=refuse"]))
    with pytest.raises(Refusal, match="no text"):
        call(books, "EmailInvoice", InvoiceNumber=number, Body=None, **sent)


def test_a_credit_note_settles_the_invoice_of_its_own_customer_and_of_another_by_the_switch():
    for setting in ("refuse", "accept"):
        books = opened(f"credit_of_another={setting}")
        number = invoice(books, customer(books), line(books, "10"))
        credit = invoice(books, customer(books, Name="March Hare"), line(books, "-10"))
        asked = {"InvoiceID": held(books, number)["id"], "CreditNoteID": held(books, credit)["id"]}

        if setting == "refuse":
            with pytest.raises(Refusal, match="same customer"):
                call(books, "applyCreditNoteToInvoice", **asked)
            continue
        call(books, "applyCreditNoteToInvoice", **asked)
        (payment,) = held(books, number)["payments"]
        assert (payment["amount"], payment["settles_with"]) == ("12.00", asked["CreditNoteID"])


@pytest.mark.parametrize(("setting", "code"), [("new", "HATT01"), ("keep", "HATTER9"), ("refuse", None)])
def test_a_customer_written_anew_without_a_code_gets_keeps_or_needs_one(setting, code):
    books = opened(f"update_blank_code={setting}")
    key = customer(books, Code="HATTER9", ExtraText3="Blue", CheckBox2=1, DeliveryAddress1="Wood 1")
    assert books.state()["customers"][0]["members"]["ExtraText3"] == "Blue"

    if code is None:
        with pytest.raises(Refusal, match="no code"):
            call(books, "UpdateCustomer2", Customer2={"CustomerID": key, "Name": "Hatter"})
        return
    call(books, "UpdateCustomer2", Customer2={"CustomerID": key, "Name": "Hatter"})

    (shown,) = books.state()["customers"]
    assert shown["code"] == code
    members = shown["members"]
    assert (members["ExtraText3"], members["CheckBox2"], members["DeliveryAddress1"]) == ("", 0, "")


def test_another_currency_for_a_customer_with_documents_is_a_switch():
    for setting in ("accept", "refuse"):
        books = opened(f"currency_in_use={setting}", world="demo")
        held_by = next(party for party in books.customers if books.invoices.of_party(party.id))
        foreign = next(row for row in books.currencies if not row.home and row.id != held_by.members["CurrencyID"])

        asked = {"CurrencyCode": foreign.code, "CustomerCode": held_by.code}
        if setting == "refuse":
            with pytest.raises(Refusal, match="another currency"):
                call(books, "SetCustomerCurrency", **asked)
        else:
            call(books, "SetCustomerCurrency", **asked)
            assert ask(books, "GetCustomerCurrency", CustomerCode=held_by.code) == foreign.code
