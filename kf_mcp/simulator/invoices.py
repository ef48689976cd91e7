"""Reading invoices, and the calls that go with one: its PDF, its e-mail, its notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import emails, wire
from kf_mcp.simulator.documents_shown import listed, listed_typed, shown, shown_typed
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.records import ZERO, Document, Note

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
Show = Callable[["Books", Document], dict[str, Any]]
List = Callable[["Books", Iterable[Document]], Rows]


class NoSuchInvoice(Refusal):
    """KashFlow's sentence for an invoice that is not there; that it holds "no invoice" is all that clients show."""

    def __init__(self) -> None:
        super().__init__("There is no invoice with this number.")


def by_number(books: Books, number: int) -> Document:
    """Find an invoice by its number, or refuse."""
    found = books.invoices.numbered(number)
    if found is None:
        raise NoSuchInvoice
    return found


def by_id(books: Books, key: int) -> Document:
    """Find an invoice by its internal id, or refuse."""
    found = books.invoices.get(key)
    if found is None:
        raise NoSuchInvoice
    return found


def unpaid(books: Books) -> list[Document]:
    """List the invoices on which something is owed, part-paid ones too; credit notes by a switch."""
    credit_notes = books.switches.credit_notes_in_unpaid == "yes"
    open_ones = (document for document in books.invoices if not books.amounts.is_paid(document))
    return [document for document in open_ones if credit_notes or books.amounts.home_gross(document) >= ZERO]


def overdue(books: Books) -> list[Document]:
    """List the invoices on which something is owed after their due date."""
    late = (document for document in unpaid(books) if document.due is not None and document.due < books.today)
    return [document for document in late if books.amounts.home_due(document) > 0]


def recent(books: Books, count: int) -> list[Document]:
    """List the newest invoices by their date, the newest first."""
    newest = sorted(books.invoices, key=lambda document: (document.date, document.number), reverse=True)
    return newest[: max(count, 0)]


def _one(books: Books, document: Document | None, show: Show) -> Answer:
    """Answer with an invoice; without one by the switch: NO, or an invoice whose id is 0."""
    if document is not None:
        return Answer(show(books, document))
    if books.switches.not_found_document == "refuse":
        raise NoSuchInvoice
    return Answer({})


@operation("GetInvoice")
def get_invoice(books: Books, request: Request) -> Answer:
    """Read an invoice by its number."""
    return _one(books, books.invoices.numbered(wire.whole(request, "InvoiceNumber")), shown)


@operation("GetInvoice_TypeDefined")
def get_invoice_typed(books: Books, request: Request) -> Answer:
    """Read an invoice by its number, its lines typed."""
    return _one(books, books.invoices.numbered(wire.whole(request, "InvoiceNumber")), shown_typed)


@operation("GetInvoiceByID")
def get_invoice_by_id(books: Books, request: Request) -> Answer:
    """Read an invoice by its internal id."""
    return _one(books, books.invoices.get(wire.whole(request, "InvoiceID")), shown)


@operation("GetInvoicesByDateRange")
def get_invoices_by_date_range(books: Books, request: Request) -> Answer:
    """List the invoices dated from one day to another, both included."""
    start, end = wire.day(request, "StartDate"), wire.day(request, "EndDate")
    within = (row for row in books.invoices if (start is None or start <= row.date) and end and row.date <= end)
    return Answer(listed(books, within))


def _enter_lists() -> None:
    """Enter each list in both of its variants; the two differ in how lines are written."""
    choices: dict[str, Callable[[Books, Request], list[Document]]] = {
        "GetInvoices_Unpaid": lambda books, _: unpaid(books),
        "GetInvoices_Overdue": lambda books, _: overdue(books),
        "GetInvoices_Recent": lambda books, request: recent(books, wire.whole(request, "NumberOfInvoices")),
        "GetInvoicesForCustomer": lambda books, request: books.invoices.of_party(wire.whole(request, "CustID")),
    }
    for name, choose in choices.items():
        suffix = "_typeDefined" if name == "GetInvoicesForCustomer" else "_TypeDefined"
        operation(name)(_listing(choose, listed))
        operation(name + suffix)(_listing(choose, listed_typed))


def _listing(choose: Callable[[Books, Request], list[Document]], write: List) -> Callable[[Books, Request], Answer]:
    return lambda books, request: Answer(write(books, choose(books, request)))


_enter_lists()


@operation("PrintInvoice")
def print_invoice(books: Books, request: Request) -> Answer:
    """Give the address of a PDF of one invoice, or of several by a comma list; a pretend page is behind it."""
    number = wire.whole(request, "InvoiceNumber")
    numbers = (
        [number] if number else [int(found) for found in re.findall(r"\d+", wire.text(request, "InvoiceNumberList"))]
    )
    keys = [str(by_number(books, wanted).id) for wanted in numbers]
    if not keys:
        raise NoSuchInvoice
    return Answer(f"https://securedwebapp.com/simulated/pdf.asp?invoices={'-'.join(keys)}")


@operation("GetPaypalLink")
def get_paypal_link(books: Books, request: Request) -> Answer:
    """Give the address under which an invoice could be paid; it leads nowhere."""
    document = by_number(books, wire.whole(request, "InvoiceNumber"))
    return Answer(f"https://securedwebapp.com/simulated/paypal.asp?invoice={document.id}")


@operation("EmailInvoice")
def email_invoice(books: Books, request: Request) -> Answer:
    """Keep what should be sent; nothing is ever sent."""
    document = by_number(books, wire.whole(request, "InvoiceNumber"))
    emails.keep(books, request, "invoice", invoice=document.number)
    return Answer()


@operation("InsertInvoiceNote")
def insert_invoice_note(books: Books, request: Request) -> Answer:
    """Add a note to an invoice, which is named by its internal id."""
    document = by_id(books, wire.whole(request, "InvoiceId"))
    written = wire.day(request, "NoteDate") or books.today
    note = Note(books.next_id("note"), written, wire.text(request, "Notes"))
    books.put_document(replace(document, notes=(*document.notes, note)))
    return Answer(True)


@operation("GetInvoiceNotes")
def get_invoice_notes(books: Books, request: Request) -> Answer:
    """List the notes of an invoice, which is named by its internal id."""
    document = books.invoices.get(wire.whole(request, "InvoiceId"))
    notes = document.notes if document else ()
    return Answer(
        [
            {
                "InvoiceId": document.id if document else 0,
                "NoteId": note.id,
                "NoteDate": wire.moment(note.date),
                "Notes": note.text,
            }
            for note in notes
        ]
    )
