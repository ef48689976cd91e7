"""Reach the pretend KashFlow within the process, through httpx, as if through a socket.

httpx's own ASGI transport knows no timeouts and no cut connections; this one raises what httpx raises on a socket.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx

from kf_mcp.simulator.message import ConnectionRefused, Cut, Reply, Request

if TYPE_CHECKING:
    from kf_mcp.simulator.simulator import Simulator


class InProcess(httpx.AsyncBaseTransport):
    """A transport that ends in a pretend KashFlow.

    What was sent is carried out even when the sender no longer waits: a server does not know who hung up.
    """

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and wait for its answer as long as its timeout allows."""
        work = self._simulator.later(self._answered(await _heard(request)))
        done, _ = await asyncio.wait({work}, timeout=request.extensions.get("timeout", {}).get("read"))
        if not done:
            raise httpx.ReadTimeout("The read operation timed out.", request=request)
        outcome = work.result()
        if isinstance(outcome, ConnectionRefused):
            raise httpx.ConnectError("All connection attempts failed", request=request)
        if isinstance(outcome, Cut):
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        return httpx.Response(outcome.status, headers=outcome.headers, stream=_Stream(outcome), request=request)

    async def _answered(self, heard: Request) -> Reply | Cut:
        """Give a cut back as a value: an exception in work that nobody waits for would be shouted about."""
        try:
            return await self._simulator.answer(heard)
        except Cut as cut:
            return cut


class _Stream(httpx.AsyncByteStream):
    """The body of a reply, piece by piece."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            for piece in self._reply.pieces():
                yield piece
                await asyncio.sleep(0)  # a huge answer must not keep the loop to itself
        except Cut:
            told = "peer closed connection without sending complete message body (incomplete chunked read)"
            raise httpx.RemoteProtocolError(told) from None


async def _heard(request: httpx.Request) -> Request:
    return Request(
        method=request.method,
        path=request.url.path,
        url=str(request.url.copy_with(query=None, fragment=None)),
        query=request.url.query.decode("ascii"),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.aread(),
    )
