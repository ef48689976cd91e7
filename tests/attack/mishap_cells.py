"""One cell of the matrix: a write of the examples that meets a mishap, what must stand afterwards, and how it is played.

What must stand is worked out from the mishap's meaning and from a plain run of the same write, never from what the server says.
"""

import hashlib
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import httpx
from conftest import Clock, Desk, a_company, open_desk, real_account
from older_service import Older
from test_every_write import bare, done, sound
from write_examples import Example, examples

from kf_mcp.kashflow.operations import writable
from kf_mcp.simulator import Simulator
from kf_mcp.simulator.mishaps import MISHAPS
from kf_mcp.trail import Trail

CARRIED: Final = frozenset(
    {"lose_answer", "no_but_written", "truncated_xml", "not_xml", "wrong_namespace", "empty_body", "huge"}
)
"""KashFlow did it, and its answer is lost or says otherwise."""
LATER: Final = frozenset({"late", "slow"})
"""KashFlow does it, but only after we gave up waiting."""
NOT_KNOWN: Final = frozenset({"cut_before", "http_500", "http_503", "html_page", "soap_fault"})
"""KashFlow did not do it, and nothing in its answer proves that."""
REFUSED: Final = frozenset({"refuse_connection", "status_no"})
"""KashFlow certainly did not do it."""
UNSHOWN: Final = frozenset({"EmailInvoice", "EmailPurchaseOrder", "AttachFileToInvoice"})
"""Operations after which the books cannot show whether they were carried out."""
LONG_AGO: Final = timedelta(minutes=11)

DUTY: Final = (
    ("update_supplier", {"supplier": "FOUN01", "region": "world"}),
    (
        "create_purchase",
        {
            "supplier": "FOUN01",
            "issue_date": "2026-11-10",
            "lines": [{"description": "Type", "net": "90.00", "vat_rate": 0, "nominal": 5000}],
        },
    ),
    ("change_purchase_lines", {"purchase": 1130, "change": [{"line": 1, "import_duty": "1.50"}]}),
    ("delete_purchase", {"purchase": 1130}),
)
IN_TURN: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "record_payments": ("InsertInvoicePayment", "InsertInvoicePayment"),
        "record_payments, the rest on account": ("InsertInvoicePayment", "InsertBankTransaction"),
        "pay_purchases": ("InsertReceiptPayment", "InsertReceiptPayment"),
    }
)
"""Examples that send several writes, and which."""
BY_OLDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "update_customer": "UpdateCustomer",
        "create_supplier": "InsertSupplier",
        "update_supplier": "UpdateSupplier",
        "change_purchase_lines": "UpdateReceipt",
    }
)
"""Examples that a service of before the newer operations is sent otherwise."""


class Told(NamedTuple):
    """How a write stands: what it is called on the trail, and how many of its writes the books hold."""

    state: str
    carried: int


@dataclass(frozen=True)
class Cell:
    """A write that meets a mishap at one of the operations that it sends."""

    example: Example
    mishap: str
    nth: int = 0
    """At which of its operations, from 0."""
    is_older: bool = False

    @property
    def operations(self) -> tuple[str, ...]:
        """What it sends, in turn."""
        return IN_TURN.get(self.name, (self.example.operation,))

    @property
    def name(self) -> str:
        """The example's name."""
        return self.example.id or self.example.tool

    def at_first(self) -> Told:
        """How it must stand when the call returns."""
        is_last, is_shown = self.nth + 1 == len(self.operations), self.operations[self.nth] not in UNSHOWN
        if self.mishap in CARRIED:
            return Told("done", len(self.operations)) if is_shown else Told("unknown", self.nth + 1)
        if self.mishap in REFUSED:
            return Told("partly" if self.nth else "refused", self.nth)
        assert is_last or is_shown
        return Told("unknown", self.nth)

    def in_the_end(self) -> Told:
        """How it must stand once KashFlow is done with what is late, ten minutes are over, and it was looked for."""
        first = self.at_first()
        if first.state != "unknown":
            return first
        carried = self.nth + (self.mishap in CARRIED | LATER)
        if self.operations[self.nth] in UNSHOWN:
            return Told("unknown", carried)
        if carried == len(self.operations):
            return Told("done", carried)
        return Told("partly" if carried else "refused", carried)


