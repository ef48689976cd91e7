"""A machine of random steps over two servers on one trail, a person, and a KashFlow that has mishaps and other users.

After every step the books must be what was agreed to: each confirmed write once, nothing that nobody agreed to, nothing overpaid without
a word; where the trail calls an outcome open, the books may be either way, and once all is settled they must be equal.

The ordinary run takes two thousand steps, the same each time; `KF_MCP_STEPS=N .venv/bin/pytest tests/attack/test_machine.py` takes
so many, and `KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_machine.py` a hundred thousand, which `KF_MCP_SEED=N` chooses. Each prints
what it did.
"""

import asyncio
import hashlib
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from conftest import TODAY, Clock, Person, Tally, a_company
from expected_books import Paper, enter, pay
from house import SEED
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from office import Loop, Reader, Seat
from wishes import AMOUNTS, KINDS, Wish, deletion, wish
from witness import Known, Witness

from kf_mcp.kashflow.operations import writable
from kf_mcp.server import opening
from kf_mcp.simulator import customers, documents, payments, suppliers
from kf_mcp.simulator.mishaps import MISHAPS
from kf_mcp.writing import desk

IS_LONG: Final = bool(os.environ.get("KF_MCP_LONG"))
STEPS: Final = int(os.environ.get("KF_MCP_STEPS", "100000" if IS_LONG else "2000"))
IN_ONE_RUN: Final = 50
RUNS: Final = 8
"""Runs under one seed, before the steps are counted."""
COUNTS: Counter[str] = Counter()
ANSWERS: Final = st.sampled_from(["yes", "yes", "yes", "unticked", "no", "leave"])
PICKS: Final = st.integers(0, 7)
KIND: Final = st.sampled_from(KINDS)
AMOUNT: Final = st.sampled_from(AMOUNTS)
Planned = tuple[str, bool, int] | None
"""A mishap: its name, whether at a write (else at any call), and how many such calls go well before it."""
NAMES: Final = st.sampled_from(sorted(set(MISHAPS) - {"huge", "slow"}))
MISHAP: Final = (
    st.none()
    | st.tuples(NAMES, st.just(True), st.integers(0, 1))
    | st.tuples(NAMES, st.just(False), st.integers(0, 12))
)
TOOLS: Final = {*KINDS, "undo_write", "finish_write", "delete_payment"} - {"reprice", "reprice_purchase"} | {
    "change_purchase_lines"
}
OTHERS: Final = ("pay", "refer", "enter", "delete")


@dataclass(frozen=True)
class Preview:
    """What a client without forms holds: a call, and the value that confirms it."""

    wish: Wish
    confirm: str
    is_warned: bool
    """Whether it says that something would be overpaid."""


