"""The tool that deletes a payment."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from kf_mcp.errors import NotFound, Refused
from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.documents import Bill
from kf_mcp.model.payments import Kind, Payment
from kf_mcp.model.purchases import PurchasePayment
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import payment_facts
from kf_mcp.writing.plan import Plan


@writes("Delete a payment", destructive=True, toolset="payments")
async def delete_payment(
    books: Books,
    kind: Annotated[Kind, Field(description="Of a sales invoice, or of a supplier's bill")],
    number: Annotated[int, Field(ge=1, description="The number of that invoice or bill")],
    payment: Annotated[int, Field(ge=1, description="Id of the payment, from `get_invoice` or `get_purchase`")],
) -> Plan:
    """Delete one payment of an invoice or a purchase, which makes it outstanding again; the document itself stays.

    The payment is named by its id, never by its amount. An unknown id, and what is no payment of money (an applied credit note, money on
    account set against it), are refused: what KashFlow does to the other side is not documented. `undo_write` records it again under a new
    id. To take back what this server just wrote, `undo_write` is the simpler way; there is no change of a payment: delete and record.
    """
    owed: Bill
    made: Payment | PurchasePayment | None
    if kind == "invoice":
        invoice = await books.invoices.get(number)
        owed = invoice
        made = next((found for found in await books.payments.of_invoice(number) if found.id == payment), None)
        methods = {found.id: found.name for found in await books.reference.payment_methods()}
        party = await books.customers.by_id(invoice.customer_id)
        whose = f"{quoted(party.name, 80)} ({party.code})"
    else:
        purchase = await books.purchases.get(number)
        owed = purchase
        made = next((found for found in await books.purchases.payments(number) if found.id == payment), None)
        methods = {found.id: found.name for found in await books.purchases.payment_methods()}
        payee = await books.suppliers.by_id(purchase.supplier_id)
        whose = f"{quoted(payee.name, 80)} ({payee.code})"
    record = await books.payments.record(kind, number, payment)
    if made is None or record is None:
        raise NotFound(f"payment of {kind} {number} with the id", payment, f"Its payments are shown by `get_{kind}`.")
    accounts = {found.id: found.name for found in await books.reference.bank_accounts()}
    if made.method_id not in methods or made.account_id not in accounts:
        raise Refused(
            f"Payment {payment} of {kind} {number} has no payment method or no bank account of this company: it looks like an applied "
            "credit note or money on account, not like money that moved.",
            "Nothing was written. What deleting it does to the credit note or to the money on account is not documented; take it apart in "
            "KashFlow itself.",
        )
    way = f"{'into' if kind == 'invoice' else 'from'} {accounts[made.account_id]}"
    outstanding = owed.outstanding + made.amount
    after = (
        f"; outstanding afterwards: {money.in_words(outstanding)}"
        if owed.currency == money.HOME
        else "; what is outstanding afterwards KashFlow works out in its currency"
    )
    return Plan(
        title=f"Deletion of the payment of {money.in_words(made.amount)} of {kind} {number}, {whose}",
        facts=(
            f"Payment {payment} of {dates.in_words(made.date)}: {money.in_words(made.amount)} by {methods[made.method_id]}, {way}",
            *([f"Its note: {quoted(made.note, 200)}"] if made.note else []),
            payment_facts.owed_in_words(owed) + after,
            "No money moves: if the bank shows it, the bank account in the books will be short of it",
        ),
        warnings=tuple(_odd(made.amount)),
        steps=(payment_steps.deletion(kind, record, owed.id),),
        amount=abs(made.amount),
        alters=(made.date,),
    )


def _odd(amount: Decimal) -> list[str]:
    if amount >= 0:
        return []
    return [
        "It is below zero (money given back). Whether KashFlow's API takes such a payment again, should this be undone, is not documented."
    ]
