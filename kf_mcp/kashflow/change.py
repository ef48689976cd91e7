"""Altering a record: the shape of every step that changes members of one that stands in the books.

KashFlow writes whole records, blanks what is left out, and knows no versions. So the record is read just before it is sent, refused
where it is no longer the one that the plan saw, merged with what changes, and sent whole; reading back compares every member. Between
that reading and the sending somebody else can still change it in KashFlow, and their change would be lost: a second or so.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import field_serializer, field_validator
from typing_extensions import override

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model.text import bounded


class Change(Step, is_shape=True):
    """Change members of one record; everything that is not named stays as it is."""

    absence: ClassVar[tuple[str, str]] = ("The books were as before", "The books are as before")
    type_name: ClassVar[str]
    parameter: ClassVar[str]
    noun: ClassVar[str]
    """What it changes, such as "customer"; its target is the noun and the id."""
    id_member: ClassVar[str]
    number_member: ClassVar[str] = ""
    code_member: ClassVar[str] = ""
    left_out: ClassVar[frozenset[str]] = frozenset()
    """Members that KashFlow sets or computes itself, so that reading back does not compare them."""

    id: int
    key: int | str = 0
    """What the record is read by, where that is not its id: its number or code."""
    before: str
    """The fingerprint of the record that the plan saw."""
    members: dict[str, Any]
    """The members that change, by KashFlow's names."""
    called: int | str = 0
    """Its number or code, for a person to recognise it by; steps that were kept before it was there have none."""

    @classmethod
    def of(cls, found: Record, wanted: Mapping[str, Any], key: int | str = 0) -> Self:
        """The change that gives this record these members; those that it has already are left out of it.

        Raises Refused where nothing would change.
        """
        typed = records.part(cls.type_name, wanted)
        changed = {name: value for name, value in typed.items() if records.lean(value) != records.lean(found.get(name))}
        if not changed:
            raise Refused(f"Nothing would change: the {cls.noun} is like that already.", "Nothing was written.")
        there = cls._landed(found)
        called = there.number or there.code or there.id
        return cls(id=there.id, key=key, before=cls.fingerprint(found), members=changed, called=called)

    @field_validator("members", mode="before")
    @classmethod
    def _typed(cls, value: Any) -> Record:
        return records.part(cls.type_name, value)

    @field_serializer("members", when_used="json")
    def _as_json(self, value: Record) -> Any:
        return records.as_json(value)

    @classmethod
    @abstractmethod
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        """The record as it stands, as KashFlow sends it; None where there is none."""

    async def write(self, soap: Connection, merged: Record) -> None:
        """Send the whole record."""
        await soap.write(self.operation, **{self.parameter: records.wired(soap, self.type_name, merged)})

    def merged(self, found: Record) -> Record:
        """The whole record with what changes in it."""
        return {**found, **self.members}

    @override
    def words(self) -> str:
        if not self.called:
            return super().words()
        _, _, part = self.kind.partition("'s ")  # "change of an invoice's lines"
        return f"Change of {f'the {part} of ' if part else ''}{self.noun} {bounded(str(self.called), 40)}"

    @override
    def target(self) -> str:
        return f"{self.noun} {self.id}"

    @override
    def trace(self) -> Trace:
        members = digest(records.lean(self.members, self.left_out))
        return {"id": self.id, "key": self.key, "before": self.before, "members": members}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        found = await self._as_planned(soap)
        rest = {name: value for name, value in found.items() if name not in self.members}
        return {"rest": digest(records.lean(rest, self.left_out)), "named": sorted(self.members)}

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"record": records.as_json(await self._as_planned(soap))}

    @override
    async def send(self, soap: Connection) -> Landed:
        await soap.ready()
        found = await self._as_planned(soap)
        await self.write(soap, self.merged(found))
        return self._landed(found)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        found = await cls._found(soap, trace["id"], trace["key"])
        if found is None:
            return Arrivals(unknowable=f"the {cls.noun} is not in the books any more")
        if cls.fingerprint(found) == trace["before"]:
            return Arrivals()
        named = {name: found.get(name) for name in evidence["named"]}
        rest = {name: value for name, value in found.items() if name not in evidence["named"]}
        there = (cls._landed(found),)
        is_equal = digest(records.lean(named, cls.left_out)) == trace["members"]
        is_equal = is_equal and digest(records.lean(rest, cls.left_out)) == evidence["rest"]
        return Arrivals(equal=there) if is_equal else Arrivals(alike=there)

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = await self._found(soap, self.id, self.key)
        if found is None:
            return ReadBack(landed=landed, differences=(f"the {self.noun} cannot be found again",))
        expected = self.merged(records.record(self.type_name, kept["record"])) if "record" in kept else self.members
        return ReadBack(
            landed=self._landed(found), differences=tuple(self.compared(expected, found)), seen=self.fingerprint(found)
        )

    def compared(self, expected: Record, found: Record) -> list[str]:
        """Each difference between the whole record as it was meant to be and as it stands in the books."""
        return records.differences(expected, found, self.left_out | records.STATED)

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await cls._found(soap, trace["id"], trace["key"])
        return cls.fingerprint(found) if found else ""

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found = await step.as_it_stands(soap)
        earlier = records.record(cls.type_name, kept["record"])
        back = cls.of(found, {name: earlier[name] for name in step.members}, step.key)
        facts = tuple(alterations(found, back.members))
        return Inverse(steps=(back,), facts=facts, alters=records.days(found, earlier))

    async def as_it_stands(self, soap: Connection) -> Record:
        """The record now. Raises NotFound."""
        found = await self._found(soap, self.id, self.key)
        if found is None:
            raise NotFound(self.noun, self.key or self.id, "Nothing was written.")
        return found

    async def _as_planned(self, soap: Connection) -> Record:
        """The record, if it is still the one that the plan saw. Raises Refused where it is not."""
        found = await self.as_it_stands(soap)
        if self.fingerprint(found) != self.before:
            raise Refused(
                f"The {self.noun} was changed meanwhile.", "Nothing was written. Call again for a new preview."
            )
        return found

    @classmethod
    async def _found(cls, soap: Connection, record_id: int, key: int | str) -> Record | None:
        row = await cls.read(soap, record_id, key)
        found = records.record(cls.type_name, row) if row is not None else None
        return found if record_id and wire.integer(found, cls.id_member) == record_id else None

    @classmethod
    def fingerprint(cls, found: Record) -> str:
        """What changes when the record does; payments of it do not count."""
        return digest(records.lean(found, records.STATED))

    @classmethod
    def _landed(cls, found: Record) -> Landed:
        return Landed(
            id=wire.integer(found, cls.id_member),
            number=wire.integer(found, cls.number_member) if cls.number_member else 0,
            code=wire.text(found, cls.code_member) if cls.code_member else "",
        )


def alterations(found: Record, members: Mapping[str, Any]) -> list[str]:
    """What changes, one line for each member: E-mail: “old” becomes “new”."""
    said = []
    for name, value in members.items():
        word = records.called(name)
        if isinstance(value, list):
            said.append(f"{word.capitalize()}: {len(found.get(name) or [])} become {len(value)}")
        else:
            said.append(
                f"{word[:1].upper()}{word[1:]}: {records.shown(found.get(name))} becomes {records.shown(value)}"
            )
    return said
