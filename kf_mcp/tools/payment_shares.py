"""How one sum of money is shared out over several documents, and what is said of each share."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeVar

from kf_mcp.errors import Refused
from kf_mcp.model import dates, money
from kf_mcp.model.documents import Bill
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import is_open, oldest_first
from kf_mcp.tools import payment_facts

LISTED: Final = 20
NOTHING: Final = "Nothing was written."

B = TypeVar("B", bound=Bill)


@dataclass(frozen=True)
class Share(Generic[B]):
    """What one document gets."""

    owed: B
    amount: Decimal

    def in_words(self) -> str:
        """One line of the preview: each amount once."""
        if self.owed.currency != money.HOME:
            return f"{money.in_words(self.amount)} for {payment_facts.owed_in_words(self.owed)}"
        document = payment_facts.named_in_words(self.owed)
        of = "" if self.owed.gross == self.owed.outstanding else f" ({money.in_words(self.owed.gross)})"
        left = self.owed.outstanding - self.amount
        if not left:
            return f"{money.in_words(self.amount)} for {document}{of}: all that is outstanding"
        return (
            f"{money.in_words(self.amount)} for {document}{of}: outstanding {money.in_words(self.owed.outstanding)} "
            f"becomes {money.in_words(left)}"
        )


def named(asked: Sequence[tuple[int, Decimal | None]], owned: Sequence[B], whose: str) -> list[Share[B]]:
    """The shares that the person named. Raises Refused for what cannot be paid so."""
    by_number = {found.number: found for found in owned}
    shares: list[Share[B]] = []
    for number, amount in asked:
        owed = by_number.get(number)
        if owed is None:
            raise Refused(f"{number} is none of {whose}.", f"{NOTHING} {open_in_words(owned, whose)}")
        noun = payment_facts.called(owed)
        if number in {share.owed.number for share in shares}:
            raise Refused(f"{noun.capitalize()} {number} is named twice.", f"{NOTHING} Name it once, with its amount.")
        payment_facts.refuse_settled(owed, [])
        payment_facts.refuse_unknown_pounds(owed, amount)
        share = owed.outstanding if amount is None else amount
        if owed.currency == money.HOME and share > owed.outstanding:
            raise Refused(
                f"{money.in_words(share)} is {money.in_words(share - owed.outstanding)} more than {noun} {number} has outstanding "
                f"({money.in_words(owed.outstanding)}).",
                f"{NOTHING} Name no more than that for it; what is left over can be kept as money on account.",
            )
        shares.append(Share(owed, share))
    return shares


def by_age(owned: Sequence[B], total: Decimal, whose: str) -> list[Share[B]]:
    """The oldest documents first. Raises Refused where none is open, or a foreign one comes up."""
    shares = [Share(owed, amount) for owed, amount in oldest_first(owned, total)]
    if not shares:
        raise Refused(
            f"Nothing is outstanding of {whose}.", f"{NOTHING} Enter it as money on account: `record_advance`."
        )
    for share in shares:
        if share.owed.currency != money.HOME:
            raise Refused(
                f"Invoice {share.owed.number} is in {share.owed.currency}, and KashFlow keeps payments in pounds.",
                f"{NOTHING} Name the invoices and the pounds for each in `invoices`. {open_in_words(owned, whose)}",
            )
    return shares


def left_over(
    rest: Decimal, total: Decimal, shares: Sequence[Share[Invoice]], owned: Sequence[Invoice], whose: str
) -> Refused:
    """The refusal of money that no invoice gets, with the split as it would be."""
    rest_of = others(owned, [share.owed.id for share in shares])
    short = [share for share in shares if share.owed.currency == money.HOME and share.amount < share.owed.outstanding]
    more = "name further invoices or amounts, " if short or any(map(is_open, rest_of)) else ""
    split = "; ".join(share.in_words() for share in shares[:LISTED])
    return Refused(
        f"{money.in_words(rest)} of the {money.in_words(total)} is left over. The invoices would get: {split}.",
        f"{NOTHING} Ask the person: {more}correct `total`, or set `rest_on_account` to true to keep it as money on account. "
        f"{open_in_words(rest_of, whose, 'Nothing else')}",
    )


def shared(shares: Sequence[Share[B]]) -> Decimal:
    """What all of them get."""
    return sum((share.amount for share in shares), Decimal(0))


def others(owned: Sequence[Bill], taken: Sequence[int]) -> list[Bill]:
    """The documents that get nothing."""
    return [found for found in owned if found.id not in taken]


def open_in_words(owned: Sequence[Bill], whose: str, nothing: str = "Nothing") -> str:
    """What is open, oldest first, as one sentence."""
    found = sorted(filter(is_open, owned), key=lambda bill: (bill.issue_date, bill.number))
    if not found:
        return f"{nothing} is outstanding of {whose}."
    listed = [
        f"{bill.number} of {dates.in_words(bill.issue_date)} ({money.in_words(bill.outstanding, bill.currency)})"
        for bill in found[:LISTED]
    ]
    more = f", and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return f"Open of {whose}: {', '.join(listed)}{more}."
