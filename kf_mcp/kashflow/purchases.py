"""Purchases over SOAP, as they are read; `purchase_steps` writes them.

KashFlow calls them receipts, and their records are those of invoices with a supplier in the customer's place. The newer operations
(named …2) name their members properly and know import duty; where the service does not have them the older ones are used.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal

import anyio

from kf_mcp.errors import Failure, NotFound, NotOffered
from kf_mcp.kashflow import progress, records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoices import member_lines, to_line
from kf_mcp.kashflow.records import Record
from kf_mcp.model import money
from kf_mcp.model.purchases import Listing, Purchase, PurchaseLine, PurchasePayment
from kf_mcp.model.reference import PaymentMethod

Filter = Literal["All", "Unpaid", "Overdue", "Overpaid", "Paid"]
"""KashFlow's words for which purchases to list; it has no list by date."""

PER_PAGE: Final = 100
"""The most that KashFlow gives at once (its change log)."""
PAGES_AT_ONCE: Final = 3
"""One fewer than calls may be under way, so that others are answered meanwhile."""
KEPT_FOR: Final = 60.0
"""Seconds for which a list is kept: the rest of its rows is usually asked for at once."""

NEWER_NAMES: Final = {
    "InvoiceDBID": "ReceiptDBId",
    "InvoiceNumber": "ReceiptNumber",
    "InvoiceDate": "ReceiptDate",
    "Customer": "Supplier",
    "CustomerID": "SupplierId",
    "CustomerReference": "SupplierReference",
    "ProjectID": "ProjectId",
    "CustomerName": "SupplierName",
    "ProductID": "ProductId",
    "ProjID": "ProjId",
    "LineID": "LineId",
}
"""What Receipt2 and ReceiptLine2 call the members of Invoice and InvoiceLine (KashFlow's service description)."""
OLDER_NAMES: Final = {newer: older for older, newer in NEWER_NAMES.items()}


def to_purchase(row: Any, *, with_lines: bool = False) -> Purchase:
    """A purchase from KashFlow's own record."""
    return Purchase(
        id=wire.integer(row, "InvoiceDBID"),
        number=wire.integer(row, "InvoiceNumber"),
        supplier_id=wire.integer(row, "CustomerID"),
        supplier_code=wire.text(row, "Customer"),
        supplier_name=wire.text(row, "CustomerName"),
        issue_date=wire.day(row, "InvoiceDate") or date.min,
        due_date=wire.day(row, "DueDate"),
        reference=wire.text(row, "CustomerReference"),
        currency=wire.text(row, "CurrencyCode").upper() or money.HOME,
        exchange_rate=wire.decimal(row, "ExchangeRate"),
        net=money.to_pennies(wire.decimal(row, "NetAmount")),
        vat=money.to_pennies(wire.decimal(row, "VATAmount")),
        paid=money.to_pennies(wire.decimal(row, "AmountPaid")),
        marked_paid=bool(wire.integer(row, "Paid")),
        is_reverse_charge=wire.truth(row, "IsCISReverseCharge"),
        lines=tuple(_to_line(line) for line in member_lines(row)) if with_lines else (),
    )


def _to_line(row: Any) -> PurchaseLine:
    return PurchaseLine(**dict(to_line(row)), import_duty=money.to_pennies(wire.decimal(row, "ImportDuty")))


def newer_form(row: Any) -> Record:
    """A purchase in the newer form; the older says nothing of import duty."""
    older = records.record("Invoice", row)
    lines = [_renamed(line, NEWER_NAMES) for line in older["Lines"]]
    return records.record("Receipt2", {**_renamed(older, NEWER_NAMES), "Lines": lines})


def older_form(newer: Record) -> Record:
    """A purchase in the older form, without its import duty."""
    lines = [_renamed(line, OLDER_NAMES) for line in newer["Lines"]]
    return records.record("Invoice", {**_renamed(newer, OLDER_NAMES), "Lines": lines})


def purchase_of(newer: Record) -> Purchase:
    """The purchase of a whole record."""
    lines = [_renamed(line, OLDER_NAMES) for line in newer["Lines"]]
    return to_purchase({**_renamed(newer, OLDER_NAMES), "Lines": lines}, with_lines=True)


def _renamed(values: Record, names: Mapping[str, str]) -> Record:
    return {names.get(name, name): value for name, value in values.items()}


async def read_purchase(soap: Connection, number: int) -> Record | None:
    """A purchase's whole record by its visible number, in the newer form; None where there is none.

    KashFlow has no reading of purchases by internal id: whoever means a certain one compares the id.
    """
    try:
        answer = await wire.read_or_none(soap, "GetReceipt2", ReceiptNumber=number)
        found = records.record("Receipt2", answer.result) if answer and answer.result is not None else None
    except NotOffered:
        answer = await wire.read_or_none(soap, "GetReceipt", ReceiptNumber=number)
        found = newer_form(answer.result) if answer and answer.result is not None else None
    return found if wire.integer(found, "ReceiptDBId") else None


