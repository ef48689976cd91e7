"""Purchases put into the pretend company's books by its own functions, and answers changed on their way."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from kf_mcp.simulator import Simulator, documents, payments
from kf_mcp.simulator.records import Document


def put_in(company: Simulator, supplier: str, dated: date, net: str, vat: str = "0.00", **members: Any) -> Document:
    """Enter a purchase of one line from the supplier with this code."""
    books = company.books
    party = next(party for party in books.suppliers if party.code == supplier)
    nominal = next(row.id for row in books.nominals if row.code == members.pop("nominal", 5000))
    line = {
        "Quantity": Decimal(1),
        "Description": members.pop("text", "Paper"),
        "Rate": Decimal(net),
        "ChargeType": nominal,
        "VatRate": Decimal(20) if Decimal(vat) else members.pop("vat_rate", Decimal(0)),
        "VatAmount": Decimal(vat),
        "ValuesInCurrency": 1,
    }
    header = {"InvoiceDate": dated, "DueDate": dated, "CustomerID": party.id, "Lines": [line]}
    return documents.insert(books, "purchase", {**header, **members})


def pay(company: Simulator, purchase: Document, amount: str, paid_on: date, note: str = "") -> None:
    """Enter a payment of a purchase from the first bank account."""
    books = company.books
    details = {
        "PayDate": paid_on,
        "PayMethod": next(iter(books.purchase_methods)).id,
        "PayAccount": next(iter(books.bank_accounts)).id,
        "PayAmount": Decimal(amount),
        "PayNote": note,
    }
    payments.pay(books, purchase, details)


class Meddling(httpx.AsyncBaseTransport):
    """The way to the pretend KashFlow, with somebody between: told each request, and free to change the answer."""

    def __init__(self, company: Simulator, meddle: Callable[[bytes, bytes], tuple[int, bytes]]) -> None:
        self._way = company.transport()
        self._meddle = meddle

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = await request.aread()
        answer = await self._way.handle_async_request(request)
        status, body = self._meddle(asked, await answer.aread())
        return httpx.Response(status, headers={"Content-Type": "text/xml; charset=utf-8"}, content=body)


def meddled(company: Simulator, meddle: Callable[[bytes, bytes], tuple[int, bytes]]) -> Simulator:
    """The company, reached by way of somebody who meddles."""
    way = Meddling(company, meddle)
    company.transport = lambda: way  # type: ignore[method-assign]
    return company
