"""Bank accounts over SOAP: their balances, and the money in and out that belongs to no document."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from kf_mcp.errors import NotFound, NotOffered, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.model import money
from kf_mcp.model.bank import BankBalance, BankTransaction


def to_bank_transaction(row: Any, account_id: int) -> BankTransaction:
    """A transaction from KashFlow's own record, as seen from the account whose list it stands in."""
    return BankTransaction(
        id=wire.integer(row, "ID"),
        account_id=account_id,
        date=wire.day(row, "TransactionDate") or date.min,
        money_in=money.to_pennies(wire.decimal(row, "moneyin")),
        money_out=money.to_pennies(wire.decimal(row, "moneyout")),
        is_vatable=bool(wire.integer(row, "Vatable")),
        vat_rate=wire.decimal(row, "VatRate"),
        vat=money.to_pennies(wire.decimal(row, "VatAmount")),
        type_id=wire.integer(row, "TransactionType"),
        comment=wire.text(row, "Comment"),
        customer_id=wire.integer(row, "CustomerId"),
        supplier_id=wire.integer(row, "SupplierId"),
        project_id=wire.integer(row, "ProjectID"),
    )


async def account_rows(soap: Connection, account_id: int | str) -> list[Any]:
    """Every transaction of an account, as KashFlow sends them."""
    answer = await soap.read("GetBankTransactions", AccountID=account_id)
    return list(wire.rows(answer.result, "BankTransaction"))


async def refuse_allocated(soap: Connection, found: Record) -> None:
    """Refuse to delete what a customer paid on account once it was set against an invoice, as far as KashFlow shows that."""
    customer = wire.integer(found, "CustomerId")
    if not customer:
        return
    answer = await soap.read("GetCustomerAdvancePayments", CustomerId=customer)
    if all(wire.integer(row, "ID") != found["ID"] for row in wire.rows(answer.result, "BankTransaction")):
        raise Refused(
            f"Bank transaction {found['ID']} is no longer on account: it was set against an invoice.",
            "Nothing was written. No operation of KashFlow takes that back; do it in KashFlow itself.",
        )


class Bank:
    """The bank accounts' contents; every read goes to KashFlow. Which accounts there are is reference data."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def transactions(self, account_id: int) -> list[BankTransaction]:
        """Every transaction of one account, newest first.

        KashFlow's own order within a day is not stable from call to call (hcs-sync's change log), so ids decide it here.
        """
        found = [to_bank_transaction(row, account_id) for row in await account_rows(self._soap, account_id)]
        return sorted(found, key=lambda row: (row.date, row.id), reverse=True)

    async def standing(self, transaction_id: int, account_ids: Sequence[int]) -> dict[int, Record]:
        """KashFlow's own record of a transaction by the account in whose list it stands; a transfer stands in two. Raises NotFound."""
        found = {
            account_id: records.record("BankTransaction", row)
            for account_id in account_ids
            for row in await account_rows(self._soap, account_id)
            if wire.integer(row, "ID") == transaction_id
        }
        if not found:
            raise NotFound(
                "bank transaction with the id",
                transaction_id,
                "Find it with `find_bank_transactions`, which shows ids.",
            )
        return found

    async def balance(self, account_id: int, day: date) -> Decimal:
        """What was in an account at the end of a day."""
        answer = await self._soap.read("GetBankBalance", AccountID=account_id, BalanceDate=wire.midnight(day))
        return money.to_pennies(Decimal(answer.result or 0))

    async def overview(self) -> list[BankBalance]:
        """What is in each account now."""
        answer = await self._soap.read("GetBankOverview")
        return [
            BankBalance(
                account_id=wire.integer(row, "AccountID"), balance=money.to_pennies(wire.decimal(row, "Balance"))
            )
            for row in wire.rows(answer.result, "BankOverview")
        ]

    async def advances(self, customer_id: int) -> list[BankTransaction]:
        """Money that a customer paid on account, newest first."""
        answer = await self._soap.read("GetCustomerAdvancePayments", CustomerId=customer_id)
        found = [
            to_bank_transaction(row, wire.integer(row, "accid")) for row in wire.rows(answer.result, "BankTransaction")
        ]
        return sorted(found, key=lambda row: (row.date, row.id), reverse=True)

    async def advances_if_offered(self, customer_id: int) -> list[BankTransaction]:
        """As `advances`, but nothing where the service does not list them: for those who only mention them."""
        try:
            return await self.advances(customer_id)
        except NotOffered:
            return []

    async def types(self) -> dict[int, str]:
        """What money in and out can be entered as: the name of each type by its id."""
        answer = await self._soap.read("GetBankTxTypes")
        return {
            wire.integer(row, "TypeID"): wire.label(row, "TypeName") for row in wire.rows(answer.result, "BankTXType")
        }
