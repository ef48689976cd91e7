"""Requests that mean harm to the pretend KashFlow's port and its control pages: answered or cut, and the next one is served."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from mutants import IS_LONG, PIECES

from kf_mcp.simulator import Simulator, serve

ASKED = (Path(__file__).parent.parent / "wire" / "requests" / "GetCustomers.empty_credentials.xml").read_bytes()
HEAD = (
    b"POST /api/service.asmx HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
    b'SOAPAction: "KashFlow/GetCustomers"\r\nContent-Length: %d\r\n\r\n' % len(ASKED)
)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    ready: asyncio.Queue[int] = asyncio.Queue()
    serving = asyncio.create_task(serve(Simulator("empty", control=True), 0, ready=ready.put_nowait))
    yield await ready.get()
    serving.cancel()
    await asyncio.wait({serving})


async def said(port: int, raw: bytes) -> bytes:
    """What comes back to these bytes before the line is closed from this side."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(raw)
        writer.write_eof()
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def is_served(port: int) -> bool:
    return b"Incorrect username or password" in await said(port, HEAD + ASKED)


RAW = {
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
    "another protocol": b"\x16\x03\x01\x02\x00" + b"\x01" * 200,
    "a line without end": b"POST " + b"/" * 200_000,
    "headers without end": b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000,
    "two lengths": HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n") + ASKED,
    "a length below zero": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "a length past all sense": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nx",
    "a length and chunks": HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"0\r\n\r\n",
    "a chunk past all sense": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "half a body": HEAD + ASKED[:50],
    "a NUL in a header": HEAD.replace(b"127.0.0.1", b"127.0\x00.0.1") + ASKED,
    "no host": HEAD.replace(b"Host: 127.0.0.1\r\n", b"") + ASKED,
    "a host that writes XML": HEAD.replace(b"127.0.0.1", b'"><x>&"') + ASKED,
    "a path that leads out": b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path in other letters": b"GET /%00%ff%2e%2e/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address of its own": b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method of its own": b"BURN / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an older version": b"GET / HTTP/0.9\r\n\r\n",
    "100 requests at once": (HEAD + ASKED) * 100,
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
async def test_bytes_that_are_no_good_request_do_not_end_the_service(port: int, raw: bytes) -> None:
    found = await said(port, raw)

    assert found == b"" or found.startswith(b"HTTP/1.1 ")
    assert b"root:" not in found
    assert await is_served(port)


async def test_mutated_bytes_do_not_end_the_service(port: int) -> None:
    chosen = random.Random(5)  # noqa: S311 - repeatable
    for _ in range(5_000 if IS_LONG else 60):
        raw = bytearray(HEAD + ASKED)
        for _ in range(chosen.randint(1, 4)):
            at = chosen.randrange(len(raw))
            raw[at : at + chosen.randint(0, 30)] = chosen.choice(
                (bytes([chosen.randrange(256)]), chosen.choice(PIECES))
            )
        found = await said(port, bytes(raw))
        assert found == b"" or found.startswith(b"HTTP/1.1 ")

    assert await is_served(port)


async def test_a_request_of_9_megabytes_is_too_large(port: int) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/api/service.asmx", content=b"<x/>" * 2_250_000)

    assert answer.status_code == 413
    assert await is_served(port)


CONTROLS = {
    "no JSON": b"hello",
    "nested without end": b"[" * 100_000,
    "nested deeply": b"[" * 50_000 + b"]" * 50_000,
    "a list": b"[]",
    "half a character": json.dumps({"world": "\ud800"}).encode(),
    "half a character as a name": json.dumps({"\ud800": 1}).encode(),
    "no UTF-8": b'{"world": "\xff"}',
    "a number of 10,000 digits": b'{"operation":"GetCustomers","mishap":"slow","times":' + b"9" * 10_000 + b"}",
    "times past all sense": json.dumps({"operation": "*", "mishap": "slow", "times": "many"}).encode(),
    "seconds that are none": b'{"operation":"*","mishap":"slow","seconds":NaN}',
    "a world that leads out": json.dumps({"world": "../../etc"}).encode(),
    "a world that is a list": json.dumps({"world": ["demo"]}).encode(),
    "a mishap that is a list": json.dumps({"operation": [], "mishap": {}}).encode(),
}


@pytest.mark.parametrize("body", CONTROLS.values(), ids=CONTROLS.keys())
@pytest.mark.parametrize("page", ["mishaps", "world"])
async def test_a_control_page_refuses_in_words_what_makes_no_sense(port: int, page: str, body: bytes) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/control/{page}", content=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert await is_served(port)
