"""The tools that change and delete money in and out of a bank account."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import bank_steps
from kf_mcp.kashflow.bank import to_bank_transaction
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.records import Record
from kf_mcp.model import dates, money, vat
from kf_mcp.model.bank import MAY_BE_USED, BankTransaction
from kf_mcp.model.dates import Day
from kf_mcp.model.reference import BankAccount
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import bank_amounts, ledger_choices
from kf_mcp.tools.bank_amounts import Direction, Tax, TransactionKey
from kf_mcp.tools.bank_writes import nominal_of
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_lines import Rate
from kf_mcp.tools.payments import Paid
from kf_mcp.writing.plan import Plan


@writes("Change a bank transaction", destructive=True, toolset="bank")
async def update_bank_transaction(
    books: Books,
    transaction: TransactionKey,
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds, with VAT")] = None,
    direction: Annotated[Direction | None, Field(description="Money in or money out")] = None,
    nominal: Annotated[str, Field(max_length=100, description="Code or name; empty: stays")] = "",
    date: Annotated[Day | None, Field(description="Year first")] = None,
    comment: Annotated[Line | None, Field(max_length=200, description="Empty: made blank")] = None,
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0, or N/A: no VAT in it")] = None,
    vat: Annotated[Paid | None, Field(ge=0, description="VAT in the amount")] = None,
    project: Annotated[str | None, Field(max_length=100, description="Number, reference or name; empty: none")] = None,
) -> Plan:
    """Change what is named of one bank transaction; everything else of it stays, and what is left out is not touched.

    The preview shows each old and new value. Where the amount changes and VAT is in it, `vat_rate` or `vat` must say what becomes of it.
    A transfer is refused (delete it and record it anew); of money on account only comment and project change. To move it to another
    account, delete it and record it there. Refused where somebody changed it meanwhile.
    """
    account, found, record, other = await _standing(books, transaction)
    if other is not None:
        raise Refused(
            f"Bank transaction {transaction} is a transfer between {quoted(account.name, 60)} and {quoted(other.name, 60)}.",
            "Nothing was written. Delete it with `delete_bank_transaction` and record it anew with `record_transfer`.",
        )
    is_more = any(value is not None for value in (amount, direction, date, vat_rate, vat)) or bool(nominal.strip())
    if is_more and (found.customer_id or found.supplier_id):
        raise Refused(
            f"Bank transaction {transaction} is money on account, of which only comment and project can change here.",
            "Nothing was written. Delete it and enter it anew with `record_advance`, if nothing was set against a document.",
        )
    remarks: tuple[str, ...] = ()
    after = found
    if nominal.strip():
        chosen, remarks = await bank_amounts.purpose(books, nominal)
        after = after.model_copy(update={"type_id": chosen.id})
    if comment is not None:
        after = after.model_copy(update={"comment": comment})
    if project is not None:
        job = await ledger_choices.project(books, project) if project.strip() else None
        after = after.model_copy(update={"project_id": job.id if job else 0})
    if date is not None:
        after = after.model_copy(update={"date": date})
    after = _with_amount(after, amount, direction)
    tax = await _tax(books, found, after, vat_rate, vat)
    after = after.model_copy(update={"is_vatable": tax.is_vatable, "vat_rate": tax.rate, "vat": tax.amount})
    way: Direction = "in" if after.money_in else "out"
    rules = bank_amounts.vat_rules(tax, abs(after.amount), way, after.date, after.comment)
    step = bank_steps.change_of(record, found, after)
    is_larger = (after.money_in, after.money_out) != (found.money_in, found.money_out)
    return Plan(
        title=f"Change of bank transaction {transaction}, {_what(found, account)}",
        facts=(*await _alterations(books, found, after), "Nothing else of it changes", *rules.notes),
        warnings=(*remarks, *rules.warnings),
        steps=(step,),
        amount=abs(after.amount) if is_larger else Decimal(0),
        alters=tuple(sorted({found.date, after.date})),
    )


@writes("Delete a bank transaction", destructive=True, toolset="bank")
async def delete_bank_transaction(books: Books, transaction: TransactionKey) -> Plan:
    """Delete one bank transaction by its id, such as one that was entered twice; a transfer goes from both accounts.

    The preview shows what it is. Refused where it is money on account of a customer that KashFlow no longer lists as such, since it was
    then set against an invoice. Undoing enters it again under a new id. Payments of invoices and purchases are not bank transactions: they
    have deletions of their own in the toolset `payments`.
    """
    account, found, record, other = await _standing(books, transaction)
    warnings = []
    if found.customer_id and all(one.id != transaction for one in await books.bank.advances(found.customer_id)):
        raise Refused(
            f"Bank transaction {transaction} was money on account and is set against an invoice.",
            "Nothing was written. No operation of KashFlow takes that back; do it in KashFlow itself.",
        )
    if found.customer_id or found.supplier_id:
        warnings.append(MAY_BE_USED)
    names = await _names(books)
    facts = [
        f"Transfer: it goes from the lists of {quoted(account.name, 60)} and {quoted(other.name, 60)}"
        if other
        else f"Nominal: {names.get(found.type_id, 'a nominal no longer in use')}",
        f"VAT: {_vat(found)}",
        f"Comment: {quoted(found.comment, 200) if found.comment else 'none'}",
    ]
    ends = (other.id, (await nominal_of(books, other)).id) if other else (0, 0)
    return Plan(
        title=f"Deletion of bank transaction {transaction}, {_what(found, account)}",
        facts=tuple(facts),
        warnings=tuple(warnings),
        steps=(bank_steps.DeleteBankTransaction.of(record, account.id, *ends),),
        alters=(found.date,),
    )


async def _standing(books: Books, transaction: int) -> tuple[BankAccount, BankTransaction, Record, BankAccount | None]:
    """A transaction with its account, and the account at the other end of a transfer; seen from where the money left."""
    accounts = {account.id: account for account in await books.reference.bank_accounts()}
    standing = await books.bank.standing(transaction, list(accounts))
    rows = sorted(
        ((to_bank_transaction(record, key), record) for key, record in standing.items()), key=lambda row: row[0].amount
    )
    found, record = rows[0]
    other = accounts[rows[1][0].account_id] if len(rows) > 1 else None
    return accounts[found.account_id], found, record, other


def _with_amount(found: BankTransaction, amount: Decimal | None, direction: Direction | None) -> BankTransaction:
    """The transaction with another amount, or the other way round."""
    paid = abs(found.amount) if amount is None else amount
    is_in = found.amount > 0 if direction is None else direction == "in"
    none = Decimal(0)
    return found.model_copy(update={"money_in": paid if is_in else none, "money_out": none if is_in else paid})


async def _tax(
    books: Books, found: BankTransaction, after: BankTransaction, rate: Decimal | None, amount: Decimal | None
) -> Tax:
    """The VAT in it afterwards: as asked, else as it was, which a new amount forbids."""
    gross = abs(after.amount)
    if rate is not None or amount is not None:
        kept = found.vat_rate if found.is_vatable else None
        return await bank_amounts.tax(books, gross, kept if rate is None else rate, amount)
    if found.is_vatable and found.vat and gross != abs(found.amount):
        raise Refused(
            f"The transaction has VAT of {money.in_words(found.vat)} in it ({vat.rate_in_words(found.vat_rate)}), and the amount changes.",
            "Nothing was written. Set `vat_rate` (the VAT is worked out from the new amount) or `vat` (as the receipt shows it).",
        )
    return Tax(found.is_vatable, found.vat_rate, found.vat)


async def _alterations(books: Books, found: BankTransaction, after: BankTransaction) -> list[str]:
    """What was and what becomes of it, line by line."""
    names = await _names(books)
    jobs = {}
    if found.project_id != after.project_id:
        jobs = {job.id: ledger_choices.project_in_words(job) for job in await books.projects.all()}
    unknown = "one no longer in use"
    pairs = [
        ("Date", dates.in_words(found.date), dates.in_words(after.date)),
        ("Amount", _amount(found), _amount(after)),
        ("Nominal", names.get(found.type_id, unknown), names.get(after.type_id, unknown)),
        ("VAT", _vat(found), _vat(after)),
        ("Comment", *(quoted(one.comment, 200) if one.comment else "none" for one in (found, after))),
        ("Project", *(jobs.get(one.project_id, "none") for one in (found, after))),
    ]
    return [f"{word}: {was} becomes {is_now}" for word, was, is_now in pairs if was != is_now]


async def _names(books: Books) -> dict[int, str]:
    return {found.id: ledger_choices.in_words(found) for found in await books.reference.every_nominal()}


def _amount(row: BankTransaction) -> str:
    return f"{money.in_words(abs(row.amount))} {'in' if row.amount >= 0 else 'out'}"


def _vat(row: BankTransaction) -> str:
    if not row.is_vatable:
        return "none, left out of the VAT return"
    return f"{vat.rate_in_words(row.vat_rate)}, {money.in_words(row.vat)}"


def _what(row: BankTransaction, account: BankAccount) -> str:
    """A transaction in a few words."""
    return f"{_amount(row)} of {quoted(account.name, 60)} on {dates.in_words(row.date)}"
