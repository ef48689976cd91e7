"""A service that means harm beyond its XML: answers without end, bombs in compression, trickles, redirects. Each is bounded.

The ordinary run keeps the limits of time short; `KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_hostile_answers.py` streams a
whole gigabyte.
"""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import HATS, a_company, open_desk, real_account
from measured import within
from mutants import IS_LONG
from pydantic import SecretStr

from kf_mcp.errors import Failure, OutcomeUnknown, Unavailable
from kf_mcp.kashflow import connection as connection_module
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.customers import MEMBERS, to_customer
from kf_mcp.kashflow.steps import KINDS
from kf_mcp.settings import Settings

WIRE = Path(__file__).parent.parent / "wire" / "answers"
CUSTOMERS = (WIRE / "GetCustomers.two.xml").read_bytes()
HEAD, TAIL = CUSTOMERS[: CUSTOMERS.index(b"<Customer>")], CUSTOMERS[CUSTOMERS.rindex(b"</Customer>") + 11 :]
FAT_ROW = b"<Customer><CustomerID>7</CustomerID><!--%s--></Customer>" % (b"x" * 65_000)
GIGABYTE = 2**30
MEGABYTE = 2**20
assert KINDS  # importing them is what allows a connection to write


class Pieces(httpx.AsyncByteStream):
    """A body that is made while it is read, with a pause before each piece."""

    def __init__(self, pieces: Iterator[bytes], pause: float = 0) -> None:
        self._pieces = pieces
        self._pause = pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await asyncio.sleep(self._pause)
            yield piece


