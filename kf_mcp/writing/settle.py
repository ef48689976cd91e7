"""Settle: find out what became of a write whose answer was lost, by reading back.

A match settles at once. Absence settles only after two agreeing reads, the second at least ten minutes after the first, since
KashFlow may finish late what it has begun, and only where nothing else came to the target meanwhile: KashFlow may have changed
what it was sent. Anything else stays unknown, and a person decides.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from kf_mcp.errors import Failure
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Landed, Step
from kf_mcp.model import dates
from kf_mcp.trail import Entry, Overtaken, State, StepState, Trail

logger = logging.getLogger(__name__)

MAY_FINISH_LATE: Final = timedelta(minutes=10)
FOUND: Final = "No good answer came; it was found by reading back."
ABSENT: Final = "read twice, ten minutes apart."
READ_LATE: Final = "The server stopped before it read this back; it was found later, as it was sent."
NOT_AS_SENT: Final = "The server stopped before it read this back, and later it could not be found as it was sent."

NOT_SHOWN: Final = "KashFlow took it, and the books cannot show it"


class Known(Exception):
    """There is nothing to decide: `entry` says how it stands."""

    def __init__(self, entry: Entry, remarks: list[str] | None = None) -> None:
        super().__init__(f"entry {entry.id} is {entry.state}")
        self.entry = entry
        self.remarks = remarks or []


async def settle(entry: Entry, soap: Connection, trail: Trail, *, clock: dates.Clock = dates.now) -> Entry:
    """Look for the unknown steps of an entry in the books, and keep on the trail what was found.

    So it is with steps that arrived but were never read back, since their server was stopped just then.
    """
    unread = _left_unread(entry, clock())
    if entry.state == "sending" or (entry.is_settled and not unread):
        return entry
    steps = [
        await look(step, soap, clock)
        if step.state == "unknown"
        else await _read_at_last(step, soap)
        if step in unread
        else step
        for step in entry.steps
    ]
    if tuple(steps) == entry.steps and state_of(steps) == entry.state:
        return entry
    try:
        return await trail.note(entry, state_of(steps), steps)
    except Overtaken as overtaken:  # another call settled it meanwhile
        return overtaken.entry


def state_of(steps: list[StepState]) -> State:
    """The state of an entry from those of its steps."""
    states = {step.state for step in steps}
    if "unknown" in states or "sending" in states:
        return "unknown"
    if states == {"done"}:
        return "done"
    return "partly" if "done" in states else "refused"


def found(step: StepState, landed: Landed, said: str) -> StepState:
    """The step, seen in the books."""
    return step.model_copy(
        update={"state": "done", "id": landed.id, "number": landed.number, "code": landed.code, "said": said}
    )


def _left_unread(entry: Entry, now: datetime) -> list[StepState]:
    """The steps that arrived and that nobody reads back any more."""
    is_over = entry.deadline is not None and now > entry.deadline
    return [step for step in entry.steps if is_over and step.state == "done" and not step.said]


async def _read_at_last(step: StepState, soap: Connection) -> StepState:
    """A step that arrived, as it stands now: what equals what was sent can be undone, anything else was changed since."""
    try:
        arrivals = await _kind(step).arrivals(soap, step.trace, step.evidence)
    except Failure:
        return step
    if arrivals.unknowable:
        return step.model_copy(update={"said": f"{NOT_SHOWN}: {arrivals.unknowable}."})
    names = ("id",) if step.id else ("number", "code")  # a number or code may be what the write itself changed
    known = {name: value for name in names if (value := getattr(step, name))}
    own = [landed for landed in arrivals.equal if known.items() <= landed.model_dump().items()]
    if not own:
        return step.model_copy(update={"said": NOT_AS_SENT})
    return await _as_it_stands(found(step, own[0], READ_LATE), soap)


async def look(step: StepState, soap: Connection, clock: dates.Clock) -> StepState:
    """An unknown step, as the books show it now."""
    try:
        arrivals = await _kind(step).arrivals(soap, step.trace, step.evidence)
    except Failure as error:
        return step.model_copy(update={"said": f"It could not be looked for: {error.problem}"})
    except Exception as error:
        logger.exception("looking for a %s failed", step.kind)
        return step.model_copy(update={"said": f"It could not be looked for ({type(error).__name__})."})
    if arrivals.unknowable:
        said = f"The books cannot show it: {arrivals.unknowable}. A person must find out."
        return step.model_copy(update={"said": said, "needs_person": True})
    if len(arrivals.equal) == 1:
        return await _as_it_stands(found(step, arrivals.equal[0], FOUND), soap)
    if arrivals.equal or arrivals.alike:
        return step.model_copy(update={"said": _doubtful(arrivals), "needs_person": True})
    return _absent(step.model_copy(update={"needs_person": False}), clock)


def _kind(step: StepState) -> type[Step]:
    from kf_mcp.kashflow.steps import KINDS  # noqa: PLC0415 - every kind of step, which a server's start does not need

    return KINDS[step.kind]


async def _as_it_stands(step: StepState, soap: Connection) -> StepState:
    """The step with the fingerprint of its document: undoing is refused once it is another."""
    landed = Landed(id=step.id, number=step.number, code=step.code)
    try:
        return step.model_copy(update={"seen": await _kind(step).seen_now(soap, landed, step.trace) or ""})
    except Failure:  # it is in the books all the same; it only cannot be undone from here
        return step


def _doubtful(arrivals: Arrivals) -> str:
    candidates = ", ".join(landed.key for landed in (*arrivals.equal, *arrivals.alike))
    if arrivals.equal:
        return f"Several fit ({candidates}); a person must decide which is this one."
    return (
        f"Since then {candidates} came, which is not quite what was sent; a person must decide whether it is this one."
    )


def _absent(step: StepState, clock: dates.Clock) -> StepState:
    """The step was not in the books just now.

    Ten minutes must have passed by the clock and by the time that the computer has been running, since a clock can be set. Where it was
    set back, they are counted anew; and each computer counts its own, since those of others may be ahead of it by as much.
    """
    now, uptime, here = clock(), dates.uptime(clock), dates.computer(clock)
    looks: dict[str, list[Any]] = step.evidence.get("looks", {})
    first, then = looks.get(here, ["", 0.0])
    if not first or now < datetime.fromisoformat(first):
        looks = {**looks, here: [now.isoformat(), uptime]}
        then_seen = f"{_kind(step).absence[0]} at {dates.uk_clock(now)}, when it was first looked for."
        seen = {**step.evidence, "absent": now.isoformat(), "looks": looks}
        return step.model_copy(update={"evidence": seen, "said": then_seen})
    run = uptime - then if uptime >= then else uptime  # started again since: it has been running for so long at least
    if min(now - datetime.fromisoformat(first), timedelta(seconds=run)) < MAY_FINISH_LATE:
        return step
    said = f"{_kind(step).absence[1]}: {ABSENT}"
    return step.model_copy(update={"state": "refused", "said": said})


def due(entry: Entry) -> datetime | None:
    """When an open entry can be settled at the latest, if no person is needed: what is absent by then is absent for good."""
    if entry.state == "sending":
        return entry.deadline
    looked = [step.evidence["absent"] for step in entry.steps if step.state == "unknown" and "absent" in step.evidence]
    return max(map(datetime.fromisoformat, looked)) + MAY_FINISH_LATE if looked else None
