"""The step that sets a credit note against an invoice over SOAP; what enters one is `invoice_steps.InsertInvoice`."""

from decimal import Decimal
from typing import ClassVar, Self

from typing_extensions import override

from kf_mcp.errors import NotFound, OutcomeUnknown, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoice_steps import read_invoice
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model import money
from kf_mcp.model.invoices import Invoice


class ApplyCreditNote(Step):
    """Set a credit note against an invoice of the same customer; both are named by their internal ids."""

    kind: ClassVar[str] = "application of a credit note"
    operation: ClassVar[str] = "applyCreditNoteToInvoice"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that takes back an applied credit note"

    invoice_id: int
    invoice_number: int
    credit_id: int
    credit_number: int
    amount: Decimal
    """What both have left, in their currency; KashFlow is told no amount."""
    before: tuple[str, str]
    """The fingerprints of the invoice and the credit note that the plan saw, what is paid of them included."""

    @classmethod
    def of(cls, invoice: Record, credit: Record) -> Self:
        """The step that sets this credit note against this invoice."""
        owed, left = to_invoice(invoice), to_invoice(credit)
        return cls(
            invoice_id=owed.id,
            invoice_number=owed.number,
            credit_id=left.id,
            credit_number=left.number,
            amount=min(owed.outstanding, -left.outstanding),
            before=(_fingerprint(invoice), _fingerprint(credit)),
        )

    @override
    def words(self) -> str:
        return f"Credit note {self.credit_number} against invoice {self.invoice_number}"

    @override
    def target(self) -> str:
        return f"payments of invoice {self.invoice_id}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"invoice {self.invoice_id}", f"invoice {self.credit_id}", f"payments of invoice {self.credit_id}")

    @override
    def trace(self) -> Trace:
        return {
            "invoice": self.invoice_id,
            "number": self.invoice_number,
            "credit": self.credit_id,
            "amount": str(self.amount),
        }

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        invoice, credit = await self._as_planned(soap)
        return {"invoice_paid": str(invoice.paid), "credit_paid": str(credit.paid)}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._as_planned(soap)
        answer = await soap.write(self.operation, InvoiceID=self.invoice_id, CreditNoteID=self.credit_id)
        if not wire.truth({"said": answer.result}, "said"):
            raise OutcomeUnknown("KashFlow said OK, but not that the credit note was applied.")
        return Landed(id=self.invoice_id, number=self.invoice_number)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        invoice = await _read(soap, trace["invoice"])
        credit = await _read(soap, trace["credit"])
        if invoice is None or credit is None:
            return Arrivals(unknowable="the invoice or the credit note is not in the books any more")
        owed, left, amount = to_invoice(invoice), to_invoice(credit), Decimal(trace["amount"])
        more, less = owed.paid - Decimal(evidence["invoice_paid"]), Decimal(evidence["credit_paid"]) - left.paid
        if not more and not less:
            return Arrivals()
        there = (Landed(id=trace["invoice"], number=trace["number"]),)
        is_equal = all(_is_near(change, amount, owed) for change in (more, less))
        return Arrivals(equal=there) if is_equal else Arrivals(alike=there)

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        said = []
        for what, key in (("invoice", self.invoice_id), ("credit note", self.credit_id)):
            found = await _read(soap, key)
            if found is None:
                said.append(f"the {what} cannot be found again")
                continue
            now = to_invoice(found)
            wanted = Decimal(kept[what]) - (self.amount if what == "invoice" else -self.amount)
            if not _is_near(now.outstanding, wanted, now):
                show = money.in_words
                said.append(
                    f"what is left of the {what} is {show(now.outstanding, now.currency)}, not {show(wanted, now.currency)}"
                )
        return ReadBack(landed=landed, differences=tuple(said))

    @override
    async def keep(self, soap: Connection) -> Kept:
        invoice, credit = await self._as_planned(soap)
        return {"invoice": str(invoice.outstanding), "credit note": str(credit.outstanding)}

    async def _as_planned(self, soap: Connection) -> tuple[Invoice, Invoice]:
        """Both documents, if they are still those that the plan saw. Raises Refused where they are not."""
        found = []
        for what, key, number, before in (
            ("invoice", self.invoice_id, self.invoice_number, self.before[0]),
            ("credit note", self.credit_id, self.credit_number, self.before[1]),
        ):
            row = await _read(soap, key)
            if row is None:
                raise NotFound(what, number, "Nothing was written.")
            if _fingerprint(row) != before:
                raise Refused(
                    f"The {what} {number} was changed or paid meanwhile.",
                    "Nothing was written. Call again for a new preview.",
                )
            found.append(to_invoice(row))
        return found[0], found[1]


async def _read(soap: Connection, key: int) -> Record | None:
    row = await read_invoice(soap, Landed(id=key))
    return records.record("Invoice", row) if wire.integer(row, "InvoiceDBID") == key else None


def _fingerprint(found: Record) -> str:
    return digest(records.lean(found))


def _is_near(there: Decimal, wanted: Decimal, invoice: Invoice) -> bool:
    """Whether two amounts are the same; those of a foreign document may have been turned into pounds and back."""
    slack = Decimal(0) if invoice.currency == money.HOME else 2 * money.PENNY
    return abs(there - wanted) <= slack
