"""A plan: what a write would do, as a frozen value, before anything is done."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, SerializeAsAny, model_validator

from kf_mcp.kashflow.step import Step, digest
from kf_mcp.model.text import hides_something


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
    """The dates of its documents, for closed periods."""

    @model_validator(mode="after")
    def _is_one_line_each(self) -> "Plan":
        """Nothing in a preview can pass for another line of it, or hide from a person."""
        for line in (self.title, *self.facts, *self.warnings):
            if hides_something(line) or set(line) & {"\n", "\r", "\t"}:
                raise ValueError("a line of a plan holds line breaks or invisible characters")
        return self

    def consent_digest(self, account: str) -> str:
        """The fingerprint of what a person sees, and whose books it is for."""
        return digest([account, self.title, self.facts, self.warnings, self._steps()])

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
    def undo(self) -> str:
        """What undoing it would take."""
        return "; ".join(dict.fromkeys(step.undo for step in self.steps))

    def in_words(self) -> str:
        """The preview: what a person reads before saying yes."""
        warnings = [f"! {warning}" for warning in self.warnings]
        return "\n".join([*warnings, self.title, *(f"- {fact}" for fact in self.facts), f"To undo it: {self.undo}."])
