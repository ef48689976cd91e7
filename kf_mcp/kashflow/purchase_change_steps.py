"""The steps that change purchases over SOAP: their heads and their lines.

A purchase is read in the newer form, so that import duty is not lost; see `purchase_steps`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import NotOffered
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoice_steps import compared_totals
from kf_mcp.kashflow.purchase_steps import COMPUTED, days_of, line_record
from kf_mcp.kashflow.purchases import older_form, read_purchase
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed
from kf_mcp.model import money
from kf_mcp.model.purchases import BilledLine, PurchaseLine

LINE_MEMBERS: Final = {
    "description": "Description",
    "quantity": "Quantity",
    "unit_price": "Rate",
    "nominal_id": "ChargeType",
    "vat_rate": "VatRate",
    "vat": "VatAmount",
    "import_duty": "ImportDuty",
}


class ChangePurchase(Change):
    """Change the head of a purchase; its lines are not sent, since those that are sent would be added to the old ones."""

    kind: ClassVar[str] = "change of a purchase"
    operation: ClassVar[str] = "UpdateReceiptHeader"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the purchase since"
    type_name: ClassVar[str] = "Receipt2"
    parameter: ClassVar[str] = "Receipt"
    noun: ClassVar[str] = "purchase"
    id_member: ClassVar[str] = "ReceiptDBId"
    number_member: ClassVar[str] = "ReceiptNumber"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"e-mails of purchase {self.id}",)

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_purchase(soap, int(key))

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        head = {**older_form(merged), "Lines": None}
        await soap.write(self.operation, Receipt=records.wired(soap, "Invoice", head))

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        back = await super().inverse(soap, landed, kept, circumstances)
        now = await cls.model_validate(kept["step"]).as_it_stands(soap)
        days = {*days_of(now), *days_of(records.record(cls.type_name, kept["record"]))}
        return back.model_copy(update={"alters": tuple(sorted(days))})


class ChangePurchaseLines(ChangePurchase):
    """Change, add and take away lines: KashFlow replaces all of them, so all of them are sent."""

    kind: ClassVar[str] = "change of a purchase's lines"
    operation: ClassVar[str] = "UpdateReceipt2"
    other_operations: ClassVar[tuple[str, ...]] = ("UpdateReceipt",)
    undo: ClassVar[str] = "`undo_write` writes the earlier lines back, as long as nobody changed the purchase since"
    left_out: ClassVar[frozenset[str]] = COMPUTED

    @override
    def merged(self, found: Record) -> Record:
        net, vat = records.sums_of(self.members["Lines"])
        return {**found, **self.members, "NetAmount": net, "VATAmount": vat}

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        try:
            await soap.write(self.operation, Receipt=records.wired(soap, self.type_name, merged))
        except NotOffered:
            await soap.write("UpdateReceipt", Receipt=records.wired(soap, "Invoice", older_form(merged)))

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        back = await super().inverse(soap, landed, kept, circumstances)
        now = await cls.model_validate(kept["step"]).as_it_stands(soap)
        gross, paid = (
            sum(records.sums_of(records.record(cls.type_name, kept["record"])["Lines"])),
            now["AmountPaid"] or Decimal(0),
        )
        currency = now.get("CurrencyCode") or money.HOME
        if not paid or gross < 0 or gross == sum(records.sums_of(now["Lines"])):
            return back
        after = (
            f"the purchase would be overpaid by {money.in_words(paid - gross, currency)}"
            if gross < paid
            else f"{money.in_words(gross - paid, currency)} will be outstanding"
        )
        said = f"{money.in_words(paid, currency)} is paid on it: {after}."
        return back.model_copy(update={"warnings": (*back.warnings, said)})

    @override
    def compared(self, expected: Record, found: Record) -> list[str]:
        return super().compared(expected, found) + compared_totals(expected, found)


def head_change(
    found: Record,
    *,
    issue_date: date | None = None,
    due_date: date | None = None,
    reference: str | None = None,
    project_id: int | None = None,
) -> ChangePurchase:
    """The step that changes what is named of a purchase's head. Raises Refused where nothing would change."""
    asked = {
        "ReceiptDate": issue_date,
        "DueDate": due_date,
        "SupplierReference": reference,
        "ProjectId": project_id,
    }
    wanted = {name: value for name, value in asked.items() if value is not None}
    return ChangePurchase.of(found, wanted, wire.integer(found, "ReceiptNumber"))


def lines_change(
    found: Record, before: Sequence[PurchaseLine], after: Sequence[PurchaseLine | BilledLine]
) -> ChangePurchaseLines:
    """The step that gives a purchase these lines: of a line that is there, only what differs is written anew.

    Raises Refused where nothing would change.
    """
    as_sent = {wire.integer(line, "LineId"): line for line in found["Lines"]}
    as_read = {line.id: line for line in before}
    lines = []
    for place, line in enumerate(after, 1):
        if isinstance(line, PurchaseLine):
            earlier = as_read[line.id]
            differing = {
                member: getattr(line, name)
                for name, member in LINE_MEMBERS.items()
                if getattr(line, name) != getattr(earlier, name)
            }
            lines.append({**as_sent[line.id], **differing, "Sort": place})
        else:
            lines.append(line_record(line, place))
    return ChangePurchaseLines.of(found, {"Lines": lines}, wire.integer(found, "ReceiptNumber"))
