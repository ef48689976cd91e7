"""The tools that record one payment: of an invoice that came in, of a purchase that went out."""

from typing import Annotated

from pydantic import Field

from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import payment_facts
from kf_mcp.tools.payment_facts import AccountName, MethodName, Paid, PaidNote, PaidOn, ReceivedOn
from kf_mcp.writing.plan import Plan

__all__ = ["Paid", "pay_purchase", "record_payment"]


@writes("Record a payment of an invoice", destructive=False)
async def record_payment(
    books: Books,
    invoice: Annotated[int, Field(ge=1, description="The visible invoice number")],
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds received; default: all that is outstanding")] = None,
    date: ReceivedOn = None,
    method: MethodName = "",
    bank_account: AccountName = "",
    note: PaidNote = "",
) -> Plan:
    """Record money received for one sales invoice; part payments are fine.

    A preview comes first; nothing is written before a person agreed. A paid invoice, a credit note and an unknown number are refused;
    more than is outstanding is warned of. Where several methods or bank accounts are possible and none is named, the choices come
    back: ask the person. Each call records one more payment; no money is moved.
    """
    owed = await books.invoices.get(invoice)
    payer = await books.customers.by_id(owed.customer_id)
    earlier = await books.payments.of_invoice(invoice)
    payment_facts.refuse_settled(owed, earlier)
    way = await payment_facts.way_in(books, method, bank_account)
    payment_facts.refuse_unknown_pounds(owed, amount)
    pounds = amount if amount is not None else owed.outstanding
    day = date or books.today
    left = payment_facts.left_in_words(owed, pounds)
    facts = [
        payment_facts.owed_in_words(owed),
        f"Received {dates.in_words(day)}"
        + ("" if date else " (today)")
        + ("" if amount is not None else "; amount: all that is outstanding"),
        way.in_words(),
        *([left] if left else []),
        *([f"Note: {quoted(note, 200)}"] if note else []),
    ]
    odd = payment_facts.odd_payment(owed, pounds, day, earlier)
    return Plan(
        title=f"Payment of {money.in_words(pounds)} from {quoted(payer.name, 80)} ({payer.code}) for invoice {owed.number}",
        facts=tuple(facts),
        warnings=(*odd, *payment_facts.odd_day(day, books.today)),
        steps=(payment_steps.of_invoice(payment_facts.received(owed, pounds, day, way, note)),),
        amount=pounds,
        dated=(day,),
    )


@writes("Record the payment of a purchase", destructive=False, toolset="payments")
async def pay_purchase(
    books: Books,
    purchase: Annotated[int, Field(ge=1, description="KashFlow's number of the bill, not the supplier's reference")],
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds paid; default: all that we owe on it")] = None,
    date: PaidOn = None,
    method: MethodName = "",
    bank_account: AccountName = "",
    note: PaidNote = "",
) -> Plan:
    """Record money paid to a supplier for one purchase; part payments are fine. No money is moved: it enters what was paid.

    A preview comes first; nothing is written before a person agreed. A paid purchase, a supplier's credit note and an unknown number are
    refused; more than is outstanding is warned of. Suppliers' payment methods are a list of their own: where several methods or bank
    accounts are possible and none is named, the choices come back. Several bills paid in one go: `pay_purchases`.
    """
    owed = await books.purchases.get(purchase)
    payee = await books.suppliers.by_id(owed.supplier_id)
    earlier = await books.purchases.payments(purchase)
    payment_facts.refuse_settled(owed, earlier)
    way = await payment_facts.way_out(books, method, bank_account)
    payment_facts.refuse_unknown_pounds(owed, amount)
    pounds = amount if amount is not None else owed.outstanding
    day = date or books.today
    left = payment_facts.left_in_words(owed, pounds)
    facts = [
        payment_facts.owed_in_words(owed),
        f"Paid {dates.in_words(day)}"
        + ("" if date else " (today)")
        + ("" if amount is not None else "; amount: all that is outstanding"),
        way.in_words(),
        *([left] if left else []),
        *([f"Note: {quoted(note, 200)}"] if note else []),
    ]
    odd = payment_facts.odd_payment(owed, pounds, day, earlier)
    return Plan(
        title=f"Payment of {money.in_words(pounds)} to {quoted(payee.name, 80)} ({payee.code}) for purchase {owed.number}",
        facts=tuple(facts),
        warnings=(*odd, *payment_facts.odd_day(day, books.today)),
        steps=(payment_steps.of_purchase(payment_facts.paid(owed, pounds, day, way, note)),),
        amount=pounds,
        dated=(day,),
    )
