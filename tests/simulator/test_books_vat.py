from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from books_calls import ask, at, balance, customer, invoice, line, opened

from kf_mcp.simulator import documents, suppliers
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.records import BankRow

PERIOD = {"StartDate": at(2026, 11, 1), "EndDate": at(2026, 11, 30)}


def boxes(books, period=None):
    report = ask(books, "GetVATReport", **(period or PERIOD))
    return [report[f"Box{box}"] for box in range(1, 10)]


def purchase(books, *lines, day=5, **supplier):
    bought_from = suppliers.add(books, {"Name": "Felt Mills", **supplier})
    members = {"InvoiceDate": at(2026, 11, day), "CustomerID": bought_from.id, "Lines": list(lines)}
    return documents.insert(books, "purchase", members)


def amounts(*texts):
    return [Decimal(text) for text in texts]


def test_each_kind_of_sale_and_purchase_goes_to_its_boxes():
    """Rate 0 counts in boxes 6 and 7, not applicable counts nowhere (KashFlow's help, 0% and N/A VAT)."""
    books = opened()
    hatter = customer(books)
    invoice(books, hatter, line(books, "100"), line(books, "40", vat_rate="5"), line(books, "30", vat_rate="0"))
    invoice(books, hatter, line(books, "999", vat_rate="-1"))
    invoice(books, hatter, line(books, "-10", vat="-2"))
    invoice(books, hatter, line(books, "5000"), InvoiceDate=at(2026, 12, 1))
    purchase(books, line(books, "50", nominal=5000), line(books, "20", vat_rate="-1", nominal=8200))

    assert boxes(books) == amounts("20", "0", "20", "10", "10", "160", "50", "0", "0")


def test_a_european_purchase_with_a_vat_of_nothing_is_worked_out():
    """KashFlow's help, Recording EC purchases: the true rate, VAT 0.00; goods also count in box 9."""
    books = opened()
    purchase(books, line(books, "200", vat="0", nominal=5000), EC=1)
    purchase(books, line(books, "100", vat="0", nominal=7500), EC=1, Code="FELT99")

    assert boxes(books) == amounts("0", "60", "60", "60", "0", "0", "300", "0", "200")
    assert balance(books, 2201) == 0


def test_a_sale_of_goods_to_a_european_customer_is_in_box_8():
    books = opened()
    key = customer(books, EC=1)
    invoice(books, key, line(books, "70", vat_rate="0", nominal=4010), line(books, "30", vat_rate="0"))

    assert boxes(books)[5:] == amounts("100", "0", "70", "0")


def test_only_bank_rows_marked_for_vat_count():
    books = opened()
    account = ask(books, "GetBankAccounts")[0]["AccountID"]
    rows = ((1, True, "0", "12"), (2, False, "0", "12"), (3, True, "24", "0"))
    for key, marked, received, paid in rows:
        sides = Decimal(received), Decimal(paid)
        row = BankRow(key, account, date(2026, 11, 9), *sides, 0, vatable=marked, vat_rate=Decimal(20))
        books.put_bank_row(replace(row, vat=Decimal(2), type=ask(books, "GetBankTxTypes")[-2]["TypeID"]))

    assert boxes(books) == amounts("2", "0", "2", "2", "0", "22", "10", "0", "0")


def test_a_purchase_names_a_supplier_who_exists():
    books = opened()

    with pytest.raises(Refusal, match="no supplier"):
        documents.insert(books, "purchase", {"InvoiceDate": at(2026, 11, 5), "CustomerID": 1})


def test_the_shape_of_the_boxes_by_the_switches():
    settings = ("vat_boxes_6_to_9=pounds", "vat_box_5=absolute")
    books = opened(*settings)
    invoice(books, customer(books), line(books, "10.99", vat_rate="0"))
    purchase(books, line(books, "50", nominal=5000))

    assert boxes(books) == amounts("0", "0", "0", "10", "10", "10", "50", "0", "0")


def test_a_company_that_is_not_registered():
    for setting in ("zeros", "refuse"):
        books = opened(f"vat_not_registered={setting}")
        books.company = replace(books.company, vat_registered=False)
        assert ask(books, "isUserVATRegistered") is False
        invoice(books, customer(books), line(books))
        if setting == "zeros":
            assert boxes(books) == [0] * 9
        else:
            with pytest.raises(Refusal, match="not VAT registered"):
                boxes(books)


def test_filed_quarters_say_so_and_others_do_not():
    books = opened(world="demo")
    quarter = {"StartDate": at(2026, 7, 1), "EndDate": at(2026, 9, 30)}

    filed, month = ask(books, "GetVATReport", **quarter), ask(books, "GetVATReport", **PERIOD)

    assert (filed["SubmittedToAccounts"], filed["SubmittedToHMRC"], filed["HMRCReference"] != "") == (True, True, True)
    assert filed["SubmittedtoHMRCDate"].date() == date(2026, 10, 25)
    assert (month["SubmittedToHMRC"], month["HMRCReference"]) == (False, "")
    assert month["SubmittedtoHMRCDate"] == at(1, 1, 1)


def test_a_bill_found_late_is_in_the_old_period_or_in_the_next_return_by_the_switch():
    """KashFlow's own return pulls in older items that no return has held (kashflow.com, how VAT items are picked)."""
    filed = {"StartDate": at(2026, 7, 1), "EndDate": at(2026, 9, 30)}
    following = {"StartDate": at(2026, 10, 1), "EndDate": at(2026, 12, 31)}
    calculated, stored = opened(world="demo"), opened("vat_filed_figures=stored", world="demo")
    late = opened("vat_late_items=yes", world="demo")

    assert boxes(calculated, filed)[3] - boxes(stored, filed)[3] == Decimal("37.00")
    assert boxes(late, following)[6] - boxes(calculated, following)[6] == Decimal("185.00")


def test_the_demo_boxes_agree_with_its_documents():
    """Worked out from what every invoice and purchase shows, by the rules of KashFlow's help."""
    books = opened(world="demo")
    period = {"StartDate": at(2026, 4, 1), "EndDate": at(2026, 6, 30)}
    sales = vat = Decimal(0)
    for found in ask(books, "GetInvoicesByDateRange", **period):
        for row in (typed.members for typed in found["Lines"]):
            net = (row["Quantity"] * row["Rate"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            if row["VatRate"] >= 0:
                sales += (net / found["ExchangeRate"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
                vat += (row["VatAmount"] / found["ExchangeRate"]).quantize(Decimal("0.01"), ROUND_HALF_UP)

    shown = boxes(books, period)

    assert (shown[0], shown[5]) == (vat, sales)
    assert (shown[2], shown[4]) == (shown[0] + shown[1], shown[2] - shown[3])
