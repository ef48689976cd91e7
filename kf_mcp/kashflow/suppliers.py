"""Suppliers over SOAP: reading them, and a snapshot of all to search in."""

import time
from typing import Any, Final

import anyio
import anyio.to_thread

from kf_mcp.errors import NotFound
from kf_mcp.kashflow import progress, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model import search
from kf_mcp.model.customers import Region
from kf_mcp.model.search import Match
from kf_mcp.model.suppliers import Supplier

WHOLE_EVERY: Final = 900.0
"""Seconds until the snapshot is loaded anew: KashFlow does not tell which suppliers changed since a day."""
OFF_THE_LOOP: Final = 500
"""From this many suppliers on, a search is done in a worker thread."""


def to_supplier(row: Any) -> Supplier:
    """A supplier from KashFlow's own record (Supplier or Supplier2)."""
    return Supplier(
        id=wire.integer(row, "SupplierID"),
        code=wire.text(row, "Code"),
        name=wire.text(row, "Name"),
        contact=wire.text(row, "Contact")
        or " ".join(part for part in (wire.text(row, "ContactFirstName"), wire.text(row, "ContactLastName")) if part),
        email=wire.text(row, "Email"),
        telephone=wire.text(row, "Telephone"),
        mobile=wire.text(row, "Mobile"),
        address=tuple(line for line in (wire.text(row, f"Address{n}") for n in range(1, 5)) if line),
        postcode=wire.text(row, "PostCode"),
        region=_region(row),
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
                found = await self._soap.stream("GetSuppliers2", "Supplier2", to_supplier, _tell)
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
        return await self._one("GetSupplier2", "supplier with the code", code, SupplierCode=code)

    async def by_id(self, supplier_id: int) -> Supplier:
        """One supplier by internal id, read now. Raises NotFound."""
        return await self._one("GetSupplierByID2", "supplier with the id", supplier_id, SupplierID=supplier_id)

    async def _one(self, operation: str, kind: str, key: str | int, **arguments: Any) -> Supplier:
        answer = await wire.read_or_none(self._soap, operation, **arguments)
        supplier = to_supplier(answer.result) if answer else None
        if supplier is None or not supplier.id:
            raise NotFound(kind, key, "Find the supplier with `find_suppliers`.")
        return supplier
