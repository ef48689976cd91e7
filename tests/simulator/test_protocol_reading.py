"""Rare requests: every kind of value, other encodings, headers, types that are not expected."""

from datetime import date
from decimal import Decimal

import httpx
import pytest
from protocol_envelopes import SOAP_12, URL, WHO, envelope, fault_of, headers, members_of, post

from kf_mcp.simulator import Simulator
from kf_mcp.simulator.operations import OPERATIONS, Answer
from kf_mcp.simulator.schema import contract

TODAY = date(2026, 3, 14)
ONE = Answer(1)


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@pytest.fixture
def hear(monkeypatch):
    """Let an operation listen: what it was given is kept, and it answers with what it is told to."""

    def listen(name, answer=ONE):
        requests = []
        monkeypatch.setitem(OPERATIONS, name, lambda books, request: requests.append(request) or answer)
        return requests

    return listen


async def test_every_kind_of_value_is_read(client, hear):
    heard = hear("InsertInvoice_TypeDefined")
    line = "<InvoiceLine><Rate>.5</Rate><ValuesInCurrency>1</ValuesInCurrency></InvoiceLine>"
    empty = "<InvoiceLine><Rate>1.</Rate><ValuesInCurrency /></InvoiceLine>"
    fine = f"<InvoiceLine><Rate>0.{'1' * 40}</Rate></InvoiceLine>"

    await post(
        client,
        "InsertInvoice_TypeDefined",
        f"<Inv_TD><Lines>{line}{empty}{fine}</Lines><IsCISReverseCharge> 1 </IsCISReverseCharge></Inv_TD>",
    )

    lines = heard[0]["Inv_TD"]["Lines"]
    assert [(line["Rate"], line["ValuesInCurrency"]) for line in lines] == [
        (Decimal("0.5"), 1),
        (Decimal(1), None),
        (Decimal("0." + "1" * 28), None),
    ]
    assert heard[0]["Inv_TD"]["IsCISReverseCharge"] is True


async def test_bytes_and_listed_values_are_read(client, hear):
    files, accounts = hear("SageFile", Answer("")), hear("CreateAccount2")

    await post(client, "SageFile", "<buffer>aGF0\ncw==</buffer>", who="")
    await post(client, "CreateAccount2", "<clientAccount><VATRegisteredIn>UK</VATRegisteredIn></clientAccount>", who="")

    assert files[0]["buffer"] == b"hats"
    assert accounts[0]["clientAccount"]["VATRegisteredIn"] == "UK"


@pytest.mark.parametrize(
    ("call", "inside", "complaint"),
    [
        ("SageFile", "<buffer>!</buffer>", "The input is not a valid Base-64 string."),
        (
            "CreateAccount2",
            "<clientAccount><VATRegisteredIn>EC</VATRegisteredIn></clientAccount>",
            "Instance validation error: 'EC' is not a valid value for RegisteredIn.",
        ),
        (
            "InsertCustomer",
            "<custr><ShowDiscount>yes</ShowDiscount></custr>",
            "The string 'yes' is not a valid Boolean value.",
        ),
        (
            "InsertCustomer",
            "<custr><CustomerID xsi:nil='true' /></custr>",
            "Input string was not in a correct format.",
        ),
        (
            "InsertInvoice",
            "<Inv><CISRCNetAmount xsi:nil='perhaps' /></Inv>",
            "The string 'perhaps' is not a valid Boolean value.",
        ),
        (
            "InsertCustomer",
            "<custr><Name><b>Hats</b></Name></custr>",
            "on elements with simple or empty content.",
        ),
        (
            "InsertCustomer",
            '<custr xsi:type="Supplier" />',
            "name='Supplier', namespace='KashFlow', at <custr xmlns='KashFlow'>.",
        ),
        (
            "CreateSpecialNominal",
            '<SpecialNominal xsi:type="ResourceBase" />',
            "name='ResourceBase', namespace='KashFlow', at <SpecialNominal xmlns='KashFlow'>.",
        ),
        (
            "InsertInvoice",
            '<Inv><Lines><anyType xsi:type="ResourceBase" /></Lines></Inv>',
            "The specified type is abstract: name='ResourceBase', namespace='KashFlow'.",
        ),
    ],
)
async def test_what_cannot_be_read_is_named_as_dot_net_names_it(client, call, inside, complaint):
    answer = await post(client, call, inside)

    assert fault_of(answer)[0] == "soap:Client"
    assert fault_of(answer)[1].endswith(complaint)


async def test_a_type_that_names_itself_is_read_and_one_built_upon_another_has_both_s_members(client, hear):
    heard = hear("CreateSpecialNominal", Answer())

    await post(client, "CreateSpecialNominal", '<SpecialNominal xsi:type="SpecialNominal"><Id>5</Id></SpecialNominal>')

    assert heard[0]["SpecialNominal"]["Id"] == 5
    assert contract().shapes["ProductsFull"].members[:2] == contract().shapes["Product"].members[:2]


async def test_a_request_nested_without_end_is_refused(client):
    opened = '<Lines><anyType xsi:type="Invoice">' * 40
    closed = "</anyType></Lines>" * 40

    answer = await post(client, "InsertInvoice", f"<Inv>{opened}{closed}</Inv>")

    assert fault_of(answer)[1].endswith("The request is nested too deeply.")


@pytest.mark.parametrize(("encoding", "declared"), [("utf-16", ""), ("iso-8859-1", "; charset=iso-8859-1")])
async def test_other_encodings_are_read(client, hear, encoding, declared):
    heard = hear("GetCustomer", Answer({}))
    text = envelope("GetCustomer", "<CustomerCode>Café</CustomerCode>").split("?>")[1]

    await client.post(
        URL,
        content=text.encode(encoding),
        headers={"Content-Type": f"text/xml{declared}", "SOAPAction": "KashFlow/GetCustomer"},
    )

    assert heard == [{"CustomerCode": "Café"}]


async def test_an_unknown_encoding_cannot_be_read(client):
    answer = await client.post(
        URL,
        content=envelope("GetCustomers"),
        headers=headers("GetCustomers") | {"Content-Type": "text/xml; charset=klingon"},
    )

    assert fault_of(answer)[0] == "soap:Client"


async def test_a_header_that_must_be_understood_is_not(client):
    body = envelope("GetCustomers").replace(
        "<s:Body>", '<s:Header><Trace xmlns="urn:x" /><Token xmlns="urn:x" s:mustUnderstand="1" /></s:Header><s:Body>'
    )

    answer = await client.post(URL, content=body, headers=headers("GetCustomers"))

    assert fault_of(answer) == ("soap:MustUnderstand", "SOAP header Token was not understood.")


@pytest.mark.parametrize("inside", ["", "<a />", f"<GetCustomers>{WHO}</GetCustomers>"])
async def test_soap_1_2_without_action_and_without_call_is_a_fault(client, inside):
    body = f'<s:Envelope xmlns:s="{SOAP_12}"><s:Body>{inside}</s:Body></s:Envelope>'

    answer = await client.post(URL, content=body, headers={"Content-Type": "application/soap+xml"})

    assert fault_of(answer)[0] == "soap:Sender"


async def test_a_body_that_holds_another_call_than_the_action_names_brings_no_password(client):
    body = envelope("GetCustomers")

    answer = await client.post(URL, content=body, headers=headers("InsertCustomer"))

    assert members_of(answer)["StatusDetail"] == "Incorrect username or password"
