"""Suppliers: who sends us bills."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.customers import Region
from kf_mcp.model.vat_line import Place


class Supplier(BaseModel):
    """A supplier as it stands in the books."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    code: str
    name: str
    contact: str = ""
    email: str = ""
    telephone: str = ""
    mobile: str = ""
    address: tuple[str, ...] = ()
    postcode: str = ""
    region: Region = "UK"
    place: Place = "UK"
    """The region, told apart where goods move between the EU and Northern Ireland."""
    vat_number: str = ""
    payment_terms: int = 0
    """Days until a bill is due; 0 when none is set for this supplier."""
    currency_id: int = 0
    """0 is the home currency."""
    website: str = ""
    notes: str = ""
    updated: datetime | None = None

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address in the e-mail field, which may hold several."""
        return tuple(part for part in self.email.replace(";", " ").replace(",", " ").split() if "@" in part)

    @property
    def places(self) -> tuple[str, ...]:
        """The lines of the address."""
        return self.address


class NewSupplier(BaseModel):
    """A supplier to be entered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    code: str = ""
    """Empty: KashFlow makes one from the name."""
    name: str
    contact: str = ""
    email: str = ""
    telephone: str = ""
    mobile: str = ""
    address: tuple[str, ...] = ()
    postcode: str = ""
    place: Place = "UK"
    vat_number: str = ""
    payment_terms: int = 0
    currency_id: int = 0
    website: str = ""
    notes: str = ""

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address in the e-mail field, which may hold several."""
        return tuple(part for part in self.email.replace(";", " ").replace(",", " ").split() if "@" in part)


class SupplierChanges(BaseModel):
    """What is to become different of a supplier; None leaves it as it is, an empty text makes it blank."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str | None = None
    contact: str | None = None
    email: str | None = None
    telephone: str | None = None
    mobile: str | None = None
    address: tuple[str, ...] | None = None
    postcode: str | None = None
    place: Place | None = None
    vat_number: str | None = None
    payment_terms: int | None = None
    currency_id: int | None = None
    website: str | None = None
    notes: str | None = None
