"""Settle: find out what became of a write whose answer was lost, by reading back.

A match settles at once. Absence settles only after two agreeing reads, the second at least ten minutes after sending, since
KashFlow may finish late what it has begun. Anything else stays unknown, and a person decides.
"""

from datetime import timedelta
from typing import Final

from kf_mcp.errors import Failure
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import KINDS, Landed
from kf_mcp.model import dates
from kf_mcp.trail import Entry, State, StepState, Trail

MAY_FINISH_LATE: Final = timedelta(minutes=10)


async def settle(entry: Entry, soap: Connection, trail: Trail, *, clock: dates.Clock = dates.now) -> Entry:
    """Look for the unknown steps of an entry in the books, and keep on the trail what was found."""
    if entry.is_settled or entry.state == "sending":
        return entry
    steps = [await _look(step, entry, soap, clock) if step.state == "unknown" else step for step in entry.steps]
    if tuple(steps) == entry.steps:
        return entry
    return await trail.note(entry, state_of(steps), steps)


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


async def _look(step: StepState, entry: Entry, soap: Connection, clock: dates.Clock) -> StepState:
    try:
        arrivals = await KINDS[step.kind].arrivals(soap, step.trace, step.evidence)
    except Failure as error:
        return step.model_copy(update={"said": f"It could not be looked for: {error.problem}"})
    if len(arrivals) == 1:
        return found(step, arrivals[0], "The answer was lost; it was found by reading back.")
    if arrivals:
        numbers = ", ".join(str(a.number or a.id) for a in arrivals)
        return step.model_copy(update={"said": f"Several fit ({numbers}); a person must decide which is this one."})
    if clock() - entry.opened >= MAY_FINISH_LATE and step.evidence.get("absent"):
        return step.model_copy(
            update={"state": "refused", "said": "It is not in the books: read twice, ten minutes apart."}
        )
    return step.model_copy(
        update={"evidence": {**step.evidence, "absent": True}, "said": "It was not in the books when last looked for."}
    )
