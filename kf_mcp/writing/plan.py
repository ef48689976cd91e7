"""A plan: what a write would do, as a frozen value, before anything is done."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, SerializeAsAny, model_validator

from kf_mcp.kashflow.step import Landed, Step, digest
from kf_mcp.model.sheets import Sheet
from kf_mcp.model.text import hides_something


class Decision(BaseModel):
    """What a person says of a step whose outcome the books do not show."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    entry: int
    step: int
    """Its place among the entry's steps, from 0."""
    is_in_books: bool
    landed: Landed = Landed()
    seen: str = ""
    """The fingerprint of what it landed as, where that equals what was sent: so it can be undone while it stays like that."""
    others: tuple[int, ...] = ()
    """The internal ids of what came meanwhile and, as the person says, is not this one."""


class Plan(BaseModel):
    """What a write would do.

    Its text holds no clock and no random value, so the same request on the same books makes the same plan: that is how a
    change between a person's yes and the sending is seen.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    title: str
    facts: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    steps: tuple[SerializeAsAny[Step], ...]
    amount: Decimal = Decimal(0)
    """Gross amount in pounds, for the owner's limits; the larger reading where a foreign rate leaves doubt."""
    dated: tuple[date, ...] = ()
    """The dates of the documents that it enters, for closed periods."""
    alters: tuple[date, ...] = ()
    """The dates, before and after, of documents in the books that it changes or removes."""
    undoes: int = 0
    """The entry on the trail that it undoes."""
    finishes: int = 0
    """The entry on the trail whose open steps it carries out."""
    decides: Decision | None = None
    """A decision on an earlier write; then nothing is sent, and there are no steps."""
    sheet: Sheet | None = None
    """The document as the customer or supplier would see it, where there is one."""

    @model_validator(mode="after")
    def _is_one_line_each(self) -> "Plan":
        """Nothing in a preview can pass for another line of it, or hide from a person."""
        for line in (self.title, *self.facts, *self.warnings):
            if hides_something(line) or set(line) & {"\n", "\r", "\t"}:
                raise ValueError("a line of a plan holds line breaks or invisible characters")
        return self

    def consent_digest(self, account: str) -> str:
        """The fingerprint of what a person sees, and whose books it is for."""
        return digest([account, self.title, self.facts, self.warnings, self._steps(), self.decides, self.sheet])

    def lock_digest(self, account: str) -> str:
        """The fingerprint of what would be written, and where."""
        return digest([account, self._steps()])

    def _steps(self) -> list[object]:
        return [[step.kind, step] for step in self.steps]

    @property
    def targets(self) -> tuple[str, ...]:
        """Everything that its steps change."""
        return tuple(sorted({step.target() for step in self.steps}))

    @property
    def locks(self) -> tuple[str, ...]:
        """Everything at which no other write may be open: what its steps change, and what they rest on or what rests on them."""
        return tuple(sorted({lock for step in self.steps for lock in (step.target(), *step.also())}))

    @property
    def undo(self) -> str:
        """What undoing it would take."""
        if not self.steps:
            return "nothing undoes a decision; what is in the books is undone by its own tool"
        return "; ".join(dict.fromkeys(step.undo for step in self.steps))

    def in_words(self) -> str:
        """The preview: what a person reads before saying yes."""
        warnings = [f"! {warning}" for warning in self.warnings]
        return "\n".join([*warnings, self.title, *(f"- {fact}" for fact in self.facts), f"To undo it: {self.undo}."])
