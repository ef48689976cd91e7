"""Bank accounts: money in and out that belongs to no document, and what was in an account on a day."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class BankTransaction(BaseModel):
    """Money in or out of a bank account that was entered on the account itself; payments of documents are not among them."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    """The same for both ends of a transfer between own accounts."""
    account_id: int
    date: date
    money_in: Decimal
    money_out: Decimal
    is_vatable: bool = False
    vat_rate: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    type_id: int = 0
    comment: str = ""
    customer_id: int = 0
    supplier_id: int = 0
    project_id: int = 0

    @property
    def amount(self) -> Decimal:
        """Money in above zero, money out below."""
        return self.money_in - self.money_out


class BankBalance(BaseModel):
    """What was in an account; below zero is overdrawn."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    account_id: int
    balance: Decimal
