"""The cross-checks that look for what was entered twice: invoices, purchases, payments."""

from datetime import timedelta
from typing import Final

from kf_mcp.model import duplicates
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import Payment
from kf_mcp.model.purchases import PurchasePayment
from kf_mcp.model.text import counted
from kf_mcp.tools.check_reads import (
    MOST_LOOKED_UP,
    Asked,
    Made,
    dated,
    left_out,
    once,
    read_invoices,
    read_purchases,
)

MOST_PAGES: Final = 100
"""Pages of payments that are read for a check at most."""


async def invoices(asked: Asked) -> Made:
    """Invoices that may have been entered twice."""
    within = await once(asked, read_invoices)
    findings = duplicates.invoices([*within, *await _beside(asked)], (asked.start, asked.end))
    days = duplicates.INVOICE_DAYS_APART
    rule = f"same customer and total, and same reference or dates within {days} days"
    return Made(findings, f"{counted(len(within), 'invoice')}; {rule}")


async def _beside(asked: Asked) -> list[Invoice]:
    """The invoices dated a few days before or after the period."""
    first, last = duplicates.around((asked.start, asked.end), duplicates.INVOICE_DAYS_APART)
    day = timedelta(days=1)
    before = await asked.books.invoices.between(first, asked.start - day)
    return [*before, *await asked.books.invoices.between(asked.end + day, last)]


async def purchases(asked: Asked) -> Made:
    """Purchases that may have been entered twice."""
    listing = await once(asked, read_purchases)
    findings = duplicates.purchases(listing.purchases, (asked.start, asked.end))
    rule = f"same supplier and reference, or same total within {duplicates.DAYS_APART} days"
    return Made(findings, f"{counted(len(dated(asked, listing)), 'purchase')}; {rule}", left_out(listing))


async def payments(asked: Asked) -> Made:
    """Payments of one document that may have been entered twice.

    KashFlow lists by date only what was received. What was paid for purchases is read one purchase at a time, so only of those on which
    it shows: overpaid or part-paid ones.
    """
    received, is_whole = await asked.books.payments.received(asked.start, asked.end, MOST_PAGES)
    listing = await once(asked, read_purchases)
    odd = [one for one in listing.purchases if one.paid and one.outstanding]
    odd.sort(key=lambda one: (one.outstanding > 0, -one.issue_date.toordinal(), -one.number))
    looked_up = odd[:MOST_LOOKED_UP]
    made: list[tuple[str, Payment | PurchasePayment]] = [(f"invoice {one.invoice_number}", one) for one in received]
    for bill in looked_up:
        made += [
            (f"purchase {bill.number}", one)
            for one in await asked.books.purchases.payments(bill.number)
            if asked.start <= one.date <= asked.end
        ]
    notes = ["Purchases that are paid exactly: not looked at, as KashFlow lists no payments of purchases by date."]
    if not is_whole:
        notes.append(f"Only the first {len(received)} payments of invoices were read; take a shorter period.")
    if len(odd) > len(looked_up):
        notes.append(f"{counted(len(odd) - len(looked_up), 'overpaid or part-paid purchase')} more: not looked at.")
    looked_at = (
        f"{counted(len(received), 'payment')} of invoices; those of {counted(len(looked_up), 'overpaid or part-paid purchase')}; "
        "same document, day and amount"
    )
    is_known = is_whole and len(odd) == len(looked_up)
    return Made(duplicates.payments(made), looked_at, [*notes, *left_out(listing)], is_known=is_known)
