"""What documents refer to, over SOAP: nominal codes, VAT rates, bank accounts, payment methods, currencies, the company."""

import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final, TypeVar

from kf_mcp.errors import SaidNo
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model.money import HOME
from kf_mcp.model.reference import BankAccount, Company, Currency, Nominal, PaymentMethod, VATRate

KEPT_FOR: Final = 300.0
"""Seconds for which reference data is kept: it changes a few times a year."""

T = TypeVar("T")

SALES_TYPE, OUTGOING_TYPE, BANK_TYPE = 1, 2, 3
"""KashFlow's classification ids: where a nominal is offered (its manual, InsertNominalCode)."""
_USES: Final = {SALES_TYPE: "sales", OUTGOING_TYPE: "outgoing", BANK_TYPE: "bank"}


class Reference:
    """The lists that documents refer to, kept for a few minutes."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap
        self._kept: dict[str, tuple[float, Any]] = {}

    async def _keep(self, name: str, load: Callable[[], Awaitable[T]]) -> T:
        at, value = self._kept.get(name, (float("-inf"), None))
        if time.monotonic() - at > KEPT_FOR:
            value = await load()
            self._kept[name] = (time.monotonic(), value)
        kept: T = value
        return kept

    def forget(self) -> None:
        """Let go of the lists that this server can add to."""
        for name in ("nominals", "bank_accounts"):
            self._kept.pop(name, None)

    async def nominals(self) -> list[Nominal]:
        """Every nominal code that is in use, by code."""
        return [nominal for nominal in await self.every_nominal() if not nominal.archived]

    async def every_nominal(self) -> list[Nominal]:
        """Every nominal code, archived ones too, by code."""

        async def load() -> list[Nominal]:
            answer = await self._soap.read("GetNominalCodesExtended")
            found = [_to_nominal(row) for row in wire.rows(answer.result, "NominalCodeExtended")]
            return sorted(found, key=lambda nominal: nominal.code)

        return await self._keep("nominals", load)

    async def vat_rates(self) -> list[VATRate]:
        """The VAT rates that the account offers, highest first."""

        async def load() -> list[VATRate]:
            answer = await self._soap.read("GetVATRates")
            found = [
                VATRate(name=wire.label(row, "Name"), rate=wire.decimal(row, "Value"))
                for row in wire.rows(answer.result, "BasicDataset")
            ]
            return sorted(found, key=lambda rate: -rate.rate)

        return await self._keep("vat_rates", load)

    async def bank_accounts(self) -> list[BankAccount]:
        """The bank accounts, in KashFlow's order."""

        async def load() -> list[BankAccount]:
            answer = await self._soap.read("GetBankAccounts")
            return [
                BankAccount(
                    id=wire.integer(row, "AccountID"),
                    name=wire.label(row, "AccountName"),
                    nominal_code=wire.integer(row, "AccountCode"),
                )
                for row in wire.rows(answer.result, "BankAccount")
            ]

        return await self._keep("bank_accounts", load)

    async def payment_methods(self) -> list[PaymentMethod]:
        """The ways in which customers pay (suppliers are paid by a list of its own), in KashFlow's order."""

        async def load() -> list[PaymentMethod]:
            answer = await self._soap.read("GetInvPayMethods")
            return [
                PaymentMethod(id=wire.integer(row, "MethodID"), name=wire.label(row, "MethodName"))
                for row in wire.rows(answer.result, "PaymentMethod")
            ]

        return await self._keep("payment_methods", load)

    async def currencies(self) -> list[Currency]:
        """The currencies that the account uses; the home currency is always among them."""

        async def load() -> list[Currency]:
            answer = await self._soap.read("GetCurrencies")
            found = [
                Currency(
                    id=wire.integer(row, "CurrencyId"),
                    code=wire.label(row, "CurrencyCode").upper(),
                    rate=wire.decimal(row, "ExchangeRate"),
                    is_home=bool(wire.integer(row, "isDefault")),
                )
                for row in wire.rows(answer.result, "Currencies")
            ]
            has_home = any(currency.is_home or currency.code == HOME for currency in found)
            return found if has_home else [Currency(id=0, code=HOME, rate=Decimal(1), is_home=True), *found]

        return await self._keep("currencies", load)

    async def company(self) -> Company:
        """Whose books these are, with VAT registration and payment terms."""

        async def load() -> Company:
            answer = await self._soap.read("GetCompanyDetails")
            found = answer.result
            return Company(
                name=wire.text(found, "CompanyName"),
                vat_registered=await self._vat_registered(found),
                vat_number=wire.text(found, "VatRegistrationNumber"),
                payment_terms=wire.integer(found, "PaymentTerms"),
                terms_from_month_end="month" in wire.text(found, "PaymentTermsType").lower(),
            )

        return await self._keep("company", load)

    async def _vat_registered(self, details: Any) -> bool:
        """By the operation made for it; where that is refused, by the "Yes" of the company's details."""
        try:
            return bool((await self._soap.read("isUserVATRegistered")).result)
        except SaidNo:
            return wire.text(details, "VatRegistered").lower() == "yes"


def _to_nominal(row: Any) -> Nominal:
    use = _USES.get(wire.integer(row, "ClassificationID"))
    if use is None:
        name = wire.text(row, "ClassificationName").lower()
        use = next((word for word in ("sales", "outgoing", "bank") if word in name), "other")
    return Nominal(
        id=wire.integer(row, "id"),
        code=wire.integer(row, "Code"),
        name=wire.label(row, "Name"),
        type=wire.label(row, "TypeName"),
        use=use,
        vat_rate=wire.decimal(row, "VATRate"),
        archived=wire.truth(row, "Archived"),
        price=wire.decimal(row, "Price") if wire.integer(row, "AutoFill") and wire.decimal(row, "Price") else None,
    )
