"""A request to write, and the plan that was made of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kf_mcp.kashflow.books import Books
from kf_mcp.writing.plan import Plan

Make = Callable[[Books], Awaitable[Plan]]
"""Makes the plan of one request from these books."""


@dataclass(frozen=True)
class Request:
    """One call of a writing tool."""

    tool: str
    arguments: str
    """Digest of the arguments, without the confirmation."""
    make: Make


@dataclass(frozen=True)
class Planned:
    """A plan, and where the trail stood when it was made."""

    plan: Plan
    head: int
    ordinal: int
    """How many times exactly this was written before."""
    refused: int
    """How many times it was tried and certainly not written."""
    digest: str
    """What a consent must cover."""