def answering(make: Callable[[], Iterator[bytes]], pause: float = 0, **headers: str) -> httpx.MockTransport:
    """A service that always answers so; `headers` with their underscores as hyphens."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.MockTransport(lambda _: httpx.Response(200, headers=said, stream=Pieces(make(), pause)))


def connection(transport: httpx.AsyncBaseTransport | None, timeout: float = 30, **more: Any) -> Connection:
    return Connection(Settings(username="demo", password=SecretStr("hunter2"), timeout=timeout, **more), transport)


def rows(soap: Connection) -> Awaitable[list[Any]]:
    return soap.stream("GetCustomers", "Customer", to_customer, wanted=MEMBERS)


def refund(soap: Connection) -> Awaitable[Any]:
    """A write, as the steps send it."""
    return soap.write("DeleteInvoicePayment", InvoiceNumber=1, InvoicePaymentNumber=7)


async def test_an_answer_past_64_megabytes_is_given_up() -> None:
    soap = connection(answering(lambda: chain([HEAD], repeat(b" " * 65_536))))

    with within(seconds=20, megabytes=300), pytest.raises(Unavailable, match="larger than 64 MB"):
        await soap.read("GetCustomer", CustomerCode="X")


async def test_a_write_whose_answer_is_past_64_megabytes_is_unknown() -> None:
    soap = connection(answering(lambda: chain([HEAD], repeat(b" " * 65_536))))

    with within(seconds=20, megabytes=300), pytest.raises(OutcomeUnknown, match="larger than 64 MB"):
        await refund(soap)


async def test_a_list_past_a_gigabyte_is_given_up_and_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = GIGABYTE if IS_LONG else 64 * MEGABYTE
    monkeypatch.setattr(connection_module, "LARGEST_STREAM", largest)
    told: list[int] = []

    def endless() -> Iterator[bytes]:
        yield HEAD
        while True:
            told.append(len(FAT_ROW))
            yield FAT_ROW

    soap = connection(answering(endless))

    with within(seconds=120, megabytes=150), pytest.raises(Unavailable, match=f"larger than {largest // MEGABYTE} MB"):
        await rows(soap)
    assert largest < sum(told) / 3 < largest + MEGABYTE  # three tries


async def test_a_list_of_nearly_a_gigabyte_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    count = (GIGABYTE if IS_LONG else 64 * MEGABYTE) // len(FAT_ROW) - 2
    soap = connection(answering(lambda: chain([HEAD], repeat(FAT_ROW, count), [TAIL])))

    with within(seconds=60, megabytes=150):
        found = await rows(soap)

    assert [customer.id for customer in found] == [7] * count


@cache
def bomb(layers: int, megabytes: int) -> bytes:
    """So many megabytes of blanks, packed so often."""
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = b"".join([packer.compress(b" " * MEGABYTE) for _ in range(megabytes)] + [packer.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


async def test_a_bomb_in_one_compression_is_bounded_like_any_answer() -> None:
    packed = bomb(1, 2_000 if IS_LONG else 100)
    cut = [packed[n : n + 65_536] for n in range(0, len(packed), 65_536)]
    soap = connection(answering(lambda: iter(cut), content_encoding="gzip"))

    with within(seconds=60, megabytes=400), pytest.raises(Unavailable):
        await soap.read("GetCustomer", CustomerCode="X")
    with within(seconds=60, megabytes=400), pytest.raises(Unavailable):
        await rows(soap)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip", "deflate, gzip", "gzip, gzip, gzip"])
async def test_a_bomb_in_two_compressions_is_not_unpacked(encoding: str) -> None:
    """httpx unpacks as many as the headers name, a packet of 64 kB into gigabytes at once."""
    packed = bomb(2, 200)
    assert len(packed) < 65_536
    soap = connection(answering(lambda: iter([packed]), content_encoding=encoding))

    async def refused(call: Awaitable[Any]) -> None:
        with pytest.raises(Unavailable, match="compressed more than once"):
            await call

    with within(seconds=20, megabytes=50):
        await asyncio.gather(refused(soap.read("GetCustomer", CustomerCode="X")), refused(rows(soap)))


async def test_what_only_says_that_it_is_compressed_is_no_answer() -> None:
    soap = connection(answering(lambda: iter([CUSTOMERS]), content_encoding="gzip"))

    with pytest.raises(Unavailable, match="the connection broke"):
        await soap.read("GetCustomers")


async def test_a_compressed_list_is_read() -> None:
    packed = gzip.compress(CUSTOMERS)
    soap = connection(answering(lambda: iter([packed[:100], packed[100:]]), content_encoding="gzip"))

    assert len(await rows(soap)) == 2


def trickle() -> Iterator[bytes]:
    """An answer that comes byte by byte, for ever."""
    return chain((HEAD[n : n + 1] for n in range(len(HEAD))), repeat(b" "))


async def test_an_answer_that_trickles_is_given_up_in_time() -> None:
    """A long list has twenty times the patience of one answer, as long as pieces keep coming; reads are tried three times."""

    async def given_up(call: Callable[[Connection], Awaitable[Any]], seconds: float, failure: type[Failure]) -> None:
        with pytest.raises(failure, match=f"no answer came within {seconds:g} seconds"):
            await call(connection(answering(trickle, pause=0.01), seconds))

    with within(seconds=15, megabytes=50):
        await asyncio.gather(
            given_up(lambda soap: soap.read("GetCustomer", CustomerCode="X"), 0.3, Unavailable),
            given_up(refund, 0.3, OutcomeUnknown),
            given_up(rows, 0.03, Unavailable),
        )


@asynccontextmanager
async def service(speak: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A service on a loopback port that speaks so; its address."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/service.asmx"
    finally:
        server.close()


async def _every(writer: asyncio.StreamWriter, pieces: Iterator[bytes], pause: float) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


RUDE: dict[str, tuple[Callable[[], Iterator[bytes]], float]] = {
    "headers byte by byte": (lambda: (bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000), 0.01),
    "headers without end": (lambda: chain([b"HTTP/1.1 200 OK\r\n"], (b"X-%d: y\r\n" % n for n in range(10**9))), 0),
    "one header without end": (lambda: chain([b"HTTP/1.1 200 OK\r\nX: "], repeat(b"y" * 60_000)), 0),
    "wait a moment, for ever": (lambda: repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), 0.01),
    "a chunk of absurd length": (
        lambda: iter([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n"]),
        0.01,
    ),
    "a length below zero": (lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"]), 0.01),
    "two lengths": (lambda: iter([b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"]), 0.01),
    "no HTTP": (lambda: iter([b"SSH-2.0-OpenSSH_9.6\r\n"]), 0.01),
    "nothing at all": (lambda: repeat(b""), 0.05),
    "a status of its own": (lambda: iter([b"HTTP/1.1 999 Fine\r\nContent-Length: 0\r\n\r\n"]), 0.01),
    "a broken header": (lambda: iter([b"HTTP/1.1 200 OK\r\nA\x00B: c\r\n\r\n"]), 0.01),
}


async def test_a_service_that_is_rude_over_the_wire_is_given_up_in_time() -> None:
    async def given_up(name: str) -> None:
        make, pause = RUDE[name]

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await _every(writer, make(), pause)

        async with service(speak) as url:
            soap = connection(None, timeout=0.5, url=url)
            with pytest.raises(Unavailable):
                await soap.read("GetCustomer", CustomerCode=name)
            with pytest.raises(OutcomeUnknown):
                await refund(soap)
            await soap.close()

    with within(seconds=15, megabytes=150):
        await asyncio.gather(*map(given_up, RUDE))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_the_password_goes_nowhere_else(status: int) -> None:
    collected: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        collected.append(await reader.read(65_536))

    async with service(collect) as elsewhere:

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, elsewhere.encode()))
            await writer.drain()

        async with service(redirect) as url:
            soap = connection(None, timeout=2, url=url)
            with pytest.raises(Unavailable, match=f"HTTP {status}"):
                await soap.read("GetCustomer", CustomerCode="X")
            with pytest.raises(OutcomeUnknown, match=f"HTTP {status}"):
                await refund(soap)
            await soap.close()

    assert collected == []


async def test_a_proxy_that_the_environment_names_does_not_see_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        collected.append(await reader.read(65_536))
        writer.close()

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with service(collect) as proxy, service(hang_up) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy)
        soap = connection(None, timeout=2, url=url)
        with pytest.raises(Unavailable):
            await soap.read("GetCustomer", CustomerCode="X")
        await soap.close()

    assert collected == []


async def test_a_hostile_text_in_a_fault_or_a_refusal_is_one_bounded_line_without_the_password() -> None:
    text = "hunter2 \u202e&#10;confirm: 123&#10;" + "x" * 100_000
    fault = f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{text}</faultstring></s:Fault>"
    no = f'<GetCustomerResponse xmlns="KashFlow"><Status>NO</Status><StatusDetail>{text}</StatusDetail></GetCustomerResponse>'
    for inside in (fault, no):
        envelope = (
            f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{inside}</s:Body></s:Envelope>'
        )
        soap = connection(answering(lambda said=envelope: iter([said.encode()])))

        with pytest.raises(Failure) as refused:
            await soap.read("GetCustomer", CustomerCode="X")

        said = str(refused.value)
        assert "hunter2" not in said
        assert "\u202e" not in said
        assert "\n" not in said
        assert len(said) < 1_000


async def test_after_an_hour_of_hostility_the_next_call_is_answered(tmp_path: Path) -> None:
    """The pool, the worker threads and the parser come through."""
    company = a_company()
    hostile = [bomb(2, 200), HEAD, b"<a>" * 100_000, b""]
    inner = company.transport()
    turns = iter(range(10**9))

    class Sometimes(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            turn = next(turns)
            if turn < len(hostile) * 2:
                return httpx.Response(200, content=hostile[turn % len(hostile)])
            return await inner.handle_async_request(request)

    company.transport = Sometimes  # type: ignore[method-assign]
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        for _ in range(3):
            await desk.result("find_customers", {"words": "penhaligan"})

        preview = await desk("create_invoice", HATS)
        done = await desk("create_invoice", {**HATS, "confirm": preview["confirm"]})

    assert done["status"] == "done"
    assert len([invoice for invoice in company.state()["invoices"] if invoice["reference"] == "PO 4711"]) == 1
