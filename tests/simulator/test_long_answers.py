"""Answers that are too long to be held: made row by row while they are sent, and the same to the byte."""

import asyncio
from datetime import date, datetime
from decimal import Decimal
from functools import partial

import httpx
import pytest
from lxml import etree
from protocol_envelopes import URL, envelope, headers, post

from kf_mcp.simulator import Simulator, serve, service
from kf_mcp.simulator.operations import OPERATIONS, Answer, Rows, Typed
from kf_mcp.simulator.schema import contract
from kf_mcp.simulator.worlds import WORLDS
from kf_mcp.simulator.worlds.large import build, scaled

TODAY = date(2026, 3, 14)
YEAR = {"StartDate": "2025-03-14T00:00:00", "EndDate": "2026-03-14T00:00:00"}
LISTS = [
    ("GetCustomers", {}),
    ("GetCustomers2", {}),
    ("GetInvoicesByDateRange", YEAR),
    ("GetInvoices_Unpaid", {}),
    ("GetInvoices_Unpaid_TypeDefined", {}),
    ("GetSuppliers2", {}),
]
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def inside(asked):
    return "".join(f"<{name}>{value}</{name}>" for name, value in asked.items())


def asking(operation):
    return {"content": envelope(operation).encode(), "headers": headers(operation)}


