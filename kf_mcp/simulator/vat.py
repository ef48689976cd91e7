"""The VAT report: nine boxes from the documents and the bank, by their dates (accrual, not cash accounting).

Lines whose rate is not applicable are left out. Purchases from the European Union carry their rate and a VAT of 0.00;
the VAT on them is worked out here and put in boxes 2 and 4 (KashFlow's help, Recording EC purchases).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import NOT_APPLICABLE, ZERO, BankRow, Document, StoredReturn

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
BOXES = 9
FIRST_IN_POUNDS = 6


@dataclass(slots=True)
class Boxes:
    """The figures that are counted; the rest follow from them. All in pounds and pennies."""

    sales_vat: Decimal = ZERO
    acquisition_vat: Decimal = ZERO
    reclaimed_vat: Decimal = ZERO
    sales: Decimal = ZERO
    purchases: Decimal = ZERO
    goods_sold_to_eu: Decimal = ZERO
    goods_bought_in_eu: Decimal = ZERO

    def as_tuple(self) -> tuple[Decimal, ...]:
        """Give the nine boxes, the first first; box 5 is below zero when a refund is due."""
        due = self.sales_vat + self.acquisition_vat
        return (
            self.sales_vat,
            self.acquisition_vat,
            due,
            self.reclaimed_vat,
            due - self.reclaimed_vat,
            self.sales,
            self.purchases,
            self.goods_sold_to_eu,
            self.goods_bought_in_eu,
        )


def calculate(books: Books, start: date, end: date) -> tuple[Decimal, ...]:
    """Work the nine boxes out for a period, both days included."""
    boxes = Boxes()
    for document in _documents(books, start, end):
        if document.kind == "invoice":
            _count_sale(books, boxes, document)
        else:
            _count_purchase(books, boxes, document)
    for row in books.bank_rows:
        if _belongs(books, ("bank", row.id), row.date, start, end):
            _count_bank_row(boxes, row)
    return boxes.as_tuple()


def items(books: Books, start: date, end: date) -> tuple[tuple[str, int], ...]:
    """Name everything dated in a period; a return that is filed remembers what it held."""
    rows = [("bank", row.id) for row in books.bank_rows if start <= row.date <= end]
    return (*((row.kind, row.id) for row in _dated(books, start, end)), *rows)


def _dated(books: Books, start: date, end: date) -> Iterator[Document]:
    for shelf in (books.invoices, books.purchases):
        yield from (document for document in shelf if start <= document.date <= end)


def _documents(books: Books, start: date, end: date) -> Iterator[Document]:
    for shelf in (books.invoices, books.purchases):
        for document in shelf:
            if _belongs(books, (document.kind, document.id), document.date, start, end):
                yield document


def _belongs(books: Books, item: tuple[str, int], day: date, start: date, end: date) -> bool:
    """Tell whether an item is in the report: by its date, and older ones no return held if the switch says so."""
    if start <= day <= end:
        return True
    if books.switches.vat_late_items == "no" or day > end or not books.vat_returns:
        return False
    began = min(stored.start for stored in books.vat_returns)
    held = books.work_out(
        "items of VAT returns", lambda: frozenset(item for stored in books.vat_returns for item in stored.items)
    )
    return began <= day < start and item not in held


def _count_sale(books: Books, boxes: Boxes, document: Document) -> None:
    customer = books.customers.get(document.party)
    for line in document.lines:
        if line.vat_rate == NOT_APPLICABLE:
            continue
        net = books.amounts.home(line.net, document.rate)
        boxes.sales_vat += books.amounts.home(line.vat, document.rate)
        boxes.sales += net
        nominal = books.nominals.get(line.nominal)
        if customer and customer.is_european and nominal and nominal.goods:
            boxes.goods_sold_to_eu += net


def _count_purchase(books: Books, boxes: Boxes, document: Document) -> None:
    supplier = books.suppliers.get(document.party)
    for line in document.lines:
        if line.vat_rate == NOT_APPLICABLE:
            continue
        net = books.amounts.home(line.net, document.rate)
        boxes.reclaimed_vat += books.amounts.home(line.vat, document.rate)
        boxes.purchases += net
        if supplier and supplier.is_european and line.vat_rate > 0 and not line.vat:
            acquired = books.amounts.vat_on(net, line.vat_rate)
            boxes.acquisition_vat += acquired
            boxes.reclaimed_vat += acquired
            nominal = books.nominals.get(line.nominal)
            boxes.goods_bought_in_eu += net if nominal and nominal.goods else ZERO


def _count_bank_row(boxes: Boxes, row: BankRow) -> None:
    """Count money in or out that is marked for VAT; its amount includes the VAT."""
    if not row.vatable or row.vat_rate == NOT_APPLICABLE:
        return
    if row.money_in:
        boxes.sales_vat += row.vat
        boxes.sales += row.money_in - row.vat
    else:
        boxes.reclaimed_vat += row.vat
        boxes.purchases += row.money_out - row.vat


@operation("GetVATReport")
def get_vat_report(books: Books, request: Request) -> Answer:
    """Read the VAT report of a period; whether it was filed is told where the dates are those of a return."""
    start, end = wire.day(request, "StartDate"), wire.day(request, "EndDate")
    if start is None or end is None or end < start:
        raise Refusal("The dates of the VAT report are not valid.")
    if not books.company.vat_registered and books.switches.vat_not_registered == "refuse":
        raise Refusal("This account is not VAT registered.")
    stored = next((row for row in books.vat_returns if (row.start, row.end) == (start, end)), None)
    figures = (ZERO,) * BOXES
    if stored is not None and books.switches.vat_filed_figures == "stored":
        figures = stored.boxes
    elif books.company.vat_registered:
        figures = calculate(books, start, end)
    return Answer(
        {"StartDate": wire.moment(start), "EndDate": wire.moment(end), **_flags(stored), **_shown(books, figures)}
    )


def _flags(stored: StoredReturn | None) -> dict[str, Any]:
    """Tell whether and when the period was filed."""
    filed = wire.moment(stored.filed if stored else None)
    return {
        "SubmittedToAccounts": stored is not None,
        "SubmittedToHMRC": stored is not None,
        "SubmittedtoHMRCDate": filed if stored is None else datetime(filed.year, filed.month, filed.day, 10, 14, 27),  # noqa: DTZ001 - KashFlow's dates have no zone
        "HMRCReference": stored.reference if stored else "",
    }


def _shown(books: Books, figures: tuple[Decimal, ...]) -> dict[str, Decimal]:
    """Write the boxes; by the switches box 5 never is below zero, and boxes 6 to 9 are cut to whole pounds."""
    shown = {}
    for box, figure in enumerate(figures, start=1):
        amount = figure.quantize(Decimal("0.01"))
        if box == BOXES - 4 and books.switches.vat_box_5 == "absolute":
            amount = abs(amount)
        if box >= FIRST_IN_POUNDS and books.switches.vat_boxes_6_to_9 == "pounds":
            amount = amount.quantize(Decimal(1), ROUND_DOWN)
        shown[f"Box{box}"] = amount
    return shown
