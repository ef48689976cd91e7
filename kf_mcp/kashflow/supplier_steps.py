"""The steps that write suppliers over SOAP.

The newer operations (named …2) carry where a supplier trades in one word, which the older ones cannot; they are used, and where the
service does not have them the older ones are.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import NotOffered, OutcomeUnknown, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change, alterations
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, Step, digest
from kf_mcp.kashflow.suppliers import (
    Form,
    Suppliers,
    newer_form,
    older_form,
    read_supplier,
    stream_suppliers,
    to_supplier,
)
from kf_mcp.model import dates
from kf_mcp.model.search import is_nearly
from kf_mcp.model.suppliers import NewSupplier, SupplierChanges
from kf_mcp.model.text import counted
from kf_mcp.model.vat_line import Place

BORDERS: Final[Mapping[Place, str]] = {"UK": "Domestic", "EU": "EC", "world": "ROW", "NI": "NIEU"}
MARKS: Final = ("TradeBorderType", "EC")
"""The members that say where a supplier is for VAT."""
OLDER_KNOWS: Final = frozenset({"", "Domestic", "EC"})
MEMBERS: Final = {
    "name": "Name",
    "email": "Email",
    "telephone": "Telephone",
    "mobile": "Mobile",
    "postcode": "PostCode",
    "vat_number": "VATNumber",
    "payment_terms": "PaymentTerms",
    "currency_id": "CurrencyID",
    "website": "Website",
    "notes": "Notes",
}


class InsertSupplier(Insertion):
    """Enter a new supplier, or a deleted one again; its place is its name."""

    kind: ClassVar[str] = "new supplier"
    operation: ClassVar[str] = "InsertSupplier2"
    other_operations: ClassVar[tuple[str, ...]] = ("InsertSupplier",)
    undo: ClassVar[str] = "`undo_write` deletes the supplier, as long as no purchase has been entered for it"
    type_name: ClassVar[str] = "Supplier2"
    parameter: ClassVar[str] = "Supplier2"
    id_member: ClassVar[str] = "SupplierID"
    code_member: ClassVar[str] = "Code"
    recognised: ClassVar[tuple[str, ...]] = ("Name", "Email", "PostCode", "Telephone", "VATNumber")
    left_out: ClassVar[frozenset[str]] = frozenset({"Created"})

    @classmethod
    def of(cls, supplier: NewSupplier) -> "InsertSupplier":
        """The step that enters this supplier."""
        return cls(place=supplier.name, record=_record(supplier))

    @override
    def target(self) -> str:
        return f"new supplier {digest(str(self.place).casefold())}"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        def made(row: Any) -> Any:
            return row if is_nearly(wire.text(row, "Name"), str(place)) else None

        return [row for row in await stream_suppliers(soap, made) if row is not None]

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await _newer(soap, landed.id)

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        today = wire.midnight(dates.uk_day(dates.now()))
        whole = {**records.record(self.type_name, self.record), "Created": today, "Updated": today}
        try:
            answer = await soap.write(self.operation, Supplier2=records.wired(soap, "Supplier2", whole))
        except NotOffered:
            _refuse_untold(whole["TradeBorderType"])
            answer = await soap.write("InsertSupplier", supl=records.wired(soap, "Supplier", older_form(whole)))
        supplier_id = int(answer.result or 0)
        if supplier_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no supplier id.")
        return Landed(id=supplier_id)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        answer = await soap.read("GetReceiptsForSupplier", SupplierID=landed.id)
        if purchases := sum(1 for row in wire.rows(answer.result, "Invoice") if wire.integer(row, "InvoiceDBID")):
            raise Refused(
                f"{counted(purchases, 'purchase')} stand{'s' if purchases == 1 else ''} for supplier {landed.code}.",
                "Nothing was written. A supplier with purchases stays in the books.",
            )
        deletion = deletion_of(*await Suppliers(soap).record(landed.id))
        return Inverse(steps=(deletion,), facts=(f"Supplier {landed.code} is deleted",))


class ChangeSupplier(Change):
    """Change members of a supplier; where it trades, its currency and everything else stay as they are unless named."""

    kind: ClassVar[str] = "change of a supplier"
    operation: ClassVar[str] = "UpdateSupplier2"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the supplier since"
    type_name: ClassVar[str] = "Supplier2"
    parameter: ClassVar[str] = "Supplier"
    noun: ClassVar[str] = "supplier"
    id_member: ClassVar[str] = "SupplierID"
    code_member: ClassVar[str] = "Code"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        form, row = await read_supplier(soap, record_id)
        return row if form == cls.type_name else None


class ChangeSupplierOlder(ChangeSupplier):
    """Change members of a supplier where the service does not have the newer operations."""

    kind: ClassVar[str] = "change of a supplier by the older operation"
    operation: ClassVar[str] = "UpdateSupplier"
    undo: ClassVar[str] = ChangeSupplier.undo
    type_name: ClassVar[str] = "Supplier"
    parameter: ClassVar[str] = "sup"


class DeleteSupplier(Removal):
    """Delete a supplier."""

    kind: ClassVar[str] = "deletion of a supplier"
    operation: ClassVar[str] = "DeleteSupplier"
    undo: ClassVar[str] = "`undo_write` enters the supplier again, under its code and a new id"
    type_name: ClassVar[str] = "Supplier2"
    noun: ClassVar[str] = "supplier"
    id_member: ClassVar[str] = "SupplierID"

    @classmethod
    def of(cls, found: Record) -> "DeleteSupplier":
        """The step that deletes this supplier as it stands; its record is of the newer form."""
        key = wire.integer(found, "SupplierID")
        return cls(id=key, code=wire.text(found, "Code"), before=cls.fingerprint(found))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await _newer(soap, landed.id)

    @override
    def also(self) -> tuple[str, ...]:
        return (f"purchases of supplier {self.id}", f"money on account of supplier {self.id}")

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, SupplierID=self.id)

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return InsertSupplier(place=wire.text(earlier, "Name"), record={**earlier, "SupplierID": 0})


def deletion_of(form: Form, found: Record) -> DeleteSupplier:
    """The step that deletes the supplier with this record."""
    return DeleteSupplier.of(newer_form(form, found))


def change_of(form: Form, found: Record, changes: SupplierChanges) -> ChangeSupplier:
    """The step that changes a supplier, in the form in which its record was read. Raises Refused where nothing would change."""
    asked = changes.model_dump(exclude_none=True)
    members = {MEMBERS[name]: value for name, value in asked.items() if name in MEMBERS}
    if changes.contact is not None:
        members |= _contact(changes.contact)
    if changes.address is not None:
        members |= _address(changes.address)
    if form == "Supplier2":
        border = {"TradeBorderType": BORDERS[changes.place]} if changes.place else {}
        return ChangeSupplier.of(found, {**members, **border})
    if changes.place:
        _refuse_untold(BORDERS[changes.place])
        members["EC"] = int(changes.place == "EU")
    return ChangeSupplierOlder.of(found, members)


def alterations_in_words(found: Record, members: Mapping[str, Any], place: Place | None) -> list[str]:
    """What changes of a supplier, one line for each: the region in words; of the currency nothing, since only its id stands there."""
    said = alterations(found, {name: value for name, value in members.items() if name not in {*MARKS, "CurrencyID"}})
    if place and set(members) & set(MARKS):
        before = to_supplier(found).place
        same = f"{place}, which its record did not name so far"
        said.append(f"Region for VAT: {same if before == place else f'{before} becomes {place}'}")
    return said


async def _newer(soap: Connection, supplier_id: int) -> Record | None:
    """A supplier's whole record in the newer form; None where there is none."""
    form, row = await read_supplier(soap, supplier_id)
    return newer_form(form, row) if wire.integer(row, "SupplierID") else None


def _refuse_untold(border: str) -> None:
    """Refuse what the older operations have no word for. Raises Refused."""
    if (border or "") not in OLDER_KNOWS:
        raise Refused(
            "This KashFlow service can only say whether a supplier is in the EU, not where else abroad.",
            "Nothing was written. Leave `region` out and set it in KashFlow itself.",
        )


def _contact(contact: str) -> Record:
    first, _, last = contact.rpartition(" ")
    return {"Contact": contact, "ContactFirstName": first, "ContactLastName": last}


def _address(lines: tuple[str, ...]) -> Record:
    return {f"Address{n}": line for n, line in enumerate((*lines, "", "", "", "")[:4], 1)}


def _record(supplier: NewSupplier) -> Record:
    """A new supplier by KashFlow's names; what KashFlow makes or keeps by itself is not named, and so not compared afterwards."""
    given = supplier.model_dump()
    return {
        "SupplierID": 0,
        **({"Code": supplier.code} if supplier.code else {}),
        **{member: given[name] for name, member in MEMBERS.items() if name != "currency_id" or given[name]},
        **_contact(supplier.contact),
        **_address(supplier.address),
        "Fax": "",
        "ContactTitle": "",
        "TradeBorderType": BORDERS[supplier.place],
    }
