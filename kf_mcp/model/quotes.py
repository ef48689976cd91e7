"""Quotes: what customers were offered."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.invoices import InvoiceLine

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
    currency: str = ""
    """Empty where KashFlow names none, as it does on quotes (Zynk's recorded objects)."""
    net: Decimal
    vat: Decimal
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def gross(self) -> Decimal:
        """Net plus VAT."""
        return self.net + self.vat
