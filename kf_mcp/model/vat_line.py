"""A line as the VAT rules look at it, what they may say of it, and the rules that hold for sales and purchases alike."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from kf_mcp.model import dates, money, vat_rates
from kf_mcp.model.invoices import NOT_APPLICABLE
from kf_mcp.model.vat import rate_in_words

Place = Literal["UK", "EU", "world", "NI"]
"""Where the other side is for VAT: a region, or `NI`: goods move between Northern Ireland and the EU (KashFlow's NIEU)."""

CONSTRUCTION_REVERSE_CHARGE_FROM: Final = date(2021, 3, 1)
CIS: Final = re.compile(r"\bCIS\b", re.IGNORECASE)
REVERSE_CHARGE: Final = re.compile(r"\breverse[ -]charge", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What the rules say: why it must not be written (empty: nothing), what to warn of, and what is worth knowing."""

    refusal: str = ""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """The line that a rule looks at."""

    rate: Decimal
    net: Decimal
    vat: Decimal
    day: date
    place: Place
    description: str
    currency: str
    is_reverse_charge: bool = False
    vat_number: str | None = None
    """The other side's; empty where the books hold none, None where nobody looked."""

    @property
    def rate_said(self) -> str:
        """The rate in words."""
        return rate_in_words(self.rate)

    @property
    def is_deduction_of_tax(self) -> bool:
        """Whether it looks like a CIS deduction: a negative line that says so."""
        return self.net < 0 and bool(CIS.search(self.description))

    @property
    def speaks_of_reverse_charge(self) -> bool:
        """Whether its description names a reverse charge."""
        return bool(REVERSE_CHARGE.search(self.description))

    def amount(self, figure: Decimal) -> str:
        """A figure of the line in words."""
        return money.in_words(figure, self.currency)


Rule = Callable[[Line], Said | None]


def warning(sentence: str) -> Said:
    """One thing to warn of."""
    return Said(warnings=(sentence,))


def note(sentence: str) -> Said:
    """One thing worth knowing."""
    return Said(notes=(sentence,))


def all_said(line: Line, rules: Sequence[Rule]) -> Said:
    """What all these rules say of a line; of one that is refused nothing else."""
    found = [said for rule in rules if (said := rule(line))]
    if refused := [said.refusal for said in found if said.refusal]:
        return Said(refusal=" ".join(refused))
    return Said(
        warnings=tuple(sentence for said in found for sentence in said.warnings),
        notes=tuple(sentence for said in found for sentence in said.notes),
    )


def together(said: Sequence[Said]) -> Said:
    """What was said of the lines of one document: each sentence once, with the lines that it is about unless it is about all."""
    return Said(
        refusal=" ".join(f"Line {n}: {one.refusal}" for n, one in enumerate(said, 1) if one.refusal),
        warnings=_numbered([one.warnings for one in said]),
        notes=_numbered([one.notes for one in said]),
    )


def _numbered(said: Sequence[Sequence[str]]) -> tuple[str, ...]:
    lines: dict[str, list[int]] = {}
    for n, sentences in enumerate(said, 1):
        for sentence in sentences:
            lines.setdefault(sentence, []).append(n)
    return tuple(
        sentence
        if len(about) == len(said)
        else f"Line{'s' if about[1:] else ''} {', '.join(map(str, about))}: {sentence}"
        for sentence, about in lines.items()
    )


def rate_in_force(line: Line) -> Said | None:
    """A rate holds for tax points on certain days (HMRC, "VAT rates"; `vat_rates` names the Acts)."""
    known = vat_rates.in_force(line.day)
    if line.rate == NOT_APPLICABLE or not known or line.rate in {spell.rate for spell in known}:
        return None
    held = ", ".join(rate_in_words(spell.rate) for spell in known)
    credit = " A credit carries the rate of what it credits." if line.net < 0 else ""
    return warning(
        f"{line.rate_said} was not a UK VAT rate on {dates.in_words(line.day)} (rates that day: {held}); it is right only if the tax "
        f"point lies in another time.{credit}"
    )


def temporary_rate(line: Line) -> Said | None:
    """12.5% held only for hospitality, holiday accommodation and attractions, 1 Oct 2021 to 31 Mar 2022 (Notice 709/1)."""
    found = [
        spell for spell in vat_rates.in_force(line.day) if spell.rate == line.rate and spell.rate == Decimal("12.5")
    ]
    return note(f"{line.rate_said} held only for {found[0].name}.") if found else None


def deduction_of_tax(line: Line) -> Said | None:
    """A CIS deduction is income tax, not VAT (HMRC, CIS 340): a negative line that belongs in no box."""
    if not line.is_deduction_of_tax or line.rate == NOT_APPLICABLE:
        return None
    what = f"takes {line.amount(abs(line.vat))} off the VAT, and " if line.vat else ""
    return warning(
        f"It looks like a CIS deduction, which is income tax and not VAT: N/A keeps it out of the return, while {line.rate_said} {what}"
        f"lowers the net amount in the return."
    )


def reverse_charge_too_early(line: Line) -> Said | None:
    """The domestic reverse charge for construction began on 1 March 2021 (Notice 735)."""
    if not line.is_reverse_charge or line.day >= CONSTRUCTION_REVERSE_CHARGE_FROM:
        return None
    return warning("The reverse charge for construction began on 1 March 2021; this is dated before.")
