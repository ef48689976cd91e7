"""What a client sends that is no message of the protocol: answered with an error, so that nobody waits for ever.

The SDK drops such lines in silence. One kind is mended instead: half of a pair of surrogates, which JavaScript writes where a text was
cut in the middle of an emoji. It becomes a question mark, which a person sees in the preview.
"""

import json
import logging
from types import TracebackType
from typing import Any, Final, Self

import anyio
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError

logger = logging.getLogger(__name__)

NOT_JSON: Final = "This is not JSON."
NOT_A_MESSAGE: Final = "This is not a message of JSON-RPC 2.0."


class Readable:
    """The messages that came from a client; what is none is answered on the spot."""

    def __init__(self, incoming: ReadStream[SessionMessage | Exception], outgoing: WriteStream[SessionMessage]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    @property
    def last_context(self) -> Any:
        """The context of the last message, which the SDK asks for."""
        return getattr(self._incoming, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while True:
            found = await self._incoming.receive()
            if not isinstance(found, ValidationError):
                return found
            given = _given(found)
            message = mended(given) if isinstance(given, str) else None
            if message is not None:
                return message
            logger.warning("a line from the client is no message")
            if error := refusal(given):
                await self._outgoing.send(SessionMessage(error))

    async def aclose(self) -> None:
        """Take no more."""
        await self._incoming.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _given(error: ValidationError) -> Any:
    """The line that is no JSON, as text, or the value that is no message."""
    found = error.errors(include_url=False)
    return next((part["input"] for part in found if len(part["loc"]) <= 1 or part["type"] == "missing"), None)


def mended(line: str) -> SessionMessage | None:
    """The message of a line that is JSON but for halves of characters; None where it is no message even so."""
    try:
        whole = json.dumps(json.loads(line), ensure_ascii=False).encode("utf-8", "replace")
        return SessionMessage(jsonrpc_message_adapter.validate_json(whole, by_name=False))
    except (ValueError, RecursionError):
        return None


def refusal(given: Any) -> JSONRPCError | None:
    """The answer to what is no message; None to a blank line and to an answer, which nobody answers."""
    if isinstance(given, str):
        error = ErrorData(code=PARSE_ERROR, message=NOT_JSON)
        return JSONRPCError(jsonrpc="2.0", id=None, error=error) if given.strip() else None
    asked = given if isinstance(given, dict) else {}
    if "method" not in asked and asked.keys() & {"result", "error"}:
        return None
    number = asked.get("id")
    is_id = isinstance(number, int | str) and not isinstance(number, bool)
    error = ErrorData(code=INVALID_REQUEST, message=NOT_A_MESSAGE)
    return JSONRPCError(jsonrpc="2.0", id=number if is_id else None, error=error)
