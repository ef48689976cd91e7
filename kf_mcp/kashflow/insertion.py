"""Entering a record: the shape of every step that adds one to the books."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from pydantic import field_serializer, field_validator
from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest


class Insertion(Step, is_shape=True):
    """Enter one record, whole.

    It has arrived when a record stands at its place that was not there before and equals what was sent in `recognised`; anything
    else that is new there may be it as KashFlow changed it, and only a person can tell.
    """

    type_name: ClassVar[str]
    """The contract's type of the record."""
    parameter: ClassVar[str]
    """The operation's parameter that takes it."""
    id_member: ClassVar[str]
    """The member that holds its internal id."""
    number_member: ClassVar[str] = ""
    """The member that holds its visible number, where it has one."""
    code_member: ClassVar[str] = ""
    answers: ClassVar[Literal["id", "number"]] = "id"
    """What the operation answers with."""
    recognised: ClassVar[tuple[str, ...]]
    """The members by which it is recognised; those that are lists count with every line."""
    near: ClassVar[tuple[str, ...]] = ()
    """The members that must be equal for a new record to count as one that may be it."""
    left_out: ClassVar[frozenset[str]] = frozenset()
    """Members that KashFlow sets or computes itself, in the record or its lines, so that reading back does not compare them."""

    record: dict[str, Any]
    """What is entered, by KashFlow's names; a member that is not named is sent empty."""
    place: int | str = 0
    """Where it goes: the internal id of the customer, supplier or account that it belongs to; 0 where it belongs to none."""

    @field_validator("record", mode="before")
    @classmethod
    def _typed(cls, value: Any) -> Record:
        return records.part(cls.type_name, value)

    @field_serializer("record", when_used="json")
    def _as_json(self, value: Record) -> Any:
        return records.as_json(value)

    @classmethod
    @abstractmethod
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        """Every record of the kind at this place, as KashFlow sends them."""

    @classmethod
    @abstractmethod
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        """The record that landed, as KashFlow sends it; None where there is none."""

    @override
    def target(self) -> str:
        return f"{self.kind} at {self.place}"

    @override
    def trace(self) -> Trace:
        like, near = (self._digest(self.record, names) for names in (self.recognised, self.near))
        return {"place": self.place, "like": like, "near": near}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        return {"ids": sorted(wire.integer(row, self.id_member) for row in await self.standing(soap, self.place))}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        whole = records.record(self.type_name, self.record)
        answer = await soap.write(self.operation, **{self.parameter: records.wired(soap, self.type_name, whole)})
        given = int(answer.result or 0)
        if given <= 0:
            raise OutcomeUnknown(f"KashFlow said OK but gave no {self.answers}.")
        return Landed(id=given) if self.answers == "id" else Landed(number=given)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [
            records.record(cls.type_name, row)
            for row in await cls.standing(soap, trace["place"])
            if wire.integer(row, cls.id_member) not in known
        ]
        equal = [row for row in new if cls._digest(row, cls.recognised) == trace["like"]]
        alike = [row for row in new if row not in equal and cls._digest(row, cls.near) == trace["near"]]
        return Arrivals(equal=tuple(map(cls._landed, equal)), alike=tuple(map(cls._landed, alike)))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = await self._found(soap, landed, self.place)
        if found is None:
            return ReadBack(landed=landed, differences=("it cannot be found again",))
        own = {self.id_member, self.number_member, *self.left_out}
        expected = {name: value for name, value in self.record.items() if name not in own}
        differing = records.differences(expected, found, self.left_out | records.STATED)
        return ReadBack(
            landed=self._landed(found), differences=tuple(differing + self.checked(found)), seen=self.fingerprint(found)
        )

    def checked(self, found: Record) -> list[str]:  # noqa: ARG002
        """Further comparisons with what stands in the books, such as totals; each difference in words."""
        return []

    @classmethod
    def fingerprint(cls, found: Record) -> str:
        """What changes when the record does; payments of it do not count."""
        return digest(records.lean(found, records.STATED))

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await cls._found(soap, landed, trace["place"])
        return cls.fingerprint(found) if found else ""

    @classmethod
    async def _found(cls, soap: Connection, landed: Landed, place: int | str) -> Record | None:
        row = await cls.read(soap, landed, place)
        found = records.record(cls.type_name, row) if row is not None else None
        key = wire.integer(found, cls.id_member)
        return found if key and (not landed.id or landed.id == key) else None

    @classmethod
    def _landed(cls, found: Record) -> Landed:
        return Landed(
            id=wire.integer(found, cls.id_member),
            number=wire.integer(found, cls.number_member) if cls.number_member else 0,
            code=wire.text(found, cls.code_member) if cls.code_member else "",
        )

    @classmethod
    def _digest(cls, values: Record, names: tuple[str, ...]) -> str:
        return digest(records.lean({name: values.get(name) for name in names}, cls.left_out))
