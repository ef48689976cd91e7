"""KashFlow's own records as plain values: every member of the contract's type, in its order, with its type.

Changing a record means writing the whole of it, and proving that nothing else changed means comparing the whole of it; both are
done here, once for every kind of record. What a change may lose (KashFlow blanks what is left out) is thereby never left out.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

from kf_mcp.errors import Unavailable
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.contract import contract
from kf_mcp.model import money
from kf_mcp.model.text import quoted

Record = dict[str, Any]
"""The members of one record by KashFlow's names: text, whole numbers, exact decimals, truths, moments, lists of records."""

LINES: Final = {
    "Invoice": "InvoiceLine",
    "Receipt2": "ReceiptLine2",
    "JournalEntry": "JournalLine",
}
"""What the lines of a document are, where the contract says only that they may be anything."""
IGNORED: Final = frozenset(
    {"ReadableString", "PermaLink", "LineID", "LineId", "ValuesInCurrency", "Updated", "CustomerName", "SupplierName"}
)
"""Members that change without anybody's doing, or that are texts made from other members."""
STATED: Final = frozenset({"Paid", "AmountPaid"})
"""Members that say how far a document is paid: they change with payments, which are records of their own."""

WORDS: Final = {
    "ChargeType": "nominal id",
    "Rate": "unit price",
    "VatRate": "VAT rate",
    "VatAmount": "VAT",
    "VATAmount": "VAT total",
    "NetAmount": "net total",
    "CustomerReference": "reference",
    "SupplierReference": "reference",
    "EC": "mark for VAT-registered in the EU",
    "OutsideEC": "mark for outside the EU",
    "VATNumber": "VAT number",
    "accid": "bank account id",
    "TransactionType": "nominal id",
    "Vatable": "mark for the VAT return",
    "ParentID": "nominal id",
    "Managed": "mark for counted stock",
    "QtyInStock": "number in stock",
    "StockWarnQty": "stock at which KashFlow warns",
    "moneyin": "money in",
    "moneyout": "money out",
    "ProjID": "project id",
    "ProjectID": "project id",
    "ProjectId": "project id",
    "CustomerID": "customer id",
    "SupplierId": "supplier id",
    "ProjId": "project id",
    "Date1": "start date",
    "Date2": "end date",
    "PayMethod": "payment method id",
    "PayAccount": "bank account id",
    "PayAmount": "amount",
    "PayDate": "date",
    "PayNote": "note",
    "PayInvoice": "document number",
    "CurrencyID": "currency id",
    "CISRCNetAmount": "CIS reverse charge net amount",
    "CISRCVatAmount": "CIS reverse charge VAT",
    "IsCISReverseCharge": "mark for CIS reverse charge",
}
"""What a bookkeeper calls a member; the others are their own names, spelt apart."""


@cache
def _types() -> Mapping[str, list[list[Any]]]:
    types: dict[str, list[list[Any]]] = contract()["types"]
    return types


def record(type_name: str, value: Any) -> Record:
    """A whole record of this type, from KashFlow's answer or from values kept as JSON; absent members are there, empty."""
    return {name: _value(type_name, kind, wire.member(value, name)) for name, kind, *_ in _types()[type_name]}


def part(type_name: str, values: Mapping[str, Any]) -> Record:
    """Some members of a record of this type, with their types; raises KeyError for a name that the type does not have."""
    kinds = {name: kind for name, kind, *_ in _types()[type_name]}
    return {name: _value(type_name, kinds[name], value) for name, value in values.items()}


def _value(type_name: str, kind: str, value: Any) -> Any:
    bare = kind.rpartition(":")[2]
    if bare.startswith("ArrayOf"):
        item = LINES.get(type_name, "") if bare == "ArrayOfAnyType" else bare.removeprefix("ArrayOf")
        return [record(item, _line(row)) for row in _items(value)]
    if bare in _types():
        return None if value is None else record(bare, value)
    if value is None or (bare != "string" and isinstance(value, str) and not value.strip()):
        return None
    match bare:
        case "int" | "integer":
            return wire.integer({bare: value}, bare)
        case "decimal":
            number = value if isinstance(value, Decimal) else str(value)
            return wire.decimal({bare: number}, bare)
        case "boolean":
            return value in {True, "true", "True", "1"}
        case "dateTime":
            return _moment(value)
    return str(value)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = wire.midnight(value)
    return wire.moment({"at": value}, "at")


def _items(value: Any) -> list[Any]:
    """The rows of a list, whatever name its items go by."""
    if value is None or isinstance(value, list | tuple):
        return list(value or [])
    members = getattr(value, "__values__", None) or (value if isinstance(value, dict) else {})
    return [row for rows in members.values() for row in (rows if isinstance(rows, list) else [rows]) if row is not None]


def _line(row: Any) -> Any:
    """A row of a list that may hold anything; one that came without its type is still XML."""
    if hasattr(row, "__values__") or isinstance(row, Mapping):
        return row
    try:
        found = {child.tag.rpartition("}")[2]: child.text for child in row}
    except (AttributeError, TypeError):
        found = {}
    if not found:
        raise Unavailable("KashFlow sent a document whose lines cannot be read.", "Report it; nothing was written.")
    return found


