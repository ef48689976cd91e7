"""Payments over SOAP, as they are read; `payment_steps` writes them."""

from datetime import date
from typing import Any

from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.model import money
from kf_mcp.model.payments import Kind, Payment


def to_payment(row: Any) -> Payment:
    """A payment from KashFlow's own record."""
    return Payment(
        id=wire.integer(row, "PayID"),
        invoice_number=wire.integer(row, "PayInvoice"),
        date=wire.day(row, "PayDate") or date.min,
        amount=money.to_pennies(wire.decimal(row, "PayAmount")),
        note=wire.text(row, "PayNote"),
        method_id=wire.integer(row, "PayMethod"),
        account_id=wire.integer(row, "PayAccount"),
    )


class Payments:
    """The payments of invoices and purchases; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def of_invoice(self, number: int) -> list[Payment]:
        """Every payment of one invoice, oldest first."""
        found = [to_payment(row) for row in await self._rows("invoice", number)]
        return sorted((payment for payment in found if payment.id), key=lambda payment: (payment.date, payment.id))

    async def record(self, kind: Kind, number: int, payment_id: int) -> Record | None:
        """KashFlow's own record of a payment of this document; None where it has no such payment."""
        rows = await self._rows(kind, number)
        found = next((row for row in rows if wire.integer(row, "PayID") == payment_id), None)
        return None if found is None else records.record("Payment", found)

    async def _rows(self, kind: Kind, number: int) -> list[Any]:
        if kind == "invoice":
            answer = await self._soap.read("GetInvoicePayment", InvoiceNumber=number)
        else:
            answer = await self._soap.read("GetReceiptPayment", ReceiptNumber=number)
        return list(wire.rows(answer.result, "Payment"))
