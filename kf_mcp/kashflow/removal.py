"""Deleting a record: the shape of every step that takes one out of the books.

A record is deleted by its internal id and only as long as it is the one that the plan saw: numbers are given out again.
"""

from abc import abstractmethod
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model import money
from kf_mcp.model.text import bounded


class Removal(Step, is_shape=True):
    """Delete one record."""

    absence: ClassVar[tuple[str, str]] = ("It still stood in the books", "It still stands in the books")
    type_name: ClassVar[str]
    noun: ClassVar[str]
    id_member: ClassVar[str]

    id: int
    number: int = 0
    code: str = ""
    place: int | str = 0
    """Where it stands: the internal id or number of what it belongs to; 0 where it belongs to nothing."""
    before: str
    """The fingerprint of the record that the plan saw; see `fingerprint`."""
    amount: Decimal = Decimal(0)
    """What it comes to in pounds, for a person to recognise it by; 0 where that is not said."""

    @classmethod
    @abstractmethod
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        """The record as it stands, as KashFlow sends it; None where there is none."""

    @abstractmethod
    async def write(self, soap: Connection) -> None:
        """Send the deletion."""

    @classmethod
    def again(cls, earlier: Record, step: Any) -> Step:  # noqa: ARG003
        """The step that enters the deleted record anew. Raises Refused where none can."""
        raise Refused(f"A deleted {cls.noun} cannot be entered again by this server.", "Nothing was written.")

    @property
    def landed(self) -> Landed:
        """Where the record stands before it is deleted."""
        return Landed(id=self.id, number=self.number, code=self.code)

    @override
    def words(self) -> str:
        of = f" of {money.in_words(self.amount)}" if self.amount else ""
        return f"Deletion of {self.noun} {self.number or bounded(self.code, 40) or self.id}{of}"

    @override
    def target(self) -> str:
        return f"{self.noun} {self.id}"

    @override
    def trace(self) -> Trace:
        return {"id": self.id, "number": self.number, "code": self.code, "place": self.place}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        await self._as_planned(soap)
        return {}

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"record": records.as_json(await self._as_planned(soap))}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        await self._as_planned(soap)
        await self.write(soap)
        return self.landed

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        landed = Landed(id=trace["id"], number=trace["number"], code=trace["code"])
        is_gone = await cls._found(soap, landed, trace["place"]) is None
        return Arrivals(equal=(landed,)) if is_gone else Arrivals()

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        is_there = await self._found(soap, self.landed, self.place) is not None
        if is_there:
            return ReadBack(landed=landed, differences=(f"the {self.noun} is still in the books",))
        return ReadBack(landed=landed, said="Read back: it is gone.")

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        if await cls._found(soap, step.landed, step.place) is not None:
            raise Refused(
                f"The {cls.noun} still stands in the books, so there is nothing to enter again.", "Nothing was written."
            )
        earlier = records.record(cls.type_name, kept["record"])
        return Inverse(
            steps=(cls.again(earlier, step),),
            facts=(
                f"The deleted {cls.noun} is entered anew, under a new internal id; its number may be another",
                *records.summary(earlier),
            ),
            dated=records.days(earlier),
        )

    async def _as_planned(self, soap: Connection) -> Record:
        found = await self._found(soap, self.landed, self.place)
        if found is None:
            raise NotFound(self.noun, self.number or self.code or self.id, "Nothing was written.")
        if self.fingerprint(found) != self.before:
            raise Refused(
                f"The {self.noun} was changed meanwhile.", "Nothing was written. Call again for a new preview."
            )
        return found

    @classmethod
    async def _found(cls, soap: Connection, landed: Landed, place: int | str) -> Record | None:
        row = await cls.read(soap, landed, place)
        found = records.record(cls.type_name, row) if row is not None else None
        return found if found and wire.integer(found, cls.id_member) == landed.id else None

    @classmethod
    def fingerprint(cls, found: Record) -> str:
        """What changes when the record does, payments of it included."""
        return digest(records.lean(found))
