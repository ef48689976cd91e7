"""The short lists that others are chosen from: nominals, VAT rates, methods of payment, currencies, products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import ZERO, Choice, Nominal
from kf_mcp.simulator.shelves import Shelf

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
SALES_AREA = 1

TYPES = {
    1: "Turnover",
    2: "Cost of Sale",
    3: "Expense",
    4: "Fixed Asset",
    5: "Current Asset/Liability",
    6: "Capital & Reserves",
}
"""What a nominal's type is called (KashFlow's manual, InsertNominalCode)."""

AREAS = {0: "", 1: "Sales Type", 2: "Outgoing Type", 3: "Bank Transaction Type"}
"""Where a nominal may be chosen; KashFlow calls this its classification."""


def _short(nominal: Nominal) -> dict[str, Any]:
    """Write a nominal; in these lists its sums are 0 (Zynk's recorded objects)."""
    return {
        "id": nominal.id,
        "Code": nominal.code,
        "Name": nominal.name,
        "debit": ZERO,
        "credit": ZERO,
        "balance": ZERO,
    }


@operation("GetNominalCodes")
def get_nominal_codes(books: Books, _: Request) -> Answer:
    """List the nominals."""
    return Answer([_short(nominal) for nominal in books.nominals])


@operation("GetNominalCodesExtended")
def get_nominal_codes_extended(books: Books, _: Request) -> Answer:
    """List the nominals with their kinds and default VAT rates."""
    return Answer(
        [
            {
                **_short(nominal),
                "TypeID": nominal.type,
                "TypeName": TYPES.get(nominal.type, ""),
                "ClassificationID": nominal.area,
                "ClassificationName": AREAS[nominal.area],
                "AutoFill": int(bool(nominal.price)),
                "Price": four_places(nominal.price),
                "VATRate": four_places(nominal.vat_rate),
                "Description": nominal.description,
                "Archived": nominal.archived,
            }
            for nominal in books.nominals
        ]
    )


@operation("InsertNominalCode")
def insert_nominal_code(books: Books, request: Request) -> Answer:
    """Add a nominal; the parameter "classification" is its type and "nomtype" where it may be chosen."""
    code, name = wire.whole(request, "code"), wire.text(request, "name").strip()
    kind, area = wire.whole(request, "classification"), wire.whole(request, "nomtype")
    if any(nominal.code == code for nominal in books.nominals):
        raise Refusal("The nominal code is not unique.")
    if not name or kind not in TYPES or area not in (1, 2, 3):
        raise Refusal("The nominal code is not complete.")
    nominal = Nominal(books.next_id("nominal"), code, name, kind, area)
    books.nominals.put(nominal)
    return Answer(nominal.id)


@operation("GetProducts")
def get_products(books: Books, _: Request) -> Answer:
    """List the nominals of the sales kind, which KashFlow also calls products."""
    return Answer(products(books))


def products(books: Books) -> list[dict[str, Any]]:
    """Write the nominals of the sales kind as products."""
    return [
        {
            "ProductID": nominal.id,
            "ProductName": nominal.name,
            "ProductCode": nominal.code,
            "ProductDescription": nominal.description,
            "ManageStockLevels": 0,
            "QtyInStock": 0,
            "ProductPrice": four_places(nominal.price),
        }
        for nominal in books.nominals
        if nominal.area == SALES_AREA
    ]


@operation("GetVATRates")
def get_vat_rates(books: Books, _: Request) -> Answer:
    """List the VAT rates: 20 is named "20%"."""
    return Answer(
        [
            {"ID": place, "Name": f"{rate:f}%", "Description": f"{rate:f}%", "Value": rate}
            for place, rate in enumerate(books.company.vat_rates, start=1)
        ]
    )


@operation("GetCurrencies")
def get_currencies(books: Books, _: Request) -> Answer:
    """List the currencies with their rates of the day."""
    return Answer(currencies(books))


def currencies(books: Books) -> list[dict[str, Any]]:
    """Write the currencies; isDefault is 1 on the home currency."""
    return [
        {
            "CurrencyId": row.id,
            "CurrencyCode": row.code,
            "ExchangeRate": four_places(row.rate),
            "isDefault": int(row.home),
        }
        for row in books.currencies
    ]


def _methods(shelf: Shelf[Choice]) -> Answer:
    return Answer([{"MethodID": row.id, "MethodName": row.name} for row in shelf])


@operation("GetInvPayMethods")
def get_invoice_methods(books: Books, _: Request) -> Answer:
    """List how invoices may be paid."""
    return _methods(books.invoice_methods)


@operation("GetRecPayMethods")
def get_purchase_methods(books: Books, _: Request) -> Answer:
    """List how purchases may be paid; another list, with other ids."""
    return _methods(books.purchase_methods)
