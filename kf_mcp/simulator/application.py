"""The pretend KashFlow as an ASGI application, for any server that runs one."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from kf_mcp.simulator.message import BIGGEST_REQUEST, TOO_LARGE, Reply, Request

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Application:
    """Raw ASGI. ASGI cannot cut a connection, so there a cut is an error of the server; ``serve`` can cut."""

    def __init__(self, answer: Callable[[Request], Awaitable[Reply]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await _body(receive)
        reply = TOO_LARGE if body is None else await self._answer(_request(scope, body))
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        for piece in reply.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive) -> bytes | None:
    """Read the body; nothing comes of one that is too large."""
    body, more, size = bytearray(), True, 0
    while more:
        message = await receive()
        piece = message.get("body", b"")
        size += len(piece)
        if size <= BIGGEST_REQUEST:
            body += piece
        more = message.get("more_body", False)
    return bytes(body) if size <= BIGGEST_REQUEST else None


def _request(scope: Scope, body: bytes) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "127.0.0.1")
    return Request(
        method=scope["method"],
        path=scope["path"],
        url=f"{scope.get('scheme', 'http')}://{host}{scope['path']}",
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        client=(scope.get("client") or ("127.0.0.1", 0))[0],
    )
