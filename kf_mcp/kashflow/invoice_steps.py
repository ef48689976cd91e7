"""The steps that write invoices and credit notes over SOAP."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, Step
from kf_mcp.model import money
from kf_mcp.model.invoices import NewInvoice, NewLine

COMPUTED = frozenset({"NetAmount", "VATAmount", "Customer", "Sort"})
"""What KashFlow works out itself, or renumbers."""


class InsertInvoice(Insertion):
    """Enter a new invoice; number 0 means the next free one.

    A number that is in use may overwrite the invoice that holds it (kashflow-for-woocommerce), so none is ever sent.
    """

    kind: ClassVar[str] = "new invoice"
    operation: ClassVar[str] = "InsertInvoice"
    undo: ClassVar[str] = (
        "`undo_write` deletes it while nothing is paid on it; once it was e-mailed, or its VAT period is closed, it is credited instead"
    )
    type_name: ClassVar[str] = "Invoice"
    parameter: ClassVar[str] = "Inv"
    id_member: ClassVar[str] = "InvoiceDBID"
    number_member: ClassVar[str] = "InvoiceNumber"
    answers: ClassVar[Any] = "number"
    recognised: ClassVar[tuple[str, ...]] = ("InvoiceDate", "DueDate", "CustomerReference", "Lines")
    near: ClassVar[tuple[str, ...]] = ("InvoiceDate",)
    left_out: ClassVar[frozenset[str]] = COMPUTED

    credits: int = 0
    """The internal id of the invoice that it credits, where it is a credit note for one."""

    @classmethod
    def of(cls, invoice: NewInvoice) -> "InsertInvoice":
        """The step that enters this invoice."""
        return cls(place=invoice.customer_id, record=_invoice(invoice))

    @override
    def words(self) -> str:
        return "New credit note" if total_of(self.record) < 0 else "New invoice"

    @override
    def target(self) -> str:
        return f"invoices of customer {self.place}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"invoice {self.credits}",) if self.credits else ()

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read("GetInvoicesForCustomer", CustID=place)
        return list(wire.rows(answer.result, "Invoice"))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_invoice(soap, landed)

    @override
    def checked(self, found: Record) -> list[str]:
        return compared_totals(self.record, found)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        found = records.record(cls.type_name, await read_invoice(soap, landed))
        day, what = wire.day(found, "InvoiceDate") or date.min, called(found)
        if circumstances.must_stand:
            against = "an invoice" if total_of(found) < 0 else "a credit note"
            why = f"{what} must stand ({circumstances.must_stand}), so {against} for all of it is entered"
            then = (
                f"{what} is paid or used, so the two cannot be set against each other"
                if found["AmountPaid"] or found["Paid"]
                else "Set the two against each other afterwards with `apply_credit_note`"
            )
            return Inverse(
                steps=(credit_of(found, found["Lines"], circumstances.today),),
                facts=(why, then),
                dated=(circumstances.today,),
            )
        refuse_paid(found)
        return Inverse(steps=(DeleteInvoice.of(found),), facts=(f"{what} is deleted",), alters=(day,))


class DeleteInvoice(Removal):
    """Delete an invoice, by its internal id."""

    kind: ClassVar[str] = "deletion of an invoice"
    operation: ClassVar[str] = "DeleteInvoiceByID"
    undo: ClassVar[str] = (
        "`undo_write` enters it again, under a new number; its notes and attached files are lost for good"
    )
    type_name: ClassVar[str] = "Invoice"
    noun: ClassVar[str] = "invoice"
    id_member: ClassVar[str] = "InvoiceDBID"

    @classmethod
    def of(cls, found: Record) -> "DeleteInvoice":
        """The step that deletes this invoice as it stands."""
        return cls(
            id=wire.integer(found, "InvoiceDBID"),
            number=wire.integer(found, "InvoiceNumber"),
            place=wire.integer(found, "CustomerID"),
            before=cls.fingerprint(found),
        )

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_invoice(soap, landed)

    @override
    def also(self) -> tuple[str, ...]:
        return (f"files of invoice {self.id}", f"e-mails of invoice {self.id}")

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, InvoiceID=self.id)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        plain = await super().inverse(soap, landed, kept, circumstances)
        day = wire.day(records.record(cls.type_name, kept["record"]), "InvoiceDate")
        return plain.model_copy(update={"dated": (day,) if day else ()})

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        fresh = {"InvoiceDBID": 0, "InvoiceNumber": 0, "Paid": 0, "AmountPaid": Decimal(0)}
        lines = [{**line, "LineID": 0} for line in earlier["Lines"]]
        return InsertInvoice(place=step.place, record={**earlier, **fresh, "Lines": lines})


def credit_of(found: Record, lines: list[Record], day: date, remark: str = "") -> InsertInvoice:
    """The step that credits these lines of an invoice: the same again below zero, by prices and not by quantities.

    KashFlow has no kind of its own for credit notes; clients on live accounts make the price and the VAT negative (spree-kashflow).
    """
    reversed_lines = [
        {**line, **{name: -wire.decimal(line, name) for name in ("Rate", "VatAmount")}, "LineID": 0, "Sort": n}
        for n, line in enumerate(lines, 1)
    ]
    net, vat = records.sums_of(reversed_lines)
    what = "Credit for invoice" if total_of(found) >= 0 else "Reversal of credit note"
    fresh = {
        "InvoiceDBID": 0,
        "InvoiceNumber": 0,
        "InvoiceDate": wire.midnight(day),
        "DueDate": wire.midnight(day),
        "CustomerReference": f"{what} {found['InvoiceNumber']}{f': {remark}' if remark else ''}",
        "Paid": 0,
        "AmountPaid": Decimal(0),
        "NetAmount": net,
        "VATAmount": vat,
        "Lines": reversed_lines,
        **{name: -found[name] for name in ("CISRCNetAmount", "CISRCVatAmount") if found[name]},
    }
    place, credited = wire.integer(found, "CustomerID"), wire.integer(found, "InvoiceDBID")
    return InsertInvoice(place=place, record={**found, **fresh}, credits=credited)


async def read_invoice(soap: Connection, landed: Landed) -> Any:
    """An invoice by its id where that is known, else by its number; None where there is none."""
    if landed.id:
        answer = await wire.read_or_none(soap, "GetInvoiceByID", InvoiceID=landed.id)
    else:
        answer = await wire.read_or_none(soap, "GetInvoice", InvoiceNumber=landed.number)
    return answer.result if answer else None


def refuse_paid(found: Record) -> None:
    """Refuse to delete what payments hang on."""
    if found["AmountPaid"] or (found["Paid"] and total_of(found)):
        paid = money.in_words(found["AmountPaid"] or Decimal(0), found.get("CurrencyCode") or money.HOME)
        raise Refused(
            f"{called(found)} has payments of {paid}.",
            "Nothing was written. Delete the payments first, if the person wants that; an applied credit note cannot be taken back.",
        )


def called(found: Mapping[str, Any]) -> str:
    """What a document is called: Invoice 1042, or Credit note 1051."""
    return f"{'Credit note' if total_of(found) < 0 else 'Invoice'} {found['InvoiceNumber']}"


def total_of(found: Mapping[str, Any]) -> Decimal:
    """A document's stated total with VAT; below zero it is a credit note."""
    return wire.decimal(found, "NetAmount") + wire.decimal(found, "VATAmount")


