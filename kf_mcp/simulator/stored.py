"""Records as plain JSON and back, by the types of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from kf_mcp.simulator import catalogue, records

Record = TypeVar("Record")

SHELVES: dict[str, type] = {
    "nominals": records.Nominal,
    "bank_accounts": records.BankAccount,
    "currencies": records.Currency,
    "customer_sources": records.Choice,
    "invoice_methods": records.Choice,
    "purchase_methods": records.Choice,
    "customers": records.Party,
    "suppliers": records.Party,
    "invoices": records.Document,
    "purchases": records.Document,
    "quotes": records.Document,
    "bank_rows": records.BankRow,
    "journals": records.Journal,
    "sub_products": catalogue.SubProduct,
    "projects": catalogue.Project,
    "vat_returns": records.StoredReturn,
    "emails": records.Email,
}
"""Every shelf of the books with what stands on it; bank accounts come before the payments that name them."""


def encode(value: Any) -> Any:
    """Write a value as plain JSON: money as decimal strings, dates as yyyy-mm-dd.

    Within KashFlow's own records, whose members have no declared type here, money and moments are marked as such.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _marked(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def decode(record_type: type[Record], row: Mapping[str, Any]) -> Record:
    """Read a record back from plain JSON."""
    return cast("Record", _read(record_type, row))


def _marked(member: Any) -> Any:
    """Write a member of an untyped record, with its type where JSON has none for it."""
    if isinstance(member, Decimal):
        return {"decimal": str(member)}
    return {"moment": member.isoformat()} if isinstance(member, datetime) else member


def _unmarked(member: Any) -> Any:
    """Read a member of an untyped record back."""
    if not isinstance(member, Mapping):
        return member
    return Decimal(member["decimal"]) if "decimal" in member else datetime.fromisoformat(member["moment"])


@cache
def _hints(record_type: type) -> dict[str, Any]:
    """Give the types of a record's fields."""
    return get_type_hints(record_type)


def _read(wanted: Any, value: Any) -> Any:
    """Read one value back as the type that its field declares."""
    if value is None or wanted in (int, str, bool):
        return value
    if is_dataclass(wanted) and isinstance(wanted, type):
        hints = _hints(wanted)
        return wanted(**{name: _read(hints[name], member) for name, member in value.items()})
    if get_origin(wanted) is UnionType:
        return _read(get_args(wanted)[0], value)
    if get_origin(wanted) is tuple:
        return _read_tuple(get_args(wanted), value)
    if get_origin(wanted) is Mapping:
        return {name: _unmarked(member) for name, member in value.items()}
    readers: dict[Any, Any] = {Decimal: Decimal, date: date.fromisoformat}
    return readers[wanted](value) if wanted in readers else value


def _read_tuple(arguments: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    """Read a tuple back, of one type throughout or of one for each place."""
    if arguments[1:] == (Ellipsis,):
        return tuple(_read(arguments[0], item) for item in value)
    return tuple(_read(wanted, item) for wanted, item in zip(arguments, value, strict=True))
