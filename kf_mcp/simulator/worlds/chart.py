"""What both worlds begin with: the nominals, the bank accounts, the methods of payment and the currencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from kf_mcp.simulator.amounts import ONE
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import BankAccount, Choice, Company, Controls, Currency, Nominal
from kf_mcp.simulator.switches import Switches

NINE_THIRTY = time(9, 30)
"""The time of day at which everything in a new world was written, so that it is the same for everybody."""

NOMINALS: tuple[tuple[int, str, int, int, int, bool], ...] = (
    (0, "Other", 0, 0, 0, False),
    (4000, "Design services", 1, 1, 20, False),
    (4010, "Printing", 1, 1, 20, True),
    (4020, "Books and leaflets", 1, 1, 0, True),
    (4100, "Postage recharged", 1, 1, 0, False),
    (4200, "Disbursements recharged", 1, 1, -1, False),
    (5000, "Paper and materials", 2, 2, 20, True),
    (5010, "Trade printing", 2, 2, 20, True),
    (5100, "Carriage", 2, 2, 20, False),
    (7100, "Rent", 3, 2, 20, False),
    (7200, "Light and heat", 3, 2, 5, False),
    (7400, "Travel", 3, 2, 0, False),
    (7403, "Entertainment", 3, 2, -1, False),
    (7500, "Software and subscriptions", 3, 2, 20, False),
    (7550, "Telephone and internet", 3, 2, 20, False),
    (7600, "Professional fees", 3, 2, 20, False),
    (8200, "Insurance", 3, 2, -1, False),
    (30, "Office equipment", 4, 2, 20, False),
    (1100, "Debtors Control", 5, 3, 0, False),
    (1200, "Current account", 5, 0, 0, False),
    (1210, "Reserve account", 5, 0, 0, False),
    (1220, "PayPal EUR", 5, 0, 0, False),
    (2100, "Creditors Control", 5, 3, 0, False),
    (2200, "VAT on sales", 5, 0, 0, False),
    (2201, "VAT on purchases", 5, 0, 0, False),
    (2202, "VAT owed to HMRC", 5, 3, -1, False),
    (2210, "PAYE and pensions", 5, 3, -1, False),
    (3000, "Share capital", 6, 3, -1, False),
    (3200, "Dividends", 6, 3, -1, False),
    (4900, "Interest received", 1, 3, -1, False),
    (7000, "Wages", 3, 3, -1, False),
    (7050, "Parking and tolls", 3, 3, 20, False),
    (7900, "Bank charges", 3, 3, -1, False),
    (40, "Depreciation to date", 4, 3, -1, False),
    (2109, "Accruals", 5, 3, -1, False),
    (8000, "Depreciation", 3, 2, -1, False),
)
"""Code, name, type, area, default VAT rate, and whether it is goods. The codes are a common habit, not KashFlow's."""

ACCOUNTS = {"Current account": 1200, "Reserve account": 1210, "PayPal EUR": 1220}
INVOICE_METHODS = ("BACS", "Card", "Cheque", "PayPal")
PURCHASE_METHODS = ("BACS", "Company card", "Direct debit")
SOURCES = ("Recommendation", "Website", "Trade fair")
VAT_RATES = (Decimal(20), Decimal(5), Decimal(0))


@dataclass(frozen=True, slots=True)
class Setting:
    """What one world is set up with."""

    details: Mapping[str, Any]
    accounts: tuple[str, ...]
    currencies: Mapping[str, Decimal]
    """The foreign currencies, and how much of each one pound buys."""


def found(world: str, today: date, switches: Switches, setting: Setting) -> Books:
    """Open new books: everything that others are chosen from, and no customers."""
    company = Company(
        details=setting.details,
        vat_registered=True,
        vat_number=str(setting.details["VatRegistrationNumber"]),
        controls=Controls(0, 0, 0, 0, 0, 0, 0),
        vat_rates=VAT_RATES,
    )
    books = Books(world, today, switches, company)
    books.clock = lambda: datetime.combine(today, NINE_THIRTY)
    for code, name, kind, area, rate, goods in NOMINALS:
        books.nominals.put(
            Nominal(books.next_id("nominal"), code, name, kind, area, vat_rate=Decimal(rate), goods=goods)
        )
    books.company = replace(company, controls=_controls(books))
    for name in setting.accounts:
        books.bank_accounts.put(BankAccount(books.next_id("bank account"), name, nominal(books, ACCOUNTS[name])))
    for shelf, names in (
        (books.invoice_methods, INVOICE_METHODS),
        (books.purchase_methods, PURCHASE_METHODS),
        (books.customer_sources, SOURCES),
    ):
        for name in names:
            shelf.put(Choice(books.next_id("choice"), name))
    _add_currencies(books, setting)
    home = next(row for row in books.currencies if row.home)
    books.company = replace(books.company, details={**setting.details, "CurrencyId": home.id})
    return books


def nominal(books: Books, code: int) -> int:
    """Give the id of a nominal by its code."""
    return next(row.id for row in books.nominals if row.code == code)


def account(books: Books, name: str) -> int:
    """Give the id of a bank account by its name."""
    return next(row.id for row in books.bank_accounts if row.name == name)


def method(books: Books, name: str) -> int:
    """Give the id of a way to pay an invoice by its name."""
    return next(row.id for row in books.invoice_methods if row.name == name)


def _controls(books: Books) -> Controls:
    return Controls(
        other=nominal(books, 0),
        debtors=nominal(books, 1100),
        creditors=nominal(books, 2100),
        vat_on_sales=nominal(books, 2200),
        vat_on_purchases=nominal(books, 2201),
        vat_owed=nominal(books, 2202),
        capital=nominal(books, 3000),
    )


def _add_currencies(books: Books, setting: Setting) -> None:
    """Add pounds and the foreign currencies; the rate counts what the switch ``exchange_rate`` says."""
    books.currencies.put(Currency(books.next_id("currency"), "GBP", ONE, home=True))
    for code, per_pound in setting.currencies.items():
        turned = books.switches.exchange_rate == "home_per_foreign"
        rate = (ONE / per_pound if turned else per_pound).quantize(Decimal("0.0001"))
        books.currencies.put(Currency(books.next_id("currency"), code, rate))


def company_details(books_name: str, **members: Any) -> dict[str, Any]:
    """Write KashFlow's company details for a small UK company; terms are 30 days from the invoice's date."""
    return {
        "CompanyName": books_name,
        **dict.fromkeys(("Address1", "Address2", "Address3", "Address4", "Postcode"), ""),
        **dict.fromkeys(("PrimaryEmail", "PrimaryContact", "Telephone", "Mobile"), ""),
        "VatRegistered": "Yes",
        "PaymentTerms": 30,
        "CurrencySymbol": "£",
        "CurrencyPosition": "Left",
        "UsDate": "No",
        "CurrencyId": 0,
        "CurrencyName": "British Pound",
        "PaymentTermsType": "invoice date",
        **dict.fromkeys(("BusinessType1", "BusinessType2", "BusinessType3", "BusinessType"), 0),
        **dict.fromkeys(("BusinessType1Name", "BusinessType2Name", "BusinessType3Name"), ""),
        **members,
    }
