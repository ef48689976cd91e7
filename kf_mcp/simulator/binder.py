"""Read a request as .NET's XmlSerializer binds it: by position, dropping in silence what it does not expect.

An element out of its place, unknown, or in another namespace is dropped; a later one that is expected still counts.
What is missing is 0, false, the first of January of the year 1, or nothing. A value that cannot be read is a fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from kf_mcp.simulator.schema import LINES, NAMESPACE, PLAIN, XSD, Contract, Member, Shape
from kf_mcp.simulator.values import MISSING, READERS, Unreadable, read_boolean

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_DEEPEST: Final = 32


class NotBound(Exception):
    """The request cannot be read; the message is .NET's, ``line`` and ``column`` say where."""

    def __init__(self, message: str, element: etree._Element) -> None:
        super().__init__(message)
        self.element = element


@dataclass(slots=True)
class Binder:
    """Reads the parameters of one request.

    ``wrong_lines`` names what a document's lines turned out to be, where they are not lines: without a type .NET
    hands the operation bare XML, and the operation fails when it takes that for a line. KashFlow's documentation
    says only "you will receive an error" (InsertInvoice); that it is a fault after the password check is our choice.
    """

    contract: Contract
    wrong_lines: list[str] = field(default_factory=list)

    def parameters(self, wrapper: etree._Element | None, members: tuple[Member, ...]) -> dict[str, Any]:
        """Read the parameters of a call by name; all of them are missing where the wrapper is."""
        return self._walk(wrapper, members, owner="")

    def _walk(self, parent: etree._Element | None, members: tuple[Member, ...], owner: str) -> dict[str, Any]:
        found: dict[str, Any] = {member.name: _missing(member) for member in members}
        if parent is None:
            return found
        if len(list(parent.iterancestors())) > _DEEPEST:
            raise NotBound("The request is nested too deeply.", parent)
        places = {f"{{{NAMESPACE}}}{member.name}": place for place, member in enumerate(members)}
        position = 0
        for child in _elements(parent):
            place = places.get(child.tag, -1)
            if place < position:
                continue
            found[members[place].name] = self._read(child, members[place], owner)
            position = place + 1
        return found

    def _read(self, element: etree._Element, member: Member, owner: str) -> Any:
        if member.nillable and _is_nil(element):
            return None
        if member.kind in PLAIN:
            return _plain(element, member.kind)
        if member.kind in self.contract.enumerations:
            return self._enumerated(element, member.kind)
        if member.kind == "anyType":
            return self._anything(element, owner)
        shape = self._shape_of(element, member.kind)
        if shape.item is not None:
            return self._list(element, shape.item, LINES.get(owner, "") if member.name == "Lines" else "")
        return self._walk(element, shape.members, owner=shape.name)

    def _list(self, element: etree._Element, item: Member, owner: str) -> list[Any]:
        rows = (child for child in _elements(element) if child.tag == f"{{{NAMESPACE}}}{item.name}")
        return [self._read(child, item, owner) for child in rows]

    def _enumerated(self, element: etree._Element, kind: str) -> str:
        text = _text(element)
        if text.strip() not in self.contract.enumerations[kind]:
            raise NotBound(f"Instance validation error: '{text}' is not a valid value for {kind}.", element)
        return text.strip()

    def _anything(self, element: etree._Element, expected: str) -> Any:
        named = _named_type(element)
        if named is None:
            self.wrong_lines.append("System.Xml.XmlNode[]")
            return None
        if named[0] == XSD and named[1] in PLAIN:
            self.wrong_lines.append(f"the plain {named[1]}")
            return _plain(element, named[1])
        shape = self._known(element, named)
        if expected and shape.name != expected:
            self.wrong_lines.append(shape.name)
        return self._walk(element, shape.members, owner=shape.name)

    def _shape_of(self, element: etree._Element, kind: str) -> Shape:
        named = _named_type(element)
        if named not in {None, (NAMESPACE, kind)}:  # nothing that is sent has a type with others built upon it
            raise _not_recognized(element, named)
        return self.contract.shapes[kind]

    def _known(self, element: etree._Element, named: tuple[str, str]) -> Shape:
        shape = self.contract.shapes.get(named[1]) if named[0] == NAMESPACE else None
        if shape is None:
            raise _not_recognized(element, named)
        if shape.abstract:
            raise NotBound(f"The specified type is abstract: name='{shape.name}', namespace='{NAMESPACE}'.", element)
        return shape


def _elements(parent: etree._Element) -> Iterator[etree._Element]:
    return parent.iterchildren("*")  # neither comments nor processing instructions


def _missing(member: Member) -> Any:
    return None if member.nillable else MISSING.get(member.kind)


def _plain(element: etree._Element, kind: str) -> Any:
    try:
        return READERS[kind](_text(element))
    except Unreadable as problem:
        raise NotBound(str(problem), element) from None


def _text(element: etree._Element) -> str:
    if next(_elements(element), None) is not None:
        raise NotBound(
            "Unexpected node type Element. ReadElementString method can only be called on elements "
            "with simple or empty content.",
            element,
        )
    return (element.text or "") + "".join(comment.tail or "" for comment in element)


def _is_nil(element: etree._Element) -> bool:
    try:
        return read_boolean(element.get(f"{{{XSI}}}nil", "false"))
    except Unreadable as problem:
        raise NotBound(str(problem), element) from None


def _named_type(element: etree._Element) -> tuple[str, str] | None:
    """Read the namespace and name that xsi:type gives, its prefix resolved where it stands."""
    text = element.get(f"{{{XSI}}}type")
    if text is None:
        return None
    prefix, _, name = text.strip().rpartition(":")
    return (element.nsmap.get(prefix or None) or "", name)


def _not_recognized(element: etree._Element, named: tuple[str, str] | None) -> NotBound:
    where, (namespace, name) = etree.QName(element), named or ("", "")
    return NotBound(
        f"The specified type was not recognized: name='{name}', namespace='{namespace}', "
        f"at <{where.localname} xmlns='{where.namespace or ''}'>.",
        element,
    )
