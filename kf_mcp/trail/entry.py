"""What the trail holds of one write, as frozen values."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

State = Literal["sending", "done", "refused", "unknown", "partly"]
"""sending: opened, not closed yet; done: in the books; refused: certainly not; unknown: perhaps; partly: some steps are."""


class StepState(BaseModel):
    """How far one step has come."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    words: str
    """One line that a person recognises the step by."""
    target: str
    also: tuple[str, ...] = ()
    """The targets of others that wait for it while its outcome is open, and it for them."""
    trace: dict[str, Any]
    """Ids and digests by which the document is recognised in the books; no personal text."""
    evidence: dict[str, Any] = {}
    """What stood at the target before sending."""
    state: Literal["waiting", "sending", "done", "refused", "unknown"] = "waiting"
    id: int = 0
    number: int = 0
    code: str = ""
    said: str = ""
    """What KashFlow said, or how it was found."""
    cause: str = ""
    """Why its outcome was not known, or why it was not sent."""
    needs_person: bool = False
    """Whether the books cannot show its outcome, so that a person must decide."""
    differences: tuple[str, ...] = ()
    undo: str = ""
    seen: str = ""
    """The fingerprint of the document when it was read back; undoing is refused once it is another."""
    kept: str = ""
    """The hash of what is kept beside the trail for undoing or finishing this step."""

    @property
    def locks(self) -> frozenset[str]:
        """Everything that waits while its outcome is open."""
        return frozenset({self.target, *self.also})


class Entry(BaseModel):
    """One write as the trail knows it now."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    state: State
    opened: datetime
    changed: datetime
    account: str
    tool: str
    title: str
    channel: str
    """How the yes came: a form, the approval page, a confirm value."""
    agreed: datetime | None = None
    """When the yes came."""
    steps: tuple[StepState, ...]
    arguments: str = ""
    lock: str = ""
    amount: Decimal = Decimal(0)
    """Pounds, as counted against the owner's limits."""
    undoes: int = 0
    """The entry that this one undoes; 0 where it undoes none."""
    finishes: int = 0
    """The entry whose open steps this one carries out; 0 where it finishes none."""
    deadline: datetime | None = None
    seq: int = 0
    """The number of its newest row: a change is entered only over the row that was seen."""

    @property
    def is_settled(self) -> bool:
        """Whether it is known what stands in the books."""
        return self.state not in {"sending", "unknown"}

    @property
    def landed(self) -> StepState | None:
        """The last step that is in the books, if any."""
        return next((step for step in reversed(self.steps) if step.state == "done"), None)
