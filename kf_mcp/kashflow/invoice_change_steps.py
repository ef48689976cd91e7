"""The steps that change invoices and credit notes over SOAP: the header alone, or all lines.

KashFlow's UpdateInvoiceHeader adds the lines that it is sent, so none are sent; its UpdateInvoice finds the invoice by its number and
replaces every line, so all of them are sent with everything that they held.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoice_steps import InsertInvoice, called, compared_totals, credit_of, read_invoice
from kf_mcp.kashflow.invoices import to_invoice, to_line
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed
from kf_mcp.model import dates, money
from kf_mcp.model.invoice_changes import DeliveryAddress, HeaderChange
from kf_mcp.model.invoices import Invoice, InvoiceLine
from kf_mcp.model.text import quoted

LINE_MEMBERS: Final[Mapping[str, str]] = {
    "quantity": "Quantity",
    "description": "Description",
    "unit_price": "Rate",
    "nominal_id": "ChargeType",
    "vat_rate": "VatRate",
    "vat": "VatAmount",
    "product_id": "ProductID",
    "project_id": "ProjID",
}
"""What a line's members are called by KashFlow."""
HEADER_WORDS: Final[Mapping[str, str]] = {
    "InvoiceDate": "Date",
    "DueDate": "Due",
    "CustomerReference": "Reference",
    "ProjectID": "Project",
    "DeliveryAddress": "Delivery address",
    "UseCustomDeliveryAddress": "Delivery address of its own",
}
REVERSE_CHARGE: Final = ("CISRCNetAmount", "CISRCVatAmount")


class ChangeInvoice(Change, is_shape=True):
    """Change an invoice; it is read by its internal id."""

    type_name: ClassVar[str] = "Invoice"
    parameter: ClassVar[str] = "Inv"
    noun: ClassVar[str] = "invoice"
    id_member: ClassVar[str] = "InvoiceDBID"
    number_member: ClassVar[str] = "InvoiceNumber"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"e-mails of invoice {self.id}",)

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_invoice(soap, Landed(id=record_id))

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found, earlier = await step.as_it_stands(soap), records.record(cls.type_name, kept["record"])
        plain = await super().inverse(soap, landed, kept, circumstances)
        days = {day for row in (found, earlier) if (day := wire.day(row, "InvoiceDate"))}
        return plain.model_copy(update={"facts": cls.back(found, earlier, step.members), "alters": tuple(sorted(days))})

    @classmethod
    @abstractmethod
    def back(cls, found: Record, earlier: Record, members: Mapping[str, Any]) -> tuple[str, ...]:
        """What writing the earlier values back does, in words. Raises Refused where it may not be done."""


