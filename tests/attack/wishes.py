"""What people ask for, with a mark that nothing else bears, and what it must do to the books once they agreed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from expected_books import Effect, Expected, Paper, enter, pay, refer, relines, single

CUSTOMERS: Final = ("HATT01", "MADT01")
SUPPLIER: Final = "FELT01"
KINDS: Final = (
    *("create_invoice", "create_purchase", "record_payment", "record_payment", "record_payments", "pay_purchase"),
    *(
        "update_invoice",
        "change_invoice_lines",
        "reprice",
        "reprice_purchase",
        "delete_invoice",
        "create_credit_note",
        "delete_payment",
    ),
    *("create_journal", "create_customer", "record_bank_transaction", "email_purchase_order"),
)
BANKED: Final = {"method": "BACS", "bank_account": "Current account"}
AMOUNTS: Final = ("part", "all", "more")

Steps = Callable[[Expected], list[Effect]]
"""What a write does, by the books as they stand when it is sent."""


@dataclass
class Wish:
    """One call, as often as it is agreed to."""

    tool: str
    arguments: dict[str, Any]
    steps: Steps
    given: set[str] = field(default_factory=set)
    """The hashes of the confirm values that were sent for it: a yes each."""
    said: int = 0
    """How often a person said yes to its form."""
    entries: list[int] = field(default_factory=list)


def wish(kind: str, mark: str, books: Expected, pick: int, amount: str) -> Wish | None:
    """A wish of this kind, if there is anything in the books that it could be about."""
    match kind:
        case "create_invoice" | "create_purchase" | "create_journal" | "create_customer" | "record_bank_transaction":
            return _new(kind, mark, pick)
        case "record_payments":
            return _over_several(books, mark, pick, is_more=amount == "more")
        case "pay_purchase" | "email_purchase_order" | "reprice_purchase":
            papers = [paper for paper in books.papers if paper.kind == "purchase"]
        case _:
            papers = [paper for paper in books.papers if paper.kind == "invoice"]
    if not papers:
        return None
    return _about(kind, mark, papers[-1 - pick % len(papers)], amount)


def _new(kind: str, mark: str, pick: int) -> Wish:
    """Something that comes into the books."""
    customer, price = CUSTOMERS[pick % 2], 10 * (pick + 1)
    if kind == "create_invoice":
        lines = [{"description": mark, "unit_price": price, "vat_rate": 20, "nominal": 4000}]
        asked = {"customer": customer, "lines": lines, "due_date": "2026-12-18", "reference": f"Order {mark}"}
        return Wish(kind, asked, _enters("invoice", customer, f"Order {mark}", mark, price))
    if kind == "create_purchase":
        lines = [{"description": mark, "net": price, "vat_rate": 20, "nominal": 5000}]
        dates = {"issue_date": "2026-11-18", "due_date": "2026-12-18"}
        asked = {"supplier": SUPPLIER, **dates, "lines": lines, "reference": f"Bill {mark}"}
        return Wish(kind, asked, _enters("purchase", SUPPLIER, f"Bill {mark}", mark, price))
    if kind == "create_journal":
        moved = [{"nominal": "7600", "debit": price}, {"nominal": "2109", "credit": price}]
        return Wish(
            kind,
            {"date": "2026-11-19", "lines": moved, "comment": mark},
            lambda _: [single("journal", mark)],
        )
    if kind == "create_customer":
        return Wish(kind, {"name": f"{mark} Ltd"}, lambda _: [single("customer", f"{mark} Ltd")])
    asked = {"direction": "out", "amount": price, "nominal": "7900", "bank_account": "Current account", "comment": mark}
    return Wish(kind, asked, lambda _: [single("bank", mark)])


def _enters(kind: str, party: str, reference: str, mark: str, price: int) -> Steps:
    return lambda _: [enter(Paper(kind, party, reference, ((mark, Decimal(price)),)))]


def _about(kind: str, mark: str, paper: Paper, amount: str) -> Wish | None:
    """Something that happens to a document."""
    number, first = paper.number, paper.lines[0]

    def now(books: Expected) -> Paper:
        return books.numbered(paper.kind, number)

    match kind:
        case "record_payment" | "pay_purchase":
            asked = {"invoice" if kind == "record_payment" else "purchase": number, "note": mark, **BANKED}
            if amount != "all":
                asked["amount"] = f"{7 if amount == 'part' else paper.outstanding + 5}"
            pounds = Decimal(asked["amount"]) if "amount" in asked else None
            return Wish(
                kind,
                asked,
                lambda books: [pay(now(books), mark, now(books).outstanding if pounds is None else pounds)],
            )
        case "email_purchase_order":
            asked = {"purchase": number, "subject": mark, "body": "Please send it.", "to": "felt@mill.example"}
            return Wish(kind, asked, lambda _: [single("mail", mark)])
        case "update_invoice":
            return Wish(kind, {"invoice": number, "reference": mark}, lambda books: [refer(now(books), mark)])
        case "change_invoice_lines":
            line = {"description": mark, "unit_price": 5, "vat_rate": 20, "nominal": 4000}
            added = (mark, Decimal(5))
            return Wish(
                kind,
                {"invoice": number, "add": [line]},
                lambda books: [relines(now(books), (*now(books).lines, added))],
            )
        case "reprice" | "reprice_purchase":
            price = max(first[1] - 6, Decimal(1)) if amount != "more" else first[1] + 3
            return Wish(
                f"change_{paper.kind}_lines",
                {paper.kind: number, "change": [{"line": 1, "unit_price": f"{price}"}]},
                lambda books: [relines(now(books), ((now(books).lines[0][0], price), *now(books).lines[1:]))],
            )
        case "delete_invoice":
            return Wish(kind, {"invoice": number}, lambda books: [enter(now(books)).inverse()])
        case "create_credit_note":
            return Wish(kind, {"invoice": number, "reason": mark}, lambda books: [enter(_credit(now(books), mark))])
    return None


def _credit(paper: Paper, mark: str) -> Paper:
    lines = tuple((text, -net) for text, net in paper.lines)
    return Paper("invoice", paper.party, f"Credit for invoice {paper.number}: {mark}", lines)


def deletion(kind: str, number: int, payment: dict[str, Any]) -> Wish:
    """That a payment which stands in the books is deleted."""
    note, amount = payment["note"], Decimal(payment["amount"])
    return Wish(
        "delete_payment",
        {"kind": kind, "number": number, "payment": payment["id"]},
        lambda books: [pay(books.numbered(kind, number), note, amount).inverse()],
    )


def _over_several(books: Expected, mark: str, pick: int, *, is_more: bool) -> Wish | None:
    """One receipt over two open invoices of a customer, and some of it on account."""
    customer = CUSTOMERS[pick % 2]
    owed = [p for p in books.papers if p.kind == "invoice" and p.party == customer and p.outstanding > 6]
    if len(owed) < 2:
        return None
    first, second = owed[-2:]
    rest = Decimal(9) if is_more else Decimal(0)
    shares = [{"invoice": first.number, "amount": "6"}, {"invoice": second.number, "amount": f"{second.outstanding}"}]
    total = 6 + second.outstanding + rest
    amounts = ((first.number, Decimal(6)), (second.number, second.outstanding))

    def steps(now: Expected) -> list[Effect]:
        paid = [pay(now.numbered("invoice", number), mark, amount) for number, amount in amounts]
        return [*paid, *([single("bank", mark)] if rest else [])]

    asked = {"customer": customer, "total": f"{total}", "invoices": shares, "note": mark, **BANKED}
    return Wish("record_payments", {**asked, **({"rest_on_account": True} if rest else {})}, steps)
