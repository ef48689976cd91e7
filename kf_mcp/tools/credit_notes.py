"""The tools that credit sales invoices and set credit notes against them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import invoice_change_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.credit_note_steps import ApplyCreditNote
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.model import crediting, dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.invoice_changes import pounds_at_most
from kf_mcp.model.invoices import Invoice, InvoiceLine, line_vat
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import sheets
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_changes import InvoiceNumber
from kf_mcp.tools.invoice_lines import Exact
from kf_mcp.tools.line_changes import line_in_words
from kf_mcp.writing.plan import Plan

FOR_SALES: Final = (
    "Both are numbers of sales documents: a supplier's credit note is set against a bill in KashFlow itself, whose API has no operation "
    "for it."
)


class Credited(BaseModel):
    """A line of the invoice that is credited."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    line: Annotated[int, Field(ge=1, description="Its place on the invoice; 1: the first")]
    quantity: Annotated[Exact | None, Field(gt=0, description="How many of it; default: all")] = None


@writes("Enter a credit note for an invoice", destructive=False, toolset="invoices")
async def create_credit_note(
    books: Books,
    invoice: InvoiceNumber,
    lines: Annotated[list[Credited], Field(max_length=200, description="Default: the whole invoice")] = [],  # noqa: B006 - read only
    issue_date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    reason: Annotated[Line, Field(max_length=60, description="Put after “Credit for invoice …” as the reference")] = "",
) -> Plan:
    """Credit a whole sales invoice, or named lines and quantities of it: the same lines below zero, under the next invoice number.

    Nominals, VAT rates, projects, currency and rate are those of the invoice; VAT of a whole line is the invoice's own figure, of part of
    it worked out and rounded. Earlier credits of the invoice are named, and crediting more than it came to is warned of. Nothing is
    refunded and the invoice stays owed until `apply_credit_note` sets one against the other.
    """
    found = await books.invoices.record(invoice)
    owed = to_invoice(found)
    if owed.gross <= 0:
        raise Refused(
            f"{'Credit note' if owed.is_credit_note else 'Invoice'} {owed.number} comes to {money.in_words(owed.gross, owed.currency)}, "
            "so there is nothing to credit.",
            "Nothing was written. Name the invoice that is to be credited.",
        )
    buyer = await books.customers.by_id(owed.customer_id)
    credited = _credited(owed, lines)
    day = issue_date or books.today
    step, credit = invoice_change_steps.credit_note(found, credited, day, reason)
    if credit.gross >= 0:
        raise Refused(
            f"These lines come to {money.in_words(-credit.gross, credit.currency)}, which is nothing to credit.",
            "Nothing was written. Credit the lines that were charged, or the whole invoice.",
        )
    earlier = crediting.earlier_credits(owed, await books.invoices.of_customer(owed.customer_id))

    def show(amount: Decimal) -> str:
        return money.in_words(amount, owed.currency)

    facts = [
        f"Dated {dates.in_words(day)}{'' if issue_date else ' (today)'}, reference {quoted(credit.reference)}",
        *(line_in_words(line, owed.currency) for line in credit.lines),
        f"Invoice {owed.number} of {dates.in_words(owed.issue_date)}: {show(owed.gross)}, of which {show(owed.outstanding)} is outstanding",
        _afterwards(owed),
        *([_rate_in_words(owed)] if owed.currency != money.HOME else []),
    ]
    return Plan(
        title=(
            f"Credit note to {quoted(buyer.name, 80)} ({buyer.code}) for {'lines of ' if lines else ''}invoice {owed.number}: "
            f"{show(credit.gross)} (net {show(credit.net)} + VAT {show(credit.vat)})"
        ),
        facts=tuple(facts),
        warnings=tuple(_credit_warnings(owed, credit, earlier)),
        steps=(step,),
        amount=pounds_at_most(credit.gross, credit.currency, credit.exchange_rate),
        dated=(day,),
        sheet=sheets.of_sale(
            "Credit note",
            await books.reference.company(),
            buyer,
            credit.lines,
            issued=day,
            reference=credit.reference,
            currency=credit.currency,
        ),
    )


@writes("Set a credit note against an invoice", destructive=True, toolset="invoices")
async def apply_credit_note(
    books: Books,
    credit_note: Annotated[int, Field(ge=1, description="The credit note's number")],
    invoice: Annotated[int, Field(ge=1, description="The number of the invoice that it settles")],
) -> Plan:
    """Set an unused credit note against an unpaid invoice of the same customer; both then show it as paid.

    Nothing takes it back, and the preview says so. Refused: a credit note that was used or refunded in part or whole, an invoice that is
    paid, another customer, another currency. Where the two amounts differ, as much is expected to be set as both have left. No money moves.
    To enter a credit note use `create_credit_note`.
    """
    try:
        credit_record, owed_record = await books.invoices.record(credit_note), await books.invoices.record(invoice)
    except NotFound as missing:
        raise NotFound(missing.kind, missing.key, f"{missing.next} {FOR_SALES}") from None
    credit, owed = to_invoice(credit_record), to_invoice(owed_record)
    _refuse_unfit(credit, owed)
    buyer = await books.customers.by_id(owed.customer_id)
    step = ApplyCreditNote.of(owed_record, credit_record)

    def show(amount: Decimal) -> str:
        return money.in_words(amount, owed.currency)

    owed_after, credit_after = owed.outstanding - step.amount, -credit.outstanding - step.amount
    return Plan(
        title=(
            f"Credit note {credit.number} set against invoice {owed.number} of {quoted(buyer.name, 80)} ({buyer.code}): {show(step.amount)}"
        ),
        facts=(
            f"Invoice {owed.number} of {dates.in_words(owed.issue_date)}: {show(owed.outstanding)} outstanding becomes {show(owed_after)}",
            f"Credit note {credit.number}: {show(-credit.outstanding)} unused becomes {show(credit_after)}",
            f"Reference of the credit note: {quoted(credit.reference) if credit.reference else 'none'}",
            "No money moves",
        ),
        warnings=tuple(_application_warnings(credit, owed)),
        steps=(step,),
        amount=pounds_at_most(step.amount, owed.currency, owed.exchange_rate),
        dated=(books.today,),
    )


