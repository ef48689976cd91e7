"""What the report tool answers: one table for every kind of report."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema
from typing_extensions import override

from kf_mcp.model.dates import Day
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import Reply, Row

Kind = Literal[
    "profit_and_loss",
    "monthly_profit_and_loss",
    "balance_sheet",
    "trial_balance",
    "aged_debtors",
    "aged_creditors",
    "kpis",
    "income_by_customer",
    "account_overview",
    "customer_statement",
]
NAMED_BY_OTHERS: Final = ("aged_debtors", "aged_creditors", "income_by_customer", "customer_statement")
"""Reports whose rows bear names that other people chose."""

Cell = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
"""A figure of a report: pounds with two places, or an indicator with as many as it has."""


class ReportRow(Row):
    """A row of a report."""

    section: str = ""
    date: Day | None = None
    code: str = Field("", description="Nominal, customer or supplier; in a statement the document")
    name: str = ""
    amounts: list[Cell] = Field(description="One for each column")


class TotalRow(Row):
    """A total of a report."""

    name: str
    amounts: list[Cell]


class Report(Reply):
    """A report as a table."""

    kind: str
    period: str
    signs: str = Field(description="What is above zero")
    columns: list[str] = Field(description="What the amounts of each row are, in order")
    total: int = Field(description="Rows in all")
    rows: list[ReportRow]
    totals: list[TotalRow] = Field([], description="Over all rows, shown or not")
    problems: list[str] = Field([], description="Sums of KashFlow's that do not hold")
    notes: list[str] = Field([])
    next_offset: int = Field(0, description="Offset for the rest; 0: nothing is left out")

    @override
    def in_words(self) -> str:
        name = "KPIs" if self.kind == "kpis" else self.kind.replace("_", " ").capitalize()
        lines = [f"{name}, {self.period}: {counted(self.total, 'row')}. {self.signs}"]
        lines += [f"! {problem}" for problem in self.problems]
        lines.append(" | ".join(["", *self.columns]).strip(" |"))
        section = ""
        for row in self.rows:
            if row.section != section:
                section = row.section
                lines.append(f"{section}:")
            lines.append(self._line(row))
        if self.next_offset:
            lines.append(f"More with offset={self.next_offset}.")
        lines += [_line(f"= {row.name}", row.amounts) for row in self.totals]
        return "\n".join([*lines, *self.notes])

    def _line(self, row: ReportRow) -> str:
        name = quoted(row.name, 60) if row.name and self.kind in NAMED_BY_OTHERS else row.name
        return _line(" ".join(part for part in (str(row.date or ""), row.code, name) if part), row.amounts)


def _line(who: str, amounts: list[Decimal]) -> str:
    return " | ".join([who, *(f"{amount:,f}" for amount in amounts)])
