"""The step that enters a nominal code over SOAP.

`CreateSpecialNominal` has no step: nobody documents what its Special, PlOption and BsOption mean, and it answers with nothing.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model.nominals import NewNominal, NominalType, NominalUse

TYPES: Final[Mapping[NominalType, int]] = {
    "turnover": 1,
    "cost_of_sale": 2,
    "expense": 3,
    "fixed_asset": 4,
    "current_asset": 5,
    "capital": 6,
}
"""KashFlow's numbers for the types (its manual, InsertNominalCode)."""
USES: Final[Mapping[NominalUse, int]] = {"sales": 1, "outgoing": 2, "bank": 3}


class InsertNominal(Step):
    """Enter a nominal code.

    The names are a trap: the parameter "classification" is what a nominal's record calls TypeID, and "nomtype" is its ClassificationID.
    Reading back compares both.
    """

    kind: ClassVar[str] = "new nominal code"
    operation: ClassVar[str] = "InsertNominalCode"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that deletes a nominal code"

    nominal: NewNominal

    @override
    def words(self) -> str:
        return f"New nominal code {self.nominal.code}"

    @override
    def target(self) -> str:
        return f"nominal code {self.nominal.code}"

    @override
    def trace(self) -> Trace:
        return {"code": self.nominal.code, "like": digest(records.lean(self._members()))}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        found = await _coded(soap, self.nominal.code)
        return {"id": wire.integer(found, "id")}

    @override
    async def send(self, soap: Connection) -> Landed:
        members = self._members()
        answer = await soap.write(
            self.operation,
            name=self.nominal.name,
            code=self.nominal.code,
            classification=members["TypeID"],
            nomtype=members["ClassificationID"],
        )
        nominal_id = int(answer.result or 0)
        if nominal_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no nominal id.")
        return Landed(id=nominal_id, code=str(self.nominal.code))

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        found = await _coded(soap, trace["code"])
        if found is None or wire.integer(found, "id") == evidence["id"]:
            return Arrivals()
        there = (_landed(found),)
        return Arrivals(equal=there) if _fingerprint(found) == trace["like"] else Arrivals(alike=there)

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = await _coded(soap, self.nominal.code)
        if found is None:
            return ReadBack(landed=landed, differences=("the nominal code cannot be found again",))
        differing = records.differences(self._members(), records.record("NominalCodeExtended", found))
        return ReadBack(landed=_landed(found), differences=tuple(differing), seen=_fingerprint(found))

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await _coded(soap, trace["code"])
        return "" if found is None else _fingerprint(found)

    def _members(self) -> records.Record:
        return {
            "Code": self.nominal.code,
            "Name": self.nominal.name,
            "TypeID": TYPES[self.nominal.type],
            "ClassificationID": USES[self.nominal.use],
        }


async def _coded(soap: Connection, code: int) -> Any:
    """The nominal with this code, archived or not; None where there is none."""
    answer = await soap.read("GetNominalCodesExtended")
    rows = wire.rows(answer.result, "NominalCodeExtended")
    return next((row for row in rows if wire.integer(row, "Code") == code), None)


def _landed(row: Any) -> Landed:
    return Landed(id=wire.integer(row, "id"), code=str(wire.integer(row, "Code")))


def _fingerprint(row: Any) -> str:
    there = records.record("NominalCodeExtended", row)
    return digest(records.lean({name: there[name] for name in ("Code", "Name", "TypeID", "ClassificationID")}))
