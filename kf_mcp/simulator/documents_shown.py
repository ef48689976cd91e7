"""How documents are written in an answer: KashFlow's Invoice and its variants, amounts in four places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator.amounts import ONE, four_places
from kf_mcp.simulator.operations import Rows, Typed
from kf_mcp.simulator.records import ZERO, Document, Line
from kf_mcp.simulator.wire import moment

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

DELIVERY_MEMBERS = ("Name", "Line1", "Line2", "Line3", "Line4", "PostCode", "CountryName", "CountryCode")

RECEIPT_NAMES = {
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


def shown(books: Books, document: Document) -> dict[str, Any]:
    """Write a document as an Invoice, whose lines name their own type."""
    lines = [Typed("InvoiceLine", line) for line in _lines(document)]
    common = _common(books, document)
    if document.kind != "invoice":
        return {**common, "Lines": lines, **_delivered(document)}
    return {**common, "Lines": lines, "PermaLink": document.permanent_link, **_delivered(document)}


def _delivered(document: Document) -> dict[str, Any]:
    """Write where a document is delivered to; one that is no invoice holds no address while it has none of its own."""
    address = {name: document.delivery.get(name) or "" for name in DELIVERY_MEMBERS}
    has_address = document.kind == "invoice" or any(address.values())
    return {
        **({"DeliveryAddress": address} if has_address else {}),
        "UseCustomDeliveryAddress": document.own_delivery_address,
    }


def shown_typed(books: Books, document: Document) -> dict[str, Any]:
    """Write a document as an Invoice_TypeDefined, whose lines are InvoiceLine elements."""
    # Here the members of the construction industry's reverse charge cannot be nothing.
    charge = {
        "CISRCNetAmount": four_places(document.reverse_charge_net or ZERO),
        "CISRCVatAmount": four_places(document.reverse_charge_vat or ZERO),
        "IsCISReverseCharge": bool(document.reverse_charge),
    }
    return {**_common(books, document), "Lines": _lines(document), **charge}


def shown_receipt(books: Books, document: Document) -> dict[str, Any]:
    """Write a purchase as a Receipt2."""
    rows = zip(_lines(document), document.lines, strict=True)
    lines = [
        Typed("ReceiptLine2", {**_renamed(row), "ImportDuty": four_places(line.import_duty)}) for row, line in rows
    ]
    return {**_renamed(_common(books, document)), "Lines": lines, **_delivered(document)}


def listed(books: Books, documents: Iterable[Document]) -> Rows:
    """Write documents as Invoices."""
    return Rows(documents, lambda document: shown(books, document))


def listed_typed(books: Books, documents: Iterable[Document]) -> Rows:
    """Write documents as Invoice_TypeDefined."""
    return Rows(documents, lambda document: shown_typed(books, document))


def _common(books: Books, document: Document) -> dict[str, Any]:
    """Write what every variant holds."""
    parties = books.suppliers if document.kind == "purchase" else books.customers
    party = parties.get(document.party)
    amounts = books.amounts
    at_home = document.rate != ONE and books.switches.foreign_totals == "home"
    net = amounts.home_net(document) if at_home else document.net
    vat = amounts.home_vat(document) if at_home else document.vat
    paid = amounts.home_paid(document) if at_home else amounts.paid(document)
    quote = document.kind == "quote"
    return {
        "InvoiceDBID": document.id,
        "InvoiceNumber": document.number,
        "InvoiceDate": moment(document.date),
        "DueDate": moment(None if quote else document.due),
        "Customer": party.code if party else "",
        "CustomerID": document.party,
        "Paid": int(amounts.is_paid(document)),
        "CustomerReference": document.reference,
        "EstimateCategory": document.category,
        "SuppressTotal": document.suppress_total,
        "ProjectID": document.project,
        "CurrencyCode": "" if quote else document.currency,
        "ExchangeRate": four_places(document.rate * 0 if quote else document.rate),
        "ReadableString": _readable(document),
        "NetAmount": four_places(net),
        "VATAmount": four_places(vat),
        "AmountPaid": four_places(paid),
        # A quote holds no name (Zynk's recorded objects).
        "CustomerName": party.name if party and not quote else None,
        "CISRCNetAmount": _places_or_nothing(document.reverse_charge_net),
        "CISRCVatAmount": _places_or_nothing(document.reverse_charge_vat),
        "IsCISReverseCharge": document.reverse_charge,
    }


def _places_or_nothing(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else four_places(amount)


def _lines(document: Document) -> list[dict[str, Any]]:
    """Write a document's lines, numbered from 1."""
    return [_line(line, place) for place, line in enumerate(document.lines, start=1)]


def _line(line: Line, place: int) -> dict[str, Any]:
    return {
        "Quantity": four_places(line.quantity),
        "Description": line.description,
        "Rate": four_places(line.rate),
        "ChargeType": line.nominal,
        "VatRate": four_places(line.vat_rate),
        "VatAmount": four_places(line.vat),
        "ProductID": line.product,
        "Sort": place,
        "ProjID": line.project,
        "LineID": line.id,
    }


def _renamed(members: Mapping[str, Any]) -> dict[str, Any]:
    return {RECEIPT_NAMES.get(name, name): value for name, value in members.items()}


def _readable(document: Document) -> str:
    """Write the text that KashFlow adds for people; nobody should read figures from it."""
    due = f"{document.due:%d/%m/%Y}" if document.due else "01/01/0001"
    return f"Number: {document.number}, Date: {document.date:%d/%m/%Y}, Due: {due}, Lines: {len(document.lines)}"
