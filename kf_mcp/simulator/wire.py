"""Reading what a call was given, as KashFlow would: a missing value is 0, nothing or the first day of the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kf_mcp.simulator.operations import Refusal, Typed
from kf_mcp.simulator.records import ZERO

NO_DATE = datetime(1, 1, 1)  # noqa: DTZ001 - KashFlow's dates have no zone
"""What stands where there is no date: 0001-01-01."""


def text(members: Mapping[str, Any], name: str) -> str:
    """Read a text; none is an empty one."""
    return str(members.get(name) or "")


def whole(members: Mapping[str, Any], name: str) -> int:
    """Read a whole number."""
    return int(members.get(name) or 0)


def decimal(members: Mapping[str, Any], name: str) -> Decimal:
    """Read an amount, a quantity or a rate."""
    return Decimal(members.get(name) or ZERO)


def day(members: Mapping[str, Any], name: str) -> date | None:
    """Read a date; its time is cut off, and the first day of the calendar is none."""
    value = members.get(name)
    if isinstance(value, datetime):
        value = value.date()
    return None if value is None or value.year == 1 else value


def record(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Read a record; without one the call cannot be carried out."""
    found = members.get(name)
    if found is None:
        raise Refusal("Object reference not set to an instance of an object.")
    return members_of(found)


def members_of(item: Any) -> Mapping[str, Any]:
    """Give the members of a list's item, whether or not it names its own type."""
    members: Mapping[str, Any] = item.members if isinstance(item, Typed) else item
    return members


def moment(value: date | None) -> datetime:
    """Write a date as KashFlow does: at midnight, 0001-01-01 where there is none."""
    return NO_DATE if value is None else datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as above
