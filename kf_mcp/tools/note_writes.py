"""The tool that adds a note to an invoice or purchase."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import note_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.text import clean, hides_something, quoted
from kf_mcp.toolkit import writes
from kf_mcp.writing.plan import Plan

LONGEST: Final = 2000


def _visible(value: str) -> str:
    if hides_something(value):
        raise ValueError("holds control or invisible characters; write plain text")
    return value.strip()


Text = Annotated[str, AfterValidator(_visible)]


@writes("Add a note to an invoice or purchase", destructive=False, toolset="documents")
async def add_note(
    books: Books,
    kind: Annotated[Literal["invoice", "purchase"], Field(description="What the number is of")],
    number: Annotated[int, Field(ge=1, description="The visible number of the invoice or purchase")],
    text: Annotated[Text, Field(max_length=LONGEST, description="What the note says; line breaks are fine")],
) -> Plan:
    """Add a note, dated today, to one invoice (or credit note) or purchase.

    Nobody outside the company is sent it. KashFlow changes and deletes no note through its API, so that a wrong one can only be taken
    away in KashFlow itself: the preview says so. An unknown number and an empty text are refused; the same text twice is warned of. For
    what stands there already use `get_notes`; to change a reference or other figures use the tool for that record.
    """
    if not clean(text):
        raise Refused("`text` is empty; a note must say something.", "Nothing was written.")
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        earlier = await books.documents.notes_of_invoice(invoice.id)
        whose = f"invoice {number} to {quoted(invoice.customer_name or invoice.customer_code, 80)}"
        said = f"Invoice of {dates.in_words(invoice.issue_date)}, {money.in_words(invoice.gross, invoice.currency)}"
        step: note_steps.InsertNote = note_steps.on_invoice(invoice.id, books.today, text)
    else:
        purchase = await books.purchases.get(number)
        earlier = await books.documents.notes_of_purchase(purchase.id)
        whose = f"purchase {number} from {quoted(purchase.supplier_name or purchase.supplier_code, 80)}"
        said = f"Purchase of {dates.in_words(purchase.issue_date)}, {money.in_words(purchase.gross, purchase.currency)}"
        step = note_steps.on_purchase(purchase.id, books.today, text)
    same = [note for note in earlier if clean(note.text).casefold() == clean(text).casefold()]
    breaks = " (in several lines)" if "\n" in text else ""
    return Plan(
        title=f"Note on {whose}",
        facts=(
            f"Note{breaks}: {quoted(text, LONGEST)}",
            f"Dated {dates.in_words(books.today)} (today)",
            said,
            f"Notes there already: {len(earlier)}",
        ),
        warnings=(
            "Nothing takes a note back: KashFlow changes and deletes none through its API.",
            *(
                f"The same note stands there already, of {dates.in_words(note.date) if note.date else 'no date'}."
                for note in same[:1]
            ),
        ),
        steps=(step,),
    )
