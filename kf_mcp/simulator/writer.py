"""Write an answer as .NET's XmlSerializer does: in the order of the description, numbers always there.

Text is put together by hand and not by a tree, row by row: a list of every customer may be a hundred megabytes, and
nothing of it is held longer than until it is sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from kf_mcp.simulator.operations import Answer, Typed
from kf_mcp.simulator.schema import PLAIN, VALUE_KINDS, Contract, Exchange, Member
from kf_mcp.simulator.values import MISSING, written

_UNSAFE: Final = re.compile(r"[&<>\x00-\x08\x0b\x0c\x0e-\x1f]")
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_STATUS: Final = frozenset({"Status", "StatusDetail"})
_ABSENT: Final = object()
_ORDINARY: Final = {"string": str, "int": int, "decimal": Decimal, "dateTime": datetime, "boolean": bool}


@dataclass(frozen=True, slots=True)
class Column:
    """One member of a type with the texts around its value, and the kind of value that needs no second look."""

    name: str
    ordinary: type | None
    opening: str
    closing: str
    empty: str
    member: Member


@dataclass(frozen=True, slots=True)
class Table:
    """A type's members in their order, and every name that a record of the type may hold."""

    columns: tuple[Column, ...]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes what stands inside the body of an answer.

    ``empty_detail`` and ``empty_list`` say whether a blank StatusDetail and a list without rows are empty
    elements or left out: clients have seen both (KashFlow's manual says only "blank").
    """

    contract: Contract
    empty_detail: bool = True
    empty_list: bool = True
    good: str = "OK"
    _tables: dict[str, Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def accepted(self, exchange: Exchange, answer: Answer) -> str:
        """Write the answer of a call that was carried out."""
        return "".join(self.parts(exchange, answer))

    def parts(self, exchange: Exchange, answer: Answer) -> Iterator[str]:
        """Write the same part by part: each row of a list is one, made when it is asked for."""
        values = {f"{exchange.name}Result": answer.result, **answer.extra}
        strange = values.keys() - {member.name for member in exchange.response}
        if exchange.result is None and answer.result is None:
            strange -= {f"{exchange.name}Result"}
        if strange:
            raise KeyError(f"{exchange.name} has no {', '.join(sorted(strange))}.")
        return self._response(exchange, values, self.good, answer.detail)

    def refused(self, exchange: Exchange, sentence: str) -> str:
        """Write KashFlow's NO: numbers are 0, yes-or-no is false, everything else is left out."""
        return "".join(self._response(exchange, {}, "NO", sentence))

    def _response(self, exchange: Exchange, values: Mapping[str, Any], status: str, detail: str) -> Iterator[str]:
        said = {"Status": status, "StatusDetail": detail if detail or self.empty_detail else None}
        yield f'<{exchange.name}Response xmlns="KashFlow">'
        for member in exchange.response:
            yield from self._member(member, (said if member.name in _STATUS else values).get(member.name, _ABSENT))
        yield f"</{exchange.name}Response>"

    def _member(self, member: Member, value: Any) -> Iterator[str]:
        if value is _ABSENT:
            value = None if member.nillable else MISSING.get(member.kind)
        if value is None:
            yield from self._nothing(member)
        elif isinstance(value, Typed):
            yield self._complex(member.name, value.type_name, value.members, f' xsi:type="{value.type_name}"')
        elif member.kind == "anyType":
            yield _anything(member.name, value)
        elif member.kind in PLAIN or member.kind in self.contract.enumerations:
            yield _element(member.name, escaped(written(member.kind, value)))
        else:
            yield from self._structured(member, value)

    def _nothing(self, member: Member) -> Iterator[str]:
        if member.nillable:
            yield f'<{member.name} xsi:nil="true" />'
        elif member.kind in VALUE_KINDS:
            raise TypeError(f"{member.name} cannot be nothing.")

    def _structured(self, member: Member, value: Any) -> Iterator[str]:
        item = self.contract.shapes[member.kind].item
        if item is None:
            yield self._complex(member.name, member.kind, value)
        elif value or self.empty_list:
            yield from self._list(member.name, item, value)

    def _list(self, name: str, item: Member, rows: Sequence[Any]) -> Iterator[str]:
        if not rows:
            yield f"<{name} />"
            return
        yield f"<{name}>"
        for row in rows:
            yield from self._member(item, row)
        yield f"</{name}>"

    def _complex(self, name: str, kind: str, values: Mapping[str, Any], named: str = "") -> str:
        table = self._table(kind)
        if not values.keys() <= table.known:
            strange = values.keys() - table.known
            raise KeyError(f"{kind} has no {', '.join(sorted(strange))}.")
        parts = [f"<{name}{named}>"]
        for column in table.columns:
            value = values.get(column.name, _ABSENT)
            if type(value) is not column.ordinary:
                parts.extend(self._member(column.member, value))
            elif column.ordinary is not str:
                parts.append(f"{column.opening}{written(column.member.kind, value)}{column.closing}")
            else:
                parts.append(f"{column.opening}{escaped(str(value))}{column.closing}" if value else column.empty)
        parts.append(f"</{name}>")
        return "".join(parts)

    def _table(self, kind: str) -> Table:
        """Look a type's members up once for all the rows of an answer."""
        if kind not in self._tables:
            columns = tuple(
                Column(
                    name=member.name,
                    ordinary=_ORDINARY.get(member.kind),
                    opening=f"<{member.name}>",
                    closing=f"</{member.name}>",
                    empty=f"<{member.name} />",
                    member=member,
                )
                for member in self.contract.shapes[kind].members
            )
            self._tables[kind] = Table(columns, self._known(kind))
        return self._tables[kind]

    def _known(self, kind: str) -> frozenset[str]:
        """Name the members of a type and of its twin: one record serves Customer and Customer2, each takes its own."""
        twin = kind[:-1] if kind.endswith("2") else f"{kind}2"
        return frozenset(
            member.name
            for name in (kind, twin)
            if name in self.contract.shapes
            for member in self.contract.shapes[name].members
        )


def escaped(text: str) -> str:
    """Escape what XML reserves, once; .NET writes even forbidden characters as numbers, which readers refuse."""
    if _UNSAFE.search(text) is None:
        return text
    return _UNSAFE.sub(lambda found: _NAMED.get(found[0]) or f"&#x{ord(found[0]):X};", text)


def _element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>" if text else f"<{name} />"


def _anything(name: str, value: Any) -> str:
    kinds = {bool: "boolean", int: "int", Decimal: "decimal", str: "string"}
    kind = kinds.get(type(value))
    if kind is None:
        raise TypeError(f"{name} may hold anything, so what it holds must say its type.")
    return f'<{name} xsi:type="xsd:{kind}">{escaped(written(kind, value))}</{name}>'