@pytest.fixture
def simulator(monkeypatch):
    monkeypatch.setitem(WORLDS, "large", partial(build, size=scaled(200)))
    return Simulator("large", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@pytest.fixture
def long_answers(monkeypatch):
    """Every answer of more than a few rows is long here."""

    def begin():
        monkeypatch.setattr(service, "HELD", 10_000)
        monkeypatch.setattr(service, "PIECE", 3_000)

    return begin


@pytest.mark.parametrize(("operation", "asked"), LISTS)
async def test_a_long_answer_is_the_same_to_the_byte_as_one_that_is_held(client, long_answers, operation, asked):
    held = await post(client, operation, inside(asked))
    long_answers()
    sent = await post(client, operation, inside(asked))

    assert sent.content == held.content
    assert len(held.content) > 15_000
    assert "content-length" in held.headers
    assert "content-length" not in sent.headers


@pytest.mark.parametrize(("operation", "asked"), LISTS)
async def test_what_is_sent_is_what_a_tree_of_the_same_rows_would_be(client, simulator, long_answers, operation, asked):
    """The tree is built here, member by member in the order of the description, and compared."""
    long_answers()
    dates = {name: datetime.fromisoformat(value) for name, value in asked.items()}
    rows = OPERATIONS[operation](simulator.books, dates).result

    sent = await post(client, operation, inside(asked))

    result = etree.fromstring(sent.content).find(f".//{{KashFlow}}{operation}Result")
    kind = contract().exchanges[operation].result.kind
    expected = etree.Element(f"{{KashFlow}}{operation}Result", nsmap=result.nsmap)
    _grow_list(expected, kind, rows)
    assert _told(result) == _told(expected)


def _grow_list(element, kind, rows):
    item = contract().shapes[kind].item
    for row in rows:
        child = etree.SubElement(element, f"{{KashFlow}}{item.name}")
        if isinstance(row, Typed):
            child.set(f"{XSI}type", row.type_name)
        _grow(child, *((row.type_name, row.members) if isinstance(row, Typed) else (item.kind, row)))


def _grow(element, kind, values):
    for member in contract().shapes[kind].members:
        value = values.get(member.name)
        if value is None and not member.nillable and member.kind not in {"int", "decimal", "boolean", "dateTime"}:
            continue
        child = etree.SubElement(element, f"{{KashFlow}}{member.name}")
        if value is None and member.nillable:
            child.set(f"{XSI}nil", "true")
        elif isinstance(value, dict):
            _grow(child, member.kind, value)
        elif isinstance(value, list):
            _grow_list(child, member.kind, value)
        else:
            missing = {"int": "0", "decimal": "0", "boolean": "false", "dateTime": "0001-01-01T00:00:00"}
            child.text = missing[member.kind] if value is None else _text(value)


def _told(element):
    """All that an element says; lxml's own canonical form refuses a namespace that is a bare word."""
    return element.tag, dict(element.attrib), element.text, [_told(child) for child in element]


def _text(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime(f"{value.year:04d}-%m-%dT%H:%M:%S")
    return f"{value:f}" if isinstance(value, Decimal) else str(value) or None


async def test_rows_are_written_only_as_they_are_sent(simulator, long_answers, monkeypatch):
    long_answers()
    shown = []
    monkeypatch.setitem(OPERATIONS, "GetCustomers", lambda *_: Answer(Rows(range(500), partial(_customer, shown))))

    async with (
        httpx.AsyncClient(transport=simulator.transport()) as client,
        client.stream("POST", URL, **asking("GetCustomers")) as answer,
    ):
        assert 0 < len(shown) < 100
        async for _ in answer.aiter_raw():
            pass

    assert shown == list(range(500))


def _customer(shown, place):
    shown.append(place)
    return {"CustomerID": place}


def _failing(place):
    return {"CustomerID": 1 // (400 - place)}


async def test_a_failure_in_the_middle_cuts_the_connection_and_is_remembered(
    simulator, client, long_answers, monkeypatch
):
    long_answers()
    monkeypatch.setitem(OPERATIONS, "GetCustomers", lambda *_: Answer(Rows(range(500), _failing)))
    ports = asyncio.Queue()
    serving = asyncio.create_task(serve(simulator, 0, ready=ports.put_nowait))
    url = f"http://127.0.0.1:{await ports.get()}/api/service.asmx"

    with pytest.raises(httpx.RemoteProtocolError):
        await post(client, "GetCustomers")
    async with httpx.AsyncClient() as over_a_socket:
        with pytest.raises(httpx.RemoteProtocolError):
            await over_a_socket.post(url, **asking("GetCustomers"))
        assert (await over_a_socket.post(url, **asking("GetSuppliers2"))).status_code == 200
    serving.cancel()
    await asyncio.wait({serving})

    assert [problem.partition(":")[0] for problem in simulator.problems] == ["GetCustomers"] * 2


async def test_others_are_answered_while_a_long_list_is_sent(simulator, long_answers):
    long_answers()
    ports = asyncio.Queue()
    serving = asyncio.create_task(serve(simulator, 0, ready=ports.put_nowait))
    url = f"http://127.0.0.1:{await ports.get()}/api/service.asmx"

    async with httpx.AsyncClient() as client, client.stream("POST", url, **asking("GetCustomers")) as answer:
        pieces = answer.aiter_raw()
        first = await anext(pieces)
        other = await client.post(url, **asking("GetCompanyDetails"))
        rest = b"".join([piece async for piece in pieces])
    serving.cancel()
    await asyncio.wait({serving})

    assert b"<Status>OK</Status>" in other.content
    assert answer.headers["transfer-encoding"] == "chunked"
    assert (first + rest).count(b"<Customer>") == len(simulator.books.customers)


async def test_a_change_made_meanwhile_is_not_in_a_list_that_was_asked_for_before(simulator, client, long_answers):
    long_answers()
    last = list(simulator.books.customers)[-1]

    async with client.stream("POST", URL, **asking("GetCustomers")) as answer:
        with simulator.books.call():
            simulator.books.customers.drop(last)
        sent = b"".join([piece async for piece in answer.aiter_raw()])

    assert f"<CustomerID>{last.id}</CustomerID>".encode() in sent


async def test_a_mishap_spoils_a_long_answer_as_it_spoils_a_short_one(simulator, client, long_answers):
    whole = await post(client, "GetCustomers")
    long_answers()
    simulator.mishaps.add("GetCustomers", "truncated_xml")
    cut = await post(client, "GetCustomers")
    simulator.mishaps.add("GetCustomers", "huge")
    async with client.stream("POST", URL, **asking("GetCustomers")) as answer:
        length = int(answer.headers["content-length"])

    assert cut.content == whole.content[: len(whole.content) * 2 // 3]
    assert length > 80_000_000
