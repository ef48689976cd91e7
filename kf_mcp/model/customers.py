"""Customers: who is invoiced."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

Region = Literal["UK", "EU", "world"]
"""Where a customer is for VAT: the UK, an EU state (registered there), or the rest of the world."""


class Customer(BaseModel):
    """A customer as it stands in the books."""

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
    country: str = ""
    region: Region = "UK"
    vat_number: str = ""
    payment_terms: int = 0
    """Days until an invoice is due; 0 when none is set for this customer."""
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
        """The lines of the address, and the country."""
        return (*self.address, self.country)


class NewCustomer(BaseModel):
    """A customer to be entered."""

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
    country_code: str = ""
    country: str = ""
    region: Region = "UK"
    vat_number: str = ""
    payment_terms: int = 0
    website: str = ""
    notes: str = ""


class CustomerChanges(BaseModel):
    """What is to become different of a customer; None leaves it as it is, an empty text makes it blank."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str | None = None
    contact: str | None = None
    email: str | None = None
    telephone: str | None = None
    mobile: str | None = None
    address: tuple[str, ...] | None = None
    postcode: str | None = None
    country_code: str | None = None
    country: str | None = None
    region: Region | None = None
    vat_number: str | None = None
    payment_terms: int | None = None
    discount: Decimal | None = None
    """Percent."""
    currency_id: int | None = None
    website: str | None = None
    notes: str | None = None
    delivery_address: tuple[str, ...] | None = None
    delivery_postcode: str | None = None


class CustomerBalance(BaseModel):
    """What a customer has paid and owes; amounts in the home currency, future-dated items left out by KashFlow."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    paid: Decimal
    owed: Decimal
