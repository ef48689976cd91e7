"""The tools that attach files to invoices and purchases and take those of purchases away."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, NotFound
from kf_mcp.kashflow.attachment_steps import AttachFile, AttachToInvoice, AttachToPurchase, DeleteAttachment
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.documents import Attachment
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.text import bounded, counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools.customers import Line
from kf_mcp.writing.plan import Plan

MOST_LISTED: Final = 8
SURELY_TAKEN: Final = 3 * 1024 * 1024
"""In base64 this becomes 4 MB, which ASP.NET takes in one request unless told otherwise; what KashFlow told it is not known."""


@writes("Attach a file to an invoice or purchase", destructive=False, toolset="documents")
async def attach_file(
    books: Books,
    kind: Annotated[Literal["invoice", "purchase"], Field(description="What the number is of")],
    number: Annotated[int, Field(ge=1, description="The visible number of the invoice or purchase")],
    path: Annotated[
        str, Field(min_length=1, max_length=500, description="Within the folder that the owner allowed, as in bill.pdf")
    ],
) -> Plan:
    """Attach a file from this computer, such as a scanned bill, to one invoice or purchase.

    The file comes only from the folder that the owner allowed (KASHFLOW_ATTACH_FROM; where it is not set, this says how), and goes straight
    to KashFlow: never pass what is in it. PDF, PNG, JPEG, GIF, TIFF, WebP and HEIC up to 10 MB; hidden files, and paths and links that lead
    out of the folder, are refused, and so is a file that changed after the preview. Files on invoices cannot be listed or deleted
    afterwards, those on purchases can (`get_attachments`, `delete_attachment`).
    """
    file = await books.documents.to_attach(path)
    warnings: list[str] = []
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        whose = f"invoice {number} to {quoted(invoice.customer_name or invoice.customer_code, 80)}"
        said = f"Invoice of {dates.in_words(invoice.issue_date)}, {money.in_words(invoice.gross, invoice.currency)}"
        there = "Which files are attached to it KashFlow does not tell"
        step: AttachFile = AttachToInvoice(document_id=invoice.id, number=number, file=file)
    else:
        purchase = await books.purchases.get(number)
        earlier = await books.documents.attachments_of_purchase(purchase.id)
        whose = f"purchase {number} from {quoted(purchase.supplier_name or purchase.supplier_code, 80)}"
        said = _purchase_in_words(purchase)
        there = f"Attached to it already: {counted(len(earlier), 'file')}"
        if any(found.name.strip().casefold() == file.name.casefold() for found in earlier):
            warnings.append("Perhaps a duplicate: a file of this name is attached already.")
        step = AttachToPurchase(document_id=purchase.id, number=number, file=file)
    if file.size > SURELY_TAKEN:
        warnings.append(f"KashFlow may not take so large a file ({_size(file.size)}); its limit is not documented.")
    return Plan(
        title=f"File {quoted(file.name)} on {whose}",
        facts=(
            f"From {quoted(file.path, 500)} in the folder that the owner allows",
            f"{file.content_type}, {_size(file.size)}, SHA-256 {file.sha256}",
            said,
            there,
        ),
        warnings=tuple(warnings),
        steps=(step,),
    )


@writes("Delete a file attached to a purchase", destructive=True, toolset="documents")
async def delete_attachment(
    books: Books,
    number: Annotated[int, Field(ge=1, description="KashFlow's number of the purchase")],
    file: Annotated[
        Line, Field(min_length=1, max_length=200, description="Its name, or its id where several have that name")
    ],
) -> Plan:
    """Delete one file that is attached to a purchase, such as a bill scanned twice. It is gone for good: nothing brings it back.

    Where several files have the name, their ids come back as choices: ask the person. An unknown purchase or file is refused. The
    purchase itself stays as it is. Files on invoices cannot be deleted: KashFlow has no operation for it. What is attached is listed by
    `get_attachments`.
    """
    purchase = await books.purchases.get(number)
    there = await books.documents.attachments_of_purchase(purchase.id)
    found = _named(there, file, number)
    record = await books.documents.attachment_record(purchase.id, found.id)
    supplier = quoted(purchase.supplier_name or purchase.supplier_code, 80)
    return Plan(
        title=f"Deletion of the file {quoted(found.name)} from purchase {number} from {supplier}",
        facts=(
            f"File {_in_words(found)}",
            _purchase_in_words(purchase),
            f"Left on it afterwards: {counted(len(there) - 1, 'file')}",
        ),
        steps=(DeleteAttachment.of(record, purchase.id, number),),
    )


def _named(there: list[Attachment], said: str, number: int) -> Attachment:
    """The file with this name or id. Raises ChoiceNeeded where several or none have it."""
    if not there:
        raise NotFound("attached file", said, f"No file is attached to purchase {number}. Nothing was written.")
    exact = [found for found in there if found.name.strip().casefold() == said.casefold()]
    fitting = exact or [found for found in there if said.isdecimal() and found.id == int(said)]
    if len(fitting) == 1:
        return fitting[0]
    problem = "Several files are" if fitting else "No file is"
    raise ChoiceNeeded(
        "file",
        f"{problem} called {quoted(said, 60)} on purchase {number}.",
        [_in_words(found) for found in (fitting or there)[:MOST_LISTED]],
    )


def _in_words(found: Attachment) -> str:
    """A file as KashFlow lists it; the unit of its size is not documented."""
    uploaded = f", attached {dates.in_words(found.uploaded)}" if found.uploaded else ""
    size = f", size {bounded(found.size, 20)}" if found.size else ""
    return f"{found.id} ({quoted(found.name, 80)}{size}{uploaded})"


def _purchase_in_words(purchase: Purchase) -> str:
    reference = f", reference {quoted(purchase.reference, 60)}" if purchase.reference else ""
    total = money.in_words(purchase.gross, purchase.currency)
    return f"Purchase of {dates.in_words(purchase.issue_date)}, {total}{reference}"


def _size(size: int) -> str:
    """A size as a person reads it."""
    kilobytes = Decimal(size) / 1024
    if kilobytes < 1:
        return f"{size} bytes"
    return f"{kilobytes:,.0f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:,.1f} MB"  # noqa: PLR2004
