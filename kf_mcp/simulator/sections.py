"""The parts of the profit and loss and of the balance sheet, read off the ledger, in pounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from kf_mcp.simulator.ledger import Balance
from kf_mcp.simulator.operations import Typed
from kf_mcp.simulator.records import ZERO, Nominal

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Side = Literal["debit", "credit"]
TURNOVER, COST_OF_SALE, EXPENSE, FIXED_ASSET, CURRENT, CAPITAL = range(1, 7)
NO_TYPE = 0
"""The type of the nominal Other."""

PROFIT_AND_LOSS = (TURNOVER, COST_OF_SALE, EXPENSE)


@dataclass(frozen=True, slots=True)
class Row:
    """What one nominal comes to in a report."""

    id: int
    code: int
    name: str
    balance: Balance


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a report that are usually on one side: turnover, liabilities and capital are credits, the rest debits."""

    side: Side
    rows: tuple[Row, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the rows, above zero on the usual side."""
        return self.usual(sum((row.balance.net for row in self.rows), ZERO))

    def usual(self, net: Decimal) -> Decimal:
        """Turn debits less credits into an amount that is above zero on the usual side."""
        return net if self.side == "debit" else -net


def type_of(books: Books, nominal: Nominal, balance: Balance) -> int:
    """Give the type by which a nominal has its place; that of Other depends on a switch.

    In the profit and loss Other is turnover when it stands in credit and an expense when it does not: our choice.
    """
    if nominal.type != NO_TYPE:
        return nominal.type
    if books.switches.other_nominal == "balance_sheet":
        return CURRENT
    return EXPENSE if balance.net > 0 else TURNOVER


def rows_of(books: Books, sums: Mapping[int, Balance], *types: int) -> tuple[Row, ...]:
    """Choose the nominals of some types to which anything was posted, by their codes."""
    found = (
        Row(nominal.id, nominal.code, nominal.name, sums[nominal.id])
        for nominal in books.nominals
        if nominal.id in sums and type_of(books, nominal, sums[nominal.id]) in types
    )
    return tuple(sorted(found, key=lambda row: row.code))


def shown(books: Books, name: str, section: Section) -> dict[str, Any]:
    """Write a section and its total under their names; signs and columns are as the switches say."""
    signs = books.switches.report_signs
    total = section.total
    if signs == "credit_positive" and section.side == "debit":
        total = -total
    return {name: [Typed("NominalCode", _shown(books, section, row)) for row in section.rows], f"{name}Total": total}


def _shown(books: Books, section: Section, row: Row) -> dict[str, Any]:
    """Write a row; its balance is credit less debit (KashFlow's manual, NominalCode) unless the switch says otherwise."""
    net, filled = row.balance.net, books.switches.report_columns == "filled"
    return {
        "id": row.id,
        "Code": row.code,
        "Name": row.name,
        "debit": row.balance.debit if filled else ZERO,
        "credit": row.balance.credit if filled else ZERO,
        "balance": section.usual(net) if books.switches.report_signs == "usual" else -net,
    }
