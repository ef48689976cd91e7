"""VAT: what the nine boxes mean, which rates exist, and what a rate does to the return."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import money
from kf_mcp.model.invoices import NOT_APPLICABLE

UK_RATES: Final = (Decimal(20), Decimal(5), Decimal(0), NOT_APPLICABLE)
"""Standard, reduced, zero (VAT Notice 700), and KashFlow's N/A."""

BOXES: Final = {
    1: "VAT due on sales and other outputs",
    2: "VAT due on goods brought into Northern Ireland from the EU",
    3: "Total VAT due (box 1 + box 2)",
    4: "VAT reclaimed on purchases and other inputs",
    5: "VAT to pay to HMRC, or to be repaid (difference of boxes 3 and 4)",
    6: "Total sales, without VAT",
    7: "Total purchases, without VAT",
    8: "Goods supplied from Northern Ireland to the EU, without VAT",
    9: "Goods brought into Northern Ireland from the EU, without VAT",
}
"""What each box of the return holds (HMRC, VAT Notice 700/12)."""

NORTHERN_IRELAND_BOXES: Final = (2, 8, 9)
SINCE_2021: Final = date(2021, 1, 1)


def cannot_show(*, submitted: bool) -> list[str]:
    """What the VAT report cannot show, as short as it can be said.

    Late entries, scheme settings: KashFlow's pages on the VAT return and on VAT settings (no operation reads the settings); flat rate:
    HMRC, VAT Notice 733; cash accounting: 731; N/A: KashFlow's knowledge base, "0% and N/A VAT"; exempt items: 700/12; postponed import
    VAT: 702.
    """
    filed = "KashFlow works these figures out now: they can differ from the return that was filed."
    return [
        filed if submitted else "Nothing is filed by this: a return is filed in KashFlow itself.",
        "Not told: whether late entries of earlier periods are in it, and the scheme (cash accounting, flat rate: no sum equals a box).",
        "N/A lines are in no box; exempt items, often entered so, HMRC wants in boxes 6 and 7.",
        "Reverse charges and postponed import VAT are in it only where documents were entered so.",
    ]


class VATReport(BaseModel):
    """KashFlow's figures for a VAT return; pounds. Box 5: what is owed, below zero where KashFlow says so."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    start: date
    end: date
    boxes: tuple[Decimal, ...]
    in_accounts: bool
    submitted: bool
    submitted_on: datetime | None
    hmrc_reference: str = ""

    def box(self, number: int) -> Decimal:
        """The figure in this box, 1 to 9."""
        return self.boxes[number - 1]

    @property
    def to_pay(self) -> Decimal:
        """What is owed to HMRC (positive) or to be repaid (negative): box 3 less box 4."""
        return self.box(3) - self.box(4)

    def broken_identities(self) -> list[str]:
        """Each rule between boxes that these figures break, in words; empty when all hold (HMRC, VAT Notice 700/12)."""
        box = self.box
        broken = []
        if box(3) != box(1) + box(2):
            broken.append(f"Box 3 is {money.in_words(box(3))}, but boxes 1 + 2 make {money.in_words(box(1) + box(2))}.")
        if abs(box(5)) != abs(box(3) - box(4)):
            broken.append(f"Box 5 is {money.in_words(box(5))}, but boxes 3 - 4 make {money.in_words(box(3) - box(4))}.")
        if box(8) > box(6):
            broken.append("Box 8 is larger than box 6, of which it is a part.")
        if box(9) > box(7):
            broken.append("Box 9 is larger than box 7, of which it is a part.")
        return broken

    def odd_for_great_britain(self, vat_number: str) -> list[int]:
        """The boxes of 2, 8 and 9 that are not zero though the company's VAT number is one of Great Britain.

        Since 2021 they are for goods between Northern Ireland and the EU (HMRC, VAT Notice 700/12). A firm there may have a GB number, too,
        so it is something to look at.
        """
        if self.start < SINCE_2021 or not vat_number.strip().upper().startswith("GB"):
            return []
        return [number for number in NORTHERN_IRELAND_BOXES if self.box(number)]


def rate_in_words(rate: Decimal) -> str:
    """A rate as a bookkeeper says it: 20%, N/A."""
    return "N/A" if rate == NOT_APPLICABLE else f"{money.plain(rate)}%"


def meaning(rate: Decimal) -> str:
    """What choosing this rate on a sale does to the VAT return (KashFlow's knowledge base, "0% and N/A VAT")."""
    if rate == NOT_APPLICABLE:
        return "N/A: no VAT, and the line is left out of the VAT return altogether (outside the scope of VAT)"
    if rate == 0:
        return "0%: zero-rated; no VAT, and the net amount counts in box 6 of the return"
    return f"{money.plain(rate)}%: VAT in box 1, the net amount in box 6 of the return"


def meaning_on_purchases(rate: Decimal) -> str:
    """What choosing this rate on a purchase does to the VAT return (KashFlow's knowledge base, "0% and N/A VAT")."""
    if rate == NOT_APPLICABLE:
        return "N/A: no VAT, and the line is left out of the VAT return altogether"
    if rate == 0:
        return "0%: no VAT, and the net amount counts in box 7 of the return"
    return f"{money.plain(rate)}%: VAT in box 4, the net amount in box 7 of the return"
