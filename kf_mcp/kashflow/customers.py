"""Customers over SOAP, as they are read, and a fresh snapshot of all; `customer_steps` writes them."""

import contextlib
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from kf_mcp.errors import NotFound, NotOffered
from kf_mcp.kashflow import kept, progress, records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.streaming import collector_held, spare_collector
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
        code=wire.label(row, "Code"),
        name=wire.text(row, "Name"),
        contact=wire.text(row, "Contact")
        or " ".join(part for part in (wire.text(row, "ContactFirstName"), wire.text(row, "ContactLastName")) if part),
        email=wire.text(row, "Email"),
        telephone=wire.text(row, "Telephone"),
        mobile=wire.text(row, "Mobile"),
        address=lines,
        postcode=wire.text(row, "Postcode"),
        country=wire.text(row, "CountryName") or wire.text(row, "CountryCode"),
        region=region_of(row),
        vat_number=wire.text(row, "VATNumber"),
        payment_terms=wire.integer(row, "PaymentTerms"),
        currency_id=wire.integer(row, "CurrencyID"),
        website=wire.text(row, "Website"),
        notes=wire.text(row, "Notes"),
        updated=wire.moment(row, "Updated"),
    )


def region_of(row: Any) -> Region:
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
        self._deletions = 0
        self._lock = anyio.Lock()

    async def all(self) -> list[Customer]:
        """Every customer, at most a minute old, by name; whom somebody deleted in KashFlow may stay for a quarter of an hour."""
        index = await self._kept()
        return sorted(index.customers, key=lambda customer: (customer.name.casefold(), customer.id))

    async def find(self, words: str) -> list[Match[Customer]]:
        """The customers that fit loose words, best first; as old as `all`."""
        index = await self._kept()
        if len(index) < OFF_THE_LOOP:
            return index.find(words)
        return await anyio.to_thread.run_sync(index.find, words)

    async def nearly(self, name: str) -> list[Customer]:
        """The customers of nearly this name, whatever else fits its words; as old as `all`."""
        everyone = await self.all()

        def fitting() -> list[Customer]:
            return [customer for customer in everyone if is_nearly(customer.name, name)]

        return fitting() if len(everyone) < OFF_THE_LOOP else await anyio.to_thread.run_sync(fitting)

    @property
    def age(self) -> float:
        """How many seconds ago the snapshot was last compared with KashFlow."""
        return max(0.0, time.monotonic() - self._checked_at)

    async def _kept(self) -> Index:
        """The snapshot, loaded where there is none, else brought up to date where it is older than a minute."""
        async with self._lock:
            now = time.monotonic()
            deletions = self._deleted()
            is_short = deletions != self._deletions  # one of ours was deleted since: only the whole list shows that
            if is_short or (now - self._loaded_at > WHOLE_EVERY and not await self._from_disk(now)):
                with collector_held():
                    loaded = await self._soap.stream("GetCustomers", "Customer", to_customer, _tell, wanted=MEMBERS)
                    self._index = await anyio.to_thread.run_sync(Index, loaded)
                spare_collector(len(loaded))
                self._loaded_at = self._checked_at = now
                self._deletions = deletions
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
        spare_collector(len(customers))
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
        copy._index, copy._loaded_at, copy._deletions = self._index, self._loaded_at, self._deletions
        return copy

    def forget(self) -> None:
        """Make the next search ask what has changed (after a write of our own); what is on disk goes where we deleted a customer."""
        self._checked_at = float("-inf")
        if self._keep is not None and self._deleted() != self._deletions:
            with contextlib.suppress(OSError):
                self._keep.unlink(missing_ok=True)

    def drop(self, customer_id: int) -> None:
        """Let go of a customer who turned out not to be in the books any more."""
        self._index.drop(customer_id)

    def _deleted(self) -> int:
        """How many deletions of customers this server has sent."""
        return self._soap.sent["DeleteCustomer"]

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

    async def record(self, customer_id: int) -> tuple[str, Record]:
        """One customer's whole record, read now, and the form it came in: the newer one, or the older where KashFlow lacks that.

        Raises NotFound.
        """
        try:
            form, row = "Customer2", await read_customer(self._soap, customer_id, is_newer=True)
        except NotOffered:
            form, row = "Customer", await read_customer(self._soap, customer_id)
        if not wire.integer(row, "CustomerID"):
            raise NotFound("customer with the id", customer_id, "Find the customer with `find_customers`.")
        return form, records.record(form, row)

    async def older_record(self, customer_id: int) -> Record:
        """One customer's whole record in the older form, read now. Raises NotFound."""
        row = await read_customer(self._soap, customer_id)
        if not wire.integer(row, "CustomerID"):
            raise NotFound("customer with the id", customer_id, "Find the customer with `find_customers`.")
        return records.record("Customer", row)

    async def balance(self, code: str) -> CustomerBalance:
        """What the customer has paid and owes, by KashFlow's own reckoning (future-dated items left out)."""
        answer = await self._soap.read("GetCustomerBalance", CustomerCode=code)
        return CustomerBalance(paid=wire.decimal(answer.result, "Value"), owed=wire.decimal(answer.result, "Balance"))

    async def currency(self, code: str) -> str:
        """The currency code that KashFlow keeps for the customer; empty where it keeps none."""
        answer = await self._soap.read("GetCustomerCurrency", CustomerCode=code)
        return str(answer.result or "").strip().upper()


async def read_customer(soap: Connection, customer_id: int, *, is_newer: bool = False) -> Any:
    """A customer by internal id, as KashFlow sends it, in the older or the newer form; None where there is none. Raises NotOffered."""
    if is_newer:
        answer = await wire.read_or_none(soap, "GetCustomerByID2", Customer2ID=customer_id)
    else:
        answer = await wire.read_or_none(soap, "GetCustomerByID", CustomerID=customer_id)
    return answer.result if answer else None


def customer_record(customer: NewCustomer) -> Record:
    """A new customer by KashFlow's names."""
    address = (*customer.address, "", "", "", "")[:4]
    first, _, last = customer.contact.rpartition(" ")
    today = wire.midnight(dates.uk_day(dates.now()))
    return records.part(
        "Customer",
        {
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
            "PaymentTerms": customer.payment_terms,
            **{f"ExtraText{n}": "" for n in range(1, 21)},
            "Created": today,
            "Updated": today,
            "ContactTitle": "",
            "ContactFirstName": first,
            "ContactLastName": last,
            "CustHasDeliveryAddress": 0,
            **{f"DeliveryAddress{n}": "" for n in range(1, 5)},
            "DeliveryCountryName": "",
            "DeliveryCountryCode": "",
            "DeliveryPostcode": "",
            "VATNumber": customer.vat_number,
        },
    )
