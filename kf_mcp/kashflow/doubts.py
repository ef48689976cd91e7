"""What the tool of a step would refuse or warn of, where it is an undo or a finish that sends the step.

Those have no tool of their own that looks at the books: a note that goes with a deleted invoice, an invoice that was credited already,
a reference that another project has by now. Entering again what may be there already is `twins`.
"""

from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from functools import singledispatch

from kf_mcp.errors import NotFound, NotOffered, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.bank_steps import DeleteBankTransaction, InsertBankTransaction
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.customer_steps import DeleteCustomer, RestoreCustomer
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.invoice_change_steps import ChangeInvoiceHeader, ChangeInvoiceLines
from kf_mcp.kashflow.invoice_steps import DeleteInvoice, InsertInvoice, total_of
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.journal_steps import InsertJournal
from kf_mcp.kashflow.payment_steps import InsertInvoicePayment, InsertPayment
from kf_mcp.kashflow.product_steps import ChangeProduct
from kf_mcp.kashflow.project_steps import ChangeProject
from kf_mcp.kashflow.purchase_steps import DeletePurchase, InsertPurchase
from kf_mcp.kashflow.quote_steps import ChangeQuote, InsertQuote
from kf_mcp.kashflow.step import Step
from kf_mcp.kashflow.supplier_steps import InsertSupplier
from kf_mcp.model import crediting, money
from kf_mcp.model.bank import MAY_BE_USED, on_account_in_words
from kf_mcp.model.customers import Customer
from kf_mcp.model.documents import lost_in_words
from kf_mcp.model.projects import Project
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import bounded, counted, quoted

NOTHING = "Nothing was written."


async def of_all(steps: Iterable[Step], books: Books) -> list[str]:
    """What a person should know before these are sent, as the books stand now. Raises Refused where one may not be."""
    return list(dict.fromkeys([said for step in steps for said in await doubts(step, books)]))


@singledispatch
async def doubts(step: Step, books: Books) -> list[str]:  # noqa: ARG001 - of most kinds nothing is to be said
    """What a person should know before this is sent. Raises Refused where its tool would."""
    return []


@doubts.register
async def _(step: DeleteInvoice, books: Books) -> list[str]:
    """Its notes go with it, and what names it stays."""
    notes = await books.documents.notes_of_invoice(step.id)
    deleted = await books.invoices.get(step.number)
    others = await books.invoices.of_customer(int(step.place))
    lost = [f"Its {counted(len(notes), 'note')} would be lost for good."] if notes else []
    return [*lost, *(crediting.naming(deleted, others) if deleted.id == step.id else [])]


@doubts.register
async def _(step: DeletePurchase, books: Books) -> list[str]:
    """Its notes and files go with it."""
    notes = len(await books.documents.notes_of_purchase(step.id))
    try:
        files = len(await books.documents.attachments_of_purchase(step.id))
    except NotOffered:
        files = 0
    return [lost_in_words(notes, files)] if notes or files else []


@doubts.register
async def _(step: DeleteCustomer, books: Books) -> list[str]:
    """Money that the customer paid on account would belong to nobody."""
    advances = await books.bank.advances_if_offered(step.id)
    return [f"Money of this customer is on account: {on_account_in_words(row)}." for row in advances]


@doubts.register
async def _(step: DeleteBankTransaction, books: Books) -> list[str]:
    """Money on account may have been set against a document."""
    found = (await books.bank.standing(step.id, [int(step.place)]))[int(step.place)]
    is_on_account = wire.integer(found, "CustomerId") or wire.integer(found, "SupplierId")
    return [MAY_BE_USED] if is_on_account and not step.other_account_id else []


@doubts.register
async def _(step: InsertInvoice, books: Books) -> list[str]:
    """What it credits may have been credited or paid; and a customer who is gone gets no invoice."""
    await _refuse_gone_customer(int(step.place), books)
    archived = await _archived(step, books)
    if not step.credits or total_of(step.record) >= 0:
        return archived
    others = await books.invoices.of_customer(int(step.place))
    owed = next((found for found in others if found.id == step.credits), None)
    if owed is None:
        return archived
    earlier = crediting.earlier_credits(owed, others)
    return [*crediting.beyond(owed, -to_invoice(step.record).gross, earlier), *archived]


@doubts.register
async def _(step: InsertQuote, books: Books) -> list[str]:
    """KashFlow names no currency on quotes, so the one that it had is not known."""
    await _refuse_gone_customer(int(step.place), books)
    foreign = await _foreign_quote(int(step.place), books, "this makes it one in pounds")
    return [*foreign, *await _archived(step, books)]


@doubts.register
async def _(step: InsertPurchase, books: Books) -> list[str]:
    """Its supplier may be gone."""
    await _refuse_gone_supplier(int(step.place), books)
    return await _archived(step, books)


@doubts.register
async def _(step: InsertBankTransaction, books: Books) -> list[str]:
    """Money on account is a customer's or supplier's, who may be gone."""
    await _refuse_gone_customer(wire.integer(step.record, "CustomerId"), books)
    await _refuse_gone_supplier(wire.integer(step.record, "SupplierId"), books)
    return await _archived(step, books)


@doubts.register
async def _(step: InsertJournal, books: Books) -> list[str]:
    return await _archived(step, books)


@doubts.register
async def _(step: InsertPayment, books: Books) -> list[str]:
    """Its method and bank account may be gone."""
    is_in = isinstance(step, InsertInvoicePayment)
    methods = await (books.reference.payment_methods() if is_in else books.purchases.payment_methods())
    accounts = await books.reference.bank_accounts()
    for what, member, there in (
        ("payment method", "PayMethod", {found.id for found in methods}),
        ("bank account", "PayAccount", {found.id for found in accounts}),
    ):
        if wire.integer(step.record, member) not in there:
            raise Refused(
                f"The {what} of the payment is not among those of the company any more.",
                f"{NOTHING} Record it anew, with one that there is.",
            )
    return []


