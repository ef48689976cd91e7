"""Products: what is sold, each under the nominal that its sales are posted to."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict


class Product(BaseModel):
    """An item of the catalogue, which KashFlow calls a sub-product."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    nominal_id: int
    code: str = ""
    name: str
    description: str = ""
    price: Decimal
    """Of one, net of VAT."""
    wholesale_price: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal(0)
    """Percent; -1 is N/A; 0 cannot be told from unset."""
    is_stocked: bool = False
    """Whether KashFlow keeps count of the stock."""
    in_stock: int = 0
    warn_at: int = 0

    @property
    def is_low(self) -> bool:
        """Whether the stock is at or below the level that the owner set, or none is left."""
        return self.is_stocked and self.in_stock <= max(self.warn_at, 0)


class NewProduct(BaseModel):
    """An item to be entered, or what is to change of one, where None stays as it is."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    nominal_id: int | None = None
    code: str | None = None
    name: str | None = None
    description: str | None = None
    price: Decimal | None = None
    wholesale_price: Decimal | None = None
    vat_rate: Decimal | None = None
    is_stocked: bool | None = None
    in_stock: int | None = None
    warn_at: int | None = None


class ProductGroup(BaseModel):
    """A nominal with its products; KashFlow calls a sales nominal a product."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    nominal_id: int
    code: int
    name: str
    products: tuple[Product, ...] = ()
