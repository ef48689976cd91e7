"""The balance sheet: what everything stood at at the end of a day, read off the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.ledger import Balance
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.records import ZERO
from kf_mcp.simulator.sections import CAPITAL, CURRENT, FIXED_ASSET, PROFIT_AND_LOSS, Row, Section, rows_of, shown

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
PROFIT = "Profit and loss to date"
"""What the row of the profit is called; the wording is ours, and it has no nominal."""


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """Assets, liabilities, and what is left for the owners: capital with the profit to date."""

    fixed_assets: Section
    current_assets: Section
    current_liabilities: Section
    capital: Section


def at(books: Books, day: date) -> BalanceSheet:
    """Add the ledger up to the end of a day.

    A current nominal that stands in debit is an asset and one that stands in credit a liability: our choice, since
    KashFlow has one type for both.
    """
    sums = books.ledger.balances(lambda posted: posted <= day)
    current = [row for row in rows_of(books, sums, CURRENT) if row.balance.net]
    profit = sum((row.balance.net for row in rows_of(books, sums, *PROFIT_AND_LOSS)), ZERO)
    earned = Row(0, 0, PROFIT, Balance(max(profit, ZERO), max(-profit, ZERO)))
    return BalanceSheet(
        fixed_assets=Section("debit", rows_of(books, sums, FIXED_ASSET)),
        current_assets=Section("debit", tuple(row for row in current if row.balance.net > 0)),
        current_liabilities=Section("credit", tuple(row for row in current if row.balance.net < 0)),
        capital=Section("credit", (*rows_of(books, sums, CAPITAL), earned)),
    )


@operation("GetBalanceSheet")
def get_balance_sheet(books: Books, request: Request) -> Answer:
    """Read the balance sheet of a day; without one, today's."""
    day = wire.day(request, "Date") or books.today
    found = at(books, day)
    return Answer(
        {
            "Date": wire.moment(day),
            **shown(books, "FixedAssets", found.fixed_assets),
            **shown(books, "CurrentAssets", found.current_assets),
            **shown(books, "CurrentLiabilities", found.current_liabilities),
            **_capital(books, found.capital),
        }
    )


def _capital(books: Books, section: Section) -> dict[str, Any]:
    """Write capital and reserves; by the switch the profit is in their total alone."""
    written = shown(books, "CapitalReserves", section)
    total: Decimal = written["CapitalReservesTotal"]
    rows = written["CapitalReserves"]
    return {
        "CapitalReserves": rows if books.switches.balance_sheet_profit == "row" else rows[:-1],
        "CapitalReservesTotal": total,
    }
