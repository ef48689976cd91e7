"""Carrying out: evidence, entry on the trail, each step sent once, read back, entry closed."""

from dataclasses import dataclass
from typing import Final

import anyio

from kf_mcp.errors import Failure, OutcomeUnknown, Refused, Unavailable
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Landed, Step
from kf_mcp.model import dates
from kf_mcp.trail import Opening, StepState, Trail
from kf_mcp.writing import reply
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.settle import found, settle, state_of

PATIENCE: Final = 8
"""A write may take so many times the time limit of one call: evidence, sending, reading back, each with its retries."""


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
        with anyio.fail_after(self._seconds):  # before anything is sent, giving up is safe
            steps = [await self._before(step) for step in consented.plan.steps]
            entry = await self._trail.open(self._opening(consented, steps))
        stopped: Failure | None = None
        with anyio.move_on_after(self._seconds):
            steps, stopped = await self._send_all(consented.plan.steps, steps)
            entry = await self._trail.note(entry, state_of(steps), steps)
            if stopped is None:
                steps = await self._verified(consented.plan.steps, steps)
                if tuple(steps) != entry.steps:
                    entry = await self._trail.note(entry, entry.state, steps)
        if entry.state == "sending":  # the deadline struck: what was under way may have been written
            entry = await self._trail.note(entry, "unknown", [_struck(step) for step in steps])
        entry = await settle(entry, self._soap, self._trail, clock=self._clock)
        self._books.forget()
        if entry.state == "refused" and stopped is not None:
            raise stopped
        return reply.outcome(entry)

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

    async def _before(self, step: Step) -> StepState:
        """What stands at the target before sending."""
        return StepState(
            kind=step.kind,
            words=step.kind.capitalize(),
            target=step.target(),
            trace=step.trace(),
            evidence=await step.evidence(self._soap),
            undo=step.undo,
        )

    async def _send_all(
        self, steps: tuple[Step, ...], states: list[StepState]
    ) -> tuple[list[StepState], Failure | None]:
        """Send each step once; stop at the first that is not known to have arrived."""
        for n, step in enumerate(steps):
            states[n] = states[n].model_copy(update={"state": "sending"})
            try:
                landed = await step.send(self._soap)
            except OutcomeUnknown as error:
                states[n] = states[n].model_copy(update={"state": "unknown", "said": error.problem})
                return states, error
            except (Refused, Unavailable) as error:
                states[n] = states[n].model_copy(update={"state": "refused", "said": error.problem})
                return states, error
            states[n] = found(states[n], landed, "")
        return states, None

    async def _verified(self, steps: tuple[Step, ...], states: list[StepState]) -> list[StepState]:
        """Read each document back and compare; a difference changes no state."""
        return [await self._read_back(step, state) for step, state in zip(steps, states, strict=True)]

    async def _read_back(self, step: Step, state: StepState) -> StepState:
        try:
            landed, differences = await step.differences(
                self._soap, Landed(id=state.id, number=state.number, code=state.code)
            )
        except Failure as error:
            return state.model_copy(update={"said": f"It could not be read back: {error.problem}"})
        said = "Read back and equal." if not differences else "Read back, and it differs."
        update = {
            "id": landed.id,
            "number": landed.number,
            "code": landed.code,
            "said": said,
            "differences": tuple(differences),
        }
        return state.model_copy(update=update)


def _struck(step: StepState) -> StepState:
    if step.state != "sending":
        return step
    return step.model_copy(update={"state": "unknown", "said": "No answer came before the deadline."})
