"""Reports read off the ledger and the documents; their amounts are in pounds and plain pennies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.ledger import Balance
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.records import ZERO, Document, Nominal, Party

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
PERIODS = 4
"""The month of the date itself and the three before; what is older is one sum."""


def _period(request: Request) -> tuple[date, date]:
    return wire.day(request, "StartDate") or date.min, wire.day(request, "EndDate") or date.max


def _row(nominal: Nominal, balance: Balance) -> dict[str, Any]:
    """Write a nominal's sums; its balance is credit less debit (KashFlow's manual, NominalCode)."""
    return {
        "id": nominal.id,
        "Code": nominal.code,
        "Name": nominal.name,
        "debit": balance.debit,
        "credit": balance.credit,
        "balance": balance.credit - balance.debit,
    }


@operation("GetTrialBalance")
def get_trial_balance(books: Books, request: Request) -> Answer:
    """List what was posted to each nominal from one day to another, debits and credits apart."""
    start, end = _period(request)
    sums = books.ledger.balances(lambda day: start <= day <= end)
    return Answer([_row(nominal, sums[nominal.id]) for nominal in _by_code(books) if nominal.id in sums])


@operation("GetTrialBalanceWithOpeningBalances")
def get_trial_balance_with_opening(books: Books, request: Request) -> Answer:
    """List the same with what each nominal stood at before; credit less debit as well."""
    start, end = _period(request)
    before = books.ledger.balances(lambda day: day < start)
    sums = books.ledger.balances(lambda day: start <= day <= end)
    return Answer(
        [
            {
                **_row(nominal, sums.get(nominal.id, Balance())),
                "OpeningBalance": -before.get(nominal.id, Balance()).net,
            }
            for nominal in _by_code(books)
            if nominal.id in sums or nominal.id in before
        ]
    )


def _by_code(books: Books) -> list[Nominal]:
    return sorted(books.nominals, key=lambda nominal: nominal.code)


@operation("GetAgedDebtors")
def get_aged_debtors(books: Books, request: Request) -> Answer:
    """List what each customer owed at the end of a day, by the months in which the invoices were dated."""
    at = wire.day(request, "AgedDebtorsDate") or books.today
    rows = ((party, _aged(books, books.invoices.of_party(party.id), at)) for party in books.customers)
    return Answer([_aged_row(party, amounts, at) for party, amounts in rows if any(amounts)])


def _aged(books: Books, documents: Iterable[Document], at: date) -> list[Decimal]:
    """Sum what is owed by age: this month, the three before it, and older."""
    amounts = [ZERO] * (PERIODS + 1)
    for document in documents:
        if document.date > at:
            continue
        months = (at.year - document.date.year) * 12 + at.month - document.date.month
        amounts[min(months, PERIODS)] += books.amounts.home_due(document, at)
    return amounts


def _aged_row(party: Party, amounts: list[Decimal], at: date) -> dict[str, Any]:
    """Write one customer's row; the months are named (KashFlow's manual, AgedDebtorsCreditors)."""
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


MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""In English whatever the computer's language is."""


@operation("GetAccountOverview")
def get_account_overview(books: Books, _: Request) -> Answer:
    """Sum what is owed to the company (TotalDue) and by it (TotalOwed), overdue and part-paid apart."""
    sales, purchases = _owing(books, books.invoices), _owing(books, books.purchases)
    return Answer(
        {
            "TotalDue": sales["all"],
            "TotalOwed": purchases["all"],
            "ReceiptsOverdue": purchases["overdue"],
            "SalesOverdue": sales["overdue"],
            "ReceiptPartPayments": purchases["part"],
            "ReceiptPartPaymentsOverdue": purchases["part overdue"],
            "InvoicePartPayments": sales["part"],
            "InvoicePartPaymentsOverdue": sales["part overdue"],
        }
    )


def _owing(books: Books, documents: Iterable[Document]) -> dict[str, Decimal]:
    """Sum what is outstanding: altogether, overdue, and what was paid in part of it."""
    sums = {"all": ZERO, "overdue": ZERO, "part": ZERO, "part overdue": ZERO}
    for document in documents:
        if books.amounts.is_paid(document):
            continue
        due, paid = books.amounts.home_due(document), books.amounts.home_paid(document)
        sums["all"] += due
        sums["part"] += paid
        if document.due is not None and document.due < books.today:
            sums["overdue"] += due
            sums["part overdue"] += paid
    return sums
