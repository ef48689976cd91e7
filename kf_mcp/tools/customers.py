"""Tools for customers: find, look at, enter."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.customer_steps import InsertCustomer
from kf_mcp.kashflow.together import together
from kf_mcp.model import search, twins
from kf_mcp.model.bank import on_account_in_words
from kf_mcp.model.customers import Customer, NewCustomer
from kf_mcp.model.text import bounded, counted, hides_something, quoted
from kf_mcp.toolkit import reads, writes
from kf_mcp.tools import choices
from kf_mcp.tools.customer_replies import CustomerDetails, CustomerRow, FoundCustomers, OpenInvoice
from kf_mcp.writing.plan import Plan

OPEN_SHOWN: Final = 25


def plain_line(value: str) -> str:
    """A line of text to be entered: nothing that a person could not see. Raises ValueError, as pydantic wants it."""
    if hides_something(value) or set(value) & {"\n", "\r", "\t"}:
        raise ValueError("holds line breaks, control or invisible characters; write plain text on one line")
    return value.strip()


Line = Annotated[str, AfterValidator(plain_line)]

CustomerKey = Annotated[
    str, Field(min_length=1, max_length=120, description="Code, or a name that only one customer has")
]


@reads("Find customers")
async def find_customers(
    books: Books,
    words: Annotated[
        str,
        Field(
            max_length=200, description="Any part of name, code, e-mail, contact, postcode or telephone; typos are fine"
        ),
    ] = "",
    limit: Annotated[int, Field(ge=1, le=100, description="Most rows")] = 10,
    offset: Annotated[int, Field(ge=0, description="`next_offset` of the reply before")] = 0,
) -> FoundCustomers:
    """Find customers by loose words, misspelt or partial, and see why each matched.

    Best match first; without words, every customer by name. Nothing found is an empty list, not an error. For one customer's
    balance and open invoices use `get_customer`; for invoices use `find_invoices`. The list may be a minute old.
    """
    if words.strip():
        matches = await books.customers.find(words)
        matches = matches or search.sharing(words, await books.customers.all(), choices.MOST_SHOWN)
    else:
        matches = [search.Match(found, 0, "") for found in await books.customers.all()]
    shown = matches[offset : offset + limit]
    rest = offset + len(shown)
    return FoundCustomers(
        total=len(matches),
        customers=[_row(match.party, match.why) for match in shown],
        next_offset=rest if rest < len(matches) else 0,
        seconds_old=int(books.customers.age),
    )


def _row(found: Customer, matched: str) -> CustomerRow:
    return CustomerRow(
        code=found.code,
        name=bounded(found.name),
        contact=bounded(found.contact, 60),
        email=bounded(found.email, 80),
        telephone=bounded(found.telephone or found.mobile, 30),
        postcode=bounded(found.postcode, 12),
        region=found.region,
        matched=matched,
    )


@reads("Customer with balance and open invoices")
async def get_customer(books: Books, customer: CustomerKey) -> CustomerDetails:
    """Look at one customer: address, terms, VAT region, what is owed, and every invoice that is not settled.

    Open invoices come oldest due date first, the first 25 of them. An unknown or ambiguous name is an error that lists the
    candidates. To search by loose words use `find_customers`; for settled invoices too use `find_invoices`.
    """
    found = await choices.customer(books, customer)
    balance, advances = await together(
        lambda: books.customers.balance(found.code), lambda: books.bank.advances_if_offered(found.id)
    )
    invoices = [invoice for invoice in await books.invoices.of_customer(found.id) if invoice.outstanding]
    invoices.sort(key=lambda invoice: (invoice.due_date or invoice.issue_date, invoice.number))
    return CustomerDetails(
        code=found.code,
        name=bounded(found.name),
        contact=bounded(found.contact, 60),
        email=bounded(found.email),
        telephone=bounded(found.telephone, 30),
        mobile=bounded(found.mobile, 30),
        address=[bounded(line, 80) for line in found.address],
        postcode=bounded(found.postcode, 12),
        country=bounded(found.country, 60),
        region=found.region,
        vat_number=bounded(found.vat_number, 20),
        payment_terms=found.payment_terms,
        notes=bounded(found.notes, 400),
        owed=balance.owed,
        paid=balance.paid,
        on_account=[on_account_in_words(row) for row in advances],
        open_invoices=[
            OpenInvoice(
                number=invoice.number,
                issue_date=invoice.issue_date,
                due_date=invoice.due_date,
                currency=invoice.currency,
                gross=invoice.gross,
                outstanding=invoice.outstanding,
                status=invoice.status(books.today),
            )
            for invoice in invoices[:OPEN_SHOWN]
        ],
        open_total=len(invoices),
    )


@writes("Enter a new customer", destructive=False)
async def create_customer(
    books: Books,
    name: Annotated[Line, Field(min_length=1, max_length=100, description="As it stands on invoices")],
    contact: Annotated[Line, Field(max_length=100, description="Person to write to")] = "",
    email: Annotated[Line, Field(max_length=200, description="Several with commas")] = "",
    telephone: Annotated[Line, Field(max_length=40, description="As it is dialled")] = "",
    mobile: Annotated[Line, Field(max_length=40)] = "",
    address: Annotated[
        list[Annotated[Line, Field(max_length=100)]], Field(max_length=4, description="Up to four lines")
    ] = [],  # noqa: B006 - read only
    postcode: Annotated[Line, Field(max_length=12)] = "",
    country: Annotated[Line, Field(max_length=60, description="Country name; empty for the UK")] = "",
    country_code: Annotated[str, Field(pattern="^([A-Za-z]{2})?$", description="Such as GB, FR")] = "",
    region: Annotated[
        Literal["UK", "EU", "world"] | None,
        Field(description="For VAT; EU: VAT-registered there. Needed if abroad"),
    ] = None,
    vat_number: Annotated[Line, Field(max_length=20, description="Such as GB123456789")] = "",
    payment_terms: Annotated[int, Field(ge=0, le=365, description="Days; 0: the company's")] = 0,
    code: Annotated[str, Field(pattern="^[A-Za-z0-9]*$", max_length=20, description="Empty: KashFlow makes one")] = "",
    notes: Annotated[Line, Field(max_length=1000, description="For our own eyes")] = "",
) -> Plan:
    """Enter a new customer. The preview comes first and shows existing customers that may be the same one.

    Look with `find_customers` first. Nothing is written before a person agreed; a code that is in use is refused. A repeat asks
    anew and says that it is one.
    """
    if email and ("@" not in email or " " in email.replace(", ", ",")):
        raise Refused(f"`email` {quoted(email, 60)} is not an e-mail address.", "Nothing was written.")
    everyone = await books.customers.all()
    if code and any(found.code.casefold() == code.casefold() for found in everyone):
        raise Refused(
            f"The customer code {code!r} is in use.", "Leave `code` empty and KashFlow makes one, or choose another."
        )
    abroad = bool(country_code and country_code.upper() not in {"GB", "UK"}) or (
        bool(country)
        and country.casefold() not in {"uk", "united kingdom", "great britain", "england", "scotland", "wales"}
    )
    if region is None and abroad:
        raise Refused(
            "`region` is missing for a customer abroad.", "Set `region` to EU (VAT-registered there) or world."
        )
    new = NewCustomer(
        code=code,
        name=name,
        contact=contact,
        email=email,
        telephone=telephone,
        mobile=mobile,
        address=tuple(line for line in address if line),
        postcode=postcode,
        country_code=country_code.upper(),
        country=country,
        region=region or "UK",
        vat_number=vat_number,
        payment_terms=payment_terms,
        notes=notes,
    )
    named_so = {found.id for found in await books.customers.nearly(name)}
    facts = [
        f"Code: {code or 'made by KashFlow from the name'}",
        f"Contact: {_said(contact)}; e-mail: {_said(email)}; telephone: {_said(telephone)}; mobile: {_said(mobile)}",
        f"Address: {_said(', '.join(new.address))}; postcode: {_said(postcode)}; country: {_said(country)} {country_code.upper()}".strip(),
        f"Region for VAT: {new.region}{'' if region or country or country_code else ' (assumed, as no country was given)'}",
        f"VAT number: {_said(vat_number)}",
        f"Payment terms: {counted(payment_terms, 'day') if payment_terms else await _companys_terms(books)}",
    ]
    return Plan(
        title=f"New customer {quoted(name)}",
        facts=(*facts, *([f"Notes: {quoted(notes, 1000)}"] if notes else [])),
        warnings=(
            *twins.of_customer(new, everyone, named_so),
            *([] if new.address else ["No address is given: invoices to this customer will show none."]),
        ),
        steps=(InsertCustomer(customer=new, known=tuple(sorted(named_so))),),
    )


async def _companys_terms(books: Books) -> str:
    company = await books.reference.company()
    days = counted(company.payment_terms, "day") if company.payment_terms else "none"
    return f"those of the company ({days}{' after the end of the month' if company.terms_from_month_end else ''})"


def _said(text: str) -> str:
    """A text that will be written, in full, or that there is none."""
    return quoted(text, 1000) if text else "none"
