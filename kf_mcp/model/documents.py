"""What bills have in common, and what hangs on them: notes and attached files."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.money import HOME
from kf_mcp.model.text import counted

Status = Literal["paid", "part-paid", "unpaid", "overdue", "overpaid", "credit"]


class Bill(BaseModel):
    """A document that somebody has to pay; below zero it is a credit note."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    number: int
    issue_date: date
    due_date: date | None
    reference: str = ""
    currency: str = HOME
    exchange_rate: Decimal = Decimal(1)
    net: Decimal
    vat: Decimal
    paid: Decimal
    marked_paid: bool = False
    """What KashFlow itself says; our own sum may differ where it states a foreign document's totals in pounds."""

    @property
    def gross(self) -> Decimal:
        """Net plus VAT."""
        return self.net + self.vat

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid; below zero when overpaid or a credit note."""
        return self.gross - self.paid

    @property
    def is_credit_note(self) -> bool:
        """Whether it gives money back."""
        return self.gross < 0

    def status(self, today: date) -> Status:
        """How far it is paid, on this day."""
        if self.outstanding == 0 or (self.marked_paid and self.outstanding > 0):
            return "paid"
        if self.is_credit_note:
            return "credit"
        if self.outstanding < 0:
            return "overpaid"
        if self.due_date is not None and self.due_date < today:
            return "overdue"
        return "part-paid" if self.paid else "unpaid"


class Note(BaseModel):
    """A remark that somebody kept with a document."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    date: date | None
    text: str


class Attachment(BaseModel):
    """A file that is kept with a purchase. Its link opens without a login: it is as good as the file itself."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    name: str
    content_type: str = ""
    size: str = ""
    """As KashFlow writes it; its unit is not documented."""
    uploaded: date | None = None
    link: str = ""


def lost_in_words(notes: int, files: int) -> str:
    """What goes with a deleted purchase."""
    return f"{counted(notes, 'note')} and {counted(files, 'attached file')} go with it, and undoing does not bring them back."
