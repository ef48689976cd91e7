"""Files kept with invoices and purchases; they come as text in base64, and of what is in one its checksum is kept."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import invoices, purchases, wire
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import Attachment, Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


@operation("AttachFileToReceipt")
def attach_file_to_receipt(books: Books, request: Request) -> Answer:
    """Keep a file with a purchase, which is named by its number."""
    return _attached(books, purchases.by_number(books, wire.whole(request, "ReceiptNo")), request)


@operation("AttachFileToInvoice")
def attach_file_to_invoice(books: Books, request: Request) -> Answer:
    """Keep a file with an invoice, which is named by its number; no call lists an invoice's files."""
    return _attached(books, invoices.by_number(books, wire.whole(request, "InvoiceNo")), request)


@operation("DeleteReceiptAttachment")
def delete_receipt_attachment(books: Books, request: Request) -> Answer:
    """Take a file away from a purchase; both are named by their internal ids."""
    purchase = books.purchases.get(wire.whole(request, "ReceiptID"))
    if purchase is None:
        return nothing_to_delete(books, purchases.NoSuchReceipt())
    wanted = wire.whole(request, "AttachmentID")
    kept = tuple(file for file in purchase.attachments if file.id != wanted)
    if len(kept) == len(purchase.attachments):
        return nothing_to_delete(books, Refusal("There is no such attachment on this receipt."))
    books.put_document(replace(purchase, attachments=kept))
    return Answer(DONE)


def _attached(books: Books, document: Document, request: Request) -> Answer:
    """Keep a file with a document; a file without a name or without anything in it is none."""
    name = wire.text(request, "Filename").strip()
    content = _content(wire.text(request, "Base64String"))
    if not name or not content:
        raise Refusal("There is no file to attach.")
    file = Attachment(
        id=books.next_id("attachment"),
        name=name,
        content_type=wire.text(request, "ContentType"),
        size=_size(books, wire.text(request, "FileSize"), content),
        uploaded=books.today,
        extension=wire.text(request, "FileExtension").strip(),
        sha256=sha256(content).hexdigest(),
    )
    books.put_document(replace(document, attachments=(*document.attachments, file)))
    return Answer(file.id if books.switches.attach_result == "id" else DONE)


def _content(text: str) -> bytes:
    """Read the file; the sentence is .NET's for a text that is not base64."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:  # binascii.Error, or a letter outside ASCII
        raise Refusal(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, "
            "more than two padding characters, or an illegal character among the padding characters."
        ) from None


def _size(books: Books, sent: str, content: bytes) -> int:
    """Tell a file's size in bytes; the size that was sent is a text and need not be a number."""
    if books.switches.attachment_size == "measured":
        return len(content)
    sent = sent.strip()
    return int(sent) if sent.isascii() and sent.isdigit() else 0
