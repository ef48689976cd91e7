"""The company that is attacked, and the writes that are tried on it: each bears a mark, so that it can be counted in the books."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from conftest import TODAY

from kf_mcp.simulator import Simulator, customers, suppliers
from kf_mcp.simulator.records import Document, Line

Books = dict[str, Any]
CUSTOMERS = 20
INVOICES = 3
FIRST = 1001
"""The number of its first invoice."""
WAY = {"method": "BACS", "bank_account": "Current account"}


def open_company(file: Path | None = None, **more: Any) -> Simulator:
    """A small company with customers C1, C2, ..., each with invoices that are too large ever to be paid, and suppliers F1, F2, ..."""
    company = Simulator("empty", today=TODAY, state=file, **more)
    nominal = next(row.id for row in company.books.nominals if row.code == 4000)
    for place in range(1, CUSTOMERS + 1):
        party = customers.add(company.books, {"Name": f"Customer {place} Ltd", "Code": f"C{place}", "PaymentTerms": 30})
        suppliers.add(company.books, {"Name": f"Felt Mill {place} Ltd", "Code": f"F{place}"})
        for number in range(1, INVOICES + 1):
            _put_invoice(company, party.id, f"old {place}.{number}", nominal)
    company.save()
    assert min(found["number"] for found in company.state()["invoices"]) == FIRST
    return company


def _put_invoice(company: Simulator, party: int, reference: str, nominal: int) -> None:
    books = company.books
    net, vat = Decimal("500000.00"), Decimal("100000.00")
    key, day = books.next_id("invoice"), TODAY - timedelta(days=20)
    line = Line(books.next_id("invoice line"), Decimal(1), "Hats", net, nominal, Decimal(20), vat, net)
    books.put_document(
        Document(
            kind="invoice",
            id=key,
            number=books.next_number("invoice"),
            date=day,
            due=day + timedelta(days=30),
            party=party,
            reference=reference,
            currency="GBP",
            rate=Decimal(1),
            lines=(line,),
            payments=(),
        )
    )


@dataclass(frozen=True)
class Write:
    """One write, and how often each of its steps stands in the books."""

    tool: str
    arguments: dict[str, Any]
    counts: Callable[[Books], list[int]]
    operation: str
    """What KashFlow calls it."""


def invoice(place: int, mark: str) -> Write:
    """A new invoice."""
    lines = [
        {"description": f"Hats {mark}", "quantity": 3, "unit_price": _pounds(mark), "vat_rate": 20, "nominal": 4000}
    ]
    return Write(
        "create_invoice",
        {"customer": f"C{place}", "lines": lines, "reference": mark},
        lambda books: [sum(found["reference"] == mark for found in books["invoices"])],
        "InsertInvoice",
    )


def customer(_place: int, mark: str) -> Write:
    """A new customer, whose name is not nearly that of another."""
    name = hashlib.sha256(mark.encode()).hexdigest()[:16]
    return Write(
        "create_customer",
        {"name": name, "email": "post@newcomer.example"},
        lambda books: [sum(found["name"] == name for found in books["customers"])],
        "InsertCustomer",
    )


def changed_customer(place: int, mark: str) -> Write:
    """A customer's new telephone number."""
    return Write(
        "update_customer",
        {"customer": f"C{place}", "telephone": mark},
        lambda books: [sum(found["members"]["Telephone"] == mark for found in books["customers"])],
        "UpdateCustomer2",
    )


def payment(place: int, mark: str) -> Write:
    """A payment of an invoice; its day makes it one that nothing else equals."""
    number = _number(place, 1)
    return Write(
        "record_payment",
        {"invoice": number, "amount": _pounds(mark), "note": mark, "date": _day(mark), **WAY},
        lambda books: [_paid(books, number, mark)],
        "InsertInvoicePayment",
    )


def payments(place: int, mark: str) -> Write:
    """One receipt over three invoices: a write of three steps."""
    numbers = [_number(place, n) for n in range(1, INVOICES + 1)]
    amount = _pounds(mark)
    shares = [{"invoice": number, "amount": amount} for number in numbers]
    total = f"{Decimal(amount) * INVOICES}"
    return Write(
        "record_payments",
        {"customer": f"C{place}", "total": total, "invoices": shares, "note": mark, "date": _day(mark), **WAY},
        lambda books: [_paid(books, number, mark) for number in numbers],
        "InsertInvoicePayment",
    )


def purchase(place: int, mark: str) -> Write:
    """A supplier's bill."""
    line = {"description": f"Felt {mark}", "net": "80.00", "vat_rate": 20, "nominal": 5000}
    return Write(
        "create_purchase",
        {"supplier": f"F{place}", "issue_date": _day(mark), "due_date": f"{TODAY}", "lines": [line], "reference": mark},
        lambda books: [sum(found["reference"] == mark for found in books["purchases"])],
        "InsertReceipt",
    )


KINDS = (invoice, payments, payment, customer, changed_customer, purchase)


def is_balanced(books: Books) -> bool:
    """Whether the trial balance is zero."""
    return sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in books["trial_balance"]) == 0


def _number(place: int, n: int) -> int:
    """The number of an old invoice."""
    return FIRST + (place - 1) * INVOICES + n - 1


def _paid(books: Books, number: int, mark: str) -> int:
    document = next(found for found in books["invoices"] if found["number"] == number)
    return sum(found["note"] == mark for found in document["payments"])


def _pounds(mark: str) -> str:
    """An amount that hardly another write has: what is alike is warned of, and then a yes is not to the same."""
    return f"{1 + _digest(mark) % 90}.{_digest(mark) % 97:02}"


def _digest(mark: str) -> int:
    return int(hashlib.sha256(mark.encode()).hexdigest(), 16)


def _day(mark: str) -> str:
    return (TODAY - timedelta(days=_digest(mark) % 15)).isoformat()
