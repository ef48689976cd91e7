"""The steps that set money on account against an invoice or a purchase over SOAP; `bank_steps` enters the money itself.

KashFlow decides itself how much of the money it sets against the document, documents no more of the payment that comes of it than
that it is there, and has no operation that takes it off again.
"""

from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.payment_steps import InsertInvoicePayment, InsertPayment, InsertPurchasePayment
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace
from kf_mcp.model import dates, money


class AllocateAdvance(Step, is_shape=True):
    """Set money on account against a document; it lands as a payment, under the bank transaction's id and the payment's number."""

    paying: ClassVar[type[InsertPayment]]
    """The step that records an ordinary payment of such a document."""
    methods: ClassVar[str]
    """The operation that lists the ways in which such a document is ordinarily paid."""

    number: int
    """The document's visible number, by which KashFlow wants it named."""
    document_id: int
    transaction_id: int
    """The bank transaction that is the money."""
    expected: Decimal
    """How much of it should be set against the document: all that is outstanding, or all of the money."""

    @override
    def words(self) -> str:
        return f"Money on account, {money.in_words(self.expected)} of it, set against {self.paying.noun} {self.number}"

    @override
    def target(self) -> str:
        return f"payments of {self.paying.noun} {self.document_id}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"{self.paying.noun} {self.document_id}", f"bank transaction {self.transaction_id}")

    @override
    def trace(self) -> Trace:
        return {
            "number": self.number,
            "document": self.document_id,
            "transaction": self.transaction_id,
            "expected": money.plain(self.expected),
        }

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self.paying.refuse_another(soap, self.number, self.document_id)
        return {"ids": await self._payments(soap)}

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"ids": await self._payments(soap)}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self.paying.refuse_another(soap, self.number, self.document_id)
        named = {self.paying.number_parameter: self.number, "BankTxId": self.transaction_id}
        await soap.write(self.operation, **named)
        return Landed(id=self.transaction_id)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        """A payment of the expected amount by none of the ordinary methods is it; another new one may be."""
        if "document" in trace and (gone := await cls.paying.gone(soap, trace["number"], trace["document"])):
            return Arrivals(unknowable=gone)
        new = await cls._new(soap, trace["number"], evidence["ids"])
        answer = await soap.read(cls.methods)
        ordinary = {wire.integer(row, "MethodID") for row in wire.rows(answer.result, "PaymentMethod")}
        equal = [
            row
            for row in new
            if money.plain(wire.decimal(row, "PayAmount")) == trace["expected"]
            and wire.integer(row, "PayMethod") not in ordinary
        ]

        def landed(rows: list[Any]) -> tuple[Landed, ...]:
            return tuple(Landed(id=trace["transaction"], number=wire.integer(row, "PayID")) for row in rows)

        return Arrivals(equal=landed(equal), alike=landed([row for row in new if row not in equal]))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        new = await self._new(soap, self.number, kept["ids"])
        there = landed.model_copy(update={"number": wire.integer(new[-1], "PayID")}) if new else landed
        came = sum((money.to_pennies(wire.decimal(row, "PayAmount")) for row in new), Decimal(0))
        said = f"{_in_words(new)}; outstanding of it now: {money.in_words(await self._outstanding(soap))}."
        if came == self.expected:
            return ReadBack(landed=there, said=f"{said} Read back and equal.")
        grew = (
            f"the payments of {self.paying.noun} {self.number} grew by {money.in_words(came)}, not {money.in_words(self.expected)}: "
            "some of the money may have been used before, or KashFlow set another sum against it"
        )
        return ReadBack(landed=there, differences=(grew,), said=f"{said} Read back, and it differs.")

    async def _outstanding(self, soap: Connection) -> Decimal:
        """What the document has outstanding by now."""
        answer = await soap.read(self.paying.document, **{self.paying.number_parameter: self.number})
        return to_invoice(answer.result).outstanding  # a purchase has these figures under the same names

    async def _payments(self, soap: Connection) -> list[int]:
        return sorted(wire.integer(row, "PayID") for row in await self.paying.standing(soap, self.number))

    @classmethod
    async def _new(cls, soap: Connection, number: int, known: list[int]) -> list[Any]:
        return [row for row in await cls.paying.standing(soap, number) if wire.integer(row, "PayID") not in known]


def _in_words(payments: list[Any]) -> str:
    """The payments that came of it, with their amounts and dates."""
    if not payments:
        return "No payment came of it"
    return "KashFlow set " + ", ".join(
        money.in_words(wire.decimal(row, "PayAmount"))
        + (f" dated {dates.in_words(day)}" if (day := wire.day(row, "PayDate")) else "")
        + f" (payment {wire.integer(row, 'PayID')})"
        for row in payments
    )


class AllocateAdvanceToInvoice(AllocateAdvance):
    """Set money that a customer paid on account against one of its invoices."""

    kind: ClassVar[str] = "money on account set against an invoice"
    operation: ClassVar[str] = "AllocateAdvancePaymentToInvoice"
    undo: ClassVar[str] = (
        "nothing undoes it: KashFlow documents no operation that takes money on account off an invoice"
    )
    paying: ClassVar[type[InsertPayment]] = InsertInvoicePayment
    methods: ClassVar[str] = "GetInvPayMethods"


class AllocateAdvanceToPurchase(AllocateAdvance):
    """Set money that was paid to a supplier on account against one of its bills."""

    kind: ClassVar[str] = "money on account set against a purchase"
    operation: ClassVar[str] = "AllocateAdvancePaymentToReceipt"
    undo: ClassVar[str] = (
        "nothing undoes it: KashFlow documents no operation that takes money on account off a purchase"
    )
    paying: ClassVar[type[InsertPayment]] = InsertPurchasePayment
    methods: ClassVar[str] = "GetRecPayMethods"