class Machine(RuleBasedStateMachine):
    """Two seats: the first confirms by value, the second asks its person by a form."""

    def __init__(self) -> None:
        super().__init__()
        self.company, self.clock, self.person = a_company("empty"), Clock(), Person()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = Loop()
        for name in ("Hatter & Sons", "Mad Tea Ltd"):
            customers.add(self.company.books, {"Name": name})
        suppliers.add(self.company.books, {"Name": "Felt Mill"})
        self.witness = Witness(self.company, Reader(self.folder / "trail.db"), COUNTS, self.person.asked)
        self.witness.expected.singles.update([("customer", "Hatter & Sons"), ("customer", "Mad Tea Ltd")])
        self.previews: list[Preview] = []
        self.marks = 0
        self.late = timedelta()
        shared = (self.company, self.folder, self.clock, self.loop.tasks)
        self.seats = [Seat("values", "legacy", *shared), Seat("forms", "2026-07-28", *shared, self.person)]
        for seat in self.seats:
            self.loop.run(seat.sit())
        for customer in (0, 1, 0, 1):  # two each, so that one receipt can pay several
            self.by_others("enter", customer)
        if bill := self.a_wish("create_purchase", 0, "all"):
            self.loop.run(self.written(bill, None))

    @invariant()
    def look(self) -> None:
        COUNTS["steps"] += 1
        self.witness.look()

    # What is asked for

    @rule(kind=KIND, pick=PICKS, amount=AMOUNT)
    def preview(self, kind: str, pick: int, amount: str) -> None:
        if asked := self.a_wish(kind, pick, amount):
            self.loop.run(self.previewed(asked))

    @rule(kind=KIND, pick=PICKS, amount=AMOUNT, mishap=MISHAP)
    def write(self, kind: str, pick: int, amount: str, mishap: Planned) -> None:
        if asked := self.a_wish(kind, pick, amount):
            self.loop.run(self.written(asked, mishap))

    @rule(pick=PICKS, amount=AMOUNT, is_finished=st.booleans())
    def write_in_part(self, pick: int, amount: str, is_finished: bool) -> None:
        """The second of several payments is refused, so that there is something to finish: at once, or whenever it comes to it."""
        if asked := self.a_wish("record_payments", pick, amount):
            self.loop.run(self.written(asked, ("status_no", True, 1)))
        if is_finished and self.stopped():
            self.take_up(self.finishing(self.stopped()[-1]), "yes", None, is_by_form=False)

    @rule(kind=KIND, pick=PICKS, amount=AMOUNT, answer=ANSWERS, mishap=MISHAP)
    def ask(self, kind: str, pick: int, amount: str, answer: str, mishap: Planned) -> None:
        if asked := self.a_wish(kind, pick, amount):
            with self.meeting(mishap):
                self.loop.run(self.asked(asked, answer))

    @rule(pick=PICKS)
    def preview_again(self, pick: int) -> None:
        if not self.previews:
            self.idle()
            return
        self.loop.run(self.previewed(self.a_preview(pick).wish))

    @rule(pick=PICKS, mishap=MISHAP)
    def confirm(self, pick: int, mishap: Planned) -> None:
        if not self.previews:
            self.idle()
            return
        with self.meeting(mishap):
            self.loop.run(self.confirmed(self.a_preview(pick)))

    @rule(picks=st.lists(PICKS, min_size=2, max_size=3), answer=ANSWERS, mishap=MISHAP)
    def confirm_at_once(self, picks: list[int], answer: str, mishap: Planned) -> None:
        if not self.previews:
            self.idle()
            return
        chosen = [self.a_preview(pick) for pick in picks]

        async def go() -> None:
            by_value = (self.confirmed(preview, is_alone=False) for preview in chosen[1:])
            await asyncio.gather(self.asked(chosen[0].wish, answer, is_alone=False), *by_value)

        with self.meeting(mishap):
            self.loop.run(go())

    @rule(first=PICKS, second=PICKS, answer=ANSWERS, other=st.sampled_from(["confirm", *OTHERS]))
    def ask_while_something_happens(self, first: int, second: int, answer: str, other: str) -> None:
        if not self.previews:
            self.idle()
            return
        chosen = self.a_preview(second)

        async def happens() -> None:
            self.person.before = None
            if other == "confirm":
                await self.confirmed(chosen, is_alone=False)
            else:
                self.by_others(other, second)

        self.person.before = happens
        self.loop.run(self.asked(self.a_preview(first).wish, answer, is_alone=False))
        self.person.before = None

    @rule(pick=PICKS, is_by_form=st.booleans(), answer=ANSWERS, mishap=MISHAP)
    def undo(self, pick: int, is_by_form: bool, answer: str, mishap: Planned) -> None:
        if not self.witness.entries:
            self.idle()
            return
        self.take_up(self.undoing(self.an_entry(pick)), answer, mishap, is_by_form=is_by_form)

    @rule(pick=PICKS, is_by_form=st.booleans(), answer=ANSWERS, mishap=MISHAP)
    def finish(self, pick: int, is_by_form: bool, answer: str, mishap: Planned) -> None:
        if not self.witness.entries:
            self.idle()
            return
        stopped = self.stopped()[-2:] or [self.an_entry(pick)]  # older ones are finished or undone by now
        self.take_up(self.finishing(stopped[pick % len(stopped)]), answer, mishap, is_by_form=is_by_form)

    @rule(pick=PICKS, mishap=MISHAP)
    def delete_a_payment(self, pick: int, mishap: Planned) -> None:
        state = self.company.state()
        paid = [
            (kind, row["number"], payment)
            for kind in ("invoice", "purchase")
            for row in state[f"{kind}s"]
            for payment in row["payments"]
        ]
        if paid:
            self.loop.run(self.written(deletion(*paid[-1 - pick % len(paid)]), mishap))

    # What goes wrong

    @rule(kind=KIND, pick=PICKS, amount=AMOUNT, mishap=MISHAP, call=st.integers(1, 14), is_sent=st.booleans())
    def die_while_writing(self, kind: str, pick: int, amount: str, mishap: Planned, call: int, is_sent: bool) -> None:
        before = len(self.previews)
        if asked := self.a_wish(kind, pick, amount):
            self.loop.run(self.previewed(asked))
        if len(self.previews) == before:
            return
        confirm = self.previews[-1].confirm
        self.witness.gives(asked, hashed(confirm), is_warned=self.previews[-1].is_warned)
        with self.meeting(mishap):
            arguments = {**asked.arguments, "confirm": confirm}
            if self.loop.run(self.seats[0].dies_during(asked.tool, arguments, call, is_sent=is_sent)):
                COUNTS["deaths"] += 1
                self.loop.run(self.seats[0].sit())

    @rule(what=st.sampled_from(["late", "restart", *OTHERS, 0.5, 3, 9, 11, 60]), pick=PICKS)
    def something_else(self, what: float | str, pick: int) -> None:
        if what == "restart":
            self.loop.run(self.restarted(self.seats[pick % 2], is_settling=pick % 4 > 1))
        elif what == "late":
            self.loop.run(self.company.settle_late())
        elif isinstance(what, str):
            self.by_others(what, pick)
        else:
            self.passes(timedelta(minutes=what))

    # What brings it together

    @rule(pick=PICKS, seat=st.integers(0, 1))
    def settle(self, pick: int, seat: int) -> None:
        if not self.witness.entries:
            self.idle()
            return
        known = self.an_entry(pick)
        self.loop.run(self.seats[seat].call("settle_write", {"entry": known.number}))

    @rule()
    def settle_everything(self) -> None:
        if not self.witness.open_entries():
            self.idle()
            return
        self.bring_together()

    def bring_together(self) -> None:
        """Settle what settles by itself, and let the person decide the rest."""
        for _ in range(2):
            self.passes(timedelta(minutes=11))
            for known in self.witness.open_entries():
                self.loop.run(self.seats[0].call("settle_write", {"entry": known.number}))
            self.witness.look()
        while waiting := self.witness.open_entries():
            self.loop.run(self.decided(waiting[0]))
            self.witness.look()
        COUNTS["all settled"] += 1

    def teardown(self) -> None:
        try:
            self.bring_together()
            for seat in self.seats:
                self.loop.run(seat.leave())
        finally:
            self.loop.close()
            shutil.rmtree(self.folder)

    # How

    def idle(self) -> None:
        """A step in which there was nothing to do does not count. Which rules there are must not hang on what races decide."""
        COUNTS["steps"] -= 1

    def a_wish(self, kind: str, pick: int, amount: str) -> Wish | None:
        self.marks += 1
        return wish(kind, f"Mark{self.marks}", self.witness.expected, pick, amount)

    def a_preview(self, pick: int) -> Preview:
        return self.previews[-1 - pick % len(self.previews)]

    def stopped(self) -> list[Known]:
        return [known for known in self.witness.entries.values() if known.state == "partly"]

    def an_entry(self, pick: int) -> Known:
        entries = list(self.witness.entries.values())
        return entries[-1 - pick % len(entries)]

    def undoing(self, known: Known) -> Wish:
        return Wish(
            "undo_write",
            {"entry": known.number},
            lambda _: [known.effects[n].inverse() for n in reversed(known.done)],
        )

    def finishing(self, known: Known) -> Wish:
        return Wish(
            "finish_write",
            {"entry": known.number},
            lambda _: [effect for n, effect in enumerate(known.effects) if n not in known.done],
        )

    def take_up(self, asked: Wish, answer: str, mishap: Planned, *, is_by_form: bool) -> None:
        if not is_by_form:
            self.loop.run(self.written(asked, mishap))
            return
        with self.meeting(mishap):
            self.loop.run(self.asked(asked, answer))

    async def restarted(self, seat: Seat, *, is_settling: bool) -> None:
        """Leave in order and come back, speaking the other version of the protocol."""
        await seat.leave()
        seat.era = "legacy" if seat.era != "legacy" else "2026-07-28"
        await seat.sit()
        if is_settling:
            await (await seat.server.opening.kit()).desk.settle_all()
            self.witness.look()

    async def written(self, asked: Wish, mishap: Planned) -> None:
        before = len(self.previews)
        await self.previewed(asked)
        if len(self.previews) > before:
            with self.meeting(mishap):
                await self.confirmed(self.previews[-1])

    @contextmanager
    def meeting(self, mishap: Planned) -> Iterator[None]:
        """What is done within meets the mishap, if any, at one of its writes, or at one of all its calls."""
        if mishap:
            name, is_at_write, before = mishap
            for operation in sorted(writable) if is_at_write else ["*"]:
                if before:
                    self.company.mishaps.add(operation, "slow", before, 0.001)
                self.company.mishaps.add(operation, name, 1, 3600 if name == "late" else 0)
        yield
        self.company.mishaps.clear()

    async def previewed(self, asked: Wish) -> None:
        before = len(asked.entries)
        status, reply, text = await self.seats[0].call(asked.tool, asked.arguments)
        self.judge(status, reply, text, asked)
        assert len(asked.entries) == before
        if status == "needs_confirmation":
            self.previews.append(Preview(asked, reply["confirm"], "overpaid" in text))

    async def confirmed(self, preview: Preview, *, is_alone: bool = True) -> None:
        asked = preview.wish
        self.witness.gives(asked, hashed(preview.confirm), is_warned=preview.is_warned)
        status, reply, text = await self.seats[0].call(asked.tool, {**asked.arguments, "confirm": preview.confirm})
        self.judge(status, reply, text, asked, is_alone=is_alone)
        if status == "changed":
            self.previews.append(Preview(asked, reply["confirm"], "overpaid" in text))

    async def asked(self, asked: Wish, answer: str, *, is_alone: bool = True) -> None:
        self.person.answer, self.witness.at_form = answer, asked
        before = len(self.person.asked)
        asked.said += answer == "yes"
        status, reply, text = await self.seats[1].call(asked.tool, asked.arguments)
        if len(self.person.asked) == before:
            asked.said -= answer == "yes"
        self.judge(status, reply, text, asked, is_alone=is_alone)
        assert status != "needs_confirmation" or answer == "yes"

    async def decided(self, known: Known) -> None:
        is_there, number = self.witness.truth(known)
        arguments = {
            "entry": known.number,
            "decision": "in_books" if is_there else "not_written",
            "number": number if is_there else "",
        }
        status, reply, text = await self.seats[0].call("settle_write", arguments)
        assert status == "needs_confirmation", text
        assert await self.seats[0].call("settle_write", {**arguments, "confirm": reply["confirm"]})
        COUNTS["decisions"] += 1

    def judge(self, status: str, reply: dict[str, Any], text: str, asked: Wish, *, is_alone: bool = True) -> None:
        """Whether a reply is true."""
        COUNTS[f"replies {status}"] += 1
        assert "fault of ours" not in text, text
        if status == "done":
            COUNTS[f"done by {asked.tool}"] += 1
        known = len(self.witness.entries)
        self.witness.look()
        fresh = [entry for n, entry in enumerate(self.witness.entries.values()) if n >= known and entry.wish is asked]
        if status in {"done", "partly", "unknown"} and reply.get("entry"):
            state = self.witness.entries[reply["entry"]].state
            assert state == status or (status == "unknown" and (state == "sending" or not is_alone)), text
        elif is_alone:
            assert all(entry.state == "refused" for entry in fresh), text

    def passes(self, time: timedelta) -> None:
        """KashFlow finishes what it began within ten minutes."""
        self.late += time
        if self.late >= timedelta(minutes=10):
            self.loop.run(self.company.settle_late())
            self.late = timedelta()
        self.clock.time += time

    def by_others(self, what: str, pick: int) -> None:
        """Somebody works in KashFlow itself, on what no open write is about."""
        books, expected = self.company.books, self.witness.expected
        self.witness.look()
        busy = {id(effect.paper) for known in self.witness.open_entries() for effect in known.effects}
        free = [paper for paper in expected.papers if id(paper) not in busy and paper.kind == "invoice"]
        self.marks += 1
        mark = f"Other{self.marks}"
        if what == "enter":
            party = list(books.customers)[pick % 2]
            nominal = next(row.id for row in books.nominals if row.code == 4000)
            line = {
                "Quantity": Decimal(1),
                "Description": mark,
                "Rate": Decimal(10),
                "ChargeType": nominal,
                "VatRate": Decimal(20),
                "VatAmount": Decimal(2),
                "ValuesInCurrency": 1,
            }
            found = documents.insert(
                books, "invoice", {"InvoiceDate": TODAY, "DueDate": TODAY, "CustomerID": party.id, "Lines": [line]}
            )
            paper = Paper("invoice", party.code, "", ((mark, Decimal(10)),), number=found.number)
            enter(paper).does(expected)
            return
        if not free:
            return
        paper = free[pick % len(free)]
        document = books.invoices.numbered(paper.number)
        match what:
            case "pay":
                amount = Decimal(pick) + Decimal("0.13")
                details = {
                    "PayDate": TODAY,
                    "PayMethod": next(iter(books.invoice_methods)).id,
                    "PayAccount": next(iter(books.bank_accounts)).id,
                    "PayAmount": amount,
                    "PayNote": mark,
                }
                payments.pay(books, document, details)
                pay(paper, mark, amount).does(expected)
                paper.may_be_overpaid = True
            case "refer":
                books.put_document(replace(document, reference=mark))
                paper.reference = mark
            case "delete" if not paper.payments:
                books.drop_document(document)
                enter(paper).undoes(expected)


def hashed(confirm: str) -> str:
    """The hash under which the trail knows a yes."""
    return hashlib.sha256(confirm.encode()).hexdigest()


def test_whatever_happens_the_books_are_what_was_agreed_to(monkeypatch, tally: Tally) -> None:
    monkeypatch.setattr(opening, "SETTLES_AFTER", 3600)
    monkeypatch.setattr(desk, "WAIT_FOR_OTHERS", 0.05)
    monkeypatch.setattr("kf_mcp.kashflow.connection.random.uniform", lambda low, _high: low / 100)
    COUNTS.clear()
    first = SEED if IS_LONG else 1
    for turn in itertools.count(first):
        if COUNTS["steps"] >= STEPS:
            break
        print("KF_MCP_SEED", turn)  # noqa: T201 - shown with what fails
        run_state_machine_as_test(
            seed(turn)(Machine),
            settings=settings(
                max_examples=RUNS,
                stateful_step_count=IN_ONE_RUN,
                deadline=None,
                phases=[Phase.generate],
                database=None,
                print_blob=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    tally(f"machine (seed {first})", COUNTS)
    never = {known for known in TOOLS if not COUNTS[f"done by {known}"]}
    assert not never, "these were never done: what they do was not seen"