def compared_totals(meant: Record, found: Record) -> list[str]:
    """A document's totals against the sums of the lines that were sent, to the penny.

    A foreign document's may be in either currency: whether KashFlow states totals in its own or in pounds is not documented.
    """
    lines = meant["Lines"]
    net, vat = records.sums_of(lines)
    rate, is_home = meant.get("ExchangeRate") or Decimal(1), _is_home(meant)
    said = []
    for what, there, wanted in (
        ("net", wire.decimal(found, "NetAmount"), net),
        ("VAT", wire.decimal(found, "VATAmount"), vat),
    ):
        there = money.to_pennies(there)  # noqa: PLW2901
        readings = (wanted,) if is_home else (wanted, wanted / rate, wanted * rate)
        slack = Decimal(0) if is_home else len(lines) * money.PENNY
        if not any(abs(there - reading) <= slack for reading in readings):
            said.append(f"the {what} total is {there}, not {wanted}{'' if is_home else ', in neither currency'}")
    return said


def _is_home(meant: Mapping[str, Any]) -> bool:
    return (meant.get("CurrencyCode") or money.HOME) == money.HOME


def _invoice(invoice: NewInvoice) -> Record:
    return {
        "InvoiceDBID": 0,
        "InvoiceNumber": 0,
        "InvoiceDate": wire.midnight(invoice.issue_date),
        "DueDate": wire.midnight(invoice.due_date),
        "Customer": invoice.customer_code,
        "CustomerID": invoice.customer_id,
        "Paid": 0,
        "CustomerReference": invoice.reference,
        "SuppressTotal": 0,
        "ProjectID": 0,
        "CurrencyCode": invoice.currency,
        "ExchangeRate": invoice.exchange_rate,
        "Lines": [line_record(line, n) for n, line in enumerate(invoice.lines, 1)],
        "NetAmount": invoice.net,
        "VATAmount": invoice.vat,
        "AmountPaid": 0,
        "UseCustomDeliveryAddress": False,
    }


def line_record(line: NewLine, sort: int) -> Record:
    """One line by KashFlow's names; amounts are in the document's own currency."""
    return {
        "Quantity": line.quantity,
        "Description": line.description,
        "Rate": line.unit_price,
        "ChargeType": line.nominal_id,
        "VatRate": line.vat_rate,
        "VatAmount": line.vat,
        "ProductID": line.product_id,
        "Sort": sort,
        "ProjID": line.project_id,
        "LineID": 0,
    }
