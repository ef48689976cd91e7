"""Days as the UK counts them."""

import hashlib
import platform
import time as system
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

LONDON: Final = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]
"""Tells the time, in UTC; tests set their own."""


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def uptime(clock: Clock) -> float:
    """Seconds since this computer was started: nobody sets them forth or back. A clock other than the computer's may tell its own."""
    if clock is not now:
        own: Callable[[], float] = getattr(clock, "uptime", lambda: clock().timestamp())
        return own()
    kind = getattr(system, "CLOCK_BOOTTIME", None)  # counts on while the computer sleeps
    return system.monotonic() if kind is None else system.clock_gettime(kind)


def computer(clock: Clock) -> str:
    """What tells this computer from others, whose clocks and running times are their own; a digest of its name."""
    own: str = getattr(clock, "computer", "")
    return own or hashlib.sha256(platform.node().encode()).hexdigest()[:16]


def uk_day(moment: datetime) -> date:
    """The day that it is in the UK at this moment."""
    return moment.astimezone(LONDON).date()


def uk_midnight(moment: datetime) -> datetime:
    """When this moment's day began in the UK."""
    return datetime.combine(uk_day(moment), time.min, LONDON)


def uk_time_in_words(moment: datetime) -> str:
    """A moment as a person in the UK reads it: 22 Nov 2026 at 14:02."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%b %Y} at {local:%H:%M}"


def uk_clock(moment: datetime) -> str:
    """The time of day in the UK, to the minute, never before the moment itself: 14:02."""
    return f"{(moment + timedelta(seconds=59)).astimezone(LONDON):%H:%M}"


def in_words(day: date) -> str:
    """A day as a person reads it: 22 Nov 2026."""
    return f"{day.day} {day:%b %Y}"


def month_end(day: date) -> date:
    """The last day of this day's month."""
    first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first_of_next - timedelta(days=1)


def one_month_and_seven_days_after(day: date) -> date:
    """When a VAT return for a period that ends on this day is due (HMRC: one calendar month and seven days)."""
    first_of_next = month_end(day) + timedelta(days=1)
    last_of_next = month_end(first_of_next)
    same_day = first_of_next.replace(day=min(day.day, last_of_next.day))
    month_later = last_of_next if day == month_end(day) else same_day
    return month_later + timedelta(days=7)


def _iso_only(value: object) -> object:
    if isinstance(value, str):
        text = value.strip()
        try:
            return date.fromisoformat(text) if len(text) == len("2026-11-22") else datetime.fromisoformat(text).date()
        except ValueError as error:
            if "day is out of range" in str(error):
                raise ValueError("is not a date; that month has fewer days") from None
            raise ValueError("is not a date; write it year first, as in 2026-11-22") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("is not a date; write it year first, as in 2026-11-22")


Day = Annotated[
    date,
    BeforeValidator(_iso_only),
    PlainSerializer(lambda day: day.isoformat(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
"""A day in a request or reply: yyyy-mm-dd."""
