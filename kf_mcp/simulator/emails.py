"""The log of e-mails that were asked for; nothing is ever sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.records import Email

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

NEEDED = ("FromEmail", "SubjectLine", "Body")
"""What is asked for beside the recipient when the switch ``email_blank`` says so."""


def keep(books: Books, request: Mapping[str, Any], word: str, *, invoice: int = 0, receipt: int = 0) -> None:
    """Keep what should be sent, with the number of the invoice or of the purchase."""
    recipient = wire.text(request, "RecipientEmail").strip()
    if not recipient:
        raise Refusal(f"There is no e-mail address to send the {word} to.")
    if books.switches.email_blank == "refuse" and not all(wire.text(request, name).strip() for name in NEEDED):
        raise Refusal("The e-mail has no sender, no subject or no text.")
    books.emails.put(
        Email(
            id=books.next_id("email"),
            invoice=invoice,
            recipient=recipient,
            sender=wire.text(request, "FromEmail"),
            subject=wire.text(request, "SubjectLine"),
            body=wire.text(request, "Body"),
            sender_name=wire.text(request, "FromName"),
            receipt=receipt,
        )
    )
