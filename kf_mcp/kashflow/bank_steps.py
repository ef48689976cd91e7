"""The steps that write in the bank over SOAP: money in and out that belongs to no document, transfers, new bank accounts.

Money that a customer or supplier paid on account is money in or out against Debtors or Creditors Control that names them (KashFlow's
manual, BankTransaction), so the same steps enter and delete it.
"""

from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.bank import account_rows, refuse_allocated
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Circumstances, Inverse, Kept, Landed, ReadBack, Step
from kf_mcp.model import money
from kf_mcp.model.bank import BankTransaction, NewBankTransaction


class InsertBankTransaction(Insertion):
    """Enter money in or out of a bank account; its place is the account's id."""

    kind: ClassVar[str] = "bank transaction"
    operation: ClassVar[str] = "InsertBankTransaction"
    undo: ClassVar[str] = "`undo_write` deletes the bank transaction"
    type_name: ClassVar[str] = "BankTransaction"
    parameter: ClassVar[str] = "bp"
    id_member: ClassVar[str] = "ID"
    recognised: ClassVar[tuple[str, ...]] = (
        "TransactionDate",
        "moneyin",
        "moneyout",
        "TransactionType",
        "Comment",
        "CustomerId",
        "SupplierId",
    )
    near: ClassVar[tuple[str, ...]] = ("TransactionDate",)

    @classmethod
    def of(cls, entered: NewBankTransaction) -> "InsertBankTransaction":
        """The step that enters this; it carries a customer's or supplier's id where it is money on account."""
        return cls(place=entered.account_id, record=transaction_record(entered))

    @override
    def words(self) -> str:
        paid = self.record["moneyin"] or self.record["moneyout"]
        return f"Money {'in' if self.record['moneyin'] else 'out'} of {money.in_words(paid)}"

    @override
    def target(self) -> str:
        return f"transactions of bank account {self.place}"

    @override
    def also(self) -> tuple[str, ...]:
        """Money on account rests on the customer or supplier that it names."""
        parties = (("customer", self.record.get("CustomerId")), ("supplier", self.record.get("SupplierId")))
        return tuple(f"money on account of {who} {key}" for who, key in parties if key)

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        return await account_rows(soap, place)

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_transaction(soap, landed.id, place)

    @override
    async def keep(self, soap: Connection) -> Kept:
        return {"balance": str(await _balance(soap, self.record))} if self.record.get("VatAmount") else {}

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        back = await super().read_back(soap, landed, kept)
        if back.differences or "balance" not in kept:
            return back
        moved = await _balance(soap, self.record) - Decimal(kept["balance"])
        return back.model_copy(update={"differences": tuple(taken_as_net(self.record, moved))})

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found = records.record(cls.type_name, await cls.read(soap, landed, step.place))
        await refuse_allocated(soap, found)
        day, what = wire.day(found, "TransactionDate"), step.words()
        return Inverse(
            steps=(DeleteBankTransaction.of(found, int(step.place)),),
            facts=(f"{what} (bank transaction {landed.id}) is deleted",),
            alters=(day,) if day else (),
        )


class InsertTransfer(InsertBankTransaction):
    """Move money between two own accounts: money out of one against the nominal of the other.

    KashFlow has no operation for transfers and documents no way to enter one; a transfer made on its screens stands in the lists of
    both accounts under one id (seen on the real service), so reading back looks there.
    """

    kind: ClassVar[str] = "transfer between own accounts"
    operation: ClassVar[str] = "InsertBankTransaction"
    undo: ClassVar[str] = "`undo_write` deletes the transfer, from both accounts"

    other_account_id: int

    @classmethod
    def between(cls, entered: NewBankTransaction, other_account_id: int) -> "InsertTransfer":
        """The step that moves this out of its account into the other, whose nominal it carries."""
        return cls(place=entered.account_id, record=transaction_record(entered), other_account_id=other_account_id)

    @override
    def also(self) -> tuple[str, ...]:
        """It comes to the other account's list too, where it could be taken for what another write sent there."""
        return (*super().also(), f"transactions of bank account {self.other_account_id}")

    @override
    def words(self) -> str:
        return f"Transfer of {money.in_words(self.record['moneyin'] or self.record['moneyout'])}"

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        back = await super().read_back(soap, landed, kept)
        other = await read_transaction(soap, landed.id, self.other_account_id)
        there = (wire.decimal(other, "moneyin"), wire.decimal(other, "moneyout"))
        if other is None:
            said = "it does not stand in the list of the other account: KashFlow took it for something else than a transfer"
        elif there != (self.record["moneyout"], self.record["moneyin"]):
            said = f"the other account shows {money.in_words(there[0])} in and {money.in_words(there[1])} out"
        else:
            return back
        return back.model_copy(update={"differences": (*back.differences, said)})

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        step = cls.model_validate(kept["step"])
        found = records.record(cls.type_name, await cls.read(soap, landed, step.place))
        day = wire.day(found, "TransactionDate")
        nominal = wire.integer(step.record, "TransactionType")
        back = DeleteBankTransaction.of(found, int(step.place), step.other_account_id, nominal)
        said = f"{step.words()} (bank transaction {landed.id}) is deleted, from both accounts"
        return Inverse(steps=(back,), facts=(said,), alters=(day,) if day else ())


