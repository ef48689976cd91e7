"""The servers around the pretend KashFlow, and what meets them that is no call."""

import asyncio
import queue
import socket
import threading
from datetime import date

import httpx
import pytest
from protocol_envelopes import URL, post

import kf_mcp.simulator
from kf_mcp.simulator import Simulator, serve
from kf_mcp.simulator.message import Request

TODAY = date(2026, 3, 14)


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@pytest.mark.parametrize("mishap", ["status_no", "soap_fault", "no_but_written", "huge"])
async def test_a_mishap_leaves_what_is_no_call_a_page_or_a_fault(client, simulator, mishap):
    simulator.mishaps.add("*", mishap)
    simulator.mishaps.add("*", mishap)

    page = await client.post(URL, json={})
    fault = await client.post(URL, content="<a", headers={"Content-Type": "application/soap+xml"})

    assert (page.status_code, fault.status_code) == (500, 500)


# --- servers


async def test_an_asgi_server_may_start_and_stop_it(simulator):
    sent, coming = [], iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(coming)

    async def send(message):
        sent.append(message["type"])

    await simulator.app({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_an_asgi_server_may_not_bring_too_much(simulator):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as client:
        answer = await client.post(URL, content=b" " * 9_000_000)

    assert answer.status_code == 413


async def test_a_simulator_in_another_thread_refuses_connections_too():
    simulator, ports, stop = Simulator("empty", today=TODAY), queue.SimpleQueue(), threading.Event()

    async def run():
        task = asyncio.create_task(serve(simulator, 0, ready=ports.put))
        await asyncio.to_thread(stop.wait)
        task.cancel()
        await asyncio.wait({task})

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    url = f"http://127.0.0.1:{await asyncio.to_thread(ports.get)}/api/service.asmx"
    await asyncio.to_thread(simulator.mishaps.add, "*", "refuse_connection", seconds=30)
    await asyncio.sleep(0.1)

    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
    stop.set()
    await asyncio.to_thread(thread.join)


async def test_a_port_in_use_is_an_error_at_once(simulator):
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError, match=r"address already in use|10048"):
        await serve(simulator, other.getsockname()[1], ready=print)


async def test_only_the_newest_calls_are_remembered(client, simulator, monkeypatch):
    monkeypatch.setattr("kf_mcp.simulator.simulator._REMEMBERED", 4)

    for _ in range(5):
        await post(client, "GetCustomers")

    assert [call.number for call in simulator.calls] == [3, 4, 5]


async def test_a_request_never_shows_what_it_carries():
    request = Request("POST", "/", URL, headers={"authorization": "secret"}, body=b"<Password>secret</Password>")

    assert "secret" not in repr(request)


def test_the_package_offers_three_names():
    with pytest.raises(AttributeError, match="no attribute 'Ledger'"):
        _ = kf_mcp.simulator.Ledger
