# ruff: noqa: DTZ001 - KashFlow writes dates without a zone
"""What is answered: in the order of the description, every value as .NET writes it."""

from datetime import date, datetime
from decimal import Decimal

import httpx
import pytest
from protocol_envelopes import fault_of, members_of, post

import kf_mcp.simulator
from kf_mcp.simulator import Simulator, Switches
from kf_mcp.simulator.operations import OPERATIONS, Answer, Refusal, Typed, operation
from kf_mcp.simulator.values import written

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


def answering(monkeypatch, operation, answer):
    monkeypatch.setitem(OPERATIONS, operation, lambda books, request: answer)


async def test_members_are_answered_in_the_order_of_the_description(client, monkeypatch):
    answering(monkeypatch, "GetReceipt2", Answer({"ReceiptNumber": 5}, detail="a notice"))
    answering(monkeypatch, "GetReceiptsWithPaging", Answer([], extra={"TotalPages": 3}))

    receipt = await post(client, "GetReceipt2")
    receipts = await post(client, "GetReceiptsWithPaging")

    assert list(members_of(receipt)) == ["GetReceipt2Result", "StatusDetail", "Status"]
    assert list(members_of(receipts).items())[1:] == [
        ("Status", "OK"),
        ("StatusDetail", None),
        ("PageNumber", "0"),
        ("TotalPages", "3"),
        ("TotalRecords", "0"),
    ]


async def test_a_value_is_written_as_dot_net_writes_it(client, monkeypatch):
    line = Typed("InvoiceLine", {"Quantity": Decimal("1.0000"), "Description": "A & B <\x01", "Rate": Decimal("-0.00")})
    invoice = {"InvoiceNumber": 12, "InvoiceDate": datetime(2026, 3, 14), "Customer": "", "Lines": [line]}
    answering(monkeypatch, "GetInvoice", Answer(invoice))

    answer = await post(client, "GetInvoice")

    text = answer.text
    assert "<InvoiceDate>2026-03-14T00:00:00</InvoiceDate><DueDate>0001-01-01T00:00:00</DueDate><Customer />" in text
    assert '<Lines><anyType xsi:type="InvoiceLine"><Quantity>1.0000</Quantity>' in text
    assert "<Description>A &amp; B &lt;&#x1;</Description><Rate>0.00</Rate>" in text
    assert '<CISRCNetAmount xsi:nil="true" />' in text
    assert "<UseCustomDeliveryAddress>false</UseCustomDeliveryAddress>" in text
    assert "CustomerReference" not in text


@pytest.mark.parametrize(("switch", "present"), [("element", True), ("absent", False)])
async def test_blank_details_and_lists_are_empty_or_left_out_by_switch(monkeypatch, switch, present):
    switches = Switches.parse([f"empty_detail={switch}", f"empty_list={switch}"])
    simulator = Simulator("empty", today=TODAY, switches=switches)
    client = httpx.AsyncClient(transport=simulator.transport())
    answering(monkeypatch, "GetCustomers", Answer([]))

    answer = await post(client, "GetCustomers")

    assert ("StatusDetail" in members_of(answer)) is present
    assert ("GetCustomersResult" in members_of(answer)) is present


async def test_a_refusal_is_a_no_with_its_sentence(client, monkeypatch):
    def refuse(books, request):
        raise Refusal("Customer Code is not unique")

    monkeypatch.setitem(OPERATIONS, "InsertCustomer", refuse)

    answer = await post(client, "InsertCustomer")

    assert members_of(answer) == {
        "InsertCustomerResult": "0",
        "Status": "NO",
        "StatusDetail": "Customer Code is not unique",
    }


async def test_a_failure_of_the_simulator_is_a_fault_without_its_insides(client, simulator, monkeypatch, caplog):
    def fail(books, request):
        raise ZeroDivisionError("secret insides")

    monkeypatch.setitem(OPERATIONS, "GetCustomers", fail)

    answer = await post(client, "GetCustomers")

    assert fault_of(answer)[0] == "soap:Server"
    assert "secret" not in answer.text
    assert simulator.problems == ["GetCustomers: ZeroDivisionError: secret insides"]
    assert "demo" not in caplog.text.replace("kf_mcp", "")


async def test_an_answer_that_the_description_does_not_know_is_a_failure(client, simulator, monkeypatch):
    answering(monkeypatch, "GetCustomers", Answer([{"CustomerId": 1}]))

    answer = await post(client, "GetCustomers")

    assert fault_of(answer)[0] == "soap:Server"
    assert simulator.problems == ["GetCustomers: KeyError: 'Customer has no CustomerId.'"]


