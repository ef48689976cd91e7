"""The tools that change and delete sales invoices and credit notes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import invoice_change_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.invoice_steps import DeleteInvoice
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.records import Record
from kf_mcp.model import dates, money
from kf_mcp.model.crediting import called, charged, naming
from kf_mcp.model.dates import Day
from kf_mcp.model.invoice_changes import HeaderChange, pounds_at_most
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import Payment
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_lines import LineAsked
from kf_mcp.tools.line_changes import LineChange, altered, line_in_words, project_named
from kf_mcp.writing.plan import Plan

FAR_OFF: Final = timedelta(days=45)

InvoiceNumber = Annotated[int, Field(ge=1, description="The visible number")]


@writes("Change the header of an invoice", destructive=True, toolset="invoices")
async def update_invoice(
    books: Books,
    invoice: InvoiceNumber,
    issue_date: Annotated[Day | None, Field(description="The new one")] = None,
    due_date: Annotated[Day | None, Field(description="The new one")] = None,
    reference: Annotated[Line | None, Field(max_length=100, description="Empty: none")] = None,
    project: Annotated[str | None, Field(max_length=100, description="Name or number; empty: none")] = None,
    delivery_name: Annotated[Line | None, Field(max_length=100, description="Who takes delivery")] = None,
    delivery_address: Annotated[
        list[Annotated[Line, Field(max_length=100)]] | None, Field(max_length=4, description="All lines, up to four")
    ] = None,
    delivery_postcode: Annotated[Line | None, Field(max_length=12, description="Of the delivery address")] = None,
    delivery_country: Annotated[Line | None, Field(max_length=60, description="By name; empty: none")] = None,
    delivery_country_code: Annotated[
        str | None, Field(pattern="^([A-Za-z]{2})?$", description="Such as GB, FR")
    ] = None,
) -> Plan:
    """Change the dates, reference, project or delivery address of a sales invoice or credit note; lines and amounts stay.

    Left out: unchanged; empty: made blank, and with every delivery member blank the invoice has no delivery address of its own. The preview
    shows each old and new value; it is refused where nothing would change, or where the old or the new date lies in closed time. The due
    date does not move with the issue date. For lines use `change_invoice_lines`; customer and currency cannot be changed: credit it and
    raise another.
    """
    found = await books.invoices.record(invoice)
    before = to_invoice(found)
    project_id, project_name = await project_named(books, project, "project") if project is not None else (None, "")
    change = HeaderChange(
        issue_date=issue_date,
        due_date=due_date,
        reference=reference,
        project_id=project_id,
        delivery=invoice_change_steps.delivery_of(found).with_changes(
            name=delivery_name,
            lines=None if delivery_address is None else tuple(line for line in delivery_address if line),
            postcode=delivery_postcode,
            country=delivery_country,
            country_code=None if delivery_country_code is None else delivery_country_code.upper(),
        ),
    )
    step = invoice_change_steps.header_change(found, change)
    names = {row.id: row.name for row in await books.projects.all()} if project is not None else {}
    if project_id:
        names[project_id] = project_name
    facts = invoice_change_steps.header_alterations(
        found, step.members, {key: quoted(name, 80) for key, name in names.items()}
    )
    payments = await books.payments.of_invoice(invoice) if issue_date else []
    dated = {before.issue_date, issue_date or before.issue_date}
    return Plan(
        title=f"Change of {await _titled(books, before)}",
        facts=(*facts, "Lines, amounts and everything else stay as they are"),
        warnings=tuple(_header_warnings(before, change, payments, books.today)),
        steps=(step,),
        alters=tuple(sorted(dated)),
    )


@writes("Change the lines of an invoice", destructive=True, toolset="invoices")
async def change_invoice_lines(
    books: Books,
    invoice: InvoiceNumber,
    change: Annotated[list[LineChange], Field(max_length=100, description="Only what is named changes in a line")] = [],  # noqa: B006 - read only
    add: Annotated[list[LineAsked], Field(max_length=100, description="New lines, put at the end")] = [],  # noqa: B006
    remove: Annotated[
        list[Annotated[int, Field(ge=1)]], Field(max_length=100, description="Places of lines; 1: the first")
    ] = [],  # noqa: B006
) -> Plan:
    """Change, add and remove lines of a sales invoice or credit note; the header and every other line stay as they are.

    Lines go by their place in `get_invoice`, as it stands before this call. VAT of a line is worked out anew only where its quantity, price
    or rate changes, rounded per line. The preview shows every change and the totals before and after. Refused: a total below what is paid,
    no lines left, closed dates. An invoice that the customer has already is better corrected with `create_credit_note`.
    """
    if not (add or change or remove):
        raise Refused("No line to change, add or remove is named.", "Nothing was written.")
    found = await books.invoices.record(invoice)
    before = to_invoice(found)
    buyer = await books.customers.by_id(before.customer_id)
    wanted = await altered(books, before, buyer, add, change, remove)
    if not wanted.lines:
        raise Refused(
            f"Invoice {before.number} would have no lines.",
            "Nothing was written. To take it away use `delete_invoice`.",
        )
    gross = wanted.net + wanted.vat
    invoice_change_steps.refuse_below_paid(before, gross)
    step = invoice_change_steps.lines_change(found, wanted.lines)
    untouched = len(before.lines) - len(change) - len(remove)
    return Plan(
        title=f"Change of lines of {called(before).lower()} {before.number} to {quoted(buyer.name, 80)} ({buyer.code}): "
        + _becomes(before, gross),
        facts=(
            *wanted.facts,
            f"{counted(untouched, 'other line')} and the header stay as they are",
            _totals(before, wanted.net, wanted.vat),
        ),
        warnings=(*_line_warnings(before, found, gross), *wanted.warnings),
        steps=(step,),
        amount=pounds_at_most(gross - sum(charged(before)), before.currency, before.exchange_rate),
        alters=(before.issue_date,),
    )


@writes("Delete an invoice", destructive=True, toolset="invoices")
async def delete_invoice(books: Books, invoice: InvoiceNumber) -> Plan:
    """Delete a sales invoice or credit note that was entered by mistake and never sent; it leaves the books and the VAT return.

    Refused while payments stand or a credit note is applied (delete payments first), and in closed time. An invoice that the customer has
    must be credited instead: use `create_credit_note`. Its number may be given out again if it was the last. Undoing enters it again under
    a new number, without its notes and files.
    """
    found = await books.invoices.record(invoice)
    before = to_invoice(found)
    payments = await books.payments.of_invoice(invoice)
    what = called(before)
    if payments or before.paid or (before.marked_paid and before.gross):
        listed = ", ".join(f"{money.in_words(p.amount)} on {dates.in_words(p.date)} (payment {p.id})" for p in payments)
        raise Refused(
            f"{what} {before.number} has payments, or a credit note set against it: "
            f"{listed or money.in_words(before.paid, before.currency)}.",
            "Nothing was written. Delete the payments first, if the person wants that; an applied credit note cannot be taken back."
            + ("" if before.is_credit_note else " Or leave it and enter a credit note with `create_credit_note`."),
        )
    notes = await books.documents.notes_of_invoice(before.id)
    others = await books.invoices.of_customer(before.customer_id)
    facts = [
        f"Dated {dates.in_words(before.issue_date)}, reference {quoted(before.reference) if before.reference else 'none'}",
        *(line_in_words(line, before.currency) for line in before.lines),
        f"Net {money.in_words(before.net, before.currency)} and VAT {money.in_words(before.vat, before.currency)} leave the books",
    ]
    warnings = [
        "If the customer has it already, do not delete it: enter "
        + ("an invoice for the same instead." if before.is_credit_note else "a credit note for it instead."),
        *([f"Its {counted(len(notes), 'note')} would be lost for good."] if notes else []),
        *naming(before, others),
    ]
    return Plan(
        title=f"Deletion of {await _titled(books, before)}",
        facts=tuple(facts),
        warnings=tuple(warnings),
        steps=(DeleteInvoice.of(found),),
        amount=pounds_at_most(before.gross, before.currency, before.exchange_rate),
        alters=(before.issue_date,),
    )


async def _titled(books: Books, found: Invoice) -> str:
    """Which document it is: number, customer, total."""
    buyer = await books.customers.by_id(found.customer_id)
    total = money.in_words(found.gross, found.currency)
    return f"{called(found).lower()} {found.number} of {total} to {quoted(buyer.name, 80)} ({buyer.code})"


def _header_warnings(before: Invoice, change: HeaderChange, payments: list[Payment], today: date) -> list[str]:
    """What a bookkeeper would ask about before changing this."""
    issued, due = change.issue_date or before.issue_date, change.due_date or before.due_date
    said = []
    if issued != before.issue_date:
        said.append("The date decides in which VAT return it counts, and whether the customer's copy still agrees.")
        if change.due_date is None and due:
            said.append(f"It stays due on {dates.in_words(due)}.")
        if abs(issued - today) > FAR_OFF:
            said.append(f"It would be dated {dates.in_words(issued)}, far from today.")
        if early := [payment for payment in payments if payment.date < issued]:
            said.append(f"{counted(len(early), 'payment')} of it would be dated before it.")
    if due and due < issued:
        said.append("It would be due before it is issued.")
    return said


def _line_warnings(before: Invoice, found: Record, gross: Decimal) -> list[str]:
    """What a bookkeeper would ask about before changing lines."""

    def show(amount: Decimal) -> str:
        return money.in_words(amount, before.currency)

    said, total = [], sum(charged(before), Decimal(0))
    if before.paid and gross != total:
        said.append(
            f"{show(before.paid)} is paid or used on it: outstanding {show(before.outstanding)} becomes {show(gross - before.paid)}."
        )
    elif before.paid:
        said.append(f"{show(before.paid)} is paid or used on it; the total stays.")
    if gross != total:
        said.append("If the customer has it already, their copy will no longer agree: a credit note is the usual way.")
    if total != before.gross and before.currency == money.HOME:
        said.append(f"Its lines do not add up to the {show(before.gross)} that KashFlow states.")
    if before.currency != money.HOME:
        said.append(
            f"It is in {before.currency}: its lines are taken to be in {before.currency} as KashFlow sends them, which is not documented. "
            "Compare the prices."
        )
    if invoice_change_steps.has_reverse_charge(found):
        said.append(
            "It carries figures of the construction reverse charge, which go along as they stand: check them in KashFlow."
        )
    return said


def _becomes(before: Invoice, gross: Decimal) -> str:
    total = money.in_words(sum(charged(before), Decimal(0)), before.currency)
    after = money.in_words(gross, before.currency)
    return f"{total} stays" if after == total else f"{total} becomes {after}"


def _totals(before: Invoice, net: Decimal, vat: Decimal) -> str:
    def show(amount: Decimal) -> str:
        return money.in_words(amount, before.currency)

    net_before, vat_before = charged(before)
    return (
        f"Total: net {show(net_before)} + VAT {show(vat_before)} = {show(net_before + vat_before)} "
        f"becomes net {show(net)} + VAT {show(vat)} = {show(net + vat)}"
    )
