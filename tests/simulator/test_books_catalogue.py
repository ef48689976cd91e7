"""Quotes, journals, products, projects, files of purchases, business cards."""

from datetime import date
from decimal import Decimal

import pytest
from books_calls import ask, at, call, customer, invoice, line, nominal_id, opened
from books_costs import journal, purchase, supplier

from kf_mcp.simulator import products, projects, purchase_files, quotes
from kf_mcp.simulator.catalogue import ACTIVE, ARCHIVED, COMPLETE, Project, SubProduct
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.wire import NO_DATE


@pytest.fixture
def books():
    return opened()


def quote(books, customer_id, *lines, day=date(2026, 11, 2), **more):
    header = {"InvoiceDate": day, "DueDate": day, "CustomerID": customer_id, "Lines": list(lines)}
    return quotes.add(books, header, **more)


def test_a_quote_is_an_invoice_without_due_date_currency_and_postings(books):
    """KashFlow's manual and Zynk's recorded objects: 0001-01-01, a blank currency, a rate of 0."""
    before = books.trial_balance()
    made = quote(books, customer(books), line(books, "100"), category="Design")

    shown = ask(books, "GetQuoteByNumber", QuoteNumber=made.number)

    assert shown == ask(books, "GetQuoteByID", QuoteID=made.id)
    assert (shown["DueDate"], shown["CurrencyCode"], shown["ExchangeRate"]) == (NO_DATE, "", 0)
    assert (shown["NetAmount"], shown["VATAmount"], shown["Paid"]) == (100, 20, 0)
    assert (shown["EstimateCategory"], shown["CustomerName"]) == ("Design", None)
    assert books.trial_balance() == before


def test_quotes_are_listed_whole_newest_and_by_customer(books):
    first, second = customer(books), customer(books, Name="Other")
    made = [
        quote(books, party, line(books, "1"), day=date(2026, 11, day)).number
        for party, day in ((first, 9), (second, 3), (first, 5))
    ]

    def listed(name, **asked):
        return [row["InvoiceNumber"] for row in ask(books, name, **asked)]

    assert listed("GetQuotes") == made
    assert listed("GetQuotes_Recent", NumberOfQuotes=2) == [made[0], made[2]]
    assert listed("GetQuotesForCustomer", CustID=first) == [made[0], made[2]]


def test_a_quote_that_became_an_invoice_is_no_quote_any_more(books):
    hatter = customer(books)
    made = quote(books, hatter, line(books, "5"))
    assert ask(books, "isStillQuote", QuoteID=made.id) is True

    quotes.mark_converted(books, made, books.invoices.numbered(invoice(books, hatter, line(books, "5"))))

    assert ask(books, "isStillQuote", QuoteID=made.id) is False
    assert [(row["number"], row["invoice"]) for row in books.state()["quotes"]] == [(made.number, 1001)]


@pytest.mark.parametrize(
    ("operation", "asked", "word"),
    [
        ("GetQuoteByID", {"QuoteID": 1}, "no quote"),
        ("GetQuoteByNumber", {"QuoteNumber": 1}, "no quote"),
        ("GetJournal", {"JournalNumber": 1}, "no journal"),
        ("GetProjectById", {"ProjId": 1}, "no project"),
        ("GetProjectByRef", {"ProjRef": "X"}, "no project"),
        ("GetProjectByName", {"ProjName": "X"}, "no project"),
        ("GetSubProductByID", {"ProductID": 1}, "no product"),
        ("GetSubProductByCode", {"ProductCode": "X"}, "no product"),
    ],
)
def test_what_is_not_there_is_refused_or_blank(operation, asked, word):
    with pytest.raises(Refusal, match=word):
        ask(opened(), operation, **asked)
    assert ask(opened("not_found_document=blank", "not_found_other=blank"), operation, **asked) == {}


