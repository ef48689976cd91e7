"""Payments: money that came in for an invoice."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class Payment(BaseModel):
    """A payment of an invoice as it stands in the books; positive is money in."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    invoice_number: int
    date: date
    amount: Decimal
    note: str = ""
    method_id: int = 0
    account_id: int = 0


class NewPayment(BaseModel):
    """A payment of an invoice to be entered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    invoice_id: int
    invoice_number: int
    date: date
    amount: Decimal
    note: str = ""
    method_id: int
    account_id: int
