"""Writing quotes: new ones, changed ones, their lines, taking them away, and turning one into an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import documents, quotes, wire
from kf_mcp.simulator.amounts import ONE
from kf_mcp.simulator.customers import NoSuchCustomer
from kf_mcp.simulator.documents_shown import shown
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.quotes import NoSuchQuote
from kf_mcp.simulator.records import NOT_APPLICABLE, ZERO, Document, Line

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


def updated(books: Books, key: int) -> Answer:
    """Answer a call that wrote something anew; what its number means is not known."""
    return Answer({"one": DONE, "id": key, "zero": 0}[books.switches.update_number])


def _by_id(books: Books, key: int) -> Document:
    found = books.quotes.get(key)
    if found is None:
        raise NoSuchQuote
    return found


def _by_number(books: Books, number: int) -> Document:
    found = books.quotes.numbered(number)
    if found is None:
        raise NoSuchQuote
    return found


@operation("InsertQuote")
def insert_quote(books: Books, request: Request) -> Answer:
    """Enter a new quote; the answer is its id, not its number (KashFlow's manual, InsertQuote)."""
    return Answer(quotes.add(books, wire.record(request, "Quote")).id)


@operation("UpdateQuote")
def update_quote(books: Books, request: Request) -> Answer:
    """Write a quote anew, found by its id; its lines go and the ones sent come."""
    return _overwritten(books, request, keep_lines=False)


@operation("UpdateQuoteHeader")
def update_quote_header(books: Books, request: Request) -> Answer:
    """Write a quote's header anew, found by its id; lines sent are added to the old ones."""
    return _overwritten(books, request, keep_lines=True)


def _overwritten(books: Books, request: Request, *, keep_lines: bool) -> Answer:
    members = wire.record(request, "Quote")
    quote = _by_id(books, wire.whole(members, "InvoiceDBID"))
    return updated(books, documents.overwrite(books, quote, members, keep_lines=keep_lines).id)


@operation("InsertQuoteLine")
def insert_quote_line(books: Books, request: Request) -> Answer:
    """Add a line to a quote, named by its id; the answer is the line's id."""
    quote = _by_id(books, wire.whole(request, "QuoteID"))
    return Answer(documents.with_line(books, quote, wire.record(request, "QuoteLine")))


@operation("DeleteQuoteLine")
def delete_quote_line(books: Books, request: Request) -> Answer:
    """Take a line away from a quote, named by its number."""
    return _delete_line(books, _by_number(books, wire.whole(request, "QuoteNumber")), request)


@operation("DeleteQuoteLineWithQuoteID")
def delete_quote_line_by_id(books: Books, request: Request) -> Answer:
    """Take a line away from a quote, named by its id."""
    return _delete_line(books, _by_id(books, wire.whole(request, "QuoteID")), request)


def _delete_line(books: Books, quote: Document, request: Request) -> Answer:
    if documents.without_line(books, quote, wire.whole(request, "LineID")):
        return Answer(DONE)
    return nothing_to_delete(books, Refusal("There is no such line on this quote."))


@operation("DeleteQuote")
def delete_quote(books: Books, request: Request) -> Answer:
    """Delete a quote by its number."""
    return _delete(books, books.quotes.numbered(wire.whole(request, "QuoteNumber")))


@operation("DeleteQuoteByID")
def delete_quote_by_id(books: Books, request: Request) -> Answer:
    """Delete a quote by its id."""
    return _delete(books, books.quotes.get(wire.whole(request, "QuoteID")))


def _delete(books: Books, quote: Document | None) -> Answer:
    """Delete a quote; an invoice that it became stays."""
    if quote is None:
        return nothing_to_delete(books, NoSuchQuote())
    documents.check_open(books, quote.date)
    books.drop_document(quote)
    return Answer(DONE)


@operation("ConvertQuoteToInvoice")
def convert_quote_to_invoice(books: Books, request: Request) -> Answer:
    """Turn a quote into a new invoice, which is the answer; the quote stays unless it is to be deleted.

    CustomerID 0 is the quote's own customer, and CopyQuoteReference 1 adds a line that names the quote (KashFlow's
    manual). That the customer's reference, the project and the delivery address are copied is our choice.
    """
    quote = _by_id(books, wire.whole(request, "QuoteID"))
    if quote.became and books.switches.converted_again == "refuse":
        raise Refusal("The quote has already been converted to an invoice.")
    party = wire.whole(request, "CustomerID") or quote.party
    if books.customers.get(party) is None:
        raise NoSuchCustomer
    issued = books.today if books.switches.converted_date == "today" else quote.date
    documents.check_open(books, issued)
    key = books.next_id("invoice")
    invoice = replace(
        quote,
        kind="invoice",
        id=key,
        number=books.next_number("invoice"),
        date=issued,
        due=documents.default_due(books, issued),
        party=party,
        lines=_copied(books, quote, named=wire.whole(request, "CopyQuoteReference") == 1),
        category=None,
        permanent_link=documents.permanent_link(key),
        became=0,
    )
    books.put_document(invoice)
    if wire.whole(request, "deleteQuoteAfterConversion") == 1:
        books.drop_document(quote)
    else:
        quotes.mark_converted(books, quote, invoice)
    return Answer(shown(books, invoice))


def _copied(books: Books, quote: Document, *, named: bool) -> tuple[Line, ...]:
    """Copy a quote's lines under new ids, with one that names the quote where it was asked for."""
    lines = tuple(replace(line, id=books.next_id("invoice line")) for line in quote.lines)
    if not named:
        return lines
    text = f"Based on Quote Number {quote.number}"
    naming = Line(books.next_id("invoice line"), ONE, text, ZERO, 0, NOT_APPLICABLE, ZERO, ZERO)
    return (*lines, naming) if books.switches.converted_reference == "last" else (naming, *lines)
