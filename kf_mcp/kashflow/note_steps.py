"""The steps that add notes to invoices and purchases over SOAP. KashFlow answers without the note's id, and deletes no note."""

from datetime import date
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Kept, Landed, ReadBack

NOT_DELETED = "nothing undoes it: KashFlow has no operation that changes or deletes a note"


class InsertNote(Insertion, is_shape=True):
    """Add a note to a document; its place is the document's internal id.

    What KashFlow makes of a note's date is not documented, so it is recognised by its text alone: the newest that was not there before.
    """

    id_member: ClassVar[str] = "NoteId"
    recognised: ClassVar[tuple[str, ...]] = ("Notes",)
    left_out: ClassVar[frozenset[str]] = frozenset({"NoteDate"})
    noun: ClassVar[str]
    reading: ClassVar[str]
    place_member: ClassVar[str]

    @override
    def target(self) -> str:
        return f"notes of {self.noun} {self.place}"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read(cls.reading, **{cls.place_member: place})
        return [row for row in wire.rows(answer.result, cls.type_name) if wire.integer(row, cls.id_member)]

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        rows = await cls.standing(soap, place)
        return next((row for row in rows if wire.integer(row, cls.id_member) == landed.id), None)

    @override
    async def keep(self, soap: Connection) -> Kept:
        return await self.evidence(soap)

    @override
    async def send(self, soap: Connection) -> Landed:
        answer = await soap.write(self.operation, **self.record)
        if not answer.result:
            raise OutcomeUnknown("KashFlow said OK, and that the note was not added.")
        return Landed()

    @override
    def checked(self, found: Record) -> list[str]:
        there, wanted = wire.day(found, "NoteDate"), wire.day(self.record, "NoteDate")
        return [] if there == wanted else [f"the note's date is {there}, not {wanted}"]

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        if not landed.id:
            arrived = await self.arrivals(soap, self.trace(), {"ids": kept["ids"]})
            landed = max((*arrived.equal, landed), key=lambda found: found.id)
        return await super().read_back(soap, landed, kept)


class InsertInvoiceNote(InsertNote):
    """Add a note to an invoice."""

    kind: ClassVar[str] = "note on an invoice"
    operation: ClassVar[str] = "InsertInvoiceNote"
    undo: ClassVar[str] = NOT_DELETED
    type_name: ClassVar[str] = "InvoiceNotes"
    noun: ClassVar[str] = "invoice"
    reading: ClassVar[str] = "GetInvoiceNotes"
    place_member: ClassVar[str] = "InvoiceId"


class InsertPurchaseNote(InsertNote):
    """Add a note to a purchase."""

    kind: ClassVar[str] = "note on a purchase"
    operation: ClassVar[str] = "InsertReceiptNote"
    undo: ClassVar[str] = NOT_DELETED
    type_name: ClassVar[str] = "ReceiptNotes"
    noun: ClassVar[str] = "purchase"
    reading: ClassVar[str] = "GetReceiptNotes"
    place_member: ClassVar[str] = "ReceiptId"


def on_invoice(invoice_id: int, day: date, text: str) -> InsertInvoiceNote:
    """The step that adds this note to an invoice."""
    return InsertInvoiceNote(place=invoice_id, record=_note("InvoiceId", invoice_id, day, text))


def on_purchase(purchase_id: int, day: date, text: str) -> InsertPurchaseNote:
    """The step that adds this note to a purchase."""
    return InsertPurchaseNote(place=purchase_id, record=_note("ReceiptId", purchase_id, day, text))


def _note(place_member: str, place: int, day: date, text: str) -> Record:
    return {place_member: place, "NoteDate": wire.midnight(day), "Notes": text}
