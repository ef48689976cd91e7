"""What every tool that records payments asks for, shows, refuses and warns of."""

import datetime as dt
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal, Protocol

from pydantic import AfterValidator, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money, search
from kf_mcp.model.dates import Day
from kf_mcp.model.documents import Bill
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.money import Figure
from kf_mcp.model.payments import Kind, NewPayment, NewPurchasePayment, in_pounds, is_open, overpaying
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.reference import BankAccount, PaymentMethod
from kf_mcp.model.text import quoted
from kf_mcp.tools import choices
from kf_mcp.tools.customers import Line

FAR_OFF: Final = timedelta(days=60)

TRANSFER: Final = frozenset(
    ("bank transfer", "transfer", "bacs", "faster payment", "faster payments", "bank payment", "online transfer")
)
"""What people call a bank transfer."""
TRANSFER_WORDS: Final = frozenset(("bacs", "transfer", "faster", "fps", "chaps"))
"""By which a method is known for one."""


def _whole_pennies(value: Decimal) -> Decimal:
    if value != money.to_pennies(value):
        raise ValueError("has more than two decimal places; money is paid in whole pennies")
    return money.to_pennies(value)


Paid = Annotated[Figure, AfterValidator(_whole_pennies)]
MethodName = Annotated[str, Field(max_length=60, description="Payment method by name; needed where there are several")]
AccountName = Annotated[str, Field(max_length=60, description="Bank account by name; needed where there are several")]
PaidNote = Annotated[Line, Field(max_length=200, description="Kept with the payment")]
ReceivedOn = Annotated[Day | None, Field(description="When it was received; default: today in the UK")]
PaidOn = Annotated[Day | None, Field(description="When it was paid; default: today in the UK")]


class Made(Protocol):
    """A payment that stands in the books."""

    @property
    def id(self) -> int:
        """Its id."""

    @property
    def date(self) -> dt.date:
        """Its day."""

    @property
    def amount(self) -> Decimal:
        """What was paid."""


class Way:
    """By which method and through which bank account money is paid, and where the choice came from."""

    def __init__(self, method: tuple[PaymentMethod, str], account: tuple[BankAccount, str], into: str) -> None:
        self.method, how = method
        self.account, where = account
        self._words = _sourced(f"By {self.method.name}", how) + " " + _sourced(f"{into} {self.account.name}", where)

    def in_words(self) -> str:
        """One line of the preview: By BACS into Current account."""
        return self._words


async def way_in(books: Books, method: str, bank_account: str) -> Way:
    """How a customer paid. Raises ChoiceNeeded with everything that is open."""
    return await _way(books, await books.reference.payment_methods(), method, bank_account, "into")


async def way_out(books: Books, method: str, bank_account: str) -> Way:
    """How a supplier was paid, whose list of methods is another. Raises ChoiceNeeded with everything that is open."""
    return await _way(books, await books.purchases.payment_methods(), method, bank_account, "from")


async def _way(
    books: Books, offered: Sequence[PaymentMethod], method: str, bank_account: str, into: Literal["into", "from"]
) -> Way:
    how, where, still_open = None, None, []
    try:
        how = _method_called(offered, method, "payment method" if into == "into" else "supplier payment method")
    except ChoiceNeeded as choice:
        still_open.append(choice)
    try:
        where = await account_called(books, bank_account)
    except ChoiceNeeded as choice:
        still_open.append(choice)
    if how is None or where is None:
        raise ChoiceNeeded.together(still_open)
    return Way(how, where, into)


def _method_called(offered: Sequence[PaymentMethod], said: str, kind: str) -> tuple[PaymentMethod, str]:
    """The method with this name, the only one, or for a bank transfer the only one that is such by its name. Raises ChoiceNeeded."""
    try:
        return choices.one_of(offered, said, "method", kind)
    except ChoiceNeeded:
        is_transfer = " ".join(search.words(said)) in TRANSFER
        alike = [found for found in offered if TRANSFER_WORDS & set(search.words(found.name))] if is_transfer else []
        if len(alike) != 1:
            raise
        return alike[0], f"the only one that is a bank transfer by its name, as {quoted(said, 30)} was said"


async def account_called(books: Books, bank_account: str) -> tuple[BankAccount, str]:
    """The bank account with this name, or the only one; and where the choice came from. Raises ChoiceNeeded."""
    return choices.one_of(await books.reference.bank_accounts(), bank_account, "bank_account", "bank account")


def _sourced(words: str, source: str) -> str:
    return f"{words} ({source})" if source else words


def received(owed: Invoice, amount: Decimal, day: dt.date, way: Way, note: str) -> NewPayment:
    """A payment of an invoice to be entered."""
    return NewPayment(
        invoice_id=owed.id,
        invoice_number=owed.number,
        date=day,
        amount=amount,
        note=note,
        method_id=way.method.id,
        account_id=way.account.id,
    )


