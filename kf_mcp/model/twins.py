"""What may be in the books already of that which is about to be entered, by its tool or by undoing its deletion."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from kf_mcp.model import dates, money, search
from kf_mcp.model.customers import Customer, NewCustomer
from kf_mcp.model.invoices import Invoice, NewInvoice
from kf_mcp.model.purchases import NewPurchase, Purchase
from kf_mcp.model.quotes import NewQuote, Quote
from kf_mcp.model.suppliers import NewSupplier, Supplier
from kf_mcp.model.text import quoted

DUPLICATE_WITHIN: Final = timedelta(days=45)
MOST: Final = 5


def of_invoice(new: NewInvoice | Invoice, past: Iterable[Invoice]) -> list[str]:
    """Recent invoices to the same customer that may be this one."""
    said = []
    for found in past:
        near = abs(found.issue_date - new.issue_date) <= DUPLICATE_WITHIN
        same_reference = bool(new.reference) and found.reference.casefold() == new.reference.casefold()
        same_total = found.gross == new.gross and found.currency == new.currency
        same_work = {line.description.strip().casefold() for line in new.lines} & {
            line.description.strip().casefold() for line in found.lines
        }
        if near and (same_reference or same_total or same_work):
            same = "reference" if same_reference else "total" if same_total else "description"
            day = dates.in_words(found.issue_date)
            said.append(f"Perhaps a duplicate: invoice {found.number} of {day} has the same {same}.")
    return said


def of_purchase(new: NewPurchase | Purchase, past: Iterable[Purchase]) -> list[str]:
    """Purchases from the same supplier that may be this one: its reference at any time, its total not long ago."""
    said = []
    for found in past:
        same_reference = bool(_plain(new.reference)) and _plain(found.reference) == _plain(new.reference)
        is_near = abs(found.issue_date - new.issue_date) <= DUPLICATE_WITHIN
        same_total = is_near and (found.gross, found.currency) == (new.gross, new.currency)
        if same_reference or same_total:
            same = "supplier's reference and total" if same_reference and same_total else "supplier's reference"
            same = same if same_reference else "total"
            day, gross = dates.in_words(found.issue_date), money.in_words(found.gross, found.currency)
            said.append(f"Perhaps a duplicate: purchase {found.number} of {day}, {gross}, has the same {same}.")
    return said[-MOST:]


def of_quote(new: NewQuote | Quote, past: Iterable[Quote]) -> list[str]:
    """Recent quotes to the same customer that may be this one."""
    said = []
    for found in past:
        same_reference = bool(new.reference) and found.reference.casefold() == new.reference.casefold()
        if abs(found.issue_date - new.issue_date) <= DUPLICATE_WITHIN and (same_reference or found.gross == new.gross):
            same = "reference" if same_reference else "total"
            day = dates.in_words(found.issue_date)
            said.append(f"Perhaps a duplicate: quote {found.number} of {day} has the same {same}.")
    return said


def of_customer(new: NewCustomer | Customer, everyone: Sequence[Customer], named_so: set[int]) -> list[str]:
    """Existing customers that may be the same one, with the reason; `named_so` are those of nearly the same name."""
    emails = new.email.replace(",", " ").split()
    return _same(new, emails, ((found, found.id in named_so) for found in everyone))


def of_supplier(new: NewSupplier | Supplier, everyone: Sequence[Supplier]) -> list[str]:
    """Existing suppliers that may be the same one, with the reason."""
    return _same(new, new.emails, ((found, search.is_nearly(found.name, new.name)) for found in everyone))


def _same(
    new: NewCustomer | Customer | NewSupplier | Supplier,
    emails: Iterable[str],
    everyone: Iterable[tuple[Customer | Supplier, bool]],
) -> list[str]:
    """Those that may be the same as a new one, with the reason; each comes with whether its name is nearly the same."""
    said, own = [], {email.casefold() for email in emails}
    for found, is_named_so in everyone:
        reasons = ["nearly the same name"] if is_named_so else []
        if own & {email.casefold() for email in found.emails}:
            reasons.append("same e-mail")
        if _joined(new.postcode) and _joined(new.postcode) == _joined(found.postcode):
            reasons.append("same postcode")
        if new.vat_number and _joined(new.vat_number) == _joined(found.vat_number):
            reasons.append("same VAT number")
        if reasons:
            said.append(f"May exist already: {found.code} {quoted(found.name)} ({', '.join(reasons)}).")
    return said[:MOST]


def _joined(text: str) -> str:
    return "".join(search.words(text))


def _plain(reference: str) -> str:
    """A reference without what people leave out or add: INV-0042 is inv 0042."""
    return "".join(character for character in reference.casefold() if character.isalnum())
