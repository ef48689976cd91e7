from decimal import Decimal

import pytest
from books_calls import ask, at, balance, call, customer, invoice, line, nominal_id, opened
from books_receipts import (
    BOUGHT,
    as_line2,
    key_of,
    lines_of,
    new_supplier,
    pay,
    read,
    receipt,
    receipt2_members,
    receipt_members,
)

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal

FELT = 5000


def felt(books, rate="10", **members):
    return line(books, rate, nominal=FELT, **members)


def test_every_insert_answers_with_the_number_and_numbers_are_apart_from_those_of_invoices():
    books = opened()
    mills = new_supplier(books)
    invoice(books, customer(books), line(books))

    numbers = [
        receipt(books, mills, felt(books)),
        ask(books, "InsertReceipt_TypeDefined", Inv_TD=receipt_members(mills, felt(books))),
        ask(books, "InsertReceipt2", Receipt=receipt2_members(mills, as_line2(felt(books)))),
    ]

    assert numbers == [1001, 1002, 1003]
    assert [read(books, number)["NetAmount"] for number in numbers] == [Decimal(10)] * 3
    assert {read(books, number)["CustomerID"] for number in numbers} == {mills}


def test_a_purchase_is_posted_to_its_nominals_the_vat_and_the_creditors():
    books = opened()

    receipt(books, new_supplier(books), felt(books, "100"), line(books, "30", vat_rate="0", nominal=7100))

    assert [balance(books, code) for code in (FELT, 7100, 2201)] == [Decimal(100), Decimal(30), Decimal(20)]
    assert balance(books, 2100) == Decimal(-150)


def test_the_vat_of_a_line_is_kept_as_sent_unless_the_switch_works_it_out():
    """A purchase from the European Union carries its true rate and a VAT of 0.00 (KashFlow's knowledge base)."""
    for setting, expected in (("vat_amount=keep", 0), ("vat_amount=recompute", 20)):
        books = opened(setting)
        number = receipt(books, new_supplier(books, EC=1), felt(books, "100", vat="0"))

        assert read(books, number)["VATAmount"] == expected
        assert lines_of(books, number)[0]["VatRate"] == 20


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"CustomerID": 0}, "no supplier"),
        ({"InvoiceDate": at(1, 1, 1)}, "no date"),
        ({"CurrencyCode": "EUR"}, "not enabled"),
    ],
)
def test_a_refused_purchase_changes_nothing(members, sentence):
    books = opened()
    mills = new_supplier(books)
    before = books.dump()

    with pytest.raises(Refusal, match=sentence):
        receipt(books, mills, felt(books), **members)

    assert books.dump() == before


def test_a_customers_id_is_no_suppliers():
    books = opened()
    hatter = customer(books)

    with pytest.raises(Refusal, match="no supplier"):
        receipt(books, hatter, felt(books))


def test_a_purchase_under_a_number_in_use_overwrites_the_old_one_unless_the_switch_refuses():
    books, strict = opened(), opened("used_number=refuse")
    for each in (books, strict):
        receipt(each, new_supplier(each), felt(each))

    assert receipt(books, new_supplier(books), felt(books, "70"), InvoiceNumber=1001) == 1001
    with pytest.raises(Refusal, match="already in use"):
        receipt(strict, new_supplier(strict), felt(strict, "70"), InvoiceNumber=1001)

    assert (balance(books, FELT), len(books.state()["purchases"])) == (Decimal(70), 1)


@pytest.mark.parametrize(
    ("operation", "parameter"), [("UpdateReceipt", "Receipt"), ("UpdateReceipt_TypeDefined", "Receipt_TD")]
)
def test_an_update_finds_by_number_replaces_the_lines_and_keeps_payments_and_notes(operation, parameter):
    """KashFlow's service description: delete all line items and insert line items provided."""
    books = opened()
    mills = new_supplier(books)
    number = receipt(books, mills, felt(books, "100"), CustomerReference="B/7", DueDate=at(2026, 12, 5))
    pay(books, number, "50")
    call(books, "InsertReceiptNote", ReceiptId=key_of(books, number), NoteDate=BOUGHT, Notes="In the post")
    (before,) = lines_of(books, number)

    call(books, operation, **{parameter: receipt_members(mills, felt(books, "200"), InvoiceNumber=number)})

    (after,), found = lines_of(books, number), read(books, number)
    assert after["LineID"] != before["LineID"]
    assert (found["NetAmount"], found["AmountPaid"], found["CustomerReference"]) == (200, 50, "")
    assert found["DueDate"].year == 1
    assert (balance(books, FELT), balance(books, 2100)) == (Decimal(200), Decimal(-190))
    assert len(books.state()["purchases"][0]["notes"]) == 1


