"""A person's decision on a write whose outcome the books do not show.

It is a plan like any other, so that the person is asked, but nothing is sent: the entry on the trail is closed with what the person said.
"""

from datetime import datetime

from kf_mcp.errors import Failure, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.step import Arrivals, Evidence, Landed
from kf_mcp.model import dates
from kf_mcp.model.text import counted
from kf_mcp.trail import Entry, Overtaken, StepState, Trail
from kf_mcp.writing import reply
from kf_mcp.writing.plan import Decision, Plan
from kf_mcp.writing.settle import ABSENT, FOUND, MAY_FINISH_LATE, Known, found, state_of


async def deciding(entry: Entry, books: Books, is_in_books: bool | None, key: str) -> Plan:
    """The plan that closes an entry as the person says.

    Raises Known where nothing is open, or nothing was decided yet; Refused where the decision does not fit the books.
    """
    if entry.is_settled or is_in_books is None:
        raise Known(entry, await _second_look(entry, books) if entry.is_settled else [])
    if entry.state == "sending":
        raise Refused(f"Entry {entry.id} ({entry.title}) is being sent.", reply.how_to_settle(entry))
    n, step = next((n, step) for n, step in enumerate(entry.steps) if step.state == "unknown")
    arrivals = await books.written.arrivals(step.kind, step.trace, step.evidence)
    candidates = (*arrivals.equal, *arrivals.alike)
    if is_in_books:
        landed = _chosen(arrivals, candidates, key)
        what = f"it is in the books as {called(landed)}" if landed != Landed() else "it was carried out"
    else:
        _refuse_too_early(entry, step, arrivals, books.now)
        landed, what = Landed(), "it was not carried out"
    seen = await books.written.seen_now(step.kind, landed, step.trace) if landed in arrivals.equal else None
    others = () if is_in_books else tuple(candidate.id for candidate in candidates)
    return Plan(
        title=f"Decision on entry {entry.id} ({entry.title}): {what}",
        facts=(
            f"{step.words}, sent {dates.uk_time_in_words(entry.opened)}. {step.cause}".strip(),
            *(f"In the books since then: {called(candidate)}" for candidate in candidates),
            *((f"The books cannot show it: {arrivals.unknowable}",) if arrivals.unknowable else ()),
            "Nothing is sent; the trail keeps what you say"
            + ("" if is_in_books else ", and the same may be written again"),
        ),
        warnings=_warnings(candidates, is_in_books=is_in_books),
        steps=(),
        decides=Decision(
            entry=entry.id, step=n, is_in_books=is_in_books, landed=landed, seen=seen or "", others=others
        ),
    )


async def decide(decision: Decision, channel: str, trail: Trail, now: datetime) -> Entry:
    """Close the entry as decided; where it was settled meanwhile, that stands."""
    entry = await trail.get(decision.entry)
    if entry is None or entry.is_settled:
        raise Refused(f"Entry {decision.entry} is settled already.", "See `list_writes`.")
    steps = list(entry.steps)
    said = f"A person decided {dates.uk_time_in_words(now)} ({channel})."
    step = steps[decision.step]
    steps[decision.step] = (
        found(step, decision.landed, said).model_copy(update={"seen": decision.seen})
        if decision.is_in_books
        else step.model_copy(update={"state": "refused", "said": said, "evidence": _with(step, decision.others)})
    )
    try:
        return await trail.note(entry, state_of(steps), steps)
    except Overtaken as overtaken:
        return overtaken.entry


def _with(step: StepState, others: tuple[int, ...]) -> Evidence:
    """What stood at the target, and what came since and is somebody else's: finishing the entry does not take that for ours either."""
    if "ids" not in step.evidence:
        return step.evidence
    return {**step.evidence, "ids": sorted({*step.evidence["ids"], *others})}


async def _second_look(entry: Entry, books: Books) -> list[str]:
    """What came after an entry was settled by looking: the late arrival of what was not there, or another that equals what was."""
    said = []
    for step in entry.steps:
        if not (step.said.startswith(FOUND) or step.said.endswith(ABSENT)):
            continue
        try:
            equal = (await books.written.arrivals(step.kind, step.trace, step.evidence)).equal
        except Failure:
            continue
        is_there = step.state == "done"
        others = ", ".join(called(landed) for landed in equal if not (is_there and landed.id == step.id))
        if others and is_there:
            said.append(
                f"{step.words}: besides this one there came {others}, which equals it. Is one of them too many?"
            )
        elif others:
            said.append(
                f"{step.words}: after this was settled there came {others}, which equals it. Perhaps it is this one, late."
            )
    return said


def called(landed: Landed) -> str:
    """How a person names a document: its number, code or internal id."""
    return f"number {landed.number}" if landed.number else f"code {landed.code}" if landed.code else f"id {landed.id}"


def _chosen(arrivals: Arrivals, candidates: tuple[Landed, ...], key: str) -> Landed:
    """The candidate that the person means."""
    if arrivals.unknowable and not candidates:
        return Landed()
    fitting = [landed for landed in candidates if key in {str(landed.number or ""), landed.code, str(landed.id)} - {""}]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(called(landed) for landed in candidates) or "none"
    raise Refused(
        f"Which one it is has to be said: {counted(len(candidates), 'candidate')} ({listed}).",
        "Call again with `number` set to one of them, as the person says. Nothing was changed.",
    )


def _refuse_too_early(entry: Entry, step: StepState, arrivals: Arrivals, now: datetime) -> None:
    """KashFlow may finish late what it has begun, whatever else came meanwhile; until then nobody can know that it did not."""
    if not (arrivals.equal or arrivals.alike or arrivals.unknowable):
        raise Refused(
            f"{step.words}: it is not in the books so far, but KashFlow may finish late what it has begun.",
            f"Call again {MAY_FINISH_LATE.seconds // 60} minutes after it was first looked for: if it is not there then, it settles by "
            "itself.",
        )
    sent = entry.deadline or entry.opened  # at the latest
    if entry.opened <= now < sent + MAY_FINISH_LATE:  # a clock that was set back makes nobody wait
        raise Refused(
            f"{step.words}: KashFlow may finish late what it has begun, so that nobody can know yet that it was not carried out.",
            f"Call again after {dates.uk_clock(sent + MAY_FINISH_LATE)}. Nothing was changed.",
        )


def _warnings(candidates: tuple[Landed, ...], *, is_in_books: bool) -> tuple[str, ...]:
    if is_in_books or not candidates:
        return ()
    listed = ", ".join(called(landed) for landed in candidates)
    return (f"Then {listed} must be somebody else's entry. If it is this one, writing it again makes two.",)
