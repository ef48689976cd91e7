"""The steps that attach files to invoices and purchases over SOAP, and take those of purchases away.

What is in a file is in no step: it is read when it is sent. KashFlow finds the document of a new file by its number, so the number is
looked up just before, and must still be that of the document that the plan saw.
"""

from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import Refused
from kf_mcp.kashflow import attachable, records, wire
from kf_mcp.kashflow.attachable import Attachable
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.documents import attachments
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, ReadBack, Step, Trace, digest

LINKS: Final = frozenset({"FileURL", "AmazonFilename", "MetaName", "MetaValue"})
"""Where a file is kept. Its link opens without a login, so it is kept nowhere, and it may be another one at each reading."""
NOT_LISTED: Final = "KashFlow has no operation that lists the files of an invoice"


class AttachFile(Step, is_shape=True):
    """Attach a file to a document."""

    noun: ClassVar[str]
    reading: ClassVar[str]
    """The operation that reads the document by its number, and its parameter."""
    number_parameter: ClassVar[str]
    place_parameter: ClassVar[str]
    """The attaching operation's word for the document's number."""

    document_id: int
    number: int
    file: Attachable

    @override
    def words(self) -> str:
        return f"File on {self.noun} {self.number}"

    @override
    def target(self) -> str:
        return f"files of {self.noun} {self.document_id}"

    @override
    def trace(self) -> Trace:
        return {"place": self.document_id, "like": _name_digest(self.file.name), "sha256": self.file.sha256}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self._check_document(soap)
        await attachable.content(soap.settings.attach_from, self.file)
        return {}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._check_document(soap)
        await soap.write(
            self.operation,
            **{self.place_parameter: self.number},
            Base64String=await attachable.content(soap.settings.attach_from, self.file),
            ContentType=self.file.content_type,
            Filename=self.file.name,
            FileExtension=self.file.extension,
            FileSize=str(self.file.size),
        )
        return Landed(number=self.number)  # what the answered number means is not documented

    async def _check_document(self, soap: Connection) -> None:
        """Refuse where the number has become another document's: numbers of deleted ones are given out again."""
        answer = await wire.read_or_none(soap, self.reading, **{self.number_parameter: self.number})
        if wire.integer(answer.result if answer else None, "InvoiceDBID") != self.document_id:
            raise Refused(
                f"The {self.noun} {self.number} is not the one that the preview showed any more.",
                "Nothing was written.",
            )


class AttachToInvoice(AttachFile):
    """Attach a file to an invoice; nothing can be read back."""

    kind: ClassVar[str] = "file on an invoice"
    operation: ClassVar[str] = "AttachFileToInvoice"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that lists or deletes the files of an invoice"
    noun: ClassVar[str] = "invoice"
    reading: ClassVar[str] = "GetInvoice"
    number_parameter: ClassVar[str] = "InvoiceNumber"
    place_parameter: ClassVar[str] = "InvoiceNo"

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        return Arrivals(unknowable=NOT_LISTED)

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        return ReadBack(landed=landed, said=f"KashFlow took it. It cannot be read back: {NOT_LISTED}.")


class AttachToPurchase(AttachFile):
    """Attach a file to a purchase; it is recognised by its name among the files that were not there before."""

    kind: ClassVar[str] = "file on a purchase"
    operation: ClassVar[str] = "AttachFileToReceipt"
    undo: ClassVar[str] = "`undo_write` deletes the file from the purchase"
    noun: ClassVar[str] = "purchase"
    reading: ClassVar[str] = "GetReceipt"
    number_parameter: ClassVar[str] = "ReceiptNumber"
    place_parameter: ClassVar[str] = "ReceiptNo"

    @override
    async def send(self, soap: Connection) -> Landed:
        await super().send(soap)
        return Landed()  # its id is among those of the files that are read back

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await super().evidence(soap)
        return await self.keep(soap)

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"ids": [wire.integer(row, "AttachmentID") for row in await attachments(soap, self.document_id)]}

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        rows = await attachments(soap, trace["place"])
        new = [row for row in rows if wire.integer(row, "AttachmentID") not in known]
        equal = [row for row in new if _name_digest(wire.text(row, "ActualFilename")) == trace["like"]]
        alike = [row for row in new if row not in equal]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        if not landed.id:
            arrived = await self.arrivals(soap, self.trace(), {"ids": kept["ids"]})
            landed = max((*arrived.equal, landed), key=lambda found: found.id)
        found = await read_attachment(soap, self.document_id, landed.id)
        if found is None:
            return ReadBack(landed=landed, differences=("the file is not among those of the purchase",))
        wanted = {"ReceiptID": self.document_id, "ActualFilename": self.file.name}
        wanted |= {"ContentType": self.file.content_type} if found["ContentType"] else {}
        differing = records.differences(wanted, found)
        return ReadBack(landed=landed, differences=tuple(differing), seen=fingerprint(found))

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await read_attachment(soap, trace["place"], landed.id)
        return fingerprint(found) if found else ""

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found = await read_attachment(soap, step.document_id, landed.id)
        if found is None:
            raise Refused("The file is not attached any more.", "Nothing was written.")
        return Inverse(
            steps=(DeleteAttachment.of(found, step.document_id, step.number),),
            facts=(f"The file is deleted from purchase {step.number}, for good",),
        )


class DeleteAttachment(Removal):
    """Delete a file from a purchase; its place is the purchase's internal id."""

    kind: ClassVar[str] = "deletion of a file of a purchase"
    operation: ClassVar[str] = "DeleteReceiptAttachment"
    undo: ClassVar[str] = (
        "nothing undoes it: KashFlow gives a deleted file back to nobody, and this server keeps no copy"
    )
    type_name: ClassVar[str] = "ReceiptAttachment"
    noun: ClassVar[str] = "attached file"
    id_member: ClassVar[str] = "AttachmentID"

    purchase_number: int = 0
    """The purchase's number, for a person to recognise it by; steps that were kept before it was there have none."""

    @classmethod
    def of(cls, found: Record, purchase_id: int, purchase_number: int) -> "DeleteAttachment":
        """The step that deletes this file of a purchase."""
        key, before = wire.integer(found, "AttachmentID"), cls.fingerprint(found)
        return cls(id=key, place=purchase_id, before=before, purchase_number=purchase_number)

    @override
    def words(self) -> str:
        of = f"purchase {self.purchase_number}" if self.purchase_number else "a purchase"
        return f"Deletion of file {self.id} of {of}"

    @override
    def target(self) -> str:
        return f"files of purchase {self.place}"

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_attachment(soap, int(place), landed.id)

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, ReceiptID=self.place, AttachmentID=self.id)

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {}  # nothing enters it again, and its record holds a link that opens without a login

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        raise Refused(f"A {cls.kind} cannot be undone: {cls.undo}.", "Attach the file anew with `attach_file`.")

    @classmethod
    @override
    def fingerprint(cls, found: Record) -> str:
        return fingerprint(found)


async def read_attachment(soap: Connection, purchase_id: int, attachment_id: int) -> Record | None:
    """One file of a purchase; None where there is none with this id."""
    for row in await attachments(soap, purchase_id):
        if attachment_id and wire.integer(row, "AttachmentID") == attachment_id:
            return records.record("ReceiptAttachment", row)
    return None


def fingerprint(found: Record) -> str:
    """What a file's record says of it, its link left out."""
    return digest(records.lean(found, LINKS))


def _landed(row: Any) -> Landed:
    return Landed(id=wire.integer(row, "AttachmentID"))


def _name_digest(name: str) -> str:
    return digest("".join(name.casefold().split()))
