"""Serve the pretend KashFlow on a port, in a way that can cut a connection and refuse one.

Ordinary servers always answer something. This one is small: h11 for the protocol, asyncio for the sockets.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import h11

from kf_mcp.simulator.message import BIGGEST_REQUEST, TOO_LARGE, Cut, Reply, Request

if TYPE_CHECKING:
    from kf_mcp.simulator.simulator import Simulator

_CHUNK: Final = 65536
_PATIENCE: Final = 30.0
"""How long, in seconds, a client may take to send the rest of a request."""


async def serve(simulator: "Simulator", port: int, host: str = "127.0.0.1", *, ready: Callable[[int], None]) -> None:
    """Serve until cancelled; port 0 is any free one, and ``ready`` is told which.

    While a ``refuse_connection`` is scheduled nobody listens at all, so that clients see what they see when
    KashFlow is down; the control pages are out of reach for those seconds too.
    """
    house = _House(simulator)
    port = await house.open(host, port)
    stop_watching = simulator.mishaps.watch(house.look)
    try:
        ready(port)
        while True:
            await house.refusing.wait()
            while refusal := simulator.mishaps.take("", only="refuse_connection"):
                await simulator.pause(refusal.seconds)
            house.refusing.clear()
            await house.open(host, port)
    finally:
        stop_watching()
        await house.close()


class _House:
    """The open door and everybody inside."""

    def __init__(self, simulator: "Simulator") -> None:
        self.refusing = asyncio.Event()
        self._simulator = simulator
        self._loop = asyncio.get_running_loop()
        self._doors: list[asyncio.Server] = []
        self._guests: dict[asyncio.Task[None], _Guest] = {}

    async def open(self, host: str, port: int) -> int:
        """Begin to listen; the number of the port comes back."""
        door = await asyncio.start_server(self._receive, host, port)
        number = int(door.sockets[0].getsockname()[1])
        self._doors = [door]
        self.look()
        return number

    def look(self) -> None:
        """Shut the door at once when connections are to be refused; may be called from any thread."""
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._shut_if_refusing()
        else:
            self._loop.call_soon_threadsafe(self._shut_if_refusing)

    async def close(self) -> None:
        """Stop listening and send everybody away."""
        for door in self._doors:
            door.close()
        for task in self._guests:
            task.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)

    def _shut_if_refusing(self) -> None:
        if not any(mishap.name == "refuse_connection" for mishap in self._simulator.mishaps.scheduled()):
            return
        for door in self._doors:
            door.close()
        for guest in self._guests.values():
            guest.leave_soon()
        self.refusing.set()

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this in a task of its own
        guest = _Guest(self._simulator, reader, writer)
        self._guests[task] = guest
        try:
            with contextlib.suppress(ConnectionError, TimeoutError, asyncio.CancelledError):
                await guest.stay()
        finally:
            del self._guests[task]
            writer.close()


class _Guest:
    """One connection, kept alive from request to request."""

    def __init__(self, simulator: "Simulator", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._simulator = simulator
        self._reader = reader
        self._writer = writer
        self._speech = h11.Connection(h11.SERVER)
        self._idle = True
        self._leaving = False

    def leave_soon(self) -> None:
        """Hang up now, or after the answer that is under way."""
        self._leaving = True
        if self._idle:
            with contextlib.suppress(OSError):  # at once, so that no pool takes this connection for a good one
                self._writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            self._writer.close()

    async def stay(self) -> None:
        """Answer one request after the other until either side hangs up, or a mishap cuts the connection."""
        while True:
            try:
                reply, head = await self._answered()
            except h11.RemoteProtocolError as problem:
                await self._misunderstood(problem)
                return
            except Cut:
                return
            if reply is None:
                return
            try:
                await self._send(reply, head)
            except Cut:  # a long list failed in the middle
                return
            self._idle = True
            if self._speech.our_state is not h11.DONE or self._speech.their_state is not h11.DONE:
                return
            self._speech.start_next_cycle()

    async def _answered(self) -> tuple[Reply | None, bool]:
        request = await self._next()
        if not isinstance(request, h11.Request):
            return None, False
        self._idle = False
        body = await asyncio.wait_for(self._body(), _PATIENCE)
        reply = TOO_LARGE if body is None else await self._simulator.answer(self._heard(request, body))
        return reply, request.method == b"HEAD"

    async def _body(self) -> bytes | None:
        """Read the body; nothing comes of one that is too large."""
        if self._speech.they_are_waiting_for_100_continue:  # .NET and PHP wait for this before they send a body
            await self._write(self._speech.send(h11.InformationalResponse(status_code=100, headers=[])))
        body, size = bytearray(), 0
        while isinstance(event := await self._next(), h11.Data):
            size += len(event.data)
            if size <= BIGGEST_REQUEST:
                body += event.data
        return bytes(body) if size <= BIGGEST_REQUEST else None

    async def _next(self) -> object:
        while (event := self._speech.next_event()) is h11.NEED_DATA:
            self._speech.receive_data(await self._reader.read(_CHUNK))
        return event

    async def _send(self, reply: Reply, head: bool) -> None:
        headers = [*reply.headers, (b"date", formatdate(usegmt=True).encode()), (b"server", b"pretend-KashFlow")]
        if self._leaving or reply is TOO_LARGE:
            headers.append((b"connection", b"close"))
        await self._write(self._speech.send(h11.Response(status_code=reply.status, headers=headers)))
        for piece in () if head else reply.pieces():
            await self._write(self._speech.send(h11.Data(data=piece)))
            await asyncio.sleep(0)  # while a long list is sent others are answered
        await self._write(self._speech.send(h11.EndOfMessage()))

    async def _misunderstood(self, problem: h11.RemoteProtocolError) -> None:
        """Answer what is no HTTP."""
        refusal = h11.Response(status_code=problem.error_status_hint, headers=[(b"connection", b"close")])
        await self._write(self._speech.send(refusal))

    async def _write(self, data: bytes | None) -> None:
        if data:
            self._writer.write(data)
            await self._writer.drain()

    def _heard(self, request: h11.Request, body: bytes) -> Request:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers}
        path, _, query = request.target.decode("latin-1").partition("?")
        peer = self._writer.get_extra_info("peername") or ("127.0.0.1", 0)
        return Request(
            method=request.method.decode("ascii"),
            path=path,
            url=f"http://{headers.get('host', '127.0.0.1')}{path}",
            query=query,
            headers=headers,
            body=body,
            client=str(peer[0]),
        )
