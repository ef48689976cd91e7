"""The steps that enter and delete purchases over SOAP. KashFlow calls a purchase a receipt.

Bills are entered by the operation that clients on live accounts use; whatever touches an existing purchase reads and writes the newer
form, so that import duty is not lost. There is no reading by internal id: a purchase is read by its number, and its id compared.
"""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.invoice_steps import compared_totals
from kf_mcp.kashflow.purchases import older_form, read_purchase
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, Step
from kf_mcp.model import money
from kf_mcp.model.purchases import BilledLine, NewPurchase

COMPUTED: Final = frozenset({"NetAmount", "VATAmount", "Customer", "Supplier", "Sort"})
"""What KashFlow works out itself, or renumbers."""


class InsertPurchase(Insertion):
    """Enter a purchase; number 0 means the next free one. Its place is the supplier."""

    kind: ClassVar[str] = "new purchase"
    operation: ClassVar[str] = "InsertReceipt"
    undo: ClassVar[str] = (
        "`undo_write` deletes it while nothing is paid on it; once its VAT period is closed, the same below zero is entered instead"
    )
    type_name: ClassVar[str] = "Invoice"
    parameter: ClassVar[str] = "Inv"
    id_member: ClassVar[str] = "InvoiceDBID"
    number_member: ClassVar[str] = "InvoiceNumber"
    answers: ClassVar[Any] = "number"
    recognised: ClassVar[tuple[str, ...]] = ("InvoiceDate", "DueDate", "CustomerReference", "Lines")
    near: ClassVar[tuple[str, ...]] = ("InvoiceDate",)
    left_out: ClassVar[frozenset[str]] = COMPUTED
    reading: ClassVar[tuple[str, str, str]] = ("GetReceiptsForSupplier", "SupplierID", "Invoice")
    """The operation that lists a supplier's purchases, its parameter, and what its rows are called."""
    reading_one: ClassVar[str] = "GetReceipt"

    @classmethod
    def of(cls, purchase: NewPurchase) -> "InsertPurchase":
        """The step that enters this purchase; one with import duty goes by the newer operation."""
        return entering(_record(purchase))

    @override
    def target(self) -> str:
        return f"purchases of supplier {self.place}"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        operation, parameter, row = cls.reading
        answer = await soap.read(operation, **{parameter: place})
        return list(wire.rows(answer.result, row))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        answer = await wire.read_or_none(soap, cls.reading_one, ReceiptNumber=landed.number)
        return answer.result if answer else None

    @override
    def checked(self, found: Record) -> list[str]:
        return compared_totals(self.record, found)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        found = await read_purchase(soap, landed.number)
        if found is None or found["ReceiptDBId"] != landed.id:
            raise NotFound("purchase", landed.number, "Nothing was written.")
        if circumstances.must_stand:
            why = f"Purchase {landed.number} must stand ({circumstances.must_stand}), so the same below zero is entered"
            then = "Set the two against each other in KashFlow itself, which offers no operation for that"
            return Inverse(
                steps=(reversal_of(found, circumstances.today),), facts=(why, then), dated=(circumstances.today,)
            )
        refuse_paid(found)
        return Inverse(
            steps=(DeletePurchase.of(found),), facts=(f"Purchase {landed.number} is deleted",), alters=days_of(found)
        )


class InsertPurchaseWithDuty(InsertPurchase):
    """Enter a purchase whose lines bear import duty, by the newer operation."""

    kind: ClassVar[str] = "new purchase with import duty"
    operation: ClassVar[str] = "InsertReceipt2"
    undo: ClassVar[str] = InsertPurchase.undo
    type_name: ClassVar[str] = "Receipt2"
    parameter: ClassVar[str] = "Receipt"
    id_member: ClassVar[str] = "ReceiptDBId"
    number_member: ClassVar[str] = "ReceiptNumber"
    recognised: ClassVar[tuple[str, ...]] = ("ReceiptDate", "DueDate", "SupplierReference", "Lines")
    near: ClassVar[tuple[str, ...]] = ("ReceiptDate",)
    reading: ClassVar[tuple[str, str, str]] = ("GetReceiptForSupplier2", "SupplierId", "Receipt2")
    reading_one: ClassVar[str] = "GetReceipt2"


