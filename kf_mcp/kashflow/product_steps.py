"""The steps that enter and change products over SOAP, which KashFlow calls sub-products. No operation deletes one."""

from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Landed
from kf_mcp.model.products import NewProduct

MEMBERS: Final = {
    "nominal_id": "ParentID",
    "code": "Code",
    "name": "Name",
    "description": "Description",
    "price": "Price",
    "wholesale_price": "WholesalePrice",
    "vat_rate": "VatRate",
    "is_stocked": "Managed",
    "in_stock": "QtyInStock",
    "warn_at": "StockWarnQty",
}
"""What KashFlow calls what is known of a product."""


class InsertProduct(Insertion):
    """Enter a new product; its place is the id of the nominal that it stands under."""

    kind: ClassVar[str] = "new product"
    operation: ClassVar[str] = "AddOrUpdateSubProduct"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that deletes a product"
    type_name: ClassVar[str] = "SubProduct"
    parameter: ClassVar[str] = "sp"
    id_member: ClassVar[str] = "id"
    code_member: ClassVar[str] = "Code"
    recognised: ClassVar[tuple[str, ...]] = ("Name", "Code", "Description", "Price", "VatRate")
    near: ClassVar[tuple[str, ...]] = ("Name",)

    @classmethod
    def of(cls, product: NewProduct) -> "InsertProduct":
        """The step that enters this product; by AutoFill's name KashFlow's own screens fill in what it holds."""
        return cls(place=product.nominal_id or 0, record={"id": 0, **members_of(product), "AutoFill": 1})

    @override
    def target(self) -> str:
        return f"products of nominal {self.place}"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read("GetSubProducts", NominalID=place)
        return list(wire.rows(answer.result, "SubProduct")) or list(wire.rows(answer.result, "anyType"))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_product(soap, landed.id)


class ChangeProduct(Change):
    """Change members of a product."""

    kind: ClassVar[str] = "change of a product"
    operation: ClassVar[str] = "AddOrUpdateSubProduct"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the product since"
    type_name: ClassVar[str] = "SubProduct"
    parameter: ClassVar[str] = "sp"
    noun: ClassVar[str] = "product"
    id_member: ClassVar[str] = "id"
    code_member: ClassVar[str] = "Code"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_product(soap, record_id)


async def read_product(soap: Connection, product_id: int) -> Any:
    """A product by its internal id, as KashFlow sends it; None where there is none."""
    answer = await wire.read_or_none(soap, "GetSubProductByID", ProductID=product_id)
    return answer.result if answer else None


def members_of(product: NewProduct) -> Record:
    """What is given of a product, by KashFlow's names."""
    given = product.model_dump(exclude_none=True)
    members = {MEMBERS[name]: int(value) if name == "is_stocked" else value for name, value in given.items()}
    return records.part("SubProduct", members)


def change_of(found: Record, wanted: NewProduct) -> ChangeProduct:
    """The step that gives a product these members. Raises Refused where nothing would change."""
    return ChangeProduct.of(found, members_of(wanted))
