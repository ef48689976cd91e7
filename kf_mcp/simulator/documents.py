"""What invoices, purchases and quotes have alike: how one is read from a call, checked, and entered.

Everything is checked before anything is changed. What KashFlow works out itself (net, VAT, paid) is ignored when sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.amounts import ONE
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.records import Document, Kind, Line

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

SALES_AREA = 1

WORDS: dict[Kind, str] = {"invoice": "invoice", "purchase": "receipt", "quote": "quote"}
"""KashFlow's word for each kind; it calls a purchase a receipt."""


@dataclass(frozen=True, slots=True)
class Money:
    """The currency of a document and its exchange rate; 1 in pounds."""

    currency: str
    rate: Decimal


def insert(books: Books, kind: Kind, members: Mapping[str, Any]) -> Document:
    """Enter a new document under the next number; one sent under a free number gets that.

    Under a number that is in use the old document is overwritten, as one integrator reports of the real service,
    unless the switch ``used_number`` says no.
    """
    number = wire.whole(members, "InvoiceNumber")
    shelf = books.documents(kind)
    existing = shelf.numbered(number) if number > 0 else None
    if existing is not None and books.switches.used_number == "refuse":
        raise Refusal(f"The {WORDS[kind]} number {number} is already in use.")
    header = _header(books, kind, members)
    lines = read_lines(books, kind, members.get("Lines"), Money(header.currency, header.rate))
    if not lines and books.switches.missing_lines == "refuse":
        raise Refusal(f"The {WORDS[kind]} has no lines.")
    if existing is not None:
        document = _over(existing, header, lines)
    else:
        key = books.next_id(kind)
        document = replace(
            header,
            id=key,
            number=number if number > 0 else books.next_number(kind),
            lines=lines,
            permanent_link=permanent_link(key) if kind == "invoice" else "",
        )
    books.put_document(document)
    return document


def overwrite(books: Books, document: Document, members: Mapping[str, Any], *, keep_lines: bool) -> Document:
    """Write a document's header anew; its lines go and the ones sent come, or are added to them.

    Payments and notes stay (KashFlow's service description, UpdateInvoice and UpdateInvoiceHeader).
    """
    check_open(books, document.date)
    header = _header(books, document.kind, members)
    sent = read_lines(books, document.kind, members.get("Lines"), Money(header.currency, header.rate))
    changed = _over(document, header, (*document.lines, *sent) if keep_lines else sent)
    books.put_document(changed)
    return changed


def with_line(books: Books, document: Document, members: Mapping[str, Any]) -> int:
    """Add one line to a document; its id comes back."""
    check_open(books, document.date)
    (line,) = read_lines(books, document.kind, [members], Money(document.currency, document.rate))
    books.put_document(replace(document, lines=(*document.lines, line)))
    return line.id


def without_line(books: Books, document: Document, line_id: int) -> bool:
    """Take one line of a document away; false when it has no such line."""
    check_open(books, document.date)
    lines = tuple(line for line in document.lines if line.id != line_id)
    if len(lines) == len(document.lines):
        return False
    books.put_document(replace(document, lines=lines))
    return True


def check_open(books: Books, day: date) -> None:
    """Refuse a date that may not be written to any more: before the lock date, or in a VAT return that was filed."""
    lock = books.company.lock_date
    filed = books.switches.locked_periods == "refuse" and any(row.start <= day <= row.end for row in books.vat_returns)
    if filed or (lock is not None and day <= lock):
        raise Refusal(f"The date {day:%d/%m/%Y} is in a locked period.")


def read_lines(books: Books, kind: Kind, items: Sequence[Any] | None, money: Money) -> tuple[Line, ...]:
    """Read the lines that were sent; each gets a new id."""
    rows = [wire.members_of(item) for item in items or () if item is not None]
    if books.switches.line_order == "by_sort":
        rows.sort(key=lambda row: wire.whole(row, "Sort"))
    for row in rows:
        _check_nominal(books, kind, wire.whole(row, "ChargeType"))
    return tuple(_line(books, kind, row, money) for row in rows)


