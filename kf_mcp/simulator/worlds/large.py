"""The world ``large``: five years of Merrow Quay Print Group Ltd, a printing works with 50,000 customers that never was.

Records are put on their shelves and into the ledger as they are, without asking the books' own functions for each: those
check what a client sends, and nobody sends these. From a seeded generator: the same for everybody on the same day.
All of it is in pounds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from random import Random

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.worlds import large_costs, large_people, large_sales
from kf_mcp.simulator.worlds.chart import Setting, company_details, found
from kf_mcp.simulator.worlds.large_returns import Returns

SEED = "Merrow Quay"

SETTING = Setting(
    details=company_details(
        "Merrow Quay Print Group Ltd",
        Address1="The Long Works",
        Address2="Example Dock Road",
        Address3="Hull",
        Postcode="HU1 4QV",
        PrimaryEmail="ledgers@merrowquay.example",
        PrimaryContact="Winifred Oakes",
        Telephone="01632 960018",
        VatRegistrationNumber="GB001299951",
    ),
    accounts=("Current account", "Reserve account"),
    currencies={},
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is; credit notes are among the invoices."""

    customers: int = 50_000
    suppliers: int = 5_000
    invoices: int = 120_000
    purchases: int = 40_000
    bank_rows: int = 10_000
    years: int = 5


FULL = Size()


def scaled(divisor: int) -> Size:
    """Give the size of a smaller world of the same shape, for tests."""
    return Size(
        customers=FULL.customers // divisor,
        suppliers=FULL.suppliers // divisor,
        invoices=FULL.invoices // divisor,
        purchases=FULL.purchases // divisor,
        bank_rows=FULL.bank_rows // divisor,
    )


def first_day(today: date, years: int) -> date:
    """Give the first day of the books: that of the quarter, some years ago."""
    return date(today.year - years, (today.month - 1) // 3 * 3 + 1, 1)


def build(today: date, switches: Switches, size: Size = FULL) -> Books:
    """Open the big company's books as they are on a day."""
    with _uncollected():
        books = found("large", today, switches, SETTING)
        start = first_day(today, size.years)
        returns = Returns(start, today)
        customers = large_people.add_customers(books, size.customers, start, Random(f"{SEED} customers"))
        suppliers = large_people.add_suppliers(books, size.suppliers, start, customers, Random(f"{SEED} suppliers"))
        large_costs.add_capital(books, start, size.invoices / FULL.invoices)
        large_sales.Sales(books, customers, returns, start, Random(f"{SEED} sales")).add(size.invoices)
        large_costs.Costs(books, suppliers, returns, start, Random(f"{SEED} costs")).add(size.purchases)
        large_costs.add_bank_rows(books, returns, start, size.bank_rows)
        returns.file(books)
        books.settle()
    return books


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from searching millions of new records for rubbish again and again; there is none among them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
