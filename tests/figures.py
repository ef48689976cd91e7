"""What every report should show, worked out from the documents put in: double entry by the book, never read from the ledger."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

ZERO = Decimal(0)
DEBTORS, CREDITORS, SALES_VAT, PURCHASE_VAT = 1100, 2100, 2200, 2201
TURNOVER, COST_OF_SALE, EXPENSE, FIXED_ASSET, CURRENT, CAPITAL = 1, 2, 3, 4, 5, 6
State = dict[str, Any]


class Posting(NamedTuple):
    """One side of an entry in pounds; a debit is above zero."""

    day: date
    nominal: int
    amount: Decimal


def in_pounds(amount: str, rate: str) -> Decimal:
    """An amount of a document in pounds: units of its currency for a pound, to the penny."""
    value, per_pound = Decimal(amount), Decimal(rate)
    if per_pound in {ZERO, Decimal(1)}:
        return value
    return (value / per_pound).quantize(Decimal("0.01"), ROUND_HALF_UP)


def gross(document: State) -> Decimal:
    """What a document comes to in pounds, VAT included."""
    rate = document["exchange_rate"]
    return sum((in_pounds(row[part], rate) for row in document["lines"] for part in ("net", "vat")), ZERO)


def owed(document: State, at: date) -> Decimal:
    """What is owed on a document at the end of a day, in pounds."""
    paid = (Decimal(row["amount"]) for row in document["payments"] if row["date"] <= at.isoformat())
    return gross(document) - sum(paid, ZERO)


def postings(state: State) -> Iterator[Posting]:
    """Every entry that the documents call for."""
    codes = {row["id"]: row["code"] for row in state["nominals"]}
    banks = {row["id"]: row["nominal"] for row in state["bank_accounts"]}
    for document in state["invoices"]:
        yield from _document(document, -1, SALES_VAT, DEBTORS, banks)
    for document in state["purchases"]:
        yield from _document(document, 1, PURCHASE_VAT, CREDITORS, banks)
    for row in state["bank_transactions"]:
        yield from _bank(row, banks, codes)
    for journal in state["journals"]:
        for line in journal["lines"]:
            yield Posting(date.fromisoformat(journal["date"]), line["nominal"], Decimal(line["amount"]))


def _document(document: State, sign: int, vat: int, control: int, banks: dict[int, int]) -> Iterator[Posting]:
    day, rate = date.fromisoformat(document["date"]), document["exchange_rate"]
    for row in document["lines"]:
        yield Posting(day, row["nominal"], sign * in_pounds(row["net"], rate))
        yield Posting(day, vat, sign * in_pounds(row["vat"], rate))
    yield Posting(day, control, -sign * gross(document))
    for payment in document["payments"]:
        if payment["account"]:  # none: a credit note was set against it, and no money moved
            amount, paid_on = -sign * Decimal(payment["amount"]), date.fromisoformat(payment["date"])
            yield Posting(paid_on, banks[payment["account"]], amount)
            yield Posting(paid_on, control, -amount)


def _bank(row: State, banks: dict[int, int], codes: dict[int, int]) -> Iterator[Posting]:
    day = date.fromisoformat(row["date"])
    amount = Decimal(row["money_in"]) - Decimal(row["money_out"])
    tax = Decimal(row["vat"]) * (1 if amount > 0 else -1) if row["vatable"] else ZERO
    other = banks[row["other_account"]] if row["other_account"] else codes[row["type"]]
    yield Posting(day, banks[row["account"]], amount)
    yield Posting(day, SALES_VAT if amount > 0 else PURCHASE_VAT, -tax)
    yield Posting(day, other, tax - amount)


class Columns(NamedTuple):
    """The debits and the credits of one nominal."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO


def columns(state: State, start: date, end: date) -> dict[int, Columns]:
    """The debits and credits of each nominal from one day to another."""
    found: defaultdict[int, Columns] = defaultdict(Columns)
    for day, nominal, amount in postings(state):
        if start <= day <= end and amount:
            debit, credit = found[nominal]
            found[nominal] = Columns(debit + max(amount, ZERO), credit + max(-amount, ZERO))
    return dict(found)


def balances(state: State, start: date, end: date) -> dict[int, Decimal]:
    """Debits less credits of each nominal, where there is a difference."""
    found = {nominal: sums.debit - sums.credit for nominal, sums in columns(state, start, end).items()}
    return {nominal: amount for nominal, amount in found.items() if amount}


def of_type(state: State, kind: int) -> set[int]:
    """The codes of the nominals of one type."""
    return {row["code"] for row in state["nominals"] if row["type"] == kind}


def profit(state: State, start: date, end: date) -> dict[str, Decimal]:
    """The totals of the profit and loss account; costs above zero."""
    found = balances(state, start, end)

    def total(kind: int, sign: int) -> Decimal:
        return sign * sum((found.get(code, ZERO) for code in of_type(state, kind)), ZERO)

    turnover, costs, expenses = total(TURNOVER, -1), total(COST_OF_SALE, 1), total(EXPENSE, 1)
    return {
        "Turnover": turnover,
        "Cost of sales": costs,
        "Gross profit": turnover - costs,
        "Expenses": expenses,
        "Net profit": turnover - costs - expenses,
    }


def ages(state: State, kind: str, at: date) -> dict[str, list[Decimal]]:
    """What each customer or supplier owes or is owed at the end of a day: balance, this month, three months before, older.

    What was paid of a document that is dated later, and money on account, take off the debt on their own day.
    """
    who, code, sign = ("customer", "customer_code", 1) if kind == "invoices" else ("supplier", "supplier_code", -1)
    codes = {row["id"]: row["code"] for row in state[f"{who}s"]}
    found: dict[str, list[Decimal]] = {}

    def add(party: str, day: date, amount: Decimal) -> None:
        months = (at.year - day.year) * 12 + at.month - day.month
        row = found.setdefault(party, [ZERO] * 6)
        row[0] += amount
        row[1 + min(months, 4)] += amount

    for document in state[kind]:
        day = date.fromisoformat(document["date"])
        if day <= at:
            add(document[code], day, owed(document, at))
        else:
            add(document[code], at, owed(document, at) - gross(document))
    for row in state["bank_transactions"]:
        day = date.fromisoformat(row["date"])
        if row[who] and day <= at:
            add(codes[row[who]], day, -sign * (Decimal(row["money_in"]) - Decimal(row["money_out"])))
    return {party: row for party, row in found.items() if any(row)}
