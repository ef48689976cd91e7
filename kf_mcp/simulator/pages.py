"""The pages of the pretend KashFlow that are not SOAP: its description, its list of calls, its error pages."""

from html import escape
from typing import Final

from kf_mcp.simulator.message import Reply, Request, page
from kf_mcp.simulator.schema import WSDL, contract

_REAL: Final = b"https://securedwebapp.com/api/service.asmx"

SERVER_ERROR: Final = page(
    500,
    "<html><head><title>Runtime Error</title></head><body><h1>Server Error in '/' Application.</h1>"
    "<h2><i>Runtime Error</i></h2></body></html>",
)
UNAVAILABLE: Final = page(
    503,
    "<html><head><title>Service Unavailable</title></head><body><h2>Service Unavailable</h2>"
    "<hr><p>HTTP Error 503. The service is unavailable.</p></body></html>",
)
LOGIN: Final = page(
    200,
    "<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in</h1>"
    "<form method='post'><input name='username'><input name='password' type='password'></form></body></html>",
)
NOT_FOUND: Final = page(404, "<html><body><h2>404 - File or directory not found.</h2></body></html>")
NOT_ALLOWED: Final = page(
    405, "<html><body><h2>405 - HTTP verb used to access this page is not allowed.</h2></body></html>"
)


PRINTED: Final = "/simulated/pdf.asp"
"""Where links to printed documents lead."""
_LINKED: Final = "https://securedwebapp.com/simulated/"


def here(answer: str, request: Request) -> str:
    """Let the links in an answer lead to the address that was asked, as the service description does with its own."""
    scheme, _, rest = request.url.partition("://")
    return answer.replace(_LINKED, escape(f"{scheme}://{rest.partition('/')[0]}/simulated/"))


def printed(request: Request) -> Reply:
    """Give a PDF of one blank page that says which documents it stands for."""
    named = "".join(character for character in request.query if character.isalnum() or character in "=-&")[:200]
    text = f"BT /F 12 Tf 40 800 Td (A pretend document: {named}) Tj ET"
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F {font} >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for n, inside in enumerate(objects, 1):
        places.append(len(body))
        body += f"{n} 0 obj\n{inside}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    ending = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return Reply(200, "application/pdf", (body + ending).encode("ascii"))


def description(request: Request) -> Reply:
    """Give the service description, its address rewritten to the one that was asked."""
    own = escape(request.url).encode()
    return Reply(200, "text/xml; charset=utf-8", WSDL.read_bytes().replace(_REAL, own))


def list_of_calls() -> Reply:
    """Give the page that names every call."""
    rows = "".join(f'<li><a href="?op={name}">{name}</a></li>' for name in sorted(contract().exchanges))
    return page(
        200,
        "<!DOCTYPE html><html><head><title>KashFlowAPI Web Service</title></head><body><h1>KashFlowAPI</h1>"
        "<p>This is a pretend KashFlow. The calls of its service are listed here; for the formal definition, see the "
        f'<a href="?WSDL">Service Description</a>.</p><ul>{rows}</ul></body></html>',
    )


def unrecognized(path: str) -> Reply:
    """Give ASP.NET's page for a POST to a name below the service."""
    ending = escape("/" + path.rpartition("/")[2])
    return page(
        500, f"<html><body>Request format is unrecognized for URL unexpectedly ending in '{ending}'.</body></html>"
    )
