"""The demo company's catalogue and its projects, with the invoices and purchases that are booked to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from kf_mcp.simulator import products, projects
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.catalogue import ACTIVE, ARCHIVED, COMPLETE, Project, SubProduct
from kf_mcp.simulator.records import Document, Party
from kf_mcp.simulator.worlds.chart import nominal

ITEMS: tuple[tuple[int, str, str, str, int, int], ...] = (
    (4000, "ART-HR", "Artwork, per hour", "Artwork amendments, per hour", 62_0000, 20),
    (4000, "LOGO", "Logo & identity", "Logo and identity: first concepts", 950_0000, 20),
    (4010, "BC-350", "Business cards", "Business cards, 350gsm, box of 500", 54_0000, 20),
    (4010, "A2-MATT", "Posters A2 <matt>", "A2 posters <matt laminate>", 3_6250, 20),
    (4010, "TAG", "Swing tickets", "Swing tickets, price each", 1225, 20),
    (4020, "A5-LEAF", "Leaflets A5", "Folded leaflets A5, 10,000", 420_0000, 0),
    (4200, "STOCK-IMG", "Stock photo", "Stock photo licence at cost (disbursement)", 45_0000, -1),
    (5000, "SRA2-300", "Coated board SRA2", "Coated board, SRA2, 300gsm, per 100", 28_9000, 20),
)
"""Nominal, code, name, text, ten-thousandths of a pound, VAT rate; the last one is bought and its stock counted."""

SITE_TEXT = (
    "<p>Rebrand of the <strong>yard</strong> &amp; its boats.</p><p>Client’s budget: £4,000<br />Contact: Morwenna</p>"
)

JOBS: tuple[tuple[str, str, str, str, int, int | None, int], ...] = (
    (
        "Theatre season, last year",
        "RTT-1",
        "<p>Closed and filed away.</p>",
        "Redcliffe Theatre Trust",
        0,
        120,
        ARCHIVED,
    ),
    ("Brewery labels", "SEV-LABEL", "Six labels; all delivered.", "Severn Brewing Co Ltd", 30, 210, COMPLETE),
    ("Boatyard rebrand", "PENH-REBRAND", SITE_TEXT, "Penhaligon Boatyard Ltd", 90, None, ACTIVE),
    ("Studio website", "OWN-SITE", "", "", 200, None, ACTIVE),
)
"""Name, reference, description, customer, days after the first day on which it began and ended, how it stands."""

SHARE = 3
"""Every third invoice of a project's customer, within its dates, is booked to it."""


def add_items(books: Books) -> None:
    """Enter the catalogue."""
    for code, mark, name, text, price, rate in ITEMS:
        item = SubProduct(
            id=0,
            nominal=nominal(books, code),
            code=mark,
            name=name,
            description=text,
            price=Decimal(price) / 10000,
            vat_rate=Decimal(rate),
        )
        if code == 5000:
            item = replace(item, wholesale_price=Decimal("25.5000"), managed=True, in_stock=14, warn_at=5)
        products.add(books, item)


def add_projects(books: Books, start: date) -> None:
    """Enter the projects and book invoices and purchases to them."""
    for name, reference, text, customer, began, ended, status in JOBS:
        party = next((row for row in books.customers if row.name == customer), None)
        project = projects.add(
            books,
            Project(
                id=0,
                number=0,
                name=name,
                reference=reference,
                description=text,
                start=start + timedelta(days=began),
                end=None if ended is None else start + timedelta(days=ended),
                customer=party.id if party else 0,
                status=status,
            ),
        )
        for document in _documents(books, project, party):
            projects.assign(books, document, project)


def _documents(books: Books, project: Project, party: Party | None) -> list[Document]:
    """Choose what is booked to a project: sales to its customer, or for one of its own the software that it needs."""
    if party is None:
        supplier = next(row for row in books.suppliers if row.name.startswith("Foundry"))
        found = books.purchases.of_party(supplier.id)
    else:
        found = books.invoices.of_party(party.id)
    began, ended = project.start or date.min, project.end or date.max
    return [document for document in found if began <= document.date <= ended][::SHARE]
