"""The sales of the world ``large``: invoices in the order of their dates, what was paid of them, and credit notes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from kf_mcp.simulator.amounts import ONE
from kf_mcp.simulator.books import FIRST_NUMBER, Books
from kf_mcp.simulator.documents import permanent_link
from kf_mcp.simulator.records import Document, Line, Party, Payment
from kf_mcp.simulator.worlds.chart import account, nominal
from kf_mcp.simulator.worlds.large_people import SINCE_THE_BEGINNING
from kf_mcp.simulator.worlds.large_returns import PENNY, Returns, exactly

WORKS: tuple[tuple[str, int, int, int, int, tuple[int, ...]], ...] = (
    ("Letterheads, 120gsm laid, box of 1,000", 4010, 20, 4800, 9200, (1, 1, 2, 3)),
    ("Business cards, 400gsm, box of 500", 4010, 20, 2900, 5600, (1, 2, 4, 6)),
    ("Invoice pads, carbonless, 50 sets", 4010, 20, 690, 1450, (10, 20, 50)),
    ("Self-adhesive labels on the reel, per 1,000", 4010, 20, 1850, 3300, (2, 5, 10, 20)),
    ("Vinyl banner, hemmed and eyeleted", 4010, 20, 4400, 12900, (1, 2)),
    ("Swing tickets, price each", 4010, 20, 7, 19, (1000, 2500, 5000)),
    ("Artwork and proofs", 4000, 20, 6500, 28000, (1,)),
    ("Website refresh, fixed price", 4000, 20, 45000, 190000, (1,)),
    ("Folded leaflets A5, per 1,000", 4020, 0, 3600, 5900, (5, 10, 25)),
    ("Programme, 32 pages, saddle-stitched", 4020, 0, 95, 240, (150, 300, 500)),
    ("Carriage, next day", 4100, 0, 890, 2600, (1,)),
    ("Planning notice fee paid on your behalf", 4200, -1, 2300, 23400, (1,)),
    ("Energy-saving display panel, reduced rate", 4010, 5, 9000, 31000, (1, 2)),
)
"""Text, nominal, VAT rate, the price of one in pence (least and most), how many at once."""

LINES = (1, 1, 1, 1, 2, 2, 2, 3, 3, 4)
CREDITED_AFTER = timedelta(days=9)
REFUNDED_AFTER = timedelta(days=6)
NEVER_PAID, PART_PAID, OVERPAID, CREDITED = 0.012, 0.032, 0.034, 0.056
"""Where the shares of invoices end that are never paid, first paid in part, paid too much, and credited."""


class Sales:
    """Makes invoices, their payments and the credit notes."""

    def __init__(self, books: Books, customers: list[Party], returns: Returns, start: date, random: Random) -> None:
        self._books = books
        self._customers = customers
        self._returns = returns
        self._start = start
        self._random = random
        self._nominals = {code: nominal(books, code) for _, code, *_ in WORKS}
        self._account = account(books, "Current account")
        self._methods = [method.id for method in books.invoice_methods][:3]
        self._to_credit: list[tuple[date, Document]] = []

    def add(self, count: int) -> None:
        """Enter so many invoices and credit notes, weekdays only."""
        books, span = self._books, (self._books.today - self._start).days
        self._line_ids = iter(books.next_ids("invoice line", count * max(LINES)))
        self._payment_ids = iter(books.next_ids("payment", count * 2))
        credited = 0
        for place, key in enumerate(books.next_ids("invoice", count)):
            issued = self._start + timedelta(days=place * span // count)
            issued -= timedelta(days=max(issued.weekday() - 4, 0))
            issued = max(issued, self._start)
            if credited < len(self._to_credit) and self._to_credit[credited][0] <= issued:
                self._credit(key, FIRST_NUMBER + place, issued, self._to_credit[credited][1], credited)
                credited += 1
            else:
                self._invoice(key, FIRST_NUMBER + place, issued, place / count)

    def _invoice(self, key: int, number: int, issued: date, gone: float) -> None:
        """Enter one invoice; ``gone`` is how much of the time has passed, from 0 to 1."""
        random = self._random.random
        there = int(len(self._customers) * (SINCE_THE_BEGINNING + (1 - SINCE_THE_BEGINNING) * gone))
        # A few customers order all the time and most of them seldom; which ones has nothing to do with their age.
        customer = self._customers[int(random() ** 2.5 * len(self._customers)) * 7919 % max(there, 1)]
        lines, total = [], 0
        for _ in range(LINES[int(random() * len(LINES))]):
            line, gross = self._line(issued, WORKS[int(random() ** 1.3 * len(WORKS))])
            lines.append(line)
            total += gross
        due = issued + timedelta(days=int(customer.members["PaymentTerms"]) or 30)
        reference = f"PO{int(random() * 90000) + 10000}" if random() < 0.6 else ""
        fate = random()
        to_credit = OVERPAID < fate < CREDITED
        payments = () if to_credit else self._payments(key, issued, due, total, fate)
        document = _document(key, number, issued, due, customer.id, reference, tuple(lines), payments)
        if to_credit:
            self._to_credit.append((issued + CREDITED_AFTER, document))
        self._put(document)

    def _line(self, issued: date, work: tuple[str, int, int, int, int, tuple[int, ...]]) -> tuple[Line, int]:
        """Make one line, its VAT rounded by the line; its total with VAT comes back in pence."""
        random, (text, code, rate, least, most, quantities) = self._random.random, work
        price, quantity = least + int(random() * (most - least)), quantities[int(random() * len(quantities))]
        return self._line_of(issued, text, self._nominals[code], rate, price, quantity)

    def _line_of(
        self, issued: date, text: str, nominal_id: int, rate: int, price: int, quantity: int
    ) -> tuple[Line, int]:
        net = price * quantity
        vat = (abs(net) * max(rate, 0) + 50) // 100 * (1 if net > 0 else -1)
        if rate >= 0:
            quarter = self._returns.of(issued)
            quarter.sales += net
            quarter.sales_vat += vat
        line = Line(
            id=next(self._line_ids),
            quantity=exactly(quantity),
            description=text,
            rate=price * PENNY,
            nominal=nominal_id,
            vat_rate=exactly(rate),
            vat=vat * PENNY,
            net=net * PENNY,
        )
        return line, net + vat

    def _payments(self, key: int, issued: date, due: date, total: int, fate: float) -> tuple[Payment, ...]:
        """Pay an invoice as its fate has it, so far as the days for that have passed; ``total`` is in pence."""
        late = self._random.random()
        # Half pay by the day it is due, most within three weeks of it, and some let two months go by.
        delay = -8 * late if late < 0.5 else (late - 0.5) * 50 if late < 0.9 else 20 + (late - 0.9) * 400
        paid_on = max(due + timedelta(days=int(delay)), issued + timedelta(days=1))
        if fate < NEVER_PAID or paid_on > self._books.today or not total:
            return ()
        if fate < PART_PAID:
            return self._in_parts(key, total, paid_on)
        return (self._payment(total + 1000 if fate < OVERPAID else total, paid_on),)

    def _in_parts(self, key: int, total: int, paid_on: date) -> tuple[Payment, ...]:
        """Pay a part, and most of the time the rest two months later."""
        part, rest_on = total * 2 // 5, paid_on + timedelta(days=60)
        first = self._payment(part, paid_on, "part payment")
        if rest_on > self._books.today or key % 5 == 0:
            return (first,)
        return (first, self._payment(total - part, rest_on, "balance"))

    def _payment(self, pence: int, paid_on: date, note: str = "", *, settles_with: int = 0) -> Payment:
        """Make a payment; where a credit note settles with an invoice no money moves."""
        amount, key = pence * PENNY, next(self._payment_ids)
        method, bank = (0, 0) if settles_with else (self._methods[key % len(self._methods)], self._account)
        return Payment(key, paid_on, amount, amount, note, method, bank, settles_with)

    def _credit(self, key: int, number: int, issued: date, invoice: Document, place: int) -> None:
        """Enter a credit note for a part of an invoice: applied to it, refunded, or left open."""
        first = invoice.lines[0]
        price = -max(int(first.rate * 100) // 4, 1)
        text = f"Credit against invoice {invoice.number}: short delivery"
        line, total = self._line_of(issued, text, first.nominal, int(first.vat_rate), price, int(first.quantity))
        owed = int((invoice.net + invoice.vat) * 100)
        halves: tuple[Payment, ...] = ()
        settled: tuple[Payment, ...] = ()
        if place % 8 < 4:
            note = f"Credit note {number} applied to invoice {invoice.number}"
            settled = (self._payment(total, issued, note, settles_with=invoice.id),)
            halves = (self._payment(-total, issued, note, settles_with=key),)
            owed += total
        elif place % 8 < 7 and issued + REFUNDED_AFTER <= self._books.today:
            settled = (self._payment(total, issued + REFUNDED_AFTER, "refund"),)
        self._put(_document(key, number, issued, issued, invoice.party, invoice.reference, (line,), settled))
        paid = self._payments(invoice.id, invoice.date, invoice.due or invoice.date, owed, 1.0)
        self._books.put_document(replace(invoice, payments=(*halves, *paid)))

    def _put(self, document: Document) -> None:
        self._returns.of(document.date).items.append(("invoice", document.id))
        self._books.put_document(document)


def _document(
    key: int,
    number: int,
    issued: date,
    due: date,
    customer: int,
    reference: str,
    lines: tuple[Line, ...],
    payments: tuple[Payment, ...],
) -> Document:
    return Document(
        kind="invoice",
        id=key,
        number=number,
        date=issued,
        due=due,
        party=customer,
        reference=reference,
        currency="GBP",
        rate=ONE,
        lines=lines,
        payments=payments,
        permanent_link=permanent_link(key),
    )
