"""Reports over random books, each compared with what the documents put in call for; whichever way KashFlow signs them."""

import asyncio
import tempfile
from calendar import monthrange
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from conftest import Desk, a_company, open_desk, real_account
from figures import ages, balances, columns, in_pounds, postings, profit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kf_mcp.simulator import Simulator, Switches, customers, suppliers
from kf_mcp.simulator.records import BankAccount, BankRow, Document, Journal, JournalLine, Line, Payment

FIRST, LAST = date(2026, 1, 1), date(2026, 11, 20)
PENNY = Decimal("0.01")
ZERO = Decimal(0)

days = st.dates(FIRST, LAST)
pounds = st.decimals("-500", "2000", places=2).filter(bool)
above_zero = st.decimals("0.01", "900", places=2)
rates = st.sampled_from([Decimal(20), Decimal(5), Decimal(0), Decimal(-1)])
lines = st.lists(
    st.tuples(pounds, st.sampled_from([Decimal(1), Decimal("2.5"), Decimal(3)]), rates, st.integers(0, 4)),
    min_size=1,
    max_size=3,
)
payments = st.lists(st.tuples(days, st.decimals("-50", "700", places=2).filter(bool)), max_size=2)
documents = st.lists(
    st.tuples(days, st.integers(0, 1), st.sampled_from([Decimal(1), Decimal("1.17")]), lines, payments), max_size=4
)
bank_rows = st.lists(st.tuples(days, above_zero, st.booleans(), st.integers(0, 5)), max_size=4)
moves = st.lists(st.tuples(days, above_zero, st.integers(0, 5), st.integers(0, 5)), max_size=2)
UNSETTLED = ("report_signs", "report_columns", "balance_sheet_profit", "ledger_value_sign", "journal_line_sign")
switches = st.fixed_dictionaries({name: st.sampled_from(Switches.choices()[name]) for name in UNSETTLED})

SOLD = (4000, 4010, 4020, 4100, 4200)
BOUGHT = (5000, 5100, 7100, 7500, 30)
BANKED = (7900, 7000, 4900, 7050, 3000, 3200)
MOVED = (7600, 30, 5000, 2210, 3000, 4000)


class Put:
    """Puts random records into the books of an empty company with two customers, suppliers and bank accounts."""

    def __init__(self, company: Simulator) -> None:
        self.books = company.books
        self.nominals = {row.code: row.id for row in self.books.nominals}
        self.books.bank_accounts.put(
            BankAccount(self.books.next_id("bank account"), "Reserve account", self.nominals[1210])
        )
        self.accounts = [row.id for row in self.books.bank_accounts]
        self.parties = {
            "invoice": [customers.add(self.books, {"Name": name}).id for name in ("Hatter & Sons", "Mad Tea Ltd")],
            "purchase": [suppliers.add(self.books, {"Name": name}).id for name in ("Felt Mill", "Ribbon Co")],
        }

    def document(self, kind: Any, told: Any) -> None:
        day, who, rate, rows, paid = told
        codes = SOLD if kind == "invoice" else BOUGHT
        self.books.put_document(
            Document(
                kind=kind,
                id=self.books.next_id(kind),
                number=self.books.next_number(kind),
                date=day,
                due=day + timedelta(days=30),
                party=self.parties[kind][who],
                reference="",
                currency="GBP" if rate == 1 else "EUR",
                rate=rate,
                lines=tuple(self._line(kind, codes, row) for row in rows),
                payments=tuple(
                    Payment(self.books.next_id("payment"), on, amount, amount, account=self.accounts[0])
                    for on, amount in paid
                ),
            )
        )

    def _line(self, kind: str, codes: tuple[int, ...], told: Any) -> Line:
        price, quantity, rate, nominal = told
        net = (price * quantity).quantize(PENNY, ROUND_HALF_UP)
        vat = (net * max(rate, ZERO) / 100).quantize(PENNY, ROUND_HALF_UP)
        key = self.books.next_id(f"{kind} line")
        return Line(key, quantity, "Hats", price, self.nominals[codes[nominal]], rate, vat, net)

    def bank_row(self, told: Any) -> None:
        day, amount, comes_in, what = told
        is_transfer, is_vatable = what == 0, what == 3
        vat = (amount / 6).quantize(PENNY, ROUND_HALF_UP) if is_vatable else ZERO
        self.books.put_bank_row(
            BankRow(
                id=self.books.next_id("bank row"),
                account=self.accounts[0],
                date=day,
                money_in=amount if comes_in else ZERO,
                money_out=ZERO if comes_in else amount,
                type=0 if is_transfer else self.nominals[BANKED[what]],
                vatable=is_vatable,
                vat_rate=Decimal(20) if is_vatable else ZERO,
                vat=vat,
                other_account=self.accounts[1] if is_transfer else 0,
            )
        )

    def journal(self, told: Any, number: int) -> None:
        day, amount, debit, credit = told
        sides = ((MOVED[debit], amount), (MOVED[credit], -amount))
        moved = tuple(JournalLine(self.nominals[code], signed) for code, signed in sides)
        self.books.put_journal(Journal(self.books.next_id("journal"), number, day, "Moved", moved))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sold=documents,
    bought=documents,
    banked=bank_rows,
    moved=moves,
    flipped=switches,
    start=days,
    length=st.integers(0, 300),
)
def test_every_report_is_what_the_documents_call_for(sold, bought, banked, moved, flipped, start, length) -> None:
    company = a_company("empty", Switches.parse([f"{name}={value}" for name, value in flipped.items()]))
    put = Put(company)
    for kind, told in (("invoice", sold), ("purchase", bought)):
        for document in told:
            put.document(kind, document)
    for row in banked:
        put.bank_row(row)
    for number, journal in enumerate(moved, 1):
        put.journal(journal, number)

    asyncio.run(_check(company, start, min(start + timedelta(days=length), LAST)))


