"""Quotes over SOAP, as they are read; `quote_steps` writes them. Their records are those of invoices, without due date and currency."""

from datetime import date
from typing import Any

from kf_mcp.errors import NotFound, SaidNo
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoices import member_lines, to_line
from kf_mcp.kashflow.records import Record
from kf_mcp.model import money
from kf_mcp.model.quotes import Quote, State


def to_quote(row: Any, *, with_lines: bool = False) -> Quote:
    """A quote from KashFlow's own record."""
    return Quote(
        id=wire.integer(row, "InvoiceDBID"),
        number=wire.integer(row, "InvoiceNumber"),
        customer_id=wire.integer(row, "CustomerID"),
        customer_code=wire.text(row, "Customer"),
        customer_name=wire.text(row, "CustomerName"),
        issue_date=wire.day(row, "InvoiceDate") or date.min,
        reference=wire.text(row, "CustomerReference"),
        category=wire.text(row, "EstimateCategory"),
        hides_total=bool(wire.integer(row, "SuppressTotal")),
        has_delivery_address=wire.truth(row, "UseCustomDeliveryAddress"),
        currency=wire.text(row, "CurrencyCode").upper(),
        net=money.to_pennies(wire.decimal(row, "NetAmount")),
        vat=money.to_pennies(wire.decimal(row, "VATAmount")),
        lines=tuple(to_line(line) for line in member_lines(row)) if with_lines else (),
    )


class Quotes:
    """The quotes; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def get(self, number: int) -> Quote:
        """One quote with its lines, by its visible number. Raises NotFound."""
        return to_quote(await self._row(number), with_lines=True)

    async def whole(self, number: int) -> tuple[Quote, Record]:
        """One quote with its lines, and its record as it is written. Raises NotFound."""
        row = await self._row(number)
        return to_quote(row, with_lines=True), records.record("Invoice", row)

    async def _row(self, number: int) -> Any:
        answer = await wire.read_or_none(self._soap, "GetQuoteByNumber", QuoteNumber=number)
        if answer is None or not wire.integer(answer.result, "InvoiceDBID"):
            raise NotFound("quote with the number", number, "Find the quote with `find_quotes`.")
        return answer.result

    async def all(self) -> list[Quote]:
        """Every quote, without lines."""
        return await self._list("GetQuotes")

    async def of_customer(self, customer_id: int) -> list[Quote]:
        """Every quote to one customer, without lines."""
        return await self._list("GetQuotesForCustomer", CustID=customer_id)

    async def _list(self, operation: str, **arguments: Any) -> list[Quote]:
        answer = await self._soap.read(operation, **arguments)
        return [to_quote(row) for row in wire.rows(answer.result, "Invoice")]

    async def state(self, quote_id: int) -> State:
        """Whether it is still a quote; unknown where KashFlow refuses to say."""
        try:
            answer = await self._soap.read("isStillQuote", QuoteID=quote_id)
        except SaidNo:
            return "unknown"
        return "quote" if answer.result else "converted"
