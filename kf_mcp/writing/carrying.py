"""Carrying out: evidence, entry on the trail, each step sent once, read back, entry closed.

From the opening of the entry to its closing nothing can stop it halfway: it is shielded from cancellation and has deadlines of its
own. Whatever goes wrong after something was sent, the reply says what is known and never that nothing was sent.
"""

import logging
from dataclasses import dataclass
from typing import Final

import anyio

from kf_mcp.errors import Failure, OutcomeUnknown, Refused, Unavailable
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Landed, Step
from kf_mcp.model import dates
from kf_mcp.trail import Entry, Opening, Overtaken, State, StepState, Trail, Unrecorded
from kf_mcp.writing import reply
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.reply import EQUAL, WriteReply
from kf_mcp.writing.settle import FOUND, found, settle, state_of

logger = logging.getLogger(__name__)

PATIENCE: Final = 3
"""Sending may take so many times the time limit of one call, and so may reading back."""
CLOSING_TRIES: Final = 5
UNRECORDED: Final = "The audit trail could not be closed for this write; its entry may still say that it is being sent."


@dataclass(frozen=True)
class Consented:
    """A plan that a yes covers, and the lock under which it is sent."""

    tool: str
    arguments: str
    consent: str
    channel: str
    lock: str
    head: int
    plan: Plan


@dataclass
class _Course:
    """How far a write has come."""

    entry: Entry
    steps: list[StepState]
    stopped: Failure | None = None
    is_recorded: bool = True


class Carrier:
    """Sends consented plans, each step once."""

    def __init__(
        self, soap: Connection, books: Books, trail: Trail, account: str, time_limit: float, clock: dates.Clock
    ) -> None:
        self._soap = soap
        self._books = books
        self._trail = trail
        self._account = account
        self._seconds = time_limit * PATIENCE
        self._clock = clock

    async def carry_out(self, consented: Consented) -> WriteReply:
        """Open the entry, send, verify, close; the reply tells what stands in the books.

        Raises Taken or Behind from the trail when somebody else was first, Refused or Unavailable when nothing was written.
        """
        steps = await self._evidence(consented.plan.steps)
        with anyio.CancelScope(shield=True):
            entry = await self._trail.open(self._opening(consented, steps))
            course = _Course(entry, steps)
            with anyio.move_on_after(self._seconds):
                await self._send_all(consented.plan.steps, course)
            course.steps = [_struck(step) for step in course.steps]
            await self._note(course)
            with anyio.move_on_after(self._seconds):
                await self._verify(consented.plan.steps, course)
        self._books.forget()
        if course.entry.state == "refused" and course.stopped is not None:
            raise course.stopped
        return reply.outcome(course.entry, warning="" if course.is_recorded else UNRECORDED)

    async def _evidence(self, steps: tuple[Step, ...]) -> list[StepState]:
        """What stands at the targets before anything is sent."""
        try:
            with anyio.fail_after(self._seconds):
                return [await self._before(step) for step in steps]
        except TimeoutError:
            raise Unavailable("KashFlow was too slow to be asked what stands there now.") from None

    async def _before(self, step: Step) -> StepState:
        return StepState(
            kind=step.kind,
            words=step.kind.capitalize(),
            target=step.target(),
            trace=step.trace(),
            evidence=await step.evidence(self._soap),
            undo=step.undo,
        )

    def _opening(self, consented: Consented, steps: list[StepState]) -> Opening:
        return Opening(
            account=self._account,
            tool=consented.tool,
            arguments=consented.arguments,
            consent=consented.consent,
            lock=consented.lock,
            title=consented.plan.title,
            channel=consented.channel,
            steps=tuple(steps),
            planned_at=consented.head,
            seconds=self._seconds + 60,
        )

    async def _send_all(self, steps: tuple[Step, ...], course: _Course) -> None:
        """Send each step once; stop at the first that is not known to have arrived."""
        for n, step in enumerate(steps):
            course.steps[n] = course.steps[n].model_copy(update={"state": "sending"})
            try:
                landed = await step.send(self._soap)
            except (Refused, Unavailable) as error:
                course.steps[n] = course.steps[n].model_copy(update={"state": "refused", "said": error.problem})
                course.stopped = error
            except OutcomeUnknown as error:
                course.steps[n] = course.steps[n].model_copy(update={"state": "unknown", "said": error.problem})
                course.stopped = error
            except Exception as error:  # a fault of ours: whether it was sent is not known
                logger.exception("sending a %s failed", step.kind)
                said = f"It failed inside kf_mcp ({type(error).__name__})."
                course.steps[n] = course.steps[n].model_copy(update={"state": "unknown", "said": said})
                course.stopped = OutcomeUnknown(said)
            else:
                course.steps[n] = found(course.steps[n], landed, "")
                continue
            return

    async def _verify(self, steps: tuple[Step, ...], course: _Course) -> None:
        """Look for what is unknown, read each document back and compare; a difference changes no state."""
        settled = (
            await settle(course.entry, self._soap, self._trail, clock=self._clock)
            if course.is_recorded
            else course.entry
        )
        course.entry, course.steps = settled, list(settled.steps)
        read = [await self._read_back(step, state) for step, state in zip(steps, course.steps, strict=True)]
        if read != course.steps:
            course.steps = read
            await self._note(course)

    async def _read_back(self, step: Step, state: StepState) -> StepState:
        if state.state != "done":
            return state
        first = f"{FOUND} " if state.said == FOUND else ""
        try:
            landed = Landed(id=state.id, number=state.number, code=state.code)
            landed, differences = await step.differences(self._soap, landed)
        except Failure as error:
            return state.model_copy(update={"said": f"{first}It could not be read back: {error.problem}"})
        except Exception as error:
            logger.exception("reading back a %s failed", step.kind)
            return state.model_copy(update={"said": f"{first}It could not be read back ({type(error).__name__})."})
        update = {
            "id": landed.id,
            "number": landed.number,
            "code": landed.code,
            "said": first + (EQUAL if not differences else "Read back, and it differs."),
            "differences": tuple(differences),
        }
        return state.model_copy(update=update)

    async def _note(self, course: _Course) -> None:
        """Enter how far it has come; where the trail fails now, what was sent is still told."""
        state: State = state_of(course.steps)
        for attempt in range(CLOSING_TRIES):
            try:
                course.entry = await self._trail.note(course.entry, state, course.steps)
            except Overtaken as overtaken:  # somebody took us for dead; we know better
                course.entry = course.entry.model_copy(update={"seq": overtaken.entry.seq})
            except Unrecorded:
                logger.warning("the audit trail cannot be written, try %s", attempt + 1)
                await anyio.sleep(0.2 * 2**attempt)
            else:
                course.is_recorded = True
                return
        course.is_recorded = False
        course.entry = course.entry.model_copy(update={"state": state, "steps": tuple(course.steps)})


def _struck(step: StepState) -> StepState:
    """A step that was being sent when the deadline struck."""
    if step.state != "sending":
        return step
    return step.model_copy(update={"state": "unknown", "said": "No answer came before the deadline."})
