"""The tool that shows what was written."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import override

from kf_mcp.model import dates
from kf_mcp.model.text import bounded, counted
from kf_mcp.toolkit import Reply, Row, reads, writes
from kf_mcp.trail import Entry
from kf_mcp.writing.history import History
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.reply import state_in_words
from kf_mcp.writing.standing import told_of_later
from kf_mcp.writing.undoing import Past


class WriteRow(Row):
    """One write on the audit trail."""

    entry: int
    when: str
    state: str = Field(description="not_written: certainly; unknown: perhaps; sending: just now")
    what: str
    number: int = Field(0, description="Invoice number or payment id in the books")
    confirmed: str = Field(description="How the yes came")
    said: str = ""


class Writes(Reply):
    """The writes of this account."""

    total: int = Field(description="How many there are in all")
    writes: list[WriteRow] = Field(description="Newest first")
    before: int = Field(0, description="Pass as `before` for older ones; 0: nothing is left out")
    open: list[int] = Field([], description="All entries not settled, listed or not")

    @override
    def in_words(self) -> str:
        lines = [f"{counted(self.total, 'write')} on the audit trail" + (", newest first:" if self.writes else ".")]
        for row in self.writes:
            number = f" as number {row.number}" if row.number else ""
            lines.append(
                f"{row.entry}. {row.when} [{row.state}] {row.what}{number} ({row.confirmed}). {row.said}".rstrip()
            )
        if self.open:
            lines.append(f"Not settled: {', '.join(map(str, self.open))}. `settle_write` looks for each.")
        if self.before:
            lines.append(f"Older ones with before={self.before}.")
        return "\n".join(lines)


@reads("What was written to the books")
async def list_writes(
    history: History,
    limit: Annotated[int, Field(ge=1, le=100, description="Most entries")] = 10,
    before: Annotated[int, Field(ge=0, description="Only entries older than this one; 0: from the newest")] = 0,
) -> Writes:
    """List what was written through this server, newest first: when, how it was confirmed, and whether it is in the books.

    `unknown` may or may not be in the books; making the same call again looks for it and never sends it twice. What was done in
    KashFlow itself is not listed; for what stands in the books use `find_invoices` or `get_invoice`.
    """
    entries, total = await history.recent(limit, before)
    later = {entry.id: await told_of_later(entry, history) for entry in entries}
    older = entries[-1].id if entries and entries[-1].id > 1 and len(entries) == limit else 0
    return Writes(
        total=total,
        writes=[_row(entry, later[entry.id]) for entry in entries],
        before=older,
        open=[entry.id for entry in await history.unsettled()],
    )


@writes("Undo a write", destructive=True)
async def undo_write(past: Past, entry: Annotated[int, Field(ge=1, description="Its number in `list_writes`")]) -> Plan:
    """Take back what one entry of the audit trail wrote: the inverse of each of its steps, previewed and confirmed like any write.

    Refused where the document was changed since, where payments or others depend on it, and after 30 days. An invoice that was e-mailed or
    lies in a closed period is credited instead of deleted. An undo can be undone.
    """
    return await past.undoing(entry)


@writes("Find out what became of a write", destructive=False)
async def settle_write(
    past: Past,
    entry: Annotated[int, Field(ge=1, description="Its number in `list_writes`")],
    decision: Annotated[
        Literal["in_books", "not_written"] | None, Field(description="Only what the person says who looked in KashFlow")
    ] = None,
    number: Annotated[str, Field(max_length=20, description="With in_books: which candidate")] = "",
) -> Plan:
    """Look in the books for an entry whose outcome is `unknown`, and close it with what is found; nothing is sent.

    Found once: done. Not there twice, ten minutes apart: not written, and it may be sent again. Otherwise the candidates come back: ask the
    person, who looks in KashFlow, and pass what they decide; they are asked to confirm it, and the trail keeps it.
    """
    return await past.deciding(entry, None if decision is None else decision == "in_books", number.strip())


@writes("Finish a write that was carried out in part", destructive=False, toolset="payments")
async def finish_write(
    past: Past, entry: Annotated[int, Field(ge=1, description="Its number in `list_writes`")]
) -> Plan:
    """Carry out the steps of an entry that are not in the books, where a write of several steps (`partly`) stopped on its way.

    The preview says what stands in the books already and what is still to be written; nothing is sent twice, and a person confirms. To
    take back what was written instead, use `undo_write`.
    """
    return await past.finishing(entry)


def _row(entry: Entry, later: list[str]) -> WriteRow:
    landed = entry.landed
    return WriteRow(
        entry=entry.id,
        when=dates.uk_time_in_words(entry.opened),
        state=state_in_words(entry),
        what=bounded(entry.title, 200),
        number=landed.number if landed else 0,
        confirmed=entry.channel,
        said=bounded(" ".join([*later, *_said(entry)]), 300),
    )


def _said(entry: Entry) -> list[str]:
    """What was found out about its steps; of several, which."""
    several = len({step.state for step in entry.steps}) > 1
    told = (
        (f"{step.words}: {step.state}. " if several else "")
        + f"{step.cause if step.state != 'done' else ''} {step.said}".strip()
        for step in entry.steps
        if several or step.said or step.cause
    )
    return list(dict.fromkeys(text.strip() for text in told))
