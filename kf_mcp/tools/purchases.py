"""Tools for reading purchases: suppliers' bills and credit notes."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.purchases import Filter
from kf_mcp.model import dates, vat
from kf_mcp.model.dates import Day
from kf_mcp.model.money import Figure
from kf_mcp.model.purchases import Listing, Purchase, PurchasePayment, by_currency
from kf_mcp.model.text import bounded
from kf_mcp.toolkit import reads
from kf_mcp.tools import choices
from kf_mcp.tools.document_replies import note_row
from kf_mcp.tools.invoice_replies import LineRow
from kf_mcp.tools.purchase_replies import (
    FileRow,
    FoundPurchases,
    PaidRow,
    PurchaseDetails,
    PurchaseRow,
    PurchaseSum,
)
from kf_mcp.tools.suppliers import supplier_called

Wanted = Literal["all", "unpaid", "overdue", "paid", "overpaid", "credit_notes"]

_LISTED_BY: dict[Wanted, tuple[Filter, ...]] = {
    "all": ("All",),
    "unpaid": ("Unpaid", "Overdue"),  # whether KashFlow's "Unpaid" holds the overdue ones is not documented
    "overdue": ("Unpaid", "Overdue"),
    "paid": ("Paid",),
    "overpaid": ("Overpaid",),
    "credit_notes": ("All",),
}


@reads("Find purchases")
async def find_purchases(
    books: Books,
    supplier: Annotated[str, Field(max_length=120, description="Supplier code or exact name; empty: all")] = "",
    status: Annotated[
        Wanted,
        Field(description="unpaid includes part-paid and overdue"),
    ] = "all",
    from_date: Annotated[Day | None, Field(description="Dated on or after")] = None,
    to_date: Annotated[Day | None, Field(description="Dated on or before")] = None,
    min_amount: Annotated[Figure | None, Field(description="Smallest total with VAT, in its currency")] = None,
    max_amount: Annotated[Figure | None, Field(description="Largest total with VAT")] = None,
    reference: Annotated[str, Field(max_length=100, description="Part of the supplier's own reference")] = "",
    limit: Annotated[int, Field(ge=1, le=200, description="Most rows")] = 25,
    offset: Annotated[int, Field(ge=0, description="`next_offset` of the reply before")] = 0,
) -> FoundPurchases:
    """Find purchases (suppliers' bills; KashFlow calls them receipts) and supplier credit notes, with sums over all that fit.

    Newest first; unpaid and overdue ones oldest due date first. Without dates every date is searched; the list is up to a minute
    old. Nothing found is an empty list. For lines and payments use `get_purchase` (toolset `purchases`); for sales `find_invoices`.
    """
    if from_date and to_date and from_date > to_date:
        raise Refused("`from_date` is after `to_date`.", "Swap them.")
    if min_amount is not None and max_amount is not None and min_amount > max_amount:
        raise Refused("`min_amount` is above `max_amount`.", "Swap them.")
    seller = await supplier_called(books, supplier) if supplier.strip() else None
    if seller:
        found = tuple(await books.purchases.of_supplier(seller.id))
        listing = Listing(purchases=found, counted=len(found))
    else:
        listing = await books.purchases.listed(*_LISTED_BY[status])
    today = books.today
    fitting = [
        purchase
        for purchase in listing.purchases
        if _is_wanted(purchase, status, today)
        and (not from_date or purchase.issue_date >= from_date)
        and (not to_date or purchase.issue_date <= to_date)
        and (min_amount is None or purchase.gross >= min_amount)
        and (max_amount is None or purchase.gross <= max_amount)
        and reference.strip().casefold() in purchase.reference.casefold()
    ]
    if status in {"unpaid", "overdue"}:
        fitting.sort(key=lambda purchase: (purchase.due_date or purchase.issue_date, purchase.number))
    else:
        fitting.sort(key=lambda purchase: (purchase.issue_date, purchase.number), reverse=True)
    shown = fitting[offset : offset + limit]
    rest = offset + len(shown)
    sellers = [seller] if seller else await books.suppliers.all() if shown else []
    names = {known.id: known.name for known in sellers}
    return FoundPurchases(
        searched=_period(from_date, to_date) + (f" from {seller.code}" if seller else ""),
        total=len(fitting),
        sums=_sums(fitting),
        purchases=[_row(purchase, names.get(purchase.supplier_id, ""), today) for purchase in shown],
        next_offset=rest if rest < len(fitting) else 0,
        not_read=abs(listing.counted - len(listing.purchases)),
    )


def _period(from_date: date | None, to_date: date | None) -> str:
    if not from_date and not to_date:
        return "all dates"
    return f"dated {dates.in_words(from_date) if from_date else 'at any time'} to " + (
        dates.in_words(to_date) if to_date else "any time"
    )


def _is_wanted(purchase: Purchase, status: Wanted, today: date) -> bool:
    match status:
        case "all":
            return True
        case "unpaid":
            return purchase.outstanding > 0 and not purchase.marked_paid
        case "overdue":
            return purchase.status(today) == "overdue"
        case "paid":
            return purchase.status(today) == "paid"
        case "overpaid":
            return purchase.status(today) == "overpaid"
    return purchase.is_credit_note


def _sums(purchases: list[Purchase]) -> list[PurchaseSum]:
    return [
        PurchaseSum(
            currency=currency,
            count=len(found),
            gross=sum((purchase.gross for purchase in found), Decimal(0)),
            owed=sum((purchase.outstanding for purchase in found), Decimal(0)),
        )
        for currency, found in by_currency(purchases)
    ]


def _row(purchase: Purchase, name: str, today: date) -> PurchaseRow:
    return PurchaseRow(
        number=purchase.number,
        supplier=purchase.supplier_code,
        name=bounded(name or purchase.supplier_name, 40),
        date=purchase.issue_date,
        due=purchase.due_date,
        reference=bounded(purchase.reference, 40),
        currency=purchase.currency,
        gross=purchase.gross,
        owed=purchase.outstanding,
        status=purchase.status(today),
    )


@reads("Purchase with lines and payments", toolset="purchases")
async def get_purchase(
    books: Books,
    number: Annotated[int, Field(ge=1, description="KashFlow's number of the purchase, not the supplier's reference")],
    notes: Annotated[bool, Field(description="true: with the notes kept on it")] = False,
    attachments: Annotated[bool, Field(description="true: with the names of the files attached to it")] = False,
) -> PurchaseDetails:
    """Look at one purchase or supplier credit note: every line with its VAT, every payment, what we still owe.

    Lines come in the purchase's order, payments and notes oldest first. An unknown number is an error. If only the supplier, its
    reference, a date or an amount is known, use `find_purchases`; for links to the attached files use `get_attachments`.
    """
    purchase = await books.purchases.get(number)
    payments = await books.purchases.payments(number)
    remarks = await books.documents.notes_of_purchase(purchase.id) if notes else []
    files = await books.documents.attachments_of_purchase(purchase.id) if attachments else []
    nominals = {found.id: choices.nominal_in_words(found) for found in await books.reference.nominals()}
    name = purchase.supplier_name or next(
        (known.name for known in await books.suppliers.all() if known.id == purchase.supplier_id), ""
    )
    return PurchaseDetails(
        number=purchase.number,
        supplier=purchase.supplier_code,
        name=bounded(name),
        date=purchase.issue_date,
        due=purchase.due_date,
        reference=bounded(purchase.reference),
        currency=purchase.currency,
        exchange_rate=purchase.exchange_rate,
        reverse_charge=purchase.is_reverse_charge,
        net=purchase.net,
        vat=purchase.vat,
        gross=purchase.gross,
        paid=purchase.paid,
        owed=purchase.outstanding,
        status=purchase.status(books.today),
        lines=[
            LineRow(
                description=bounded(line.description, 300),
                quantity=line.quantity,
                unit_price=line.unit_price,
                net=line.net,
                vat_rate=vat.rate_in_words(line.vat_rate),
                vat=line.vat,
                nominal=nominals.get(line.nominal_id, ""),
            )
            for line in purchase.lines
        ],
        payments=await _paid(books, payments),
        notes=[note_row(note) for note in remarks],
        attachments=[
            FileRow(
                name=bounded(file.name, 100),
                uploaded=file.uploaded,
                content_type=bounded(file.content_type, 60),
                size=bounded(file.size, 20),
            )
            for file in files
        ],
    )


async def _paid(books: Books, payments: list[PurchasePayment]) -> list[PaidRow]:
    """The payments, with the names of method and account."""
    if not payments:
        return []
    methods = {found.id: found.name for found in await books.purchases.payment_methods()}
    accounts = {found.id: found.name for found in await books.reference.bank_accounts()}
    return [
        PaidRow(
            id=payment.id,
            date=payment.date,
            amount=payment.amount,
            method=bounded(methods.get(payment.method_id, ""), 40),
            account=bounded(accounts.get(payment.account_id, ""), 40),
            note=bounded(payment.note, 80),
        )
        for payment in payments
    ]
