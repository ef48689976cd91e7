"""What may be in the books already of that which an undo would enter again: somebody entered it anew since it was deleted.

What equals it in everything is named first; of the rest, what the tool that enters such a record would take for a duplicate.
"""

from collections.abc import Collection, Iterable
from functools import singledispatch

from kf_mcp.kashflow.bank import to_bank_transaction
from kf_mcp.kashflow.bank_steps import InsertBankTransaction
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.customer_steps import RestoreCustomer
from kf_mcp.kashflow.customers import to_customer
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.invoice_steps import InsertInvoice
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.journal_steps import InsertJournal
from kf_mcp.kashflow.journals import to_journal
from kf_mcp.kashflow.payment_steps import InsertInvoicePayment, InsertPayment
from kf_mcp.kashflow.payments import to_payment
from kf_mcp.kashflow.purchase_steps import InsertPurchase, InsertPurchaseWithDuty
from kf_mcp.kashflow.purchases import purchase_of, to_purchase
from kf_mcp.kashflow.quote_steps import InsertQuote
from kf_mcp.kashflow.quotes import to_quote
from kf_mcp.kashflow.step import Landed, Step
from kf_mcp.kashflow.supplier_steps import InsertSupplier
from kf_mcp.kashflow.suppliers import to_supplier
from kf_mcp.model import search, twins

Ids = Collection[int]


async def of_all(steps: Iterable[Step], books: Books) -> list[str]:
    """What equals the records that these steps enter, and what may be them."""
    said = []
    for step in steps:
        if isinstance(step, Insertion):
            equal = (await books.written.arrivals(step.kind, step.trace(), {"ids": []})).equal
            there = ", ".join(landed.key for landed in equal)
            said += [f"Its equal is in the books already: {there}. A yes makes one more."] if there else []
            said += await alike(step, books, _ids(equal))
    return list(dict.fromkeys(said))


def _ids(equal: Iterable[Landed]) -> Ids:
    return {landed.id for landed in equal}


@singledispatch
async def alike(step: Step, books: Books, equal: Ids) -> list[str]:  # noqa: ARG001 - of some kinds nothing is taken for a duplicate
    """What may be the record that this step enters; those with the ids in `equal` are told already."""
    return []


@alike.register
async def _(step: InsertInvoice, books: Books, equal: Ids) -> list[str]:
    """Of a document that must stand the opposite is entered: what was credited of it is told elsewhere."""
    if step.credits:
        return []
    new = to_invoice(step.record)
    past = await books.invoices.of_customer(int(step.place))
    others = [row for row in past if row.id not in equal and row.is_credit_note == new.is_credit_note]
    return twins.of_invoice(new, others)


@alike.register
async def _(step: InsertPurchase, books: Books, equal: Ids) -> list[str]:
    is_newer = isinstance(step, InsertPurchaseWithDuty)
    new = purchase_of(step.record) if is_newer else to_purchase(step.record, with_lines=True)
    past = await books.purchases.of_supplier(int(step.place))
    return twins.of_purchase(new, [row for row in past if row.id not in equal])


@alike.register
async def _(step: InsertQuote, books: Books, equal: Ids) -> list[str]:
    past = await books.quotes.of_customer(int(step.place))
    return twins.of_quote(to_quote(step.record), [row for row in past if row.id not in equal])


@alike.register
async def _(step: InsertPayment, books: Books, equal: Ids) -> list[str]:
    new, number = to_payment(step.record), int(step.place)
    is_in = isinstance(step, InsertInvoicePayment)
    past = await (books.payments.of_invoice(number) if is_in else books.purchases.payments(number))
    return [
        f"Perhaps a duplicate: payment {row.id} has the same amount and date."
        for row in past
        if row.id not in equal and (row.amount, row.date) == (new.amount, new.date)
    ]


@alike.register
async def _(step: InsertBankTransaction, books: Books, equal: Ids) -> list[str]:
    new = to_bank_transaction(step.record, int(step.place))
    return [
        f"Perhaps a duplicate: transaction {row.id} of the same account has the same amount and date."
        for row in await books.bank.transactions(int(step.place))
        if row.id not in equal and (row.date, row.amount) == (new.date, new.amount)
    ][: twins.MOST]


@alike.register
async def _(step: InsertJournal, books: Books, equal: Ids) -> list[str]:
    new = to_journal(step.record)
    return [
        f"Perhaps a duplicate: journal {row.number} of the same day moves the same amounts on the same nominals."
        for row in await books.journals.all()
        if row.id not in equal and row.is_like(new)
    ][: twins.MOST]


@alike.register
async def _(step: RestoreCustomer, books: Books, equal: Ids) -> list[str]:
    new = to_customer(step.record)
    named_so = {
        match.party.id for match in await books.customers.find(new.name) if search.is_nearly(match.party.name, new.name)
    }
    return twins.of_customer(new, [row for row in await books.customers.all() if row.id not in equal], named_so)


@alike.register
async def _(step: InsertSupplier, books: Books, equal: Ids) -> list[str]:
    return twins.of_supplier(
        to_supplier(step.record), [row for row in await books.suppliers.all() if row.id not in equal]
    )
