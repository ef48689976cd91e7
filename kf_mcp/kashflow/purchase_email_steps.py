"""The step that e-mails a purchase order to a supplier, over SOAP."""

from typing import ClassVar

from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.purchases import read_purchase
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest


class EmailPurchaseOrder(Step):
    """Send a purchase order from KashFlow's mail server, at once."""

    kind: ClassVar[str] = "e-mail of a purchase order"
    operation: ClassVar[str] = "EmailPurchaseOrder"
    undo: ClassVar[str] = "nothing undoes it: an e-mail that went out cannot be called back"

    id: int
    number: int
    before: str
    """The fingerprint of the purchase that the plan saw."""
    recipient: str
    sender: str
    sender_name: str
    subject: str
    body: str

    @classmethod
    def of(
        cls, found: Record, *, recipient: str, sender: str, sender_name: str, subject: str, body: str
    ) -> "EmailPurchaseOrder":
        """The step that sends this purchase as it stands."""
        return cls(
            id=wire.integer(found, "ReceiptDBId"),
            number=wire.integer(found, "ReceiptNumber"),
            before=_fingerprint(found),
            recipient=recipient,
            sender=sender,
            sender_name=sender_name,
            subject=subject,
            body=body,
        )

    @override
    def words(self) -> str:
        return f"E-mail of purchase order {self.number}"

    @override
    def target(self) -> str:
        return f"e-mails of purchase {self.id}"

    @override
    def trace(self) -> Trace:
        return {"id": self.id, "number": self.number}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self._check(soap)
        return {}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._check(soap)
        await soap.write(
            self.operation,
            ReceiptNumber=self.number,
            FromEmail=self.sender,
            FromName=self.sender_name,
            SubjectLine=self.subject,
            Body=self.body,
            RecipientEmail=self.recipient,
        )
        return Landed(id=self.id, number=self.number)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        return Arrivals(unknowable="KashFlow offers no list of the e-mails that it sent")

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        return ReadBack(
            landed=landed, said="KashFlow took it for sending; whether it arrives cannot be seen from here."
        )

    async def _check(self, soap: Connection) -> None:
        """Look whether the number still means the purchase that the plan saw. Raises NotFound or Refused."""
        found = await read_purchase(soap, self.number)
        if found is None or found["ReceiptDBId"] != self.id:
            raise NotFound("purchase", self.number, "Nothing was sent.")
        if _fingerprint(found) != self.before:
            raise Refused("The purchase was changed meanwhile.", "Nothing was sent. Call again for a new preview.")


def _fingerprint(found: Record) -> str:
    return digest(records.lean(found, records.STATED))
