"""A step: one SOAP write as a frozen value that knows where it aims and how its arrival is recognised.

KashFlow has no idempotency key and a lost answer leaves doubt, so every kind of step must declare four things: its target,
the evidence that is read before sending, how its arrival is recognised afterwards, and what undoes it. What the trail keeps of
a step is its trace: ids and digests, enough to recognise the document in the books, no personal text.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from kf_mcp.kashflow.connection import Connection
from kf_mcp.model import money

KINDS: dict[str, type["Step"]] = {}
"""Every kind of step by its name; a step is entered when its class is defined."""

Evidence = dict[str, Any]
"""What stood at the target before sending; JSON."""

Trace = dict[str, Any]
"""What is kept of a step to recognise it in the books; JSON, no personal text."""


class Landed(BaseModel):
    """Where a write stands in the books: its internal id, and its visible number or code where it has one."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int = 0
    number: int = 0
    code: str = ""


class Arrivals(BaseModel):
    """What has come to a target since the evidence was read."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    equal: tuple[Landed, ...] = ()
    """What equals the step in everything that was sent."""
    alike: tuple[Landed, ...] = ()
    """What could be the step as KashFlow changed it, or somebody else's entry: only a person can tell."""


def digest(value: Any) -> str:
    """A short fingerprint of a value (SHA-256, 32 hex digits); 100 and 100.00 are the same number."""
    text = json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _canonical(value: Any) -> Any:
    match value:
        case BaseModel():
            return {name: _canonical(getattr(value, name)) for name in type(value).model_fields}
        case dict():
            return {str(name): _canonical(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_canonical(item) for item in value]
        case Decimal():
            return money.plain(value)
        case bool() | int() | str() | None:
            return value
        case _:
            return str(value)


class Step(BaseModel, ABC):
    """One write."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: ClassVar[str] = ""
    """A short name, such as "new invoice"."""
    operation: ClassVar[str] = ""
    """The SOAP operation that it sends."""
    undo: ClassVar[str] = ""
    """What would undo it, in words, or why nothing can."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        missing = [name for name in ("kind", "operation", "undo") if not cls.__dict__.get(name)]
        if missing:
            raise TypeError(f"{cls.__name__} does not declare {', '.join(missing)}")
        KINDS[cls.kind] = cls

    @abstractmethod
    def target(self) -> str:
        """What it changes: writes with the same target wait for each other."""

    @abstractmethod
    def trace(self) -> Trace:
        """What the trail keeps to recognise it."""

    @abstractmethod
    async def evidence(self, soap: Connection) -> Evidence:
        """Read what stands at the target now."""

    @abstractmethod
    async def send(self, soap: Connection) -> Landed:
        """Send it, once. Raises OutcomeUnknown where it may have been written."""

    @classmethod
    @abstractmethod
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        """What has come to the target since the evidence was read."""

    @abstractmethod
    async def differences(self, soap: Connection, landed: Landed) -> tuple[Landed, list[str]]:
        """Read it back: where it stands, fully known, and each way in which it differs from what was meant."""