@doubts.register
async def _(step: RestoreCustomer, books: Books) -> list[str]:
    """Somebody else may have the code by now."""
    await _refuse_used_code("customer", str(step.place), books.customers.by_code)
    return []


@doubts.register
async def _(step: InsertSupplier, books: Books) -> list[str]:
    """Somebody else may have the code by now."""
    await _refuse_used_code("supplier", wire.text(step.record, "Code"), books.suppliers.by_code)
    return []


@doubts.register
async def _(step: ChangeInvoiceHeader, books: Books) -> list[str]:
    """Payments that were recorded under the present date may come to lie before the other one."""
    issued = wire.day(step.members, "InvoiceDate")
    if issued is None or not isinstance(step.called, int):
        return []
    early = [found for found in await books.payments.of_invoice(step.called) if found.date < issued]
    return [f"{counted(len(early), 'payment')} of it would be dated before it."] if early else []


@doubts.register
async def _(step: ChangeInvoiceLines, books: Books) -> list[str]:
    """What is paid stays, and so what is outstanding becomes another sum."""
    now = await books.invoices.get(int(step.called))
    before, after = sum(crediting.charged(now), Decimal(0)), sum(records.sums_of(step.members["Lines"]), Decimal(0))
    if now.id != step.id or not now.paid or before == after:
        return []
    paid, outstanding, left = (
        money.in_words(amount, now.currency) for amount in (now.paid, now.outstanding, after - now.paid)
    )
    return [f"{paid} is paid or used on it: outstanding {outstanding} becomes {left}."]


@doubts.register
async def _(step: ChangeQuote, books: Books) -> list[str]:
    """An invoice that was made of it stays as it is; the customer that it goes back to may be gone."""
    await _refuse_gone_customer(wire.integer(step.members, "CustomerID"), books)
    quote = await books.quotes.get(int(step.called))
    said = await _foreign_quote(quote.customer_id, books, "writing it anew may make it one in pounds")
    if await books.quotes.state(step.id) == "converted":
        said.append("An invoice was made of this quote already; the invoice is not changed by this.")
    return said


@doubts.register
async def _(step: ChangeProject, books: Books) -> list[str]:
    """Another project may have the reference by now."""
    await _refuse_gone_customer(wire.integer(step.members, "CustomerID"), books)
    reference = wire.text(step.members, "Reference")
    used = [found for found in await books.projects.all() if found.id != step.id and _has(found, reference)]
    if used:
        raise Refused(
            f"The reference {quoted(reference, 50)} is in use by project {used[0].number} {quoted(used[0].name, 60)}.",
            f"{NOTHING} Give that one another reference first.",
        )
    return []


@doubts.register
async def _(step: ChangeProduct, books: Books) -> list[str]:
    """Another product may have the code by now."""
    code = wire.text(step.members, "Code")
    holder = await books.products.by_code(code) if code else None
    if holder and holder.id != step.id:
        raise Refused(
            f"The product code {quoted(code, 40)} is in use: {quoted(holder.name, 60)}.",
            f"{NOTHING} Give that one another code first.",
        )
    return []


async def _foreign_quote(customer_id: int, books: Books, then: str) -> list[str]:
    """That a quote's currency is not known, where the customer's is not pounds."""
    kept = (await books.customers.by_id(customer_id)).currency_id
    used = next((found for found in await books.reference.currencies() if found.id == kept), None)
    if not kept or (used and used.is_home):
        return []
    code = used.code if used else "not pounds"
    return [
        f"The customer's currency is {code}, and KashFlow names none on quotes: if this one is not in pounds, {then}."
    ]


def _has(found: Project, reference: str) -> bool:
    return bool(reference) and found.reference.casefold() == reference.casefold()


async def _refuse_used_code(who: str, code: str, holder: Callable[[str], Awaitable[Customer | Supplier]]) -> None:
    """Refuse to enter somebody again under a code that another has by now. Raises Refused."""
    if not code:
        return
    try:
        found = await holder(code)
    except NotFound:
        return
    raise Refused(
        f"The {who} code {quoted(code, 40)} is in use by {quoted(found.name, 60)}.",
        f"{NOTHING} Is that the same {who}, nothing is left to do; else enter this one anew with `create_{who}`.",
    )


async def _refuse_gone_customer(customer_id: int, books: Books) -> None:
    """Refuse what names a customer who is not in the books any more; one who was entered again has another id. Raises Refused."""
    if not customer_id:
        return
    try:
        await books.customers.by_id(customer_id)
    except NotFound:
        raise _gone("customer") from None


async def _refuse_gone_supplier(supplier_id: int, books: Books) -> None:
    """The same of a supplier. Raises Refused."""
    if not supplier_id:
        return
    try:
        await books.suppliers.by_id(supplier_id)
    except NotFound:
        raise _gone("supplier") from None


async def _archived(step: Insertion, books: Books) -> list[str]:
    """The nominals of what is entered again that nobody may choose any more."""
    rows = [step.record, *(step.record.get("Lines") or [])]
    used = {wire.integer(row, name) for row in rows for name in ("ChargeType", "NominalID", "TransactionType")}
    return [
        f"Nominal {found.code} {bounded(found.name, 50)} is archived by now."
        for found in await books.reference.every_nominal()
        if found.archived and found.id in used
    ]


def _gone(who: str) -> Refused:
    return Refused(
        f"The {who} that it was for is not in the books any more.",
        f"{NOTHING} Was the {who} entered again, it has another internal id: enter this anew for that one.",
    )
