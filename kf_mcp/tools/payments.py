"""The tool that records a payment of an invoice."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.payments import InsertInvoicePayment
from kf_mcp.model import dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.money import Figure
from kf_mcp.model.payments import NewPayment, Payment
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.customers import Line
from kf_mcp.writing.plan import Plan

FAR_OFF: Final = timedelta(days=60)
NEARLY: Final = Decimal("1.03")
"""A bank's rate differs from the invoice's by a few percent."""


def _whole_pennies(value: Decimal) -> Decimal:
    if value != money.to_pennies(value):
        raise ValueError("has more than two decimal places; money is paid in whole pennies")
    return money.to_pennies(value)


Paid = Annotated[Figure, AfterValidator(_whole_pennies)]


@writes("Record a payment of an invoice", destructive=False)
async def record_payment(
    books: Books,
    invoice: Annotated[int, Field(ge=1, description="The visible invoice number")],
    amount: Annotated[Paid | None, Field(gt=0, description="Pounds received; default: all that is outstanding")] = None,
    date: Annotated[Day | None, Field(description="When it was received; default: today in the UK")] = None,
    method: Annotated[
        str, Field(max_length=60, description="Payment method by name; needed where there are several")
    ] = "",
    bank_account: Annotated[
        str, Field(max_length=60, description="Bank account by name; needed where there are several")
    ] = "",
    note: Annotated[Line, Field(max_length=200, description="Kept with the payment")] = "",
) -> Plan:
    """Record money received for one sales invoice; part payments are fine.

    A preview comes first; nothing is written before a person agreed. A paid invoice, a credit note and an unknown number are refused;
    more than is outstanding is warned of. Where several methods or bank accounts are possible and none is named, the choices come
    back: ask the person. Each call records one more payment; no money is moved.
    """
    owed = await books.invoices.get(invoice)
    payer = await books.customers.by_id(owed.customer_id)
    earlier = await books.payments.of_invoice(invoice)
    _refuse_settled(owed, earlier)
    how, how_source = choices.one_of(await books.reference.payment_methods(), method, "method", "payment method")
    account, account_source = choices.one_of(
        await books.reference.bank_accounts(), bank_account, "bank_account", "bank account"
    )
    if amount is None and owed.currency != money.HOME:
        raise Refused(
            f"Invoice {owed.number} is in {owed.currency}, and KashFlow keeps payments in pounds.",
            "Call again with `amount` set to the pounds that reached the bank: "
            f"about {money.in_words(_in_pounds(owed))} by the invoice's rate.",
        )
    received = amount if amount is not None else owed.outstanding
    day = date or books.today
    payment = NewPayment(
        invoice_id=owed.id,
        invoice_number=owed.number,
        date=day,
        amount=received,
        note=note,
        method_id=how.id,
        account_id=account.id,
    )
    by = f"By {how.name}" + (f" ({how_source})" if how_source else "")
    into = f"into {account.name}" + (f" ({account_source})" if account_source else "")
    facts = [
        _owed_in_words(owed),
        f"Received {dates.in_words(day)}"
        + ("" if date else " (today)")
        + ("" if amount is not None else "; amount: all that is outstanding"),
        f"{by} {into}",
        *(
            [f"Outstanding afterwards: {money.in_words(owed.outstanding - received)}"]
            if owed.currency == money.HOME
            else []
        ),
        *([f"Note: {quoted(note, 200)}"] if note else []),
    ]
    return Plan(
        title=f"Payment of {money.in_words(received)} from {quoted(payer.name, 80)} ({payer.code}) for invoice {owed.number}",
        facts=tuple(facts),
        warnings=tuple(_warnings(owed, payment, earlier, books.today)),
        steps=(InsertInvoicePayment(payment=payment),),
        amount=received,
        dated=(day,),
    )


def _in_pounds(owed: Invoice) -> Decimal:
    """What is outstanding, in pounds by the invoice's own rate (units of its currency for a pound)."""
    return owed.outstanding / owed.exchange_rate if owed.exchange_rate else owed.outstanding


def _owed_in_words(owed: Invoice) -> str:
    show = money.in_words
    return (
        f"Invoice {owed.number} of {dates.in_words(owed.issue_date)}: "
        f"{show(owed.gross, owed.currency)}, of which {show(owed.outstanding, owed.currency)} is outstanding"
        + (
            ""
            if owed.currency == money.HOME
            else f" (about {show(_in_pounds(owed))} by its rate {money.plain(owed.exchange_rate)})"
        )
    )


def _refuse_settled(owed: Invoice, earlier: list[Payment]) -> None:
    """Refuse what cannot be paid."""
    if owed.is_credit_note:
        raise Refused(
            f"{owed.number} is a credit note, which money is not received for.",
            "Apply it to an invoice, or refund it, in KashFlow.",
        )
    if owed.outstanding > 0 and not owed.marked_paid:
        return
    paid = ", ".join(f"{money.in_words(p.amount, owed.currency)} on {dates.in_words(p.date)}" for p in earlier[-3:])
    raise Refused(
        f"Invoice {owed.number} is paid already{f' ({paid})' if paid else ''}{_odd_penny(owed)}.",
        "Nothing was written. If the money is for another invoice, find it with `find_invoices`.",
    )


def _odd_penny(owed: Invoice) -> str:
    """What the sums leave over on an invoice that KashFlow marks as paid."""
    return (
        f"; KashFlow marks it so, though {money.in_words(owed.outstanding, owed.currency)} is left"
        if owed.outstanding
        else ""
    )


def _warnings(owed: Invoice, payment: NewPayment, earlier: list[Payment], today: date) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    said = [
        f"Perhaps a duplicate: payment {found.id} has the same amount and date."
        for found in earlier
        if (found.amount, found.date) == (payment.amount, payment.date)
    ]
    if owed.currency == money.HOME and payment.amount > owed.outstanding:
        over = money.in_words(payment.amount - owed.outstanding)
        said.append(f"That is {over} more than is outstanding; the invoice would be overpaid.")
    if owed.currency != money.HOME and payment.amount > _in_pounds(owed) * NEARLY:
        said.append(
            f"That is more than the {money.in_words(_in_pounds(owed))} outstanding by the invoice's rate. Is it the figure in pounds?"
        )
    if payment.date < owed.issue_date:
        said.append(f"The payment is dated before the invoice ({dates.in_words(owed.issue_date)}).")
    if payment.date > today:
        said.append("The payment is dated in the future.")
    if today - payment.date > FAR_OFF:
        said.append(f"The payment is dated {dates.in_words(payment.date)}, far from today.")
    if owed.currency != money.HOME:
        said.append(
            f"The invoice is in {owed.currency}. By KashFlow's knowledge base (Editing a currency) payments are kept in pounds, and so it "
            "is entered; whether its API does the same is not documented. Check what is outstanding afterwards."
        )
    return said
