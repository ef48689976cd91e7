"""Journals: amounts moved between nominals by hand."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.reports import total


class JournalLine(BaseModel):
    """One side of a journal."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    nominal_id: int
    amount: Decimal
    """As KashFlow gives it; which sign is a debit is not documented."""
    comment: str = ""
    project_id: int = 0


class Journal(BaseModel):
    """A journal with its lines, which add up to zero."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    number: int
    date: date
    comment: str = ""
    lines: tuple[JournalLine, ...] = ()

    @property
    def amount(self) -> Decimal:
        """What is moved: the sum of the lines above zero."""
        return total(line.amount for line in self.lines if line.amount > 0)

    @property
    def difference(self) -> Decimal:
        """What the two sides differ by; zero in a sound journal."""
        return total(line.amount for line in self.lines)
