"""Quotes: what customers were offered."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.invoices import InvoiceLine, NewLine
from kf_mcp.model.money import HOME

State = Literal["quote", "converted", "unknown"]
"""Whether it is still a quote, or an invoice was made of it."""


class Quote(BaseModel):
    """A quote as it stands in the books; nothing of it is in the ledger."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    number: int
    customer_id: int
    customer_code: str
    customer_name: str = ""
    issue_date: date
    reference: str = ""
    category: str = ""
    hides_total: bool = False
    has_delivery_address: bool = False
    """Whether it goes to an address of its own; KashFlow shows none on quotes (Zynk's recorded objects)."""
    currency: str = ""
    """Empty where KashFlow names none, as it does on quotes (Zynk's recorded objects)."""
    net: Decimal
    vat: Decimal
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def gross(self) -> Decimal:
        """Net plus VAT."""
        return self.net + self.vat


class NewQuote(BaseModel):
    """A quote to be entered, with every choice made."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    customer_id: int
    customer_code: str
    issue_date: date
    reference: str = ""
    hides_total: bool = False
    currency: str = HOME
    exchange_rate: Decimal = Decimal(1)
    lines: tuple[NewLine, ...]

    @property
    def net(self) -> Decimal:
        """Sum of the lines before VAT."""
        return sum((line.net for line in self.lines), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """Sum of the lines' VAT."""
        return sum((line.vat for line in self.lines), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """What the customer is offered to pay."""
        return self.net + self.vat


class QuoteChanges(BaseModel):
    """What of a quote's header changes; None leaves it, an empty text makes it blank."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    customer_id: int | None = None
    issue_date: date | None = None
    reference: str | None = None
    hides_total: bool | None = None


class RevisedLine(BaseModel):
    """A line of a quote as it is to be, and which line it was."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    was: int = 0
    """Its place among the lines before, from 1; 0: it is new."""
    line: InvoiceLine
