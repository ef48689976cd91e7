"""The tool that reads KashFlow's reports."""

from collections.abc import Mapping, Sequence
from datetime import date as Date  # noqa: N812 - a parameter of the tool is called date
from typing import Annotated, Final, NamedTuple

import anyio
from pydantic import Field

from kf_mcp.errors import Failure, Refused
from kf_mcp.kashflow import progress
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import Payment
from kf_mcp.model.reports import total
from kf_mcp.model.statements import statement
from kf_mcp.toolkit import reads
from kf_mcp.tools import choices, report_tables
from kf_mcp.tools.report_replies import Kind, Report
from kf_mcp.tools.report_tables import Table


class Needs(NamedTuple):
    """Which arguments a kind of report must be given, and which it may."""

    must: tuple[str, ...]
    may: tuple[str, ...] = ()


PERIOD: Final = ("start", "end")
NEEDS: Final[Mapping[Kind, Needs]] = {
    "profit_and_loss": Needs(PERIOD),
    "monthly_profit_and_loss": Needs(PERIOD),
    "balance_sheet": Needs(("date",)),
    "trial_balance": Needs(PERIOD, ("opening",)),
    "aged_debtors": Needs(("date",)),
    "aged_creditors": Needs(("date",)),
    "kpis": Needs(PERIOD, ("exclude_vat", "exclude_same_day")),
    "income_by_customer": Needs(PERIOD, ("by_payment_date",)),
    "account_overview": Needs(()),
    "customer_statement": Needs((*PERIOD, "customer")),
}


@reads("Report", card=True)
async def get_report(
    books: Books,
    kind: Annotated[Kind, Field(description="Which report")],
    start: Annotated[Day | None, Field(description="First day")] = None,
    end: Annotated[Day | None, Field(description="Last day")] = None,
    date: Annotated[Day | None, Field(description="Balance sheet and aged lists: at the end of this day")] = None,
    customer: Annotated[str, Field(max_length=120, description="Statement: code or exact name")] = "",
    opening: Annotated[bool | None, Field(description="Trial balance: with opening balances")] = None,
    by_payment_date: Annotated[bool | None, Field(description="Income: by payment, not invoice date")] = None,
    exclude_vat: Annotated[bool | None, Field(description="KPIs")] = None,
    exclude_same_day: Annotated[bool | None, Field(description="KPIs")] = None,
    limit: Annotated[int, Field(ge=1, le=500)] = 100,
    offset: Annotated[int, Field(ge=0)] = 0,
) -> Report:
    """Read a report: profit and loss, balance sheet, trial balance, aged debtors or creditors, KPIs, a customer's statement.

    Needed are `date` for balance_sheet and aged lists; nothing for account_overview, which is as of now; else `start` and `end`;
    `customer` for its statement. A missing argument, or one that the kind has no use for, is an error that names it. Nominals come by
    code, aged and income rows largest first, statements oldest first; totals cover all rows and are checked. For VAT use
    `get_vat_report`; for single documents `find_invoices`.
    """
    given = {
        "start": start,
        "end": end,
        "date": date,
        "customer": customer.strip() or None,
        "opening": opening,
        "by_payment_date": by_payment_date,
        "exclude_vat": exclude_vat,
        "exclude_same_day": exclude_same_day,
    }
    _check(kind, [name for name, value in given.items() if value is not None])
    period = "now"
    if date:
        period = f"at the end of {dates.in_words(date)}"
    if start and end:
        if start > end:
            raise Refused("`start` is after `end`.", "Swap them.")
        period = f"{dates.in_words(start)} to {dates.in_words(end)}"
    asked = _Asked(start or books.today, end or books.today, date or books.today)
    if kind == "customer_statement":
        buyer = await choices.customer(books, customer)
        period += f", {buyer.code}"
        table = await _statement(books, buyer.id, asked)
    elif kind == "kpis":
        found = await books.reports.kpis(
            asked.start, asked.end, exclude_vat=bool(exclude_vat), exclude_same_day=bool(exclude_same_day)
        )
        table = report_tables.measures(found, "value", "As KashFlow gives them.", add=False)
    elif kind == "income_by_customer":
        table = await _income(books, asked, by_payment_date=bool(by_payment_date))
    else:
        table = await _table(books, kind, asked, opening=bool(opening))
    rows = table.rows[offset : offset + limit]
    rest = offset + len(rows)
    return Report(
        kind=kind,
        period=period,
        signs=table.signs,
        columns=table.columns,
        total=len(table.rows),
        rows=rows,
        totals=table.totals,
        problems=table.problems,
        notes=list(table.notes),
        next_offset=rest if rest < len(table.rows) else 0,
    )


