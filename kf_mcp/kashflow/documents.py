"""What hangs on invoices and purchases, over SOAP: notes, attached files, and links to printed documents."""

import re
from datetime import date
from typing import Any, Final

from kf_mcp.errors import NotFound, Unavailable
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.attachable import Attachable, find
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
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
        found = [to_attachment(row) for row in await attachments(self._soap, purchase_id)]
        return sorted((file for file in found if file.id), key=lambda file: file.id)

    async def attachment_record(self, purchase_id: int, attachment_id: int) -> Record:
        """The whole record of one file that is attached to a purchase. Raises NotFound."""
        for row in await attachments(self._soap, purchase_id):
            if wire.integer(row, "AttachmentID") == attachment_id:
                return records.record("ReceiptAttachment", row)
        raise NotFound("attached file with the id", attachment_id, "Look at `get_attachments`.")

    async def to_attach(self, path: str) -> Attachable:
        """A file in the folder that the owner allowed, looked at now, by its path within that folder. Raises Refused."""
        return await find(self._soap.settings.attach_from, path)

    async def invoice_link(self, number: int) -> str:
        """A link to the PDF of an invoice; whoever has it needs no login."""
        answer = await self._soap.read("PrintInvoice", InvoiceNumber=number, InvoiceNumberList="")
        return _checked(str(answer.result or ""))

    async def purchase_order_link(self, number: int) -> str:
        """A link to the PDF of a purchase order; whoever has it needs no login."""
        answer = await self._soap.read("PrintPurchaseOrder", ReceiptNumber=number, ReceiptNumberList="")
        return _checked(str(answer.result or ""))


async def attachments(soap: Connection, purchase_id: int) -> list[Any]:
    """The files attached to a purchase, as KashFlow sends them."""
    answer = await soap.read("GetReceiptAttachments", ReceiptID=purchase_id)
    return list(wire.rows(answer.result, "ReceiptAttachment"))


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
