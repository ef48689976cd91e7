"""The trial balance, read off the ledger, and what is owed altogether; in pounds and plain pennies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.ledger import Balance
from kf_mcp.simulator.operations import Answer, operation
from kf_mcp.simulator.records import ZERO, Document, Nominal

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


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
