"""The audit trail of writes: what was agreed, sent and found. The only package that knows the database."""

from kf_mcp.trail.entry import Entry, State, StepState
from kf_mcp.trail.trail import Behind, Opening, OverLimit, Overtaken, Taken, Trail, Unrecorded
from kf_mcp.trail.trouble import trouble
from kf_mcp.trail.verdict import Head, Verdict

__all__ = [
    "Behind",
    "Entry",
    "Head",
    "Opening",
    "OverLimit",
    "Overtaken",
    "State",
    "StepState",
    "Taken",
    "Trail",
    "Unrecorded",
    "Verdict",
    "trouble",
]
