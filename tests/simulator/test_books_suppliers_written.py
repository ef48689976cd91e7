from decimal import Decimal

import pytest
from books_calls import TODAY, ask, at, call, line, opened
from books_receipts import new_supplier, receipt

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.operations import Refusal


def by_id(books, key, newer=False):
    return ask(books, "GetSupplierByID2" if newer else "GetSupplierByID", SupplierID=key)


def test_the_answer_of_an_insert_is_the_id_and_a_code_is_made():
    books = opened()

    first, second = new_supplier(books, "Felt Mills"), new_supplier(books, "Felt Mills")

    assert [by_id(books, key)["Code"] for key in (first, second)] == ["FELT01", "FELT02"]
    assert ask(books, "GetSupplier", SupplierCode="felt02")["SupplierID"] == second


def test_both_of_kashflows_sentences_about_codes_are_said_of_suppliers():
    """Live failures of an integrator, met with customers; that suppliers' read alike is our choice."""
    books = opened()
    new_supplier(books, Code="MILLS")

    with pytest.raises(Refusal, match="Supplier Code is not unique"):
        new_supplier(books, Code="mills")
    with pytest.raises(Refusal, match="supplier code specified is invalid"):
        new_supplier(books, Code="m@ls")


def test_an_update_blanks_what_it_leaves_out_and_has_no_result():
    books = opened()
    key = new_supplier(books, Email="felt@mills.example", PaymentTerms=30, Code="MILLS")

    answer = call(books, "UpdateSupplier", sup={"SupplierID": key, "Code": "MILLS", "Name": "Felt & Co", "EC": 0})

    found = by_id(books, key)
    assert answer.result is None
    assert [found[name] for name in ("Name", "Email", "PaymentTerms")] == ["Felt & Co", "", 0]
    assert found["Updated"].date() == TODAY


def test_a_supplier_who_was_never_changed_was_updated_in_1990():
    """Zynk's recorded objects."""
    books = opened()

    assert by_id(books, new_supplier(books))["Updated"] == at(1990, 1, 1)


def test_an_update_finds_the_supplier_by_id_and_never_by_code():
    books = opened()
    new_supplier(books, Code="MILLS")

    for operation, name in (("UpdateSupplier", "sup"), ("UpdateSupplier2", "Supplier")):
        with pytest.raises(Refusal, match="no supplier"):
            call(books, operation, **{name: {"SupplierID": 0, "Code": "MILLS", "Name": "Felt & Co"}})


def test_a_supplier_without_a_name_is_refused_unless_the_switch_takes_it():
    books, lenient = opened(), opened("blank_name=accept")

    with pytest.raises(Refusal, match="no name"):
        new_supplier(books, " ")

    assert new_supplier(lenient, " ")


@pytest.mark.parametrize(("word", "mark"), [("Domestic", 0), ("EC", 1), ("NIEU", 1), ("ROW", 0)])
def test_the_newer_shape_says_where_a_supplier_trades_and_the_older_only_marks_the_ec(word, mark):
    books = opened()

    key = ask(books, "InsertSupplier2", Supplier2={"Name": "Feutre SA", "TradeBorderType": word})

    assert by_id(books, key, newer=True)["TradeBorderType"] == word
    assert (by_id(books, key)["EC"], by_id(books, key)["TradeBorderType"]) == (mark, 0)


def test_an_update_of_the_older_shape_makes_the_rest_of_the_world_domestic_unless_the_switch_keeps_it():
    found = []
    for books in (opened(), opened("old_supplier_border=keep")):
        key = ask(books, "InsertSupplier2", Supplier2={"Name": "Far Felt Inc", "TradeBorderType": "ROW"})
        changed = {"SupplierID": key, "Name": "Far Felt Inc", "EC": 0, "TradeBorderType": Decimal(0)}
        call(books, "UpdateSupplier", sup=changed)
        found.append(by_id(books, key, newer=True)["TradeBorderType"])

    assert found == ["Domestic", "ROW"]


