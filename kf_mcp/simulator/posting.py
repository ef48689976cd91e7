"""How each record is entered in the ledger, in pounds and double."""

from __future__ import annotations

from collections.abc import Iterator

from kf_mcp.simulator.amounts import Amounts
from kf_mcp.simulator.ledger import Posting
from kf_mcp.simulator.records import ZERO, BankRow, Company, Document, Journal, Payment


def document_postings(document: Document, company: Company, amounts: Amounts) -> Iterator[Posting]:
    """Enter an invoice or a purchase: its lines and their VAT on one side, the customer or supplier on the other.

    A foreign document is entered in pounds, line by line, at its own rate.
    """
    controls = company.controls
    sign, vat, control = (
        (-1, controls.vat_on_sales, controls.debtors)
        if document.kind == "invoice"
        else (1, controls.vat_on_purchases, controls.creditors)
    )
    total = ZERO
    for line in document.lines:
        net, tax = amounts.home(line.net, document.rate), amounts.home(line.vat, document.rate)
        yield Posting(document.date, line.nominal or controls.other, sign * net)
        yield Posting(document.date, vat, sign * tax)
        total += net + tax
    yield Posting(document.date, control, -sign * total)


def payment_postings(document: Document, payment: Payment, bank: int | None, company: Company) -> Iterator[Posting]:
    """Enter a payment: the bank's nominal against the customers or the suppliers.

    Where no bank account is in it (a credit note was applied) nothing moves in the ledger.
    """
    if bank is None:
        return
    received = payment.home if document.kind == "invoice" else -payment.home
    control = company.controls.debtors if document.kind == "invoice" else company.controls.creditors
    yield Posting(payment.date, bank, received)
    yield Posting(payment.date, control, -received)


def bank_row_postings(row: BankRow, bank: int, other: int, company: Company) -> Iterator[Posting]:
    """Enter money in or out: the bank's nominal against the row's type, its VAT apart; or a transfer's ends."""
    gross = row.money_in - row.money_out
    vat = ZERO
    if row.vatable and row.vat:
        vat = row.vat if row.money_in else -row.vat
        nominal = company.controls.vat_on_sales if row.money_in else company.controls.vat_on_purchases
        yield Posting(row.date, nominal, -vat)
    yield Posting(row.date, bank, gross)
    yield Posting(row.date, other, vat - gross)


def journal_postings(journal: Journal) -> Iterator[Posting]:
    """Enter a journal's lines as they are."""
    for line in journal.lines:
        yield Posting(journal.date, line.nominal, line.amount)
