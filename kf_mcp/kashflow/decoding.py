"""Reading an answer's elements by the contract: each once, each by its type, in time that grows with the answer alone.

What the contract does not name is passed over (KashFlow adds members now and then), what it names and is absent reads as None; a
member that comes twice counts once. A value that is not of its type makes the whole answer unusable.

zeep, which writes the requests, could read answers too. It is not let near them: it takes a fifth of a millisecond for each element
that it does not expect, an hour for an answer of the largest size; it reads a garbled number as nothing, NaN and 1_000 as numbers.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from kf_mcp.kashflow import values
from kf_mcp.kashflow.contract import contract

NAMESPACE: Final = "KashFlow"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
NIL: Final = f"{{{XSI}}}nil"
TYPE: Final = f"{{{XSI}}}type"
ANYTHING: Final = "anyType"

Type = Mapping[str, tuple[str, str, bool]]
"""The members of a type by their tags: name, kind, and whether there may be many."""


class Members(dict[str, Any]):
    """A record's members by KashFlow's names, as they came; absent and null ones read as None."""

    def __missing__(self, name: str) -> None:
        """A member that is not there: None. Nothing is kept for it: a short answer must not become a long one."""


class Items(Members):
    """A list's wrapper: one member, which holds the rows."""


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "string": str,
    "int": values.whole,
    "integer": values.whole,
    "decimal": values.exact,
    "boolean": values.truth,
    "dateTime": values.moment,
}


def answer(operation: str, element: Any) -> Members:
    """The members of an operation's answer: its result, the status and what else it says. Raises NotAValue."""
    return _members(element, _response(operation), Members)


@cache
def _facts() -> Mapping[str, Any]:
    return contract()


@cache
def _response(operation: str) -> Type:
    return _shape(_facts()["operations"][operation]["response"])


@cache
def _type(name: str) -> Type:
    """The members of a type; those of the type that it extends come first."""
    facts = _facts()
    base = facts["notes"]["extends"].get(name)
    return {**(_type(_bare(base)) if base else {}), **_shape(facts["types"][name])}


def _shape(fields: list[list[Any]]) -> Type:
    return {
        f"{{{NAMESPACE}}}{name}": (name, _bare(kind), most == "unbounded") for name, kind, _least, most, _nil in fields
    }


def _bare(kind: str) -> str:
    return kind.rpartition(":")[2]


def _members(element: Any, shape: Type, make: type[Members]) -> Members:
    found = make()
    for child in element.iterchildren("*"):
        expected = shape.get(child.tag)
        if expected is None:
            continue
        name, kind, is_many = expected
        if is_many:
            found.setdefault(name, []).append(_value(child, kind))
        elif found[name] is None:
            found[name] = _value(child, kind)
    return found


def _value(element: Any, kind: str) -> Any:
    if element.get(NIL) in {"true", "1"}:
        return None
    reader = READERS.get(kind)
    if reader is not None:
        return _plain(element.text, kind, reader)
    if kind == ANYTHING:
        return _anything(element)
    if kind in _facts()["enums"]:
        return element.text
    return _record(element, _extended(element, kind))


def _plain(text: str | None, kind: str, reader: Callable[[str], Any]) -> Any:
    """A plain value; an empty text is nothing, and so are blanks where something else than a text belongs."""
    if text is None or (kind != "string" and not text.strip()):
        return None
    return reader(text)


def _record(element: Any, kind: str) -> Members | None:
    """A record, or the rows of a list; None where nothing of it came."""
    return _members(element, _type(kind), Items if kind.startswith("ArrayOf") else Members) or None


def _anything(element: Any) -> Any:
    """What says its own type, or what can be made of it without one: its children, else its text."""
    named = _named(element)
    if named in _facts()["types"]:
        return _record(element, named)
    if named in READERS:
        return _plain(element.text, named, READERS[named])
    return list(element.iterchildren("*")) or element.text


def _extended(element: Any, kind: str) -> str:
    """The type that an element says it has, where that extends the one that belongs there; else the latter."""
    named = _named(element)
    return named if _bare(_facts()["notes"]["extends"].get(named, "")) == kind else kind


def _named(element: Any) -> str:
    """The type that an element names (xsi:type): one of KashFlow's or of XML's own; empty where it names none."""
    text = element.get(TYPE)
    if text is None:
        return ""
    prefix, _, name = text.strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    types = {NAMESPACE: _facts()["types"], XSD: READERS}.get(namespace, {})
    return name if name in types else ""