class ChangeInvoiceHeader(ChangeInvoice):
    """Change an invoice's dates, reference, project or delivery address; its lines are not touched."""

    kind: ClassVar[str] = "change of an invoice's header"
    operation: ClassVar[str] = "UpdateInvoiceHeader"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the invoice since"

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        await super().write(soap, {**merged, "Lines": None})

    @classmethod
    @override
    def back(cls, found: Record, earlier: Record, members: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(
            f"{called(found)}: {fact[:1].lower()}{fact[1:]}"
            for fact in header_alterations(found, {name: earlier[name] for name in members})
        )


class ChangeInvoiceLines(ChangeInvoice):
    """Write an invoice anew with other lines; its header, with everything in it, goes along as it stands."""

    kind: ClassVar[str] = "change of an invoice's lines"
    operation: ClassVar[str] = "UpdateInvoice"
    undo: ClassVar[str] = "`undo_write` writes the earlier lines back, as long as nobody changed the invoice since"
    left_out: ClassVar[frozenset[str]] = frozenset({"NetAmount", "VATAmount", "Paid", "Sort"})

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        """Send it, found by number: so that number is asked for its id right before."""
        number = wire.integer(merged, "InvoiceNumber")
        holder = await read_invoice(soap, Landed(number=number))
        if wire.integer(holder, self.id_member) != self.id:
            raise Refused(
                f"The number {number} belongs to another invoice now.", "Nothing was written. Call again for a preview."
            )
        await super().write(soap, merged)

    @override
    def compared(self, expected: Record, found: Record) -> list[str]:
        return super().compared(expected, found) + compared_totals(expected, found)

    @classmethod
    @override
    def back(cls, found: Record, earlier: Record, members: Mapping[str, Any]) -> tuple[str, ...]:
        now = to_invoice(found)
        totals = [sum(records.sums_of(row["Lines"])) for row in (found, earlier)]
        refuse_below_paid(now, Decimal(totals[1]))
        there, back = (money.in_words(Decimal(total), now.currency) for total in totals)
        return (
            f"{called(found)}: its {len(now.lines)} lines become the {len(earlier['Lines'])} lines from before",
            f"Total with VAT: {there} becomes {back}",
        )


def header_change(found: Record, change: HeaderChange) -> ChangeInvoiceHeader:
    """The step that changes this header. Raises Refused where nothing would change."""
    members: dict[str, Any] = {}
    for name, day in (("InvoiceDate", change.issue_date), ("DueDate", change.due_date)):
        if day is not None:
            members[name] = wire.midnight(day)
    if change.reference is not None:
        members["CustomerReference"] = change.reference
    if change.project_id is not None:
        members["ProjectID"] = change.project_id
    if change.delivery is not None:
        address = change.delivery
        lines = (*address.lines, "", "", "", "")[:4]
        if found.get("DeliveryAddress") is not None or not address.is_blank:
            members["DeliveryAddress"] = {
                "Name": address.name,
                **{f"Line{n}": line for n, line in enumerate(lines, 1)},
                "PostCode": address.postcode,
                "CountryName": address.country,
                "CountryCode": address.country_code,
            }
        members["UseCustomDeliveryAddress"] = not address.is_blank
    return ChangeInvoiceHeader.of(found, members)


def delivery_of(found: Record) -> DeliveryAddress:
    """The invoice's own delivery address; a blank one where it has none."""
    kept = found.get("DeliveryAddress") if found.get("UseCustomDeliveryAddress") else None
    lines = tuple(wire.text(kept, f"Line{n}") for n in range(1, 5))
    return DeliveryAddress(
        name=wire.text(kept, "Name"),
        lines=tuple(line for line in lines if line),
        postcode=wire.text(kept, "PostCode"),
        country=wire.text(kept, "CountryName"),
        country_code=wire.text(kept, "CountryCode"),
    )


def header_alterations(
    found: Record, members: Mapping[str, Any], projects: Mapping[int, str] = MappingProxyType({})
) -> list[str]:
    """What changes in a header, one line for each member; projects by name where the names are given."""

    def shown(name: str, value: Any) -> str:
        if name in {"InvoiceDate", "DueDate"}:
            return dates.in_words(value.date()) if isinstance(value, datetime) else "none"
        if name == "ProjectID":
            return projects.get(value or 0, f"id {value}") if value else "none"
        if name == "DeliveryAddress":
            parts = [str(part) for part in (value or {}).values() if part]
            return quoted(", ".join(parts), 900) if parts else "none of its own"
        if name == "UseCustomDeliveryAddress":
            return "yes" if value else "no"
        return quoted(value, 200) if value else "none"

    said = []
    for name, value in members.items():
        if name == "UseCustomDeliveryAddress" and "DeliveryAddress" in members:
            continue
        said.append(f"{HEADER_WORDS[name]}: {shown(name, found.get(name))} becomes {shown(name, value)}")
    return said


def lines_change(found: Record, wanted: Sequence[InvoiceLine]) -> ChangeInvoiceLines:
    """The step that gives an invoice these lines; those with an id continue the line of that id, the others are new.

    Raises Refused where nothing would change.
    """
    return ChangeInvoiceLines.of(found, {"Lines": line_records(found, wanted)})


def credit_note(
    found: Record, credited: Sequence[InvoiceLine], day: date, remark: str
) -> tuple[InsertInvoice, Invoice]:
    """The step that credits these lines (with the quantities and the VAT that they carry), and the credit note as it will stand."""
    rows = line_records(found, credited)
    is_whole = records.lean(rows, {"Sort"}) == records.lean(found["Lines"], {"Sort"})
    if not is_whole and any(found[name] for name in REVERSE_CHARGE):
        raise Refused(
            f"{called(found)} carries figures of the construction reverse charge, which KashFlow keeps for the whole invoice only.",
            "Nothing was written. Credit the whole of it, or credit lines in KashFlow itself.",
        )
    step = credit_of(found, rows, day, remark)
    return step, to_invoice(step.record)


def has_reverse_charge(found: Record) -> bool:
    """Whether the invoice carries figures of the construction reverse charge, which are kept for the whole of it."""
    return bool(found.get("IsCISReverseCharge") or any(found.get(name) for name in REVERSE_CHARGE))


def line_records(found: Record, wanted: Sequence[InvoiceLine]) -> list[Record]:
    """These lines by KashFlow's names, in order; what a line held beyond what we know of it stays."""
    standing = {wire.integer(row, "LineID"): row for row in found["Lines"]}
    if 0 in standing or len(standing) != len(found["Lines"]):
        raise Refused("KashFlow gave lines without ids of their own.", "Nothing was written. Change it in KashFlow.")
    return [_line_record(standing.get(line.id), line, n) for n, line in enumerate(wanted, 1)]


def _line_record(before: Record | None, line: InvoiceLine, sort: int) -> Record:
    now = to_line(before) if before is not None else None
    members = {
        wired: getattr(line, name)
        for name, wired in LINE_MEMBERS.items()
        if now is None or getattr(now, name) != getattr(line, name)
    }
    return records.record("InvoiceLine", {**(before or {}), **members, "LineID": 0, "Sort": sort})


def refuse_below_paid(before: Invoice, gross: Decimal) -> None:
    """Refuse totals that fall below what is paid, or that turn an invoice into a credit note. Raises Refused."""
    show, charged = money.in_words, sum((line.net + line.vat for line in before.lines), Decimal(0))
    what = "Credit note" if before.is_credit_note else "Invoice"
    if before.is_credit_note != (gross < 0):
        raise Refused(
            f"The total of {what.lower()} {before.number} would become {show(gross, before.currency)}.",
            "Nothing was written. An invoice stays above zero and a credit note below: enter one of the other kind instead.",
        )
    falls_below = before.paid < gross if before.is_credit_note else before.paid > gross
    if before.paid and falls_below and gross != charged:
        raise Refused(
            f"{what} {before.number} would come to {show(gross, before.currency)}, less than the "
            f"{show(before.paid, before.currency)} that is paid or used on it.",
            "Nothing was written. Credit what was charged too much with `create_credit_note`.",
        )
    if before.paid and before.currency != money.HOME and gross != charged:
        raise Refused(
            f"{what} {before.number} is in {before.currency} and has payments, and in which currency KashFlow counts them is not known.",
            "Nothing was written. Credit or charge the difference with a document of its own.",
        )
