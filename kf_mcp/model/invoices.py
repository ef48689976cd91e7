"""Invoices and credit notes: what customers were charged."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.documents import Bill
from kf_mcp.model.money import HOME, to_pennies

NOT_APPLICABLE = Decimal(-1)
"""KashFlow's VAT rate for N/A: the line is left out of the VAT return altogether."""


def line_vat(net: Decimal, rate: Decimal) -> Decimal:
    """VAT of one line: its net amount times the rate, rounded half up to the penny; none where the rate is N/A.

    Rounded per line, as KashFlow's recorded invoices are (Zynk: 1.67 + 2.16 + 2.16 = 5.99).
    """
    return Decimal(0) if rate == NOT_APPLICABLE else to_pennies(net * rate / 100)


class InvoiceLine(BaseModel):
    """One line of an invoice as it stands in the books; a discount or credit is negative."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int = 0
    description: str
    quantity: Decimal
    unit_price: Decimal
    """Net of VAT."""
    vat_rate: Decimal
    """Percent; -1 is N/A."""
    vat: Decimal
    nominal_id: int = 0
    product_id: int = 0
    project_id: int = 0
    sort: int = 0

    @property
    def net(self) -> Decimal:
        """Quantity times unit price, to the penny."""
        return to_pennies(self.quantity * self.unit_price)


class Invoice(Bill):
    """An invoice as it stands in the books; a credit note is an invoice below zero."""

    customer_id: int
    customer_code: str
    customer_name: str = ""
    lines: tuple[InvoiceLine, ...] = ()


class NewLine(BaseModel):
    """One line of an invoice to be entered, with every choice made."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    description: str
    quantity: Decimal
    unit_price: Decimal
    vat_rate: Decimal
    nominal_id: int
    nominal_code: int
    nominal_name: str
    product_id: int = 0
    project_id: int = 0

    @property
    def net(self) -> Decimal:
        """Quantity times unit price, to the penny."""
        return to_pennies(self.quantity * self.unit_price)

    @property
    def vat(self) -> Decimal:
        """VAT of the line, rounded half up."""
        return line_vat(self.net, self.vat_rate)


class NewInvoice(BaseModel):
    """An invoice to be entered, with every choice made."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    customer_id: int
    customer_code: str
    issue_date: date
    due_date: date
    reference: str = ""
    currency: str = HOME
    exchange_rate: Decimal = Decimal(1)
    """Units of the invoice's currency for one pound (KashFlow ideas portal, KF-I-3632), as the account holds it."""
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
        """What the customer pays."""
        return self.net + self.vat
