"""What goes with a purchase: the files kept with it, and the PDF and the e-mail of its purchase order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import emails, wire
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.purchases import NoSuchReceipt, by_number
from kf_mcp.simulator.records import Attachment, Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
PRINTED = "https://securedwebapp.com/simulated/pdf.asp"


def attach(books: Books, purchase: Document, name: str, content_type: str, size: int) -> Document:
    """Keep a file with a purchase: its name, its kind and its size in bytes, not what is in it."""
    file = Attachment(books.next_id("attachment"), name, content_type, size, books.today)
    kept = replace(purchase, attachments=(*purchase.attachments, file))
    books.put_document(kept)
    return kept


@operation("GetReceiptAttachments")
def get_receipt_attachments(books: Books, request: Request) -> Answer:
    """List the files of a purchase, which is named by its internal id; an unknown one has none.

    The addresses lead to a pretend page. What KashFlow writes in MetaName and MetaValue is not known: here nothing.
    """
    purchase = books.purchases.get(wire.whole(request, "ReceiptID"))
    return Answer([_shown(purchase, file) for file in purchase.attachments] if purchase else [])


def _shown(purchase: Document, file: Attachment) -> dict[str, Any]:
    ending = file.extension or (f".{file.name.rpartition('.')[2]}" if "." in file.name else "")
    return {
        "AttachmentID": file.id,
        "ReceiptID": purchase.id,
        "ActualFilename": file.name,
        "AmazonFilename": f"{purchase.id}-{file.id}.{ending.lstrip('.')}".rstrip("."),
        "UploadDate": wire.moment(file.uploaded),
        "ContentType": file.content_type,
        "MetaName": "",
        "MetaValue": "",
        "FileSize": str(file.size),
        "FileExtension": ending,
        "FileURL": f"{PRINTED}?attachment={file.id}",
    }


@operation("PrintPurchaseOrder")
def print_purchase_order(books: Books, request: Request) -> Answer:
    """Give the address of a PDF of one purchase, or of several by a comma list; a pretend page is behind it."""
    number = wire.whole(request, "ReceiptNumber")
    numbers = (
        [number] if number else [int(found) for found in re.findall(r"\d+", wire.text(request, "ReceiptNumberList"))]
    )
    found = [books.purchases.numbered(wanted) for wanted in numbers]
    keys = [str(purchase.id) for purchase in found if purchase is not None]
    if not keys or len(keys) < len(numbers):
        raise NoSuchReceipt
    return Answer(f"{PRINTED}?receipts={'-'.join(keys)}")


@operation("EmailPurchaseOrder")
def email_purchase_order(books: Books, request: Request) -> Answer:
    """Keep what should be sent; nothing is ever sent. What the answered text holds is not known."""
    purchase = by_number(books, wire.whole(request, "ReceiptNumber"))
    emails.keep(books, request, "purchase order", receipt=purchase.number)
    return Answer(str(purchase.number) if books.switches.purchase_order_text == "number" else "")
