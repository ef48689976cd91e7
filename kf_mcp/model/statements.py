"""A customer's statement: what was charged and paid in a period, and what was owed before and after each entry."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import money
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import Payment
from kf_mcp.model.reports import NOTHING, total


class Entry(BaseModel):
    """A document or a payment on a statement; pounds."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    date: date
    kind: Literal["invoice", "credit note", "payment", "refund", "credit used"]
    number: int
    """The invoice's number; of a payment, that of the invoice it paid; of a credit that was used, that of either document."""
    reference: str = ""
    charged: Decimal = NOTHING
    """Above zero on an invoice, below on a credit note."""
    paid: Decimal = NOTHING
    """Above zero when the customer paid, below when money went back."""
    balance: Decimal = NOTHING
    """What the customer owes after it."""


class Statement(BaseModel):
    """The entries of a period, oldest first, and what was owed before them."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    opening: Decimal
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()

    @property
    def charged(self) -> Decimal:
        """What was charged in the period."""
        return total(entry.charged for entry in self.entries)

    @property
    def paid(self) -> Decimal:
        """What was paid in the period."""
        return total(entry.paid for entry in self.entries)

    @property
    def closing(self) -> Decimal:
        """What is owed at the end."""
        return self.opening + self.charged - self.paid


def statement(
    invoices: Sequence[Invoice], payments: Mapping[int, Sequence[Payment]], start: date, end: date
) -> Statement:
    """A statement over invoices in pounds and the payments of each, by its number."""
    entries = [
        Entry(
            date=invoice.issue_date,
            kind="credit note" if invoice.is_credit_note else "invoice",
            number=invoice.number,
            reference=invoice.reference,
            charged=invoice.gross,
        )
        for invoice in invoices
    ]
    problems = []
    used = _used(invoices, payments)
    for invoice in invoices:
        found = payments.get(invoice.number, ())
        entries += [
            Entry(
                date=payment.date,
                kind="credit used" if payment.id in used else "payment" if payment.amount >= 0 else "refund",
                number=invoice.number,
                paid=payment.amount,
            )
            for payment in found
        ]
        added = total(payment.amount for payment in found)
        if added != invoice.paid:
            said = money.in_words(invoice.paid)
            problems.append(
                f"KashFlow has {said} as paid on invoice {invoice.number}, but its payments make {money.in_words(added)}."
            )
    entries.sort(key=lambda entry: (entry.date, entry.kind not in {"invoice", "credit note"}, entry.number))
    balance = opening = total(entry.charged - entry.paid for entry in entries if entry.date < start)
    shown = []
    for entry in entries:
        if start <= entry.date <= end:
            balance += entry.charged - entry.paid
            shown.append(entry.model_copy(update={"balance": balance}))
    return Statement(opening=opening, entries=tuple(shown), problems=tuple(problems))


def _used(invoices: Sequence[Invoice], payments: Mapping[int, Sequence[Payment]]) -> set[int]:
    """The payments by which a credit note was set against an invoice, where no money moved.

    KashFlow does not mark them: they stand on both documents, on the same day, by the same way, and make nothing together.
    """
    used: set[int] = set()
    owed = [row for invoice in invoices if not invoice.is_credit_note for row in payments.get(invoice.number, ())]
    for credit in (invoice for invoice in invoices if invoice.is_credit_note):
        for half in payments.get(credit.number, ()):
            other = next((row for row in owed if row.id not in used and _is_other_half(row, half)), None)
            used |= {half.id, other.id} if other else set()
    return used


def _is_other_half(row: Payment, half: Payment) -> bool:
    way, other_way = (row.method_id, row.account_id), (half.method_id, half.account_id)
    return (row.date, row.amount, way) == (half.date, -half.amount, other_way)
