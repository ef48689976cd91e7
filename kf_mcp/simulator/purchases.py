"""Reading purchases, which KashFlow calls receipts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.documents_shown import shown, shown_receipt, shown_typed
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.payments import shown as payment_shown
from kf_mcp.simulator.records import Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
Show = Callable[["Books", Document], dict[str, Any]]
Choose = Callable[["Books", Request], list[Document]]

LAST = 100
"""GetReceipts gives no more than the last hundred, and a page no more either (KashFlow's change log)."""

CUT_SHORT = "Only the last 100 receipts are returned. Please use GetReceiptsWithPaging to retrieve all receipts."
"""The notice beside the OK; its wording is ours."""


class NoSuchReceipt(Refusal):
    """KashFlow's sentence for a purchase that is not there; that it holds "no receipt" is all that clients show."""

    def __init__(self) -> None:
        super().__init__("There is no receipt with this number.")


def by_number(books: Books, number: int) -> Document:
    """Find a purchase by its number, or refuse."""
    found = books.purchases.numbered(number)
    if found is None:
        raise NoSuchReceipt
    return found


def by_id(books: Books, key: int) -> Document:
    """Find a purchase by its internal id, or refuse."""
    found = books.purchases.get(key)
    if found is None:
        raise NoSuchReceipt
    return found


def newest_first(books: Books) -> list[Document]:
    """List the purchases by number, the highest first (KashFlow's change log)."""
    return books.work_out(
        "purchases, newest first", lambda: sorted(books.purchases, key=lambda document: document.number, reverse=True)
    )


def _one(show: Show) -> Callable[[Books, Request], Answer]:
    def answer(books: Books, request: Request) -> Answer:
        document = books.purchases.numbered(wire.whole(request, "ReceiptNumber"))
        if document is not None:
            return Answer(show(books, document))
        if books.switches.not_found_document == "refuse":
            raise NoSuchReceipt
        return Answer({})

    return answer


def _several(choose: Choose, show: Show) -> Callable[[Books, Request], Answer]:
    return lambda books, request: Answer(Rows(choose(books, request), partial(show, books)))


def _last_hundred(show: Show) -> Callable[[Books, Request], Answer]:
    def answer(books: Books, _: Request) -> Answer:
        found = [show(books, document) for document in newest_first(books)[:LAST]]
        return Answer(found, CUT_SHORT if len(books.purchases) > LAST else "")

    return answer


def _paged(show: Show) -> Callable[[Books, Request], Answer]:
    def answer(books: Books, request: Request) -> Answer:
        page = max(wire.whole(request, "Page"), 1)
        size = min(wire.whole(request, "PerPage"), LAST)
        found = _filtered(books, wire.text(request, "FilterBy"))
        size = size if size > 0 else LAST
        rows = found[(page - 1) * size : page * size]
        extra = {"PageNumber": page, "TotalPages": -(-len(found) // size), "TotalRecords": len(found)}
        return Answer([show(books, document) for document in rows], extra=extra)

    return answer


def _filtered(books: Books, word: str) -> list[Document]:
    """Choose purchases by KashFlow's words; no word is All. What an unknown one does is not known: here NO."""
    amounts, today = books.amounts, books.today
    tests: dict[str, Callable[[Document], bool]] = {
        "": lambda _: True,
        "all": lambda _: True,
        "unpaid": lambda row: not amounts.is_paid(row),
        "overdue": lambda row: not amounts.is_paid(row) and row.due is not None and row.due < today,
        "overpaid": lambda row: amounts.home_due(row) < 0 <= amounts.home_gross(row),
        "paid": amounts.is_paid,
        "thismonth": lambda row: (row.date.year, row.date.month) == (today.year, today.month),
    }
    test = tests.get(word.strip().casefold())
    if test is None:
        raise Refusal(f"The filter {word} is not valid.")
    return books.work_out(
        f"purchases, {word}", lambda: [document for document in newest_first(books) if test(document)]
    )


def _recent(books: Books, request: Request) -> list[Document]:
    rows = sorted(books.purchases, key=lambda row: (row.date, row.number), reverse=True)
    return rows[: max(wire.whole(request, "NumberOfReceipts"), 0)]


def _of_supplier(books: Books, request: Request) -> list[Document]:
    return books.purchases.of_party(wire.whole(request, "SupplierID") or wire.whole(request, "SupplierId"))


operation("GetReceipt")(_one(shown))
operation("GetReceipt_TypeDefined")(_one(shown_typed))
operation("GetReceipt2")(_one(shown_receipt))
operation("GetReceipts")(_last_hundred(shown))
operation("GetReceipts2")(_last_hundred(shown_receipt))
operation("GetReceiptsWithPaging")(_paged(shown))
operation("GetReceiptsWithPaging2")(_paged(shown_receipt))
operation("GetReceipts_Recent")(_several(_recent, shown))
operation("GetReceipts_Recent2")(_several(_recent, shown_receipt))
operation("GetReceiptsForSupplier")(_several(_of_supplier, shown))
operation("GetReceiptForSupplier2")(_several(_of_supplier, shown_receipt))


@operation("GetReceiptPayment")
def get_receipt_payment(books: Books, request: Request) -> Answer:
    """List the payments of a purchase; an unknown one has none."""
    document = books.purchases.numbered(wire.whole(request, "ReceiptNumber"))
    return Answer([payment_shown(document, payment) for payment in document.payments] if document else [])


@operation("GetReceiptNotes")
def get_receipt_notes(books: Books, request: Request) -> Answer:
    """List the notes of a purchase, which is named by its internal id."""
    document = books.purchases.get(wire.whole(request, "ReceiptId"))
    return Answer(
        [
            {"ReceiptId": document.id, "NoteId": note.id, "NoteDate": wire.moment(note.date), "Notes": note.text}
            for note in document.notes
        ]
        if document
        else []
    )
