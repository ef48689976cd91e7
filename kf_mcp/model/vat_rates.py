"""UK VAT rates, and the days on which each of them held."""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

KNOWN_FROM: Final = date(1997, 9, 1)
"""The reduced rate has been 5% since this day; of earlier days nothing is said here."""


class Spell(NamedTuple):
    """A rate and the days on which it held; the last spell of a rate is open."""

    rate: Decimal
    first: date
    last: date = date.max
    name: str = ""


SPELLS: Final = (
    Spell(Decimal("17.5"), KNOWN_FROM, date(2008, 11, 30), "standard rate"),
    Spell(Decimal(15), date(2008, 12, 1), date(2009, 12, 31), "standard rate"),
    Spell(Decimal("17.5"), date(2010, 1, 1), date(2011, 1, 3), "standard rate"),
    Spell(Decimal(20), date(2011, 1, 4), name="standard rate"),
    Spell(Decimal("12.5"), date(2021, 10, 1), date(2022, 3, 31), "hospitality, holiday accommodation and attractions"),
    Spell(Decimal(5), KNOWN_FROM, name="reduced rate"),
    Spell(Decimal(0), KNOWN_FROM, name="zero rate"),
)
"""Standard rate: Value Added Tax (Change of Rate) Order 2008, Finance (No. 2) Act 2010 s. 3. Hospitality: HMRC, Revenue and Customs
Brief 10 (2020) and VAT Notice 709/1: 5% from 15 July 2020 to 30 September 2021, which the reduced rate above covers, then 12.5%."""


def in_force(day: date) -> tuple[Spell, ...]:
    """The rates that held on a day, highest first; none where the day is too early to say."""
    found = (spell for spell in SPELLS if spell.first <= day <= spell.last)
    return tuple(sorted(found, key=lambda spell: -spell.rate))
