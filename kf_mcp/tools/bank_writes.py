"""The tools that enter money in and out of a bank account, transfers, and new bank accounts."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.bank_account_steps import CreateBankAccount
from kf_mcp.kashflow.bank_steps import InsertBankTransaction, InsertTransfer
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.bank import BankTransaction, NewBankTransaction
from kf_mcp.model.dates import Day
from kf_mcp.model.reference import BankAccount, Nominal
from kf_mcp.model.text import bounded, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import bank_amounts, choices, ledger_choices
from kf_mcp.tools.bank_amounts import Direction
from kf_mcp.tools.customers import Line
from kf_mcp.tools.invoice_lines import Rate
from kf_mcp.tools.ledger_choices import in_words
from kf_mcp.tools.payments import Paid
from kf_mcp.writing.plan import Plan

FAR_OFF: Final = timedelta(days=60)
ASSET: Final = "asset"
"""A word in what KashFlow calls the type of nominals that bank accounts have."""


@writes("Record money in or out of a bank account", destructive=False, toolset="bank")
async def record_bank_transaction(
    books: Books,
    direction: Annotated[Direction, Field(description="Money in or money out")],
    amount: Annotated[Paid, Field(gt=0, description="Pounds, with VAT")],
    nominal: Annotated[
        str, Field(max_length=100, description="Code or name of what it is for; empty: the choices come back")
    ] = "",
    bank_account: Annotated[str, Field(max_length=60, description="By name; needed where there are several")] = "",
    date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    comment: Annotated[Line, Field(max_length=200, description="Kept with it, such as the payee")] = "",
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 or N/A; default: left out of the return")] = None,
    vat: Annotated[Paid | None, Field(ge=0, description="VAT in the amount; default: worked out by the rate")] = None,
    project: Annotated[str, Field(max_length=100, description="Number, reference or name")] = "",
) -> Plan:
    """Record money in or out of one bank account that belongs to no document: bank charges, wages, interest, tax, drawings.

    A preview comes first; nothing is written before a person agreed. VAT is entered only where `vat_rate` is given; then `amount` is with
    VAT. A control account, another bank account's nominal and an unknown account are refused. For money that pays an invoice use
    `record_payment`, between own accounts `record_transfer`. Each call enters one more; no money is moved at the bank.
    """
    account, account_source = choices.one_of(
        await books.reference.bank_accounts(), bank_account, "bank_account", "bank account"
    )
    chosen, remarks = await bank_amounts.purpose(books, nominal)
    job = await ledger_choices.project(books, project) if project.strip() else None
    tax = await bank_amounts.tax(books, amount, vat_rate, vat)
    day = date or books.today
    rules = bank_amounts.vat_rules(tax, amount, direction, day, comment)
    new = NewBankTransaction(
        account_id=account.id,
        date=day,
        money_in=amount if direction == "in" else Decimal(0),
        money_out=amount if direction == "out" else Decimal(0),
        nominal_id=chosen.id,
        comment=comment,
        is_vatable=tax.is_vatable,
        vat_rate=tax.rate,
        vat=tax.amount,
        project_id=job.id if job else 0,
    )
    where = "into" if direction == "in" else "out of"
    facts = [
        f"Dated {dates.in_words(day)}{'' if date else ' (today)'}",
        f"Nominal: {in_words(chosen)}",
        tax.in_words(amount),
        f"Comment: {quoted(comment, 200) if comment else 'none'}",
        *([f"Project: {ledger_choices.project_in_words(job)}"] if job else []),
        *rules.notes,
    ]
    source = f" ({account_source})" if account_source else ""
    return Plan(
        title=f"Money {direction}: {money.in_words(amount)} {where} {quoted(account.name, 60)}{source} for {in_words(chosen)}",
        facts=tuple(facts),
        warnings=(*remarks, *rules.warnings, *await _warnings(books, new), *_unused_rate(chosen, tax.is_vatable)),
        steps=(InsertBankTransaction.of(new),),
        amount=amount,
        dated=(day,),
    )


@writes("Record a transfer between own accounts", destructive=False, toolset="bank")
async def record_transfer(
    books: Books,
    from_account: Annotated[str, Field(min_length=1, max_length=60, description="Bank account that it leaves")],
    to_account: Annotated[str, Field(min_length=1, max_length=60, description="Bank account that it reaches")],
    amount: Annotated[Paid, Field(gt=0, description="Pounds")],
    date: Annotated[Day | None, Field(description="Default: today in the UK")] = None,
    comment: Annotated[Line, Field(max_length=200, description="Kept with it")] = "",
) -> Plan:
    """Record money moved between two of the company's own bank accounts; it then stands in the lists of both under one id.

    A preview comes first; nothing is written before a person agreed. The same account twice is refused. KashFlow documents no way to enter
    a transfer: it is entered as money out against the other account's nominal, and both lists are read back. Nothing moves at the bank. If
    each end is on a statement, record it once.
    """
    accounts = await books.reference.bank_accounts()
    source, _ = choices.one_of(accounts, from_account, "from_account", "bank account")
    target, _ = choices.one_of(accounts, to_account, "to_account", "bank account")
    if source.id == target.id:
        raise Refused(
            "`from_account` and `to_account` are the same account.", "Nothing was written. Name two accounts."
        )
    day = date or books.today
    new = NewBankTransaction(
        account_id=source.id,
        date=day,
        money_out=amount,
        nominal_id=(await nominal_of(books, target)).id,
        comment=comment,
    )
    return Plan(
        title=f"Transfer of {money.in_words(amount)} from {quoted(source.name, 60)} to {quoted(target.name, 60)}",
        facts=(
            f"Dated {dates.in_words(day)}{'' if date else ' (today)'}",
            f"Nominal {source.nominal_code} goes down and nominal {target.nominal_code} goes up by {money.in_words(amount)}",
            "VAT: none; a transfer is outside the VAT return",
            f"Comment: {quoted(comment, 200) if comment else 'none'}",
        ),
        warnings=tuple(await _warnings(books, new)),
        steps=(InsertTransfer.between(new, target.id),),
        amount=amount,
        dated=(day,),
    )


@writes("Open a bank account in the books", destructive=False, toolset="bank")
async def create_bank_account(
    books: Books,
    name: Annotated[Line, Field(min_length=1, max_length=60, description="As it is called in the books")],
    nominal: Annotated[int, Field(ge=1, le=999_999, description="Code of its nominal in the ledger")],
) -> Plan:
    """Open a bank account in the books, on a nominal of its own.

    Nothing can delete one, so the preview says who holds the code already. A name that an account has, a code of another bank account, of a
    control account, or of a nominal that is not an asset or liability is refused. Whether KashFlow makes a nominal for a code that is not
    in use, or wants one that exists, is not documented; `create_nominal` makes one (type current_asset). No account is opened at the bank.
    """
    accounts = await books.reference.bank_accounts()
    for account in accounts:
        if account.name.casefold() == name.casefold():
            raise Refused(f"A bank account is called {quoted(name, 60)} already.", "Nothing was written.")
        if account.nominal_code == nominal:
            raise Refused(
                f"Nominal {nominal} belongs to the bank account {quoted(account.name, 60)}.",
                "Nothing was written. Every bank account has a nominal of its own.",
            )
    every = await books.reference.every_nominal()
    held = next((found for found in every if found.code == nominal), None)
    if held is not None:
        _refuse_unfit(held, every)
    fact = (
        f"Nominal: {in_words(held)}, which is in the ledger"
        if held
        else f"Nominal: {nominal}, which is not in the ledger; whether KashFlow makes it or refuses is not documented"
    )
    return Plan(
        title=f"New bank account {quoted(name, 60)} on nominal {nominal}",
        facts=(fact, f"Bank accounts so far: {', '.join(quoted(account.name, 40) for account in accounts) or 'none'}"),
        warnings=("It stays: KashFlow has no operation that deletes a bank account.",),
        steps=(CreateBankAccount(name=name, nominal_code=nominal),),
    )


def _refuse_unfit(held: Nominal, every: list[Nominal]) -> None:
    """Refuse a nominal that cannot be a bank account's."""
    if held.archived:
        raise Refused(f"Nominal {in_words(held)} is archived.", "Nothing was written. Choose another code.")
    is_control = held.id in ledger_choices.controls(every)
    if is_control or (held.type and ASSET not in held.type.casefold()):
        kind = "a control account" if is_control else f"of the type {bounded(held.type, 40)}"
        raise Refused(
            f"Nominal {in_words(held)} is {kind}, and a bank account is a current asset or liability.",
            "Nothing was written. Choose another code.",
        )


