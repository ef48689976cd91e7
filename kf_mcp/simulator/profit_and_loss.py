"""Profit and loss: what was posted to turnover, costs and expenses in a period, by the dates of the documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.sections import COST_OF_SALE, EXPENSE, TURNOVER, Section, rows_of, shown

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]

MOST_YEARS: Final = 100
"""A row for each month since the year 1 takes half a minute; what KashFlow makes of such a period is not known."""
LAST_MONTH: Final = date(9999, 11, 1)


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """The three sections of a period and what is left; a loss is below zero."""

    turnover: Section
    cost_of_sales: Section
    expenses: Section

    @property
    def gross_profit(self) -> Decimal:
        """Turnover less cost of sales."""
        return self.turnover.total - self.cost_of_sales.total

    @property
    def net_profit(self) -> Decimal:
        """Gross profit less expenses."""
        return self.gross_profit - self.expenses.total


def of_period(books: Books, start: date, end: date) -> ProfitAndLoss:
    """Add the ledger up from one day to another, both included."""
    sums = books.ledger.balances(lambda day: start <= day <= end)
    return ProfitAndLoss(
        Section("credit", rows_of(books, sums, TURNOVER)),
        Section("debit", rows_of(books, sums, COST_OF_SALE)),
        Section("debit", rows_of(books, sums, EXPENSE)),
    )


@operation("GetProfitAndLoss")
def get_profit_and_loss(books: Books, request: Request) -> Answer:
    """Read the profit and loss of a period, without VAT."""
    start, end = wire.day(request, "StartDate"), wire.day(request, "EndDate")
    found = of_period(books, start or date.min, end or date.max)
    return Answer(
        {
            "StartDate": wire.moment(start),
            "EndDate": wire.moment(end),
            **shown(books, "Turnover", found.turnover),
            **shown(books, "CostOfSales", found.cost_of_sales),
            "GrossProfit": found.gross_profit,
            **shown(books, "Expenses", found.expenses),
            "NetProfit": found.net_profit,
        }
    )


@operation("GetMonthlyProfitAndLoss")
def get_monthly_profit_and_loss(books: Books, request: Request) -> Answer:
    """Read turnover and profit month by month; without a start from the first posting, without an end to today."""
    start = wire.day(request, "StartDate") or books.ledger.first_day() or books.today
    end = wire.day(request, "EndDate") or books.today
    if end.year - start.year > MOST_YEARS:
        raise Refusal("The period is too long.")
    rows = []
    for first, last in _months(start, end):
        if books.switches.monthly_periods == "clipped":
            first, last = max(first, start), min(last, end)  # noqa: PLW2901 - the row is for what was asked
        found = of_period(books, first, last)
        rows.append(
            {
                "PeriodStart": wire.moment(first),
                "PeriodEnd": wire.moment(last),
                "Turnover": found.turnover.total,
                "GrossProfit": found.gross_profit,
                "NetProfit": found.net_profit,
            }
        )
    return Answer(rows)


def _months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """List the first and last days of the months that a period touches."""
    first = start.replace(day=1)
    while first <= min(end, LAST_MONTH):
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, following - timedelta(days=1)
        first = following
