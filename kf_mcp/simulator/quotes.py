"""Quotes, which are in no ledger: added, and read.

KashFlow gives them as Invoice, without currency and due date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import documents, wire
from kf_mcp.simulator.documents_shown import listed, shown
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


class NoSuchQuote(Refusal):
    """KashFlow's sentence for a quote that is not there; that it holds "no quote" is all that clients show."""

    def __init__(self) -> None:
        super().__init__("There is no quote with this number.")


def add(books: Books, members: Mapping[str, Any], *, category: str | None = None) -> Document:
    """Enter a new quote; its category comes from KashFlow's own pages, no call sets one."""
    quote = documents.insert(books, "quote", members)
    if category is None:
        return quote
    filed = replace(quote, category=category)
    books.put_document(filed)
    return filed


def mark_converted(books: Books, quote: Document, invoice: Document) -> None:
    """Remember which invoice a quote was turned into; it stays in the lists."""
    books.put_document(replace(quote, became=invoice.id))


def _one(books: Books, quote: Document | None) -> Answer:
    """Answer with a quote; without one by the switch: NO, or a quote whose id is 0."""
    if quote is not None:
        return Answer(shown(books, quote))
    if books.switches.not_found_document == "refuse":
        raise NoSuchQuote
    return Answer({})


@operation("GetQuoteByID")
def get_quote_by_id(books: Books, request: Request) -> Answer:
    """Read a quote by its internal id."""
    return _one(books, books.quotes.get(wire.whole(request, "QuoteID")))


@operation("GetQuoteByNumber")
def get_quote_by_number(books: Books, request: Request) -> Answer:
    """Read a quote by its number."""
    return _one(books, books.quotes.numbered(wire.whole(request, "QuoteNumber")))


@operation("GetQuotes")
def get_quotes(books: Books, _: Request) -> Answer:
    """List the quotes, those that became invoices too."""
    return Answer(listed(books, books.quotes))


@operation("GetQuotes_Recent")
def get_recent_quotes(books: Books, request: Request) -> Answer:
    """List the newest quotes by their date, the newest first."""
    newest = sorted(books.quotes, key=lambda quote: (quote.date, quote.number), reverse=True)
    return Answer(listed(books, newest[: max(wire.whole(request, "NumberOfQuotes"), 0)]))


@operation("GetQuotesForCustomer")
def get_quotes_for_customer(books: Books, request: Request) -> Answer:
    """List the quotes made to one customer, who is named by the internal id."""
    return Answer(listed(books, books.quotes.of_party(wire.whole(request, "CustID"))))


@operation("isStillQuote")
def is_still_quote(books: Books, request: Request) -> Answer:
    """Tell whether a quote is still one; false once it became an invoice (KashFlow's manual)."""
    quote = books.quotes.get(wire.whole(request, "QuoteID"))
    if quote is None and books.switches.not_found_document == "refuse":
        raise NoSuchQuote
    return Answer(quote is not None and not quote.became)