async def nominal_of(books: Books, account: BankAccount) -> Nominal:
    """The nominal of a bank account. Raises Refused where it is not in use."""
    nominals = await books.reference.nominals()
    found = next((one for one in nominals if one.code == account.nominal_code), None)
    if found is None:
        raise Refused(
            f"The nominal {account.nominal_code} of {quoted(account.name, 60)} is not among the nominals in use.",
            "Nothing was written. Enter the transfer in KashFlow itself.",
        )
    return found


def _unused_rate(chosen: Nominal, is_vatable: bool) -> list[str]:
    """That KashFlow's own screens would have filled in VAT."""
    if is_vatable or chosen.vat_rate <= 0:
        return []
    return [f"KashFlow's default for {in_words(chosen)} is {money.plain(chosen.vat_rate)}% VAT; none is entered here."]


async def _warnings(books: Books, new: NewBankTransaction) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    today = books.today
    said = [
        f"Perhaps a duplicate: transaction {found.id} of the same account has the same amount and date"
        f"{f', {quoted(found.comment, 60)}' if found.comment else ''}."
        for found in await books.bank.transactions(new.account_id)
        if _is_same(found, new)
    ][:3]
    if new.date > today:
        said.append("It is dated in the future.")
    if today - new.date > FAR_OFF:
        said.append(f"It is dated {dates.in_words(new.date)}, far from today.")
    return said


def _is_same(found: BankTransaction, new: NewBankTransaction) -> bool:
    return (found.date, found.money_in, found.money_out) == (new.date, new.money_in, new.money_out)