@pytest.mark.parametrize(("sign", "first"), [("credit_positive", "-12.5000"), ("debit_positive", "12.5000")])
def test_the_sign_of_a_journals_lines_is_a_switch(sign, first):
    books = opened(f"journal_line_sign={sign}")
    entered = journal(books, (7400, "12.50"), (7403, "-12.50"))

    shown = ask(books, "GetJournal", JournalNumber=entered.number)

    assert list(ask(books, "GetJournals")) == [shown]
    assert {row.type_name for row in shown["Lines"]} == {"JournalLine"}
    amounts = [row.members["Amount"] for row in shown["Lines"]]
    assert (str(amounts[0]), sum(amounts)) == (first, 0)
    assert shown["JournalDate"] == at(2026, 11, 10)


@pytest.mark.parametrize(
    ("sides", "sentence"),
    [(((7400, "1"), (7403, "-2")), "add up to zero"), (((1100, "1"), (7403, "-1")), "Debtors Control")],
)
def test_a_journal_that_cannot_be_is_refused(books, sides, sentence):
    """KashFlow's help, Opening balance journal: no lines on the control accounts."""
    with pytest.raises(Refusal, match=sentence):
        journal(books, *sides)

    assert len(books.journals) == 0


def test_items_stand_under_their_nominals(books):
    printing, paper = nominal_id(books, 4010), nominal_id(books, 5000)
    cards = products.add(books, SubProduct(0, printing, "BC", "Cards", price=Decimal("3.6251"), vat_rate=Decimal(20)))
    board = products.add(books, SubProduct(0, paper, "BOARD", "Board", managed=True, in_stock=4))

    full = {row.members["ProductCode"]: row.members for row in ask(books, "GetProductsWithSubProducts")}

    assert [row["ProductID"] for row in full.values()] == [row["ProductID"] for row in ask(books, "GetProducts")]
    assert full[4010]["subProducts"] == [ask(books, "GetSubProductByCode", ProductCode="bc")]
    assert (full[4000]["subProducts"], 5000 in full) == ([], False)
    assert [row["id"] for row in ask(books, "GetSubProducts", NominalID=paper)] == [board.id]
    assert ask(books, "GetSubProductByID", ProductID=cards.id)["Price"] == Decimal("3.6251")


def test_projects_come_newest_first_and_by_how_they_stand(books):
    """Zynk's recorded objects for the order; KashFlow's manual for -1, 0, 1 and 2."""
    made = {
        status: projects.add(books, Project(0, 0, f"Job {status}", f"J{status}", status=status)) for status in (0, 1, 2)
    }

    def numbers(status):
        return [row["Number"] for row in ask(books, "GetProjects_Full", ProjStatus=status)]

    assert [numbers(status) for status in (-1, COMPLETE, ACTIVE, ARCHIVED)] == [[3, 2, 1], [1], [2], [3]]
    assert [row["Description"] for row in ask(books, "GetProjects")] == ["3", "2", "1"]
    shown = ask(books, "GetProjectById", ProjId=made[1].id)
    assert shown == ask(books, "GetProjectByRef", ProjRef="j1") == ask(books, "GetProjectByName", ProjName="job 1")
    assert (shown["Date1"], shown["Date2"]) == (NO_DATE, NO_DATE)
    books.use(opened("projects_listed=active").switches)
    assert [row["ID"] for row in ask(books, "GetProjects")] == [made[1].id]


def test_a_document_is_booked_to_a_project_with_all_its_lines(books):
    number = invoice(books, customer(books), line(books, "5"), line(books, "6"))
    project = projects.add(books, Project(0, 0, "Job"))
    before = books.trial_balance()

    projects.assign(books, books.invoices.numbered(number), project)

    shown = ask(books, "GetInvoice", InvoiceNumber=number)
    assert {shown["ProjectID"], *(row.members["ProjID"] for row in shown["Lines"])} == {project.id}
    assert books.trial_balance() == before


