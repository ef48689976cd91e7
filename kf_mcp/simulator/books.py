"""The pretend company's books: every record, the double-entry ledger under them, and nothing about SOAP.

A call runs inside ``books.call()``: when it fails, every change that it made is taken back, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

from kf_mcp.simulator import posting, state, stored
from kf_mcp.simulator.amounts import Amounts
from kf_mcp.simulator.catalogue import Project, SubProduct
from kf_mcp.simulator.ledger import Ledger
from kf_mcp.simulator.records import (
    BankAccount,
    BankRow,
    Choice,
    Company,
    Currency,
    Document,
    Email,
    Journal,
    Kind,
    Nominal,
    StoredReturn,
)
from kf_mcp.simulator.shelves import Documents, Parties, Shelf, Undo
from kf_mcp.simulator.switches import Switches

FIRST_IDS = {
    "customer": 47_218_300,
    "supplier": 5_104_210,
    "nominal": 17_387_800,
    "invoice": 72_655_600,
    "invoice line": 130_442_100,
    "purchase": 45_741_000,
    "purchase line": 88_310_400,
    "quote": 2_309_600,
    "quote line": 9_120_300,
    "payment": 31_870_500,
    "note": 6_240_900,
    "attachment": 350_700,
    "sub-product": 1_905_200,
    "project": 412_300,
    "bank account": 612_340,
    "bank row": 8_730_100,
    "journal": 3_410_700,
    "choice": 396_900,
    "currency": 240,
    "return": 1,
    "email": 1,
}
"""Where each sort's ids begin: the magnitudes seen in real accounts (Zynk's recorded objects)."""

FIRST_NUMBER = 1001
"""The first document's number in a new account; our choice."""

Result = TypeVar("Result")


def uk_time() -> time:
    """Tell the time of day in the United Kingdom, to the second."""
    return datetime.now(ZoneInfo("Europe/London")).time().replace(microsecond=0)


