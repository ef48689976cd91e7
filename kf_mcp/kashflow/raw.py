"""Reading by an operation's own name: the long tail that no tool of its own covers.

The answer is KashFlow's own record, cleaned: empty members, debug texts and every link are left out, texts are bounded. Links are left
out because KashFlow's open documents without a login.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from kf_mcp.errors import NotAllowed, NotFound
from kf_mcp.kashflow import arguments, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.decoding import Items, Members
from kf_mcp.kashflow.operations import Operation, operations
from kf_mcp.model import money
from kf_mcp.model.text import bounded

Plain = str | int | bool | list["Plain"] | dict[str, "Plain"]
"""A value as JSON has it; amounts and dates are texts."""

NEVER_SHOWN: Final = frozenset({"PermaLink", "FileURL", "AmazonFilename"})
"""Members that hold links, or the names of files behind links."""
DEBUG: Final = frozenset({"ReadableString"})
LINK: Final = re.compile(r"\b(?:https?|ftp)://\S+", re.IGNORECASE)
LINK_LEFT_OUT: Final = "[link left out]"
OPEN_LINKS: Final = frozenset({"Website"})
"""Members whose links are addresses that anybody may know."""
UNUSED: Final = re.compile(r"CheckBox\d+|ExtraText\d+|DeliveryAddress|UseCustomDeliveryAddress|CustHasDeliveryAddress")
"""Members that say nothing while they are zero."""
LONGEST_TEXT: Final = 500
LONGEST_INNER_LIST: Final = 40


@dataclass(frozen=True)
class Raw:
    """What an operation answered, as plain values."""

    rows: list[dict[str, Plain]]
    notice: str = ""
    """What KashFlow said beside the answer, such as that a list is cut."""
    pages: dict[str, int] = field(default_factory=dict)


class RawReads:
    """The reading operations, by their names."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def call(self, operation: Operation, given: Mapping[str, str]) -> Raw:
        """Call one operation that reads.

        Raises NotAllowed where its effect is another, Refused for arguments that do not fit, NotFound where KashFlow has no such record.
        """
        if operations()[operation.name].effect != "read":
            raise NotAllowed(f"{operation.name} does more than read.", "Nothing was done.")
        values = arguments.checked(operation, given)
        answer = await wire.read_or_none(self._soap, operation.name, **values)
        if answer is None or _is_blank(answer.result):
            said = ", ".join(f"{name} {bounded(value, 40)}" for name, value in given.items())
            raise NotFound(
                f"record for {operation.name} with",
                said,
                "Numbers, codes and internal ids are different keys: `find_operations` says which one it takes.",
            )
        pages = {name: int(value) for name, value in answer.extra.items() if isinstance(value, int)}
        return Raw(_rows(operation, answer.result), bounded(answer.detail, 300), pages)


def _rows(operation: Operation, result: Any) -> list[dict[str, Plain]]:
    if result is None:
        return []
    if operation.result.startswith("ArrayOf"):
        return [_record(row) for row in _items(result)]
    plain = _plain("value", result)
    return [plain] if isinstance(plain, dict) else [] if _is_empty(plain) else [{"value": plain}]


def _is_blank(result: Any) -> bool:
    """Whether this is the blank record by which some operations say that there is none: its id, which comes first, is 0."""
    if not isinstance(result, Members) or not result:
        return False
    name, value = next(iter(result.items()))
    return str(name).lower().endswith("id") and bool(value == 0)


def _items(wrapper: Any) -> list[Any]:
    """The items of a wrapped list, whatever name they go by."""
    if isinstance(wrapper, list):
        return wrapper
    members = wrapper.values() if isinstance(wrapper, Items) else []
    return [item for value in members for item in value or [] if item is not None]


def _is_list(value: Any) -> bool:
    return isinstance(value, list | Items)


def _record(value: Any) -> dict[str, Plain]:
    if isinstance(value, Members):
        members = dict(value)
    elif isinstance(value, list):  # an item that came without a type is still XML
        members = {child.tag.rpartition("}")[2]: (child.text or "") for child in value}
    else:
        members = {"value": value}
    shown = {name: _plain(name, item) for name, item in members.items() if name not in NEVER_SHOWN}
    return {name: item for name, item in shown.items() if not _says_nothing(name, item)}


def _plain(name: str, value: Any) -> Plain:
    match value:
        case None:
            return ""
        case bool() | int():
            return value
        case Decimal():
            return money.plain(value)
        case datetime():
            return _day_or_moment(value)
        case str():
            text = value if name in OPEN_LINKS else LINK.sub(LINK_LEFT_OUT, value)
            return bounded(text, LONGEST_TEXT)
    if _is_list(value):
        items = _items(value)
        shown: list[Plain] = [_record(item) for item in items[:LONGEST_INNER_LIST]]
        return [*shown, f"[{len(items) - len(shown)} more left out]"] if len(shown) < len(items) else shown
    return _record(value)


def _day_or_moment(value: datetime) -> str:
    """A date as it is; KashFlow's year 1 means none."""
    naive = value.replace(tzinfo=None)
    if naive.year == 1:
        return ""
    is_day = (naive.hour, naive.minute, naive.second) == (0, 0, 0)
    return naive.date().isoformat() if is_day else naive.isoformat(timespec="seconds")


def _is_empty(value: Plain) -> bool:
    return isinstance(value, str | list | dict) and not value


def _says_nothing(name: str, value: Plain) -> bool:
    return name in DEBUG or _is_empty(value) or (not value and UNUSED.fullmatch(name) is not None)
