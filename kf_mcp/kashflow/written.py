"""Earlier writes in the books: how they stand now, and what would undo them."""

from collections.abc import Iterable

from kf_mcp.errors import Refused
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, Step, Trace


class Written:
    """What earlier steps left in the books; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def seen_now(self, kind: str, landed: Landed, trace: Trace) -> str | None:
        """The fingerprint of the document that a step of this kind wrote, as it stands now; empty where there is none any more.

        None where steps of this kind leave no document.
        """
        return await _kind(kind).seen_now(self._soap, landed, trace)

    async def inverse(self, kind: str, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        """What undoes a step. Raises Refused where nothing does, or something depends on it."""
        return await _kind(kind).inverse(self._soap, landed, kept, circumstances)

    async def arrivals(self, kind: str, trace: Trace, evidence: Evidence) -> Arrivals:
        """What has come to the place of a step of this kind since the evidence was read."""
        return await _kind(kind).arrivals(self._soap, trace, evidence)

    async def overpaid_by(self, steps: Iterable[Step]) -> list[str]:
        """What the payments among these steps would overpay, as the documents stand now."""
        from kf_mcp.kashflow.payment_steps import overpaid_by  # noqa: PLC0415 - a kind of step, as below

        return await overpaid_by(steps, self._soap)

    def step(self, kind: str, kept: Kept) -> Step:
        """A step as it was planned, from what is kept of it."""
        return _kind(kind).model_validate(kept["step"])


def _kind(name: str) -> type[Step]:
    from kf_mcp.kashflow.steps import KINDS  # noqa: PLC0415 - every kind of step, which reading alone does not need

    if name not in KINDS:
        raise Refused(f"This version of kf_mcp does not know the step {name!r}.", "Nothing was written.")
    return KINDS[name]
