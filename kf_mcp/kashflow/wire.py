"""How values look on the wire: readers that bear absent members, nulls and KashFlow's placeholder dates."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, TypeVar

from kf_mcp.errors import SaidNo, Unavailable
from kf_mcp.kashflow import values
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.envelopes import Answer
from kf_mcp.model.text import bounded

T = TypeVar("T")

LONGEST_LABEL: Final = 80
NO_DATE: Final = datetime(1, 1, 1)  # noqa: DTZ001 - KashFlow's dates carry no zone
_NOT_FOUND: Final = re.compile(
    r"\bno (such )?(customer|supplier|invoice|receipt|quote|project|journal|product)s?\b"
    r"|\b(customer|supplier|invoice|receipt|quote|project|journal|product)\b.{0,40}(not found|does not exist|not be found)",
    re.IGNORECASE,
)


def member(value: Any, name: str) -> Any:
    """A member of an answer, or None where it is absent."""
    if value is None:
        return None
    try:
        return value[name]
    except (KeyError, AttributeError, TypeError):
        return None


def integer(value: Any, name: str) -> int:
    """A whole number; absent is 0."""
    found = member(value, name)
    if isinstance(found, str):
        return _read(values.whole, found, name) if found.strip() else 0
    return int(found or 0)


def decimal(value: Any, name: str) -> Decimal:
    """An exact number; absent is 0."""
    found = member(value, name)
    if isinstance(found, str):
        return _read(values.exact, found, name) if found.strip() else Decimal(0)
    return Decimal(found or 0)


def _read(reader: Callable[[str], T], found: str, name: str) -> T:
    """A figure from a text. Raises Unavailable where it is none: read as 0 it would pass for one."""
    try:
        return reader(found)
    except values.NotAValue as error:
        raise Unavailable(f"KashFlow's answer is garbled: {error} ({name}).") from None


def text(value: Any, name: str) -> str:
    """A text without surrounding space; absent is empty."""
    found = member(value, name)
    return str(found).strip() if found is not None else ""


def label(value: Any, name: str) -> str:
    """A name of the owner's own lists or a code: short, on one line, without the marks that show where other people's words end.

    Such names stand in sentences of ours without quotation marks; nobody may write sentences of his own there.
    """
    return bounded(text(value, name), LONGEST_LABEL).replace("“", '"').replace("”", '"')


def truth(value: Any, name: str) -> bool:
    """A boolean, in either of XML's spellings; absent is false."""
    return member(value, name) in {True, "true", "1"}


def moment(value: Any, name: str) -> datetime | None:
    """A date with time, without zone; KashFlow's 0001-01-01 and an absent member are None."""
    found = member(value, name)
    if isinstance(found, str) and found:
        try:
            found = datetime.fromisoformat(found.strip()[:19])  # a zone or fractions, if any, are cut off
        except ValueError:
            return None
    if not isinstance(found, datetime):
        return None
    naive = found.replace(tzinfo=None)
    return None if naive.year == 1 else naive


def day(value: Any, name: str) -> date | None:
    """A date; KashFlow's 0001-01-01 and an absent member are None."""
    found = moment(value, name)
    return found.date() if found else None


def rows(result: Any, name: str) -> Iterator[Any]:
    """The items of a wrapped list; an absent or empty wrapper has none."""
    found = result if isinstance(result, list) else member(result, name)
    yield from (row for row in found or [] if row is not None)


def midnight(when: date) -> datetime:
    """A date as it is sent: midnight without a zone, so that no offset can move it to another day."""
    return datetime.combine(when, time.min)


async def read_or_none(soap: Connection, operation: str, **arguments: Any) -> Answer | None:
    """Read one thing; None where KashFlow says NO because there is none.

    KashFlow answers "not found" in two shapes, a NO with a sentence or OK with a blank object; this takes care of the first,
    and the caller treats a zero id as the second.
    """
    try:
        return await soap.read(operation, **arguments)
    except SaidNo as no:
        if _NOT_FOUND.search(no.detail):
            return None
        raise
