"""Undoing and finishing writes of the trail: both are plans like any other, and go through the same consent.

A write is undone by the inverse of each of its steps, by internal id, the last first, and only while each document is as it was read
back after writing. A write that was carried out in part is finished by the steps that are not in the books.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from typing import Final

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, Step
from kf_mcp.model import dates
from kf_mcp.model.text import counted
from kf_mcp.trail import Entry, StepState
from kf_mcp.writing import closed
from kf_mcp.writing.deciding import deciding
from kf_mcp.writing.history import History
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.standing import in_effect

INVOICES: Final = frozenset({"new invoice", "conversion of a quote"})
"""The kinds of steps that leave an invoice in the books."""
Look = Callable[[Entry], Awaitable[Entry]]
"""Looks for the open steps of an entry in the books."""


class Past:
    """What was written, as plans that undo or finish it."""

    def __init__(self, books: Books, history: History, look: Look) -> None:
        self._books = books
        self._history = history
        self._look = look

    async def deciding(self, number: int, is_in_books: bool | None, key: str) -> Plan:
        """The plan that closes an entry whose outcome is not known. Raises Known where it is, or where nothing is decided."""
        entry = await self._look(await self._history.entry(number))
        return await deciding(entry, self._books, is_in_books, key)

    async def undoing(self, number: int) -> Plan:
        """The plan that undoes an entry. Raises Refused where it cannot be, or was already."""
        entry = await self._entry(number)
        done = [n for n, step in enumerate(entry.steps) if step.state == "done"]
        if not done:
            raise Refused(f"Entry {number} ({entry.title}) was not written, so there is nothing to undo.", "")
        kept = await self._history.kept(entry)
        inverses = [await self._inverse(entry.steps[n], kept[n]) for n in reversed(done)]
        steps = tuple(step for inverse in inverses for step in inverse.steps)
        facts = [fact for inverse in inverses for fact in inverse.facts]
        return Plan(
            title=f"Undo of {'what was carried out of ' if entry.state == 'partly' else ''}entry {number}: {entry.title}",
            facts=(f"Written {dates.uk_time_in_words(entry.opened)}", *facts),
            warnings=(
                *await self._twins(steps),
                *await self._books.written.overpaid_by(steps),
                *await self._doubts(steps),
                *(warning for inverse in inverses for warning in inverse.warnings),
            ),
            steps=steps,
            dated=_days([*(inverse.dated for inverse in inverses), self._before_lock(inverses)]),
            alters=_days(inverse.alters for inverse in inverses),
            undoes=number,
        )

    async def finishing(self, number: int) -> Plan:
        """The plan that carries out the steps of an entry that are not in the books. Raises Refused where there are none."""
        entry = await self._entry(number, is_finished=True)
        if entry.state != "partly":
            raise Refused(f"Entry {number} ({entry.title}) is not one that was carried out in part.", "")
        kept = await self._history.kept(entry)
        facts, warnings, steps = [], [], []
        for state, body in zip(entry.steps, kept, strict=True):
            if state.state == "done":
                facts.append(f"Done already: {state.words}")
                continue
            equal, alike = await self._came_meanwhile(entry, state)
            if equal:
                facts.append(f"Came into the books meanwhile as {equal[0]}, so it is left out: {state.words}")
                continue
            steps.append(self._books.written.step(state.kind, body))
            facts.append(f"Still to be written: {state.words}")
            if alike:
                warnings.append(
                    f"{state.words}: {', '.join(alike)} came to the same place meanwhile. Is it not this one?"
                )
        if not steps:
            raise Refused(
                f"Nothing of entry {number} ({entry.title}) is left to be written: the rest came into the books meanwhile.",
                "Nothing was written. If a further write of the same is meant, name its date or another detail in the call.",
            )
        days: dict[str, list[str]] = kept[0].get("days", {})
        return Plan(
            title=f"The rest ({len(steps)} of {counted(len(entry.steps), 'step')}) of entry {number}: {entry.title}",
            facts=tuple(facts),
            warnings=(*warnings, *await self._books.written.overpaid_by(steps), *await self._doubts(steps)),
            steps=tuple(steps),
            dated=tuple(date.fromisoformat(day) for day in days.get("dated", [])),
            alters=tuple(date.fromisoformat(day) for day in days.get("alters", [])),
            finishes=number,
        )

    async def _twins(self, steps: Iterable[Step]) -> list[str]:
        """That what is to be entered again stands in the books already, or may: somebody entered it anew since it was deleted."""
        from kf_mcp.kashflow import twins  # noqa: PLC0415 - kinds of steps, as below

        return await twins.of_all(steps, self._books)

    async def _doubts(self, steps: Sequence[Step]) -> list[str]:
        """What the tools of these steps would warn of, as the books stand now. Raises Refused where one would refuse."""
        from kf_mcp.kashflow import doubts  # noqa: PLC0415 - kinds of steps, which a server's start does not need

        return await doubts.of_all(steps, self._books)

    def _before_lock(self, inverses: Iterable[Inverse]) -> list[date]:
        """The days that only the owner's lock holds, as far as they lie before it."""
        lock = self._books.locked_before
        return [day for inverse in inverses for day in inverse.held if lock is not None and day < lock]

    async def _came_meanwhile(self, entry: Entry, state: StepState) -> tuple[list[str], list[str]]:
        """What came to the place of a step that was not written: what equals it, and what is new there besides."""
        arrivals = await self._books.written.arrivals(state.kind, state.trace, state.evidence)
        own = {(step.kind, step.id) for step in entry.steps if step.state == "done"}

        def others(found: tuple[Landed, ...]) -> list[str]:
            return [landed.key for landed in found if (state.kind, landed.id) not in own]

        return others(arrivals.equal), others(arrivals.alike)

    async def _entry(self, number: int, *, is_finished: bool = False) -> Entry:
        """An entry whose outcome is known, and that was not undone (or finished) yet.

        Once that was undone in its turn, what brings it back is undoing that: a second undo (or finish) beside it could not be told from
        it, and both together would enter the same twice.
        """
        entry = await self._look(await self._history.entry(number))
        if not entry.is_settled:
            raise Refused(
                f"What became of entry {number} ({entry.title}) is not known yet.",
                "Call `settle_write` for it first.",
            )
        for later in await in_effect(entry, self._history):
            raise Refused(*await self._in_the_way(entry, later, is_finished=is_finished))
        for later in await self._history.later(entry):
            if later.landed and bool(later.finishes) == is_finished:
                how = "finished" if is_finished else "undone"
                last = await self._last_undo(later)
                raise Refused(
                    f"Entry {number} ({entry.title}) was {how} by entry {later.id}, and that was undone.",
                    f"Nothing was written. Undo entry {last.id} instead, which comes to the same.",
                )
        return entry

    async def _in_the_way(self, entry: Entry, later: Entry, *, is_finished: bool) -> tuple[str, str]:
        """What a later entry did to this one, and what to do instead."""
        how = "undone" if later.undoes else "finished"
        problem = f"Entry {entry.id} ({entry.title}) was {how} by entry {later.id}."
        last = await self._last_undo(later)
        if last is not later:
            return (
                problem,
                f"Nothing was written. A part of that was undone; undo entry {last.id} to bring that part back.",
            )
        if later.undoes:
            return problem, "Nothing was written. See `list_writes`."
        if is_finished:
            return problem, "Nothing was written, and nothing of it is left to do."
        return problem, f"Nothing was written. Undo entry {later.id} first."

    async def _last_undo(self, entry: Entry) -> Entry:
        """The last of an undo, its undo, and so on, that begin after this entry."""
        undone = [later for later in await self._history.later(entry) if later.undoes and later.landed]
        return await self._last_undo(undone[-1]) if undone else entry

    async def _inverse(self, state: StepState, kept: Kept) -> Inverse:
        landed = Landed(id=state.id, number=state.number, code=state.code)
        now = await self._books.written.seen_now(state.kind, landed, state.trace)
        if now is not None and (not now or now != state.seen):
            if now and not state.said:
                raise Refused(
                    f"{state.words}: the server stopped before it read this back.",
                    "Nothing was written. Call again in a few minutes; it is looked for then.",
                )
            what = (
                "is not in the books any more"
                if not now
                else "was changed since"
                if state.seen
                else "was never read back as it was sent, and may be another by now"
            )
            ours = await self._ours_since(state)
            advice = (
                f"Undo {ours} first, the last one first."
                if ours
                else "Look at it and change it with the tool for that record."
            )
            raise Refused(
                f"{state.words}: what was written {what}, so it is not undone.", f"Nothing was written. {advice}"
            )
        today = self._books.today
        mailed = await self._mailed(state)
        inverse = await self._books.written.inverse(
            state.kind, landed, kept, Circumstances(today=today, must_stand=mailed)
        )
        if mailed:
            return inverse
        reasons = [why for day in inverse.alters if (why := await closed.why(day, self._books))]
        if not reasons:
            return inverse
        return await self._books.written.inverse(
            state.kind, landed, kept, Circumstances(today=today, must_stand=reasons[0])
        )

    async def _ours_since(self, state: StepState) -> str:
        """The later entries of this trail that wrote to the same document, and were not undone."""
        noun = (
            "invoice"
            if state.kind in INVOICES
            else re.sub(
                r"^(new|change of an?|deletion of an?) |'s (lines|header)$| by the older operation$", "", state.kind
            )
        )
        later = [
            entry
            for entry in await self._history.at(f"{noun} {state.id}")
            if entry.landed
            and state not in entry.steps
            and not any(e.undoes for e in await in_effect(entry, self._history))
        ]
        numbers = [str(entry.id) for entry in reversed(later)]
        return f"{'entry' if len(numbers) == 1 else 'entries'} {', '.join(numbers)}" if numbers else ""

    async def _mailed(self, state: StepState) -> str:
        """That the document went out by e-mail, as far as this trail knows."""
        for entry in await self._history.at(f"e-mails of invoice {state.id}") if state.kind in INVOICES else []:
            if entry.landed or not entry.is_settled:
                return f"it was e-mailed, entry {entry.id}"
        return ""


def _days(groups: Iterable[Iterable[date]]) -> tuple[date, ...]:
    return tuple(sorted({day for group in groups for day in group}))
