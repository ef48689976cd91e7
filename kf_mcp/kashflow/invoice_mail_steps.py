"""The step that sends an invoice by e-mail over SOAP. KashFlow sends it at once, with the invoice as a PDF."""

from typing import ClassVar, Self

from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoice_steps import read_invoice
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model.invoice_changes import Email


class EmailInvoice(Step):
    """Send an invoice by e-mail, from KashFlow's own mail server."""

    kind: ClassVar[str] = "e-mail of an invoice"
    operation: ClassVar[str] = "EmailInvoice"
    undo: ClassVar[str] = "nothing undoes it: an e-mail that was sent cannot be called back"

    id: int
    number: int
    email: Email
    before: str
    """The fingerprint of the invoice that the plan saw, which is what the PDF will show."""

    @classmethod
    def of(cls, found: Record, email: Email) -> Self:
        """The step that sends this invoice so."""
        return cls(
            id=wire.integer(found, "InvoiceDBID"),
            number=wire.integer(found, "InvoiceNumber"),
            email=email,
            before=_fingerprint(found),
        )

    @override
    def words(self) -> str:
        return f"E-mail of invoice {self.number}"

    @override
    def target(self) -> str:
        return f"e-mails of invoice {self.id}"

    @override
    def trace(self) -> Trace:
        return {"id": self.id, "number": self.number, "like": digest(self.email)}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self._as_planned(soap)
        return {}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._as_planned(soap)
        await soap.write(
            self.operation,
            InvoiceNumber=self.number,
            FromEmail=self.email.sender,
            FromName=self.email.sender_name,
            SubjectLine=self.email.subject,
            Body=self.email.body,
            RecipientEmail=self.email.recipient,
        )
        return Landed(id=self.id, number=self.number)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        return Arrivals(
            unknowable="KashFlow lists no e-mails that it sent; look into the sender's own copy or ask the recipient"
        )

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        return ReadBack(landed=landed, said="KashFlow took it to send; whether it arrived cannot be seen in the books.")

    async def _as_planned(self, soap: Connection) -> None:
        """Refuse where the number, by which KashFlow finds it, is not that invoice's any more or its content changed."""
        found = records.record("Invoice", await read_invoice(soap, Landed(number=self.number)))
        if wire.integer(found, "InvoiceDBID") != self.id:
            raise NotFound("invoice with the number", self.number, "Nothing was sent.")
        if _fingerprint(found) != self.before:
            raise Refused("The invoice was changed meanwhile.", "Nothing was sent. Call again for a new preview.")


def _fingerprint(found: Record) -> str:
    return digest(records.lean(found, records.STATED))
