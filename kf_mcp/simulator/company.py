"""The company whose books these are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator.operations import Answer, Typed, operation
from kf_mcp.simulator.reference import currencies

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


@operation("GetCompanyDetails")
def get_company_details(books: Books, _: Request) -> Answer:
    """Read the company's name, address, VAT number and terms of payment."""
    return Answer(books.company.details)


@operation("isUserVATRegistered")
def is_vat_registered(books: Books, _: Request) -> Answer:
    """Tell whether the company is registered for VAT."""
    return Answer(books.company.vat_registered)


def _defaults(books: Books) -> dict[str, Any]:
    return {"isVATRegistered": books.company.vat_registered, "VATNumber": books.company.vat_number}


def _where(books: Books) -> dict[str, Any]:
    """Tell where the company is registered, in the words of KashFlow's service description."""
    return {"VATRegisteredIn": "UK" if books.company.vat_registered else "NOT SET", "VATRegisteredState": ""}


@operation("GetUserAccountDefaults")
def get_defaults(books: Books, _: Request) -> Answer:
    """Read the registration and the currencies, each naming its own type."""
    return Answer({**_defaults(books), "Currencies": [Typed("Currencies", row) for row in currencies(books)]})


@operation("GetUserAccountDefaults_TypeDefined")
def get_defaults_typed(books: Books, _: Request) -> Answer:
    """Read the registration and the currencies."""
    return Answer({**_defaults(books), "Currencies": currencies(books)})


@operation("GetUserAccountDefault2")
def get_defaults2(books: Books, _: Request) -> Answer:
    """Read the registration, where it is, and the currencies, each naming its own type."""
    rows = [Typed("Currencies", row) for row in currencies(books)]
    return Answer({**_defaults(books), "Currencies": rows, **_where(books)})


@operation("GetUserAccountDefault_TypeDefined2")
def get_defaults_typed2(books: Books, _: Request) -> Answer:
    """Read the registration, where it is, and the currencies."""
    return Answer({**_defaults(books), "Currencies": currencies(books), **_where(books)})
