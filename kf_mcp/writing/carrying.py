"""Carrying out: evidence, entry on the trail, each step sent once, read back, entry closed.

From the opening of the entry to its closing nothing can stop it halfway: it is shielded from cancellation and has deadlines of its
own. Whatever goes wrong after something was sent, the reply says what is known and never that nothing was sent. A write of several
steps enters on the trail before each how far it has come, and stops at the first that is not known to have arrived.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import anyio

from kf_mcp.errors import Failure, OutcomeUnknown, Refused, Unavailable
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.handed import WatchedConnection
from kf_mcp.kashflow.step import Kept, Landed, Step
from kf_mcp.model import dates
from kf_mcp.settings import Settings
from kf_mcp.trail import Entry, Opening, Overtaken, StepState, Taken, Trail, Unrecorded
from kf_mcp.writing import reply
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.reply import DIFFERS, EQUAL, WriteReply
from kf_mcp.writing.settle import FOUND, found, look, settle, state_of

logger = logging.getLogger(__name__)

PATIENCE: Final = 3
"""Sending may take so many times the time limit of one call, and so may reading back; each further step adds one."""
CLOSING_TRIES: Final = 5
KNOWN: Final = frozenset({"done", "refused"})
GIVEN_UP: Final = "Another call gave it up: it took too long, or the clock there is another."
UNRECORDED: Final = (
    "The audit trail could not be closed for this write; its entry may still say that it is being sent. Check the folder "
    "KASHFLOW_DATA_DIR (room on the disk, permissions), then make the same call again: it looks the write up and sends nothing twice."
)


@dataclass(frozen=True)
class Consented:
    """A plan that a yes covers, and the lock under which it is sent."""

    tool: str
    arguments: str
    consent: str
    channel: str
    agreed: datetime
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
        self, soap: Connection, books: Books, trail: Trail, account: str, settings: Settings, clock: dates.Clock
    ) -> None:
        self._soap = soap
        self._books = books
        self._trail = trail
        self._account = account
        self._seconds = settings.timeout
        self._daily_limit = settings.daily_limit
        self._clock = clock

    async def carry_out(self, consented: Consented) -> WriteReply:
        """Open the entry, send, verify, close; the reply tells what stands in the books.

        Raises Taken or Behind from the trail when somebody else was first, Refused or Unavailable when nothing was written.
        """
        seconds = self._seconds * (PATIENCE + len(consented.plan.steps) - 1)
        try:
            steps, kept = await self._evidence(consented.plan, seconds)
        except Refused:
            await self._yield_to_twin(consented)
            raise
        steps[0] = steps[0].model_copy(update={"state": "sending"})  # it is, as soon as the entry is there
        with anyio.CancelScope(shield=True):
            entry = await self._trail.open(self._opening(consented, steps, kept, seconds))
            course = _Course(entry, list(entry.steps))
            with anyio.move_on_after(seconds):
                await self._send_all(consented.plan.steps, course)
            course.steps = [_struck(step) for step in course.steps]
            await self._note(course)
            with anyio.move_on_after(seconds):
                await self._verify(consented.plan.steps, kept, course)
        self._books.forget()
        if course.entry.state == "refused" and course.stopped is not None:
            if isinstance(course.stopped, OutcomeUnknown):  # another call found out what we do not know
                raise Taken(course.entry, "consent")
            raise course.stopped
        return reply.outcome(course.entry, warnings=() if course.is_recorded else (UNRECORDED,))

    async def _evidence(self, plan: Plan, seconds: float) -> tuple[list[StepState], list[Kept]]:
        """What stands at the targets before anything is sent, and what undoing or finishing will take."""
        days = {"dated": [f"{day}" for day in plan.dated], "alters": [f"{day}" for day in plan.alters]}
        try:
            with anyio.fail_after(seconds):
                found = [await self._before(step) for step in plan.steps]
                kept = [
                    {"step": step.model_dump(mode="json"), "days": days, **await step.keep(self._soap)}
                    for step in plan.steps
                ]
                return found, kept
        except TimeoutError:
            raise Unavailable("KashFlow was too slow to be asked what stands there now.") from None

    async def _yield_to_twin(self, consented: Consented) -> None:
        """Raise Taken where the books are not as planned because another call carries out the very same write."""
        if twin := await self._trail.by_consent(consented.consent):
            raise Taken(twin, "consent")
        for twin in await self._trail.by_lock(self._account, consented.lock):
            if twin.lock == consented.lock:
                raise Taken(twin, "lock")

    async def _before(self, step: Step) -> StepState:
        return StepState(
            kind=step.kind,
            words=step.words(),
            target=step.target(),
            also=step.also(),
            trace=step.trace(),
            evidence=await step.evidence(self._soap),
            undo=step.undo,
        )

    def _opening(self, consented: Consented, steps: list[StepState], kept: list[Kept], seconds: float) -> Opening:
        plan = consented.plan
        return Opening(
            account=self._account,
            tool=consented.tool,
            arguments=consented.arguments,
            consent=consented.consent,
            lock=consented.lock,
            title=plan.title,
            channel=consented.channel,
            agreed=consented.agreed,
            steps=tuple(steps),
            planned_at=consented.head,
            seconds=seconds + 60,
            amount=plan.amount,
            undoes=plan.undoes,
            finishes=plan.finishes,
            kept=tuple(json.dumps(body, sort_keys=True) for body in kept),
            daily_limit=(dates.uk_midnight(self._clock()), self._daily_limit)
            if self._daily_limit is not None
            else None,
        )

    async def _send_all(self, steps: tuple[Step, ...], course: _Course) -> None:
        """Send each step once; stop at the first that is not known to have arrived."""
        soap = WatchedConnection(self._soap, lambda: self._refuse_given_up(course))
        for n, step in enumerate(steps):
            course.steps[n] = course.steps[n].model_copy(update={"state": "sending"})
            if n and (stopped := await self._unnoted(course)):  # the entry was opened with the first as being sent
                course.steps[n] = course.steps[n].model_copy(update={"state": "waiting", "cause": stopped.problem})
                course.stopped = stopped
                return
            try:
                landed = await step.send(soap)
            except (Refused, Unavailable) as error:
                course.steps[n] = course.steps[n].model_copy(update={"state": "refused", "said": error.problem})
                course.stopped = error
            except OutcomeUnknown as error:
                course.steps[n] = course.steps[n].model_copy(update={"state": "unknown", "cause": error.problem})
                course.stopped = error
            except Exception as error:  # a fault of ours: whether it was sent is not known
                logger.exception("sending a %s failed", step.kind)
                said = f"It failed inside kf_mcp ({type(error).__name__})."
                course.steps[n] = course.steps[n].model_copy(update={"state": "unknown", "cause": said})
                course.stopped = OutcomeUnknown(said)
            else:
                course.steps[n] = found(course.steps[n], landed, "")
                continue
            if n + 1 == len(steps) or not await self._has_arrived_after_all(n, course):
                return

    async def _unnoted(self, course: _Course) -> Failure | None:
        """Enter on the trail how far it has come; where that fails or somebody took us for dead, nothing more is sent, and this is why."""
        try:
            course.entry = await self._trail.note(course.entry, "sending", course.steps)
        except Unrecorded as error:
            return error
        except Overtaken:
            return Unavailable(GIVEN_UP)
        return None

    async def _refuse_given_up(self, course: _Course) -> None:
        """Raise Unavailable where somebody took us for dead before we sent (this computer slept): it may be written by others by now."""
        stands = await self._trail.get(course.entry.id)
        if stands is None or stands.seq != course.entry.seq:
            raise Unavailable(GIVEN_UP)

    async def _has_arrived_after_all(self, n: int, course: _Course) -> bool:
        """Look at once for a step whose answer was lost, so that those after it need not wait.

        On the trail the entry goes on being sent: what is called unknown, another server may settle and then finish or undo, while the
        rest is still sent from here.
        """
        if course.steps[n].state == "unknown":
            course.steps[n] = await look(course.steps[n], self._soap, self._clock)
        return course.steps[n].state == "done"

    async def _look_for(self, course: _Course) -> None:
        """Look for what is unknown; where the trail cannot take what was found, it stays unknown, and the reply says that it was sent."""
        if not course.is_recorded:
            return
        try:
            course.entry = await settle(course.entry, self._soap, self._trail, clock=self._clock)
        except Unrecorded:
            logger.warning("the audit trail cannot be written")
            course.is_recorded = False
        course.steps = list(course.entry.steps)

    async def _verify(self, steps: tuple[Step, ...], kept: list[Kept], course: _Course) -> None:
        """Look for what is unknown, read each document back and compare; a difference changes no state."""
        await self._look_for(course)
        there = zip(steps, course.steps, kept, strict=True)
        read = [await self._read_back(step, state, before) for step, state, before in there]
        if read != course.steps:
            course.steps = read
            await self._note(course)

    async def _read_back(self, step: Step, state: StepState, kept: Kept) -> StepState:
        if state.state != "done":
            return state
        first = f"{FOUND} " if state.said == FOUND else ""
        try:
            landed = Landed(id=state.id, number=state.number, code=state.code)
            back = await step.read_back(self._soap, landed, kept)
        except Failure as error:
            return state.model_copy(update={"said": f"{first}It could not be read back: {error.problem}"})
        except Exception as error:
            logger.exception("reading back a %s failed", step.kind)
            return state.model_copy(update={"said": f"{first}It could not be read back ({type(error).__name__})."})
        update = {
            "id": back.landed.id,
            "number": back.landed.number,
            "code": back.landed.code,
            "said": first + (back.said or (DIFFERS if back.differences else EQUAL)),
            "differences": back.differences,
            "seen": back.seen,
        }
        return state.model_copy(update=update)

    async def _note(self, course: _Course) -> None:
        """Enter how far it has come; where the trail fails now, what was sent is still told.

        Whoever took us for dead (this computer slept) may have settled it meanwhile: what we know stands, and so does what they found out.
        """
        for attempt in range(CLOSING_TRIES):
            try:
                course.entry = await self._trail.note(course.entry, state_of(course.steps), course.steps)
            except Overtaken as overtaken:
                both = zip(course.steps, overtaken.entry.steps, strict=True)
                course.steps = [
                    ours if ours.state in KNOWN or theirs.state not in KNOWN else theirs for ours, theirs in both
                ]
                course.entry = course.entry.model_copy(update={"seq": overtaken.entry.seq})
            except Unrecorded:
                logger.warning("the audit trail cannot be written, try %s", attempt + 1)
                await anyio.sleep(0.2 * 2**attempt)
            else:
                course.is_recorded = True
                return
        course.is_recorded = False
        course.entry = course.entry.model_copy(update={"state": state_of(course.steps), "steps": tuple(course.steps)})


def _struck(step: StepState) -> StepState:
    """A step that was being sent when the deadline struck."""
    if step.state != "sending":
        return step
    return step.model_copy(update={"state": "unknown", "cause": "No answer came before the deadline."})
