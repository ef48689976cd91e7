"""Payments over SOAP, as they are read; `payment_steps` writes them."""

from datetime import date
from typing import Any

from kf_mcp.kashflow import progress, records, wire
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

    async def received(self, start: date, end: date, most_pages: int) -> tuple[list[Payment], bool]:
        """The payments of invoices from the one day to the other, oldest first; and whether that is all of them.

        KashFlow gives them page by page, of a size that is not documented, until a page brings nothing new.
        """
        found: dict[int, Payment] = {}
        days = {"StartDate": wire.midnight(start), "EndDate": wire.midnight(end)}
        is_whole = False
        for page in range(1, most_pages + 1):
            answer = await self._soap.read("GetInvoicePaymentsByDateRange", **days, PageNumber=page)
            known = len(found)
            found |= {one.id: one for one in map(to_payment, wire.rows(answer.result, "Payment")) if one.id}
            if is_whole := len(found) == known:
                break
            await progress.report(len(found), "payments read")
        return sorted(found.values(), key=lambda payment: (payment.date, payment.id)), is_whole

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
