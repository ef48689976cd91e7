"""Invoices over SOAP, as they are read; `invoice_steps` writes them."""

from datetime import date
from typing import Any, Final

from kf_mcp.errors import NotFound, Unavailable
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.model import money
from kf_mcp.model.invoices import Invoice, InvoiceLine

EARLIEST: Final = date(1990, 1, 1)


def to_invoice(row: Any) -> Invoice:
    """An invoice from KashFlow's own record."""
    lines = member_lines(row)
    return Invoice(
        id=wire.integer(row, "InvoiceDBID"),
        number=wire.integer(row, "InvoiceNumber"),
        customer_id=wire.integer(row, "CustomerID"),
        customer_code=wire.text(row, "Customer"),
        customer_name=wire.text(row, "CustomerName"),
        issue_date=wire.day(row, "InvoiceDate") or date.min,
        due_date=wire.day(row, "DueDate"),
        reference=wire.text(row, "CustomerReference"),
        currency=wire.text(row, "CurrencyCode").upper() or money.HOME,
        exchange_rate=wire.decimal(row, "ExchangeRate"),
        net=money.to_pennies(wire.decimal(row, "NetAmount")),
        vat=money.to_pennies(wire.decimal(row, "VATAmount")),
        paid=money.to_pennies(wire.decimal(row, "AmountPaid")),
        marked_paid=bool(wire.integer(row, "Paid")),
        lines=tuple(to_line(line) for line in lines),
    )


def member_lines(row: Any) -> list[Any]:
    """The lines of a document, whether they come as anyType or by their own name."""
    wrapper = wire.member(row, "Lines")
    lines = list(wire.rows(wrapper, "anyType")) or list(wire.rows(wrapper, "InvoiceLine"))
    if any(wire.member(line, "Quantity") is None and wire.member(line, "Rate") is None for line in lines):
        raise Unavailable("KashFlow sent a document whose lines cannot be read.", "Report it; nothing was written.")
    return lines


def to_line(row: Any) -> InvoiceLine:
    """One line from KashFlow's own record."""
    return InvoiceLine(
        id=wire.integer(row, "LineID"),
        description=str(wire.member(row, "Description") or ""),
        quantity=wire.decimal(row, "Quantity"),
        unit_price=wire.decimal(row, "Rate"),
        vat_rate=wire.decimal(row, "VatRate"),
        vat=money.to_pennies(wire.decimal(row, "VatAmount")),
        nominal_id=wire.integer(row, "ChargeType"),
        product_id=wire.integer(row, "ProductID"),
        project_id=wire.integer(row, "ProjID"),
        sort=wire.integer(row, "Sort"),
    )


class Invoices:
    """The invoices and credit notes; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def get(self, number: int) -> Invoice:
        """One invoice by its visible number. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetInvoice", InvoiceNumber=number)
        invoice = to_invoice(answer.result) if answer and answer.result is not None else None
        if invoice is None or not invoice.id:
            raise NotFound("invoice with the number", number, "Find the invoice with `find_invoices`.")
        return invoice

    async def record(self, number: int) -> Record:
        """One invoice by its visible number with everything that KashFlow holds of it, which changing it takes. Raises NotFound."""
        found = await self.get(number)
        answer = await wire.read_or_none(self._soap, "GetInvoiceByID", InvoiceID=found.id)
        whole = records.record("Invoice", answer.result if answer else None)
        if wire.integer(whole, "InvoiceDBID") != found.id:
            raise NotFound("invoice with the number", number, "Find the invoice with `find_invoices`.")
        return whole

    async def of_customer(self, customer_id: int) -> list[Invoice]:
        """Every invoice of one customer."""
        return await self._list("GetInvoicesForCustomer", CustID=customer_id)

    async def between(self, start: date, end: date) -> list[Invoice]:
        """Every invoice dated from the one day to the other, both included."""
        return await self._list("GetInvoicesByDateRange", StartDate=wire.midnight(start), EndDate=wire.midnight(end))

    async def unpaid(self) -> list[Invoice]:
        """Every invoice that is not fully paid, of any date; part-paid ones are among them."""
        return await self._list("GetInvoices_Unpaid")

    async def overdue(self) -> list[Invoice]:
        """Every invoice that KashFlow holds to be overdue."""
        return await self._list("GetInvoices_Overdue")

    async def _list(self, operation: str, **arguments: Any) -> list[Invoice]:
        answer = await self._soap.read(operation, **arguments)
        return [to_invoice(row) for row in wire.rows(answer.result, "Invoice")]
