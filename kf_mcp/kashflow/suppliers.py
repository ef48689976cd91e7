"""Suppliers over SOAP, as they are read, and a snapshot of all to search in; `supplier_steps` writes them.

The newer operations (named …2) say in a word where a supplier trades; where the service does not have them the older ones are used.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar

import anyio
import anyio.to_thread

from kf_mcp.errors import NotFound, NotOffered
from kf_mcp.kashflow import progress, records, wire
from kf_mcp.kashflow.connection import Connection, Tell
from kf_mcp.kashflow.records import Record
from kf_mcp.model import search
from kf_mcp.model.customers import Region
from kf_mcp.model.search import Match
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.vat_line import Place

T = TypeVar("T")
Form = Literal["Supplier2", "Supplier"]
"""The newer form of a supplier's record, and the older."""

WHOLE_EVERY: Final = 900.0
"""Seconds until the snapshot is loaded anew: KashFlow does not tell which suppliers changed since a day."""
OFF_THE_LOOP: Final = 500
"""From this many suppliers on, a search is done in a worker thread."""


def to_supplier(row: Any) -> Supplier:
    """A supplier from KashFlow's own record (Supplier or Supplier2)."""
    return Supplier(
        id=wire.integer(row, "SupplierID"),
        code=wire.label(row, "Code"),
        name=wire.text(row, "Name"),
        contact=wire.text(row, "Contact")
        or " ".join(part for part in (wire.text(row, "ContactFirstName"), wire.text(row, "ContactLastName")) if part),
        email=wire.text(row, "Email"),
        telephone=wire.text(row, "Telephone"),
        mobile=wire.text(row, "Mobile"),
        address=tuple(line for line in (wire.text(row, f"Address{n}") for n in range(1, 5)) if line),
        postcode=wire.text(row, "PostCode"),
        region=_region(row),
        place=_place(row),
        vat_number=wire.text(row, "VATNumber"),
        payment_terms=wire.integer(row, "PaymentTerms"),
        currency_id=wire.integer(row, "CurrencyID"),
        website=wire.text(row, "Website"),
        notes=wire.text(row, "Notes"),
        updated=wire.moment(row, "Updated"),
    )


def _region(row: Any) -> Region:
    """Where a supplier is for VAT.

    Supplier2 says it in TradeBorderType: Domestic, EC, NIEU or ROW. Supplier knows only EC, and a number of the same name whose
    meaning is not documented; that is why the newer operations are called here.
    """
    border = wire.text(row, "TradeBorderType").upper()
    if border in {"EC", "NIEU"} or wire.integer(row, "EC"):
        return "EU"
    return "world" if border == "ROW" else "UK"


def _place(row: Any) -> Place:
    """The region, and whether goods move between the EU and Northern Ireland, which the newer form calls NIEU."""
    return "NI" if wire.text(row, "TradeBorderType").upper() == "NIEU" else _region(row)


async def _tell(rows: int) -> None:
    await progress.report(rows, "suppliers read")


class Suppliers:
    """The suppliers, searched in a snapshot that is loaded whole every quarter of an hour."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap
        self._all: list[Supplier] = []
        self._loaded_at = float("-inf")
        self._lock = anyio.Lock()

    async def all(self) -> list[Supplier]:
        """Every supplier, at most a quarter of an hour old, by name."""
        async with self._lock:
            now = time.monotonic()
            if now - self._loaded_at > WHOLE_EVERY:
                found = await stream_suppliers(self._soap, to_supplier, _tell)
                self._all = sorted(found, key=lambda supplier: (supplier.name.casefold(), supplier.id))
                self._loaded_at = now
            return self._all

    async def find(self, words: str) -> list[Match[Supplier]]:
        """The suppliers that fit loose words, best first; as old as `all`."""
        everyone = await self.all()
        if len(everyone) < OFF_THE_LOOP:
            return search.find(words, everyone)
        return await anyio.to_thread.run_sync(search.find, words, everyone)

    def forget(self) -> None:
        """Make the next search load them all (after a write of our own)."""
        self._loaded_at = float("-inf")

    async def by_code(self, code: str) -> Supplier:
        """One supplier by code, read now. Raises NotFound."""
        try:
            answer = await wire.read_or_none(self._soap, "GetSupplier2", SupplierCode=code)
        except NotOffered:
            answer = await wire.read_or_none(self._soap, "GetSupplier", SupplierCode=code)
        return _known(to_supplier(answer.result) if answer else None, "code", code)

    async def by_id(self, supplier_id: int) -> Supplier:
        """One supplier by internal id, read now. Raises NotFound."""
        _, row = await read_supplier(self._soap, supplier_id)
        return _known(to_supplier(row), "id", supplier_id)

    async def record(self, supplier_id: int) -> tuple[Form, Record]:
        """One supplier's whole record, read now, and the form it came in. Raises NotFound."""
        form, row = await read_supplier(self._soap, supplier_id)
        _known(to_supplier(row), "id", supplier_id)
        return form, records.record(form, row)

    async def currency(self, code: str) -> str:
        """The currency code that KashFlow keeps for the supplier; empty where it keeps none."""
        answer = await self._soap.read("GetSupplierCurrency", SupplierCode=code)
        return str(answer.result or "").strip().upper()


async def stream_suppliers(soap: Connection, make: Callable[[Any], T], tell: Tell | None = None) -> list[T]:
    """Every supplier, in the newer form where the service has it; `make` is given each row as it arrives."""
    try:
        return await soap.stream("GetSuppliers2", "Supplier2", make, tell)
    except NotOffered:
        return await soap.stream("GetSuppliers", "Supplier", make, tell)


async def read_supplier(soap: Connection, supplier_id: int) -> tuple[Form, Any]:
    """A supplier by internal id as KashFlow sends it (None where there is none), and the form it came in."""
    try:
        answer = await wire.read_or_none(soap, "GetSupplierByID2", SupplierID=supplier_id)
    except NotOffered:
        older = await wire.read_or_none(soap, "GetSupplierByID", SupplierID=supplier_id)
        return "Supplier", older.result if older else None
    return "Supplier2", answer.result if answer else None


def newer_form(form: Form, row: Any) -> Record:
    """A supplier's whole record in the newer form; an older one says of its trade border only whether it is the EU's."""
    if form == "Supplier2":
        return records.record("Supplier2", row)
    older = records.record("Supplier", row)
    return records.record("Supplier2", {**older, "TradeBorderType": "EC" if older["EC"] else "Domestic"})


def older_form(newer: Record) -> Record:
    """A record of the newer form in the older one, whose own number for the trade border nobody explains: 0."""
    is_in_eu = newer["TradeBorderType"] in {"EC", "NIEU"}
    return records.record("Supplier", {**newer, "EC": int(is_in_eu), "TradeBorderType": 0})


def _known(supplier: Supplier | None, key: str, value: str | int) -> Supplier:
    if supplier is None or not supplier.id:
        raise NotFound(f"supplier with the {key}", value, "Find the supplier with `find_suppliers`.")
    return supplier
