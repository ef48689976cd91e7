"""Payments of invoices over SOAP: reading them, and the step that records one."""

from datetime import date
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Evidence, Landed, Step, Trace, digest
from kf_mcp.model import money
from kf_mcp.model.payments import NewPayment, Payment
from kf_mcp.model.text import quoted


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
    """The payments of invoices; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def of_invoice(self, number: int) -> list[Payment]:
        """Every payment of one invoice, oldest first."""
        answer = await self._soap.read("GetInvoicePayment", InvoiceNumber=number)
        found = [to_payment(row) for row in wire.rows(answer.result, "Payment")]
        return sorted((payment for payment in found if payment.id), key=lambda payment: (payment.date, payment.id))


class InsertInvoicePayment(Step):
    """Record a payment of an invoice."""

    kind: ClassVar[str] = "payment of an invoice"
    operation: ClassVar[str] = "InsertInvoicePayment"
    undo: ClassVar[str] = "in KashFlow itself: delete the payment, which makes the invoice outstanding again"

    payment: NewPayment

    @override
    def target(self) -> str:
        return f"payments of invoice {self.payment.invoice_id}"

    @override
    def trace(self) -> Trace:
        return {"invoice": self.payment.invoice_number, "like": _likeness(self.payment)}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        return {"ids": sorted(found.id for found in await Payments(soap).of_invoice(self.payment.invoice_number))}

    @override
    async def send(self, soap: Connection) -> Landed:
        payment = self.payment
        record = {
            "PayID": 0,
            "PayInvoice": payment.invoice_number,
            "PayDate": wire.midnight(payment.date),
            "PayNote": payment.note,
            "PayMethod": payment.method_id,
            "PayAccount": payment.account_id,
            "PayAmount": payment.amount,
        }
        answer = await soap.write(self.operation, InvoicePayment=record)
        payment_id = int(answer.result or 0)
        if payment_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no payment id.")
        return Landed(id=payment_id, number=payment_id)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [found for found in await Payments(soap).of_invoice(trace["invoice"]) if found.id not in known]
        equal = [found for found in new if _likeness(found) == trace["like"]]
        alike = [found for found in new if found not in equal]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def differences(self, soap: Connection, landed: Landed) -> tuple[Landed, list[str]]:
        found = {payment.id: payment for payment in await Payments(soap).of_invoice(self.payment.invoice_number)}
        if landed.id not in found:
            return landed, [f"payment {landed.id} is not among the payments of invoice {self.payment.invoice_number}"]
        there, meant = found[landed.id], self.payment
        names = ("date", "amount", "note", "method_id", "account_id")
        return landed, [
            f"the {name.removesuffix('_id')} is {quoted(str(getattr(there, name)))}, not {quoted(str(getattr(meant, name)))}"
            for name in names
            if getattr(there, name) != getattr(meant, name)
        ]


def _landed(payment: Payment) -> Landed:
    return Landed(id=payment.id, number=payment.id)


def _likeness(payment: Payment | NewPayment) -> str:
    """What must be equal for two records to be one and the same entry."""
    return digest(
        [payment.date.isoformat(), f"{money.to_pennies(payment.amount)}", payment.method_id, payment.account_id]
    )
