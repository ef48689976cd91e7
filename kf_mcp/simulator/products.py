"""The catalogue: items that stand under nominals, which KashFlow calls sub-products."""

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
PRODUCT_AREAS = (1, 2)
"""Sales and outgoings."""


def add(books: Books, item: SubProduct) -> SubProduct:
    """Enter a new item under the next id; the one that it carries is not looked at."""
    entered = replace(item, id=books.next_id("sub-product"))
    books.sub_products.put(entered)
    return entered


def change(books: Books, item: SubProduct) -> SubProduct:
    """Write an item anew, found by its id."""
    if books.sub_products.get(item.id) is None:
        raise Refusal("There is no product with this id.")
    books.sub_products.put(item)
    return item


@operation("AddOrUpdateSubProduct")
def add_or_update_sub_product(books: Books, request: Request) -> Answer:
    """Enter a new item where the id is 0, or write the one with this id anew; the answer is its id."""
    item = _sent(books, wire.record(request, "sp"))
    return Answer((change(books, item) if item.id else add(books, item)).id)


def _sent(books: Books, members: Mapping[str, Any]) -> SubProduct:
    """Read an item; it stands under a nominal of sales or of outgoings (KashFlow's manual, SubProduct)."""
    key, code, name = wire.whole(members, "id"), wire.text(members, "Code").strip(), wire.text(members, "Name")
    if not name.strip() and books.switches.blank_name == "refuse":
        raise Refusal("The product has no name.")
    parent = books.nominals.get(wire.whole(members, "ParentID"))
    if parent is None or parent.area not in PRODUCT_AREAS:
        raise Refusal("The product stands under no nominal of sales or purchases.")
    others = (item.code.casefold() for item in books.sub_products if item.id != key)
    if code and books.switches.shared_key == "refuse" and code.casefold() in others:
        raise Refusal("The product code is not unique.")
    return SubProduct(
        id=key,
        nominal=parent.id,
        code=code,
        name=name,
        description=wire.text(members, "Description"),
        price=books.amounts.price(wire.decimal(members, "Price")),
        vat_rate=wire.decimal(members, "VatRate"),
        wholesale_price=books.amounts.price(wire.decimal(members, "WholesalePrice")),
        managed=bool(wire.whole(members, "Managed")),
        in_stock=wire.whole(members, "QtyInStock"),
        warn_at=wire.whole(members, "StockWarnQty"),
        fills_in=bool(wire.whole(members, "AutoFill")),
    )


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
