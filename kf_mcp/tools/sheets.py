"""The sheet of a document: what the customer or the supplier would see, made of what is to be entered."""

from collections.abc import Sequence
from datetime import date

from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import InvoiceLine, NewLine
from kf_mcp.model.reference import Company
from kf_mcp.model.sheets import Party, Sheet, SheetLine
from kf_mcp.model.suppliers import Supplier


def of_sale(
    title: str,
    company: Company,
    buyer: Customer,
    lines: Sequence[NewLine | InvoiceLine],
    *,
    issued: date,
    due: date | None = None,
    reference: str = "",
    currency: str,
) -> Sheet:
    """What we send to a customer."""
    return Sheet(
        title=title,
        from_=_ours(company),
        to=_theirs(buyer),
        issued=issued,
        due=due,
        reference=reference,
        currency=currency,
        lines=tuple(_line(line) for line in lines),
    )


def of_purchase(
    title: str,
    company: Company,
    seller: Supplier,
    lines: Sequence[NewLine | InvoiceLine],
    *,
    issued: date,
    due: date,
    reference: str,
    currency: str,
) -> Sheet:
    """What a supplier sent to us; its number is the supplier's own."""
    return Sheet(
        title=title,
        from_=_theirs(seller),
        to=_ours(company),
        number=reference or "none was given",
        issued=issued,
        due=due,
        currency=currency,
        lines=tuple(_line(line) for line in lines),
    )


def _ours(company: Company) -> Party:
    return Party(name=company.name, vat_number=company.vat_number if company.vat_registered else "")


def _theirs(party: Customer | Supplier) -> Party:
    address = (*party.places[: len(party.address)], party.postcode, *party.places[len(party.address) :])
    return Party(
        name=party.name,
        code=party.code,
        address=tuple(line for line in address if line.strip()),
        vat_number=party.vat_number,
    )


def _line(line: NewLine | InvoiceLine) -> SheetLine:
    return SheetLine(
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        net=line.net,
        vat_rate=line.vat_rate,
        vat=line.vat,
    )
