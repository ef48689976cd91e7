"""The catalogue: items that stand under nominals, which KashFlow calls sub-products; read, not yet written by calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.catalogue import SubProduct
from kf_mcp.simulator.operations import Answer, Refusal, Typed, operation
from kf_mcp.simulator.reference import products

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


def add(books: Books, item: SubProduct) -> SubProduct:
    """Enter a new item under the next id; the one that it carries is not looked at."""
    entered = replace(item, id=books.next_id("sub-product"))
    books.sub_products.put(entered)
    return entered


def _shown(item: SubProduct) -> dict[str, Any]:
    return {
        "id": item.id,
        "ParentID": item.nominal,
        "Name": item.name,
        "Code": item.code,
        "Description": item.description,
        "Price": four_places(item.price),
        "VatRate": four_places(item.vat_rate),
        "WholesalePrice": four_places(item.wholesale_price),
        "Managed": int(item.managed),
        "QtyInStock": item.in_stock,
        "StockWarnQty": item.warn_at,
        "AutoFill": int(item.fills_in),
    }


def _under(books: Books, nominal: int) -> list[dict[str, Any]]:
    return [_shown(item) for item in books.sub_products if item.nominal == nominal]


@operation("GetProductsWithSubProducts")
def get_products_with_sub_products(books: Books, _: Request) -> Answer:
    """List the nominals of the sales kind with the items under each; every row names its own type."""
    return Answer(
        [Typed("ProductsFull", {**row, "subProducts": _under(books, row["ProductID"])}) for row in products(books)]
    )


@operation("GetSubProducts")
def get_sub_products(books: Books, request: Request) -> Answer:
    """List the items under one nominal of sales or of outgoings, which is named by its internal id."""
    return Answer(_under(books, wire.whole(request, "NominalID")))


def _one(books: Books, item: SubProduct | None) -> Answer:
    """Answer with an item; without one by the switch: NO, or an item whose id is 0."""
    if item is not None:
        return Answer(_shown(item))
    if books.switches.not_found_other == "refuse":
        raise Refusal("There is no product with these details.")
    return Answer({})


@operation("GetSubProductByID")
def get_sub_product_by_id(books: Books, request: Request) -> Answer:
    """Read an item by its internal id."""
    return _one(books, books.sub_products.get(wire.whole(request, "ProductID")))


@operation("GetSubProductByCode")
def get_sub_product_by_code(books: Books, request: Request) -> Answer:
    """Read an item by its code, in capitals or not."""
    wanted = wire.text(request, "ProductCode").strip().casefold()
    return _one(books, next((item for item in books.sub_products if item.code.casefold() == wanted), None))
