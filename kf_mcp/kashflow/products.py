"""Products over SOAP. KashFlow calls the sales nominals products, and the items under them sub-products."""

from typing import Any

from kf_mcp.errors import NotFound
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.model.products import Product, ProductGroup


def to_product(row: Any) -> Product:
    """An item of the catalogue from KashFlow's own record."""
    return Product(
        id=wire.integer(row, "id"),
        nominal_id=wire.integer(row, "ParentID"),
        code=wire.text(row, "Code"),
        name=wire.text(row, "Name"),
        description=wire.text(row, "Description"),
        price=wire.decimal(row, "Price"),
        wholesale_price=wire.decimal(row, "WholesalePrice"),
        vat_rate=wire.decimal(row, "VatRate"),
        is_stocked=bool(wire.integer(row, "Managed")),
        in_stock=wire.integer(row, "QtyInStock"),
        warn_at=wire.integer(row, "StockWarnQty"),
    )


class Products:
    """The catalogue; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def all(self) -> list[ProductGroup]:
        """Every sales nominal with the items under it, by code."""
        answer = await self._soap.read("GetProductsWithSubProducts")
        groups = [
            ProductGroup(
                nominal_id=wire.integer(row, "ProductID"),
                code=wire.integer(row, "ProductCode"),
                name=wire.label(row, "ProductName"),
                products=_items(wire.member(row, "subProducts")),
            )
            for row in wire.rows(answer.result, "ProductsFull")
        ]
        return sorted(groups, key=lambda group: (group.code, group.nominal_id))

    async def of_nominal(self, nominal_id: int) -> tuple[Product, ...]:
        """The items under one nominal, of sales or of outgoings, by code and name."""
        answer = await self._soap.read("GetSubProducts", NominalID=nominal_id)
        return _items(answer.result)

    async def by_code(self, code: str) -> Product | None:
        """The item with this code; None where there is none."""
        answer = await wire.read_or_none(self._soap, "GetSubProductByCode", ProductCode=code)
        found = to_product(answer.result) if answer and answer.result is not None else None
        return found if found and found.id and found.code.casefold() == code.strip().casefold() else None

    async def record(self, product_id: int) -> Record:
        """KashFlow's own record of an item by its internal id. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetSubProductByID", ProductID=product_id)
        found = records.record("SubProduct", answer.result) if answer and answer.result is not None else {}
        if not wire.integer(found, "id"):
            raise NotFound("product with the internal id", product_id, "Find it with `find_products`.")
        return found


def _items(wrapper: Any) -> tuple[Product, ...]:
    rows = list(wire.rows(wrapper, "SubProduct")) or list(wire.rows(wrapper, "anyType"))
    return tuple(sorted((to_product(row) for row in rows), key=lambda item: (item.code, item.name.casefold(), item.id)))
