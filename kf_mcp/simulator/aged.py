"""Who owes what since when: customers to the company, and the company to suppliers; in pounds.

The sums of these lists are those of the ledger's two control accounts, as long as money on account is counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from kf_mcp.simulator import wire
from kf_mcp.simulator.bank import on_account
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.records import ZERO, Document, Party

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
Who = Literal["customers", "suppliers"]
PERIODS = 4
"""The month of the date itself and the three before; what is older is one sum."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""In English whatever the computer's language is."""


@operation("GetAgedDebtors")
def get_aged_debtors(books: Books, request: Request) -> Answer:
    """List what each customer owed at the end of a day, by the months in which the invoices were dated."""
    return _listed(books, "customers", wire.day(request, "AgedDebtorsDate") or books.today)


@operation("GetAgedCreditors")
def get_aged_creditors(books: Books, request: Request) -> Answer:
    """List what each supplier was owed at the end of a day, by the months in which the purchases were dated."""
    return _listed(books, "suppliers", wire.day(request, "AgedCreditorsDate") or books.today)


def _listed(books: Books, who: Who, at: date) -> Answer:
    parties, shelf = (books.customers, books.invoices) if who == "customers" else (books.suppliers, books.purchases)
    advances = on_account(books, who) if books.switches.advances_in_aged == "yes" else {}
    rows = []
    for party in parties:
        given = ((row.date, -amount) for row, amount in advances.get(party.id, ()) if row.date <= at)
        amounts = _aged((*_owed(books, shelf.of_party(party.id), at), *given), at)
        if any(amounts):
            rows.append(_row(party, amounts, at))
    return Answer(rows)


def _owed(books: Books, documents: Iterable[Document], at: date) -> Iterator[tuple[date, Decimal]]:
    """List what was owed on each document, with its date; one that was paid before its date counts below zero."""
    for document in documents:
        if document.date <= at:
            yield document.date, books.amounts.home_due(document, at)
        elif document.payments:
            yield at, -books.amounts.home_paid(document, at)


def _aged(owed: Iterable[tuple[date, Decimal]], at: date) -> list[Decimal]:
    """Sum what is owed by age: this month, the three before it, and older."""
    amounts = [ZERO] * (PERIODS + 1)
    for day, amount in owed:
        months = (at.year - day.year) * 12 + at.month - day.month
        amounts[min(months, PERIODS)] += amount
    return amounts


def _row(party: Party, amounts: list[Decimal], at: date) -> dict[str, Any]:
    """Write one party's row; the months are named (KashFlow's manual, AgedDebtorsCreditors)."""
    row: dict[str, Any] = {
        "id": party.id,
        "Name": party.name,
        "Code": party.code,
        "Balance": sum(amounts, ZERO),
        "Current": amounts[0],
        "Older": amounts[PERIODS],
    }
    month = at.replace(day=1)
    for period in range(1, PERIODS):
        month = (month - timedelta(days=1)).replace(day=1)
        row[f"Period{period}_name"] = MONTHS[month.month - 1]
        row[f"Period{period}_val"] = amounts[period]
    return row
