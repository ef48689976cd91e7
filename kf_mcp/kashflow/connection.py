"""The connection to KashFlow: one call out, one answer or one honest error back.

Reads are tried again a few times; a write is sent once and never again by machine, since KashFlow has no way to tell a
repeat from a new one. Credentials travel inside every envelope (KashFlow has no session) and appear nowhere else.
"""

import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

from kf_mcp.errors import NotAllowed, NotOffered, OutcomeUnknown, Refused, Unavailable
from kf_mcp.kashflow.credentials import Credentials
from kf_mcp.kashflow.envelopes import Answer, Envelopes, Fault, Unusable
from kf_mcp.kashflow.operations import operations, writable
from kf_mcp.kashflow.streaming import LARGEST_STREAM, ListReader, pieces_of
from kf_mcp.kashflow.verdict import HTTP_OK, doubt, is_timeout, page_or, refusal
from kf_mcp.model.text import bounded
from kf_mcp.settings import Settings

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
Tell = Callable[[int], Awaitable[None]]
"""Told now and then how far a long list has come, in rows."""

logger = logging.getLogger(__name__)

LARGEST_ANSWER: Final = 64 * 1024 * 1024
OFF_THE_LOOP: Final = 32 * 1024
"""Answers above this many bytes are decoded in a worker thread."""
AT_ONCE: Final = 4
"""Calls under way at once: KashFlow documents no limit, and known clients stay at three or four."""
READ_TRIES: Final = 3
NOT_KNOWN: Final = "did not recognize the value of HTTP Header SOAPAction"
"""What ASP.NET says of an operation that the service does not have."""
LONG_LIST_PATIENCE: Final = 20
"""A list that is read as it arrives may take so many times the ordinary limit, as long as pieces keep coming."""


