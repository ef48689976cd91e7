"""What is kept about one customer beside the record: VAT number, currency, and what is owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import parties, wire
from kf_mcp.simulator.amounts import four_places
from kf_mcp.simulator.customers import found
from kf_mcp.simulator.invoice_writing import DONE
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import ZERO, Party

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


def _touched(books: Books, customer: Party, **members: Any) -> None:
    """Change a few members of a customer."""
    changed = {**customer.members, **members, "Updated": books.now()}
    books.customers.put(replace(customer, members=changed))


def _coded(books: Books, request: Request) -> Party:
    return found(parties.by_code(books.customers, wire.text(request, "CustomerCode")))


@operation("GetCustomerVATNumber")
def get_customer_vat_number(books: Books, request: Request) -> Answer:
    """Read a customer's VAT number."""
    return Answer(str(_coded(books, request).members["VATNumber"]))


@operation("SetCustomerVATNumber")
def set_customer_vat_number(books: Books, request: Request) -> Answer:
    """Set a customer's VAT number."""
    _touched(books, _coded(books, request), VATNumber=wire.text(request, "CustVATNumber"))
    return Answer(DONE)


@operation("GetCustomerCurrency")
def get_customer_currency(books: Books, request: Request) -> Answer:
    """Read the code of a customer's currency."""
    return Answer(parties.currency_code(books, _coded(books, request)))


@operation("SetCustomerCurrency")
def set_customer_currency(books: Books, request: Request) -> Answer:
    """Set a customer's currency by its code."""
    customer = _coded(books, request)
    currency = parties.currency_id(books, wire.text(request, "CurrencyCode"))
    in_use = books.invoices.of_party(customer.id) or books.quotes.of_party(customer.id)
    if in_use and currency != customer.members["CurrencyID"] and books.switches.currency_in_use == "refuse":
        raise Refusal("The customer has invoices or quotes in another currency.")
    _touched(books, customer, CurrencyID=currency)
    return Answer(DONE)


@operation("GetCustomerBalance")
def get_customer_balance(books: Books, request: Request) -> Answer:
    """Tell what a customer paid so far (Value) and still owes (Balance), in pounds, up to today.

    What is dated in the future is left out (KashFlow's manual, GetCustomerBalance).
    """
    customer = _coded(books, request)
    past = [row for row in books.invoices.of_party(customer.id) if row.date <= books.today]
    paid = sum((books.amounts.home_paid(row, books.today) for row in past), ZERO)
    due = sum((books.amounts.home_due(row, books.today) for row in past), ZERO)
    return Answer(
        {
            "CustomerId": customer.id,
            "CustomerCode": customer.code,
            "Value": four_places(paid),
            "Balance": four_places(due),
        }
    )
