"""What the trail adds to a preview: that this was written before, and that a document went out by e-mail."""

import re
from collections.abc import Sequence
from typing import Final

from kf_mcp.trail import Entry
from kf_mcp.writing import reply
from kf_mcp.writing.history import History
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.standing import is_undone, is_unfinished

AN_INVOICE: Final = re.compile(r"invoice (\d+)")


async def of_repeats(same: Sequence[Entry], earlier: Sequence[Entry], history: History) -> list[str]:
    """That exactly this (`same`), or the same request (`earlier`), was carried out before; not what was surely undone since."""
    for entries, first in (
        (same, "Exactly this was written before"),
        (earlier, "The same request was carried out before"),
    ):
        landed = sorted((entry for entry in entries if entry.landed), key=lambda entry: entry.id, reverse=True)
        for entry in landed:
            if await is_undone(entry, history):
                continue
            twice = " A yes writes it a second time." if entries is same else ""
            return [f"{first}: {reply.recorded(entry)}.{twice}"]
    return []


async def of_mails(plan: Plan, history: History) -> list[str]:
    """That an invoice which the plan changes or deletes was e-mailed, as far as this trail knows."""
    said = []
    for target in dict.fromkeys(step.target() for step in plan.steps):
        found = AN_INVOICE.fullmatch(target)
        if found is None:
            continue
        mails = [e for e in await history.at(f"e-mails of invoice {found[1]}") if e.landed or not e.is_settled]
        has = "has" if any(mail.landed for mail in mails) else "may have"
        said += [f"The customer {has} this invoice: {reply.recorded(mails[-1])}."] if mails else []
    return said


async def of_rests(plan: Plan, history: History) -> list[str]:
    """That an earlier write, carried out in part, still has something to write to the same place."""
    if plan.undoes or plan.finishes:
        return []
    said = []
    for target in dict.fromkeys(step.target() for step in plan.steps):
        for entry in await history.at(target):
            rest = [step.words for step in entry.steps if step.target == target and step.state != "done"]
            if rest and await is_unfinished(entry, history):
                said.append(
                    f"Entry {entry.id} ({entry.title}) was carried out in part and still has this to write: {'; '.join(rest)}. "
                    "`finish_write` does that."
                )
    return said
