"""A sheet: a document as the customer or the supplier would see it, for a person to look at before it is written."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from kf_mcp.model.money import HOME
from kf_mcp.model.text import ELLIPSIS, bounded

LONGEST: Final = 2000
MOST_LINES: Final = 40


def _shown(text: object) -> object:
    """Text without characters that hide something, its lines kept."""
    if not isinstance(text, str):
        return text
    lines = [bounded(line, LONGEST) for line in text.splitlines()]
    shown = [line for line in lines if line]
    return "\n".join(shown if len(shown) <= MOST_LINES else [*shown[:MOST_LINES], ELLIPSIS])


Shown = Annotated[str, BeforeValidator(_shown)]
"""Text that somebody wrote, as a person may see it."""


class Party(BaseModel):
    """Who sends a document, or to whom it goes."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: Shown
    code: Shown = ""
    address: tuple[Shown, ...] = ()
    vat_number: Shown = ""


class SheetLine(BaseModel):
    """One line of a document."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    description: Shown
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    vat_rate: Decimal
    """Percent; -1 is N/A."""
    vat: Decimal


class Sheet(BaseModel):
    """A document, complete with parties, lines and totals."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    title: str
    from_: Party
    to: Party
    number: Shown = ""
    """Empty where KashFlow gives the next free one."""
    issued: date
    due: date | None = None
    reference: Shown = ""
    currency: str = HOME
    lines: tuple[SheetLine, ...]

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
        """Net plus VAT."""
        return self.net + self.vat