def test_an_update_of_the_newer_shape_finds_by_number_and_an_update_without_lines_leaves_none():
    books = opened()
    mills = new_supplier(books)
    number = receipt(books, mills, felt(books))

    changed = receipt2_members(mills, as_line2(felt(books, "20")), ReceiptNumber=number, SupplierReference="B/8")
    call(books, "UpdateReceipt2", Receipt=changed)
    assert (read(books, number)["NetAmount"], read(books, number)["CustomerReference"]) == (20, "B/8")

    call(books, "UpdateReceipt", Receipt=receipt_members(mills, InvoiceNumber=number))
    assert (lines_of(books, number), balance(books, 2100)) == ([], 0)


@pytest.mark.parametrize(("setting", "meant"), [("one", "one"), ("id", "InvoiceDBID"), ("zero", "zero")])
def test_what_an_update_answers_is_a_switch(setting, meant):
    books = opened(f"update_number={setting}")
    mills = new_supplier(books)
    number = receipt(books, mills, felt(books))

    answer = ask(books, "UpdateReceipt", Receipt=receipt_members(mills, InvoiceNumber=number))

    assert answer == {"one": 1, "zero": 0, **read(books, number)}[meant]


def test_a_header_update_finds_by_id_and_adds_the_lines_sent():
    """KashFlow's service description: update header and insert line items provided."""
    books = opened()
    mills = new_supplier(books)
    number = receipt(books, mills, felt(books, "100"))
    header = receipt_members(mills, felt(books, "1"), InvoiceDBID=key_of(books, number), CustomerReference="B/9")

    call(books, "UpdateReceiptHeader", Receipt=header)
    with pytest.raises(Refusal, match="no receipt"):
        call(books, "UpdateReceiptHeader", Receipt={**header, "InvoiceDBID": 0, "InvoiceNumber": number})

    assert [row["Rate"] for row in lines_of(books, number)] == [100, 1]
    assert read(books, number)["CustomerReference"] == "B/9"


def test_an_update_of_an_unknown_number_is_refused():
    books = opened()
    mills = new_supplier(books)

    with pytest.raises(Refusal, match="no receipt"):
        call(books, "UpdateReceipt", Receipt=receipt_members(mills, felt(books), InvoiceNumber=7))


def test_lines_are_added_by_id_and_by_number_in_both_shapes_and_taken_away():
    books = opened()
    number = receipt(books, new_supplier(books), felt(books, "1"))
    key = key_of(books, number)

    added = [
        ask(books, "InsertReceiptLine", ReceiptID=key, InvLine=felt(books, "2")),
        ask(books, "InsertReceiptLine2", ReceiptId=key, ReceiptLine=as_line2(felt(books, "3"))),
        ask(books, "InsertReceiptLineFromNumber", ReceiptNumber=number, InvLine=felt(books, "4")),
        ask(books, "InsertReceiptLineFromNumber2", ReceiptNumber=number, ReceiptLine=as_line2(felt(books, "5"))),
    ]

    assert [row["LineID"] for row in lines_of(books, number)][1:] == added
    assert balance(books, FELT) == sum(range(1, 6))
    assert ask(books, "DeleteReceiptLine", LineID=added[0], ReceiptNumber=number) == 1
    assert ask(books, "DeleteReceiptLineWithReceiptID", LineID=added[1], ReceiptID=key) == 1
    with pytest.raises(Refusal, match="no such line"):
        call(books, "DeleteReceiptLine", LineID=added[0], ReceiptNumber=number)
    assert balance(books, FELT) == 1 + 4 + 5


def test_id_and_number_are_not_taken_for_each_other():
    books = opened()
    number = receipt(books, new_supplier(books), felt(books))
    key = key_of(books, number)

    for operation, request in (
        ("InsertReceiptLine", {"ReceiptID": number, "InvLine": felt(books)}),
        ("InsertReceiptLineFromNumber", {"ReceiptNumber": key, "InvLine": felt(books)}),
        ("InsertReceiptNote", {"ReceiptId": number, "NoteDate": BOUGHT, "Notes": "?"}),
        ("DeleteReceipt", {"ReceiptNumber": key}),
        ("DeleteReceiptByID", {"ReceiptID": number}),
    ):
        with pytest.raises(Refusal, match="no receipt"):
            call(books, operation, **request)


def test_a_purchase_is_deleted_by_number_or_by_id_and_its_postings_go():
    books = opened()
    mills = new_supplier(books)
    first, second = receipt(books, mills, felt(books)), receipt(books, mills, felt(books))

    call(books, "DeleteReceiptByID", ReceiptID=key_of(books, first))
    call(books, "DeleteReceipt", ReceiptNumber=second)

    assert (books.trial_balance(), books.state()["purchases"]) == ([], [])
    with pytest.raises(Refusal, match="no receipt"):
        call(books, "DeleteReceipt", ReceiptNumber=second)


