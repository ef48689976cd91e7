"""What the cross-checks read: each thing once for a reply, however many checks need it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar, cast

from kf_mcp.errors import Failure
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.invoices import EARLIEST
from kf_mcp.model import dates
from kf_mcp.model.checks import Finding
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.purchases import Listing, Purchase
from kf_mcp.model.reference import Nominal
from kf_mcp.model.reports import NominalSum
from kf_mcp.model.suppliers import Supplier

T = TypeVar("T")
MOST_LOOKED_UP: Final = 20
"""What is looked up one by one for a check, such as missing invoice numbers, at most."""


@dataclass(frozen=True)
class Made:
    """What came of a check; `is_known` is false where it could not be told."""

    findings: Sequence[Finding] = ()
    looked_at: str = ""
    notes: Sequence[str] = ()
    is_known: bool = True


@dataclass(frozen=True)
class Asked:
    """The books and the period, and what was read of them for one reply: each thing once, refusals too."""

    books: Books
    start: date
    end: date
    kept: dict[object, object] = field(default_factory=dict)

    @property
    def period(self) -> str:
        """The period in words."""
        return f"{dates.in_words(self.start)} to {dates.in_words(self.end)}"


async def once(asked: Asked, read: Callable[[Asked], Awaitable[T]]) -> T:
    """What this reads, read once for a reply; a refusal is not asked for twice."""
    if read not in asked.kept:
        try:
            asked.kept[read] = await read(asked)
        except Failure as failure:
            asked.kept[read] = failure
    kept = asked.kept[read]
    if isinstance(kept, Failure):
        raise kept
    return cast("T", kept)


async def read_invoices(asked: Asked) -> list[Invoice]:
    """The invoices dated in the period, with their lines."""
    return await asked.books.invoices.between(asked.start, asked.end)


async def read_purchases(asked: Asked) -> Listing:
    """Every purchase, of any date, without lines: KashFlow has no list by date."""
    return await asked.books.purchases.listed("All")


async def read_customers(asked: Asked) -> dict[int, Customer]:
    """Every customer, by id."""
    return {customer.id: customer for customer in await asked.books.customers.all()}


async def read_suppliers_abroad(asked: Asked) -> dict[int, Supplier]:
    """Every supplier outside the UK, by id."""
    return {found.id: found for found in await asked.books.suppliers.all() if found.region != "UK"}


async def read_purchases_abroad(asked: Asked) -> list[Purchase]:
    """The purchases dated in the period from suppliers outside the UK, with lines, which only a supplier's own list has."""
    abroad = await once(asked, read_suppliers_abroad)
    bills = dated(asked, await once(asked, read_purchases))
    wanted = {one.supplier_id for one in bills if one.supplier_id in abroad}
    return [
        one
        for supplier_id in sorted(wanted)
        for one in await asked.books.purchases.of_supplier(supplier_id, with_lines=True)
        if asked.start <= one.issue_date <= asked.end
    ]


async def read_nominals(asked: Asked) -> dict[int, Nominal]:
    """Every nominal in use, by id."""
    return {nominal.id: nominal for nominal in await asked.books.reference.nominals()}


async def read_ledger(asked: Asked) -> list[NominalSum]:
    """Everything that was posted up to the last day."""
    return await asked.books.reports.trial_balance(EARLIEST, asked.end)


def dated(asked: Asked, listing: Listing) -> list[Purchase]:
    """The purchases of a listing that are dated in the period."""
    return [one for one in listing.purchases if asked.start <= one.issue_date <= asked.end]


def left_out(listing: Listing) -> list[str]:
    """That purchases changed while they were listed, where they did."""
    read = len(listing.purchases)
    changed = f"KashFlow counts {listing.counted} purchases but listed {read}: somebody may be entering some now."
    return [changed] if listing.counted != read else []
