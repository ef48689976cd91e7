"""Bounds that hold for every argument of every tool: dates that books have, whole numbers that KashFlow and the trail can hold.

Beyond them calendars and databases break in ways of their own.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from pydantic import BaseModel

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
LARGEST: Final = 2**31 - 1


def beyond(value: Any, where: str) -> Iterator[str]:
    """What lies out of bounds in an argument, a sentence for each."""
    match value:
        case bool():
            pass
        case int() if abs(value) > LARGEST:
            yield f"`{where}`: is larger than any number in the books."
        case date() if not FIRST_DAY <= value <= LAST_DAY:
            yield f"`{where}`: {value} is not a day that books have."
        case BaseModel():
            for name in type(value).model_fields:
                yield from beyond(getattr(value, name), f"{where}.{name}")
        case list() | tuple():
            for n, part in enumerate(value):
                yield from beyond(part, f"{where}[{n}]")
