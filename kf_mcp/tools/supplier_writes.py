"""The tools that enter, change and delete suppliers."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow import supplier_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.model import twins
from kf_mcp.model.money import HOME
from kf_mcp.model.reference import Currency
from kf_mcp.model.suppliers import NewSupplier, SupplierChanges
from kf_mcp.model.text import counted, quoted
from kf_mcp.model.vat_line import Place
from kf_mcp.toolkit import writes
from kf_mcp.tools.customers import Line
from kf_mcp.tools.suppliers import SupplierKey, supplier_called
from kf_mcp.writing.plan import Plan

REGIONS: Final[Mapping[Place, str]] = {
    "UK": "in the UK; its bills carry UK VAT, or none",
    "EU": "registered for VAT in the EU; its bills are entered with the rate that would hold here, and VAT 0.00",
    "world": "outside the UK and the EU; its bills are entered with the rate that would hold here, and VAT 0.00",
    "NI": "as EU, and its goods come to Northern Ireland",
}
AddressLine = Annotated[Line, Field(max_length=100)]
Where = Annotated[
    Place | None, Field(description="For VAT. EU: VAT-registered there; NI: its goods come to Northern Ireland")
]


@writes("Enter a new supplier", destructive=False, toolset="purchases")
async def create_supplier(
    books: Books,
    name: Annotated[Line, Field(min_length=1, max_length=100, description="As it stands on its bills")],
    contact: Annotated[Line, Field(max_length=100, description="Person to write to")] = "",
    email: Annotated[Line, Field(max_length=200, description="Several with commas")] = "",
    telephone: Annotated[Line, Field(max_length=40)] = "",
    mobile: Annotated[Line, Field(max_length=40)] = "",
    address: Annotated[list[AddressLine], Field(max_length=4, description="Up to four lines, the country last")] = [],  # noqa: B006 - read only
    postcode: Annotated[Line, Field(max_length=12)] = "",
    region: Where = None,
    vat_number: Annotated[Line, Field(max_length=20)] = "",
    payment_terms: Annotated[int, Field(ge=0, le=365, description="Days; 0: none set")] = 0,
    currency: Annotated[str, Field(max_length=3, description="Such as EUR; default: the home currency")] = "",
    code: Annotated[str, Field(pattern="^[A-Za-z0-9]*$", max_length=20, description="Empty: KashFlow makes one")] = "",
    website: Annotated[Line, Field(max_length=200, description="Its address on the web")] = "",
    notes: Annotated[Line, Field(max_length=1000)] = "",
) -> Plan:
    """Enter a new supplier. The preview comes first and shows existing suppliers that may be the same one.

    Look with `find_suppliers` first. Nothing is written before a person agreed; a code that is in use is refused, and so is a VAT number of
    another country without a `region`. For a bill of a supplier who is there already use `create_purchase`.
    """
    _check_email(email)
    everyone = await books.suppliers.all()
    if code and any(found.code.casefold() == code.casefold() for found in everyone):
        raise Refused(
            f"The supplier code {code!r} is in use.", "Leave `code` empty and KashFlow makes one, or choose another."
        )
    country = vat_number.strip()[:2].upper()
    if region is None and country.isalpha() and country not in {"", "GB", "UK"}:
        raise ChoiceNeeded(
            "region",
            f"No region was named for a supplier with the VAT number {quoted(vat_number, 20)}; it decides how its bills count for VAT.",
            [f"{place}: {meaning}" for place, meaning in REGIONS.items()],
        )
    kept_in = await _currency(books, currency) if currency else None
    new = NewSupplier(
        code=code,
        name=name,
        contact=contact,
        email=email,
        telephone=telephone,
        mobile=mobile,
        address=tuple(line for line in address if line),
        postcode=postcode,
        place=region or "UK",
        vat_number=vat_number,
        payment_terms=payment_terms,
        currency_id=_id_of(kept_in) if kept_in else 0,
        website=website,
        notes=notes,
    )
    facts = [
        f"Code: {code or 'made by KashFlow from the name'}",
        f"Contact: {_said(contact)}; e-mail: {_said(email)}; telephone: {_said(telephone)}; mobile: {_said(mobile)}",
        f"Address: {_said(', '.join(new.address))}; postcode: {_said(postcode)}; website: {_said(website)}",
        f"Region for VAT: {new.place}{'' if region else ' (assumed, as none was named)'}; VAT number: {_said(vat_number)}",
        f"Payment terms: {counted(payment_terms, 'day') if payment_terms else 'none'}",
        f"Currency: {kept_in.code if kept_in else 'the home currency'}",
        *([f"Notes: {quoted(notes, 1000)}"] if notes else []),
    ]
    return Plan(
        title=f"New supplier {quoted(name)}",
        facts=tuple(facts),
        warnings=tuple(twins.of_supplier(new, everyone)),
        steps=(supplier_steps.InsertSupplier.of(new),),
    )


@writes("Change a supplier", destructive=True, toolset="purchases")
async def update_supplier(
    books: Books,
    supplier: SupplierKey,
    name: Annotated[Line | None, Field(min_length=1, max_length=100, description="New name")] = None,
    contact: Annotated[Line | None, Field(max_length=100, description="Person to write to")] = None,
    email: Annotated[Line | None, Field(max_length=200, description="Several with commas")] = None,
    telephone: Annotated[Line | None, Field(max_length=40)] = None,
    mobile: Annotated[Line | None, Field(max_length=40)] = None,
    address: Annotated[list[AddressLine] | None, Field(max_length=4, description="All lines, up to four")] = None,
    postcode: Annotated[Line | None, Field(max_length=12)] = None,
    region: Where = None,
    vat_number: Annotated[Line | None, Field(max_length=20)] = None,
    payment_terms: Annotated[int | None, Field(ge=0, le=365, description="Days; 0: none set")] = None,
    currency: Annotated[str | None, Field(min_length=3, max_length=3, description="Such as EUR")] = None,
    website: Annotated[Line | None, Field(max_length=200, description="Its address on the web")] = None,
    notes: Annotated[Line | None, Field(max_length=1000)] = None,
) -> Plan:
    """Change what is named of one supplier; everything else stays, the region included.

    Left out: unchanged; an empty text: made blank. The preview shows each old and new value. The record is read just before it is sent and
    refused where somebody changed it meanwhile; purchases that exist keep what they say. A changed region or currency is for new purchases.
    """
    found = await supplier_called(books, supplier)
    _check_email(email or "")
    to_be = await _currency(books, currency) if currency else None
    changes = SupplierChanges(
        name=name,
        contact=contact,
        email=email,
        telephone=telephone,
        mobile=mobile,
        address=None if address is None else tuple(address),
        postcode=postcode,
        place=region,
        vat_number=vat_number,
        payment_terms=payment_terms,
        currency_id=_id_of(to_be) if to_be else None,
        website=website,
        notes=notes,
    )
    form, record = await books.suppliers.record(found.id)
    step = supplier_steps.change_of(form, record, changes)
    facts = supplier_steps.alterations_in_words(record, step.members, changes.place)
    if to_be and changes.currency_id != found.currency_id:
        facts.append(f"Currency: {await books.suppliers.currency(found.code) or 'blank'} becomes {to_be.code}")
    purchases = len(await books.purchases.of_supplier(found.id))
    return Plan(
        title=f"Change of supplier {quoted(found.name)} ({found.code})",
        facts=(*facts, "Nothing else of the supplier changes"),
        warnings=tuple(_warnings(changes, purchases)),
        steps=(step,),
    )


@writes("Delete a supplier", destructive=True, toolset="purchases")
async def delete_supplier(books: Books, supplier: SupplierKey) -> Plan:
    """Delete a supplier for whom nothing was entered, such as one entered twice.

    Refused while purchases stand for it; KashFlow itself may refuse one that money was paid to on account. The preview shows who it is;
    after a yes it is gone from the lists. Undoing enters it again with everything that it held, under a new internal id.
    """
    found = await supplier_called(books, supplier)
    if purchases := await books.purchases.of_supplier(found.id):
        raise Refused(
            f"{quoted(found.name)} ({found.code}) has {counted(len(purchases), 'purchase')}.",
            "Nothing was written. A supplier with purchases stays in the books.",
        )
    return Plan(
        title=f"Deletion of supplier {quoted(found.name)} ({found.code})",
        facts=(
            f"E-mail: {_said(found.email)}; postcode: {_said(found.postcode)}; VAT number: {_said(found.vat_number)}",
            "No purchase stands for it",
        ),
        steps=(supplier_steps.deletion_of(*await books.suppliers.record(found.id)),),
    )


def _check_email(email: str) -> None:
    if email and ("@" not in email or " " in email.replace(", ", ",")):
        raise Refused(f"`email` {quoted(email, 60)} is not an e-mail address.", "Nothing was written.")


async def _currency(books: Books, said: str) -> Currency:
    """The currency of this account with this code."""
    enabled = await books.reference.currencies()
    found = next((item for item in enabled if item.code == said.strip().upper()), None)
    if found is None:
        raise ChoiceNeeded(
            "currency", f"{quoted(said, 12)} is not a currency of this account.", [item.code for item in enabled]
        )
    return found


def _id_of(currency: Currency) -> int:
    """What a supplier's record holds for a currency; 0 is the home currency."""
    return 0 if currency.is_home or currency.code == HOME else currency.id


def _said(text: str) -> str:
    """A text that will be written, in full, or that there is none."""
    return quoted(text, 1000) if text else "none"


def _warnings(changes: SupplierChanges, purchases: int) -> list[str]:
    said = []
    if changes.currency_id is not None and purchases:
        said.append(f"The purchases from this supplier ({purchases}) keep the currency that they were entered in.")
    if changes.currency_id is not None:
        said.append("Whether KashFlow takes a currency with the whole record is not documented: it is read back.")
    if changes.place is not None:
        said.append("The region decides how new purchases count for VAT; those that exist are not changed.")
    return said
