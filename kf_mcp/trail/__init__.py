"""The audit trail of writes: what was agreed, sent and found. The only package that knows the database."""

from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.trail import Behind, Opening, Overtaken, Taken, Trail, Unrecorded

__all__ = ["Behind", "Entry", "Opening", "Overtaken", "State", "StepState", "Taken", "Trail", "Unrecorded"]
