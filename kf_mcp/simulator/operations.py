"""The list of KashFlow calls the pretend KashFlow can answer, and the shape of an answer."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union, overload

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Value: TypeAlias = Union[int, Decimal, bool, str, datetime, "Typed", Mapping[str, Any], Sequence[Any], None]
"""Anything an answer can hold, by KashFlow's own names; money is a Decimal."""

Record = TypeVar("Record")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Refusal(Exception):
    """KashFlow says NO: the text is the sentence it gives as the reason."""


@dataclass(frozen=True, slots=True)
class Typed:
    """One item of a list that may hold anything, with the KashFlow type it names itself by."""

    type_name: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call gives back: its result, the sentence beside the status, and any further values.

    ``result`` is None for a call that returns nothing. ``detail`` is the text of StatusDetail beside
    an OK. ``extra`` holds the values some calls return besides the result, by their own names.
    """

    result: Value = None
    detail: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


class Rows(Sequence[Any]):
    """A list of an answer whose rows are written out from the records only when they are looked at.

    The records are chosen when the call is carried out; a long list is sent while other calls go on.
    """

    def __init__(self, records: Iterable[Record], show: Callable[[Record], Any]) -> None:
        self._records = list(records)
        self._show = show

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Rows | list) else NotImplemented

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Any]:
        return map(self._show, self._records)

    @overload
    def __getitem__(self, place: int) -> Any: ...

    @overload
    def __getitem__(self, place: slice) -> list[Any]: ...

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self._show(record) for record in self._records[place]]
        return self._show(self._records[place])


Operation: TypeAlias = "Callable[[Books, Mapping[str, Any]], Answer]"
"""A call carried out on the books: it is given what was asked and gives the answer, or refuses."""

OPERATIONS: dict[str, Operation] = {}
"""Every call that can be answered, by KashFlow's name for it."""


def operation(name: str) -> Callable[[Operation], Operation]:
    """Enter a function in the list of calls under KashFlow's name for the call."""

    def enter(function: Operation) -> Operation:
        if name in OPERATIONS:
            raise ValueError(f"{name} is already in the list of calls.")
        OPERATIONS[name] = function
        return function

    return enter