async def _check(company: Simulator, start: date, end: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_desk(company, real_account(Path(folder), toolsets="all")) as desk:
            state = company.state()
            await _profit_and_loss(desk, state, start, end)
            await _months(desk, state, start.replace(day=1), end)
            await _balance_sheet(desk, state, end)
            await _trial_balance(desk, state, start, end)
            await _aged(desk, state, end)
            await _vat_boxes(desk, state, start, end)
            await _bank(desk, state, end)
            await _ledger(desk, state, start, end)


async def _report(desk: Desk, kind: str, **arguments: Any) -> tuple[dict[str, list[Decimal]], dict[str, list[Decimal]]]:
    """The totals by name and the rows by code of a report in which every sum holds."""
    days_ = {name: value.isoformat() if isinstance(value, date) else value for name, value in arguments.items()}
    report = await desk("get_report", kind=kind, limit=500, **days_)
    assert "problems" not in report
    shown = [
        {row.get(name, ""): [Decimal(amount) for amount in row["amounts"]] for row in rows}
        for name, rows in (("name", report.get("totals", [])), ("code", report["rows"]))
    ]
    return shown[0], shown[1]


async def _profit_and_loss(desk: Desk, state: dict[str, Any], start: date, end: date) -> None:
    totals, rows = await _report(desk, "profit_and_loss", start=start, end=end)

    found = balances(state, start, end)
    signs = {row["code"]: -1 if row["type"] == 1 else 1 for row in state["nominals"] if row["type"] in {1, 2, 3}}
    assert {name: amount for name, (amount,) in totals.items()} == profit(state, start, end)
    assert {code: amount for code, (amount,) in rows.items() if amount} == {
        str(code): signs[code] * amount for code, amount in found.items() if code in signs
    }


async def _months(desk: Desk, state: dict[str, Any], start: date, end: date) -> None:
    end = end.replace(day=monthrange(end.year, end.month)[1])
    report = await desk("get_report", kind="monthly_profit_and_loss", start=start.isoformat(), end=end.isoformat())

    for row in report["rows"]:
        first = date.fromisoformat(row["date"])
        month = profit(state, first, first.replace(day=monthrange(first.year, first.month)[1]))
        names = ("Turnover", "Gross profit", "Net profit")
        assert [Decimal(amount) for amount in row["amounts"]] == [month[name] for name in names]
    assert len(report["rows"]) == (end.year - start.year) * 12 + end.month - start.month + 1


async def _balance_sheet(desk: Desk, state: dict[str, Any], end: date) -> None:
    totals, _ = await _report(desk, "balance_sheet", date=end)

    found = balances(state, date.min, end)

    def of(kind: int) -> Decimal:
        return sum((found.get(row["code"], ZERO) for row in state["nominals"] if row["type"] == kind), ZERO)

    assert totals["Fixed assets"] == [of(4)]
    assert totals["Current assets"][0] - totals["Current liabilities"][0] == of(5)
    assert totals["Net assets"] == totals["Capital and reserves"]
    assert totals["Net assets"] == [-of(6) + profit(state, date.min, end)["Net profit"]]


async def _trial_balance(desk: Desk, state: dict[str, Any], start: date, end: date) -> None:
    _, rows = await _report(desk, "trial_balance", start=start, end=end)
    _, opened = await _report(desk, "trial_balance", start=start, end=end, opening=True)

    period, before = columns(state, start, end), balances(state, date.min, start - timedelta(days=1))
    assert {code: row for code, row in rows.items() if any(row)} == {str(c): list(s) for c, s in period.items()}
    assert {code: row for code, row in opened.items() if any(row)} == {
        str(c): [*period.get(c, (ZERO, ZERO)), -before.get(c, ZERO)] for c in set(period) | set(before)
    }


async def _aged(desk: Desk, state: dict[str, Any], end: date) -> None:
    for kind, of, control, sign in (
        ("aged_debtors", "invoices", 1100, 1),
        ("aged_creditors", "purchases", 2100, -1),
    ):
        totals, rows = await _report(desk, kind, date=end)
        assert rows == ages(state, of, end)
        assert totals["Total"][0] == sign * balances(state, date.min, end).get(control, ZERO)


async def _vat_boxes(desk: Desk, state: dict[str, Any], start: date, end: date) -> None:
    report = await desk("get_vat_report", start=start.isoformat(), end=end.isoformat())

    boxes = dict.fromkeys(range(1, 10), ZERO)

    def count(vat: int, net: int, amounts: tuple[Decimal, Decimal]) -> None:
        boxes[vat] += amounts[0]
        boxes[net] += amounts[1]

    for kind, vat, net in (("invoices", 1, 6), ("purchases", 4, 7)):
        for document in state[kind]:
            for line in document["lines"]:
                if start.isoformat() <= document["date"] <= end.isoformat() and Decimal(line["vat_rate"]) >= 0:
                    rate = document["exchange_rate"]
                    count(vat, net, (in_pounds(line["vat"], rate), in_pounds(line["net"], rate)))
    for row in state["bank_transactions"]:
        if start.isoformat() <= row["date"] <= end.isoformat() and row["vatable"]:
            into, out, tax = Decimal(row["money_in"]), Decimal(row["money_out"]), Decimal(row["vat"])
            count(*((1, 6) if into else (4, 7)), (tax, into + out - tax))
    boxes[3] = boxes[1]
    boxes[5] = boxes[3] - boxes[4]
    assert {row["box"]: Decimal(row["amount"]) for row in report["boxes"]} == boxes


async def _bank(desk: Desk, state: dict[str, Any], end: date) -> None:
    found = await desk("get_bank_balances", date=end.isoformat())

    there = balances(state, date.min, end)
    assert {row["nominal"]: Decimal(row["balance"]) for row in found["balances"]} == {
        row["nominal"]: there.get(row["nominal"], ZERO) for row in state["bank_accounts"]
    }


async def _ledger(desk: Desk, state: dict[str, Any], start: date, end: date) -> None:
    """Three nominals: the bank's, where everything meets, a control account and the VAT's."""
    for nominal in (1200, 1100, 2200):
        period = {"start": start.isoformat(), "end": end.isoformat()}
        found = await desk("get_nominal_ledger", nominal=str(nominal), **period, limit=500)

        amounts = sorted(posting.amount for posting in postings(state) if _is_in(posting, nominal, start, end))
        shown = sorted(Decimal(row["amount"]) for row in found["entries"])
        turned = sorted(-amount for amount in shown)
        assert amounts in (shown, turned)
        if "debits" in found["signs"]:
            assert amounts == shown
        elif "credits" in found["signs"]:
            assert amounts == turned
        assert "problems" not in found


def _is_in(posting: Any, nominal: int, start: date, end: date) -> bool:
    return bool(posting.nominal == nominal and start <= posting.day <= end and posting.amount)
