"""The pretend KashFlow on a port: raw sockets, the control pages, the state file, and another server's hands."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from datetime import date

import httpx
import pytest
from protocol_envelopes import URL, envelope, fault_of, members_of, post

from kf_mcp.simulator import Simulator, serve
from kf_mcp.simulator.mishaps import MISHAPS
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.simulator.schema import contract

TODAY = date(2026, 3, 14)
CONTROL = "http://kashflow.test/control"
CUSTOMER = "<custr><Code>HATS01</Code><Name>Hats</Name></custr>"


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY, control=True)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@asynccontextmanager
async def served(simulator):
    """A simulator on a port of its own."""
    port = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(simulator, 0, ready=port.set_result))
    try:
        yield await port
    finally:
        task.cancel()
        await asyncio.wait({task})


def raw(operation, extra="", body=None):
    body = envelope(operation).encode() if body is None else body
    return (
        f"POST /api/service.asmx HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n{extra}"
        f"SOAPAction: KashFlow/{operation}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode(), body


# --- raw sockets


async def test_one_connection_serves_many_requests(simulator):
    async with served(simulator) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = []
        for _ in range(3):
            head, body = raw("GetCustomers")
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answers.append((answer.split(b"\r\n")[0], (await reader.readexactly(length))[-16:]))
        writer.close()

    assert answers == [(b"HTTP/1.1 200 ", b"</soap:Envelope>")] * 3


async def test_a_client_that_asks_before_it_sends_is_told_to_go_on(simulator):
    """.NET's and PHP's clients send Expect: 100-continue."""
    async with served(simulator) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head, body = raw("GetCustomers", "Expect: 100-continue\r\n")
        writer.write(head)
        first = await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        second = await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert first.startswith(b"HTTP/1.1 100 ")
    assert second.startswith(b"HTTP/1.1 200 ")


async def test_who_asks_for_refusals_still_gets_the_answer(simulator):
    async with served(simulator) as port, httpx.AsyncClient() as client:
        asked = await client.post(
            f"http://127.0.0.1:{port}/control/mishaps", json={"operation": "*", "mishap": "refuse_connection"}
        )
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/control/books")

    assert asked.json() == {"operation": "*", "name": "refuse_connection", "times": 1, "seconds": 1.0}


@pytest.mark.parametrize("mishap", ["lose_answer", "cut_before"])
async def test_a_cut_connection_ends_without_a_byte(simulator, mishap):
    simulator.mishaps.add("GetCustomers", mishap)
    async with served(simulator) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(raw("GetCustomers")))
        answer = await reader.read()
        writer.close()

    assert answer == b""


async def test_what_is_no_http_gets_a_400(simulator):
    async with served(simulator) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GIVE me the books\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_request_past_eight_megabytes_is_turned_away_on_a_socket_too(simulator):
    async with served(simulator) as port, httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/api/service.asmx", content=b" " * 9_000_000)

    assert answer.status_code == 413


async def test_a_client_that_hangs_up_in_the_middle_harms_nobody(simulator):
    async with served(simulator) as port, httpx.AsyncClient() as client:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(raw("GetCustomers")[0] + b"<half")
        writer.close()

        answer = await post(client, "GetCustomers", url=f"http://127.0.0.1:{port}/api/service.asmx")

    assert answer.status_code == 200


async def test_a_cancelled_server_leaves_the_port_free(simulator):
    async with served(simulator) as port, httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{port}/api/service.asmx?WSDL")

    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def test_another_asgi_server_may_carry_it(simulator):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as client:
        answer = await post(client, "GetCustomers")
        description = await client.get(f"{URL}?wsdl")

    assert members_of(answer)["Status"] == "OK"
    assert b"kashflow.test" in description.content


# --- control


async def test_control_shows_the_books_and_the_calls(client):
    await post(client, "InsertCustomer", CUSTOMER)

    books = (await client.get(f"{CONTROL}/books")).json()
    calls = (await client.get(f"{CONTROL}/calls")).json()

    assert [(row["code"], row["name"]) for row in books["customers"]] == [("HATS01", "Hats")]
    assert [(call["number"], call["name"], call["outcome"]) for call in calls] == [(1, "InsertCustomer", "ok")]


async def test_control_schedules_and_clears_mishaps(client, simulator):
    mishap = {"operation": "GetCustomers", "mishap": "slow", "seconds": 9}
    scheduled = await client.post(f"{CONTROL}/mishaps", json=mishap)
    listed = (await client.get(f"{CONTROL}/mishaps")).json()
    await client.delete(f"{CONTROL}/mishaps")

    assert scheduled.json() == {"operation": "GetCustomers", "name": "slow", "times": 1, "seconds": 9}
    assert listed == [scheduled.json()]
    assert simulator.mishaps.scheduled() == ()


@pytest.mark.parametrize("address", [CONTROL, f"{CONTROL}/"])
async def test_control_lists_its_pages_and_the_mishaps_with_their_sentences(client, address):
    answer = await client.get(address)

    listed = answer.json()
    assert answer.status_code == 200
    assert listed["mishaps"] == dict(MISHAPS)
    for path, methods in listed["pages"].items():
        for method in ("GET", "POST", "DELETE", "PUT"):
            body = b"" if method == "GET" else b"[]"
            known = (await client.request(method, f"http://kashflow.test{path}", content=body)).status_code != 405
            assert known == any(said.startswith(f"{method}: ") for said in methods), (method, path)


async def test_control_is_not_there_unless_it_was_asked_for():
    async with httpx.AsyncClient(transport=Simulator("empty", today=TODAY).transport()) as client:
        answers = [await client.get(f"{CONTROL}{rest}") for rest in ("", "/", "/books")]

    assert [answer.status_code for answer in answers] == [404] * 3


async def test_control_opens_a_world_anew(client, simulator):
    await post(client, "InsertCustomer", CUSTOMER)
    simulator.mishaps.add("*", "late")

    answer = await client.post(f"{CONTROL}/world", json={"world": "empty"})

    assert answer.json() == {"world": "empty"}
    assert (simulator.state()["customers"], simulator.calls, simulator.mishaps.scheduled()) == ([], [], ())


@pytest.mark.parametrize(
    ("asked", "body", "status", "said"),
    [
        ("GET book", b"", 404, "There is no /control/book; there are /control/books, "),
        ("PUT books", b"", 405, "/control/books knows GET, not PUT."),
        ("POST mishaps", b"{", 400, "The body is not JSON: "),
        ("POST mishaps", b"[]", 400, "The body must be a JSON object."),
        ("POST mishaps", b'{"operation": "*"}', 400, "Missing: mishap."),
        ("POST mishaps", b'{"operation": "*", "mishap": "late", "time": 1}', 400, "Unknown: time. Known: "),
        ("POST mishaps", b'{"operation": "*", "mishap": ["late"]}', 400, "There is no mishap ['late']."),
        ("POST mishaps", b'{"operation": {}, "mishap": "late"}', 400, "KashFlow has no operation {}."),
        (
            "POST mishaps",
            b'{"operation": "GetCustomer5", "mishap": "late"}',
            400,
            "KashFlow has no operation 'GetCustomer5'. The nearest is GetCustomer",
        ),
        ("POST mishaps", b'{"operation": "*", "mishap": "slo"}', 400, "There is no mishap 'slo'. The nearest is slow."),
        ("POST world", b'{"world": 1}', 400, "world must be a name."),
        ("POST world", b'{"world": "demmo"}', 400, ""),
    ],
)
async def test_control_says_what_is_wrong(client, asked, body, status, said):
    method, page = asked.split()

    answer = await client.request(method, f"{CONTROL}/{page}", content=body)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(said)


# --- the state file


async def test_the_books_survive_in_their_file(tmp_path):
    file = tmp_path / "books.json"
    first = Simulator("empty", today=TODAY, state=file)
    async with httpx.AsyncClient(transport=first.transport()) as client:
        await post(client, "InsertCustomer", CUSTOMER)
    before = first.state()

    second = Simulator("demo", state=file)

    assert second.state() == before
    assert [path.name for path in tmp_path.iterdir()] == ["books.json"]


async def test_reading_does_not_touch_the_file(tmp_path):
    simulator = Simulator("empty", today=TODAY, state=tmp_path / "books.json")
    async with httpx.AsyncClient(transport=simulator.transport()) as client:
        await post(client, "GetCustomers")

    assert list(tmp_path.iterdir()) == []


async def test_what_could_not_be_kept_did_not_happen(tmp_path):
    simulator = Simulator("empty", today=TODAY, state=tmp_path / "no" / "such" / "folder" / "books.json")
    async with httpx.AsyncClient(transport=simulator.transport()) as client:
        answer = await post(client, "InsertCustomer", CUSTOMER)

    assert fault_of(answer)[0] == "soap:Server"
    assert simulator.state()["customers"] == []


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"other": 1})])
def test_a_file_that_holds_no_books_is_refused(tmp_path, text):
    file = tmp_path / "books.json"
    file.write_text(text, "utf-8")

    with pytest.raises(ValueError, match="does not hold the books of a pretend KashFlow"):
        Simulator("empty", today=TODAY, state=file)


def test_every_registered_call_is_one_of_kashflow_s(simulator):
    assert set(OPERATIONS) <= set(contract().exchanges)
    assert len(contract().exchanges) == 192