@dataclass
class Course:
    """What a played cell showed."""

    told: Told
    words: str
    """The reply, as the model reads it."""
    repeated: int
    """How many writes reached KashFlow when the same yes was sent again at once."""
    found: Told
    ended: Told
    """After the person did what the reply advises, until it is written."""
    replayed: int
    is_sound: bool
    is_whole: bool
    """Whether the trail's chain is."""


def every_example() -> list[tuple[Example, bool]]:
    """Every write, and whether it goes to a service of before the newer operations: the examples, and what undoes them."""
    plain = examples()
    older = [replace(e, operation=BY_OLDER[e.tool]) for e in plain if e.tool in BY_OLDER]
    duty = Example(
        id="undo of a deleted purchase with duty",
        tool="undo_write",
        arguments={"entry": 4},
        operation="InsertReceipt2",
        changes=(),
        before=DUTY,
    )
    return [*((e, False) for e in (*plain, duty)), *((e, True) for e in older)]


def cells() -> list[Cell]:
    """The whole matrix."""
    return [
        Cell(example, mishap, nth, is_older)
        for example, is_older in every_example()
        for nth in range(len(IN_TURN.get(example.id or example.tool, ("",))))
        for mishap in MISHAPS
    ]


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What came into the books and what went, without ids and numbers."""
    said = {}
    for name, now in after.items():
        if (was := before[name]) != now:
            rows_now, rows_before = ({str(row): row for row in rows} for rows in (now, was))
            came, gone = rows_now.keys() - rows_before.keys(), rows_before.keys() - rows_now.keys()
            said[name] = bare({"came": [rows_now[key] for key in came], "gone": [rows_before[key] for key in gone]})
    return said


class Watched(httpx.AsyncBaseTransport):
    """The way to KashFlow, which keeps the writes sent, and what stood after each, as against the state at the start."""

    def __init__(self, way: httpx.AsyncBaseTransport, company: Simulator, *, looks: bool) -> None:
        self._looks = looks
        self._way = way
        self._company = company
        self.sent: list[str] = []
        self.changes: list[Any] = [{}]
        self._first: dict[str, Any] = {}

    def start(self) -> None:
        """Count from here."""
        self._first = self._company.state()
        self.sent, self.changes = [], [{}]

    def changed(self) -> dict[str, Any]:
        """What has changed since the start."""
        return moved(self._first, self._company.state())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._way.handle_async_request(request)
        name = request.headers["SOAPAction"].strip('"').rpartition("/")[2]
        if name in writable:
            self.sent.append(name)
            if self._looks and self._first:
                self.changes.append(self.changed())
        return response


@asynccontextmanager
async def opened(
    cell: Cell,
    clock: Clock,
    *,
    timeout: float = 5,  # noqa: ASYNC109 - KashFlow.s, not ours
    looks: bool = False,
) -> AsyncIterator[tuple[Desk, Watched, Path]]:
    """A desk on a fresh demo company, with what the example needs written before."""
    company, folder = a_company(), Path(tempfile.mkdtemp())
    watched = Watched(Older(company) if cell.is_older else company.transport(), company, looks=looks)
    company.transport = lambda: watched  # type: ignore[method-assign]
    (folder / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    settings = real_account(folder, confirm="either", toolsets="all", attach_from=folder, timeout=timeout)
    try:
        async with open_desk(company, settings, clock=clock) as desk:
            for tool, arguments in cell.example.before:
                await done(desk, tool, arguments)
            watched.start()
            yield desk, watched, folder
    finally:
        shutil.rmtree(folder)


@dataclass
class Matrix:
    """Plays cells; what a plain run has changed in the books after each of its writes is found out once for each example."""

    plain: dict[tuple[str, bool], list[Any]] = field(default_factory=dict)

    async def changes(self, cell: Cell) -> list[Any]:
        """What a plain run has changed before its first write, and after each."""
        key = (cell.name, cell.is_older)
        if key not in self.plain:
            async with opened(cell, Clock(), looks=True) as (desk, watched, _):
                reply = await done(desk, cell.example.tool, cell.example.arguments)
                assert reply["status"] == "done", reply
                assert [name for name in watched.sent if not name.endswith("2")] == [
                    name for name in cell.operations if not name.endswith("2")
                ]
                self.plain[key] = [{}, *watched.changes[-len(cell.operations) :]]
        return self.plain[key]

    async def play(self, cell: Cell) -> Course:
        """Play one cell to its end."""
        changes, clock = await self.changes(cell), Clock()
        timeout = 1 if cell.mishap == "slow" else 5
        async with opened(cell, clock, timeout=timeout) as (desk, watched, folder):
            return await _Play(cell, desk, watched, folder, clock, changes).course()


class _Play:
    """One cell while it is played."""

    def __init__(
        self, cell: Cell, desk: Desk, watched: Watched, folder: Path, clock: Clock, changes: list[Any]
    ) -> None:
        self._cell = cell
        self._desk = desk
        self._watched = watched
        self._file = folder / "trail.db"
        self._clock = clock
        self._changes = changes
        self._tool, self._arguments = cell.example.tool, cell.example.arguments

    async def course(self) -> Course:
        desk, cell = self._desk, self._cell
        preview = await desk(self._tool, self._arguments)
        again = {**self._arguments, "confirm": preview["confirm"]}
        same_before = cell.operations[: cell.nth].count(cell.operations[cell.nth])
        if same_before:  # let the first of the same name pass
            desk.company.mishaps.add(cell.operations[cell.nth], "slow", same_before, 0.001)
        desk.company.mishaps.add(cell.operations[cell.nth], cell.mishap, 1, 60 if cell.mishap in LATER else 0)
        words = await self._words(self._tool, again)
        consent = hashlib.sha256(preview["confirm"].encode()).hexdigest()
        told = self._stands(consent)
        repeated = await self._sent_by(again)
        await desk.company.settle_late()
        self._clock.time += LONG_AGO
        entry = self._entry(consent)
        await desk("settle_write", entry=entry)
        found = self._stands(consent)
        if found.state == "unknown":
            self._clock.time += LONG_AGO  # nobody can say sooner that KashFlow will not finish it late
            decision = "in_books" if found.carried > cell.nth else "not_written"
            await done(desk, "settle_write", {"entry": entry, "decision": decision})
        state = self._stands(consent).state
        if state == "partly":
            await done(desk, "finish_write", {"entry": entry})
        if state == "refused":
            await done(desk, self._tool, self._arguments)
        ended = Told(self._newest(), self._carried())
        replayed = await self._sent_by(again)
        trail = Trail(self._file, is_only_looked_at=True)
        verdict = await trail.check({})
        await trail.close()
        return Course(told, words, repeated, found, ended, replayed, sound(desk.company), verdict.is_whole)

    async def _words(self, tool: str, arguments: dict[str, Any]) -> str:
        result = await self._desk.result(tool, arguments)
        return str(result.content[0].text)

    async def _sent_by(self, arguments: dict[str, Any]) -> int:
        """How many writes a call sends."""
        before = len(self._watched.sent)
        await self._desk.result(self._tool, arguments)
        return len(self._watched.sent) - before

    def _rows(self) -> list[tuple[int, str, str | None]]:
        with sqlite3.connect(self._file) as db:
            rows = db.execute("SELECT entry, state, consent FROM trail ORDER BY seq").fetchall()
        db.close()
        return rows

    def _entry(self, consent: str) -> int:
        return next(entry for entry, _, given in self._rows() if given == consent)

    def _stands(self, consent: str) -> Told:
        entry = self._entry(consent)
        return Told([state for of, state, _ in self._rows() if of == entry][-1], self._carried())

    def _newest(self) -> str:
        return self._rows()[-1][1]

    def _carried(self) -> int:
        """How many of its writes the books hold; -1 where they hold anything else."""
        now = self._watched.changed()
        return self._changes.index(now) if now in self._changes else -1