class DeletePurchase(Removal):
    """Delete a purchase, by its internal id."""

    kind: ClassVar[str] = "deletion of a purchase"
    operation: ClassVar[str] = "DeleteReceiptByID"
    undo: ClassVar[str] = (
        "`undo_write` enters it again, under a new id and perhaps another number, without its notes and attached files"
    )
    type_name: ClassVar[str] = "Receipt2"
    noun: ClassVar[str] = "purchase"
    id_member: ClassVar[str] = "ReceiptDBId"

    @classmethod
    def of(cls, found: Record) -> "DeletePurchase":
        """The step that deletes this purchase as it stands."""
        return cls(
            id=wire.integer(found, "ReceiptDBId"),
            number=wire.integer(found, "ReceiptNumber"),
            place=wire.integer(found, "SupplierId"),
            before=cls.fingerprint(found),
        )

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_purchase(soap, landed.number)

    @override
    def also(self) -> tuple[str, ...]:
        return (f"files of purchase {self.id}", f"e-mails of purchase {self.id}")

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, ReceiptID=self.id)

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return entering(earlier)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        back = await super().inverse(soap, landed, kept, circumstances)
        return back.model_copy(update={"dated": days_of(records.record(cls.type_name, kept["record"]))})


def entering(whole: Record) -> InsertPurchase:
    """The step that enters a purchase like this one, under a new id and number; with import duty by the newer operation."""
    fresh = {"ReceiptDBId": 0, "ReceiptNumber": 0, "Paid": 0, "AmountPaid": Decimal(0)}
    record = {**whole, **fresh, "Lines": [{**line, "LineId": 0} for line in whole["Lines"]]}
    place = wire.integer(whole, "SupplierId")
    if any(line["ImportDuty"] for line in record["Lines"]):
        return InsertPurchaseWithDuty(place=place, record=_given(record))
    return InsertPurchase(place=place, record=_given(older_form(record)))


def _given(record: Record) -> Record:
    """The members that say something: what says nothing is sent empty, and KashFlow may answer it in a shape of its own."""
    return {name: value for name, value in record.items() if value is not None}


def reversal_of(found: Record, day: date) -> InsertPurchase:
    """The step that takes a purchase back by the same below zero: prices, VAT and import duty, not quantities.

    KashFlow's own way for a supplier's credit is a copy with a minus on each line (its knowledge base).
    """
    if found["IsCISReverseCharge"]:
        raise Refused(
            f"Purchase {found['ReceiptNumber']} is under the construction industry's reverse charge; what KashFlow keeps of that below "
            "zero is not documented.",
            "Nothing was written. Enter the credit in KashFlow itself.",
        )
    below = ("Rate", "VatAmount", "ImportDuty")
    lines = [{**line, **{name: -(line[name] or Decimal(0)) for name in below}} for line in found["Lines"]]
    net, vat = records.sums_of(lines)
    head = {
        "ReceiptDate": wire.midnight(day),
        "DueDate": wire.midnight(day),
        "SupplierReference": f"Reversal of purchase {found['ReceiptNumber']}",
        "NetAmount": net,
        "VATAmount": vat,
    }
    return entering({**found, **head, "Lines": lines})


def refuse_paid(found: Record) -> None:
    """Refuse to delete what payments hang on. Raises Refused."""
    if found["AmountPaid"] or found["Paid"]:
        raise Refused(
            f"Purchase {found['ReceiptNumber']} has payments of {money.in_words(found['AmountPaid'] or Decimal(0))}.",
            "Nothing was written. Delete or undo the payments first, if the person wants that.",
        )


def days_of(found: Record) -> tuple[date, ...]:
    """The date of a purchase, for closed periods; none where it has none."""
    day = wire.day(found, "ReceiptDate")
    return (day,) if day else ()


def _record(purchase: NewPurchase) -> Record:
    """A new purchase by KashFlow's newer names."""
    return {
        "ReceiptDBId": 0,
        "ReceiptNumber": 0,
        "ReceiptDate": wire.midnight(purchase.issue_date),
        "DueDate": wire.midnight(purchase.due_date),
        "Supplier": purchase.supplier_code,
        "SupplierId": purchase.supplier_id,
        "SupplierReference": purchase.reference,
        "SuppressTotal": 0,
        "ProjectId": 0,
        "CurrencyCode": purchase.currency,
        "ExchangeRate": purchase.exchange_rate,
        "Lines": [line_record(line, n) for n, line in enumerate(purchase.lines, 1)],
        "NetAmount": purchase.net,
        "VATAmount": purchase.vat,
        "UseCustomDeliveryAddress": False,
    }


def line_record(line: BilledLine, sort: int) -> Record:
    """One line by KashFlow's newer names; amounts are in the purchase's own currency."""
    return {
        "Quantity": line.quantity,
        "Description": line.description,
        "Rate": line.unit_price,
        "ChargeType": line.nominal_id,
        "VatRate": line.vat_rate,
        "VatAmount": line.vat,
        "ProductId": line.product_id,
        "Sort": sort,
        "ProjId": line.project_id,
        "LineId": 0,
        "ImportDuty": line.import_duty,
    }
