"""The tool that shows what was written."""

from typing import Annotated

from pydantic import Field
from typing_extensions import override

from kf_mcp.model import dates
from kf_mcp.model.text import bounded, counted
from kf_mcp.toolkit import Reply, Row, reads
from kf_mcp.trail import Entry
from kf_mcp.writing.history import History


class WriteRow(Row):
    """One write on the audit trail."""

    entry: int
    when: str
    state: str = Field(description="refused: certainly not written; unknown: perhaps")
    what: str
    number: int = Field(0, description="Invoice number or payment id in the books")
    confirmed: str = Field(description="How the yes came")
    said: str = ""


class Writes(Reply):
    """The writes of this account."""

    total: int = Field(description="How many there are in all")
    writes: list[WriteRow] = Field(description="Newest first")
    before: int = Field(0, description="Pass as `before` for older ones; 0: nothing is left out")

    @override
    def in_words(self) -> str:
        lines = [f"{counted(self.total, 'write')} on the audit trail" + (", newest first:" if self.writes else ".")]
        for row in self.writes:
            number = f" as number {row.number}" if row.number else ""
            lines.append(
                f"{row.entry}. {row.when} [{row.state}] {row.what}{number} ({row.confirmed}). {row.said}".rstrip()
            )
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
    older = entries[-1].id if entries and entries[-1].id > 1 and len(entries) == limit else 0
    return Writes(total=total, writes=[_row(entry) for entry in entries], before=older)


def _row(entry: Entry) -> WriteRow:
    landed = entry.landed
    return WriteRow(
        entry=entry.id,
        when=dates.uk_time_in_words(entry.opened),
        state=entry.state,
        what=bounded(entry.title, 200),
        number=landed.number if landed else 0,
        confirmed=entry.channel,
        said=bounded(" ".join(step.said for step in entry.steps if step.said), 240),
    )
