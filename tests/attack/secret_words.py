"""Credentials that can be told from everything else, in whatever form they are written, and a KashFlow that repeats them."""

import base64
import gzip
import hashlib
import html
import io
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import httpx

USER: Final = 'Zwk7User&<one>"x'
PASSWORD: Final = "Qxp9Pass&\"<two>'\u00e9 %41"
DATABASE: Final = "Jvh5Base"
"""A password of the trail's database."""
CORES: Final = ("zwk7user", "qxp9pass", "jvh5base")
"""What is left of each in any form that keeps its letters: XML, URL, JSON."""


def forms() -> set[bytes]:
    """What must not be found anywhere, in lower case: the words, and what they become in the usual codings of bytes.

    The hash of the user name may appear (it is the account's on the trail); that of the password alone may not, it could be guessed.
    """
    found = {core.encode() for core in CORES}
    for word in (USER, PASSWORD, DATABASE):
        raw = word.encode()
        found |= {raw.hex().encode(), base64.b32encode(raw)[:16].lower()}
        for start in range(3):  # whatever comes before it in what is coded
            coded = base64.b64encode(b"\0" * start + raw)
            found.add(coded[4:-4].lower())
    found |= {digest(PASSWORD.encode()).hexdigest().encode() for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256)}
    return found


FORMS: Final = forms()


def leaks(said: str | bytes) -> list[str]:
    """Where a credential stands in what was said, with some words around it."""
    text = (said if isinstance(said, bytes) else said.encode("utf-8", "replace")).lower()
    text += re.sub(rb"\s", b"", text)  # once more without the spaces and line ends that a word may be broken by
    places = [found.start() for form in FORMS for found in re.finditer(re.escape(form), text)]
    return [text[max(0, place - 60) : place + 60].decode("latin-1") for place in sorted(places)]


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, what is packed unpacked."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            found[str(file.relative_to(folder))] = gzip.decompress(content) if file.suffix == ".gz" else content
    return found


class Everything(logging.Handler):
    """Keeps every log line of every logger, tracebacks included, as it would be printed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said = io.StringIO()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(pathname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.said.write(f"{self.format(record)}\n{record.args!r}\n")


ENVELOPE: Final = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
)


def _fault(code: str) -> Callable[[str, str], httpx.Response]:
    def answer(_operation: str, said: str) -> httpx.Response:
        body = f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{escape(said)}</faultstring></soap:Fault>"
        return httpx.Response(500, content=ENVELOPE.format(body).encode())

    return answer


def _no(operation: str, said: str) -> httpx.Response:
    inside = f"<Status>NO</Status><StatusDetail>{escape(said)}</StatusDetail>"
    body = f'<{operation}Response xmlns="KashFlow">{inside}</{operation}Response>'
    return httpx.Response(200, content=ENVELOPE.format(body).encode())


def _status(operation: str, said: str) -> httpx.Response:
    body = f'<{operation}Response xmlns="KashFlow"><Status>{escape(said)}</Status></{operation}Response>'
    return httpx.Response(200, content=ENVELOPE.format(body).encode())


def _page(_operation: str, said: str) -> httpx.Response:
    page = f"<html><head><title>{html.escape(said)}</title></head><body>{html.escape(said)}</body></html>"
    return httpx.Response(200, content=page.encode())


def _refusal(_operation: str, said: str) -> httpx.Response:
    reason = re.sub(r"[^\x20-\x7e]", "", said)[:80]
    headers = {"X-Debug": reason, "WWW-Authenticate": reason, "Location": f"https://example.org/?{reason}"}
    return httpx.Response(401, headers=headers, content=said.encode())


def _other_type(operation: str, said: str) -> httpx.Response:
    result = f"<{operation}Result>{escape(said)}</{operation}Result><Status>OK</Status>"
    body = f'<{operation}Response xmlns="KashFlow">{result}</{operation}Response>'
    return httpx.Response(200, content=ENVELOPE.format(body).encode())


WAYS: Final = {
    "client fault": _fault("Client"),
    "server fault": _fault("Server"),
    "a NO": _no,
    "a strange status": _status,
    "a page": _page,
    "headers": _refusal,
    "where a number should be": _other_type,
}
SAYINGS: Final = {
    "in plain": lambda _body: f"Login failed for {USER} with {PASSWORD}.",
    "the envelope": lambda body: body.decode(),
    "a form": lambda _body: f"{html.escape(USER)}:{html.escape(PASSWORD)}",
    "JSON": lambda _body: json.dumps({"UserName": USER, "Password": PASSWORD}),
    "an address": lambda _body: str(httpx.URL("https://x.example/", params={"u": USER, "p": PASSWORD})),
    "in capitals": lambda _body: f"{USER.upper()} {PASSWORD.upper()}",
}


class Repeating(httpx.AsyncBaseTransport):
    """A KashFlow that answers one operation by repeating the credentials, and all others as the inner one does."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.operation = ""
        self.way = ""
        self.saying = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        called = request.headers["SOAPAction"].strip('"').rpartition("/")[2]
        if called != self.operation:
            return await self._inner.handle_async_request(request)
        return WAYS[self.way](called, SAYINGS[self.saying](request.content))
