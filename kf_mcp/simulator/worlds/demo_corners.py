"""What is out of the ordinary in the demo company's books: journals, odd purchases, money on account.

All of it is dated after the last VAT return that was filed, or carries no VAT.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from kf_mcp.simulator import journals, payments, purchase_files
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import ZERO, BankRow, Document, JournalLine, Note, Party
from kf_mcp.simulator.worlds.chart import account, nominal
from kf_mcp.simulator.worlds.demo_costs import add_purchase, months

NEVER = 10_000
"""Days after which a bill is paid that is not."""

DEPRECIATION = Decimal("164.50")
ACCRUED = Decimal("420.00")


def add_journals(books: Books, start: date) -> None:
    """Enter what an accountant would: depreciation twice, an accrual and its reversal, a cost put right."""
    firsts = list(months(start, books.today))
    for half, first in (("first", firsts[6]), ("second", firsts[12])):
        _move(books, first - timedelta(days=1), f"Depreciation, {half} half year", 8000, 40, DEPRECIATION)
    closed = firsts[9]
    _move(books, closed - timedelta(days=1), "Accrual: bookkeeping review", 7600, 2109, ACCRUED)
    _move(books, closed, "Reversal of accrual: bookkeeping review", 2109, 7600, ACCRUED)
    project = next(row.id for row in books.projects if row.reference == "OWN-SITE")
    moved = "Client evening was ours: moved from materials"
    _move(books, books.today - timedelta(days=15), moved, 7403, 5000, Decimal("38.20"), project)


def _move(books: Books, day: date, comment: str, debit: int, credit: int, amount: Decimal, project: int = 0) -> None:
    """Enter a journal of two lines, named by their nominals' codes."""
    sides = ((debit, amount), (credit, -amount))
    lines = [JournalLine(nominal(books, code), signed, comment, project) for code, signed in sides]
    journals.add(books, day, comment, lines)


def add_odd_purchases(books: Books) -> None:
    """Enter a supplier's credit note, a bill paid too much, one paid in part, and one with files and notes."""
    bill = _bill(books, "Great Western Stationers", 15, 30, "Label printer", "96.40")
    _pay(books, bill, 3, books.amounts.home_due(bill) + 12)
    bill = _bill(books, "Speedwell Couriers", 14, 5100, "Same-day van, exhibition stand", "140.00")
    _pay(books, bill, 5, Decimal(50))
    _bill(books, "Avon Paper & Board Ltd", 8, 5000, "Credit: damaged pallet", "-88.35")
    bill = _bill(books, "Wharf Trade Printers Ltd", 10, 5010, "Litho run, boatyard brochures", "312.00")
    day = books.today - timedelta(days=9)
    remarks = ("Approved by Rosalind.", "Query: 500 short? <awaiting reply> & credit")
    notes = tuple(Note(books.next_id("note"), day, text) for text in remarks)
    bill = replace(bill, notes=notes)
    books.put_document(bill)
    for name, size in (("Wharf invoice.pdf", 48_213), ("delivery note & count.pdf", 112_904)):
        bill = purchase_files.attach(books, bill, name, "application/pdf", size)


def _bill(books: Books, supplier: str, days_ago: int, code: int, text: str, pounds: str) -> Document:
    """Enter a bill that is not paid yet."""
    issued = books.today - timedelta(days=days_ago)
    party = _party(books, supplier)
    add_purchase(books, party, issued, code=code, text=text, rate=Decimal(pounds), paid_after=NEVER)
    return max(books.purchases.of_party(party.id), key=lambda row: row.number)


def _party(books: Books, name: str) -> Party:
    parties: tuple[Party, ...] = (*books.suppliers, *books.customers)
    return next(row for row in parties if row.name == name)


def _pay(books: Books, bill: Document, days_ago: int, amount: Decimal) -> None:
    """Pay an amount of a bill by card."""
    way = next(row for row in books.purchase_methods if row.name == "Company card")
    paid_on = books.today - timedelta(days=days_ago)
    details = {"PayDate": paid_on, "PayMethod": way.id, "PayAccount": account(books, "Current account")}
    payments.pay(books, bill, {**details, "PayAmount": amount})


def add_advance(books: Books) -> None:
    """Enter money that a customer paid on account: a bank row against Debtors Control."""
    books.put_bank_row(
        BankRow(
            id=books.next_id("bank row"),
            account=account(books, "Current account"),
            date=books.today - timedelta(days=9),
            money_in=Decimal("400.00"),
            money_out=ZERO,
            type=books.company.controls.debtors,
            comment="Deposit for liveries, no invoice yet",
            customer=_party(books, "Kestrel Aviation Services Ltd").id,
        )
    )
