"""Purchases, money in the bank and journals put into the books, beside the calls of books_calls."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from books_calls import at, nominal_id

from kf_mcp.simulator import documents, journals, payments, suppliers
from kf_mcp.simulator.records import BankRow, JournalLine

NOTHING = Decimal(0)


def supplier(books, name="Felt Mills", **members):
    return suppliers.add(books, {"Name": name, **members}).id


def purchase(books, supplier_id, *lines, day=date(2026, 11, 5), **members):
    header = {"InvoiceDate": day, "DueDate": day, "CustomerID": supplier_id, "Lines": list(lines)}
    return documents.insert(books, "purchase", {**header, **members})


def pay_purchase(books, bought, amount, day=date(2026, 11, 20)):
    details = {
        "PayDate": day,
        "PayMethod": next(iter(books.purchase_methods)).id,
        "PayAccount": next(iter(books.bank_accounts)).id,
        "PayAmount": Decimal(amount),
    }
    return payments.pay(books, books.purchases.get(bought.id), details)


def journal(books, *sides, day=date(2026, 11, 10), comment="Moved"):
    """A journal of (nominal code, amount) pairs; a debit is above zero."""
    lines = [JournalLine(nominal_id(books, code), Decimal(amount), comment) for code, amount in sides]
    return journals.add(books, day, comment, lines)


def bank_row(books, code, *, received="0", paid="0", day=date(2026, 11, 12), **members):
    row = BankRow(
        id=books.next_id("bank row"),
        account=next(iter(books.bank_accounts)).id,
        date=day,
        money_in=Decimal(received),
        money_out=Decimal(paid),
        type=nominal_id(books, code),
    )
    books.put_bank_row(replace(row, **members))
    return row


def period(start, end):
    return {"StartDate": at(start.year, start.month, start.day), "EndDate": at(end.year, end.month, end.day)}
