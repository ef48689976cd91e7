"""The tools that change and delete customers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow import customer_steps, customer_words
from kf_mcp.kashflow.books import Books
from kf_mcp.model.bank import on_account_in_words
from kf_mcp.model.customers import Customer, CustomerChanges
from kf_mcp.model.money import HOME, Figure
from kf_mcp.model.payments import is_open
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.customers import CustomerKey, Line
from kf_mcp.writing.plan import Plan

MOST_LISTED = 8
AddressLines = Annotated[
    list[Annotated[Line, Field(max_length=100)]] | None, Field(max_length=4, description="All lines, up to four")
]


@writes("Change a customer", destructive=True, toolset="customers")
async def update_customer(
    books: Books,
    customer: CustomerKey,
    name: Annotated[Line | None, Field(min_length=1, max_length=100, description="As it stands on invoices")] = None,
    contact: Annotated[Line | None, Field(max_length=100, description="Person to write to")] = None,
    email: Annotated[Line | None, Field(max_length=200, description="Several with commas")] = None,
    telephone: Annotated[Line | None, Field(max_length=40)] = None,
    mobile: Annotated[Line | None, Field(max_length=40)] = None,
    address: AddressLines = None,
    postcode: Annotated[Line | None, Field(max_length=12)] = None,
    country: Annotated[Line | None, Field(max_length=60, description="Country name")] = None,
    country_code: Annotated[str | None, Field(pattern="^([A-Za-z]{2})?$", description="Such as GB, FR")] = None,
    region: Annotated[
        Literal["UK", "EU", "world"] | None, Field(description="For VAT; EU: VAT-registered there")
    ] = None,
    vat_number: Annotated[Line | None, Field(max_length=20)] = None,
    payment_terms: Annotated[int | None, Field(ge=0, le=365, description="Days; 0: the company's")] = None,
    discount: Annotated[Figure | None, Field(ge=0, le=100, description="Percent")] = None,
    currency: Annotated[str | None, Field(min_length=3, max_length=3, description="Such as EUR")] = None,
    website: Annotated[Line | None, Field(max_length=200, description="Address on the web")] = None,
    notes: Annotated[Line | None, Field(max_length=1000)] = None,
    delivery_address: AddressLines = None,
    delivery_postcode: Annotated[Line | None, Field(max_length=12, description="Of the delivery address")] = None,
) -> Plan:
    """Change what is named of one customer; everything else stays: custom fields, delivery address, trade border type.

    Left out: unchanged; an empty text: made blank. The preview shows each old and new value. The record is read just before it is sent and
    refused where somebody changed it meanwhile; invoices that exist keep what they say. A changed region or currency is for new invoices.
    """
    found = await choices.customer(books, customer)
    if email and ("@" not in email or " " in email.replace(", ", ",")):
        raise Refused(f"`email` {quoted(email, 60)} is not an e-mail address.", "Nothing was written.")
    changes = CustomerChanges(
        name=name,
        contact=contact,
        email=email,
        telephone=telephone,
        mobile=mobile,
        address=None if address is None else tuple(address),
        postcode=postcode,
        country=country,
        country_code=None if country_code is None else country_code.upper(),
        region=region,
        vat_number=vat_number,
        payment_terms=payment_terms,
        discount=None if discount is None else Decimal(discount),
        currency_id=None if currency is None else await _currency_id(books, currency),
        website=website,
        notes=notes,
        delivery_address=None if delivery_address is None else tuple(delivery_address),
        delivery_postcode=delivery_postcode,
    )
    form, record = await books.customers.record(found.id)
    step = customer_steps.change_of(form, record, customer_steps.members_of(changes))
    invoices = await books.invoices.of_customer(found.id)
    return Plan(
        title=f"Change of customer {quoted(found.name)} ({found.code})",
        facts=(
            *customer_words.alterations_in_words(record, step.members, await _currencies(books) if currency else {}),
            *_of_terms(changes, found, len([row for row in invoices if is_open(row)])),
            "Nothing else of the customer changes",
        ),
        warnings=tuple(_warnings(changes, len(invoices))),
        steps=(step,),
    )


@writes("Delete a customer", destructive=True, toolset="customers")
async def delete_customer(books: Books, customer: CustomerKey) -> Plan:
    """Delete a customer for whom nothing was entered, such as one entered twice.

    Refused while invoices or quotes stand for it. The preview shows who it is; after a yes it is gone from the lists. Undoing enters it
    again, with everything it held, under a new internal id.
    """
    found = await choices.customer(books, customer)
    invoices = await books.invoices.of_customer(found.id)
    quotes = await books.quotes.of_customer(found.id)
    if invoices or quotes:
        raise Refused(
            f"{quoted(found.name)} ({found.code}) has {_listed('invoice', [row.number for row in invoices])} and "
            f"{_listed('quote', [row.number for row in quotes])}.",
            f"Nothing was written. {_instead(bool(invoices))}",
        )
    advances = await books.bank.advances_if_offered(found.id)
    record = await books.customers.older_record(found.id)
    return Plan(
        title=f"Deletion of customer {quoted(found.name)} ({found.code})",
        facts=(
            f"Contact: {_or_none(found.contact)}; telephone: {_or_none(found.telephone or found.mobile)}; e-mail: {_or_none(found.email)}",
            f"Address: {_or_none(', '.join(found.address))}; postcode: {_or_none(found.postcode)}",
            "No invoice and no quote stands for it",
        ),
        warnings=tuple(f"Money of this customer is on account: {on_account_in_words(row)}." for row in advances),
        steps=(customer_steps.DeleteCustomer.of(record),),
    )


def _or_none(text: str) -> str:
    return quoted(text) if text else "none"


def _listed(noun: str, numbers: list[int]) -> str:
    """How many documents, and which: 2 invoices (1290, 1302)."""
    if not numbers:
        return f"no {noun}"
    more = f" and {len(numbers) - MOST_LISTED} more" if len(numbers) > MOST_LISTED else ""
    return f"{counted(len(numbers), noun)} ({', '.join(map(str, sorted(numbers)[-MOST_LISTED:]))}{more})"


def _instead(has_invoices: bool) -> str:
    """What to do with a customer that cannot be deleted."""
    quotes = "Its quotes can be given to another customer with `update_quote`, or deleted with `delete_quote`"
    if not has_invoices:
        return f"{quotes}; then it can be deleted."
    return (
        "A customer with invoices stays in the books: use the other one from now on where it was entered twice, and say so in its name or "
        f"notes with `update_customer`. {quotes}."
    )


async def _currencies(books: Books) -> dict[int, str]:
    """The currencies of the account by their ids; none is the home currency."""
    enabled = await books.reference.currencies()
    home = next((found.code for found in enabled if found.is_home), HOME)
    return {0: home, **{found.id: found.code for found in enabled}}


async def _currency_id(books: Books, code: str) -> int:
    enabled = await books.reference.currencies()
    found = next((item for item in enabled if item.code == code.strip().upper()), None)
    if found is None:
        raise ChoiceNeeded(
            "currency", f"{quoted(code, 12)} is not a currency of this account.", [c.code for c in enabled]
        )
    return found.id


def _of_terms(changes: CustomerChanges, found: Customer, still_open: int) -> list[str]:
    """That new terms are for new invoices."""
    if changes.payment_terms in {None, found.payment_terms}:
        return []
    kept = f"{counted(still_open, 'open invoice')} keep{'s its due date' if still_open == 1 else ' their due dates'}"
    return [f"The new terms are for new invoices{f'; {kept}' if still_open else ''}"]


def _warnings(changes: CustomerChanges, invoices: int) -> list[str]:
    said = []
    if changes.currency_id is not None and invoices:
        said.append(f"{counted(invoices, 'invoice')} of this customer keep the currency they were entered in.")
    if changes.region is not None:
        said.append("The region decides which VAT belongs on new invoices; those that exist are not changed.")
    return said