def paid(owed: Purchase, amount: Decimal, day: dt.date, way: Way, note: str) -> NewPurchasePayment:
    """A payment of a purchase to be entered."""
    return NewPurchasePayment(
        purchase_id=owed.id,
        purchase_number=owed.number,
        date=day,
        amount=amount,
        note=note,
        method_id=way.method.id,
        account_id=way.account.id,
    )


def called(owed: Bill) -> Kind:
    """What a document is called: invoice, or purchase."""
    return "purchase" if isinstance(owed, Purchase) else "invoice"


def named_in_words(owed: Bill) -> str:
    """Which document it is: invoice 1290 of 3 Nov 2026."""
    theirs = f" (their reference {quoted(owed.reference, 60)})" if isinstance(owed, Purchase) and owed.reference else ""
    return f"{called(owed)} {owed.number} of {dates.in_words(owed.issue_date)}{theirs}"


def owed_in_words(owed: Bill) -> str:
    """One line of the preview: the document and what is outstanding of it."""
    show = money.in_words
    named = named_in_words(owed)
    return (
        f"{named[:1].upper()}{named[1:]}: {show(owed.gross, owed.currency)}, "
        f"of which {show(owed.outstanding, owed.currency)} is outstanding"
        + (
            ""
            if owed.currency == money.HOME
            else f" (about {show(in_pounds(owed))} by its rate {money.plain(owed.exchange_rate)})"
        )
    )


def refuse_settled(owed: Bill, earlier: Sequence[Made]) -> None:
    """Refuse what cannot be paid."""
    noun = called(owed)
    if owed.is_credit_note:
        what = (
            "a credit note, which money is not received for"
            if noun == "invoice"
            else "a supplier's credit note, which is not paid"
        )
        raise Refused(
            f"{owed.number} is {what}.",
            "Apply it to an invoice, or refund it, in KashFlow: whether its API takes a refund is not documented."
            if noun == "invoice"
            else "Set it against a bill, or enter the refund, in KashFlow: its API has no operation for the one and documents none "
            "for the other.",
        )
    if is_open(owed):
        return
    before = ", ".join(f"{money.in_words(p.amount, owed.currency)} on {dates.in_words(p.date)}" for p in earlier[-3:])
    raise Refused(
        f"{noun.capitalize()} {owed.number} is paid already{f' ({before})' if before else ''}{_odd_penny(owed)}.",
        f"Nothing was written. If the money is for another {noun}, find it with `find_{noun}s`.",
    )


def _odd_penny(owed: Bill) -> str:
    """What the sums leave over on a document that KashFlow marks as paid."""
    return (
        f"; KashFlow marks it so, though {money.in_words(owed.outstanding, owed.currency)} is left"
        if owed.outstanding
        else ""
    )


def refuse_unknown_pounds(owed: Bill, amount: Decimal | None) -> None:
    """Refuse to work out pounds for a foreign document."""
    if amount is None and owed.currency != money.HOME:
        raise Refused(
            f"{called(owed).capitalize()} {owed.number} is in {owed.currency}, and KashFlow keeps payments in pounds.",
            f"Call again with its `amount` set to the pounds that {'reached' if called(owed) == 'invoice' else 'left'} the bank: "
            f"about {money.in_words(in_pounds(owed))} by the {called(owed)}'s rate.",
        )


def left_in_words(owed: Bill, amount: Decimal) -> str:
    """What is outstanding after a payment; nothing is said of foreign documents, whose payments are in pounds."""
    return f"Outstanding afterwards: {money.in_words(owed.outstanding - amount)}" if owed.currency == money.HOME else ""


def odd_payment(owed: Bill, amount: Decimal, day: dt.date, earlier: Sequence[Made]) -> list[str]:
    """What a bookkeeper would ask about a payment of this document before writing it."""
    noun = called(owed)
    said = [
        f"Perhaps a duplicate: payment {found.id} has the same amount and date."
        for found in earlier
        if (found.amount, found.date) == (amount, day)
    ]
    said += overpaying(owed, amount, noun)
    if day < owed.issue_date:
        said.append(f"The payment is dated before the {noun} ({dates.in_words(owed.issue_date)}).")
    if owed.currency != money.HOME:
        said.append(
            f"The {noun} is in {owed.currency}. By KashFlow's knowledge base (Editing a currency) payments are kept in pounds, and so "
            "it is entered; whether its API does the same is not documented. Check what is outstanding afterwards."
        )
    return said


def odd_day(day: dt.date, today: dt.date, what: str = "payment") -> list[str]:
    """What a bookkeeper would ask about the day of money that came or went."""
    if day > today:
        return [f"The {what} is dated in the future."]
    return [f"The {what} is dated {dates.in_words(day)}, far from today."] if today - day > FAR_OFF else []