def _line(books: Books, kind: Kind, row: Mapping[str, Any], money: Money) -> Line:
    """Read one line; amounts sent in pounds on a foreign document are turned into its currency."""
    amounts, switches = books.amounts, books.switches
    sent_in_currency = str(row.get("ValuesInCurrency") or "0") == "1"
    rate, vat = wire.decimal(row, "Rate"), wire.decimal(row, "VatAmount")
    if money.rate != ONE and not sent_in_currency:
        rate, vat = amounts.foreign(rate, money.rate), amounts.foreign(vat, money.rate)
    rate, quantity = amounts.price(rate), wire.decimal(row, "Quantity")
    net, vat_rate = amounts.pennies(quantity * rate), wire.decimal(row, "VatRate")
    description = wire.text(row, "Description")
    nominal = wire.whole(row, "ChargeType")
    return Line(
        id=books.next_id(f"{kind} line"),
        quantity=quantity,
        description=" ".join(description.splitlines()) if switches.line_breaks == "lose" else description,
        rate=rate,
        nominal=nominal if books.nominals.get(nominal) else 0,
        vat_rate=vat_rate,
        vat=amounts.vat_on(net, vat_rate) if switches.vat_amount == "recompute" else amounts.pennies(vat),
        net=net,
        product=wire.whole(row, "ProductID"),
        project=wire.whole(row, "ProjID"),
        import_duty=wire.decimal(row, "ImportDuty"),
    )


def _check_nominal(books: Books, kind: Kind, nominal_id: int) -> None:
    """Refuse a nominal that cannot be used here; 0 is Other and always can."""
    if not nominal_id:
        return
    nominal = books.nominals.get(nominal_id)
    if nominal is None and books.switches.unknown_nominal == "refuse":
        raise Refusal(f"The charge type {nominal_id} does not exist.")
    wrong = nominal is not None and kind != "purchase" and nominal.area != SALES_AREA
    if wrong and books.switches.wrong_nominal_area == "refuse":
        raise Refusal(f"The charge type {nominal_id} is not a sales type.")


def _header(books: Books, kind: Kind, members: Mapping[str, Any]) -> Document:
    """Read and check everything but the lines; id and number are 0."""
    party = _party(books, kind, wire.whole(members, "CustomerID"))
    issued = wire.day(members, "InvoiceDate")
    if issued is None:
        raise Refusal(f"The {WORDS[kind]} has no date.")
    check_open(books, issued)
    money = _money(books, members)
    return Document(
        kind=kind,
        id=0,
        number=0,
        date=issued,
        due=None if kind == "quote" else wire.day(members, "DueDate") or default_due(books, issued),
        party=party,
        reference=wire.text(members, "CustomerReference"),
        currency=money.currency,
        rate=money.rate,
        project=wire.whole(members, "ProjectID"),
        suppress_total=wire.whole(members, "SuppressTotal"),
        delivery={name: text for name, text in (members.get("DeliveryAddress") or {}).items() if text},
        own_delivery_address=bool(members.get("UseCustomDeliveryAddress")),
        reverse_charge_net=members.get("CISRCNetAmount"),
        reverse_charge_vat=members.get("CISRCVatAmount"),
        reverse_charge=members.get("IsCISReverseCharge"),
    )


def _party(books: Books, kind: Kind, party_id: int) -> int:
    """Check that the customer or supplier exists."""
    if kind == "purchase":
        if books.suppliers.get(party_id) is None:
            raise Refusal("There is no supplier with this id.")
    elif books.customers.get(party_id) is None:
        raise Refusal("There is no customer with this id.")
    return party_id


def _money(books: Books, members: Mapping[str, Any]) -> Money:
    """Read the currency; none is pounds, and in pounds whatever rate was sent is 1."""
    code = wire.text(members, "CurrencyCode").strip().upper()
    home = next(row for row in books.currencies if row.home)
    if code in ("", home.code):
        return Money(home.code, ONE)
    currency = next((row for row in books.currencies if row.code == code), None)
    if currency is None:
        raise Refusal(f"The currency {code} is not enabled on this account.")
    return Money(code, wire.decimal(members, "ExchangeRate") or currency.rate)


def default_due(books: Books, issued: date) -> date | None:
    """Give the due date where none was sent: none, or by the company's terms if the switch says so."""
    if books.switches.missing_due_date == "blank":
        return None
    return issued + timedelta(days=int(books.company.details["PaymentTerms"]))


def _over(existing: Document, header: Document, lines: tuple[Line, ...]) -> Document:
    """Put a new header and lines onto a document that stays what it is."""
    return replace(
        header,
        id=existing.id,
        number=existing.number,
        lines=lines,
        payments=existing.payments,
        notes=existing.notes,
        attachments=existing.attachments,
        became=existing.became,
        permanent_link=existing.permanent_link,
        category=existing.category,
    )


def permanent_link(key: int) -> str:
    """Make up the address under which an invoice could be seen without a login; it leads nowhere."""
    digits = f"{key * 2654435761 % 16**12:012x}"
    return f"https://api.kashflow.com/v2/documents/invoice/00000000-0000-4000-8000-{digits}"
