"""The tools that change and delete customers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow import customer_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.change import alterations
from kf_mcp.model.customers import CustomerChanges
from kf_mcp.model.money import Figure
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices
from kf_mcp.tools.customers import CustomerKey, Line
from kf_mcp.writing.plan import Plan

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
    return Plan(
        title=f"Change of customer {quoted(found.name)} ({found.code})",
        facts=(*alterations(record, step.members), "Nothing else of the customer changes"),
        warnings=tuple(_warnings(changes, len(await books.invoices.of_customer(found.id)))),
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
            f"{quoted(found.name)} ({found.code}) has {counted(len(invoices), 'invoice')} and {counted(len(quotes), 'quote')}.",
            "Nothing was written. A customer with documents stays in the books.",
        )
    record = await books.customers.older_record(found.id)
    return Plan(
        title=f"Deletion of customer {quoted(found.name)} ({found.code})",
        facts=(
            f"E-mail: {quoted(found.email) if found.email else 'none'}; postcode: {quoted(found.postcode) if found.postcode else 'none'}",
            "No invoice and no quote stands for it",
        ),
        steps=(customer_steps.DeleteCustomer.of(record),),
    )


async def _currency_id(books: Books, code: str) -> int:
    enabled = await books.reference.currencies()
    found = next((item for item in enabled if item.code == code.strip().upper()), None)
    if found is None:
        raise ChoiceNeeded(
            "currency", f"{quoted(code, 12)} is not a currency of this account.", [c.code for c in enabled]
        )
    return found.id


def _warnings(changes: CustomerChanges, invoices: int) -> list[str]:
    said = []
    if changes.currency_id is not None and invoices:
        said.append(f"{counted(invoices, 'invoice')} of this customer keep the currency they were entered in.")
    if changes.region is not None:
        said.append("The region decides which VAT belongs on new invoices; those that exist are not changed.")
    return said
