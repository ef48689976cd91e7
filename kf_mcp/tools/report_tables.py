"""Reports as tables: from the model's values to the rows that the report tool shows."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from kf_mcp.model import dates, money
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.reports import NOTHING, Aged, BalanceSheet, Measure, Month, NominalSum, ProfitAndLoss, Section, total
from kf_mcp.model.statements import Entry, Statement
from kf_mcp.model.text import bounded, counted
from kf_mcp.tools.report_replies import ReportRow, TotalRow

MOST_PROBLEMS: Final = 5
PROFIT: Final = "as a rule the profit to date."


class Table(NamedTuple):
    """A report whole, before rows are cut."""

    signs: str
    columns: list[str]
    rows: list[ReportRow]
    totals: list[TotalRow]
    problems: list[str]
    notes: Sequence[str] = ()


def _sum(name: str, *amounts: Decimal) -> TotalRow:
    return TotalRow(name=name, amounts=list(amounts))


def _in_section(part: Section) -> list[ReportRow]:
    return [
        ReportRow(section=part.name, code=str(row.code) if row.id else "", name=bounded(row.name, 60), amounts=[amount])
        for row, amount in zip(part.rows, part.amounts, strict=True)
    ]


def profit_and_loss(found: ProfitAndLoss) -> Table:
    """Turnover, cost of sales and expenses by nominal."""
    turnover, costs, expenses = found.turnover, found.cost_of_sales, found.expenses
    return Table(
        signs="Pounds without VAT; turnover and costs are above zero, a loss below.",
        columns=["amount"],
        rows=[row for part in (turnover, costs, expenses) for row in _in_section(part)],
        totals=[
            _sum("Turnover", turnover.total),
            _sum("Cost of sales", costs.total),
            _sum("Gross profit", found.gross_profit),
            _sum("Expenses", expenses.total),
            _sum("Net profit", found.net_profit),
        ],
        problems=found.problems,
        notes=["Accruals by document date is the usual basis; KashFlow does not document its own."],
    )


def months(found: Sequence[Month]) -> Table:
    """Turnover and profit month by month."""
    figures = [(month, [month.turnover, month.gross_profit, month.net_profit]) for month in found]
    return Table(
        signs="Pounds without VAT; a loss is below zero.",
        columns=["turnover", "gross profit", "net profit"],
        rows=[
            ReportRow(date=month.start, name=f"to {dates.in_words(month.end)}", amounts=amounts)
            for month, amounts in figures
        ],
        totals=[_sum("All months", *(total(amounts[n] for _, amounts in figures) for n in range(3)))],
        problems=[],
    )


def balance_sheet(found: BalanceSheet) -> Table:
    """What is owned and owed, by nominal."""
    return Table(
        signs="Pounds; assets, what is owed, and capital are above zero.",
        columns=["amount"],
        rows=[row for part in found.sections for row in _in_section(part)],
        totals=[
            *(_sum(part.name, part.total) for part in found.sections[:3]),
            _sum("Net assets", found.net_assets),
            _sum(found.capital_and_reserves.name, found.capital_and_reserves.total),
        ],
        problems=found.problems,
        notes=[f"{money.in_words(found.unlisted)} of {found.capital_and_reserves.name.lower()} is on no row: {PROFIT}"]
        if found.unlisted
        else (),
    )


def trial_balance(found: Sequence[NominalSum], *, opening: bool) -> Table:
    """Debits and credits by nominal, with or without what each stood at before."""
    debit, credit, before = (
        total(row.debit for row in found),
        total(row.credit for row in found),
        total(row.opening for row in found),
    )
    problems = []
    if debit != credit:
        problems.append(f"Debits make {money.in_words(debit)}, credits {money.in_words(credit)}; they should be equal.")
    if before:
        problems.append(f"The opening balances make {money.in_words(before)}; they should make nothing.")
    signs = "Pounds; debits and credits posted in the period, each above zero."
    if opening:
        signs += " Opening as KashFlow gives it; its manual writes a nominal's balance as credit less debit."
    return Table(
        signs=signs,
        columns=["debit", "credit", *(["opening"] if opening else [])],
        rows=[
            ReportRow(
                code=str(row.code),
                name=bounded(row.name, 60),
                amounts=[row.debit, row.credit, *([row.opening] if opening else [])],
            )
            for row in found
        ],
        totals=[_sum("Total", debit, credit, *([before] if opening else []))],
        problems=problems,
    )


def aged(found: Sequence[Aged], *, debtors: bool) -> Table:
    """Balances by the age of the documents."""
    names = found[0].month_names if found else ("", "", "")
    labels = [name or f"{ago} before" for ago, name in enumerate(names, 1)]
    broken = [row for row in found if not row.adds_up]
    who = "owed by customers" if debtors else "owed to suppliers"
    return Table(
        signs=f"Pounds with VAT {who}; below zero: overpaid or a credit.",
        columns=["balance", "current month", *labels, "older"],
        rows=[
            ReportRow(
                code=row.code,
                name=bounded(row.name, 60),
                amounts=[row.balance, row.current, *row.months, row.older],
            )
            for row in found
        ],
        totals=[
            _sum(
                "Total",
                total(row.balance for row in found),
                total(row.current for row in found),
                *(total(row.months[n] for row in found) for n in range(3)),
                total(row.older for row in found),
            )
        ],
        problems=[f"The ages of {row.code} do not make its balance." for row in broken[:MOST_PROBLEMS]],
    )


def measures(found: Sequence[Measure], column: str, signs: str, *, add: bool, notes: Sequence[str] = ()) -> Table:
    """Named figures, with their sum where they can be added."""
    return Table(
        signs=signs,
        columns=[column],
        rows=[ReportRow(code=row.code, name=bounded(row.name, 60), amounts=[row.value]) for row in found],
        totals=[_sum("Total", total(row.value for row in found))] if add else [],
        problems=[],
        notes=notes,
    )


def statement(found: Statement, abroad: Sequence[Invoice], on_account: Decimal) -> Table:
    """What was charged and paid, with the balance after each entry; money on account stands beside it."""
    notes = []
    if on_account:
        notes.append(
            f"{money.in_words(on_account)} was received on account and is not in these figures; KashFlow does not document whether "
            "what was set against an invoice since still counts in it."
        )
    if abroad:
        open_ = [invoice for invoice in abroad if invoice.outstanding]
        notes.append(
            f"{counted(len(abroad), 'invoice')} in other currencies left out, {len(open_)} of them open; see `find_invoices`."
        )
    return Table(
        signs="Pounds with VAT; a balance above zero is owed by the customer, a charge below zero is a credit note.",
        columns=["charged", "paid", "balance"],
        rows=[
            ReportRow(
                date=entry.date,
                code=_of(entry),
                name=bounded(entry.reference, 40),
                amounts=[entry.charged, entry.paid, entry.balance],
            )
            for entry in found.entries
        ],
        totals=[
            _sum("Before", NOTHING, NOTHING, found.opening),
            _sum("In the period, and after it", found.charged, found.paid, found.closing),
        ],
        problems=list(found.problems[:MOST_PROBLEMS]),
        notes=notes,
    )


def _of(entry: Entry) -> str:
    """An entry in words: payment of invoice 1042."""
    if entry.kind == "credit used":
        return f"credit note {entry.number} used" if entry.paid < 0 else f"credit set against invoice {entry.number}"
    of = "of invoice " if entry.kind in {"payment", "refund"} else ""
    return f"{entry.kind} {of}{entry.number}"