def to_payment(row: Any) -> PurchasePayment:
    """A payment of a purchase from KashFlow's own record."""
    return PurchasePayment(
        id=wire.integer(row, "PayID"),
        date=wire.day(row, "PayDate") or date.min,
        amount=money.to_pennies(wire.decimal(row, "PayAmount")),
        note=wire.text(row, "PayNote"),
        method_id=wire.integer(row, "PayMethod"),
        account_id=wire.integer(row, "PayAccount"),
    )


class Purchases:
    """The purchases and suppliers' credit notes. One is always read anew; whole lists are kept for a minute."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap
        self._kept: dict[Filter, tuple[float, Listing]] = {}
        self._lock = anyio.Lock()

    async def get(self, number: int) -> Purchase:
        """One purchase with its lines, by its visible number. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetReceipt", ReceiptNumber=number)
        purchase = to_purchase(answer.result, with_lines=True) if answer and answer.result is not None else None
        if purchase is None or not purchase.id:
            raise NotFound("purchase with the number", number, "Find the purchase with `find_purchases`.")
        return purchase

    async def whole(self, number: int) -> tuple[Purchase, Record]:
        """One purchase by its visible number, and the whole record that a change of it starts from. Raises NotFound."""
        found = await read_purchase(self._soap, number)
        if found is None:
            raise NotFound("purchase with the number", number, "Find the purchase with `find_purchases`.")
        return purchase_of(found), found

    async def of_supplier(self, supplier_id: int, *, with_lines: bool = False) -> list[Purchase]:
        """Every purchase from one supplier, read now."""
        answer = await self._soap.read("GetReceiptsForSupplier", SupplierID=supplier_id)
        return [to_purchase(row, with_lines=with_lines) for row in wire.rows(answer.result, "Invoice")]

    async def listed(self, *which: Filter) -> Listing:
        """Every purchase that any of KashFlow's filters lists, each once, at most a minute old."""
        async with self._lock:
            lists = [await self._list(word) for word in which]
        found = {purchase.id: purchase for listing in lists for purchase in listing.purchases}
        missed = sum(listing.counted - len(listing.purchases) for listing in lists)
        return Listing(purchases=tuple(found.values()), counted=len(found) + missed)

    async def _list(self, which: Filter) -> Listing:
        at, listing = self._kept.get(which, (float("-inf"), Listing()))
        if time.monotonic() - at <= KEPT_FOR:
            return listing
        now = time.monotonic()
        listing = await self._read(which)
        if listing.counted != len(listing.purchases):  # somebody wrote meanwhile, and the pages moved
            listing = await self._read(which)
        self._kept[which] = (now, listing)
        return listing

    async def _read(self, which: Filter) -> Listing:
        """Every page, some at once. The first says how many there are."""
        first = await self._soap.read("GetReceiptsWithPaging", Page=1, PerPage=PER_PAGE, FilterBy=which)
        found = [to_purchase(row) for row in wire.rows(first.result, "Invoice")]
        rest = iter(range(2, wire.integer(first.extra, "TotalPages") + 1))
        failures: list[Failure] = []
        async with anyio.create_task_group() as group:
            for _ in range(PAGES_AT_ONCE):
                group.start_soon(self._read_on, which, rest, found, failures)
        if failures:
            raise failures[0]
        distinct = {purchase.id: purchase for purchase in found}
        return Listing(purchases=tuple(distinct.values()), counted=wire.integer(first.extra, "TotalRecords"))

    async def _read_on(
        self, which: Filter, pages: Iterator[int], found: list[Purchase], failures: list[Failure]
    ) -> None:
        """Read the next page that nobody reads yet, until none is left or one failed."""
        for page in pages:
            try:
                found += await self._soap.stream(
                    "GetReceiptsWithPaging", "Invoice", to_purchase, Page=page, PerPage=PER_PAGE, FilterBy=which
                )
            except Failure as failure:
                failures.append(failure)
            if failures:
                return
            await progress.report(len(found), "purchases read")

    def forget(self) -> None:
        """Make the next list be read anew (after a write of our own)."""
        self._kept.clear()

    async def payments(self, number: int) -> list[PurchasePayment]:
        """Every payment of one purchase, oldest first."""
        answer = await self._soap.read("GetReceiptPayment", ReceiptNumber=number)
        found = [to_payment(row) for row in wire.rows(answer.result, "Payment")]
        return sorted((payment for payment in found if payment.id), key=lambda payment: (payment.date, payment.id))

    async def payment_methods(self) -> list[PaymentMethod]:
        """The ways in which suppliers are paid; customers' payments have a list of their own."""
        answer = await self._soap.read("GetRecPayMethods")
        return [
            PaymentMethod(id=wire.integer(row, "MethodID"), name=wire.label(row, "MethodName"))
            for row in wire.rows(answer.result, "PaymentMethod")
        ]
