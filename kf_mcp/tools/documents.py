"""Tools for what hangs on invoices and purchases: notes, attached files, links to the printed document."""

from typing import Annotated, Literal

from pydantic import Field

from kf_mcp.kashflow.books import Books
from kf_mcp.model.text import bounded
from kf_mcp.toolkit import reads
from kf_mcp.tools.document_replies import AttachmentRow, Attachments, DocumentLink, Notes, note_row


@reads("Notes on an invoice or purchase", toolset="documents")
async def get_notes(
    books: Books,
    kind: Annotated[Literal["invoice", "purchase"], Field(description="What the number is of")],
    number: Annotated[int, Field(ge=1, description="The visible number of the invoice or purchase")],
    limit: Annotated[int, Field(ge=1, le=100, description="Most notes to return")] = 20,
    offset: Annotated[int, Field(ge=0, description="Notes to skip: `next_offset` of the reply before")] = 0,
) -> Notes:
    """Read the notes that people kept on one invoice or purchase, newest first.

    An invoice and a purchase may have the same number: `kind` tells them apart. A document without notes gives an empty list, an
    unknown number is an error. Credit notes are invoices here. Notes of a customer stand in `get_customer`. A note of more than 1000
    characters is cut, with an ellipsis.
    """
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        found = await books.documents.notes_of_invoice(invoice.id)
        whose = f"invoice {number} to {invoice.customer_code}"
    else:
        purchase = await books.purchases.get(number)
        found = await books.documents.notes_of_purchase(purchase.id)
        whose = f"purchase {number} from {purchase.supplier_code}"
    shown = found[::-1][offset : offset + limit]
    rest = offset + len(shown)
    return Notes(
        document=whose,
        total=len(found),
        notes=[note_row(note) for note in shown],
        next_offset=rest if rest < len(found) else 0,
    )


@reads("Files attached to a purchase", toolset="documents")
async def get_attachments(
    books: Books, number: Annotated[int, Field(ge=1, description="KashFlow's number of the purchase")]
) -> Attachments:
    """List the files attached to one purchase, such as the scanned bill, each with a link.

    Each link opens its file without login: use it only when the person asks for the file itself; for the names alone use `get_purchase`
    with `attachments`. A purchase without files gives an empty list, an unknown number is an error. Files on invoices cannot be
    listed: KashFlow has no operation for it.
    """
    purchase = await books.purchases.get(number)
    found = await books.documents.attachments_of_purchase(purchase.id)
    return Attachments(
        document=f"purchase {number} from {purchase.supplier_code}",
        total=len(found),
        attachments=[
            AttachmentRow(
                name=bounded(file.name, 100),
                uploaded=file.uploaded,
                content_type=bounded(file.content_type, 60),
                size=bounded(file.size, 20),
                secret_link=file.link,
            )
            for file in found
        ],
    )


@reads("Link to the PDF of an invoice or purchase order", toolset="documents")
async def get_document_link(
    books: Books,
    kind: Annotated[Literal["invoice", "purchase_order"], Field(description="Which document to print")],
    number: Annotated[int, Field(ge=1, description="The visible number of the invoice or purchase")],
) -> DocumentLink:
    """Get a link to the PDF of one sales invoice or credit note, or of the purchase order of one purchase.

    The link opens without login and its lifetime is not documented: use it only when the person asks for the document itself, and put
    it nowhere else. Nothing is sent to anybody. An unknown number is an error. To read a document's figures use `get_invoice` or
    `get_purchase` instead; for a supplier's own bill as it was scanned, `get_attachments`.
    """
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        return DocumentLink(
            kind=kind,
            number=number,
            party=invoice.customer_code,
            name=bounded(invoice.customer_name, 60),
            currency=invoice.currency,
            gross=invoice.gross,
            secret_link=await books.documents.invoice_link(number),
        )
    purchase = await books.purchases.get(number)
    return DocumentLink(
        kind=kind,
        number=number,
        party=purchase.supplier_code,
        name=bounded(purchase.supplier_name, 60),
        currency=purchase.currency,
        gross=purchase.gross,
        secret_link=await books.documents.purchase_order_link(number),
    )
