"""Switches for what happens when parties, quotes, bank transactions, journals, products or projects are written.

They are a part of ``Switches``, which is where they are read and set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal


@dataclass(frozen=True, slots=True)
class WritingSwitches:
    """How the pretend KashFlow writes where public evidence does not settle how the real one does."""

    # --- customers and invoices --------------------------------------------------------------------------------------
    update_blank_code: Annotated[
        Literal["new", "keep", "refuse"],
        "A customer or supplier is written anew without a code: a new one is made, the old one stays, or NO.",
    ] = "new"
    currency_in_use: Annotated[
        Literal["accept", "refuse"], "Setting another currency for a customer or supplier who has documents."
    ] = "accept"
    line_order: Annotated[
        Literal["as_sent", "by_sort"], "The lines of a document stand as they were sent, or in the order of their Sort."
    ] = "as_sent"
    typed_update: Annotated[
        Literal["blank", "keep"],
        "What Invoice_TypeDefined cannot carry, the delivery address, when an invoice or purchase is updated by one.",
    ] = "blank"
    email_blank: Annotated[
        Literal["accept", "refuse"], "An e-mail without a subject, a text or the sender's address."
    ] = "accept"
    credit_of_another: Annotated[
        Literal["refuse", "accept"], "Applying the credit note of one customer to the invoice of another."
    ] = "refuse"

    # --- quotes ------------------------------------------------------------------------------------------------------
    converted_date: Annotated[
        Literal["today", "quote"], "The date of an invoice that a quote was turned into: today's, or the quote's."
    ] = "today"
    converted_again: Annotated[
        Literal["accept", "refuse"], "Turning a quote that already became an invoice into one more."
    ] = "accept"
    converted_reference: Annotated[
        Literal["last", "first"], 'Where the line "Based on Quote Number" stands among the lines of the invoice.'
    ] = "last"

    # --- the bank ----------------------------------------------------------------------------------------------------
    bank_amounts: Annotated[
        Literal["gross", "net"], "Money in and out of a bank transaction includes its VAT, or comes before it."
    ] = "gross"
    bank_account_code: Annotated[
        Literal["refuse", "create"], "A new bank account under a nominal code that does not exist: NO, or it is made."
    ] = "refuse"
    bank_to_bank: Annotated[
        Literal["transfer", "refuse"],
        "A bank transaction on the nominal of another bank account: a transfer that both accounts list, or NO.",
    ] = "transfer"
    advance_without_party: Annotated[
        Literal["refuse", "accept"],
        "A bank transaction against Debtors or Creditors Control that names no customer or supplier.",
    ] = "refuse"

    # --- journals, products and projects -----------------------------------------------------------------------------
    unbalanced_journal: Annotated[
        Literal["refuse", "other"], "A journal whose lines do not add up to zero: NO, or the rest is posted to Other."
    ] = "refuse"
    journal_header_lines: Annotated[
        Literal["add", "ignore"], "Lines sent with UpdateJournalHeader are added to the old ones, or not looked at."
    ] = "add"
    project_without_number: Annotated[
        Literal["keep", "next"], "A project is written anew with the number 0: it keeps its own, or gets the next."
    ] = "keep"
    shared_key: Annotated[
        Literal["refuse", "accept"], "A product's code or a project's number that another one already has."
    ] = "refuse"
    update_number: Annotated[
        Literal["one", "id", "zero"],
        "The number that an update of a quote, purchase, journal or bank row answers with.",
    ] = "one"
