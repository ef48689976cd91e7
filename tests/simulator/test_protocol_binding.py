# ruff: noqa: DTZ001 - KashFlow writes dates without a zone
"""What a request comes to mean: read by position, as .NET's XmlSerializer reads it."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import pytest
from protocol_envelopes import fault_of, post

from kf_mcp.simulator import Simulator
from kf_mcp.simulator.operations import OPERATIONS, Answer

TODAY = date(2026, 3, 14)


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@pytest.fixture
def heard(monkeypatch):
    """What the operations InsertInvoice and InsertInvoice_TypeDefined were given, in place of what they do."""
    requests = []

    def listen(books, request):
        requests.append(request)
        return Answer(7)

    monkeypatch.setitem(OPERATIONS, "InsertInvoice", listen)
    monkeypatch.setitem(OPERATIONS, "InsertInvoice_TypeDefined", listen)
    monkeypatch.setitem(OPERATIONS, "InsertInvoicePayment", listen)
    return requests


HEADER = "<InvoiceDBID>0</InvoiceDBID><InvoiceNumber>12</InvoiceNumber><CustomerID>47</CustomerID>"
LINE = "<Quantity>2</Quantity><Description>Hats</Description><Rate>1.50</Rate>"


async def test_what_is_missing_is_nought_false_nothing_or_the_first_of_january_of_the_year_1(client, heard):
    await post(client, "InsertInvoice_TypeDefined", "<Inv_TD />")

    invoice = heard[0]["Inv_TD"]
    assert invoice["InvoiceNumber"] == 0
    assert invoice["InvoiceDate"] == datetime(1, 1, 1)
    assert invoice["CustomerReference"] is None
    assert invoice["ExchangeRate"] == Decimal(0)
    assert invoice["Lines"] is None
    assert invoice["IsCISReverseCharge"] is False
    assert "Password" not in heard[0]


async def test_what_may_be_nothing_is_nothing_when_missing_or_nil(client, heard):
    await post(client, "InsertInvoice", '<Inv><CISRCNetAmount xsi:nil="true" /></Inv>')
    await post(client, "InsertInvoice", "<Inv><CISRCNetAmount>5.00</CISRCNetAmount></Inv>")

    assert [request["Inv"]["CISRCNetAmount"] for request in heard] == [None, Decimal("5.00")]
    assert heard[0]["Inv"]["IsCISReverseCharge"] is None


async def test_an_element_out_of_its_place_is_dropped_in_silence(client, heard):
    """Recorded by spree-kashflow 0.1.3: members in the wrong order arrived as 0."""
    await post(
        client, "InsertInvoice_TypeDefined", f"<Inv_TD><CustomerID>47</CustomerID>{HEADER}<Paid>1</Paid></Inv_TD>"
    )

    invoice = heard[0]["Inv_TD"]
    assert (invoice["CustomerID"], invoice["InvoiceNumber"], invoice["Paid"]) == (47, 0, 1)


@pytest.mark.parametrize(
    "stranger",
    [
        "<CustomerCode>ABC1</CustomerCode>",
        '<CustomerID xmlns="http://tempuri.org/">9</CustomerID>',
        "<!-- 9 -->",
        "text",
    ],
)
async def test_a_stranger_is_dropped_and_the_next_member_still_counts(client, heard, stranger):
    await post(
        client,
        "InsertInvoice_TypeDefined",
        f"<Inv_TD><InvoiceNumber>12</InvoiceNumber>{stranger}<CustomerID>47</CustomerID></Inv_TD>",
    )

    assert (heard[0]["Inv_TD"]["InvoiceNumber"], heard[0]["Inv_TD"]["CustomerID"]) == (12, 47)


async def test_typed_lines_are_read_as_they_stand(client, heard):
    lines = f"<Lines><InvoiceLine>{LINE}</InvoiceLine><InvoiceLine>{LINE}</InvoiceLine></Lines>"

    await post(client, "InsertInvoice_TypeDefined", f"<Inv_TD>{HEADER}{lines}</Inv_TD>")

    first, second = heard[0]["Inv_TD"]["Lines"]
    assert first == second
    assert (first["Quantity"], first["Description"], first["Rate"], first["VatRate"]) == (2, "Hats", Decimal("1.50"), 0)


async def test_a_wrapper_around_each_line_brings_no_line(client, heard):
    """Recorded by spree-kashflow: a number came back for an invoice without lines."""
    await post(
        client, "InsertInvoice_TypeDefined", f"<Inv_TD>{HEADER}<Lines>{LINE}</Lines><Lines>{LINE}</Lines></Inv_TD>"
    )

    assert heard[0]["Inv_TD"]["Lines"] == []


@pytest.mark.parametrize(
    ("named", "spaces"),
    [("InvoiceLine", ""), ("kf:InvoiceLine", 'xmlns:kf="KashFlow"'), ("x:InvoiceLine", 'xmlns:x="KashFlow"')],
)
async def test_a_line_that_may_be_anything_says_its_type_under_any_prefix(client, heard, named, spaces):
    line = f'<anyType xsi:type="{named}" {spaces}>{LINE}</anyType>'

    await post(client, "InsertInvoice", f"<Inv>{HEADER}<Lines>{line}</Lines></Inv>")

    assert heard[0]["Inv"]["Lines"][0]["Description"] == "Hats"


@pytest.mark.parametrize(
    "named", ["", 'xsi:type="ReceiptLine2"', 'xsi:type="xs:string" xmlns:xs="http://www.w3.org/2001/XMLSchema"']
)
async def test_a_line_without_its_type_is_a_fault_of_the_server(client, heard, named):
    """KashFlow's page for InsertInvoice: "you will receive an error"; that it is a fault is our choice."""
    content = "Hats" if "string" in named else LINE

    answer = await post(
        client, "InsertInvoice", f"<Inv>{HEADER}<Lines><anyType {named}>{content}</anyType></Lines></Inv>"
    )

    assert fault_of(answer)[0] == "soap:Server"
    assert "Unable to cast object of type" in fault_of(answer)[1]
    assert heard == []