def test_the_files_of_a_purchase_are_listed_by_its_id(books):
    bought = purchase(books, supplier(books), line(books, "5", nominal=5000))
    purchase_files.attach(books, bought, "bill & note.pdf", "application/pdf", 1234)

    (file,) = ask(books, "GetReceiptAttachments", ReceiptID=bought.id)

    assert (file["ReceiptID"], file["ActualFilename"], file["FileExtension"]) == (bought.id, "bill & note.pdf", ".pdf")
    assert (file["FileSize"], file["ContentType"], file["UploadDate"]) == ("1234", "application/pdf", at(2026, 11, 22))
    assert ask(books, "GetReceiptAttachments", ReceiptID=bought.id + 1) == []


def test_a_purchase_order_is_printed_by_number_or_by_a_list(books):
    mills = supplier(books)
    keys = [purchase(books, mills, line(books, "5", nominal=5000)).id for _ in range(2)]

    one = ask(books, "PrintPurchaseOrder", ReceiptNumber=1002, ReceiptNumberList="")
    both = ask(books, "PrintPurchaseOrder", ReceiptNumber=0, ReceiptNumberList="1001, 1002")

    assert one.endswith(f"receipts={keys[1]}")
    assert both.endswith(f"receipts={keys[0]}-{keys[1]}")
    for asked in ({"ReceiptNumber": 9}, {"ReceiptNumberList": "1001,9"}, {}):
        with pytest.raises(Refusal, match="no receipt"):
            ask(books, "PrintPurchaseOrder", **asked)


CARDS = """BEGIN:VCARD
VERSION:3.0
N:Hatter;Ada;;Dr;
FN:Ada Hatter
ORG:Hatter\\, Hare & Sons;Sales
EMAIL;TYPE=work:ada@hatter.example
EMAIL:other@hatter.example
item1.TEL;TYPE=CELL:07700 900123
TEL;TYPE=WORK,FAX:01632 960001
TEL;TYPE=WORK:01632 960002
ADR;TYPE=WORK:;;1 Tea Row;Oxford;Oxfordshire;OX1 1AA;United
  Kingdom
NOTE:Likes tea\\nand cake
END:VCARD
begin:vcard
FN:Dormouse
end:vcard
"""


def test_business_cards_become_customers_that_are_stored_nowhere(books):
    version = books.version

    ada, dormouse = ask(books, "VCFToCustomerObjects", inStream=CARDS.replace("\n", "\r\n").encode())

    assert (ada["Name"], ada["Contact"], ada["ContactTitle"]) == ("Hatter, Hare & Sons", "Ada Hatter", "Dr")
    assert (ada["ContactFirstName"], ada["ContactLastName"], ada["Email"]) == ("Ada", "Hatter", "ada@hatter.example")
    assert (ada["Mobile"], ada["Fax"], ada["Telephone"]) == ("07700 900123", "01632 960001", "01632 960002")
    assert (ada["Address1"], ada["Address3"], ada["Postcode"]) == ("1 Tea Row", "Oxford", "OX1 1AA")
    assert (ada["CountryName"], ada["Notes"]) == ("United Kingdom", "Likes tea\nand cake")
    assert (dormouse["Name"], dormouse["CustomerID"], dormouse["Code"]) == ("Dormouse", 0, "")
    assert ask(books, "VCFToCustomerObjects", inStream=b"no card") == []
    assert (books.version, len(books.customers)) == (version, 0)


def test_a_purchase_list_is_cut_and_says_so_only_above_a_hundred(books):
    mills = supplier(books)
    bought = [purchase(books, mills, line(books, "5", nominal=5000)).number for _ in range(100)]
    assert call(books, "GetReceipts2").detail == ""

    bought.append(purchase(books, mills, line(books, "5", nominal=5000)).number)

    answer = call(books, "GetReceipts2")
    assert [row["ReceiptNumber"] for row in answer.result] == bought[:0:-1]
    assert "GetReceiptsWithPaging" in answer.detail
    paged = call(books, "GetReceiptsWithPaging2", Page=2, PerPage=30, FilterBy="All")
    assert [row["ReceiptNumber"] for row in paged.result] == bought[::-1][30:60]
    assert dict(paged.extra) == {"PageNumber": 2, "TotalPages": 4, "TotalRecords": 101}
