"""What KashFlow's service description says: every call, every type, and the order of their members."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from lxml import etree

WSDL: Final = Path(__file__).parent.parent / "kashflow" / "service.wsdl"
NAMESPACE: Final = "KashFlow"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
_S: Final = f"{{{XSD}}}"

PLAIN: Final = frozenset({"int", "decimal", "boolean", "dateTime", "string", "integer", "base64Binary"})
VALUE_KINDS: Final = frozenset({"int", "decimal", "boolean", "dateTime"})
"""Kinds that .NET cannot leave empty: a missing one is 0, false or the first of January of the year 1."""

LINES: Final[Mapping[str, str]] = MappingProxyType(
    {"Invoice": "InvoiceLine", "Receipt2": "ReceiptLine2", "JournalEntry": "JournalLine"}
)
"""What the Lines of a document hold. The description only says "anything"; the names leave no other reading."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a type, or one parameter of a call."""

    name: str
    kind: str
    nillable: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A type with members in their order on the wire; ``base`` is the type it extends, if any."""

    name: str
    members: tuple[Member, ...]
    base: str | None = None
    abstract: bool = False

    @property
    def item(self) -> Member | None:
        """The repeated member, if this type is nothing but a list of it."""
        return self.members[0] if len(self.members) == 1 and self.members[0].many else None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: what is sent and what comes back, each in its order on the wire."""

    name: str
    request: tuple[Member, ...]
    response: tuple[Member, ...]

    @property
    def asks_who(self) -> bool:
        """True when the call carries a user name and password, as nearly every call does."""
        return {"UserName", "Password"} <= {member.name for member in self.request}

    @property
    def result(self) -> Member | None:
        """The member that carries the result; some calls have none."""
        return next((member for member in self.response if member.name == f"{self.name}Result"), None)


@dataclass(frozen=True, slots=True)
class Contract:
    """The whole service description."""

    exchanges: Mapping[str, Exchange]
    shapes: Mapping[str, Shape]
    enumerations: Mapping[str, tuple[str, ...]]


@cache
def contract() -> Contract:
    """Read the description in the file beside the client, once."""
    schema = next(etree.fromstring(WSDL.read_bytes()).iter(f"{_S}schema"))
    wrappers = {str(node.get("name")): _members(node) for node in schema.findall(f"{_S}element")}
    own = {str(node.get("name")): _shape(node) for node in schema.findall(f"{_S}complexType")}
    return Contract(
        exchanges=MappingProxyType(_exchanges(wrappers)),
        shapes=MappingProxyType({name: _with_inherited(shape, own) for name, shape in own.items()}),
        enumerations=MappingProxyType(dict(map(_enumeration, schema.findall(f"{_S}simpleType")))),
    )


def _exchanges(wrappers: Mapping[str, tuple[Member, ...]]) -> dict[str, Exchange]:
    return {
        name: Exchange(name, members, wrappers[f"{name}Response"])
        for name, members in wrappers.items()
        if f"{name}Response" in wrappers
    }


def _shape(node: etree._Element) -> Shape:
    extension = node.find(f".//{_S}extension")
    return Shape(
        name=str(node.get("name")),
        members=_members(node),
        base=None if extension is None else _local(extension.get("base")),
        abstract=node.get("abstract") == "true",
    )


def _with_inherited(shape: Shape, own: Mapping[str, Shape]) -> Shape:
    members, step = shape.members, shape.base
    while step is not None:
        members, step = own[step].members + members, own[step].base
    return Shape(shape.name, members, shape.base, shape.abstract)


def _members(node: etree._Element) -> tuple[Member, ...]:
    return tuple(
        Member(
            name=str(element.get("name")),
            kind=_local(element.get("type", "s:anyType")),
            nillable=element.get("nillable") == "true",
            many=element.get("maxOccurs") == "unbounded",
        )
        for element in node.iterfind(f".//{_S}sequence/{_S}element")
    )


def _enumeration(node: etree._Element) -> tuple[str, tuple[str, ...]]:
    values = tuple(str(value.get("value")) for value in node.iterfind(f".//{_S}enumeration"))
    return str(node.get("name")), values


def _local(name: str | None) -> str:
    return str(name).rpartition(":")[2]
