"""Every answer fits the service description: the writer takes it, and names no member that is not there."""

import pytest
from books_calls import at, opened

from kf_mcp.simulator.binder import Binder
from kf_mcp.simulator.operations import OPERATIONS, Answer
from kf_mcp.simulator.schema import contract
from kf_mcp.simulator.writer import Writer

GIVEN = {
    "InvoiceNumber": 1003,
    "ReceiptNumber": 1003,
    "CustomerCode": "PENH01",
    "SupplierCode": "AVON01",
    "CustomerEmail": "accounts@quayside.example",
    "Postcode": "BS1 6XN",
    "SearchVal": "Job folder 101",
    "NumberOfInvoices": 5,
    "NumberOfReceipts": 5,
    "StartDate": at(2026, 7, 1),
    "EndDate": at(2026, 9, 30),
    "AgedDebtorsDate": at(2026, 11, 22),
    "BalanceDate": at(2026, 11, 22),
    "ModifiedSince": at(2020, 1, 1),
    "Page": 1,
    "PerPage": 10,
    "FilterBy": "All",
    "PageNumber": 1,
    "AgedCreditorsDate": at(2026, 11, 22),
    "Date": at(2026, 9, 30),
    "BasedOnInvoiceDate": True,
    "JournalNumber": 1,
    "NumberOfQuotes": 5,
    "QuoteNumber": 1006,
    "ProjStatus": -1,
    "ProjRef": "PENH-REBRAND",
    "ProjName": "Boatyard rebrand",
    "ProductCode": "BC-350",
    "inStream": b"BEGIN:VCARD\r\nFN:Ada Hatter\r\nEND:VCARD\r\n",
}
BEGINNINGS = ("Get", "is", "Is", "Search", "Print", "VCF")
READS = sorted(name for name in OPERATIONS if name.startswith(BEGINNINGS))
SECRET = {"GetRemoteLoginURL"}
"""Opens the account to whoever holds the answer: no read."""


@pytest.fixture(scope="module")
def demo():
    return opened(world="demo")


def given(books):
    invoice, purchase = books.invoices.numbered(1003), books.purchases.numbered(1003)
    customer = next(iter(books.customers)).id
    return {
        **GIVEN,
        **dict.fromkeys(("CustomerID", "Customer2ID", "CustID", "CustomerId"), customer),
        **dict.fromkeys(("SupplierID", "SupplierId"), purchase.party),
        **dict.fromkeys(("InvoiceID", "InvoiceId"), invoice.id),
        "ReceiptId": purchase.id,
        "ReceiptID": next(row.id for row in books.purchases if row.attachments),
        "QuoteID": books.quotes.numbered(1006).id,
        "ProjId": next(iter(books.projects)).id,
        "ProductID": next(iter(books.sub_products)).id,
        "NominalID": next(row.id for row in books.nominals if row.code == 4010),
        "AccountID": next(iter(books.bank_accounts)).id,
    }


@pytest.mark.parametrize("name", READS)
def test_a_read_answers_as_the_service_description_says(demo, name):
    described = contract()
    exchange = described.exchanges[name]
    asked = Binder(described).parameters(None, exchange.request)
    told = given(demo)

    answer = OPERATIONS[name](demo, {key: told.get(key, missing) for key, missing in asked.items()})

    written = Writer(described).accepted(exchange, answer)
    assert f"<{name}Response" in written
    assert answer.result not in (None, {}, 0) or name == "IsOneSaaSEnabled"


def test_every_read_of_the_service_description_can_be_answered():
    assert {name for name in contract().exchanges if name.startswith(BEGINNINGS)} - set(OPERATIONS) == SECRET


def test_every_call_is_in_the_service_description():
    assert set(OPERATIONS) <= set(contract().exchanges)
    assert isinstance(OPERATIONS["GetCompanyDetails"](opened(), {}), Answer)
