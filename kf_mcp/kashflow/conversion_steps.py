"""The step that makes an invoice of a quote over SOAP."""

from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.invoice_steps import InsertInvoice, compared_totals, read_invoice
from kf_mcp.kashflow.quote_steps import entered_again, read_quote, whole_quote
from kf_mcp.kashflow.quotes import Quotes
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model import dates
from kf_mcp.model.text import clean

EQUAL: Final = "Read back and equal."
DIFFERS: Final = "Read back, and it differs."
"""As the writing layer says it of every other write."""


class ConvertQuote(Step):
    """Make an invoice of a quote, for the same customer and with the same lines.

    KashFlow answers with the invoice. Its date and due date are KashFlow's choice and not documented, so they are read back and told,
    not compared. It has arrived when a new invoice of the customer has the quote's lines and KashFlow does not say that the quote is
    still one.
    """

    kind: ClassVar[str] = "conversion of a quote"
    operation: ClassVar[str] = "ConvertQuoteToInvoice"
    undo: ClassVar[str] = (
        "`undo_write` deletes the invoice while nothing is paid on it (where it must stand, a credit note is entered); a removed quote "
        "is entered again, and a kept one may go on counting as converted"
    )

    quote_id: int
    number: int
    customer_id: int
    before: str
    """The fingerprint of the quote that the plan saw."""
    like: str
    """The fingerprint of its lines, by which the invoice is recognised."""
    is_named: bool = False
    """Whether KashFlow adds a line that names the quote."""
    is_removed: bool = False
    """Whether KashFlow deletes the quote."""

    @classmethod
    def of(cls, found: Record, *, is_named: bool, is_removed: bool) -> "ConvertQuote":
        """The step that makes an invoice of this quote as it stands."""
        return cls(
            quote_id=wire.integer(found, "InvoiceDBID"),
            number=wire.integer(found, "InvoiceNumber"),
            customer_id=wire.integer(found, "CustomerID"),
            before=_fingerprint(found),
            like=_likeness(found["Lines"]),
            is_named=is_named,
            is_removed=is_removed,
        )

    @override
    def words(self) -> str:
        return f"Invoice made of quote {self.number}"

    @override
    def target(self) -> str:
        return f"invoices of customer {self.customer_id}"

    @override
    def also(self) -> tuple[str, ...]:
        return (f"quote {self.quote_id}",)

    @override
    def trace(self) -> Trace:
        named = self.number if self.is_named else 0
        return {"place": self.customer_id, "quote": self.quote_id, "like": self.like, "named": named}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self._as_planned(soap)
        return {"ids": sorted(wire.integer(row, "InvoiceDBID") for row in await _invoices(soap, self.customer_id))}

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"record": records.as_json(await self._as_planned(soap))}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._as_planned(soap)
        answer = await soap.write(
            self.operation,
            QuoteID=self.quote_id,
            CustomerID=0,  # the quote's own customer
            CopyQuoteReference=int(self.is_named),
            deleteQuoteAfterConversion=int(self.is_removed),
        )
        invoice_id = wire.integer(answer.result, "InvoiceDBID")
        if invoice_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no invoice.")
        return Landed(id=invoice_id, number=wire.integer(answer.result, "InvoiceNumber"))

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [row for row in await _invoices(soap, trace["place"]) if row["InvoiceDBID"] not in known]
        equal = [row for row in new if _likeness(_own_lines(row, trace["named"])) == trace["like"]]
        is_there = wire.integer(await read_quote(soap, trace["quote"]), "InvoiceDBID") == trace["quote"]
        if is_there and await Quotes(soap).state(trace["quote"]) == "quote":
            return Arrivals(alike=tuple(map(_landed, equal)))  # the same lines, yet not from this quote
        others = [row for row in new if row not in equal]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, others)))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = records.record("Invoice", await read_invoice(soap, landed))
        if wire.integer(found, "InvoiceDBID") != landed.id:
            return ReadBack(landed=landed, differences=("the invoice cannot be found again",))
        quote = records.record("Invoice", kept["record"])
        lines = _own_lines(found, self.number if self.is_named else 0)
        meant = {"CustomerID": quote["CustomerID"], "Lines": quote["Lines"]}
        differing = records.differences(meant, {**found, "Lines": lines}, {"Sort"})
        money_in = {"CurrencyCode": found["CurrencyCode"], "ExchangeRate": found["ExchangeRate"]}
        differing += compared_totals({**quote, **money_in}, found)
        is_there = wire.integer(await read_quote(soap, self.quote_id), "InvoiceDBID") == self.quote_id
        if is_there == self.is_removed:
            differing.append(f"the quote is {'still' if is_there else 'not'} in the books")
        said = f"{_dated(found)} {DIFFERS if differing else EQUAL}"
        seen = InsertInvoice.fingerprint(found)
        return ReadBack(landed=_landed(found), differences=tuple(differing), seen=seen, said=said)

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        return await InsertInvoice.seen_now(soap, landed, trace)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        inverse = await InsertInvoice.inverse(soap, landed, kept, circumstances)
        if step.is_removed:
            again = entered_again(records.record("Invoice", kept["record"]))
            more = f"Quote {step.number} is entered again, under a new id and perhaps a new number"
            added = {
                "steps": (*inverse.steps, again),
                "facts": (*inverse.facts, more),
                "held": records.days(again.record),
            }
            return inverse.model_copy(update=added)
        more = f"Quote {step.number} stays as it is; KashFlow may go on counting it as converted"
        return inverse.model_copy(update={"facts": (*inverse.facts, more)})

    async def _as_planned(self, soap: Connection) -> Record:
        """The quote, if it is the one that the plan saw and no invoice was made of it. Raises Refused."""
        found = await whole_quote(soap, self.quote_id, self.number)
        if _fingerprint(found) != self.before:
            raise Refused("The quote was changed meanwhile.", "Nothing was written. Call again for a new preview.")
        if await Quotes(soap).state(self.quote_id) == "converted":
            raise Refused(f"An invoice was made of quote {self.number} already.", "Nothing was written.")
        return found


async def _invoices(soap: Connection, customer_id: int) -> list[Record]:
    answer = await soap.read("GetInvoicesForCustomer", CustID=customer_id)
    return [records.record("Invoice", row) for row in wire.rows(answer.result, "Invoice")]


def _landed(found: Any) -> Landed:
    return Landed(id=wire.integer(found, "InvoiceDBID"), number=wire.integer(found, "InvoiceNumber"))


def _fingerprint(found: Record) -> str:
    return digest(records.lean(found))


def _likeness(lines: list[Record]) -> str:
    return digest(records.lean(lines, {"Sort"}))


def _own_lines(found: Record, named: int) -> list[Record]:
    """The lines without the one that KashFlow adds to name a quote ("Based on Quote Number x", its manual)."""
    text = f"based on quote number {named}"
    return [line for line in found["Lines"] if not named or clean(line["Description"]).casefold() != text]


def _dated(found: Record) -> str:
    """When KashFlow dated the invoice, and in which currency it stands."""
    issued, due = wire.day(found, "InvoiceDate"), wire.day(found, "DueDate")
    day = dates.in_words(issued) if issued else "not at all"
    currency = wire.text(found, "CurrencyCode")
    return f"KashFlow dated it {day}, due {dates.in_words(due) if due else 'on no day'}{', in ' + currency if currency else ''}."