class _NoAnswer(Exception):
    """No usable answer came; `sent` is whether the request may have reached KashFlow."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


class Connection:
    """Calls KashFlow's operations by name."""

    def __init__(self, settings: Settings, transport: "httpx.AsyncBaseTransport | None" = None) -> None:
        self._settings = settings
        self._credentials = Credentials(settings)
        self._transport = transport
        self._envelopes = Envelopes()
        self._http: httpx.AsyncClient | None = None
        self._closing = AsyncExitStack()
        self._places = anyio.Semaphore(AT_ONCE)
        self.sent: Counter[str] = Counter()
        """How often each writing operation was sent: whoever keeps what it has read sees here that it may be gone."""

    async def close(self) -> None:
        """Let go of the pooled connections."""
        await self._closing.aclose()
        self._http = None

    @property
    def settings(self) -> Settings:
        """Whose account this is, and where the service is."""
        return self._settings

    @property
    def typed(self) -> Any:
        """Makes a value that carries its type on the wire; see `Envelopes.typed`."""
        return self._envelopes.typed

    async def ready(self) -> None:
        """Make sure that envelopes can be written (loads the service description once, off the event loop)."""
        await anyio.to_thread.run_sync(self._envelopes.load)

    async def read(self, operation: str, **arguments: Any) -> Answer:
        """Call an operation that changes nothing; tried up to three times with growing, jittered pauses.

        Raises SaidNo with KashFlow's words, BadSettings for credentials and addresses, Unavailable when no usable answer came.
        """
        _only_reads(operation)
        return await self._tried(operation, lambda: self._call(operation, arguments))

    async def stream(
        self,
        operation: str,
        row: str,
        make: Callable[[Any], T],
        tell: Tell | None = None,
        *,
        wanted: Iterable[str] = (),
        **arguments: Any,
    ) -> list[T]:
        """Call an operation that lists everything, and make a value of each row as it arrives; see `ListReader`.

        `make` is given the members that are `wanted` (all where none are named); `tell` is called now and then with the number of
        rows so far. Tried again and refused as `read` is.
        """
        _only_reads(operation)
        values: list[T] = []

        async def call() -> Answer:
            nonlocal values
            async with self._sent(operation, arguments, patience=LONG_LIST_PATIENCE) as response:
                reader = ListReader(operation, row, make, wanted)
                pieces = pieces_of(response, LARGEST_STREAM)

                async def next_piece(_rows: int) -> bytes:
                    if tell:
                        await tell(_rows)
                    try:
                        return await anext(pieces, b"")
                    except Unusable as error:
                        raise _NoAnswer(str(error), sent=True) from None

                def read() -> tuple[list[T], str | None, str]:
                    while piece := anyio.from_thread.run(next_piece, len(reader.values)):
                        reader.feed(piece)
                    return reader.finish()

                try:
                    with self._unanswered(operation, response.status_code, lambda: reader.beginning):
                        values, status, detail = await anyio.to_thread.run_sync(read)
                finally:
                    await pieces.aclose()
            return Answer(operation, values, status, detail)

        await self._tried(operation, call)
        return values

    async def _tried(self, operation: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        for attempt in range(1, READ_TRIES + 1):
            try:
                answer = await call()
                if answer.is_ok or not is_timeout(answer.detail):
                    return self._checked(answer)
                reason = "its database timed out"
            except _NoAnswer as error:
                reason = error.reason
            if attempt < READ_TRIES:
                await anyio.sleep(random.uniform(0.15, 0.3) * 2**attempt)  # noqa: S311 - jitter, not a secret
        raise Unavailable(f"KashFlow did not answer {operation}: {reason}.")

    async def write(self, operation: str, **arguments: Any) -> Answer:
        """Call an operation that changes the books, once.

        Raises SaidNo or another Refused, or Unavailable, when certainly nothing was written; OutcomeUnknown otherwise. An
        operation that no kind of step declares is refused.
        """
        if operation not in writable:
            raise NotAllowed(f"No kind of step declares {operation}.", "Nothing was written.")
        self.sent[operation] += 1
        try:
            answer = await self._call(operation, arguments)
        except _NoAnswer as error:
            if error.sent:
                raise OutcomeUnknown(f"{operation} was sent, but {error.reason}.") from None
            raise Unavailable(f"KashFlow could not be reached for {operation}: {error.reason}.") from None
        if unproven := doubt(replace(answer, status=self._shown(answer.status or ""))):
            raise OutcomeUnknown(f"{operation} was sent, but {unproven}.")
        return self._checked(answer)

    async def _call(self, operation: str, arguments: Mapping[str, Any]) -> Answer:
        async with self._sent(operation, arguments) as response:
            body = b"".join([piece async for piece in pieces_of(response, LARGEST_ANSWER)])
        with self._unanswered(operation, response.status_code, lambda: body):
            if len(body) > OFF_THE_LOOP:
                return await anyio.to_thread.run_sync(self._envelopes.answer, operation, body)
            return self._envelopes.answer(operation, body)

    @contextmanager
    def _unanswered(self, operation: str, status: int, body: Callable[[], bytes]) -> Iterator[None]:
        """Turn what is no good answer into `_NoAnswer`, or Refused where KashFlow could not even read the request."""
        try:
            yield
        except Fault as fault:
            said = self._shown(fault.text)
            if fault.code == "Client" and NOT_KNOWN in fault.text:
                raise NotOffered(operation) from None
            if fault.code == "Client":
                raise Refused(
                    f"KashFlow could not read our request for {operation}: {said}",
                    "Nothing was written. This is a fault of kf_mcp or a change at KashFlow: report it.",
                ) from None
            raise _NoAnswer(f"KashFlow failed inside ({said})", sent=True) from None
        except Unusable as error:
            raise _NoAnswer(page_or(status, body(), str(error)), sent=True) from None

    def _envelope(self, operation: str, arguments: Mapping[str, Any]) -> bytes:
        try:
            return self._envelopes.request(operation, {**self._credentials.members(), **arguments})
        except Exception as error:  # noqa: BLE001 - zeep's own texts may repeat what it was given, the password included
            kind = type(error).__name__
            raise Refused(
                f"The request for {operation} does not fit its description ({kind}).",
                "Nothing was written. This is a fault of kf_mcp: report it.",
            ) from None

    @asynccontextmanager
    async def _sent(
        self, operation: str, arguments: Mapping[str, Any], patience: int = 0
    ) -> "AsyncIterator[httpx.Response]":
        """Send a request; within, its answer can be read. `patience` adds so many time limits once it has begun to come."""
        import httpx  # noqa: PLC0415 - a good part of the server's start, and the first call is early enough

        never_sent = (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
            httpx.InvalidURL,
            httpx.ProxyError,
        )
        await self.ready()
        envelope = self._envelope(operation, arguments)
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"KashFlow/{operation}"'}
        limit = self._settings.timeout
        async with self._places:
            try:
                with anyio.fail_after(limit * 2) as deadline:
                    stream = self.http().stream("POST", self._settings.url, content=envelope, headers=headers)
                    async with stream as response:
                        if response.status_code == HTTP_OK:
                            deadline.deadline += limit * patience
                        yield response
            except never_sent as error:
                raise _NoAnswer(f"no connection ({type(error).__name__})", sent=False) from None
            except (httpx.TimeoutException, TimeoutError):
                raise _NoAnswer(f"no answer came within {limit:g} seconds", sent=True) from None
            except Unusable as error:
                raise _NoAnswer(str(error), sent=True) from None
            except httpx.HTTPError as error:
                raise _NoAnswer(f"the connection broke ({type(error).__name__})", sent=True) from None

    def _checked(self, answer: Answer) -> Answer:
        """The answer, if KashFlow says that it worked; else the error that its words call for."""
        if answer.is_ok:
            return answer
        raise refusal(answer.operation, self._shown(answer.detail) or "no reason given")

    def _shown(self, text: str) -> str:
        """KashFlow's words on one bounded line, without the credentials should they ever repeat them."""
        return bounded(self._credentials.taken_out_of(text), 400)

    def http(self) -> "httpx.AsyncClient":
        """The pooled client: no redirects, no proxy, no credentials of its own."""
        if self._http is None:
            import httpx  # noqa: PLC0415

            limit = self._settings.timeout
            self._http = httpx.AsyncClient(
                transport=self._transport,
                timeout=httpx.Timeout(limit, connect=min(10.0, limit)),
                limits=httpx.Limits(max_connections=AT_ONCE, keepalive_expiry=30),
                follow_redirects=False,
                trust_env=False,  # no proxy from the environment: it would see the password
            )
            self._closing.push_async_callback(self._http.aclose)
        return self._http


def _only_reads(operation: str) -> None:
    """Refuse to read by an operation that does more than read."""
    if operations()[operation].effect not in {"read", "secret"}:
        raise NotAllowed(f"{operation} does more than read.", "Nothing was done.")
