"""The demo company's year of costs: purchases, wages and the rest of the bank, and its VAT returns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from kf_mcp.simulator import documents, payments, vat
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import ZERO, BankRow, Journal, JournalLine, Party, StoredReturn
from kf_mcp.simulator.worlds.chart import account, nominal
from kf_mcp.simulator.worlds.demo_sales import line_members

RECURRING = (
    ("Temple Gate Estates", 7100, "Studio rent and service charge", 95000, 1, 1),
    ("Loop Telecom", 7550, "Lines and broadband", 8640, 5, 1),
    ("Foundry Software Subscriptions", 7500, "Design software, four seats", 21400, 9, 1),
    ("Avon Paper & Board Ltd", 5000, "Coated board, SRA2", 41200, 6, 1),
    ("Avon Paper & Board Ltd", 5000, "Recycled uncoated, reams", 18700, 20, 1),
    ("Wharf Trade Printers Ltd", 5010, "Litho run, customer job", 96000, 12, 1),
    ("Speedwell Couriers", 5100, "Deliveries for the month", 12350, 25, 1),
    ("Brightwire Energy", 7200, "Electricity, small-use rate", 23100, 16, 3),
    ("Grantham Tully Accountants", 7600, "Bookkeeping review", 42000, 18, 3),
    ("Great Western Stationers", 30, "Monitor arm and lamp", 17900, 22, 3),
    ("Copper Kettle Catering", 7403, "Client evening", 16200, 23, 3),
    ("Papeterie du Lac SAS", 5000, "Cotton paper, mould-made", 31500, 14, 3),
    ("Mutual Craft Insurance", 8200, "Combined business cover", 84000, 3, 12),
)
"""Supplier, nominal, text, pence without VAT, day of the month, every how many months."""

QUARTER = 3


def months(start: date, end: date) -> Iterator[date]:
    """List the first days of the months from one day to another."""
    day = start.replace(day=1)
    while day <= end:
        yield day
        day = (day + timedelta(days=32)).replace(day=1)


def add_purchases(books: Books, suppliers: dict[str, Party], start: date, random: Random) -> None:
    """Enter the year's bills in the order of their dates and pay those that have come due."""
    bills = [
        (month.replace(day=day), supplier, code, text, pence)
        for place, month in enumerate(months(start, books.today))
        for supplier, code, text, pence, day, every in RECURRING
        if place % every == 0 and start <= month.replace(day=day) <= books.today
    ]
    for issued, supplier, code, text, pence in sorted(bills):
        varied = Decimal(pence * random.randint(88, 116) // 100) / 100
        rate = Decimal(pence) / 100 if code in (7100, 7550, 8200) else varied
        add_purchase(
            books, suppliers[supplier], issued, code=code, text=text, rate=rate, paid_after=random.randint(10, 29)
        )


def add_purchase(
    books: Books, supplier: Party, issued: date, *, code: int, text: str, rate: Decimal, paid_after: int
) -> None:
    """Enter one bill and pay it after some days; a European one carries its rate and a VAT of 0.00."""
    vat_rate = next(row.vat_rate for row in books.nominals if row.code == code)
    charged = ZERO if supplier.is_european else None
    document = documents.insert(
        books,
        "purchase",
        {
            "InvoiceDate": issued,
            "DueDate": issued + timedelta(days=30),
            "CustomerID": supplier.id,
            "CustomerReference": f"{supplier.code}/{issued:%y%m%d}",
            "Lines": [line_members(books, code, text, price=rate, vat_rate=vat_rate, vat=charged)],
        },
    )
    paid_on = issued + timedelta(days=paid_after)
    if paid_on <= books.today:
        way = next(row for row in books.purchase_methods if row.name == ("Direct debit" if code > 7000 else "BACS"))
        details = {"PayDate": paid_on, "PayMethod": way.id, "PayAccount": account(books, "Current account")}
        payments.pay(books, document, {**details, "PayAmount": books.amounts.home_due(document)})


def add_bank_rows(books: Books, start: date) -> None:
    """Enter the money that belongs to no document: capital, wages, dividends, charges, interest, transfers."""
    _capital(books, start)
    for month in months(start, books.today):
        rows = (
            (28, 762480, 7000, "Wages: three people"),
            (28, 214630, 2210, "PAYE and pensions"),
            (28, 900, 7900, "Account fee"),
            (28, 260000, 3200, "Dividend"),
            (15, 1260, 7050, "Car park, loading bay"),
        )
        for day, paid, code, comment in rows:
            _row(books, month.replace(day=day), comment, paid=paid, code=code)
        _row(books, month.replace(day=26), "Interest", received=385, code=4900, name="Reserve account")
        _transfer(books, month.replace(day=27), 75000, "Current account", "Reserve account")
        _transfer(books, month.replace(day=19), 30000, "PayPal EUR", "Current account")


def _capital(books: Books, start: date) -> None:
    """Enter what the owners put in on the first day."""
    capital = books.company.controls.capital
    parts = (("Current account", 2_400_000), ("Reserve account", 600_000), ("PayPal EUR", 250_000))
    sides = [JournalLine(nominal_of(books, name), Decimal(pence) / 100, name) for name, pence in parts]
    total = sum((side.amount for side in sides), ZERO)
    lines = (*sides, JournalLine(capital, -total, "Share capital"))
    books.put_journal(Journal(books.next_id("journal"), len(books.journals) + 1, start, "Opening balances", lines))


def nominal_of(books: Books, name: str) -> int:
    """Give the nominal's id of a bank account by the account's name."""
    return next(row.nominal for row in books.bank_accounts if row.name == name)


def _row(
    books: Books, day: date, comment: str, *, received: int = 0, paid: int = 0, code: int, name: str = "Current account"
) -> None:
    """Enter pence in or out, unless the day is still to come; parking carries VAT."""
    if day > books.today:
        return
    vatable = code == 7050
    books.put_bank_row(
        BankRow(
            id=books.next_id("bank row"),
            account=account(books, name),
            date=day,
            money_in=Decimal(received) / 100,
            money_out=Decimal(paid) / 100,
            type=nominal(books, code),
            comment=comment,
            vatable=vatable,
            vat_rate=Decimal(20) if vatable else ZERO,
            vat=books.amounts.pennies(Decimal(paid) / 600) if vatable else ZERO,
        )
    )


def _transfer(books: Books, day: date, pence: int, source: str, target: str) -> None:
    """Move pence from one account to another; both lists show it under one id."""
    if day > books.today:
        return
    books.put_bank_row(
        BankRow(
            id=books.next_id("bank row"),
            account=account(books, source),
            date=day,
            money_in=ZERO,
            money_out=Decimal(pence) / 100,
            type=0,
            comment=f"Transfer to {target}",
            other_account=account(books, target),
        )
    )


def add_vat_returns(books: Books, start: date) -> None:
    """File every quarter that ended 25 days ago or longer, and pay what was due five days later."""
    quarter = start
    while True:
        following = list(months(quarter, quarter + timedelta(days=120)))[QUARTER]
        end, filed = following - timedelta(days=1), following + timedelta(days=24)
        if filed > books.today:
            return
        _file(books, quarter, end, filed)
        quarter = following


def _file(books: Books, start: date, end: date, filed: date) -> None:
    """File one return, move its VAT to what is owed to HMRC, and pay it."""
    boxes = vat.calculate(books, start, end)
    due = boxes[4]
    key = books.next_id("return")
    reference = f"00000{key:04d}{filed:%y%m%d}"
    books.vat_returns.put(StoredReturn(key, start, end, boxes, filed, reference, vat.items(books, start, end)))
    controls = books.company.controls
    sides = ((controls.vat_on_sales, boxes[0]), (controls.vat_on_purchases, boxes[1] - boxes[3]))
    lines = [JournalLine(account_id, amount) for account_id, amount in sides]
    lines.append(JournalLine(controls.vat_owed, -due))
    comment = f"VAT return {start:%d/%m/%Y} - {end:%d/%m/%Y}"
    books.put_journal(Journal(books.next_id("journal"), len(books.journals) + 1, end, comment, tuple(lines)))
    pence = int(due * 100)
    paid_on = filed + timedelta(days=5)
    _row(books, paid_on, f"HMRC VAT {reference}", received=max(-pence, 0), paid=max(pence, 0), code=2202)
