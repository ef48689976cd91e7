"""Suppliers: who sends us bills."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from kf_mcp.model.customers import Region


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