async def test_a_type_that_kashflow_does_not_know_cannot_be_read(client, heard):
    line = '<anyType xsi:type="Hat">x</anyType>'

    answer = await post(client, "InsertInvoice", f"<Inv><Lines>{line}</Lines></Inv>")

    assert fault_of(answer)[0] == "soap:Client"
    assert "The specified type was not recognized: name='Hat', namespace='KashFlow', at <anyType" in fault_of(answer)[1]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-08-18", datetime(2026, 8, 18)),
        ("2026-08-18T22:44:00", datetime(2026, 8, 18, 22, 44)),
        ("2026-08-18T22:44:00.1234567", datetime(2026, 8, 18, 22, 44, 0, 123456)),
        ("2026-08-18T23:30:00Z", datetime(2026, 8, 18, 23, 30)),
        ("2026-08-18T23:30:00+00:00", datetime(2026, 8, 19, 0, 30)),
        ("2026-01-18T23:30:00-02:00", datetime(2026, 1, 19, 1, 30)),
        ("2026-08-18T24:00:00", datetime(2026, 8, 19)),
        ("0001-01-01T00:00:00", datetime(1, 1, 1)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1)),
        ("9999-12-31T23:59:59-12:00", datetime(9999, 12, 31, 23, 59, 59)),
        (" 2026-08 ", datetime(2026, 8, 1)),
    ],
)
async def test_dates_are_read_as_dot_net_reads_them(client, heard, sent, read):
    await post(client, "InsertInvoicePayment", f"<InvoicePayment><PayDate>{sent}</PayDate></InvoicePayment>")

    assert heard[0]["InvoicePayment"]["PayDate"] == read


async def test_text_arrives_as_it_was_written(client, heard):
    written = "A &amp; B &lt;Ltd&gt; <![CDATA[<b>]]> &#163;5 “quoted” é"

    await post(client, "InsertInvoice", f"<Inv><CustomerReference>{written}</CustomerReference></Inv>")

    assert heard[0]["Inv"]["CustomerReference"] == "A & B <Ltd> <b> £5 “quoted” é"
