"""Who may look at the approval page, and who may press its buttons.

The link is the secret. Beyond it: no other name for this computer (DNS rebinding), no frame, script or image of another page, no
prefetching browser, and for the buttons a form that this page handed out, sent from this page, with the cookie that came with it. Cookies
are shared between the ports of one computer, and a page on another port counts as the same site; therefore the origin is compared whole.
"""

import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

LARGEST_FORM: Final = 4096
FORM: Final = "application/x-www-form-urlencoded"
GUESSES: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
"""The headers by which browsers say that they fetch what nobody has asked for yet."""

SECURITY: Final = {
    "Cache-Control": "no-store",
    # with no-referrer the browser would send `Origin: null` with the form, which could be anybody's
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


def policy(style: str) -> str:
    """The content security policy: one style sheet, known by its hash, a form that goes nowhere else, and nothing besides."""
    return f"default-src 'none'; style-src '{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


class Guard:
    """Tells the person's own browser on this page from everything else."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._host = origin.partition("//")[2]
        self._key = secrets.token_bytes(32)

    def refuses(self, request: Request) -> str:
        """Why this request is not answered with the page; empty where it may be."""
        headers = request.headers
        if headers.get("host", "") != self._host:
            return "This page is known by another address."
        if any("prefetch" in headers.get(name, "") or "preview" in headers.get(name, "") for name in GUESSES):
            return "This page is not fetched ahead of time."
        if headers.get("sec-fetch-dest", "document") != "document":
            return "This page opens in a window of its own only."
        return ""

    def refuses_form(self, request: Request, token: str, form: dict[str, str]) -> str:
        """Why the form is not taken for the person's; empty where it is."""
        headers = request.headers
        if headers.get("origin") != self._origin or headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "The form was not sent from this page."
        if not _same(request.cookies.get(self.cookie(token)[0], ""), self.cookie(token)[1]):
            return "The cookie of this page is missing. Does your browser refuse cookies?"
        if not _same(form.get("seal", ""), self.seal(token, form.get("shown", ""))):
            return "The form is not the one that this page showed."
        return ""

    def cookie(self, token: str) -> tuple[str, str]:
        """The name and value of the cookie that comes with the page of this approval."""
        return f"kf_mcp_{hashlib.sha256(token.encode()).hexdigest()[:12]}", self._mac(f"cookie {token}")

    def seal(self, token: str, shown: str) -> str:
        """What shows that a form is ours, and which preview it was shown with."""
        return self._mac(f"form {token} {shown}")

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


async def read_form(request: Request) -> dict[str, str] | None:
    """The fields of a short, plain form; None where it is anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10, strict_parsing=True)
    except ValueError:
        return None
    return {name: values[0] for name, values in fields.items() if len(values) == 1}


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