def _credited(owed: Invoice, lines: Sequence[Credited]) -> list[InvoiceLine]:
    """The lines of the invoice that are credited, each with its quantity and VAT. Raises Refused."""
    if not lines:
        return list(owed.lines)
    credited = []
    for asked in lines:
        if asked.line > len(owed.lines):
            listed = "; ".join(f"{n}: {quoted(line.description, 60)}" for n, line in enumerate(owed.lines[:20], 1))
            raise Refused(
                f"Invoice {owed.number} has no line {asked.line}.", f"Nothing was written. Its lines are {listed}."
            )
        if [other.line for other in lines].count(asked.line) > 1:
            raise Refused(f"Line {asked.line} is named twice.", "Nothing was written. Name each line once.")
        line = owed.lines[asked.line - 1]
        if asked.quantity is None or asked.quantity == line.quantity:
            credited.append(line)
            continue
        if asked.quantity > line.quantity:
            raise Refused(
                f"Line {asked.line} is for {money.plain(line.quantity)}, and {money.plain(asked.quantity)} cannot be credited of it.",
                "Nothing was written. Name a smaller quantity, or none for all of it.",
            )
        part = line.model_copy(update={"quantity": asked.quantity})
        credited.append(part.model_copy(update={"vat": line_vat(part.net, part.vat_rate)}))
    return credited


def _credit_warnings(owed: Invoice, credit: Invoice, earlier: Sequence[Invoice]) -> list[str]:
    """What a bookkeeper would ask about before crediting this."""
    said = crediting.beyond(owed, -credit.gross, earlier)
    if credit.issue_date < owed.issue_date:
        said.append("It would be dated before the invoice.")
    if any(line.vat != line_vat(line.net, line.vat_rate) for line in credit.lines):
        said.append("The invoice's VAT is not net times rate on every line; the credit note takes its figures.")
    return said


def _afterwards(owed: Invoice) -> str:
    """What becomes of the credit note once it stands."""
    if owed.outstanding > 0 and not owed.marked_paid:
        return "It is not set against the invoice yet: `apply_credit_note` does that"
    return (
        f"Invoice {owed.number} is paid, so the credit note cannot be set against it: it is for another invoice of the customer, or is "
        "refunded in KashFlow"
    )


def _rate_in_words(owed: Invoice) -> str:
    return f"Currency: {owed.currency} at the invoice's own rate {money.plain(owed.exchange_rate)}"


def _refuse_unfit(credit: Invoice, owed: Invoice) -> None:
    """Refuse what KashFlow does not set against each other, or should not."""
    show = money.in_words
    if not credit.is_credit_note:
        raise Refused(
            f"{credit.number} is an invoice, not a credit note.",
            f"Nothing was written. `credit_note` is the number of the document below zero. {FOR_SALES}",
        )
    if owed.is_credit_note:
        raise Refused(
            f"{owed.number} is a credit note, not an invoice.", "Nothing was written. Name the invoice it settles."
        )
    if credit.customer_id != owed.customer_id:
        raise Refused(
            f"Credit note {credit.number} is of {credit.customer_code}, invoice {owed.number} of {owed.customer_code}.",
            "Nothing was written. A credit note settles invoices of its own customer only.",
        )
    if credit.currency != owed.currency:
        raise Refused(
            f"Credit note {credit.number} is in {credit.currency}, invoice {owed.number} in {owed.currency}.",
            "Nothing was written. They must be in the same currency.",
        )
    if credit.paid or credit.marked_paid:
        raise Refused(
            f"Credit note {credit.number} was used or refunded already ({show(-credit.paid, credit.currency)} of "
            f"{show(-credit.gross, credit.currency)}).",
            "Nothing was written. KashFlow applies only a credit note on which nothing is paid.",
        )
    if owed.outstanding <= 0 or owed.marked_paid:
        raise Refused(
            f"Invoice {owed.number} is paid already.",
            "Nothing was written. Use the credit note for another invoice of the customer, or refund it in KashFlow.",
        )


def _application_warnings(credit: Invoice, owed: Invoice) -> list[str]:
    """What a bookkeeper would ask about before this cannot be taken back."""
    said = ["Nothing takes this back: KashFlow has no operation for it."]
    if -credit.outstanding != owed.outstanding:
        said.append(
            "The two amounts differ. KashFlow is told no amount and does not document how much it sets; reading back shows it."
        )
    if owed.currency != money.HOME:
        said.append(f"Both are in {owed.currency}; in which currency KashFlow counts what is set is not documented.")
    if owed.exchange_rate != credit.exchange_rate:
        said.append("The two carry different exchange rates; the difference may stay outstanding.")
    if (
        credit.reference
        and not crediting.names_number(credit.reference, owed.number)
        and _is_for_another(credit.reference)
    ):
        said.append(f"The credit note names another invoice: {quoted(credit.reference)}.")
    return said


def _is_for_another(reference: str) -> bool:
    return reference.casefold().startswith("credit for invoice ")
