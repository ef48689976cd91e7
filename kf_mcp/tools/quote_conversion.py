"""The tool that makes an invoice of a quote."""

from typing import Annotated

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.conversion_steps import ConvertQuote
from kf_mcp.model import dates
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import Invoice, NewLine
from kf_mcp.model.quotes import Quote
from kf_mcp.model.reference import Company
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.invoice_lines import said_of_vat
from kf_mcp.tools.quote_writes import (
    NUMBER,
    currency_warnings,
    in_pounds,
    line_in_words,
    nominal_of,
    totals,
    with_currency,
)
from kf_mcp.writing.plan import Plan


@writes("Make an invoice of a quote", destructive=True, toolset="quotes")
async def convert_quote(
    books: Books,
    number: NUMBER,
    keep_quote: Annotated[bool, Field(description="false: KashFlow deletes the quote afterwards")] = True,
    name_quote: Annotated[bool, Field(description='Adds a line "Based on Quote Number ..." to the invoice')] = False,
) -> Plan:
    """Make a sales invoice of a quote that was accepted, for the same customer and with the same lines, and post it to the ledger.

    The preview shows the invoice to the penny. Its number, its date (today's or the quote's) and its due date are KashFlow's choice and
    told afterwards. Refused where an invoice was made of the quote already, or the quote changed after the preview. To alter lines first
    use `change_quote_lines`; to bill only a part of it use `create_invoice`.
    """
    quote, record = await books.quotes.whole(number)
    buyer = await books.customers.by_id(quote.customer_id)
    quote = await with_currency(books, quote, buyer)
    state = await books.quotes.state(quote.id)
    if state == "converted":
        raise Refused(
            f"An invoice was made of quote {number} already.",
            "Nothing was written. Find it with `find_invoices`; to bill it once more use `create_invoice`.",
        )
    if not quote.lines or quote.gross < 0:
        what = "has no lines" if not quote.lines else "is below zero"
        raise Refused(f"Quote {number} {what}, so no invoice is made of it.", "Nothing was written.")
    company = await books.reference.company()
    nominals = await books.reference.nominals()
    used, _ = await choices.currency(books, buyer, "")
    lines = [
        NewLine(**line.model_dump(exclude={"id", "vat", "sort"}), nominal_code=0, nominal_name="")
        for line in quote.lines
    ]
    try:
        said = said_of_vat(lines, books.today, buyer, company, quote.currency)
    except Refused as refusal:
        raise Refused(refusal.problem, "Nothing was written. Change the quote with `change_quote_lines`.") from None
    warnings = await currency_warnings(
        books, buyer, f"the invoice will be, too; otherwise it will be in {used.code} or pounds"
    )
    if state == "unknown":
        warnings.append("KashFlow does not say whether an invoice was made of this quote already.")
    warnings.append(
        "KashFlow sets the invoice's due date and may leave it without one: look at it afterwards; `update_invoice` sets one"
        + terms_in_words(buyer, company)
    )
    warnings += _duplicates(quote, await books.invoices.of_customer(buyer.id))
    return Plan(
        title=f"Invoice to {quoted(buyer.name, 80)} ({buyer.code}) from quote {number}: {totals(quote, quote.currency)}",
        facts=(
            f"Quote of {dates.in_words(quote.issue_date)}"
            + (f", reference {quoted(quote.reference)}" if quote.reference else ""),
            *(line_in_words(line, quote.currency, nominal_of(nominals, line)) for line in quote.lines),
            *([f"KashFlow adds a line: “Based on Quote Number {number}”, without an amount"] if name_quote else []),
            "KashFlow chooses its date (today's or the quote's) and its due date; both are told afterwards",
            "The quote stays in the books" if keep_quote else "The quote is deleted",
            *said.notes,
        ),
        warnings=(*warnings, *said.warnings),
        steps=(ConvertQuote.of(record, is_named=name_quote, is_removed=not keep_quote),),
        amount=in_pounds(quote.gross, used),
        dated=(books.today, quote.issue_date),
    )


def terms_in_words(buyer: Customer, company: Company) -> str:
    """The end of a sentence that names whose payment terms there are."""
    after = " after the end of the month" if company.terms_from_month_end else ""
    if buyer.payment_terms:
        return f" (the customer's terms: {counted(buyer.payment_terms, 'day')}{after})."
    if company.payment_terms:
        return (
            f" (the customer has no terms of its own; the company's: {counted(company.payment_terms, 'day')}{after})."
        )
    return " (neither the customer nor the company has payment terms in KashFlow)."


def _duplicates(quote: Quote, past: list[Invoice]) -> list[str]:
    """Invoices since the quote that may be what was offered, entered by hand."""
    work = {line.description.strip().casefold() for line in quote.lines}
    said = []
    for found in past:
        same_work = work & {line.description.strip().casefold() for line in found.lines}
        if found.issue_date >= quote.issue_date and (same_work or found.gross == quote.gross):
            same = "description" if same_work else "total"
            day = dates.in_words(found.issue_date)
            said.append(f"Perhaps a duplicate: invoice {found.number} of {day} has the same {same}.")
    return said
