"""The steps that write journals over SOAP.

Which sign of a line's amount is a debit is not documented. `Journals.above_zero` reads it from journals in the books; the step that
enters one compares the trial balance of the journal's day before and after, which shows whether it was right.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import Failure
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.reports import Reports
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, ReadBack, Step
from kf_mcp.model import money
from kf_mcp.model.checks import debit
from kf_mcp.model.journals import AboveZero, NewJournal, NewJournalLine, net_by_nominal

THE_OTHER_WAY: Final = (
    "by the trial balance KashFlow posted the debits as credits and the credits as debits; `update_journal` with the same lines puts it "
    "right, since this journal now shows which sign is a debit"
)


class InsertJournal(Insertion):
    """Enter a new journal; KashFlow gives it the next number."""

    kind: ClassVar[str] = "new journal"
    operation: ClassVar[str] = "InsertJournal"
    undo: ClassVar[str] = "`undo_write` deletes the journal"
    type_name: ClassVar[str] = "JournalEntry"
    parameter: ClassVar[str] = "Jnl"
    id_member: ClassVar[str] = "DBID"
    number_member: ClassVar[str] = "JournalNumber"
    answers: ClassVar[Any] = "number"
    recognised: ClassVar[tuple[str, ...]] = ("JournalDate", "Comment", "Lines")
    near: ClassVar[tuple[str, ...]] = ("JournalDate",)

    above_zero: AboveZero
    """How the signs of the lines are meant."""

    @classmethod
    def of(cls, journal: NewJournal, above_zero: AboveZero) -> "InsertJournal":
        """The step that enters this journal."""
        record = {"DBID": 0, "JournalNumber": 0, "JournalDate": wire.midnight(journal.date), "Comment": journal.comment}
        lines = [line_record(line, above_zero) for line in journal.lines]
        return cls(record={**record, "Lines": lines}, above_zero=above_zero)

    @override
    def words(self) -> str:
        moved = sum((abs(line["Amount"]) for line in self.record["Lines"]), Decimal(0)) / 2
        return f"Journal of {money.in_words(moved)}"

    @override
    def target(self) -> str:
        return "journals"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read("GetJournals")
        return list(wire.rows(answer.result, "JournalEntry"))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_journal(soap, landed.number)

    @override
    async def keep(self, soap: Connection) -> Kept:
        posted = await self._posted(soap)
        return {"posted": {str(id_): str(amount) for id_, amount in posted.items()}} if posted is not None else {}

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        back = await super().read_back(soap, landed, kept)
        posted = await self._posted(soap) if "posted" in kept else None
        if posted is None:
            said = "Whether debits are debits could not be compared with the trial balance; look at it."
            return back.model_copy(update={"said": said})
        earlier = {int(id_): Decimal(amount) for id_, amount in kept["posted"].items()}
        differing = self._posted_differently(earlier, posted)
        return back.model_copy(update={"differences": (*back.differences, *differing)})

    def _posted_differently(self, earlier: Mapping[int, Decimal], posted: Mapping[int, Decimal]) -> list[str]:
        """What the trial balance of the day says against the journal; debits are above zero here."""
        meant = net_by_nominal(
            (line["NominalID"], self.above_zero.debit_of(line["Amount"])) for line in self.record["Lines"]
        )
        moved = {id_: posted.get(id_, Decimal(0)) - earlier.get(id_, Decimal(0)) for id_ in meant}
        if moved == meant:
            return []
        if moved == {id_: -amount for id_, amount in meant.items()}:
            return [THE_OTHER_WAY]
        return [
            f"the trial balance moved by {money.in_words(moved[id_])} on nominal id {id_}, not {money.in_words(amount)} (debits above zero)"
            for id_, amount in meant.items()
            if moved[id_] != amount
        ]

    async def _posted(self, soap: Connection) -> dict[int, Decimal] | None:
        """Debits less credits of each nominal of the journal on its day; None where KashFlow does not say."""
        day = wire.day(self.record, "JournalDate") or date.min
        try:
            sums = await Reports(soap).trial_balance(day, day)
        except Failure:
            return None
        ids = {line["NominalID"] for line in self.record["Lines"]}
        return {row.id: debit(row) for row in sums if row.id in ids}

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        found = records.record(cls.type_name, await read_journal(soap, landed.number))
        step = cls.model_validate(kept["step"])
        day = wire.day(found, "JournalDate")
        return Inverse(
            steps=(DeleteJournal.of(found, step.above_zero),),
            facts=(f"Journal {landed.number} is deleted",),
            alters=(day,) if day else (),
        )


class ChangeJournal(Change):
    """Change a journal's date, comment or lines; lines are written anew, all of them. Its key is its number."""

    kind: ClassVar[str] = "change of a journal"
    operation: ClassVar[str] = "UpdateJournal"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the journal since"
    type_name: ClassVar[str] = "JournalEntry"
    parameter: ClassVar[str] = "Jnl"
    noun: ClassVar[str] = "journal"
    id_member: ClassVar[str] = "DBID"
    number_member: ClassVar[str] = "JournalNumber"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_journal(soap, int(key))

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        inverse = await super().inverse(soap, landed, kept, circumstances)
        now = await cls.model_validate(kept["step"]).as_it_stands(soap)
        earlier = records.record(cls.type_name, kept["record"])
        days = {wire.day(one, "JournalDate") for one in (now, earlier)}
        lines = [
            f"Line {n} as it was: nominal id {line['NominalID']}, {money.in_words(line['Amount'])} (with KashFlow's sign)"
            for n, line in enumerate(earlier["Lines"], 1)
            if records.lean(now["Lines"]) != records.lean(earlier["Lines"])
        ]
        dated = tuple(sorted(day for day in days if day))
        return inverse.model_copy(update={"alters": dated, "facts": (*inverse.facts, *lines)})


