"""The demo company's quotes: some became invoices, the newest are still open; none has a due date."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from kf_mcp.simulator import quotes
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import Document
from kf_mcp.simulator.worlds.demo_people import Customer
from kf_mcp.simulator.worlds.demo_sales import line_members

QUOTED_BEFORE = timedelta(days=9)
CONVERTED = (40, 115, 190, 265)
"""Which of the year's invoices came from a quote, by their places; at a place with a foreign customer the next at home."""

OPEN: tuple[tuple[str, int, str, str, int, int, int], ...] = (
    ("Redcliffe Theatre Trust", 300, "Season brochure, three sizes", "Design", 4000, 20, 185000),
    ("Smith, Patel & Okafor LLP", 241, "Letterheads & envelopes, two offices", "Print", 4010, 20, 64000),
    ("D’Arcy Interiors", 176, "Sample book <linen cover>", "Print", 4010, 20, 92050),
    ("Tidewater Architects Ltd", 120, "Competition boards, A0", "Print", 4010, 20, 41500),
    ("Marlow & Finch Solicitors", 64, "Website refresh – “trust” campaign", "Design", 4000, 20, 310000),
    ("Severn Brewing Co Ltd", 33, "Beer mats, 10,000", "", 4020, 0, 38000),
    ("Penhaligon Boatyard Ltd", 12, "Quote: sign-writing artwork", "", 4000, 20, 48000),
    ("Café Zoë", 13, "Quote: sign-writing artwork", "", 4000, 20, 55500),
)
"""Customer, days ago, text, category, nominal, VAT rate, pence without VAT."""


def add_quotes(books: Books, entered: list[tuple[Customer, Document]], start: date) -> None:
    """Enter the quotes; those that became invoices hold the same lines and are dated some days earlier."""
    at_home = [invoice for told, invoice in entered if told.region == "UK"]
    for place in CONVERTED:
        invoice = at_home[place * len(at_home) // len(entered)]
        quoted = max(invoice.date - QUOTED_BEFORE, start)
        quote = quotes.add(books, _header(invoice.party, quoted, [_line_of(line) for line in invoice.lines]))
        quotes.mark_converted(books, quote, invoice)
    for name, days, text, category, code, rate, pence in OPEN:
        customer = next(party for party in books.customers if party.name == name)
        line = line_members(books, code, text, price=Decimal(pence) / 100, vat_rate=Decimal(rate))
        quotes.add(books, _header(customer.id, books.today - timedelta(days=days), [line]), category=category or None)


def _header(customer: int, quoted: date, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"InvoiceDate": quoted, "CustomerID": customer, "Lines": lines}


def _line_of(line: Any) -> dict[str, Any]:
    """Write an invoice's line as a client would send it for a quote."""
    return {
        "Quantity": line.quantity,
        "Description": line.description,
        "Rate": line.rate,
        "ChargeType": line.nominal,
        "VatRate": line.vat_rate,
        "VatAmount": line.vat,
        "ValuesInCurrency": 1,
    }
