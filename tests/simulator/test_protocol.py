"""The pretend KashFlow's SOAP: how it is reached, what cannot be read, and who may ask."""

from datetime import date

import httpx
import pytest
from protocol_envelopes import SOAP_12, URL, WHO, body_of, envelope, fault_of, headers, members_of, post

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


# --- how it is reached


async def test_a_soap_1_1_call_is_answered_in_soap_1_1(client):
    answer = await post(client, "GetCustomers")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert members_of(answer) == {"GetCustomersResult": None, "Status": "OK", "StatusDetail": None}


@pytest.mark.parametrize("action", ["KashFlow/GetCustomers", '"KashFlow/GetCustomers"'])
async def test_the_action_may_be_quoted_or_not(client, action):
    answer = await client.post(
        URL, content=envelope("GetCustomers"), headers={"Content-Type": "text/xml", "SOAPAction": action}
    )

    assert members_of(answer)["Status"] == "OK"


@pytest.mark.parametrize("action", ['; action="KashFlow/GetCustomers"', "; action=KashFlow/GetCustomers", ""])
async def test_soap_1_2_finds_the_call_by_its_action_or_by_its_body(client, action):
    answer = await client.post(
        URL,
        content=envelope("GetCustomers", namespace=SOAP_12),
        headers={"Content-Type": f"application/soap+xml; charset=utf-8{action}"},
    )

    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert body_of(answer).getparent().tag == f"{{{SOAP_12}}}Body"
    assert members_of(answer)["Status"] == "OK"


async def test_a_soap_1_2_envelope_sent_as_soap_1_1_is_understood(client):
    """Seen in production: kashflow-for-woocommerce."""
    answer = await post(client, "GetCustomers", namespace=SOAP_12)

    assert members_of(answer)["Status"] == "OK"


async def test_the_description_names_the_address_that_was_asked(client):
    answer = await client.get(f"{URL.upper().replace('HTTP://', 'http://')}?WSDL")

    assert b'location="http://kashflow.test/API/SERVICE.ASMX"' in answer.content
    assert b"securedwebapp" not in answer.content


async def test_the_service_page_names_the_operations(client):
    answer = await client.get(URL)

    assert answer.headers["content-type"].startswith("text/html")
    assert "GetInvoicePaymentsCountforDateRange" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("PUT", "/api/service.asmx", 405),
        ("POST", "/api/service.asmx/X", 500),
        ("GET", "/control/books", 404),
    ],
)
async def test_anything_else_is_a_page_for_people(client, method, path, status):
    answer = await client.request(method, f"http://kashflow.test{path}")

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


# --- what cannot be read


@pytest.mark.parametrize("who", [WHO, "<UserName>thief</UserName><Password>guess</Password>", ""])
async def test_a_bad_date_is_a_fault_before_anybody_looks_at_the_password(client, heard, who):
    """The inner text was recorded by spree-kashflow; the rest is ASP.NET's."""
    inside = "<InvoicePayment><PayDate>2026-08-18 10:53:48 UTC</PayDate></InvoicePayment>"

    answer = await post(client, "InsertInvoicePayment", inside, who=who)

    code, text = fault_of(answer)
    assert answer.status_code == 500
    assert code == "soap:Client"
    assert text.startswith("Server was unable to read request. ---> There is an error in XML document (1, ")
    assert text.endswith("---> The string '2026-08-18 10:53:48 UTC' is not a valid AllXsd value.")
    assert heard == []