def test_a_note_is_kept_by_id_and_without_a_date_is_todays():
    books = opened()
    key = key_of(books, receipt(books, new_supplier(books), felt(books)))

    assert ask(books, "InsertReceiptNote", ReceiptId=key, NoteDate=at(1, 1, 1), Notes="Rang") is True

    (note,) = ask(books, "GetReceiptNotes", ReceiptId=key)
    assert (note["Notes"], note["NoteDate"]) == ("Rang", at(2026, 11, 22))


@pytest.mark.parametrize(
    ("border", "setting", "expected"),
    [("ROW", "drop", "7.5"), ("Domestic", "drop", "0"), ("EC", "drop", "0"), ("EC", "keep", "7.5")],
)
def test_import_duty_is_kept_for_suppliers_in_the_rest_of_the_world(border, setting, expected):
    """KashFlow's service description: applicable to ROW suppliers only."""
    books = opened(f"import_duty_elsewhere={setting}")
    far = ask(books, "InsertSupplier2", Supplier2={"Name": "Far Felt Inc", "TradeBorderType": border})
    row = as_line2(felt(books, "100", vat="0"), ImportDuty=Decimal("7.5"))

    number = ask(books, "InsertReceipt2", Receipt=receipt2_members(far, row))
    call(books, "InsertReceiptLineFromNumber2", ReceiptNumber=number, ReceiptLine=row)

    shown = ask(books, "GetReceipt2", ReceiptNumber=number)["Lines"]
    assert [item.members["ImportDuty"] for item in shown] == [Decimal(expected)] * 2
    assert balance(books, 2100) == Decimal(-200)


def test_an_update_of_the_older_shape_loses_the_import_duty():
    books = opened()
    far = ask(books, "InsertSupplier2", Supplier2={"Name": "Far Felt Inc", "TradeBorderType": "ROW"})
    row = as_line2(felt(books), ImportDuty=Decimal(5))
    number = ask(books, "InsertReceipt2", Receipt=receipt2_members(far, row))

    call(books, "UpdateReceipt", Receipt=receipt_members(far, felt(books), InvoiceNumber=number))

    assert ask(books, "GetReceipt2", ReceiptNumber=number)["Lines"][0].members["ImportDuty"] == 0


def test_a_purchase_in_a_filed_period_is_not_written_when_the_switch_locks_it():
    books = opened("locked_periods=refuse", world="demo")
    filed = next(iter(books.vat_returns))
    bought = next(row for row in books.purchases if filed.start <= row.date <= filed.end)
    sent = receipt_members(bought.party, InvoiceNumber=bought.number)

    for operation, request in (
        ("UpdateReceipt", {"Receipt": sent}),
        ("DeleteReceipt", {"ReceiptNumber": bought.number}),
        ("DeleteReceiptLine", {"LineID": bought.lines[0].id, "ReceiptNumber": bought.number}),
        ("InsertReceipt", {"Inv": {**sent, "InvoiceNumber": 0, "InvoiceDate": at(*filed.end.timetuple()[:3])}}),
    ):
        with pytest.raises(Refusal, match="locked"):
            call(books, operation, **request)


def test_what_was_written_of_a_purchase_is_in_the_state_and_survives_the_process():
    books = opened()
    number = receipt(books, new_supplier(books), felt(books, Description="Felt, grey"), CustomerReference="B/7")
    call(books, "InsertReceiptNote", ReceiptId=key_of(books, number), NoteDate=BOUGHT, Notes="In the post")

    again = Books.load(books.dump(), books.switches)

    (shown,) = again.state()["purchases"]
    assert again.state() == books.state()
    assert (shown["reference"], shown["supplier_code"], shown["gross"]) == ("B/7", "FELT01", "12.00")
    assert shown["lines"][0]["nominal_id"] == nominal_id(books, FELT)
    assert shown["notes"][0]["text"] == "In the post"


@pytest.mark.parametrize(("setting", "expected"), [("blank", False), ("keep", True)])
def test_a_typed_update_cannot_carry_the_delivery_address_and_the_switch_says_what_becomes_of_it(setting, expected):
    books = opened(f"typed_update={setting}")
    mills = new_supplier(books)
    address = {"DeliveryAddress": {"Line1": "Yard 3"}, "UseCustomDeliveryAddress": True}
    number = receipt(books, mills, felt(books), **address)

    call(books, "UpdateReceipt_TypeDefined", Receipt_TD=receipt_members(mills, felt(books), InvoiceNumber=number))

    assert read(books, number)["UseCustomDeliveryAddress"] is expected


def test_the_reverse_charge_of_the_construction_industry_is_kept_as_sent():
    books = opened()
    charge = {"CISRCNetAmount": Decimal(100), "CISRCVatAmount": Decimal(20), "IsCISReverseCharge": True}
    row = as_line2(felt(books, "100", vat="0"))

    number = ask(books, "InsertReceipt2", Receipt=receipt2_members(new_supplier(books), row, **charge))

    shown = ask(books, "GetReceipt2", ReceiptNumber=number)
    assert {name: shown[name] for name in charge} == charge