async def test_one_record_serves_both_versions_of_a_type(client, monkeypatch):
    customer = {"CustomerID": 5, "EC": 1, "TradeBorderType": "EC"}
    answering(monkeypatch, "GetCustomer", Answer(customer))
    answering(monkeypatch, "GetCustomer2", Answer(customer))

    old, new = await post(client, "GetCustomer"), await post(client, "GetCustomer2")

    assert ("<EC>1</EC>" in old.text, "TradeBorderType" in old.text) == (True, False)
    assert ("<EC>" in new.text, "<TradeBorderType>EC</TradeBorderType>" in new.text) == (False, True)


async def test_books_out_of_balance_are_a_fault_and_remembered(client, simulator, monkeypatch):
    rows = [{"nominal": 1200, "debit": "10.00", "credit": "0.00"}]
    monkeypatch.setattr(simulator.books, "trial_balance", lambda: rows)

    answer = await post(client, "GetCustomers")

    assert fault_of(answer)[0] == "soap:Server"
    assert simulator.problems == ["After GetCustomers the pretend KashFlow's trial balance is out by 10.00."]


async def test_calls_are_remembered_without_what_they_carried(client, simulator):
    await post(client, "GetCustomers")
    await post(client, "GetCustomers", who="")
    await post(client, "AutoAuthIP")

    assert [(call.number, call.name, call.outcome) for call in simulator.calls] == [
        (1, "GetCustomers", "ok"),
        (2, "GetCustomers", "no"),
        (3, "AutoAuthIP", "fault"),
    ]


async def test_a_status_may_be_spelt_ok(hear):
    switches = kf_mcp.simulator.Switches.parse(["status_case=lower"])
    simulator = Simulator("empty", today=TODAY, switches=switches)
    client = httpx.AsyncClient(transport=simulator.transport())
    hear("GetCustomers", Answer([]))

    assert members_of(await post(client, "GetCustomers"))["Status"] == "Ok"


async def test_lists_of_anything_hold_plain_values_that_say_their_kind(client, hear):
    hear("GetInvoice", Answer({"Lines": [Decimal("1.50"), 2, True, "a & b"]}))

    answer = await post(client, "GetInvoice")

    assert (
        '<anyType xsi:type="xsd:decimal">1.50</anyType><anyType xsi:type="xsd:int">2</anyType>'
        '<anyType xsi:type="xsd:boolean">true</anyType><anyType xsi:type="xsd:string">a &amp; b</anyType>'
    ) in answer.text


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer({"CustomerID": None}), "TypeError: CustomerID cannot be nothing."),
        (Answer({"CustomerID": 1.0}), "TypeError: 1.0 is not a whole number."),
        (Answer({"Discount": 0.1}), "TypeError: 0.1 is not a Decimal."),
        (Answer({"Created": "today"}), "TypeError: 'today' is not a date."),
        (Answer({}, extra={"PageNumber": 1}), "KeyError: 'GetCustomer has no PageNumber.'"),
    ],
)
async def test_an_answer_of_the_wrong_kind_is_a_failure_of_the_simulator(client, simulator, hear, answer, problem):
    hear("GetCustomer", answer)

    reply = await post(client, "GetCustomer")

    assert fault_of(reply)[0] == "soap:Server"
    assert simulator.problems == [f"GetCustomer: {problem}"]


async def test_an_answer_to_a_call_without_result_has_none(client, hear):
    hear("UpdateInvoice", Answer())

    assert list(members_of(await post(client, "UpdateInvoice"))) == ["Status", "StatusDetail"]


async def test_a_line_that_may_be_anything_must_say_what_it_is(client, simulator, hear):
    hear("GetInvoice", Answer({"Lines": [{"Rate": Decimal(1)}]}))

    await post(client, "GetInvoice")

    assert simulator.problems[0].endswith("anyType may hold anything, so what it holds must say its type.")


def test_a_date_is_written_at_midnight_and_bytes_in_base_64():
    assert written("dateTime", date(1, 1, 1)) == "0001-01-01T00:00:00"
    assert written("base64Binary", b"hats") == "aGF0cw=="


def test_a_call_is_entered_in_the_list_once():
    name = next(iter(OPERATIONS))

    with pytest.raises(ValueError, match=f"{name} is already in the list of calls"):
        operation(name)(OPERATIONS[name])
