"""The tools that record one sum of money over several documents: each document gets a payment of its own, in one plan."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.step import Step
from kf_mcp.model import dates, money
from kf_mcp.model.bank import on_account_in_words
from kf_mcp.model.customers import Customer
from kf_mcp.model.documents import Bill
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import advances, choices, payment_facts
from kf_mcp.tools.customers import CustomerKey
from kf_mcp.tools.payment_facts import AccountName, MethodName, Paid, PaidNote, PaidOn, ReceivedOn
from kf_mcp.tools.payment_shares import NOTHING, B, Share, by_age, left_over, named, open_in_words, others, shared
from kf_mcp.tools.suppliers import supplier_called
from kf_mcp.writing.plan import Plan

MOST: Final = 50


class InvoiceShare(BaseModel):
    """What one invoice gets of the money."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    invoice: Annotated[int, Field(ge=1, description="Its number")]
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds; default: all that is outstanding")] = None


class BillShare(BaseModel):
    """What one bill gets of the money."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    purchase: Annotated[int, Field(ge=1, description="KashFlow's number of the bill")]
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds; default: all that we owe on it")] = None


@writes("Record one receipt over several invoices", destructive=False, toolset="payments")
async def record_payments(
    books: Books,
    customer: CustomerKey,
    total: Annotated[Paid, Field(gt=0, description="Pounds received in all")],
    invoices: Annotated[
        list[InvoiceShare], Field(max_length=MOST, description="Which invoices the person wants paid by it")
    ] = [],  # noqa: B006 - read only
    oldest_first: Annotated[
        bool, Field(description="true, where the person says so: the oldest invoices until it is used up")
    ] = False,
    rest_on_account: Annotated[bool, Field(description="true: what is left over stays as an advance")] = False,
    date: ReceivedOn = None,
    method: MethodName = "",
    bank_account: AccountName = "",
    note: PaidNote = "",
) -> Plan:
    """Record one receipt of money from a customer over several of its invoices: one preview, one yes, one payment for each invoice.

    Say which by `invoices`, or `oldest_first`; with neither, the open invoices come back: ask the person. Refused: more than the
    total, more than an invoice has outstanding, paid invoices, another customer's, credit notes, and money left over unless
    `rest_on_account`. If it stops on its way the reply says which are in the books, and `finish_write` does the rest. For one
    invoice use `record_payment`.
    """
    payer = await choices.customer(books, customer)
    owned = await books.invoices.of_customer(payer.id)
    whose = f"{quoted(payer.name, 60)} ({payer.code})"
    if bool(invoices) == oldest_first:
        problem = (
            "Both `invoices` and `oldest_first` were given." if invoices else "Which invoices it pays was not said."
        )
        raise Refused(
            problem,
            f"Ask the person, and call again with one of `invoices` and `oldest_first`. {open_in_words(owned, whose)}",
        )
    if invoices:
        asked = [(share.invoice, share.amount) for share in invoices]
        shares = named(asked, owned, whose)
    else:
        shares = by_age(owned, total, whose)
    rest = total - shared(shares)
    if rest < 0:
        raise Refused(
            f"The invoices come to {money.in_words(shared(shares))}, "
            f"{money.in_words(-rest)} more than the {money.in_words(total)} received.",
            f"{NOTHING} Ask the person which invoice is paid only in part, and name its amount.",
        )
    if rest and not rest_on_account:
        raise left_over(rest, total, shares, owned, whose)
    way = await payment_facts.way_in(books, method, bank_account)
    day = date or books.today
    steps: list[Step] = [
        payment_steps.of_invoice(payment_facts.received(share.owed, share.amount, day, way, note)) for share in shares
    ]
    kept = []
    if rest:
        control = await advances.control_account(books, "customer", None)
        money_in = advances.received(payer.id, rest, day, way.account.id, control.id, note)
        steps.append(money_in)
        kept.append(f"{money.in_words(rest)} stays on account: money in against {control.in_words()}")
    odd = []
    for share in shares:
        earlier = await books.payments.of_invoice(share.owed.number)
        odd += _of_its_own(share, payment_facts.odd_payment(share.owed, share.amount, day, earlier))
    return Plan(
        title=f"Receipt of {money.in_words(total)} from {quoted(payer.name, 80)} ({payer.code}) for {counted(len(shares), 'invoice')}"
        + (", the rest on account" if rest else ""),
        facts=(
            *(["Shared out over the oldest invoices first, by their dates, as was asked"] if oldest_first else []),
            *(share.in_words() for share in shares),
            *kept,
            f"Received {dates.in_words(day)}{'' if date else ' (today)'}",
            way.in_words(),
            f"Together {money.in_words(total)}; the bank account shows {counted(len(steps), 'amount')}",
            *([f"Note on each: {quoted(note, 200)}"] if note else []),
        ),
        warnings=(*odd, *payment_facts.odd_day(day, books.today), *await _unused(books, payer, owned)),
        steps=tuple(steps),
        amount=total,
        dated=(day,),
    )


@writes("Record the payment of several bills", destructive=False, toolset="payments")
async def pay_purchases(
    books: Books,
    supplier: Annotated[
        str, Field(min_length=1, max_length=120, description="Code, or a name that only one supplier has")
    ],
    bills: Annotated[list[BillShare], Field(min_length=1, max_length=MOST, description="Which bills were paid")],
    total: Annotated[
        Paid | None, Field(gt=0, description="Pounds that left the bank; refused where the bills come to another sum")
    ] = None,
    date: PaidOn = None,
    method: MethodName = "",
    bank_account: AccountName = "",
    note: PaidNote = "",
) -> Plan:
    """Record money paid to one supplier for several of its bills: one preview, one yes, one payment for each bill. No money is moved.

    Refused: paid bills, another supplier's, credit notes, more than a bill has outstanding, and a `total` that is not the sum of the
    bills; for money beyond them use `record_advance`. If it stops on its way the reply says which are in the books, and
    `finish_write` does the rest. For one bill use `pay_purchase`.
    """
    payee = await supplier_called(books, supplier)
    owned = await books.purchases.of_supplier(payee.id)
    whose = f"{quoted(payee.name, 60)} ({payee.code})"
    shares = named([(share.purchase, share.amount) for share in bills], owned, whose)
    paid = shared(shares)
    if total is not None and total != paid:
        raise Refused(
            f"The bills come to {money.in_words(paid)}, not {money.in_words(total)}.",
            f"{NOTHING} Ask the person: name further bills, or the amounts of those that were paid in part; money beyond the bills is "
            f"entered with `record_advance`. {open_in_words(others(owned, [share.owed.id for share in shares]), whose, 'Nothing else')}",
        )
    way = await payment_facts.way_out(books, method, bank_account)
    day = date or books.today
    odd = []
    for share in shares:
        earlier = await books.purchases.payments(share.owed.number)
        odd += _of_its_own(share, payment_facts.odd_payment(share.owed, share.amount, day, earlier))
    unused = [found for found in owned if found.is_credit_note and found.outstanding]
    return Plan(
        title=f"Payment of {money.in_words(paid)} to {quoted(payee.name, 80)} ({payee.code}) for {counted(len(shares), 'bill')}",
        facts=(
            *(share.in_words() for share in shares),
            f"Paid {dates.in_words(day)}{'' if date else ' (today)'}",
            way.in_words(),
            f"Together {money.in_words(paid)}"
            + ("" if total is not None else " (the sum of the bills)")
            + f"; the bank account shows {counted(len(shares), 'amount')}",
            *([f"Note on each: {quoted(note, 200)}"] if note else []),
        ),
        warnings=(*odd, *payment_facts.odd_day(day, books.today), *map(_unused_credit, unused)),
        steps=tuple(
            payment_steps.of_purchase(payment_facts.paid(share.owed, share.amount, day, way, note)) for share in shares
        ),
        amount=paid,
        dated=(day,),
    )


def _of_its_own(share: Share[B], said: Sequence[str]) -> list[str]:
    """Warnings, each with the document that it is about."""
    return [f"{payment_facts.called(share.owed).capitalize()} {share.owed.number}: {text}" for text in said]


def _unused_credit(found: Bill) -> str:
    how = (
        "`apply_credit_note` sets it against an invoice"
        if payment_facts.called(found) == "invoice"
        else "a supplier's credit note is set against a bill in KashFlow itself, whose API has no operation for it"
    )
    return f"Credit note {found.number} of {money.in_words(-found.outstanding, found.currency)} is not used yet: {how}."


async def _unused(books: Books, payer: Customer, owned: Sequence[Invoice]) -> list[str]:
    """What the customer has to its credit already, which the person may have forgotten."""
    on_account = [
        f"There is money on account: {on_account_in_words(found)}." for found in await books.bank.advances(payer.id)
    ]
    return [_unused_credit(found) for found in owned if found.is_credit_note and found.outstanding] + on_account
