"""Customers over SOAP: reading them, a fresh snapshot of all, and the step that enters one."""

import contextlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import anyio
import anyio.to_thread
from typing_extensions import override

from kf_mcp.errors import NotFound, OutcomeUnknown
from kf_mcp.kashflow import kept, progress, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import Arrivals, Evidence, Landed, Step, Trace, digest
from kf_mcp.kashflow.streaming import collector_held
from kf_mcp.model import dates
from kf_mcp.model.customers import Customer, CustomerBalance, NewCustomer, Region
from kf_mcp.model.index import Index
from kf_mcp.model.search import Match, is_nearly

FRESH_FOR: Final = 60.0
"""Seconds until the snapshot asks KashFlow what has changed."""
OFF_THE_LOOP: Final = 2_000
"""From this many customers on, a search is done in a worker thread."""
WHOLE_EVERY: Final = 900.0
"""Seconds until the snapshot is loaded anew, which is when deletions are seen."""


MEMBERS: Final = (
    *("CustomerID", "Code", "Name", "Contact", "ContactFirstName", "ContactLastName", "Email", "Telephone", "Mobile"),
    *("Address1", "Address2", "Address3", "Address4", "Postcode", "CountryName", "CountryCode", "EC", "OutsideEC"),
    *("VATNumber", "PaymentTerms", "CurrencyID", "Website", "Notes", "Updated"),
)
"""The members of KashFlow's record, of 78, that are read from the whole list."""


def to_customer(row: Any) -> Customer:
    """A customer from KashFlow's own record (Customer or Customer2)."""
    lines = tuple(line for line in (wire.text(row, f"Address{n}") for n in range(1, 5)) if line)
    return Customer(
        id=wire.integer(row, "CustomerID"),
        code=wire.text(row, "Code"),
        name=wire.text(row, "Name"),
        contact=wire.text(row, "Contact")
        or " ".join(part for part in (wire.text(row, "ContactFirstName"), wire.text(row, "ContactLastName")) if part),
        email=wire.text(row, "Email"),
        telephone=wire.text(row, "Telephone"),
        mobile=wire.text(row, "Mobile"),
        address=lines,
        postcode=wire.text(row, "Postcode"),
        country=wire.text(row, "CountryName") or wire.text(row, "CountryCode"),
        region=_region(row),
        vat_number=wire.text(row, "VATNumber"),
        payment_terms=wire.integer(row, "PaymentTerms"),
        currency_id=wire.integer(row, "CurrencyID"),
        website=wire.text(row, "Website"),
        notes=wire.text(row, "Notes"),
        updated=wire.moment(row, "Updated"),
    )


def _region(row: Any) -> Region:
    """Where a customer is for VAT.

    EC is 1 for a business registered for VAT in another EU state, OutsideEC 1 for one elsewhere; UK customers have neither.
    Customer2 says it in TradeBorderType instead.
    """
    border = wire.text(row, "TradeBorderType").upper()
    if wire.integer(row, "EC") or border in {"EC", "NIEU"}:
        return "EU"
    return "world" if wire.integer(row, "OutsideEC") or border == "ROW" else "UK"


async def _tell(rows: int) -> None:
    await progress.report(rows, "customers read")


