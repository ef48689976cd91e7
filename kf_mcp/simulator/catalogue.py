"""What a document's line may be booked to besides its nominal: an item of the catalogue, a project."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from kf_mcp.simulator.records import ZERO

COMPLETE, ACTIVE, ARCHIVED = 0, 1, 2
"""How a project stands (KashFlow's manual, GetProjects_Full)."""


@dataclass(frozen=True, slots=True)
class SubProduct:
    """An item of the catalogue, which stands under a nominal of sales or of outgoings."""

    id: int
    nominal: int
    """The nominal's internal id; KashFlow calls it the parent."""
    code: str
    name: str
    description: str = ""
    price: Decimal = ZERO
    """Of one, without VAT, in pounds."""
    vat_rate: Decimal = ZERO
    """Percent; -1 is not applicable."""
    wholesale_price: Decimal = ZERO
    managed: bool = False
    """Whether its stock is counted."""
    in_stock: int = 0
    warn_at: int = 0
    fills_in: bool = True
    """Whether choosing it on a line fills in text and price, in KashFlow's own pages."""


@dataclass(frozen=True, slots=True)
class Project:
    """A job that lines of documents and of journals may be booked to."""

    id: int
    number: int
    name: str
    reference: str = ""
    description: str = ""
    """May hold HTML, which KashFlow's pages write (Zynk's recorded objects)."""
    start: dt.date | None = None
    end: dt.date | None = None
    customer: int = 0
    status: int = ACTIVE
