"""The company's details over SOAP."""

from kf_mcp.errors import Refused
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model.company import CompanyDetails


class Company:
    """Whose books these are; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def details(self) -> CompanyDetails:
        """Name, address, VAT registration, terms and currency, from the company's details and the account's defaults."""
        found = (await self._soap.read("GetCompanyDetails")).result
        try:
            defaults = (await self._soap.read("GetUserAccountDefault2")).result
        except Refused:  # an account, or a service, that the newer operation is not for
            defaults = (await self._soap.read("GetUserAccountDefaults")).result
        where = wire.text(defaults, "VATRegisteredIn")
        return CompanyDetails(
            name=wire.text(found, "CompanyName"),
            address=tuple(line for line in (wire.text(found, f"Address{n}") for n in range(1, 5)) if line),
            postcode=wire.text(found, "Postcode"),
            contact=wire.text(found, "PrimaryContact"),
            email=wire.text(found, "PrimaryEmail"),
            telephone=wire.text(found, "Telephone"),
            mobile=wire.text(found, "Mobile"),
            vat_registered=wire.truth(defaults, "isVATRegistered"),
            vat_number=wire.text(found, "VatRegistrationNumber") or wire.text(defaults, "VATNumber"),
            vat_registered_in="" if where.upper().replace(" ", "") == "NOTSET" else where,
            payment_terms=wire.integer(found, "PaymentTerms"),
            terms_from_month_end="month" in wire.text(found, "PaymentTermsType").lower(),
            currency_name=wire.text(found, "CurrencyName"),
            business_types=tuple(
                name for name in (wire.text(found, f"BusinessType{n}Name") for n in range(1, 4)) if name
            ),
        )
