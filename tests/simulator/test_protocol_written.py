"""Quotes, bank, journals, products and projects written by envelopes that were written by hand."""

from datetime import date

import httpx
import pytest
from protocol_envelopes import body_of, fault_of, members_of, post

from kf_mcp.simulator import Simulator

TODAY = date(2026, 11, 22)


@pytest.fixture
def simulator(tmp_path):
    return Simulator("empty", today=TODAY, state=tmp_path / "books.json")


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


async def result(client, operation, inside):
    answer = await post(client, operation, inside)
    said = members_of(answer)
    assert said["Status"] == "OK", said["StatusDetail"]
    return said.get(f"{operation}Result")


def nominal_of(simulator, code):
    return next(row["id"] for row in simulator.state()["nominals"] if row["code"] == code)


def account_of(simulator):
    return simulator.state()["bank_accounts"][0]["id"]


async def new_quote(client, simulator):
    customer = await result(client, "InsertCustomer", "<custr><Name>Hatter</Name></custr>")
    line = (
        f'<anyType xsi:type="InvoiceLine"><Quantity>2</Quantity><Description>Hats &amp; veils</Description><Rate>50</Rate>'
        f"<ChargeType>{nominal_of(simulator, 4000)}</ChargeType><VatRate>20</VatRate><VatAmount>20.00</VatAmount></anyType>"
    )
    header = f"<InvoiceDate>2026-11-05T00:00:00</InvoiceDate><CustomerID>{customer}</CustomerID>"
    return await result(client, "InsertQuote", f"<Quote>{header}<Lines>{line}</Lines></Quote>")


async def test_a_quote_is_written_turned_into_an_invoice_and_answered_as_one(client, simulator):
    key = await new_quote(client, simulator)

    asked = f"<QuoteID>{key}</QuoteID><CustomerID>0</CustomerID><CopyQuoteReference>1</CopyQuoteReference>"
    answer = await post(
        client, "ConvertQuoteToInvoice", f"{asked}<deleteQuoteAfterConversion>0</deleteQuoteAfterConversion>"
    )

    (invoice,) = simulator.state()["invoices"]
    shown = body_of(answer)[0]
    texts = [child.text for child in shown.iter("{KashFlow}Description")]
    assert texts == ["Hats & veils", f"Based on Quote Number {simulator.state()['quotes'][0]['number']}"]
    assert shown.findtext("{KashFlow}InvoiceDBID") == str(invoice["id"])
    assert shown.find("{KashFlow}IsCISReverseCharge").get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"
    assert (invoice["net"], invoice["vat"]) == ("100.00", "20.00")


def journal(simulator, type_name="JournalLine"):
    lines = "".join(
        f'<anyType xsi:type="{type_name}"><NominalID>{nominal_of(simulator, code)}</NominalID><Amount>{amount}</Amount>'
        "<Comment>Half year</Comment><ProjId>0</ProjId></anyType>"
        for code, amount in ((40, "164.50"), (8000, "-164.50"))
    )
    header = "<DBID>0</DBID><JournalNumber>0</JournalNumber><JournalDate>2026-11-05</JournalDate>"
    return f"<Jnl>{header}<Comment>Depreciation</Comment><Lines>{lines}</Lines></Jnl>"


async def test_a_journals_lines_name_their_type_and_its_number_is_the_answer(client, simulator):
    assert await result(client, "InsertJournal", journal(simulator)) == "1"

    (held,) = simulator.state()["journals"]
    assert [(row["nominal"], row["amount"]) for row in held["lines"]] == [(40, "-164.50"), (8000, "164.50")]
    code, text = fault_of(await post(client, "InsertJournal", journal(simulator, "InvoiceLine")))
    assert code == "soap:Server"
    assert "InvoiceLine" in text
    assert len(simulator.state()["journals"]) == 1


async def test_a_journal_that_does_not_balance_is_refused_in_band(client, simulator):
    answer = await post(client, "InsertJournal", journal(simulator).replace("-164.50", "-164.49"))

    assert (answer.status_code, members_of(answer)["Status"]) == (200, "NO")
    assert simulator.state()["journals"] == []


async def test_the_bank_the_catalogue_and_the_projects_are_written_and_kept_in_the_state_file(
    client, simulator, tmp_path
):
    account = await result(
        client, "CreateBankAccount", "<AccountName>Savings</AccountName><NominalCode>1210</NominalCode>"
    )
    row = (
        f"<bp><ID>0</ID><accid>{account}</accid><TransactionDate>2026-11-05T10:00:00</TransactionDate>"
        f"<moneyin>7.25</moneyin><moneyout>0</moneyout><TransactionType>{nominal_of(simulator, 4900)}</TransactionType>"
        "<Comment>Interest</Comment></bp>"
    )
    key = await result(client, "InsertBankTransaction", row)
    item = f"<sp><id>0</id><ParentID>{nominal_of(simulator, 4000)}</ParentID><Name>Hat</Name><Code>HAT</Code></sp>"
    product = await result(client, "AddOrUpdateSubProduct", item)
    project = await result(client, "InsertOrUpdateProject", "<Project><ID>0</ID><Name>Tea</Name></Project>")
    special = "<SpecialNominal><Name>Loan</Name><Code>2300</Code><TypeEnum>CapitalReserves</TypeEnum></SpecialNominal>"
    assert await result(client, "CreateSpecialNominal", special) is None

    again = Simulator("empty", today=TODAY, state=tmp_path / "books.json").state()
    assert again == simulator.state()
    assert [(row["id"], row["account"], row["money_in"]) for row in again["bank_transactions"]] == [
        (int(key), int(account), "7.25")
    ]
    assert [row["id"] for row in again["products"]] == [int(product)]
    assert [(row["id"], row["status"]) for row in again["projects"]] == [(int(project), 0)]
    assert next(row for row in again["nominals"] if row["code"] == 2300)["type"] == 6


async def test_an_update_and_a_deletion_in_the_bank_name_the_transaction_after_its_record(client, simulator):
    def row(amount):
        return (
            f"<bp><accid>{account_of(simulator)}</accid><TransactionDate>2026-11-05</TransactionDate>"
            f"<moneyout>{amount}</moneyout><TransactionType>{nominal_of(simulator, 7900)}</TransactionType></bp>"
        )

    key = await result(client, "InsertBankTransaction", row("5"))

    await result(client, "UpdateBankTransaction", f"{row('6')}<TransactionID>{key}</TransactionID>")
    assert [held["money_out"] for held in simulator.state()["bank_transactions"]] == ["6.00"]
    misplaced = await post(client, "UpdateBankTransaction", f"<TransactionID>{key}</TransactionID>{row('7')}")
    assert members_of(misplaced)["Status"] == "NO"

    await result(client, "DeleteBankTransaction", f"<TransactionID>{key}</TransactionID>")
    assert simulator.state()["bank_transactions"] == []
