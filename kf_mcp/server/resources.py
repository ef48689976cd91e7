"""Resources: what a person attaches to a conversation. Each is a tool's reply under an address, as JSON and as text."""

import json
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import Any, Final

from mcp.server import MCPServer
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from kf_mcp.errors import ChoiceNeeded, Failure, NotFound
from kf_mcp.kashflow.books import Books
from kf_mcp.toolkit import Kit, Reply, schema
from kf_mcp.toolkit.tool import DEMO
from kf_mcp.tools.company import get_company
from kf_mcp.tools.customers import get_customer
from kf_mcp.tools.invoices import get_invoice
from kf_mcp.tools.reference import list_reference
from kf_mcp.tools.reports import NEEDS, get_report

JSON: Final = "application/json"
PDF: Final = "application/pdf"
TEXT: Final = "text/plain"

OpenKit = Callable[[], Awaitable[Kit]]
Reading = Callable[..., Awaitable[Reply]]


class Shown(str):
    """A reply as JSON, which also knows the same facts as text."""

    __slots__ = ("words",)
    words: str


def with_words(contents: Iterable[ReadResourceContents]) -> list[ReadResourceContents]:
    """What a resource gives, with the text beside the JSON."""
    found = []
    for part in contents:
        found.append(part)
        if isinstance(part.content, Shown):
            found.append(ReadResourceContents(content=part.content.words, mime_type=TEXT))
    return found


def add_resources(server: MCPServer, open_kit: OpenKit) -> None:
    """Offer the resources."""

    async def reply(tool: Reading, **arguments: str) -> Shown:
        """What this tool says for these arguments; empty ones are as if not given."""
        given = {name: value for name, value in arguments.items() if value}
        try:
            kit = await open_kit()
            values = schema.checked(schema.Arguments(tool, None).model, given)
            return _shown(await tool(kit.books, **values), is_demo=kit.settings.is_demo)
        except Failure as failure:
            raise _error(failure) from None

    @server.resource("kashflow://company", title="Company", mime_type=JSON)
    async def company() -> Shown:
        """Whose books these are: address, VAT registration, payment terms, currency."""
        return await reply(get_company)

    @server.resource("kashflow://chart-of-accounts", title="Chart of accounts", mime_type=JSON)
    async def chart_of_accounts() -> Shown:
        """Every nominal code in use, with its type, use and default VAT rate."""
        return await reply(list_reference, kind="nominal_codes")

    @server.resource("kashflow://customers/{code}", title="Customer", mime_type=JSON)
    async def customer(code: str) -> Shown:
        """One customer by code: address, terms, what is owed, open invoices."""
        return await reply(get_customer, customer=code)

    @server.resource("kashflow://invoices/{number}", title="Invoice", mime_type=JSON)
    async def invoice(number: str) -> Shown:
        """One sales invoice or credit note by number, with lines and payments."""
        return await reply(get_invoice, number=number)

    @server.resource("kashflow://invoices/{number}/pdf", title="Invoice as PDF", mime_type=PDF)
    async def invoice_pdf(number: str) -> bytes:
        """One sales invoice as it is printed."""
        try:
            return await _pdf((await open_kit()).books, number)
        except Failure as failure:
            raise _error(failure) from None

    @server.resource("kashflow://reports/{kind}{?start,end}", title="Report", mime_type=JSON)
    async def report(kind: str, start: str = "", end: str = "") -> Shown:
        """One report by the kinds of `get_report`, from one day to another; those as at a day take it as `end`, or today."""
        return await reply(get_report, kind=kind, **_days(kind, start, end, (await open_kit()).books.today))


def _days(kind: str, start: str, end: str, today: date) -> dict[str, str]:
    """The days of an address as the report takes them."""
    is_as_at_a_day = any(known == kind and "date" in needs.must for known, needs in NEEDS.items())
    return {"start": start, "date": end or today.isoformat()} if is_as_at_a_day else {"start": start, "end": end}


async def _pdf(books: Books, number: str) -> bytes:
    if not (number.isascii() and number.isdigit()):
        raise NotFound("invoice with the number", number, "An invoice number is digits.")
    found = await books.invoices.get(int(number))
    return await books.files.pdf(await books.documents.invoice_link(found.number))


def _shown(reply: Reply, *, is_demo: bool) -> Shown:
    structure: dict[str, Any] = reply.model_dump(mode="json", exclude_defaults=True)
    words = reply.in_words()
    if is_demo:
        structure["demo"] = DEMO
        words += f"\n[{DEMO}]"
    shown = Shown(json.dumps(structure, ensure_ascii=False, separators=(",", ":")))
    shown.words = words
    return shown


def _error(failure: Failure) -> ResourceError:
    """What the client reads; anything that is no failure of ours is masked by the SDK."""
    is_absent = isinstance(failure, NotFound | ChoiceNeeded)
    return ResourceNotFoundError(str(failure)) if is_absent else ResourceError(str(failure))
