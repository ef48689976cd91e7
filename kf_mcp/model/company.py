"""The company whose books these are, with everything that KashFlow says about it."""

from pydantic import BaseModel, ConfigDict


class CompanyDetails(BaseModel):
    """Name, address, VAT registration, terms and currency."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    address: tuple[str, ...] = ()
    postcode: str = ""
    contact: str = ""
    email: str = ""
    telephone: str = ""
    mobile: str = ""
    vat_registered: bool
    vat_number: str = ""
    vat_registered_in: str = ""
    """UK or EU, as KashFlow's newer account defaults say; empty where it does not say."""
    payment_terms: int = 0
    terms_from_month_end: bool = False
    currency_name: str = ""
    business_types: tuple[str, ...] = ()