def wired(soap: Connection, type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A record as it is sent: every member, in order, none left to be read as 0 or as the year 1 without our saying so.

    Amounts of lines are said to be in the document's own currency (ValuesInCurrency 1, documented for writing only).
    """
    sent: dict[str, Any] = {}
    for name, kind, least, _most, nillable in _types()[type_name]:
        bare = kind.rpartition(":")[2]
        value = values.get(name)
        if name in {"ReadableString", "PermaLink"}:
            value = None
        elif name == "ValuesInCurrency":
            value = 1
        elif bare.startswith("ArrayOf") and value is not None:
            item = LINES.get(type_name, "") if bare == "ArrayOfAnyType" else bare.removeprefix("ArrayOf")
            rows = [wired(soap, item, row) for row in value]
            value = {"anyType": [soap.typed(item, row) for row in rows]} if bare == "ArrayOfAnyType" else {item: rows}
        elif bare in _types() and value is not None:
            value = wired(soap, bare, value)
        elif value is None and least and not nillable:
            value = {"dateTime": wire.NO_DATE, "boolean": False}.get(bare, 0)
        sent[name] = value
    return sent


def as_json(value: Any) -> Any:
    """Members as JSON, exactly; `record` and `part` make them of it again."""
    match value:
        case Mapping():
            return {name: as_json(member) for name, member in value.items()}
        case list() | tuple():
            return [as_json(row) for row in value]
        case Decimal() | datetime():
            return str(value) if isinstance(value, Decimal) else value.isoformat()
        case _:
            return value


def lean(values: Any, left_out: Iterable[str] = ()) -> Any:
    """A record as it is compared: spaces in texts do not count, nothing is nothing however it is said, order of lines counts."""
    without = IGNORED | set(left_out)
    match values:
        case Mapping():
            kept = {name: lean(value, left_out) for name, value in values.items() if name not in without}
            return {name: value for name, value in kept.items() if value != ""}
        case list() | tuple():
            return [lean(value, left_out) for value in values] or ""
        case None | False | 0:
            return ""
        case Decimal():
            return money.plain(values) if values else ""
        case str():
            return "".join(values.split())
        case True:
            return "1"
        case _:
            return str(values)


def differences(expected: Mapping[str, Any], found: Mapping[str, Any], left_out: Iterable[str] = ()) -> list[str]:
    """Each member in which a record differs from what was expected, in words; members that are not expected at all do not count."""
    said: list[str] = []
    without = IGNORED | set(left_out)
    for name, wanted in expected.items():
        if name in without:
            continue
        there = found.get(name)
        if isinstance(wanted, list):
            said += _differing_lines(wanted, there or [], left_out)
        elif lean(there, left_out) != lean(wanted, left_out):
            said.append(f"the {called(name)} is {shown(there)}, not {shown(wanted)}")
    return said


def _differing_lines(expected: list[Any], found: list[Any], left_out: Iterable[str]) -> list[str]:
    said = []
    if len(expected) != len(found):
        said.append(f"the number of lines is {len(found)}, not {len(expected)}")
    for n, (wanted, there) in enumerate(zip(expected, found, strict=False), 1):
        said += [text.replace("the ", f"line {n}'s ", 1) for text in differences(wanted, there, left_out)]
    return said


DAYS: Final = ("InvoiceDate", "ReceiptDate", "JournalDate", "TransactionDate", "PayDate")
"""The members that say for which day a document counts."""


def days(*found: Mapping[str, Any]) -> tuple[date, ...]:
    """The days for which these documents count."""
    return tuple(sorted({day for values in found for name in DAYS if (day := wire.day(values, name))}))


SUMMED_UP: Final = (
    *("Name", "Code", "Email", "InvoiceDate", "ReceiptDate", "JournalDate", "TransactionDate", "PayDate", "DueDate"),
    *("CustomerReference", "SupplierReference", "Comment", "PayInvoice", "PayAmount", "PayNote", "moneyin", "moneyout"),
    *("NetAmount", "VATAmount"),
)
"""The members by which a person recognises a record."""


def summary(values: Mapping[str, Any]) -> list[str]:
    """What a record says, one line for each member that a person knows it by, and its lines."""
    said = []
    for name in SUMMED_UP:
        if values.get(name):
            word = called(name)
            said.append(f"{word[:1].upper()}{word[1:]}: {shown(values[name])}")
    for n, line in enumerate(values.get("Lines") or [], 1):
        what = line.get("Description") or line.get("Comment") or ""
        amount = (
            f"{shown(line['Quantity'])} x {shown(line['Rate'])}, VAT {shown(line['VatAmount'])}"
            if "Rate" in line
            else shown(line["Amount"])
        )
        said.append(f"Line {n}: {quoted(what, 100)} {amount}")
    return said


def called(name: str) -> str:
    """What a bookkeeper calls a member: CustomerReference is the reference."""
    if name in WORDS:
        return WORDS[name]
    apart = "".join(
        f" {c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c for i, c in enumerate(name)
    )
    return apart[:1].lower() + apart[1:]


def shown(value: Any) -> str:
    """A member's value as a person reads it."""
    match value:
        case None | "":
            return "blank"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return money.plain(value)
        case datetime():
            return value.date().isoformat()
        case str():
            return quoted(value, 200)
        case Mapping():
            return quoted(", ".join(str(part) for part in value.values() if part), 200)
    return str(value)


def sums_of(lines: Iterable[Mapping[str, Any]]) -> tuple[Decimal, Decimal]:
    """What a document's lines come to, net and VAT, to the penny; a figure that a line lacks is 0."""
    rows = list(lines)
    net = sum((money.to_pennies(wire.decimal(row, "Quantity") * wire.decimal(row, "Rate")) for row in rows), Decimal(0))
    return net, sum((wire.decimal(row, "VatAmount") for row in rows), Decimal(0))
