"""Payments of invoices and purchases, and how one sum of money is shared out over several of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import money
from kf_mcp.model.documents import Bill

Kind = Literal["invoice", "purchase"]
"""What is paid."""

NEARLY: Final = Decimal("1.03")
"""A bank's rate differs from the document's by a few percent."""

B = TypeVar("B", bound=Bill)


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


class _New(BaseModel):
    """What new payments have in common; above zero is the ordinary direction."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    date: date
    amount: Decimal
    note: str = ""
    method_id: int
    account_id: int


class NewPayment(_New):
    """A payment of an invoice to be entered."""

    invoice_id: int
    invoice_number: int

    @property
    def number(self) -> int:
        """The number of what is paid."""
        return self.invoice_number


class NewPurchasePayment(_New):
    """A payment of a purchase to be entered."""

    purchase_id: int
    purchase_number: int

    @property
    def number(self) -> int:
        """The number of what is paid."""
        return self.purchase_number


def is_open(bill: Bill) -> bool:
    """Whether something is still to be paid of it; never of a credit note."""
    return bill.outstanding > 0 and not bill.marked_paid and not bill.is_credit_note


def in_pounds(bill: Bill) -> Decimal:
    """What is outstanding, in pounds by the document's own rate (units of its currency for a pound)."""
    if bill.currency == money.HOME or not bill.exchange_rate:
        return bill.outstanding
    return bill.outstanding / bill.exchange_rate


def overpaying(bill: Bill, amount: Decimal, noun: Kind) -> list[str]:
    """That a payment of so many pounds is more than is outstanding of a bill; nothing where it is not."""
    if bill.currency == money.HOME and amount > bill.outstanding:
        over = money.in_words(amount - bill.outstanding)
        return [f"That is {over} more than is outstanding; the {noun} would be overpaid."]
    if bill.currency != money.HOME and amount > in_pounds(bill) * NEARLY:
        return [
            f"That is more than the {money.in_words(in_pounds(bill))} outstanding by the {noun}'s rate. Is it the figure in pounds?"
        ]
    return []


def oldest_first(bills: Sequence[B], total: Decimal) -> list[tuple[B, Decimal]]:
    """How a sum is shared out over what is open: by date and number, each in full until the money is used up.

    Bills in a foreign currency are shared to like the others; who calls looks for them, as their pounds are not ours to know.
    """
    shares = []
    left = total
    for bill in sorted(filter(is_open, bills), key=lambda bill: (bill.issue_date, bill.number)):
        if left <= 0:
            break
        share = min(left, bill.outstanding)
        shares.append((bill, share))
        left -= share
    return shares
