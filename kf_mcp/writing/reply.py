"""What a writing tool answers: a preview, an outcome, or that the person said no."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kf_mcp.model import dates
from kf_mcp.trail import Entry, StepState
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.settle import due

EQUAL = "Read back and equal."
GONE = "Read back: it is gone."
ENTERS = ("new", "payment", "bank transaction", "transfer", "conversion", "note", "customer entered")
"""How the kinds of steps begin that put a document into the books."""
DIFFERS = "Read back, and it differs."
Status = Literal["needs_confirmation", "changed", "done", "partly", "unknown", "not_written", "declined"]


class WriteReply(BaseModel):
    """What became of a write; `status` says whether anything is in the books."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    status: Status = Field(description="done, partly: written; unknown: perhaps; else no")
    title: str
    checked: str = ""
    """Read back: equal, differs, or not checked."""
    differences: list[str] = []
    """Books against what was meant."""
    warnings: list[str] = []
    facts: list[str] = []
    number: int = 0
    """The document's number, or a payment's id."""
    code: str = ""
    entry: int = 0
    """On the audit trail."""
    undo: str = ""
    next: str = ""
    confirm: str = ""
    """For the same call again, once the person agreed."""

    def in_words(self) -> str:
        """The same facts as text, differences first."""
        lines = [f"DIFFERS FROM WHAT WAS MEANT: {difference}" for difference in self.differences]
        lines += [f"! {warning}" for warning in self.warnings]
        lines += [f"[{self.status}] {self.title}"] + [f"- {fact}" for fact in self.facts]
        lines += [f"To undo it: {self.undo}."] if self.undo else []
        lines += [f"Trail entry {self.entry}."] if self.entry else []
        lines += [self.next] if self.next else []
        lines += [f"confirm: {self.confirm}"] if self.confirm else []
        return "\n".join(lines)


def preview(plan: Plan, *, next_step: str, confirm: str = "", changed: bool = False) -> WriteReply:
    """Nothing is written yet: what would be."""
    return WriteReply(
        status="changed" if changed else "needs_confirmation",
        title=plan.title,
        warnings=list(plan.warnings),
        facts=list(plan.facts),
        undo=plan.undo,
        next=next_step,
        confirm=confirm,
    )


def declined(why: str) -> WriteReply:
    """The person said no; the model is handed nothing that it could confirm with."""
    return WriteReply(
        status="declined",
        title="Nothing was written.",
        next=f"{why} Ask the person what should be different before you call again.",
    )


def outcome(entry: Entry, *, first: str = "", warnings: Sequence[str] = ()) -> WriteReply:
    """What stands in the books now, from the trail."""
    landed = entry.landed
    agreed = dates.uk_time_in_words(entry.agreed or entry.opened)
    facts = [*map(_step_in_words, entry.steps), f"Yes by {entry.channel}, {agreed}"]
    return WriteReply(
        status=_status(entry),
        title=f"{first} {entry.title}".strip(),
        differences=[text for step in entry.steps for text in step.differences],
        warnings=list(warnings),
        facts=facts,
        checked=_checked(entry),
        number=landed.number if landed else 0,
        code=landed.code if landed else "",
        entry=entry.id,
        undo="; ".join(dict.fromkeys(step.undo for step in entry.steps if step.state == "done" and entry.is_settled)),
        next=_next(entry),
    )


def _status(entry: Entry) -> Status:
    match entry.state:
        case "done" | "partly":
            return entry.state
        case "refused":
            return "not_written"
    return "unknown"


def state_in_words(entry: Entry) -> str:
    """How an entry stands, in the word that replies use for it."""
    return "not_written" if entry.state == "refused" else entry.state


def _checked(entry: Entry) -> str:
    done = [step for step in entry.steps if step.state == "done"]
    if not done:
        return ""
    if any(step.differences for step in done):
        return "differs"
    return "equal" if all(step.said.endswith((EQUAL, GONE)) for step in done) else "not checked"


def _next(entry: Entry) -> str:
    if not entry.is_settled:
        return f"Do not enter it in any other way. {how_to_settle(entry)}"
    if entry.state == "refused":
        return "It is closed: nothing of it is in the books. Make the same call again if it is still wanted."
    if entry.state == "partly":
        return (
            f"It stopped on its way: what is said to be in the books is there, the rest is not. `finish_write` with entry={entry.id} "
            f"carries out the rest, `undo_write` with entry={entry.id} takes back what is there; ask the person which. Do not enter "
            "the rest in any other way."
        )
    return ""


def how_to_settle(entry: Entry) -> str:
    """What finds out how an open entry ended, and when."""
    if entry.state == "sending":
        until = f" after {dates.uk_clock(entry.deadline)}" if entry.deadline else ""
        return (
            f"A server is still sending it, or was stopped while it did, so nobody looks for it yet. Call `settle_write` with "
            f"entry={entry.id}{until}."
        )
    if any(step.needs_person for step in entry.steps if step.state == "unknown"):
        return (
            "A person must look in KashFlow and decide; then call `settle_write` with "
            f"entry={entry.id} and decision=in_books (it was carried out; with `number` where several are named) or not_written."
        )
    when = due(entry)
    after = f" after {dates.uk_clock(when)}: what is not seen by then counts as not written" if when else " later"
    return f"It may or may not have been carried out. Call `settle_write` with entry={entry.id}{after}."


def _step_in_words(step: StepState) -> str:
    why = step.cause if step.state != "done" else ""
    match step.state:
        case "done":
            there = _place(step)
            is_there = there and step.kind.startswith(ENTERS)
            became = f"in the books as {there}" if is_there else f"done ({there})" if there else "done"
        case "refused":
            became = "not written"
        case "waiting":
            return " ".join(filter(None, (f"{step.words}: not sent.", step.cause)))
        case _:
            became = "outcome unknown"
    return " ".join(filter(None, (f"{step.words}: {became}.", why, step.said)))


def _place(step: StepState) -> str:
    """Under what it stands in the books."""
    if step.number:
        return f"number {step.number}"
    return f"code {step.code}" if step.code else f"id {step.id}" if step.id else ""


def recorded(entry: Entry) -> str:
    """One line that names an earlier write: what, when, and under which number."""
    landed = entry.landed
    place = _place(landed) if landed else ""
    there = (" in part" if entry.state == "partly" else "") + (f" as {place}" if place else "")
    return f"{entry.title}, recorded on {dates.uk_time_in_words(entry.opened)}{there} (trail entry {entry.id})"
