"""What the pretend KashFlow's books contain, as frozen values; a change is a new value in the old one's place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

ZERO = Decimal(0)
HUNDRED = Decimal(100)
NOT_APPLICABLE = Decimal(-1)
"""The VAT rate of a line that is no part of the VAT return (KashFlow's manual, InvoiceLine)."""

Kind = Literal["invoice", "purchase", "quote"]


@dataclass(frozen=True, slots=True)
class Party:
    """A customer or a supplier, with every member of KashFlow's own record by its own name."""

    id: int
    code: str
    name: str
    members: Mapping[str, Any]

    @property
    def is_european(self) -> bool:
        """Whether the party is registered for VAT in a member state of the European Union."""
        return bool(self.members.get("EC"))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, in the document's own currency."""

    id: int
    quantity: Decimal
    description: str
    rate: Decimal
    """The price of one, without VAT, in up to four places."""
    nominal: int
    """The nominal's internal id; 0 is Other."""
    vat_rate: Decimal
    """Percent; -1 is not applicable."""
    vat: Decimal
    """VAT of the whole line, in pennies."""
    net: Decimal
    """Quantity times price, in pennies."""
    product: int = 0
    project: int = 0
    import_duty: Decimal = ZERO
    """Kept as it was sent, on purchases; it is posted nowhere."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received for an invoice or paid for a purchase."""

    id: int
    date: dt.date
    amount: Decimal
    """As it was sent; above zero is the ordinary direction."""
    home: Decimal
    """The same in pounds."""
    note: str = ""
    method: int = 0
    account: int = 0
    """The bank account's id; 0 where no money moved, as when a credit note is applied."""
    settles_with: int = 0
    """The other document's id where a credit note was applied."""
    advance: int = 0
    """The bank row's id where it is money that was on account."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark kept with a document."""

    id: int
    date: dt.date
    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file kept with a purchase or an invoice, such as the scanned bill."""

    id: int
    name: str
    content_type: str
    size: int
    """In bytes."""
    uploaded: dt.date
    extension: str = ""
    """As it was sent."""
    sha256: str = ""
    """What is in the file, as its checksum; the file itself is not kept."""


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice, a purchase or a quote; a credit note is an invoice below zero."""

    kind: Kind
    id: int
    number: int
    date: dt.date
    due: dt.date | None
    party: int
    """The customer's id, or the supplier's on a purchase."""
    reference: str
    currency: str
    rate: Decimal
    """The exchange rate as it was sent; 1 in pounds."""
    lines: tuple[Line, ...] = ()
    payments: tuple[Payment, ...] = ()
    notes: tuple[Note, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    project: int = 0
    suppress_total: int = 0
    category: str | None = None
    permanent_link: str = ""
    delivery: Mapping[str, Any] = field(default_factory=dict)
    own_delivery_address: bool = False
    reverse_charge_net: Decimal | None = None
    """As it was sent; the members of the construction industry's reverse charge may be nothing."""
    reverse_charge_vat: Decimal | None = None
    reverse_charge: bool | None = None
    became: int = 0
    """The id of the invoice that a quote was turned into; 0 while it is still a quote."""

    @property
    def net(self) -> Decimal:
        """The total without VAT, in the document's currency."""
        return sum([line.net for line in self.lines], ZERO)

    @property
    def vat(self) -> Decimal:
        """The total of VAT, in the document's currency."""
        return sum([line.vat for line in self.lines], ZERO)


@dataclass(frozen=True, slots=True)
class Nominal:
    """One account of the ledger."""

    id: int
    code: int
    name: str
    type: int
    """1 turnover, 2 cost of sale, 3 expense, 4 fixed asset, 5 current asset or liability, 6 capital and reserves."""
    area: int
    """Where it may be chosen: 1 sales, 2 outgoings, 3 bank transactions, 0 anywhere (KashFlow's own suspense)."""
    vat_rate: Decimal = ZERO
    """The default rate, percent; -1 is not applicable; 0 may also mean that none was set."""
    price: Decimal = ZERO
    description: str = ""
    goods: bool = False
    """Whether sales to and purchases from the European Union on it count as goods (boxes 8 and 9)."""
    archived: bool = False
    particulars: Mapping[str, Any] = field(default_factory=dict)
    """What a special nominal was created with besides, by KashFlow's own names; nothing reads it back."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account; its money is on a nominal."""

    id: int
    name: str
    nominal: int


@dataclass(frozen=True, slots=True)
class BankRow:
    """Money in or out of a bank account that belongs to no document; amounts include VAT."""

    id: int
    account: int
    date: dt.date
    money_in: Decimal
    money_out: Decimal
    type: int
    """The nominal's id on the other side; 0 for a transfer that KashFlow's own pages made."""
    comment: str = ""
    vatable: bool = False
    vat_rate: Decimal = ZERO
    vat: Decimal = ZERO
    customer: int = 0
    supplier: int = 0
    project: int = 0
    other_account: int = 0
    """The account at the other end of a transfer."""
    allocated: Decimal = ZERO
    """How much of money on account was set against documents, in pounds."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of a journal; a debit is above zero."""

    nominal: int
    amount: Decimal
    comment: str = ""
    project: int = 0


@dataclass(frozen=True, slots=True)
class Journal:
    """Amounts moved between nominals by hand, or by KashFlow when a VAT return is filed."""

    id: int
    number: int
    date: dt.date
    comment: str
    lines: tuple[JournalLine, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a short list: a payment method or a customer source."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency that the company may use, with its rate of the day."""

    id: int
    code: str
    rate: Decimal
    home: bool = False


@dataclass(frozen=True, slots=True)
class StoredReturn:
    """A VAT return that was filed, with the figures and the items it held."""

    id: int
    start: dt.date
    end: dt.date
    boxes: tuple[Decimal, ...]
    """Box 1 first."""
    filed: dt.date
    reference: str
    items: tuple[tuple[str, int], ...]
    """What was in it: the kind of each item and its id."""


@dataclass(frozen=True, slots=True)
class Email:
    """An invoice or a purchase order that was asked to be sent by e-mail. Nothing is ever sent."""

    id: int
    invoice: int
    """The invoice's number; 0 where a purchase order was sent."""
    recipient: str
    sender: str
    subject: str
    body: str
    sender_name: str = ""
    receipt: int = 0
    """The purchase's number; 0 where an invoice was sent."""


@dataclass(frozen=True, slots=True)
class Controls:
    """The nominals that KashFlow itself posts to, by their ids."""

    other: int
    debtors: int
    creditors: int
    vat_on_sales: int
    vat_on_purchases: int
    vat_owed: int
    capital: int


@dataclass(frozen=True, slots=True)
class Company:
    """Whose books these are."""

    details: Mapping[str, Any]
    """Every member of KashFlow's company details by its own name."""
    vat_registered: bool
    vat_number: str
    controls: Controls
    vat_rates: tuple[Decimal, ...]
    lock_date: dt.date | None = None
    """Nothing dated on or before it may be written; none is set in the worlds."""
