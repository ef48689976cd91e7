"""Money on account that is set against an invoice or a purchase later on.

Nothing moves in the ledger then: the money was entered against the customers' or the suppliers' control account when
it came or went. What is set against a document is kept with the bank row, so that it is not counted as on account too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from kf_mcp.simulator.bank import on_account
from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.records import ZERO, Document, Payment

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books


def allocate(books: Books, document: Document, bank_row: int) -> Payment:
    """Set money on account, named by its bank row, against a document of the same customer or supplier.

    How the payment looks is not known: here it has the money's date and note, and neither method nor bank account.
    """
    who: Literal["customers", "suppliers"] = "suppliers" if document.kind == "purchase" else "customers"
    of_party = on_account(books, who).get(document.party, [])
    found = next(((row, left) for row, left in of_party if row.id == bank_row), None)
    if found is None:
        raise Refusal(f"There is no advance payment with this id for the {who[:-1]} of this {_word(document)}.")
    row, left = found
    owed = books.amounts.home_due(document)
    if left <= 0 or owed <= 0:
        raise Refusal(f"The advance payment cannot be allocated to this {_word(document)}.")
    amount = left if books.switches.advance_above_due == "overpays" else min(left, owed)
    payment = Payment(
        id=books.next_id("payment"),
        date=row.date,
        amount=books.amounts.payment_as_sent(document, amount),
        home=amount,
        note=row.comment,
        advance=row.id,
    )
    books.put_bank_row(replace(row, allocated=row.allocated + amount))
    books.put_document(replace(document, payments=(*document.payments, payment)))
    return payment


def release(books: Books, payment: Payment) -> None:
    """Put what a payment took from money on account back there, since the payment goes."""
    row = books.bank_rows.get(payment.advance)
    if row is not None:
        books.put_bank_row(replace(row, allocated=max(row.allocated - payment.home, ZERO)))


def _word(document: Document) -> str:
    return "receipt" if document.kind == "purchase" else "invoice"
