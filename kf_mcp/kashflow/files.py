"""Files that KashFlow's answers point to, such as the PDF of an invoice, fetched without ever showing the link.

A link in an answer is somebody else's word: it is followed only to KashFlow's own hosts (or to this computer where the service itself
is there, as the pretend KashFlow is), without redirects, without credentials, and only so far as a PDF of sane size comes back.
"""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio

from kf_mcp.errors import Refused, Unavailable
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.envelopes import Unusable
from kf_mcp.kashflow.streaming import pieces_of
from kf_mcp.model.text import bounded
from kf_mcp.settings import KASHFLOW_HOST, is_loopback

if TYPE_CHECKING:
    import httpx

LARGEST_FILE: Final = 20 * 1024 * 1024
HOSTS: Final = (KASHFLOW_HOST, "kashflow.com")
"""KashFlow's hosts; those below them count too."""
HTTP_OK: Final = 200
PDF: Final = "application/pdf"
PDF_STARTS: Final = b"%PDF-"
LOOK_WITHIN: Final = 1024
"""A PDF's mark stands within so many bytes of its start."""


class Files:
    """Files behind links."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def pdf(self, link: str) -> bytes:
        """The PDF behind a link that KashFlow gave. Raises Refused for a host not its own, Unavailable where no PDF comes."""
        import httpx  # noqa: PLC0415 - not needed at the server's start

        self._check(link)
        try:
            with anyio.fail_after(self._soap.settings.timeout * 2):
                async with self._soap.http().stream("GET", link) as response:
                    return await _pdf(response)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unavailable(f"The PDF could not be fetched ({type(error).__name__}).") from None

    def _check(self, link: str) -> None:
        """Refuse any host but KashFlow's; the link itself is never repeated."""
        try:
            parts = urlsplit(link)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise Unavailable("KashFlow gave no usable link to the PDF.") from None
        if parts.username is None and parts.password is None:
            if parts.scheme == "https" and port in {None, 443} and _is_kashflows(host):
                return
            service = urlsplit(self._soap.settings.url)
            if (parts.scheme, host, port) == (service.scheme, (service.hostname or "").lower(), service.port) and (
                is_loopback(host) or parts.scheme == "https"
            ):
                return
        raise Refused(
            f"KashFlow keeps this PDF at {bounded(host, 80) or 'an unknown place'}, which is not its own, so it was not fetched.",
            "Download it in KashFlow itself.",
        )


def _is_kashflows(host: str) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in HOSTS)


async def _pdf(response: "httpx.Response") -> bytes:
    """The body, if it is a PDF. Raises Unavailable."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code != HTTP_OK:
        raise Unavailable(f"KashFlow answered HTTP {response.status_code} instead of the PDF.")
    if kind != PDF:
        raise Unavailable(f"KashFlow sent {bounded(kind, 40) or 'something of no stated kind'} instead of a PDF.")
    try:
        body = b"".join([piece async for piece in pieces_of(response, LARGEST_FILE)])
    except Unusable:
        raise Unavailable(
            f"The PDF is larger than {LARGEST_FILE // 2**20} MB.", "Download it in KashFlow itself."
        ) from None
    if PDF_STARTS not in body[:LOOK_WITHIN]:
        raise Unavailable("KashFlow sent something that is not a PDF.")
    return body
