"""A request and a reply over HTTP, however they travel: through a socket, an ASGI server, or within the process."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

BIGGEST_REQUEST: Final = 8 * 1024 * 1024
"""The biggest body that is read, in bytes; a longer one is answered with 413."""

_PIECE: Final = b" " * 65536


class Cut(Exception):
    """The connection is cut before any byte of the answer."""


class ConnectionRefused(Cut):
    """No connection is made at all, as if nobody listened."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent; header names are in small letters, ``url`` is the address asked without its query."""

    method: str
    path: str
    url: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)  # it holds the password
    client: str = "127.0.0.1"

    @property
    def content_type(self) -> str:
        """What the client says the body is."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back. ``padding`` blanks are sent after the first ``before_padding`` bytes, without being held.

    ``more`` is the rest of a long list: it comes after ``body``, is made while it is sent, and can be had once.
    """

    status: int
    content_type: str
    body: bytes
    padding: int = 0
    before_padding: int = 0
    more: Iterator[bytes] | None = None

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of the reply; how long a long list will be nobody knows yet."""
        length = () if self.more else ((b"content-length", str(len(self.body) + self.padding).encode("ascii")),)
        return [
            (b"content-type", self.content_type.encode("ascii")),
            *length,
            (b"cache-control", b"private, max-age=0"),
        ]

    def whole(self) -> Self:
        """Give the same reply with all of it in the body, so that something can be done to it."""
        return replace(self, body=self.body + b"".join(self.more), more=None) if self.more else self

    def pieces(self) -> Iterator[bytes]:
        """Give the body piece by piece; an error in the middle of a long list is the exception Cut."""
        if not self.padding:
            yield self.body
            yield from self.more or ()
            return
        yield self.body[: self.before_padding]
        for _ in range(self.padding // len(_PIECE)):
            yield _PIECE
        yield _PIECE[: self.padding % len(_PIECE)]
        yield self.body[self.before_padding :]


def page(status: int, html: str) -> Reply:
    """Make a reply of a page for people."""
    return Reply(status, "text/html; charset=utf-8", html.encode())


def as_json(status: int, value: Any) -> Reply:
    """Make a reply of JSON, dates and amounts as text."""
    return Reply(
        status, "application/json", json.dumps(value, ensure_ascii=False, default=str).encode(errors="replace")
    )


TOO_LARGE: Final = page(413, "<html><body><h2>413 - Request entity too large.</h2></body></html>")
