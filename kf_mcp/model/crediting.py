"""Crediting an invoice: what was credited of it before, and what is too much."""

from collections.abc import Sequence
from decimal import Decimal

from kf_mcp.model import dates, money
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.text import quoted


def names_number(text: str, number: int) -> bool:
    """Whether a text names this number as a number of its own."""
    return str(number) in "".join(c if c.isdigit() else " " for c in text).split()


def naming(document: Invoice, others: Sequence[Invoice]) -> list[str]:
    """The other documents of the customer whose reference names this one, and which would stay without it."""
    return [
        f"{called(other)} {other.number} names it ({quoted(other.reference)}) and would stay."
        for other in others
        if other.id != document.id and names_number(other.reference, document.number)
    ]


def called(found: Invoice) -> str:
    """Invoice, or credit note."""
    return "Credit note" if found.is_credit_note else "Invoice"


def charged(invoice: Invoice) -> tuple[Decimal, Decimal]:
    """Net and VAT by the invoice's lines, in its own currency; in which one KashFlow states a foreign total is not documented."""
    return sum((line.net for line in invoice.lines), Decimal(0)), sum((line.vat for line in invoice.lines), Decimal(0))


def earlier_credits(owed: Invoice, others: Sequence[Invoice]) -> list[Invoice]:
    """Credit notes of the customer that name the invoice: in the reference, or in a line."""
    return [
        other
        for other in others
        if other.is_credit_note
        and other.currency == owed.currency
        and any(
            names_number(text, owed.number) for text in (other.reference, *(row.description for row in other.lines))
        )
    ]


def beyond(owed: Invoice, credited: Decimal, earlier: Sequence[Invoice]) -> list[str]:
    """That crediting so much of an invoice is more than is left of it, and what was credited of it before."""

    def show(amount: Decimal) -> str:
        return money.in_words(amount, owed.currency)

    left = sum((sum(charged(row), Decimal(0)) for row in (owed, *earlier)), Decimal(0))
    said = []
    if credited > left:
        said.append(
            f"THAT IS TOO MUCH: earlier credits leave {show(max(left, Decimal(0)))} of the invoice to be credited."
        )
    said += [
        f"Credited before: credit note {row.number} of {dates.in_words(row.issue_date)}, {show(row.gross)}, {quoted(row.reference)}."
        for row in earlier
    ]
    if credited > owed.outstanding:
        said.append(
            f"Only {show(max(owed.outstanding, Decimal(0)))} of the invoice is outstanding: "
            "what is credited above that is owed to the customer, as a refund or for another invoice."
        )
    return said