class ChangeBankTransaction(Change):
    """Change members of money in or out of a bank account; its key is the account's id."""

    kind: ClassVar[str] = "change of a bank transaction"
    operation: ClassVar[str] = "UpdateBankTransaction"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the transaction since"
    type_name: ClassVar[str] = "BankTransaction"
    parameter: ClassVar[str] = "bp"
    noun: ClassVar[str] = "bank transaction"
    id_member: ClassVar[str] = "ID"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_transaction(soap, record_id, key)

    @override
    async def write(self, soap: Connection, merged: Record) -> None:
        await soap.write(self.operation, bp=records.wired(soap, self.type_name, merged), TransactionID=self.id)

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        inverse = await super().inverse(soap, landed, kept, circumstances)
        now = await cls.model_validate(kept["step"]).as_it_stands(soap)
        days = {wire.day(one, "TransactionDate") for one in (now, records.record(cls.type_name, kept["record"]))}
        return inverse.model_copy(update={"alters": tuple(sorted(day for day in days if day))})


class DeleteBankTransaction(Removal):
    """Delete money in or out of a bank account; its place is the account's id."""

    kind: ClassVar[str] = "deletion of a bank transaction"
    operation: ClassVar[str] = "DeleteBankTransaction"
    undo: ClassVar[str] = "`undo_write` enters the bank transaction again, under a new id"
    type_name: ClassVar[str] = "BankTransaction"
    noun: ClassVar[str] = "bank transaction"
    id_member: ClassVar[str] = "ID"

    other_account_id: int = 0
    """The account at the other end of a transfer."""
    other_nominal_id: int = 0
    """The nominal of that account, against which the transfer is entered again."""

    @classmethod
    def of(
        cls, found: Record, account_id: int, other_account_id: int = 0, other_nominal_id: int = 0
    ) -> "DeleteBankTransaction":
        """The step that deletes this transaction as it stands in the list of this account."""
        return cls(
            id=wire.integer(found, "ID"),
            place=account_id,
            before=cls.fingerprint(found),
            amount=wire.decimal(found, "moneyin") + wire.decimal(found, "moneyout"),
            other_account_id=other_account_id,
            other_nominal_id=other_nominal_id,
        )

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_transaction(soap, landed.id, place)

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, TransactionID=self.id)

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        back = await super().read_back(soap, landed, kept)
        if self.other_account_id and await read_transaction(soap, self.id, self.other_account_id) is not None:
            said = "the transfer still stands in the list of the other account"
            return back.model_copy(update={"differences": (*back.differences, said)})
        return back

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        inverse = await super().inverse(soap, landed, kept, circumstances)
        day = wire.day(records.record(cls.type_name, kept["record"]), "TransactionDate")
        return inverse.model_copy(update={"dated": (day,) if day else ()})

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        if not step.other_account_id:
            return InsertBankTransaction(place=step.place, record={**earlier, "ID": 0})
        members = {**earlier, "ID": 0, "TransactionType": step.other_nominal_id}
        return InsertTransfer(place=step.place, record=members, other_account_id=step.other_account_id)


async def read_transaction(soap: Connection, transaction_id: int, account_id: int | str) -> Any:
    """A transaction as it stands in the list of an account; None where it is not there."""
    rows = await account_rows(soap, account_id)
    return next((row for row in rows if wire.integer(row, "ID") == transaction_id), None)


def transaction_record(entered: NewBankTransaction) -> Record:
    """New money in or out by KashFlow's names."""
    return {
        "ID": 0,
        "accid": entered.account_id,
        "TransactionDate": wire.midnight(entered.date),
        "moneyin": entered.money_in,
        "moneyout": entered.money_out,
        "Vatable": int(entered.is_vatable),
        "VatRate": entered.vat_rate,
        "VatAmount": entered.vat,
        "TransactionType": entered.nominal_id,
        "Comment": entered.comment,
        "ProjectID": entered.project_id,
        "CustomerId": entered.customer_id,
        "SupplierId": entered.supplier_id,
    }


def change_of(standing: Record, found: BankTransaction, after: BankTransaction) -> ChangeBankTransaction:
    """The step that makes of a transaction what it is to be. Raises Refused where nothing would change."""
    was, members = (
        transaction_record(NewBankTransaction(nominal_id=row.type_id, **row.model_dump(exclude={"id", "type_id"})))
        for row in (found, after)
    )
    differing = {name: value for name, value in members.items() if value != was[name]}
    return ChangeBankTransaction.of(standing, differing, found.account_id)


def taken_as_net(entered: Record, moved: Decimal) -> list[str]:
    """That the account moved by more than was entered, by exactly the VAT.

    Whether KashFlow takes amounts with their VAT is not documented; only the balance shows it. Any other movement may be somebody
    else's entry and says nothing.
    """
    amount, vat = entered["moneyin"] or entered["moneyout"], entered["VatAmount"]
    if not vat or abs(moved) != amount + vat:
        return []
    by, instead = money.in_words(abs(moved)), money.in_words(amount)
    return [f"the account's balance moved by {by}, not {instead}: KashFlow took the amount without its VAT"]


async def _balance(soap: Connection, entered: Record) -> Decimal:
    """What was in the account at the end of the transaction's day."""
    answer = await soap.read(
        "GetBankBalance", AccountID=entered["accid"], BalanceDate=wire.midnight(entered["TransactionDate"].date())
    )
    return money.to_pennies(Decimal(answer.result or 0))
