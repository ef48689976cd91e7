"""Tools for suppliers: find them, look at one."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, NotFound
from kf_mcp.kashflow.books import Books
from kf_mcp.model import search
from kf_mcp.model.purchases import Purchase, by_currency
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import bounded, quoted
from kf_mcp.toolkit import reads
from kf_mcp.tools.choices import GONE, MOST_SHOWN, unknown
from kf_mcp.tools.supplier_replies import FoundSuppliers, OpenPurchase, Owed, SupplierDetails, SupplierRow

OPEN_SHOWN: Final = 25

SupplierKey = Annotated[
    str, Field(min_length=1, max_length=120, description="Code, or a name that only one supplier has")
]


async def supplier_called(books: Books, said: str) -> Supplier:
    """The supplier with this code, the only one with this name (Ltd and the like left off), or the only one that fits every word.

    It is read now. Raises ChoiceNeeded with the candidates, or NotFound.
    """
    said = said.strip()
    if said.isalnum():
        try:
            return await books.suppliers.by_code(said)
        except NotFound:
            pass
    everyone = await books.suppliers.all()
    exact = [found for found in everyone if found.code.casefold() == said.casefold()]
    exact = exact or [found for found in everyone if search.words(found.name) == search.words(said)]
    if not exact and not set(search.words(said)) & search.SUFFIXES:  # a name without its Ltd; LLP would be another firm
        exact = [found for found in everyone if search.key_words(found.name) == search.key_words(said)]
    fits = exact or search.only_fitting(said, everyone)
    if len(fits) == 1:
        try:
            return await books.suppliers.by_id(fits[0].id)
        except NotFound:
            books.suppliers.forget()
            raise NotFound("supplier", said, f"{quoted(fits[0].name, 60)} ({fits[0].code}) {GONE}") from None
    candidates = exact or [match.party for match in await books.suppliers.find(said)]
    if not candidates:
        raise unknown("supplier", said, everyone, "try one word of it with `find_suppliers`")
    fitting = "Several suppliers are" if exact else "No supplier is"
    listed = [f"{found.code} ({quoted(found.name, 60)})" for found in candidates]
    raise ChoiceNeeded("supplier", f"{fitting} called exactly {quoted(said, 60)}.", listed[:MOST_SHOWN])


@reads("Find suppliers", toolset="purchases")
async def find_suppliers(
    books: Books,
    words: Annotated[
        str,
        Field(
            max_length=200, description="Any of name, code, e-mail, contact, place, postcode, telephone; typos are fine"
        ),
    ] = "",
    limit: Annotated[int, Field(ge=1, le=100, description="Most rows")] = 10,
    offset: Annotated[int, Field(ge=0, description="`next_offset` of the reply before")] = 0,
) -> FoundSuppliers:
    """Find suppliers by loose words, misspelt or partial, and see why each matched.

    Best match first; without words, every supplier by name. Nothing found is an empty list, not an error. For their bills and what
    is owed to them use `find_purchases`; for people who buy from us use `find_customers`. The list may be a quarter of an hour old.
    """
    if words.strip():
        matches = await books.suppliers.find(words)
        matches = matches or search.sharing(words, await books.suppliers.all(), MOST_SHOWN)
    else:
        matches = [search.Match(found, 0, "") for found in await books.suppliers.all()]
    shown = matches[offset : offset + limit]
    rest = offset + len(shown)
    return FoundSuppliers(
        total=len(matches),
        suppliers=[_row(match.party, match.why) for match in shown],
        next_offset=rest if rest < len(matches) else 0,
    )


def _row(found: Supplier, matched: str) -> SupplierRow:
    return SupplierRow(
        code=found.code,
        name=bounded(found.name),
        contact=bounded(found.contact, 60),
        email=bounded(found.email, 80),
        telephone=bounded(found.telephone or found.mobile, 30),
        postcode=bounded(found.postcode, 12),
        region=found.region,
        matched=matched,
    )


@reads("Supplier with open purchases", toolset="purchases")
async def get_supplier(
    books: Books,
    supplier: Annotated[
        str,
        Field(min_length=1, max_length=120, description="Supplier code, or a name that exactly one supplier has"),
    ],
) -> SupplierDetails:
    """Look at one supplier: address, terms, VAT region, every purchase that is not settled, and what we owe by currency.

    What we owe is the sum of the open purchases, credit notes and overpayments taken off; future due dates count. Open purchases come
    oldest due date first, the first 25 of them. An unknown or ambiguous name is an error that lists the candidates. To search by
    loose words use `find_suppliers`; for settled purchases too use `find_purchases`.
    """
    found = await supplier_called(books, supplier)
    of_supplier = await books.purchases.of_supplier(found.id)
    purchases = [purchase for purchase in of_supplier if purchase.status(books.today) != "paid"]
    purchases.sort(key=lambda purchase: (purchase.due_date or purchase.issue_date, purchase.number))
    return SupplierDetails(
        code=found.code,
        name=bounded(found.name),
        contact=bounded(found.contact, 60),
        email=bounded(found.email),
        telephone=bounded(found.telephone, 30),
        mobile=bounded(found.mobile, 30),
        address=[bounded(line, 80) for line in found.address],
        postcode=bounded(found.postcode, 12),
        website=bounded(found.website, 80),
        region=found.region,
        vat_number=bounded(found.vat_number, 20),
        payment_terms=found.payment_terms,
        notes=bounded(found.notes, 400),
        owed=_owed(purchases, books.today),
        open_purchases=[
            OpenPurchase(
                number=purchase.number,
                date=purchase.issue_date,
                due=purchase.due_date,
                reference=bounded(purchase.reference, 40),
                currency=purchase.currency,
                gross=purchase.gross,
                owed=purchase.outstanding,
                status=purchase.status(books.today),
            )
            for purchase in purchases[:OPEN_SHOWN]
        ],
        open_total=len(purchases),
    )


def _owed(purchases: list[Purchase], today: date) -> list[Owed]:
    return [
        Owed(
            currency=currency,
            amount=sum((purchase.outstanding for purchase in found), Decimal(0)),
            overdue=sum((p.outstanding for p in found if p.status(today) == "overdue"), Decimal(0)),
        )
        for currency, found in by_currency(purchases)
    ]
