"""The steps that record and delete payments of invoices and purchases over SOAP."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, Step, Trace
from kf_mcp.model import money
from kf_mcp.model.payments import Kind, NewPayment, NewPurchasePayment, overpaying


class InsertPayment(Insertion, is_shape=True):
    """Record a payment of a document; its place is the document's number."""

    type_name: ClassVar[str] = "Payment"
    id_member: ClassVar[str] = "PayID"
    number_member: ClassVar[str] = "PayID"
    recognised: ClassVar[tuple[str, ...]] = ("PayDate", "PayAmount", "PayMethod", "PayAccount", "PayNote")
    noun: ClassVar[Kind]
    reading: ClassVar[str]
    """The operation that lists the payments of a document."""
    document: ClassVar[str]
    """The operation that reads the document."""
    number_parameter: ClassVar[str]

    document_id: int

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self.refuse_another(soap, int(self.place), self.document_id)
        return await super().evidence(soap)

    @override
    async def send(self, soap: Connection) -> Landed:
        """Asks once more whose the number is: in an entry of several steps, those before it took their time."""
        await self.refuse_another(soap, int(self.place), self.document_id)
        return await super().send(soap)

    @classmethod
    async def refuse_another(cls, soap: Connection, number: int, document_id: int) -> None:
        """Refuse where the number is another document's by now: that of a deleted last one is given out again."""
        if gone := await cls.gone(soap, number, document_id):
            raise Refused(
                f"{gone.capitalize()}.",
                "Nothing was written. Look at what has the number now, and call again for a new preview.",
            )

    @classmethod
    async def gone(cls, soap: Connection, number: int, document_id: int) -> str:
        """That the number is not this document's any more; empty where it is."""
        answer = await wire.read_or_none(soap, cls.document, **{cls.number_parameter: number})
        if wire.integer(answer.result if answer else None, "InvoiceDBID") == document_id:
            return ""
        return f"the {cls.noun} that had the number {number} is not in the books any more"

    @override
    def trace(self) -> Trace:
        return {**super().trace(), "document": self.document_id}

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        """Payments of another document that has the number by now are not ours, whatever they equal."""
        if "document" in trace and (gone := await cls.gone(soap, trace["place"], trace["document"])):
            return Arrivals(unknowable=gone)
        return await super().arrivals(soap, trace, evidence)

    @override
    def words(self) -> str:
        return f"Payment of {money.in_words(self.record['PayAmount'])} of {self.noun} {self.place}"

    @override
    def target(self) -> str:
        return f"payments of {self.noun} {self.document_id}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"{self.noun} {self.document_id}",)

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read(cls.reading, **{cls.number_parameter: place})
        return [row for row in wire.rows(answer.result, "Payment") if wire.integer(row, "PayID")]

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return next((row for row in await cls.standing(soap, place) if wire.integer(row, "PayID") == landed.id), None)

    @classmethod
    def removal(cls) -> "type[DeletePayment]":
        """The kind of step that deletes such a payment."""
        return DeleteInvoicePayment if issubclass(cls, InsertInvoicePayment) else DeletePurchasePayment

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found = records.record(cls.type_name, await cls.read(soap, landed, step.place))
        day, amount = wire.day(found, "PayDate"), money.in_words(found["PayAmount"])
        return Inverse(
            steps=(cls.removal().of(found, step.document_id),),
            facts=(f"The payment of {amount} of {cls.noun} {step.place} is deleted, which makes it outstanding again",),
            alters=(day,) if day else (),
        )


class InsertInvoicePayment(InsertPayment):
    """Record a payment of an invoice."""

    kind: ClassVar[str] = "payment of an invoice"
    operation: ClassVar[str] = "InsertInvoicePayment"
    undo: ClassVar[str] = (
        "`undo_write` deletes each payment that it recorded, and what the invoice owed before is outstanding again"
    )
    parameter: ClassVar[str] = "InvoicePayment"
    noun: ClassVar[Kind] = "invoice"
    reading: ClassVar[str] = "GetInvoicePayment"
    document: ClassVar[str] = "GetInvoice"
    number_parameter: ClassVar[str] = "InvoiceNumber"


class InsertPurchasePayment(InsertPayment):
    """Record a payment of a purchase."""

    kind: ClassVar[str] = "payment of a purchase"
    operation: ClassVar[str] = "InsertReceiptPayment"
    undo: ClassVar[str] = (
        "`undo_write` deletes each payment that it recorded, and what the purchase owed before is outstanding again"
    )
    parameter: ClassVar[str] = "ReceiptPayment"
    noun: ClassVar[Kind] = "purchase"
    reading: ClassVar[str] = "GetReceiptPayment"
    document: ClassVar[str] = "GetReceipt"
    number_parameter: ClassVar[str] = "ReceiptNumber"


