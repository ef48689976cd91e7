"""The steps that write quotes over SOAP, and the one that makes an invoice of a quote.

A quote's record is an invoice's without due date and currency. Lines are always written all together (`UpdateQuote`), so that a
line is found by its place and keeps its product, project and VAT; the operations for single lines are not needed.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.invoice_steps import compared_totals, line_record
from kf_mcp.kashflow.invoices import to_line
from kf_mcp.kashflow.quotes import Quotes
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, Step
from kf_mcp.model import money
from kf_mcp.model.invoices import InvoiceLine
from kf_mcp.model.quotes import NewQuote, QuoteChanges, RevisedLine

SET_BY_KASHFLOW: Final = frozenset({"Customer", "Sort"})
"""The customer's code follows the customer's id, and lines are numbered anew."""
TOTALS: Final = frozenset({"NetAmount", "VATAmount"})
NOT_SHOWN: Final = frozenset({"CurrencyCode", "ExchangeRate"})
"""What KashFlow leaves blank on quotes, whatever was sent (Zynk's recorded objects)."""


class InsertQuote(Insertion):
    """Enter a new quote; number 0 means the next free one."""

    kind: ClassVar[str] = "new quote"
    operation: ClassVar[str] = "InsertQuote"
    undo: ClassVar[str] = "`undo_write` deletes it, as long as no invoice was made of it"
    type_name: ClassVar[str] = "Invoice"
    parameter: ClassVar[str] = "Quote"
    id_member: ClassVar[str] = "InvoiceDBID"
    number_member: ClassVar[str] = "InvoiceNumber"
    recognised: ClassVar[tuple[str, ...]] = ("InvoiceDate", "CustomerReference", "Lines")
    near: ClassVar[tuple[str, ...]] = ("InvoiceDate",)
    left_out: ClassVar[frozenset[str]] = SET_BY_KASHFLOW | TOTALS | NOT_SHOWN

    @classmethod
    def of(cls, quote: NewQuote) -> "InsertQuote":
        """The step that enters this quote."""
        return cls(place=quote.customer_id, record=_quote(quote))

    @override
    def target(self) -> str:
        return f"quotes of customer {self.place}"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read("GetQuotesForCustomer", CustID=place)
        return list(wire.rows(answer.result, "Invoice"))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_quote(soap, landed.id)

    @override
    def checked(self, found: Record) -> list[str]:
        return compared_totals(self.record, found)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        if await Quotes(soap).state(landed.id) == "converted":
            raise Refused(
                f"An invoice was made of quote {landed.number}, so the quote is not undone.",
                "Nothing was written. Undo the conversion first, or delete the quote with `delete_quote`.",
            )
        found = records.record(cls.type_name, await read_quote(soap, landed.id))
        return Inverse(
            steps=(DeleteQuote.of(found),), facts=(f"Quote {landed.number} is deleted",), held=records.days(found)
        )


class ChangeQuote(Change, is_shape=True):
    """Change a quote, found by its internal id."""

    type_name: ClassVar[str] = "Invoice"
    parameter: ClassVar[str] = "Quote"
    noun: ClassVar[str] = "quote"
    id_member: ClassVar[str] = "InvoiceDBID"
    number_member: ClassVar[str] = "InvoiceNumber"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_quote(soap, record_id)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        return _held(await super().inverse(soap, landed, kept, circumstances))


class ChangeQuoteHeader(ChangeQuote):
    """Change members of a quote's header; its lines are not sent, since KashFlow would add those that are to the ones there."""

    kind: ClassVar[str] = "change of a quote"
    operation: ClassVar[str] = "UpdateQuoteHeader"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the quote since"
    left_out: ClassVar[frozenset[str]] = SET_BY_KASHFLOW | NOT_SHOWN

    @override
    def also(self) -> tuple[str, ...]:
        """A quote that is given to another customer comes among that customer's."""
        return (f"quotes of customer {self.members['CustomerID']}",) if "CustomerID" in self.members else ()

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        await super().write(soap, {**merged, "Lines": None})


class ChangeQuoteLines(ChangeQuote):
    """Write all lines of a quote anew; line ids change, everything else that a line holds stays."""

    kind: ClassVar[str] = "change of a quote's lines"
    operation: ClassVar[str] = "UpdateQuote"
    undo: ClassVar[str] = "`undo_write` writes the earlier lines back, as long as nobody changed the quote since"
    left_out: ClassVar[frozenset[str]] = SET_BY_KASHFLOW | TOTALS | NOT_SHOWN

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        lines = [{**line, "LineID": 0} for line in merged["Lines"]]
        await super().write(soap, {**merged, "Lines": lines})

    @override
    def compared(self, expected: Record, found: Record) -> list[str]:
        return super().compared(expected, found) + compared_totals(expected, found)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        inverse = await super().inverse(soap, landed, kept, circumstances)
        earlier = records.record(cls.type_name, kept["record"])
        total = money.to_pennies(wire.decimal(earlier, "NetAmount") + wire.decimal(earlier, "VATAmount"))
        return inverse.model_copy(update={"facts": (*inverse.facts, f"The quote's total is {total:,} again")})


class DeleteQuote(Removal):
    """Delete a quote, by its internal id."""

    kind: ClassVar[str] = "deletion of a quote"
    operation: ClassVar[str] = "DeleteQuoteByID"
    undo: ClassVar[str] = (
        "`undo_write` enters it again under a new number, without its category (no operation sets one) and as a quote of which no "
        "invoice was made"
    )
    type_name: ClassVar[str] = "Invoice"
    noun: ClassVar[str] = "quote"
    id_member: ClassVar[str] = "InvoiceDBID"

    @classmethod
    def of(cls, found: Record) -> "DeleteQuote":
        """The step that deletes this quote as it stands."""
        return cls(
            id=wire.integer(found, "InvoiceDBID"),
            number=wire.integer(found, "InvoiceNumber"),
            place=wire.integer(found, "CustomerID"),
            before=cls.fingerprint(found),
        )

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_quote(soap, landed.id)

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, QuoteID=self.id)

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return entered_again(earlier)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        return _held(await super().inverse(soap, landed, kept, circumstances))


