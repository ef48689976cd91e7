"""The costs of the world ``large``: purchases and what was paid of them, and the rest of the bank."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from kf_mcp.simulator.amounts import ONE
from kf_mcp.simulator.books import FIRST_NUMBER, Books
from kf_mcp.simulator.records import ZERO, BankRow, Document, Journal, JournalLine, Line, Party, Payment
from kf_mcp.simulator.worlds.chart import account, nominal
from kf_mcp.simulator.worlds.large_returns import PENNY, Returns, exactly

BILLS: tuple[tuple[str, int, int, int, int], ...] = (
    ("Coated board, SRA2, by the pallet", 5000, 20, 42000, 160000),
    ("Uncoated offset, reams", 5000, 20, 9500, 48000),
    ("Inks and solvents", 5000, 20, 6800, 31000),
    ("Litho run, overflow work", 5010, 20, 38000, 145000),
    ("Pallet deliveries", 5100, 20, 4900, 21000),
    ("Press maintenance contract", 7600, 20, 25000, 90000),
    ("Gas and electricity, small-use rate", 7200, 5, 18000, 64000),
    ("Rail travel", 7400, 0, 2900, 19000),
    ("Software seats", 7500, 20, 8000, 44000),
    ("Mobile telephones", 7550, 20, 3900, 12000),
    ("Vehicle insurance", 8200, -1, 21000, 88000),
    ("Bench and racking", 30, 20, 9900, 76000),
)
"""Text, nominal, VAT rate, pence without VAT (least and most)."""

LINES = (1, 1, 1, 2, 2, 3)
UNPAID = 0.02
"""The share of the bills that are in dispute and never paid."""

ROWS: tuple[tuple[str, int, int, bool], ...] = (
    ("Wages, weekly paid", 7000, 1_150_000, False),
    ("Car park, loading bay", 7050, 1260, True),
    ("Card terminal fee", 7900, 1850, False),
    ("PAYE and pensions", 7000, 380_000, False),
    ("Bridge toll, vans", 7050, 480, True),
)
"""Comment, nominal, pence, whether it carries VAT."""


class Costs:
    """Makes purchases and their payments."""

    def __init__(self, books: Books, suppliers: list[Party], returns: Returns, start: date, random: Random) -> None:
        self._books = books
        self._suppliers = suppliers
        self._returns = returns
        self._start = start
        self._random = random
        self._nominals = {code: nominal(books, code) for _, code, *_ in BILLS}
        self._account = account(books, "Current account")
        self._methods = [method.id for method in books.purchase_methods]

    def add(self, count: int) -> None:
        """Enter so many purchases in the order of their dates, and pay those that have come due."""
        books, span, random = self._books, (self._books.today - self._start).days, self._random.random
        self._line_ids = iter(books.next_ids("purchase line", count * max(LINES)))
        payment_ids = iter(books.next_ids("payment", count))
        for place, key in enumerate(books.next_ids("purchase", count)):
            issued = self._start + timedelta(days=place * span // count)
            supplier = self._suppliers[int(random() ** 2 * len(self._suppliers)) * 7919 % len(self._suppliers)]
            made = [self._line(issued) for _ in range(LINES[int(random() * len(LINES))])]
            lines, gross = tuple(line for line, _ in made), sum(total for _, total in made)
            paid_on = issued + timedelta(days=12 + int(random() * 22))
            payments: tuple[Payment, ...] = ()
            if random() > UNPAID and paid_on <= books.today:
                method = self._methods[place % len(self._methods)]
                amount = gross * PENNY
                payments = (Payment(next(payment_ids), paid_on, amount, amount, "", method, self._account),)
            self._returns.of(issued).items.append(("purchase", key))
            books.put_document(
                Document(
                    kind="purchase",
                    id=key,
                    number=FIRST_NUMBER + place,
                    date=issued,
                    due=issued + timedelta(days=30),
                    party=supplier.id,
                    reference=f"{supplier.code}/{place:05d}",
                    currency="GBP",
                    rate=ONE,
                    lines=lines,
                    payments=payments,
                )
            )

    def _line(self, issued: date) -> tuple[Line, int]:
        """Make one line of a bill; its total with VAT comes back in pence."""
        random = self._random.random
        text, code, rate, least, most = BILLS[int(random() ** 1.4 * len(BILLS))]
        net = least + int(random() * (most - least))
        vat = (net * max(rate, 0) + 50) // 100
        if rate >= 0:
            quarter = self._returns.of(issued)
            quarter.purchases += net
            quarter.purchases_vat += vat
        line = Line(
            id=next(self._line_ids),
            quantity=ONE,
            description=text,
            rate=net * PENNY,
            nominal=self._nominals[code],
            vat_rate=exactly(rate),
            vat=vat * PENNY,
            net=net * PENNY,
        )
        return line, net + vat


def add_capital(books: Books, start: date, share: float) -> None:
    """Enter what the owners put in on the first day; ``share`` is the size of this world in the full one."""
    parts = (("Current account", 3_000_000), ("Reserve account", 500_000))
    sides = [
        JournalLine(next(row.nominal for row in books.bank_accounts if row.name == name), int(pounds * share) * ONE)
        for name, pounds in parts
    ]
    total = sum((side.amount for side in sides), ZERO)
    lines = (*sides, JournalLine(books.company.controls.capital, -total, "Share capital"))
    books.put_journal(Journal(books.next_id("journal"), len(books.journals) + 1, start, "Opening balances", lines))


def add_bank_rows(books: Books, returns: Returns, start: date, count: int) -> None:
    """Enter the money that belongs to no document; every fiftieth row is a transfer to the reserve."""
    span = (books.today - start).days
    current, reserve = account(books, "Current account"), account(books, "Reserve account")
    nominals = {code: nominal(books, code) for _, code, *_ in ROWS}
    for place, key in enumerate(books.next_ids("bank row", count)):
        day = start + timedelta(days=place * span // count)
        comment, code, pence, vatable = ROWS[place % len(ROWS)]
        if place % 50 == 49:
            row = BankRow(key, current, day, ZERO, 5000 * ONE, 0, "Transfer to Reserve account", other_account=reserve)
        else:
            row = BankRow(key, current, day, ZERO, pence * PENNY, nominals[code], comment)
            if vatable:
                row = replace(row, vatable=True, vat_rate=exactly(20), vat=(pence + 3) // 6 * PENNY)
                quarter = returns.of(day)
                quarter.purchases += pence - (pence + 3) // 6
                quarter.purchases_vat += (pence + 3) // 6
        returns.of(day).items.append(("bank", key))
        books.put_bank_row(row)
