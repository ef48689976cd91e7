"""The step that opens a bank account in the books over SOAP."""

from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Evidence, Kept, Landed, ReadBack, Step, Trace, digest


class CreateBankAccount(Step):
    """Open a bank account on a nominal, which is named by its code."""

    kind: ClassVar[str] = "new bank account"
    operation: ClassVar[str] = "CreateBankAccount"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that deletes a bank account"

    name: str
    nominal_code: int

    @override
    def words(self) -> str:
        return f"New bank account on nominal {self.nominal_code}"

    @override
    def target(self) -> str:
        return "bank accounts"

    @override
    def trace(self) -> Trace:
        return {"like": _likeness(self.name, self.nominal_code), "code": self.nominal_code}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        return {"ids": sorted(wire.integer(row, "AccountID") for row in await _accounts(soap))}

    @override
    async def send(self, soap: Connection) -> Landed:
        answer = await soap.write(self.operation, AccountName=self.name, NominalCode=self.nominal_code)
        account_id = int(answer.result or 0)
        if account_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no account id.")
        return Landed(id=account_id)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [row for row in await _accounts(soap) if wire.integer(row, "AccountID") not in known]
        equal = [row for row in new if _likeness(wire.text(row, "AccountName"), _code(row)) == trace["like"]]
        alike = [row for row in new if row not in equal and _code(row) == trace["code"]]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = await _account(soap, landed.id)
        if found is None:
            return ReadBack(landed=landed, differences=("the bank account cannot be found again",))
        meant = {"AccountName": self.name, "AccountCode": self.nominal_code}
        there = records.record("BankAccount", found)
        return ReadBack(
            landed=_landed(found), differences=tuple(records.differences(meant, there)), seen=_fingerprint(found)
        )

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await _account(soap, landed.id)
        return "" if found is None else _fingerprint(found)


async def _accounts(soap: Connection) -> list[Any]:
    answer = await soap.read("GetBankAccounts")
    return list(wire.rows(answer.result, "BankAccount"))


async def _account(soap: Connection, account_id: int) -> Any:
    return next((row for row in await _accounts(soap) if wire.integer(row, "AccountID") == account_id), None)


def _code(row: Any) -> int:
    return wire.integer(row, "AccountCode")


def _landed(row: Any) -> Landed:
    return Landed(id=wire.integer(row, "AccountID"), code=str(_code(row)))


def _likeness(name: str, code: int) -> str:
    return digest(["".join(name.split()), code])


def _fingerprint(row: Any) -> str:
    return _likeness(wire.text(row, "AccountName"), _code(row))