class Customers:
    """The customers, searched in a snapshot that is kept fresh."""

    def __init__(self, soap: Connection, keep: Path | None = None) -> None:
        self._soap = soap
        self._keep = keep
        self._index = Index()
        self._loaded_at = float("-inf")
        self._checked_at = float("-inf")
        self._lock = anyio.Lock()

    async def all(self) -> list[Customer]:
        """Every customer, at most a minute old (deleted ones may stay for a quarter of an hour), by name."""
        index = await self._kept()
        return sorted(index.customers, key=lambda customer: (customer.name.casefold(), customer.id))

    async def find(self, words: str) -> list[Match[Customer]]:
        """The customers that fit loose words, best first; as old as `all`."""
        index = await self._kept()
        if len(index) < OFF_THE_LOOP:
            return index.find(words)
        return await anyio.to_thread.run_sync(index.find, words)

    @property
    def age(self) -> float:
        """How many seconds ago the snapshot was last compared with KashFlow."""
        return max(0.0, time.monotonic() - self._checked_at)

    async def _kept(self) -> Index:
        """The snapshot, loaded where there is none, else brought up to date where it is older than a minute."""
        async with self._lock:
            now = time.monotonic()
            if now - self._loaded_at > WHOLE_EVERY and not await self._from_disk(now):
                with collector_held():
                    loaded = await self._soap.stream("GetCustomers", "Customer", to_customer, _tell, wanted=MEMBERS)
                    self._index = await anyio.to_thread.run_sync(Index, loaded)
                self._loaded_at = self._checked_at = now
                if self._keep is not None:
                    with contextlib.suppress(OSError):  # what cannot be kept is read again next time
                        await anyio.to_thread.run_sync(kept.save, self._keep, loaded, time.time())
            if now - self._checked_at > FRESH_FOR:
                for customer in await self._changed():
                    self._index.put(customer)
                self._checked_at = now
            return self._index

    async def _from_disk(self, now: float) -> bool:
        """Take the snapshot that was kept on disk, if the owner keeps one and it is young enough; what changed is asked for next."""
        if self._keep is None:
            return False
        found = await anyio.to_thread.run_sync(kept.load, self._keep, time.time() - WHOLE_EVERY)
        if found is None:
            return False
        customers, at = found
        self._index = await anyio.to_thread.run_sync(Index, customers)
        self._loaded_at, self._checked_at = now - (time.time() - at), float("-inf")
        return True

    async def _changed(self) -> list[Customer]:
        """Customers created or changed since a day before the newest change known: KashFlow's clock need not be ours."""
        known = (found.updated.date() for found in self._index.customers if found.updated)
        newest = min(max(known, default=wire.NO_DATE.date()), dates.uk_day(dates.now()))
        since = wire.NO_DATE if newest <= wire.NO_DATE.date() else wire.midnight(newest - timedelta(days=1))
        answer = await self._soap.read("GetCustomersModifiedSince", ModifiedSince=since)
        return [to_customer(row) for row in wire.rows(answer.result, "Customer")]

    def fresh(self) -> "Customers":
        """The same customers, looked up anew at the next search: what changed is asked for, nothing is taken on trust."""
        copy = Customers(self._soap, self._keep)
        copy._index, copy._loaded_at = self._index, self._loaded_at
        return copy

    def forget(self) -> None:
        """Make the next search ask what has changed (after a write of our own)."""
        self._checked_at = float("-inf")

    async def by_code(self, code: str) -> Customer:
        """One customer by code, read now. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetCustomer", CustomerCode=code)
        customer = to_customer(answer.result) if answer else None
        if customer is None or not customer.id:
            raise NotFound("customer with the code", code, "Find the customer with `find_customers`.")
        return customer

    async def by_id(self, customer_id: int) -> Customer:
        """One customer by internal id, read now. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetCustomerByID", CustomerID=customer_id)
        customer = to_customer(answer.result) if answer else None
        if customer is None or not customer.id:
            raise NotFound("customer with the id", customer_id, "Find the customer with `find_customers`.")
        return customer

    async def balance(self, code: str) -> CustomerBalance:
        """What the customer has paid and owes, by KashFlow's own reckoning (future-dated items left out)."""
        answer = await self._soap.read("GetCustomerBalance", CustomerCode=code)
        return CustomerBalance(paid=wire.decimal(answer.result, "Value"), owed=wire.decimal(answer.result, "Balance"))

    async def currency(self, code: str) -> str:
        """The currency code that KashFlow keeps for the customer; empty where it keeps none."""
        answer = await self._soap.read("GetCustomerCurrency", CustomerCode=code)
        return str(answer.result or "").strip().upper()


