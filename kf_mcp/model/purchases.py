"""Purchases: what suppliers charged us."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.documents import Bill
from kf_mcp.model.invoices import InvoiceLine
from kf_mcp.model.money import HOME


class Purchase(Bill):
    """A supplier's bill as it stands in the books; a supplier's credit note is a purchase below zero."""

    supplier_id: int
    supplier_code: str
    supplier_name: str = ""
    is_reverse_charge: bool = False
    """Whether it falls under the construction industry's VAT reverse charge."""
    lines: tuple[InvoiceLine, ...] = ()
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
