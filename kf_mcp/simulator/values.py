"""Plain values on the wire, read and written as .NET does: numbers, dates, yes and no, text."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Context, Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

UK: Final = ZoneInfo("Europe/London")
NO_DATE: Final = datetime(1, 1, 1)  # noqa: DTZ001 - KashFlow's dates carry no zone
_INT_MIN: Final = -(2**31)
_INT_MAX: Final = 2**31 - 1
_DECIMAL_MAX: Final = 2**96 - 1
_DECIMAL_PLACES: Final = 28
_FINEST: Final = Decimal(1).scaleb(-_DECIMAL_PLACES)
_WIDE: Final = Context(prec=64)
_WRONG_FORMAT: Final = "Input string was not in a correct format."

_INT = re.compile(
    r"([+-]?)0*([0-9]{1,10})"
)  # .NET reads any number of leading zeros, and Python not more than 4300 digits
_DIGITS = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)


class Unreadable(Exception):
    """A text that is no value of its kind; the message is .NET's own."""


def read_int(text: str) -> int:
    """Read a whole number of 32 bits; an empty text is none."""
    if not _DIGITS.fullmatch(text.strip()):
        raise Unreadable(_WRONG_FORMAT)
    found = _INT.fullmatch(text.strip())
    number = int(f"{found[1]}{found[2]}") if found else _INT_MAX + 1
    if not _INT_MIN <= number <= _INT_MAX:
        raise Unreadable("Value was either too large or too small for an Int32.")
    return number


def read_decimal(text: str) -> Decimal:
    """Read a number with decimals: no exponent, no thousands separator, no sign of currency."""
    if not _DECIMAL.fullmatch(text.strip()):
        raise Unreadable(_WRONG_FORMAT)
    number = Decimal(text.strip())
    if number.copy_abs() > _DECIMAL_MAX:
        raise Unreadable("Value was either too large or too small for a Decimal.")
    exponent = number.as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > _DECIMAL_PLACES
    return number.quantize(_FINEST, context=_WIDE) if too_fine else number


def read_boolean(text: str) -> bool:
    """Yes or no, in the four spellings that XML knows."""
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.strip() not in known:
        raise Unreadable(f"The string '{text}' is not a valid Boolean value.")
    return known[text.strip()]


def read_date_time(text: str) -> datetime:
    """Read a date, alone or with a time, in the ISO form.

    A time in UTC ("Z") keeps its figures; one with an offset is turned into UK time, as .NET does on a
    server in the UK. A year or a month alone is read as its first day, which .NET also does.
    Times without a date, which .NET reads as today's, are refused here: our choice.
    """
    found = _DATE.fullmatch(text.strip())
    moment = _moment(found) if found else None
    if moment is None:
        raise Unreadable(f"The string '{text}' is not a valid AllXsd value.")
    return moment


def _moment(found: re.Match[str]) -> datetime | None:
    """Put a moment together; there is none on the thirtieth of February."""
    day = [int(found[part] or 1) for part in ("year", "month", "day")]
    time = [int(found[part] or 0) for part in ("hour", "minute", "second")]
    midnight = time == [24, 0, 0]  # XML may write the end of a day so
    fraction = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        moment = datetime(*day, *([0, 0, 0] if midnight else time))  # type: ignore[arg-type]  # noqa: DTZ001
        return _in_uk(moment + timedelta(days=int(midnight), microseconds=fraction), found["zone"])
    except (ValueError, OverflowError):
        return None


def _in_uk(moment: datetime, zone: str | None) -> datetime:
    if zone is None or zone == "Z":
        return moment
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return moment.replace(tzinfo=timezone(offset)).astimezone(UK).replace(tzinfo=None)
    except OverflowError:
        return NO_DATE if moment.year == 1 else moment


def _read_bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:  # binascii.Error, or a letter outside ASCII
        raise Unreadable("The input is not a valid Base-64 string.") from None


def _read_integer(text: str) -> int | None:
    """Read an XML integer, which .NET keeps as text: nothing when empty. That letters are refused is our choice."""
    return read_int(text) if text.strip() else None


READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "int": read_int,
        "decimal": read_decimal,
        "boolean": read_boolean,
        "dateTime": read_date_time,
        "string": str,
        "integer": _read_integer,
        "base64Binary": _read_bytes,
    }
)

MISSING: Final[Mapping[str, Any]] = MappingProxyType(
    {"int": 0, "decimal": Decimal(0), "boolean": False, "dateTime": NO_DATE}
)
"""What .NET has where nothing was sent; any other kind is None."""


def written(kind: str, value: Any) -> str:
    """Write one plain value as text."""
    writer = _WRITERS.get(kind)
    return str(value) if writer is None else writer(value)


def _written_int(value: Any) -> str:
    if isinstance(value, float) or value != int(value):
        raise TypeError(f"{value!r} is not a whole number.")
    return str(int(value))


def _written_decimal(value: Any) -> str:
    if not isinstance(value, Decimal | int):
        raise TypeError(f"{value!r} is not a Decimal.")
    return format(Decimal(value) if value else abs(Decimal(value)), "f")


def _written_date_time(value: Any) -> str:
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a date.")
    # strftime would write the year 1 without its zeros on some systems
    return value.isoformat()[:19] if isinstance(value, datetime) else f"{value.isoformat()}T00:00:00"


_WRITERS: Final[Mapping[str, Callable[[Any], str]]] = MappingProxyType(
    {
        "int": _written_int,
        "integer": _written_int,
        "decimal": _written_decimal,
        "dateTime": _written_date_time,
        "boolean": lambda value: "true" if value else "false",
        "base64Binary": lambda value: base64.b64encode(value).decode("ascii"),
    }
)