class DeleteJournal(Removal):
    """Delete a journal, by its internal id."""

    kind: ClassVar[str] = "deletion of a journal"
    operation: ClassVar[str] = "DeleteJournalByID"
    undo: ClassVar[str] = "`undo_write` enters the journal again, under a new number"
    type_name: ClassVar[str] = "JournalEntry"
    noun: ClassVar[str] = "journal"
    id_member: ClassVar[str] = "DBID"

    above_zero: AboveZero
    """How the signs of its lines are meant, for entering it again."""

    @classmethod
    def of(cls, found: Record, above_zero: AboveZero) -> "DeleteJournal":
        """The step that deletes this journal as it stands."""
        return cls(
            id=wire.integer(found, "DBID"),
            number=wire.integer(found, "JournalNumber"),
            before=cls.fingerprint(found),
            above_zero=above_zero,
        )

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_journal(soap, landed.number)

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, JournalID=self.id)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        inverse = await super().inverse(soap, landed, kept, circumstances)
        day = wire.day(records.record(cls.type_name, kept["record"]), "JournalDate")
        return inverse.model_copy(update={"dated": (day,) if day else ()})

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return InsertJournal(record={**earlier, "DBID": 0, "JournalNumber": 0}, above_zero=step.above_zero)


async def read_journal(soap: Connection, number: int) -> Any:
    """A journal by its number; None where there is none."""
    answer = await wire.read_or_none(soap, "GetJournal", JournalNumber=number)
    return answer.result if answer else None


def line_record(line: NewJournalLine, above_zero: AboveZero) -> Record:
    """One line by KashFlow's names."""
    return {
        "NominalID": line.nominal_id,
        "Amount": above_zero.signed(line),
        "Comment": line.comment,
        "ProjId": line.project_id,
    }


def change_of(
    found: Record,
    above_zero: AboveZero,
    day: date | None,
    comment: str | None,
    lines: tuple[NewJournalLine, ...] | None,
) -> ChangeJournal:
    """The step that gives a journal these; None stays. Raises Refused where nothing would change."""
    wanted: Record = {}
    if day is not None:
        wanted["JournalDate"] = wire.midnight(day)
    if comment is not None:
        wanted["Comment"] = comment
    if lines is not None:
        wanted["Lines"] = [line_record(line, above_zero) for line in lines]
    return ChangeJournal.of(found, wanted, wire.integer(found, "JournalNumber"))
