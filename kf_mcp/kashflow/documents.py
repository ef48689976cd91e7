"""What hangs on invoices and purchases, over SOAP: notes, attached files, and links to printed documents."""

import re
from datetime import date
from typing import Any, Final

from kf_mcp.errors import Unavailable
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model.documents import Attachment, Note

_LINK: Final = re.compile(r"https?://[\x21-\x7e]{1,2000}")


class Documents:
    """Notes, attached files and links; every read goes to KashFlow. Notes and files are asked for by internal ids."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def notes_of_invoice(self, invoice_id: int) -> list[Note]:
        """Every note on an invoice, oldest first."""
        answer = await self._soap.read("GetInvoiceNotes", InvoiceId=invoice_id)
        return _to_notes(answer.result, "InvoiceNotes")

    async def notes_of_purchase(self, purchase_id: int) -> list[Note]:
        """Every note on a purchase, oldest first."""
        answer = await self._soap.read("GetReceiptNotes", ReceiptId=purchase_id)
        return _to_notes(answer.result, "ReceiptNotes")

    async def attachments_of_purchase(self, purchase_id: int) -> list[Attachment]:
        """Every file attached to a purchase, in the order in which they were attached."""
        answer = await self._soap.read("GetReceiptAttachments", ReceiptID=purchase_id)
        found = [to_attachment(row) for row in wire.rows(answer.result, "ReceiptAttachment")]
        return sorted((file for file in found if file.id), key=lambda file: file.id)

    async def invoice_link(self, number: int) -> str:
        """A link to the PDF of an invoice; whoever has it needs no login."""
        answer = await self._soap.read("PrintInvoice", InvoiceNumber=number, InvoiceNumberList="")
        return _checked(str(answer.result or ""))

    async def purchase_order_link(self, number: int) -> str:
        """A link to the PDF of a purchase order; whoever has it needs no login."""
        answer = await self._soap.read("PrintPurchaseOrder", ReceiptNumber=number, ReceiptNumberList="")
        return _checked(str(answer.result or ""))


def to_attachment(row: Any) -> Attachment:
    """An attached file from KashFlow's own record."""
    link = wire.text(row, "FileURL")
    return Attachment(
        id=wire.integer(row, "AttachmentID"),
        name=wire.text(row, "ActualFilename"),
        content_type=wire.text(row, "ContentType"),
        size=wire.text(row, "FileSize"),
        uploaded=wire.day(row, "UploadDate"),
        link=link if _LINK.fullmatch(link) else "",
    )


def _to_notes(result: Any, name: str) -> list[Note]:
    found = [
        Note(id=wire.integer(row, "NoteId"), date=wire.day(row, "NoteDate"), text=wire.text(row, "Notes"))
        for row in wire.rows(result, name)
    ]
    return sorted(found, key=lambda note: (note.date or date.min, note.id))


def _checked(link: str) -> str:
    """The link, if it is one. Its text is not repeated where it is not."""
    if not _LINK.fullmatch(link.strip()):
        raise Unavailable("KashFlow gave no usable link to the document.")
    return link.strip()