def test_a_supplier_with_purchases_is_deleted_only_by_the_switch_and_the_purchases_stay():
    books, lenient = opened(), opened("delete_supplier_in_use=accept")
    keys = [new_supplier(each) for each in (books, lenient)]
    number, other = (receipt(each, key, line(each)) for each, key in zip((books, lenient), keys, strict=True))

    with pytest.raises(Refusal, match="receipts"):
        call(books, "DeleteSupplier", SupplierID=keys[0])
    assert ask(lenient, "DeleteSupplier", SupplierID=keys[1]) == 1

    assert (number, other) == (1001, 1001)
    assert [len(lenient.state()[name]) for name in ("suppliers", "purchases")] == [0, 1]


def test_a_supplier_without_purchases_is_deleted_by_id_and_an_unknown_one_by_the_switch():
    books, lenient = opened(), opened("delete_unknown=accept")
    key = new_supplier(books)

    assert ask(books, "DeleteSupplier", SupplierID=key) == 1
    with pytest.raises(Refusal, match="no supplier"):
        call(books, "DeleteSupplier", SupplierID=key)

    assert books.state()["suppliers"] == []
    assert ask(lenient, "DeleteSupplier", SupplierID=7) == 0


def test_vat_number_and_currency_are_set_by_code():
    books = opened(world="demo")
    code = ask(books, "GetSuppliers")[0]["Code"]

    call(books, "SetSupplierVATNumber", SupVATNumber="GB123456789", SupplierCode=code.lower())
    call(books, "SetSupplierCurrency", CurrencyCode="EUR", SupplierCode=code)

    assert ask(books, "GetSupplierVATNumber", SupplierCode=code) == "GB123456789"
    assert ask(books, "GetSupplierCurrency", SupplierCode=code) == "EUR"
    with pytest.raises(Refusal, match="not enabled"):
        call(books, "SetSupplierCurrency", CurrencyCode="XXX", SupplierCode=code)
    with pytest.raises(Refusal, match="no supplier"):
        call(books, "SetSupplierVATNumber", SupVATNumber="GB1", SupplierCode="NOBODY")


def test_what_was_written_of_a_supplier_is_in_the_state_and_survives_the_process():
    books = opened()
    ask(books, "InsertSupplier2", Supplier2={"Name": "Far Felt Inc", "TradeBorderType": "ROW", "Mobile": "07700"})

    again = Books.load(books.dump(), books.switches)

    (shown,) = again.state()["suppliers"]
    assert again.state() == books.state()
    assert (shown["members"]["Mobile"], shown["members"]["TradeBorderType"]) == ("07700", "ROW")


@pytest.mark.parametrize(("setting", "code"), [("new", "DYES01"), ("keep", "MILLS"), ("refuse", None)])
def test_a_supplier_written_anew_without_a_code_gets_one_keeps_the_old_or_is_refused(setting, code):
    books = opened(f"update_blank_code={setting}")
    key = new_supplier(books, Code="MILLS")
    changed = {"SupplierID": key, "Name": "Dyes & Felt"}

    if code is None:
        with pytest.raises(Refusal, match="no code"):
            call(books, "UpdateSupplier", sup=changed)
    else:
        call(books, "UpdateSupplier", sup=changed)
        assert by_id(books, key)["Code"] == code


def test_the_currency_of_a_supplier_with_purchases_may_be_refused():
    books = opened("currency_in_use=refuse", world="demo")
    bought = next(iter(books.purchases))
    code = by_id(books, bought.party)["Code"]
    held = ask(books, "GetSupplierCurrency", SupplierCode=code)
    other = "EUR" if held != "EUR" else "GBP"

    call(books, "SetSupplierCurrency", CurrencyCode=held, SupplierCode=code)
    with pytest.raises(Refusal, match="another currency"):
        call(books, "SetSupplierCurrency", CurrencyCode=other, SupplierCode=code)
