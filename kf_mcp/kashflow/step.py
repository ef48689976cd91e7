"""A step: one SOAP write as a frozen value that knows where it aims and how its arrival is recognised.

KashFlow has no idempotency key and a lost answer leaves doubt, so every kind of step must declare four things: its target,
the evidence that is read before sending, how its arrival is recognised afterwards, and what undoes it. What the trail keeps of
a step is its trace: ids and digests, enough to recognise the document in the books, no personal text. What undoing it takes
(the record as it stood before) is kept beside the trail, for a month.

Three shapes carry nearly all kinds: `Insertion` enters a record, `Change` alters members of one, `Removal` deletes one.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from kf_mcp.errors import Refused
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.operations import writable
from kf_mcp.model import money

KINDS: dict[str, type["Step"]] = {}
"""Every kind of step by its name; a step is entered when its class is defined."""

Evidence = dict[str, Any]
"""What stood at the target before sending; JSON."""

Trace = dict[str, Any]
"""What is kept of a step to recognise it in the books; JSON, no personal text."""


Kept = dict[str, Any]
"""What undoing a step takes, or finishing it: the step itself and, where it changes or removes, the record as it stood; JSON."""


class Landed(BaseModel):
    """Where a write stands in the books: its internal id, and its visible number or code where it has one."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int = 0
    number: int = 0
    code: str = ""

    @property
    def key(self) -> str:
        """What a document goes by: its number, code or internal id."""
        return str(self.number or self.code or self.id)


class Arrivals(BaseModel):
    """What has come to a target since the evidence was read."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    equal: tuple[Landed, ...] = ()
    """What equals the step in everything that was sent."""
    alike: tuple[Landed, ...] = ()
    """What could be the step as KashFlow changed it, or somebody else's entry: only a person can tell."""
    unknowable: str = ""
    """Why the books cannot show whether it was carried out, where they cannot; a person decides."""


class ReadBack(BaseModel):
    """A document read back after the write."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    landed: Landed
    """Where it stands, fully known."""
    differences: tuple[str, ...] = ()
    """Each way in which it differs from what was meant."""
    seen: str = ""
    """The fingerprint of the document as it stands, by which a later change is seen; empty where nothing stands."""
    said: str = ""
    """What reading back shows, where it is less than the whole."""


class Circumstances(BaseModel):
    """What decides how a write may be undone."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    today: date
    must_stand: str = ""
    """Why the document may not be deleted, such as that it was e-mailed; empty where nothing is known that forbids it."""


class Inverse(BaseModel):
    """What undoes a step: other steps, and what a person should know of them."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    steps: tuple[SerializeAsAny["Step"], ...]
    facts: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    dated: tuple[date, ...] = ()
    """The dates of documents that it enters."""
    alters: tuple[date, ...] = ()
    """The dates of documents that it changes or removes."""
    held: tuple[date, ...] = ()
    """The dates of what only the owner's lock holds: a quote is in no VAT return."""


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
    other_operations: ClassVar[tuple[str, ...]] = ()
    """Others that it may send instead, such as the older form where the newer is missing."""
    undo: ClassVar[str] = ""
    """What would undo it, in words, or why nothing can."""
    absence: ClassVar[tuple[str, str]] = ("It was not in the books", "It is not in the books")
    """What it means that no trace of it is seen: then, and for good."""

    def __init_subclass__(cls, *, is_shape: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if is_shape:  # a shape that kinds of steps have in common, not a kind itself
            return
        missing = [name for name in ("kind", "operation", "undo") if not cls.__dict__.get(name)]
        if missing:
            raise TypeError(f"{cls.__name__} does not declare {', '.join(missing)}")
        if KINDS.get(cls.kind, cls).__name__ != cls.__name__:
            raise TypeError(f"two steps are called {cls.kind}")
        KINDS[cls.kind] = cls
        writable.update((cls.operation, *cls.other_operations))

    def words(self) -> str:
        """One line by which a person recognises it on the trail; no personal text."""
        return self.kind.capitalize()

    @abstractmethod
    def target(self) -> str:
        """What it changes: writes with the same target wait for each other."""

    def also(self) -> tuple[str, ...]:
        """The targets of others that it rests on, or that rest on it: while its outcome is open they wait, and it for them."""
        return ()

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
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        """Read it back and compare every member with what was meant; `kept` is what `keep` gave before sending."""

    async def keep(self, soap: Connection) -> Kept:  # noqa: ARG002
        """What undoing takes beside the step itself; read before sending."""
        return {}

    @classmethod
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str | None:  # noqa: ARG003
        """The fingerprint of its document as it stands now; empty where there is none any more, None where it leaves none."""
        return None

    @classmethod
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:  # noqa: ARG003
        """What undoes it.

        Raises Refused where nothing undoes it, or something depends on it.
        """
        article = "An" if cls.kind[0] in "aeiou" else "A"
        raise Refused(f"{article} {cls.kind} cannot be undone: {cls.undo}.", "Nothing was written.")
