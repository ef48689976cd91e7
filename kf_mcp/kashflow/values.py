"""Plain values as XML writes them: whole numbers, exact ones, yes and no, moments.

Python takes more for a number than XML does: 1_000, NaN, 1E+999999999 (whose digits fill the memory), digits of other scripts. A
text that is none of its kind is not read as 0 or as nothing: a figure that was not understood must not pass for one.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

LARGEST_WHOLE: Final = 2**63 - 1
"""Ids are of 32 bits; this is what the trail's database still holds."""
LARGEST_EXACT: Final = Decimal(10**13)
"""Every figure of the books is smaller, and the product of two that are can still be rounded to pennies exactly."""
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}")
_EXACT: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}


class NotAValue(ValueError):
    """A text is no value of its kind; the text itself, which may be anybody's words, is not repeated."""


def whole(text: str) -> int:
    """A whole number."""
    found = _WHOLE.fullmatch(text.strip())
    number = int(found[0]) if found else LARGEST_WHOLE + 1
    if abs(number) > LARGEST_WHOLE:
        raise NotAValue("a whole number was expected")
    return number


def exact(text: str) -> Decimal:
    """A number with decimals: no exponent, no separator of thousands."""
    found = _EXACT.fullmatch(text.strip())
    number = Decimal(found[0]) if found else LARGEST_EXACT
    if abs(number) >= LARGEST_EXACT:
        raise NotAValue("an exact number was expected")
    return number


def truth(text: str) -> bool:
    """Yes or no."""
    found = _TRUTHS.get(text.strip().lower())
    if found is None:
        raise NotAValue("yes or no was expected")
    return found


def moment(text: str) -> datetime:
    """A date, with a time or without; an offset is kept."""
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotAValue("a date was expected") from None