def _held(inverse: Inverse) -> Inverse:
    """The same with its days held to the owner's lock alone: a quote is in no VAT return."""
    return inverse.model_copy(update={"held": (*inverse.dated, *inverse.alters), "dated": (), "alters": ()})


def entered_again(earlier: Record) -> InsertQuote:
    """The step that enters a deleted quote anew; its category is left out, since KashFlow takes none."""
    fresh = {"InvoiceDBID": 0, "InvoiceNumber": 0, "EstimateCategory": None}
    lines = [{**line, "LineID": 0} for line in earlier["Lines"]]
    return InsertQuote(place=wire.integer(earlier, "CustomerID"), record={**earlier, **fresh, "Lines": lines})


async def read_quote(soap: Connection, quote_id: int) -> Any:
    """A quote by its internal id; None where there is none."""
    answer = await wire.read_or_none(soap, "GetQuoteByID", QuoteID=quote_id)
    return answer.result if answer else None


async def whole_quote(soap: Connection, quote_id: int, number: int) -> Record:
    """A quote's whole record by its internal id. Raises NotFound."""
    row = await read_quote(soap, quote_id)
    if wire.integer(row, "InvoiceDBID") != quote_id:
        raise NotFound("quote with the number", number, "Nothing was written.")
    return records.record("Invoice", row)


def header_change(found: Record, changes: QuoteChanges) -> ChangeQuoteHeader:
    """The step that gives a quote's header these values. Raises Refused where nothing would change."""
    wanted = {
        "CustomerID": changes.customer_id,
        "InvoiceDate": None if changes.issue_date is None else wire.midnight(changes.issue_date),
        "CustomerReference": changes.reference,
        "SuppressTotal": None if changes.hides_total is None else int(changes.hides_total),
    }
    return ChangeQuoteHeader.of(found, {name: value for name, value in wanted.items() if value is not None})


def lines_change(found: Record, revised: Sequence[RevisedLine]) -> ChangeQuoteLines:
    """The step that gives a quote these lines. Raises Refused where nothing would change."""
    lines = [{**_revised(found["Lines"], row), "Sort": n} for n, row in enumerate(revised, 1)]
    return ChangeQuoteLines.of(found, {"Lines": lines})


def _revised(earlier: list[Record], row: RevisedLine) -> Record:
    """A line's record; what does not change in it stays exactly as KashFlow gave it."""
    if not row.was:
        return {**_line_members(row.line), "LineID": 0}
    before = earlier[row.was - 1]
    was, is_now = _line_members(to_line(before)), _line_members(row.line)
    return {**before, **{name: value for name, value in is_now.items() if value != was[name]}}


def _line_members(line: InvoiceLine) -> Record:
    return {
        "Quantity": line.quantity,
        "Description": line.description,
        "Rate": line.unit_price,
        "ChargeType": line.nominal_id,
        "VatRate": line.vat_rate,
        "VatAmount": line.vat,
        "ProductID": line.product_id,
        "ProjID": line.project_id,
    }


def _quote(quote: NewQuote) -> Record:
    return {
        "InvoiceDBID": 0,
        "InvoiceNumber": 0,
        "InvoiceDate": wire.midnight(quote.issue_date),
        "Customer": quote.customer_code,
        "CustomerID": quote.customer_id,
        "CustomerReference": quote.reference,
        "SuppressTotal": int(quote.hides_total),
        "ProjectID": 0,
        "CurrencyCode": quote.currency,
        "ExchangeRate": quote.exchange_rate,
        "Lines": [line_record(line, n) for n, line in enumerate(quote.lines, 1)],
        "NetAmount": quote.net,
        "VATAmount": quote.vat,
        "AmountPaid": Decimal(0),
        "UseCustomDeliveryAddress": False,
    }
