"""Bank accounts: money in and out that belongs to no document, and what was in an account on a day."""

from datetime import date
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import dates, money

MAY_BE_USED: Final = (
    "It is money on account. Whether a part of it was set against a document is not shown by KashFlow; if so, KashFlow may "
    "refuse, or take that payment away with it."
)


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


def on_account_in_words(found: BankTransaction) -> str:
    """Money that was paid on account, and what KashFlow does not tell of it."""
    return (
        f"{money.in_words(abs(found.amount))} of {dates.in_words(found.date)} (bank transaction {found.id}); whether some of it was used "
        "since KashFlow does not show; `allocate_advance` sets it against an invoice"
    )


class NewBankTransaction(BaseModel):
    """Money in or out of a bank account to be entered; exactly one of the two amounts is above zero, VAT included."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    account_id: int
    date: date
    money_in: Decimal = Decimal(0)
    money_out: Decimal = Decimal(0)
    nominal_id: int
    """What it is for; the control account where it is money on account, the other account's nominal in a transfer."""
    comment: str = ""
    is_vatable: bool = False
    vat_rate: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    project_id: int = 0
    customer_id: int = 0
    supplier_id: int = 0


def vat_within(gross: Decimal, rate: Decimal) -> Decimal:
    """The VAT in an amount that includes it: the VAT fraction of Notice 700, rounded half up; none at 0% or N/A."""
    return money.to_pennies(gross * rate / (100 + rate)) if rate > 0 else Decimal(0)


class BankBalance(BaseModel):
    """What was in an account; below zero is overdrawn."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    account_id: int
    balance: Decimal
