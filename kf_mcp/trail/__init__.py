"""The audit trail of writes: what was agreed, sent and found. The only package that knows the database."""

from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.trail import Behind, Opening, Taken, Trail

__all__ = ["Behind", "Entry", "Opening", "State", "StepState", "Taken", "Trail"]
