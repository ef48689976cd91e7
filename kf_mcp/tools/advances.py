"""The tools for money on account: paid before there is a bill, and set against one later."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.advance_steps import AllocateAdvanceToInvoice, AllocateAdvanceToPurchase
from kf_mcp.kashflow.bank_steps import InsertBankTransaction
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.bank import BankTransaction, NewBankTransaction
from kf_mcp.model.checks import control_accounts
from kf_mcp.model.documents import Bill
from kf_mcp.model.payments import Kind, is_open
from kf_mcp.model.text import bounded, counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices, payment_facts
from kf_mcp.tools.customers import Line
from kf_mcp.tools.payment_facts import AccountName, Paid
from kf_mcp.tools.suppliers import supplier_called
from kf_mcp.writing.plan import Plan

Party = Literal["customer", "supplier"]

WORDS: Final = {"customer": "debtors", "supplier": "creditors"}
"""By what KashFlow calls the control account of each."""


DEPOSIT: Final = (
    "A deposit for goods or work that bear VAT may make VAT due when it is received (tax points: VAT Notice 700), and this entry carries "
    "none. Should there be an invoice for the deposit instead, paid with `record_payment`? If in doubt ask the accountant."
)


@dataclass(frozen=True)
class Control:
    """The control account that money on account goes to, and where the choice came from."""

    id: int
    name: str
    source: str

    def in_words(self) -> str:
        """As the preview shows it."""
        return f"{self.name} ({self.source})" if self.source else self.name


async def control_account(books: Books, kind: Party, code: int | None) -> Control:
    """Debtors or Creditors Control: the nominal with this code, or the only one called so. Raises ChoiceNeeded or Refused."""
    nominals = await books.reference.nominals()
    called_so = control_accounts(nominals, WORDS[kind])
    if code is not None:
        named = next((nominal for nominal in nominals if nominal.code == code), None)
        if named is None:
            raise ChoiceNeeded("control_nominal", f"No nominal has the code {code}.", list(called_so.values()))
        return Control(named.id, choices.nominal_in_words(named), "")
    if len(called_so) == 1:
        (found,) = called_so.items()
        return Control(*found, source=f"the only nominal that is called {WORDS[kind].capitalize()} Control")
    raise ChoiceNeeded(
        "control_nominal",
        f"{'Several nominals are' if called_so else 'No nominal is'} called {WORDS[kind].capitalize()} Control.",
        list(called_so.values()) or [f"the code of the {WORDS[kind]} control account, which the person knows"],
    )


def received(
    customer_id: int, amount: Decimal, day: dt.date, account_id: int, control_id: int, comment: str
) -> InsertBankTransaction:
    """The step that enters money which a customer paid on account."""
    return InsertBankTransaction.of(
        NewBankTransaction(
            account_id=account_id,
            date=day,
            money_in=amount,
            nominal_id=control_id,
            comment=comment,
            customer_id=customer_id,
        )
    )


@writes("Record money on account", destructive=False, toolset="payments")
async def record_advance(
    books: Books,
    kind: Annotated[Party, Field(description="Received from a customer, or paid to a supplier")],
    party: Annotated[str, Field(min_length=1, max_length=120, description="Code, or a name that only one of them has")],
    amount: Annotated[Paid, Field(gt=0, description="Pounds")],
    date: Annotated[dates.Day | None, Field(description="When it came or went; default: today in the UK")] = None,
    bank_account: AccountName = "",
    comment: Annotated[Line, Field(max_length=200, description="Kept with it, such as: deposit for the order")] = "",
    control_nominal: Annotated[
        int | None, Field(description="Code of the control account; default: the only nominal called so")
    ] = None,
) -> Plan:
    """Record money on account (an advance): received from a customer, or paid to a supplier, before there is a bill for it.

    It is entered in the bank account against Debtors or Creditors Control, without VAT, in the customer's or supplier's name; no
    money is moved. An unknown name and several possible bank accounts come back as choices. Where there is an invoice already use
    `record_payment` or `record_payments`, for a bill `pay_purchase`; to set it against one later, `allocate_advance`.
    """
    name, code, party_id, owed = await _party(books, kind, party)
    control = await control_account(books, kind, control_nominal)
    account, source = await payment_facts.account_called(books, bank_account)
    day = date or books.today
    is_in = kind == "customer"
    standing = await books.bank.transactions(account.id)
    twins = [
        f"Perhaps a duplicate: bank transaction {row.id} has the same {kind}, amount and date."
        for row in standing
        if row.date == day and row.amount == (amount if is_in else -amount) and _whose(row, kind) == party_id
    ]
    still = (
        f"{counted(len(owed), 'invoice' if is_in else 'bill')} of {code} {'is' if len(owed) == 1 else 'are'} open: "
        f"{', '.join(str(bill.number) for bill in owed[:10])}. Is the money not for {'it' if len(owed) == 1 else 'one of them'}?"
    )
    if is_in:
        step = received(party_id, amount, day, account.id, control.id, comment)
    else:
        entered = NewBankTransaction(
            account_id=account.id,
            date=day,
            money_out=amount,
            nominal_id=control.id,
            comment=comment,
            supplier_id=party_id,
        )
        step = InsertBankTransaction.of(entered)
    return Plan(
        title=f"{money.in_words(amount)} {'from' if is_in else 'to'} {quoted(name, 80)} ({code}) on account",
        facts=(
            f"Money {'in' if is_in else 'out'} {dates.in_words(day)}{'' if date else ' (today)'}, {'into' if is_in else 'from'} "
            + account.name
            + (f" ({source})" if source else ""),
            f"Against {control.in_words()}, in the {kind}'s name; no VAT",
            f"Comment: {quoted(comment, 200) if comment else 'none'}",
        ),
        warnings=(
            *twins,
            *([still] if owed else []),
            *([DEPOSIT] if is_in and (await books.reference.company()).vat_registered else []),
            *payment_facts.odd_day(day, books.today, "money"),
        ),
        steps=(step,),
        amount=amount,
        dated=(day,),
    )


async def _party(books: Books, kind: Party, said: str) -> tuple[str, str, int, list[Bill]]:
    """Name, code and id of the customer or supplier, and its open documents, oldest first."""
    try:
        found = await choices.customer(books, said) if kind == "customer" else await supplier_called(books, said)
    except ChoiceNeeded as choice:  # by the name that this tool has for it
        raise ChoiceNeeded("party", choice.wrong, choice.choices) from None
    name, code, key = found.name, found.code, found.id
    reading = books.invoices.of_customer if kind == "customer" else books.purchases.of_supplier
    bills: list[Bill] = list(await reading(key))
    return name, code, key, sorted(filter(is_open, bills), key=lambda bill: (bill.issue_date, bill.number))


def _whose(row: BankTransaction, kind: Party) -> int:
    return row.customer_id if kind == "customer" else row.supplier_id


@writes("Set money on account against a document", destructive=True, toolset="payments")
async def allocate_advance(
    books: Books,
    kind: Annotated[Kind, Field(description="A sales invoice, or a supplier's bill")],
    number: Annotated[int, Field(ge=1, description="Its number in KashFlow")],
    transaction: Annotated[
        int | None,
        Field(ge=1, description="Id of the bank transaction that is the money; needed where there are several"),
    ] = None,
) -> Plan:
    """Set money that was paid on account (an advance) against an invoice of that customer, or a bill of that supplier.

    Nothing takes it back: the preview says so. How much is set against it KashFlow decides. Refused: a paid document, a credit note,
    one in a foreign currency, and money of somebody else; several advances come back as choices. To enter an advance use
    `record_advance`; a credit note is another thing.
    """
    owed: Bill
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        owed = invoice
        payment_facts.refuse_settled(owed, await books.payments.of_invoice(number))
        found = await books.bank.advances(invoice.customer_id)
        payer = await books.customers.by_id(invoice.customer_id)
        whose = f"{quoted(payer.name, 60)} ({payer.code})"
    else:
        purchase = await books.purchases.get(number)
        owed = purchase
        payment_facts.refuse_settled(owed, await books.purchases.payments(number))
        found = await _paid_on_account(books, purchase.supplier_id)
        payee = await books.suppliers.by_id(purchase.supplier_id)
        whose = f"{quoted(payee.name, 60)} ({payee.code})"
    if owed.currency != money.HOME:
        raise Refused(
            f"{kind.capitalize()} {number} is in {owed.currency}, and what KashFlow makes of pounds on account there is not documented.",
            "Nothing was written. Do it in KashFlow itself.",
        )
    chosen, source = _one_of(found, transaction, whose)
    paid = abs(chosen.amount)
    expected = min(paid, owed.outstanding)
    left = paid - expected
    step = AllocateAdvanceToInvoice if kind == "invoice" else AllocateAdvanceToPurchase
    share = (
        f"Expected to be set against it: {money.in_words(expected)}, if none of the money was used before, which KashFlow does not "
        f"show; outstanding afterwards: {money.in_words(owed.outstanding - expected)}"
    )
    beyond = (
        f"The money is {money.in_words(left)} more than is outstanding. Whether KashFlow keeps the rest on account or overpays the "
        f"{kind} is not documented; it is read back and told."
    )
    return Plan(
        title=f"Money on account of {whose} set against {kind} {number}",
        facts=(
            payment_facts.owed_in_words(owed),
            f"The money: {_in_words(chosen)}{f' ({source})' if source else ''}",
            share,
            "The amount and the date of the payment that comes of it are KashFlow's own; they are read back and told",
        ),
        warnings=(beyond,) if left else (),
        steps=(step(number=number, document_id=owed.id, transaction_id=chosen.id, expected=expected),),
        amount=expected,
        dated=(chosen.date,),
    )


async def _paid_on_account(books: Books, supplier_id: int) -> list[BankTransaction]:
    """Money that was paid to a supplier on account; KashFlow has no list of it, so every account is looked through."""
    controls = control_accounts(await books.reference.nominals(), WORDS["supplier"])
    return [
        row
        for account in await books.reference.bank_accounts()
        for row in await books.bank.transactions(account.id)
        if row.supplier_id == supplier_id and row.money_out > 0 and row.type_id in controls
    ]


def _one_of(found: list[BankTransaction], transaction: int | None, whose: str) -> tuple[BankTransaction, str]:
    """The money that was named, or the only money on account. Raises ChoiceNeeded or Refused."""
    listed = [f"{row.id}: {_in_words(row)}" for row in found[: choices.MOST_SHOWN]]
    if not found:
        raise Refused(
            f"No money of {whose} is on account.",
            "Nothing was written. Money that comes now is entered with `record_payment` or `record_advance`.",
        )
    if transaction is None:
        if len(found) > 1:
            raise ChoiceNeeded("transaction", f"{whose} has several sums on account.", listed)
        return found[0], "the only money on account"
    named = next((row for row in found if row.id == transaction), None)
    if named is None:
        raise ChoiceNeeded("transaction", f"Bank transaction {transaction} is no money of {whose} on account.", listed)
    return named, ""


def _in_words(row: BankTransaction) -> str:
    said = f", {quoted(row.comment, 80)}" if bounded(row.comment) else ""
    return f"{money.in_words(abs(row.amount))} of {dates.in_words(row.date)} (bank transaction {row.id}{said})"
