"""The VAT returns of the world ``large``: summed up while its documents are made, and filed quarter by quarter.

The boxes are added up here in pence and not by the VAT report's own reckoning, so that tests can compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import ZERO, BankRow, Journal, JournalLine, StoredReturn
from kf_mcp.simulator.worlds.chart import account, nominal

PENNY = Decimal("0.01")
MONTHS = 12
FILED_AFTER = timedelta(days=25)
PAID_AFTER = timedelta(days=30)


@cache
def exactly(number: int) -> Decimal:
    """Give a whole number as the decimal that everything of that size shares."""
    return Decimal(number)


@dataclass(slots=True)
class Quarter:
    """What one return holds; amounts in pence."""

    start: date
    end: date
    sales: int = 0
    sales_vat: int = 0
    purchases: int = 0
    purchases_vat: int = 0
    items: list[tuple[str, int]] = field(default_factory=list)


class Returns:
    """The quarters of the books, the first first."""

    def __init__(self, start: date, today: date) -> None:
        self._first = start
        self._today = today
        self.quarters: list[Quarter] = []
        while start <= today:
            following = _months_after(start, 3)
            self.quarters.append(Quarter(start, following - timedelta(days=1)))
            start = following

    def of(self, day: date) -> Quarter:
        """Find the quarter of a day."""
        months = (day.year - self._first.year) * MONTHS + day.month - self._first.month
        return self.quarters[months // 3]

    def file(self, books: Books) -> None:
        """File every quarter that ended long enough ago, and pay what was due."""
        for quarter in self.quarters:
            if quarter.end + FILED_AFTER <= self._today:
                _file(books, quarter)


def _months_after(day: date, count: int) -> date:
    months = day.month - 1 + count
    return date(day.year + months // MONTHS, months % MONTHS + 1, 1)


def _file(books: Books, quarter: Quarter) -> None:
    """File one return, move its VAT to what is owed to HMRC, and pay it."""
    sales_vat, purchases_vat = quarter.sales_vat * PENNY, quarter.purchases_vat * PENNY
    sales, purchases = quarter.sales * PENNY, quarter.purchases * PENNY
    due, filed, key = sales_vat - purchases_vat, quarter.end + FILED_AFTER, books.next_id("return")
    boxes = (sales_vat, ZERO, sales_vat, purchases_vat, due, sales, purchases, ZERO, ZERO)
    reference = f"00000{key:04d}{filed:%y%m%d}"
    books.vat_returns.put(StoredReturn(key, quarter.start, quarter.end, boxes, filed, reference, tuple(quarter.items)))
    controls = books.company.controls
    lines = (
        JournalLine(controls.vat_on_sales, sales_vat),
        JournalLine(controls.vat_on_purchases, -purchases_vat),
        JournalLine(controls.vat_owed, -due),
    )
    comment = f"VAT return {quarter.start:%d/%m/%Y} - {quarter.end:%d/%m/%Y}"
    books.put_journal(Journal(books.next_id("journal"), len(books.journals) + 1, quarter.end, comment, lines))
    paid_on = quarter.end + PAID_AFTER
    if paid_on <= books.today:
        books.put_bank_row(
            BankRow(
                id=books.next_id("bank row"),
                account=account(books, "Current account"),
                date=paid_on,
                money_in=max(-due, ZERO),
                money_out=max(due, ZERO),
                type=nominal(books, 2202),
                comment=f"HMRC VAT {reference}",
            )
        )