@pytest.mark.parametrize(
    ("member", "text", "complaint"),
    [
        ("PayInvoice", "twelve", "Input string was not in a correct format."),
        ("PayInvoice", "", "Input string was not in a correct format."),
        ("PayInvoice", "1.5", "Input string was not in a correct format."),
        ("PayInvoice", "2147483648", "Value was either too large or too small for an Int32."),
        ("PayAmount", "1,000.00", "Input string was not in a correct format."),
        ("PayAmount", "1e3", "Input string was not in a correct format."),
        ("PayAmount", "", "Input string was not in a correct format."),
        ("PayAmount", "9" * 30, "Value was either too large or too small for a Decimal."),
        ("PayDate", "", "The string '' is not a valid AllXsd value."),
        ("PayDate", "14/03/2026", "The string '14/03/2026' is not a valid AllXsd value."),
        ("PayDate", "2026-02-30", "The string '2026-02-30' is not a valid AllXsd value."),
    ],
)
async def test_a_value_that_is_none_is_a_fault(client, heard, member, text, complaint):
    answer = await post(client, "InsertInvoicePayment", f"<InvoicePayment><{member}>{text}</{member}></InvoicePayment>")

    assert fault_of(answer) == ("soap:Client", fault_of(answer)[1])
    assert fault_of(answer)[1].endswith(f"---> {complaint}")
    assert heard == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not xml",
        "<s:Envelope",
        envelope("GetCustomers")[:-20],
        '<!DOCTYPE a [<!ENTITY b "c">]>' + envelope("GetCustomers").split("?>")[1],
        '<!DOCTYPE a SYSTEM "http://elsewhere.test/a.dtd">' + envelope("GetCustomers").split("?>")[1],
    ],
)
async def test_what_is_not_plain_xml_is_a_fault_of_the_client(client, body):
    answer = await client.post(URL, content=body, headers=headers("GetCustomers"))

    assert answer.status_code == 500
    assert fault_of(answer)[0] == "soap:Client"
    assert fault_of(answer)[1].startswith("Server was unable to read request. ---> There is an error in XML document (")


async def test_a_bomb_of_entities_does_no_harm(client):
    rows = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "x">{rows}]>' + envelope("GetCustomers", "&e11;").split("?>")[1]

    answer = await client.post(URL, content=bomb, headers=headers("GetCustomers"))

    assert fault_of(answer)[0] == "soap:Client"


async def test_a_request_past_eight_megabytes_is_not_read(client):
    answer = await client.post(URL, content=b" " * (8 * 1024 * 1024 + 1), headers=headers("GetCustomers"))

    assert answer.status_code == 413


@pytest.mark.parametrize("action", ["KashFlow/GetInvoiceByNumber", "GetCustomers", "urn:GetCustomers", ""])
async def test_an_action_that_does_not_exist_is_a_fault_of_the_client(client, action):
    answer = await client.post(
        URL, content=envelope("GetCustomers"), headers={"Content-Type": "text/xml", "SOAPAction": action}
    )

    expected = "recognize the value of HTTP Header SOAPAction" if action else "without a valid action parameter"
    assert fault_of(answer)[0] == "soap:Client"
    assert expected in fault_of(answer)[1]


async def test_what_is_no_envelope_is_a_version_mismatch(client):
    answer = await client.post(URL, content="<html/>", headers=headers("GetCustomers"))

    assert fault_of(answer)[0] == "soap:VersionMismatch"


async def test_json_gets_a_page_and_not_a_fault(client):
    answer = await client.post(URL, json={"UserName": "demo"})

    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")


async def test_soap_1_2_calls_the_culprits_sender_and_receiver(client):
    kind = {"Content-Type": "application/soap+xml"}

    unread = await client.post(URL, content="<a", headers=kind)
    unknown = await client.post(URL, content=envelope("AutoAuthIP"), headers=kind)

    assert fault_of(unread)[0] == "soap:Sender"
    assert fault_of(unknown) == ("soap:Receiver", "AutoAuthIP is not simulated yet.")


# --- who may ask


@pytest.mark.parametrize(
    "who",
    [
        "",
        "<UserName>demo</UserName>",
        "<UserName>demo</UserName><Password />",
        "<UserName>demo</UserName><Password>wrong</Password>",
        "<Password>demo</Password><UserName>demo</UserName>",
    ],
)
async def test_wrong_and_missing_credentials_get_the_same_no(client, who):
    """The text is recorded in the live failure tests of kashflow-export."""
    answer = await post(client, "GetCustomers", who=who)

    assert answer.status_code == 200
    assert members_of(answer) == {"Status": "NO", "StatusDetail": "Incorrect username or password"}


async def test_a_no_still_carries_numbers(client, simulator):
    """.NET cannot leave a number out: a client that reads the result first reads 0."""
    answer = await post(client, "InsertInvoice", who="")

    assert members_of(answer) == {
        "InsertInvoiceResult": "0",
        "Status": "NO",
        "StatusDetail": "Incorrect username or password",
    }


async def test_the_address_is_looked_at_after_the_password(client, simulator):
    simulator.ip_allowed = False

    stranger = await post(client, "GetCustomers", who="")
    owner = await post(client, "GetCustomers")

    assert members_of(stranger)["StatusDetail"] == "Incorrect username or password"
    assert members_of(owner)["StatusDetail"] == "The IP address of 127.0.0.1 is not in the access list"
