"""Purchases: what suppliers charged us."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from kf_mcp.model.documents import Bill
from kf_mcp.model.invoices import InvoiceLine, NewLine
from kf_mcp.model.money import HOME, to_pennies


class PurchaseLine(InvoiceLine):
    """One line of a purchase as it stands in the books."""

    import_duty: Decimal = Decimal(0)
    """Only on purchases from outside the UK and the EU."""


class Purchase(Bill):
    """A supplier's bill as it stands in the books; a supplier's credit note is a purchase below zero."""

    supplier_id: int
    supplier_code: str
    supplier_name: str = ""
    is_reverse_charge: bool = False
    """Whether it falls under the construction industry's VAT reverse charge."""
    lines: tuple[PurchaseLine, ...] = ()
    """Left out where purchases are listed."""


class PurchasePayment(BaseModel):
    """A payment of a purchase as it stands in the books; positive is money out."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    date: dt.date
    amount: Decimal
    note: str = ""
    method_id: int = 0
    account_id: int = 0


class Listing(BaseModel):
    """Purchases read page by page, without their lines."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    purchases: tuple[Purchase, ...] = ()
    counted: int = 0
    """How many there are by KashFlow's own count; another number than that of the purchases if they changed meanwhile."""


def by_currency(purchases: Iterable[Purchase]) -> list[tuple[str, list[Purchase]]]:
    """The purchases of each currency, pounds first."""
    found: defaultdict[str, list[Purchase]] = defaultdict(list)
    for purchase in purchases:
        found[purchase.currency].append(purchase)
    return sorted(found.items(), key=lambda item: (item[0] != HOME, item[0]))


class BilledLine(NewLine):
    """One line of a supplier's bill to be entered, with every choice made."""

    printed_vat: Decimal
    """The VAT as the bill shows it; it may differ by pence from the rate's share of the net amount."""
    import_duty: Decimal = Decimal(0)

    @property
    @override
    def vat(self) -> Decimal:
        """The VAT as the bill shows it."""
        return self.printed_vat


class NewPurchase(BaseModel):
    """A supplier's bill to be entered, with every choice made; below zero it is the supplier's credit note."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    supplier_id: int
    supplier_code: str
    issue_date: dt.date
    due_date: dt.date
    reference: str = ""
    currency: str = HOME
    exchange_rate: Decimal = Decimal(1)
    """Units of the bill's currency for one pound, as the account holds it."""
    lines: tuple[BilledLine, ...]

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
        """What we are to pay."""
        return self.net + self.vat


def at_most_in_pounds(amount: Decimal, currency: str, rate: Decimal) -> Decimal:
    """An amount's size in pounds, for the owner's limits; which way KashFlow states its rates is not documented, so the larger counts."""
    size = abs(amount)
    return size if currency == HOME or not rate else to_pennies(max(size / rate, size * rate))