class InsertCustomer(Step):
    """Enter a new customer."""

    kind: ClassVar[str] = "new customer"
    operation: ClassVar[str] = "InsertCustomer"
    undo: ClassVar[str] = "in KashFlow itself: delete the customer, as long as nothing has been entered for it"

    customer: NewCustomer
    known: tuple[int, ...] = ()
    """The ids of customers with nearly the same name that are there already."""

    @override
    def target(self) -> str:
        return f"new customer {digest(self.customer.name.casefold())}"

    @override
    def trace(self) -> Trace:
        return {"like": _likeness(self.customer), "name": self.customer.name}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        return {"ids": list(self.known)}

    @override
    async def send(self, soap: Connection) -> Landed:
        answer = await soap.write(self.operation, custr=_wire_customer(self.customer))
        customer_id = int(answer.result or 0)
        if customer_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no customer id.")
        return Landed(id=customer_id)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        named_so = [match.party for match in await Customers(soap).find(trace["name"])]
        new = [found for found in named_so if found.id not in known and is_nearly(found.name, trace["name"])]
        equal = [found for found in new if _likeness(found) == trace["like"]]
        alike = [found for found in new if found not in equal]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def differences(self, soap: Connection, landed: Landed) -> tuple[Landed, list[str]]:
        found = await Customers(soap).by_id(landed.id)
        meant = self.customer
        names = (
            "name",
            "notes",
            "website",
            "contact",
            "email",
            "telephone",
            "mobile",
            "address",
            "postcode",
            "vat_number",
            "payment_terms",
            "region",
        )
        differing = [name for name in names if getattr(found, name) != getattr(meant, name)]
        if meant.code and found.code != meant.code:
            differing.append("code")
        return Landed(id=found.id, code=found.code), [
            f"{name.replace('_', ' ')} reads {getattr(found, name)!r}, not {getattr(meant, name)!r}"
            for name in differing
        ]


def _landed(customer: Customer) -> Landed:
    return Landed(id=customer.id, code=customer.code)


def _likeness(customer: Customer | NewCustomer) -> str:
    """What must be equal for two records to be one and the same entry."""
    return digest([customer.name, customer.email, customer.postcode, customer.telephone, customer.vat_number])


def _wire_customer(customer: NewCustomer) -> dict[str, Any]:
    """KashFlow's record, every member that its contract demands present."""
    address = (*customer.address, "", "", "", "")[:4]
    first, _, last = customer.contact.rpartition(" ")
    values: dict[str, Any] = {
        "CustomerID": 0,
        "Code": customer.code or None,  # absent: KashFlow makes one
        "Name": customer.name,
        "Contact": customer.contact,
        "Telephone": customer.telephone,
        "Mobile": customer.mobile,
        "Fax": "",
        "Email": customer.email,
        **{f"Address{n}": line for n, line in enumerate(address, 1)},
        "CountryName": customer.country,
        "CountryCode": customer.country_code,
        "Postcode": customer.postcode,
        "Website": customer.website,
        "EC": int(customer.region == "EU"),
        "OutsideEC": int(customer.region == "world"),
        "Notes": customer.notes,
        "Source": 0,
        "Discount": 0,
        "ShowDiscount": False,
        "PaymentTerms": customer.payment_terms,
        **{f"ExtraText{n}": "" for n in range(1, 21)},
        **{f"CheckBox{n}": 0 for n in range(1, 21)},
        "Created": wire.midnight(dates.uk_day(dates.now())),
        "Updated": wire.midnight(dates.uk_day(dates.now())),
        "CurrencyID": 0,
        "ContactTitle": "",
        "ContactFirstName": first,
        "ContactLastName": last,
        "CustHasDeliveryAddress": 0,
        **{f"DeliveryAddress{n}": "" for n in range(1, 5)},
        "DeliveryCountryName": "",
        "DeliveryCountryCode": "",
        "DeliveryPostcode": "",
        "VATNumber": customer.vat_number,
    }
    return values
