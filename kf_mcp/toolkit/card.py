"""The card in the chat: one page that shows a tool's answer, in clients that show such pages (MCP Apps).

It is an addition only: the text and the structure of every answer say all of it. The page loads nothing, calls no tool, and has no button
that confirms; it may ask the client to open the approval page, where the person decides.
"""

from pathlib import Path
from typing import Any, Final

from mcp.server.apps import APP_MIME_TYPE, Apps, ResourceCsp
from mcp.server.mcpserver.resources import FileResource

URI: Final = "ui://card"
"""Short, since every tool with a card repeats it in the list of tools."""
PAGE: Final = Path(__file__).parent / "card.html"
META: Final[dict[str, Any]] = {"ui": {"resourceUri": URI}}
"""What tells a client that a tool's answer can be shown on the card."""

NOTHING_FROM_OUTSIDE: Final = ResourceCsp(
    connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[]
)


def cards() -> Apps:
    """What the server offers for cards: the page, read from the disk when a client asks for it."""
    apps = Apps()
    policy = NOTHING_FROM_OUTSIDE.model_dump(by_alias=True, exclude_none=True)
    apps.add_resource(
        FileResource(
            uri=URI,
            name="card",
            title="Card in the chat",
            description="Shows previews, what became of writes, invoices, reports and VAT boxes, in clients that show pages.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": {"csp": policy, "prefersBorder": True}},
            path=PAGE.resolve(),
        )
    )
    return apps