class Books:
    """One company's books, as KashFlow would hold them."""

    def __init__(self, world: str, today: date, switches: Switches, company: Company) -> None:
        self.world = world
        self.today = today
        self.switches = switches
        self.company = company
        self.amounts = Amounts(switches)
        self.clock: Callable[[], datetime] | None = None
        """Tells the moment where it is not the real time of day, as while a world is built."""
        self.reads = 0
        """How often the bank rows were read; their same-day order depends on it, the books do not."""
        self._undo = Undo()
        self._worked_out: dict[str, tuple[int, Any]] = {}
        self._last_ids: dict[str, int] = {}
        self.ledger = Ledger(self._undo)
        self.customers = Parties(self._undo)
        self.suppliers = Parties(self._undo)
        self.invoices = Documents(self._undo)
        self.purchases = Documents(self._undo)
        self.quotes = Documents(self._undo)
        self.nominals = Shelf[Nominal](self._undo)
        self.bank_accounts = Shelf[BankAccount](self._undo)
        self.bank_rows = Shelf[BankRow](self._undo)
        self.journals = Shelf[Journal](self._undo)
        self.currencies = Shelf[Currency](self._undo)
        self.sub_products = Shelf[SubProduct](self._undo)
        self.projects = Shelf[Project](self._undo)
        self.customer_sources = Shelf[Choice](self._undo)
        self.invoice_methods = Shelf[Choice](self._undo)
        self.purchase_methods = Shelf[Choice](self._undo)
        self.vat_returns = Shelf[StoredReturn](self._undo)
        self.emails = Shelf[Email](self._undo)

    @classmethod
    def open(cls, world: str, today: date, switches: Switches) -> Books:
        """Open the books of a named world as they are on a day."""
        from kf_mcp.simulator.worlds import build  # noqa: PLC0415 - the worlds are built from books

        return build(world, today, switches)

    @classmethod
    def load(cls, dump: Mapping[str, Any], switches: Switches, today: date | None = None) -> Self:
        """Open the books that ``dump`` wrote; ``today`` is the day of the dump unless another is given."""
        company = stored.decode(Company, dump["company"])
        books = cls(dump["world"], today or date.fromisoformat(dump["today"]), switches, company)
        for name, record_type in stored.SHELVES.items():
            for row in dump.get(name, ()):  # a file written before there was such a shelf
                books.place(name, stored.decode(record_type, row))
        books._last_ids.update(dump["last_ids"])
        books._undo.forget()
        return books

    def dump(self) -> dict[str, Any]:
        """Write everything down as plain JSON; the ledger is left out, since it follows from the records."""
        shelves = {name: [stored.encode(record) for record in getattr(self, name)] for name in stored.SHELVES}
        return {
            "world": self.world,
            "today": self.today.isoformat(),
            "company": stored.encode(self.company),
            "last_ids": dict(self._last_ids),
            **shelves,
        }

    def state(self) -> dict[str, Any]:
        """Show the books as plain JSON for tests: money as decimal strings, dates as yyyy-mm-dd."""
        return state.of(self)

    def trial_balance(self) -> list[dict[str, str]]:
        """List every nominal's balance on its side: ``nominal``, ``debit``, ``credit``, in pounds."""
        return state.trial_balance(self)

    @property
    def version(self) -> int:
        """How many changes were made so far: it differs when, and only when, the books have changed."""
        return self._undo.changes

    @contextmanager
    def call(self) -> Iterator[None]:
        """Carry one call out whole or not at all."""
        self._undo.begin()
        try:
            yield
        except BaseException:
            self._undo.take_back()
            self._worked_out.clear()  # the count of changes went back as well and will come by the same figures again
            raise
        self._undo.forget()

    def settle(self) -> None:
        """Let everything done so far stand and go by the real time of day from here on; worlds end with this."""
        self._undo.forget()
        self.clock = None

    def use(self, switches: Switches) -> None:
        """Go by other switches from here on."""
        self.switches = switches
        self.amounts = Amounts(switches)
        self._worked_out.clear()

    def work_out(self, name: str, how: Callable[[], Result]) -> Result:
        """Work something out once and give the same again for as long as nothing in the books changes.

        Long lists that clients read page by page would otherwise be put in order anew for every page.
        """
        known = self._worked_out.get(name)
        if known is None or known[0] != self.version:
            known = self._worked_out[name] = (self.version, how())
        found: Result = known[1]
        return found

    def now(self) -> datetime:
        """Tell the moment by which changes are stamped: the books' day and the time of day in the UK."""
        return self.clock() if self.clock else datetime.combine(self.today, uk_time())

    def next_id(self, sort: str) -> int:
        """Give out the next internal id; ids skip, since all of KashFlow's users share them."""
        before = self._last_ids.get(sort)
        last = FIRST_IDS[sort] if before is None else before
        self._set_last(sort, last + 1 + last * 7 % 11, before)
        return self._last_ids[sort]

    def next_ids(self, sort: str, count: int) -> list[int]:
        """Give out many internal ids at once; worlds do."""
        before = self._last_ids.get(sort)
        last, found = FIRST_IDS[sort] if before is None else before, []
        for _ in range(count):
            last += 1 + last * 7 % 11
            found.append(last)
        self._set_last(sort, last, before)
        return found

    def next_number(self, kind: Kind) -> int:
        """Give out the next number: the highest in use and one (KashFlow's manual, InsertInvoice).

        By the switch ``reuse_deleted_number`` a number that was deleted may not come again.
        """
        return self._above(kind, max(self.documents(kind).highest_number, FIRST_NUMBER - 1))

    def next_journal_number(self) -> int:
        """Give out the next journal's number, as that of a document but from 1."""
        return self._above("journal", max((journal.number for journal in self.journals), default=0))

    def _above(self, sort: str, highest: int) -> int:
        if self.switches.reuse_deleted_number == "no":
            highest = max(highest, self._last_ids.get(f"{sort} number deleted", 0))
        return highest + 1

    def documents(self, kind: Kind) -> Documents:
        """Find the shelf of a kind of document."""
        return {"invoice": self.invoices, "purchase": self.purchases, "quote": self.quotes}[kind]

    def place(self, shelf: str, record: Any) -> None:
        """Put a record on a named shelf and into the ledger; used to load what was dumped and to build worlds."""
        if isinstance(record, Document):
            self.put_document(record)
        elif isinstance(record, BankRow):
            self.put_bank_row(record)
        elif isinstance(record, Journal):
            self.put_journal(record)
        else:
            getattr(self, shelf).put(record)

    def put_document(self, document: Document) -> None:
        """Add or replace a document; it and its payments are entered in the ledger anew."""
        shelf = self.documents(document.kind)
        before = shelf.get(document.id)
        if before is not None:
            self._clear_payments(before)
        shelf.put(document)
        if document.kind == "quote":
            return
        postings = posting.document_postings(document, self.company, self.amounts)
        self.ledger.post((document.kind, document.id), postings)
        for payment in document.payments:
            bank = self.bank_accounts.get(payment.account)
            entry = posting.payment_postings(document, payment, bank.nominal if bank else None, self.company)
            self.ledger.post((f"{document.kind} payment", payment.id), entry)

    def drop_document(self, document: Document) -> None:
        """Take a document and its payments away."""
        self._remember_deleted(document.kind, document.number)
        self._clear_payments(document)
        self.ledger.clear((document.kind, document.id))
        self.documents(document.kind).drop(document)

    def put_bank_row(self, row: BankRow) -> None:
        """Add or replace money in or out of a bank account."""
        self.bank_rows.put(row)
        bank = self._nominal_of(row.account)
        other = self._nominal_of(row.other_account) if row.other_account else row.type
        self.ledger.post(("bank", row.id), posting.bank_row_postings(row, bank, other, self.company))

    def drop_bank_row(self, row: BankRow) -> None:
        """Take money in or out of a bank account away."""
        self.ledger.clear(("bank", row.id))
        self.bank_rows.drop(row)

    def put_journal(self, journal: Journal) -> None:
        """Add or replace a journal."""
        self.journals.put(journal)
        self.ledger.post(("journal", journal.id), posting.journal_postings(journal))

    def drop_journal(self, journal: Journal) -> None:
        """Take a journal away."""
        self._remember_deleted("journal", journal.number)
        self.ledger.clear(("journal", journal.id))
        self.journals.drop(journal)

    def _nominal_of(self, account: int) -> int:
        found = self.bank_accounts.get(account)
        return found.nominal if found else self.company.controls.other

    def _clear_payments(self, document: Document) -> None:
        for payment in document.payments:
            self.ledger.clear((f"{document.kind} payment", payment.id))

    def _remember_deleted(self, sort: str, number: int) -> None:
        before = self._last_ids.get(f"{sort} number deleted")
        self._set_last(f"{sort} number deleted", max(before or 0, number), before)

    def _set_last(self, sort: str, last: int, before: int | None) -> None:
        self._last_ids[sort] = last
        self._undo.remember(lambda: self._restore_last(sort, before))

    def _restore_last(self, sort: str, before: int | None) -> None:
        if before is None:
            del self._last_ids[sort]
        else:
            self._last_ids[sort] = before