class _Asked(NamedTuple):
    """The days of a report; which of them count depends on its kind."""

    start: Date
    end: Date
    date: Date


def _check(kind: Kind, given: Sequence[str]) -> None:
    """Refuse a call without what this kind needs, or with what it has no use for: nothing is ignored in silence."""
    needs = NEEDS[kind]
    missing = [f"`{name}`" for name in needs.must if name not in given]
    if missing:
        raise Refused(
            f"{kind} needs {' and '.join(missing)}.", "Nothing was read. Ask the person which, and call again."
        )
    unused = [f"`{name}`" for name in given if name not in (*needs.must, *needs.may)]
    if unused:
        takes = [f"`{name}`" for name in (*needs.must, *needs.may)]
        raise Refused(
            f"{kind} has no use for {' and '.join(unused)}.",
            f"It takes {', '.join(takes) or 'no dates'}. Nothing was read; call again without.",
        )


async def _table(books: Books, kind: Kind, asked: _Asked, *, opening: bool) -> Table:
    reports, (start, end, day) = books.reports, asked
    match kind:
        case "profit_and_loss":
            return report_tables.profit_and_loss(await reports.profit_and_loss(start, end))
        case "monthly_profit_and_loss":
            return report_tables.months(await reports.months(start, end))
        case "balance_sheet":
            return report_tables.balance_sheet(await reports.balance_sheet(day))
        case "trial_balance":
            return report_tables.trial_balance(
                await reports.trial_balance(start, end, opening=opening), opening=opening
            )
        case "aged_debtors":
            return report_tables.aged(await reports.aged_debtors(day), debtors=True)
        case "aged_creditors":
            return report_tables.aged(await reports.aged_creditors(day), debtors=False)
        case _:
            signs = "Pounds with VAT, as KashFlow gives them."
            return report_tables.measures(await reports.overview(), "amount", signs, add=False)


async def _income(books: Books, asked: _Asked, *, by_payment_date: bool) -> Table:
    found = await books.reports.income_by_customer(asked.start, asked.end, by_invoice_date=not by_payment_date)
    by = "the dates of payments" if by_payment_date else "the dates of invoices"
    note = "Whether VAT is in these figures KashFlow does not document."
    return report_tables.measures(found, "income", f"Pounds by {by}; below zero: credited.", add=True, notes=[note])


async def _statement(books: Books, customer_id: int, asked: _Asked) -> Table:
    """A customer's statement, put together from the invoices and their payments, since KashFlow offers none."""
    every = await books.invoices.of_customer(customer_id)
    at_home = [invoice for invoice in every if invoice.currency == money.HOME]
    payments = await _payments(books, [invoice for invoice in at_home if invoice.paid])
    abroad = [invoice for invoice in every if invoice.currency != money.HOME]
    advances = [row for row in await books.bank.advances(customer_id) if row.date <= asked.end]
    found = statement(at_home, payments, asked.start, asked.end)
    return report_tables.statement(found, abroad, total(row.amount for row in advances))


async def _payments(books: Books, invoices: Sequence[Invoice]) -> dict[int, list[Payment]]:
    """The payments of each invoice by its number; the connection keeps to a few calls at once."""
    found: dict[int, list[Payment]] = {}
    failures: list[Failure] = []

    async def read(number: int) -> None:
        try:
            found[number] = await books.payments.of_invoice(number)
        except Failure as failure:  # kept for later: a task group would wrap it up
            failures.append(failure)
            reading.cancel_scope.cancel()
        await progress.report(len(found), "invoices' payments read")

    async with anyio.create_task_group() as reading:
        for invoice in invoices:
            reading.start_soon(read, invoice.number)
    if failures:
        raise failures[0]
    return found
