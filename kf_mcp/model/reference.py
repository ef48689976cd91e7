"""What documents refer to: nominal codes, VAT rates, bank accounts, payment methods, currencies, the company."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import dates


class Nominal(BaseModel):
    """A nominal code: an account of the ledger."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    code: int
    name: str
    type: str = ""
    """Turnover, Cost of Sale, Expense, ... as KashFlow names it."""
    use: Literal["sales", "outgoing", "bank", "other"] = "other"
    """Where KashFlow offers it: on sales, on purchases, on bank transactions."""
    vat_rate: Decimal = Decimal(0)
    """The rate that KashFlow's own screens fill in; 0 cannot be told from unset, -1 is N/A."""
    archived: bool = False
    price: Decimal | None = None
    """The price that KashFlow's own screens fill in, where the owner set one."""


class VATRate(BaseModel):
    """A VAT rate that the account offers."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    rate: Decimal


class BankAccount(BaseModel):
    """A bank account in the books."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    name: str
    nominal_code: int


class PaymentMethod(BaseModel):
    """A way of paying: bank transfer, card, cheque."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    name: str


class Currency(BaseModel):
    """A currency that the account uses, and how many of its units one pound buys."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    code: str
    rate: Decimal
    is_home: bool


class Company(BaseModel):
    """Whose books these are."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    vat_registered: bool
    vat_number: str = ""
    payment_terms: int = 0
    terms_from_month_end: bool = False

    def due_date(self, issued: date, days: int) -> date:
        """When an invoice is due: so many days after its date, or after the end of its month."""
        start = dates.month_end(issued) if self.terms_from_month_end else issued
        return start + timedelta(days=days)
