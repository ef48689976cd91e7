"""Reading the bank: its accounts, their balances by the ledger, and the money in and out that belongs to no document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from kf_mcp.simulator import wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.records import ZERO, BankAccount, BankRow

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
BANK_AREA = 3


def _account(books: Books, request: Request) -> BankAccount:
    found = books.bank_accounts.get(wire.whole(request, "AccountID"))
    if found is None:
        raise Refusal("There is no bank account with this id.")
    return found


def _code(books: Books, nominal_id: int) -> int:
    nominal = books.nominals.get(nominal_id)
    return nominal.code if nominal else 0


@operation("GetBankAccounts")
def get_bank_accounts(books: Books, _: Request) -> Answer:
    """List the bank accounts; AccountCode is the code of the account's nominal."""
    return Answer(
        [
            {"AccountID": row.id, "AccountName": row.name, "AccountCode": _code(books, row.nominal)}
            for row in books.bank_accounts
        ]
    )


@operation("GetBankBalance")
def get_bank_balance(books: Books, request: Request) -> Answer:
    """Tell what was in an account at the end of a day, in pounds; money in hand is above zero."""
    account = _account(books, request)
    at = wire.day(request, "BalanceDate")
    return Answer(books.ledger.balance_at(account.nominal, at) if at else Decimal(0))


@operation("GetBankOverview")
def get_bank_overview(books: Books, _: Request) -> Answer:
    """List every account with what is in it today, in pounds."""
    return Answer(
        [
            {
                "AccountID": row.id,
                "AccountName": row.name,
                "Balance": books.ledger.balance_at(row.nominal, books.today),
            }
            for row in books.bank_accounts
        ]
    )


@operation("GetBankTransactions")
def get_bank_transactions(books: Books, request: Request) -> Answer:
    """List an account's money in and out by date; payments of documents are not in it (KashFlow's manual).

    A transfer is in the lists of both accounts under one id, in and out swapped. Within a day the order may change
    from call to call (seen on the real service), so the count of reads turns it; the switch can hold it still.
    """
    account = _account(books, request)
    rows = [row for row in (_seen_from(books, account, row) for row in books.bank_rows) if row.account == account.id]
    if books.switches.same_day_order == "changing":
        books.reads += 1
    turn = books.reads
    rows.sort(key=lambda row: (row.date, row.id * (7 + turn) % 101, row.id))
    return Answer(Rows(rows, partial(shown, books)))


def _seen_from(books: Books, account: BankAccount, row: BankRow) -> BankRow:
    """Turn a transfer round for the account at its other end."""
    if row.other_account != account.id:
        return row
    other = books.bank_accounts.get(row.account)
    return replace(
        row,
        account=account.id,
        other_account=row.account,
        money_in=row.money_out,
        money_out=row.money_in,
        type=other.nominal if row.type and other else 0,
    )


def shown(books: Books, row: BankRow) -> dict[str, Any]:
    """Write money in or out as KashFlow does; that amounts include VAT is a switch."""
    apart = row.vat if row.vatable and books.switches.bank_amounts == "net" else ZERO
    return {
        "ID": row.id,
        "accid": row.account,
        "TransactionDate": wire.moment(row.date),
        "moneyin": four_places(row.money_in - apart if row.money_in else ZERO),
        "moneyout": four_places(row.money_out - apart if row.money_out else ZERO),
        "Vatable": int(row.vatable),
        "VatRate": four_places(row.vat_rate),
        "VatAmount": four_places(row.vat),
        "TransactionType": row.type,
        "Comment": row.comment,
        "ProjectID": row.project,
        "CustomerId": row.customer,
        "SupplierId": row.supplier,
    }


@operation("GetBankTxTypes")
def get_bank_transaction_types(books: Books, _: Request) -> Answer:
    """List what money in and out may be entered as: the nominals of the bank kind."""
    return Answer(
        [
            {"TypeID": row.id, "TypeName": row.name, "TypeCode": row.code}
            for row in books.nominals
            if row.area == BANK_AREA
        ]
    )


def on_account(books: Books, who: Literal["customers", "suppliers"]) -> Mapping[int, list[tuple[BankRow, Decimal]]]:
    """Find the money that parties gave on account, or got, by their ids: rows against their control account.

    The amount is what such a row takes off the debt: money from a customer, money to a supplier, less what was set
    against documents. A row of which nothing is left is not among them.
    """
    return books.work_out(f"money of {who} on account", lambda: _on_account(books, who))


def _on_account(books: Books, who: Literal["customers", "suppliers"]) -> dict[int, list[tuple[BankRow, Decimal]]]:
    controls, found = books.company.controls, dict[int, list[tuple[BankRow, Decimal]]]()
    control = controls.debtors if who == "customers" else controls.creditors
    for row in books.bank_rows:
        party = row.customer if who == "customers" else row.supplier
        if party and row.type == control and not row.other_account:
            came = row.money_in - row.money_out
            left = (came if who == "customers" else -came) - row.allocated
            if left:
                found.setdefault(party, []).append((row, left))
    return found


@operation("GetCustomerAdvancePayments")
def get_customer_advance_payments(books: Books, request: Request) -> Answer:
    """List money received on account: rows against the customers' control account that name the customer."""
    rows = on_account(books, "customers").get(wire.whole(request, "CustomerId"), [])
    return Answer([shown(books, row) for row, _ in rows])