class DeletePayment(Removal, is_shape=True):
    """Delete a payment; its place is the document's number."""

    type_name: ClassVar[str] = "Payment"
    id_member: ClassVar[str] = "PayID"
    entering: ClassVar[type[InsertPayment]]

    document_id: int

    @classmethod
    def of(cls, found: Record, document_id: int) -> "DeletePayment":
        """The step that deletes this payment as it stands."""
        key = wire.integer(found, "PayID")
        place = wire.integer(found, "PayInvoice")
        amount = wire.decimal(found, "PayAmount")
        return cls(
            id=key, number=key, place=place, before=cls.fingerprint(found), amount=amount, document_id=document_id
        )

    @override
    def words(self) -> str:
        of = f" of {money.in_words(self.amount)}" if self.amount else f" {self.id}"
        return f"Deletion of the payment{of} of {self.entering.noun} {self.place}"

    @override
    def target(self) -> str:
        return f"payments of {self.entering.noun} {self.document_id}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"{self.entering.noun} {self.document_id}",)

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await cls.entering.read(soap, landed, place)

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return cls.entering(place=step.place, document_id=step.document_id, record={**earlier, "PayID": 0})


class DeleteInvoicePayment(DeletePayment):
    """Delete a payment of an invoice."""

    kind: ClassVar[str] = "deletion of a payment of an invoice"
    operation: ClassVar[str] = "DeleteInvoicePayment"
    undo: ClassVar[str] = "`undo_write` records the payment again, under a new id"
    noun: ClassVar[str] = "payment of an invoice"
    entering: ClassVar[type[InsertPayment]] = InsertInvoicePayment

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, InvoiceNumber=self.place, InvoicePaymentNumber=self.id)


class DeletePurchasePayment(DeletePayment):
    """Delete a payment of a purchase."""

    kind: ClassVar[str] = "deletion of a payment of a purchase"
    operation: ClassVar[str] = "DeleteReceiptPayment"
    undo: ClassVar[str] = "`undo_write` records the payment again, under a new id"
    noun: ClassVar[str] = "payment of a purchase"
    entering: ClassVar[type[InsertPayment]] = InsertPurchasePayment

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, ReceiptPaymentNumber=self.id)


def payment_record(payment: NewPayment | NewPurchasePayment) -> Record:
    """A new payment by KashFlow's names."""
    return {
        "PayID": 0,
        "PayInvoice": payment.number,
        "PayDate": wire.midnight(payment.date),
        "PayNote": payment.note,
        "PayMethod": payment.method_id,
        "PayAccount": payment.account_id,
        "PayAmount": Decimal(payment.amount),
    }


def of_invoice(payment: NewPayment) -> InsertInvoicePayment:
    """The step that records this payment of an invoice."""
    return InsertInvoicePayment(
        place=payment.invoice_number, document_id=payment.invoice_id, record=payment_record(payment)
    )


def of_purchase(payment: NewPurchasePayment) -> InsertPurchasePayment:
    """The step that records this payment of a purchase."""
    return InsertPurchasePayment(
        place=payment.purchase_number, document_id=payment.purchase_id, record=payment_record(payment)
    )


def deletion(kind: Kind, found: Record, document_id: int) -> DeletePayment:
    """The step that deletes this payment of an invoice or a purchase."""
    return (DeleteInvoicePayment if kind == "invoice" else DeletePurchasePayment).of(found, document_id)


async def overpaid_by(steps: Iterable[Step], soap: Connection) -> list[str]:
    """What the payments among these steps would overpay, as the documents stand now; each document with all of its payments."""
    sums: dict[tuple[type[InsertPayment], int, int], Decimal] = defaultdict(Decimal)
    for step in steps:
        if isinstance(step, InsertPayment):
            sums[type(step), int(step.place), step.document_id] += wire.decimal(step.record, "PayAmount")
    said = []
    for (kind, number, document_id), amount in sums.items():
        answer = await wire.read_or_none(soap, kind.document, **{kind.number_parameter: number})
        bill = to_invoice(answer.result if answer else None)  # a purchase has these figures under the same names
        if bill.id == document_id and not bill.is_credit_note:
            said += [
                f"{kind.noun.capitalize()} {number}: {text[:1].lower()}{text[1:]}"
                for text in overpaying(bill, amount, kind.noun)
            ]
    return said
