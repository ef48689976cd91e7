"""Invoices over SOAP: reading them, and the step that enters one."""

from datetime import date
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import NotFound, OutcomeUnknown, Unavailable
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Evidence, Landed, Step, Trace, digest
from kf_mcp.model import money
from kf_mcp.model.invoices import Invoice, InvoiceLine, NewInvoice, NewLine
from kf_mcp.model.text import quoted

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


class InsertInvoice(Step):
    """Enter a new invoice."""

    kind: ClassVar[str] = "new invoice"
    operation: ClassVar[str] = "InsertInvoice"
    undo: ClassVar[str] = (
        "in KashFlow itself: delete the invoice while nothing is paid or e-mailed, otherwise credit it"
    )

    invoice: NewInvoice

    @override
    def target(self) -> str:
        return f"invoices of customer {self.invoice.customer_id}"

    @override
    def trace(self) -> Trace:
        issued = self.invoice.issue_date.isoformat()
        return {"customer": self.invoice.customer_id, "like": _likeness(self.invoice), "issued": issued}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        return {"ids": sorted(found.id for found in await Invoices(soap).of_customer(self.invoice.customer_id))}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        answer = await soap.write(self.operation, Inv=_wire_invoice(soap, self.invoice))
        number = int(answer.result or 0)
        if number <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no invoice number.")
        return Landed(number=number)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [found for found in await Invoices(soap).of_customer(trace["customer"]) if found.id not in known]
        equal = [found for found in new if _likeness(found) == trace["like"]]
        alike = [f for f in new if f not in equal and f.issue_date.isoformat() == trace["issued"]]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def differences(self, soap: Connection, landed: Landed) -> tuple[Landed, list[str]]:
        found = await Invoices(soap).get(landed.number)
        return Landed(id=found.id, number=found.number), list(_compare(self.invoice, found))


def _landed(invoice: Invoice) -> Landed:
    return Landed(id=invoice.id, number=invoice.number)


def _likeness(invoice: Invoice | NewInvoice) -> str:
    """What must be equal for two records to be one and the same entry: dates, reference and lines.

    Totals do not count, since KashFlow may state those of a foreign invoice in either currency, nor do spaces: whether line
    breaks survive is unknown.
    """
    lines = [
        [
            "".join(line.description.split()),
            money.plain(line.quantity),
            money.plain(line.unit_price),
            money.plain(line.vat_rate),
            money.plain(line.vat),
        ]
        for line in invoice.lines
    ]
    due = invoice.due_date.isoformat() if invoice.due_date else ""
    return digest([invoice.issue_date.isoformat(), due, invoice.reference, lines])


def _compare(meant: NewInvoice, found: Invoice) -> list[str]:
    """Each difference between what was meant and what stands in the books, to the penny."""
    said: list[str] = []

    def differ(what: str, is_there: Any, was_meant: Any) -> None:
        if is_there != was_meant:
            said.append(f"{what} is {is_there}, not {was_meant}")

    differ("the customer's id", found.customer_id, meant.customer_id)
    differ("the date", found.issue_date, meant.issue_date)
    differ("the due date", found.due_date, meant.due_date)
    differ("the reference", quoted(found.reference), quoted(meant.reference))
    differ("the currency", found.currency, meant.currency)
    differ("the number of lines", len(found.lines), len(meant.lines))
    for n, (there, wanted) in enumerate(zip(found.lines, meant.lines, strict=False), 1):
        differ(f"line {n}'s quantity", money.plain(there.quantity), money.plain(wanted.quantity))
        differ(f"line {n}'s unit price", money.plain(there.unit_price), money.plain(wanted.unit_price))
        differ(f"line {n}'s VAT rate", money.plain(there.vat_rate), money.plain(wanted.vat_rate))
        differ(f"line {n}'s VAT", there.vat, wanted.vat)
        differ(f"line {n}'s nominal id", there.nominal_id, wanted.nominal_id)
        if "".join(there.description.split()) != "".join(wanted.description.split()):
            said.append(f"line {n}'s description reads {quoted(there.description, 200)}")
    if meant.currency == money.HOME:
        differ("the net total", found.net, meant.net)
        differ("the VAT total", found.vat, meant.vat)
    else:
        said += _compare_foreign(meant, found)
    return said


def _compare_foreign(meant: NewInvoice, found: Invoice) -> list[str]:
    """A foreign invoice's rate and totals; whether KashFlow states totals in its currency or in pounds is not documented."""
    said = []
    rate = meant.exchange_rate
    if found.exchange_rate != rate:
        said.append(f"the exchange rate is {money.plain(found.exchange_rate)}, not {money.plain(rate)}")
    for what, there, wanted in (("net", found.net, meant.net), ("VAT", found.vat, meant.vat)):
        readings = (wanted, wanted / rate, wanted * rate)
        if not any(abs(there - reading) <= len(meant.lines) * money.PENNY for reading in readings):
            said.append(f"the {what} total is {there}, which is {wanted} neither in {meant.currency} nor in pounds")
    return said


def _wire_invoice(soap: Connection, invoice: NewInvoice) -> dict[str, Any]:
    """KashFlow's record, every member that its contract demands present.

    Number 0 means the next free one: a number that is in use may overwrite the invoice that holds it
    (kashflow-for-woocommerce), so none is ever sent.
    """
    return {
        "InvoiceDBID": 0,
        "InvoiceNumber": 0,
        "InvoiceDate": wire.midnight(invoice.issue_date),
        "DueDate": wire.midnight(invoice.due_date),
        "Customer": invoice.customer_code,
        "CustomerID": invoice.customer_id,
        "Paid": 0,
        "CustomerReference": invoice.reference,
        "SuppressTotal": 0,
        "ProjectID": 0,
        "CurrencyCode": invoice.currency,
        "ExchangeRate": invoice.exchange_rate,
        "Lines": {"anyType": [_wire_line(soap, line, n) for n, line in enumerate(invoice.lines, 1)]},
        "NetAmount": invoice.net,
        "VATAmount": invoice.vat,
        "AmountPaid": 0,
        "UseCustomDeliveryAddress": False,
        "CISRCNetAmount": None,
        "CISRCVatAmount": None,
        "IsCISReverseCharge": None,
    }


def _wire_line(soap: Connection, line: NewLine, sort: int) -> Any:
    return soap.typed(
        "InvoiceLine",
        {
            "Quantity": line.quantity,
            "Description": line.description,
            "Rate": line.unit_price,
            "ChargeType": line.nominal_id,
            "VatRate": line.vat_rate,
            "VatAmount": line.vat,
            "ProductID": 0,
            "Sort": sort,
            "ProjID": 0,
            "LineID": 0,
            "ValuesInCurrency": 1,
        },
    )
