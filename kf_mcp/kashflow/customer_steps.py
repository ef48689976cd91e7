"""The steps that write customers over SOAP.

The newer operations (named …2) carry where a customer is for VAT in one word, which the older ones cannot; they are used, and where
the service does not have them the older ones are.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.errors import OutcomeUnknown, Refused
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.customers import Customers, customer_record, read_customer, to_customer
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.removal import Removal
from kf_mcp.kashflow.step import Arrivals, Circumstances, Evidence, Inverse, Kept, Landed, ReadBack, Step, Trace, digest
from kf_mcp.model.customers import Customer, CustomerChanges, NewCustomer, Region

BORDERS: Final[Mapping[Region, str]] = {"UK": "Domestic", "EU": "EC", "world": "ROW"}
MEMBERS: Final[Mapping[str, str]] = {
    "name": "Name",
    "email": "Email",
    "telephone": "Telephone",
    "mobile": "Mobile",
    "postcode": "Postcode",
    "country": "CountryName",
    "country_code": "CountryCode",
    "vat_number": "VATNumber",
    "payment_terms": "PaymentTerms",
    "website": "Website",
    "notes": "Notes",
    "discount": "Discount",
    "currency_id": "CurrencyID",
    "delivery_postcode": "DeliveryPostcode",
}
"""What a change of a customer is called in KashFlow's record."""
SET_BY_KASHFLOW: Final = frozenset({"CustomerID", "Code", "Created", "CurrencyID"})


class InsertCustomer(Step):
    """Enter a new customer."""

    kind: ClassVar[str] = "new customer"
    operation: ClassVar[str] = "InsertCustomer"
    undo: ClassVar[str] = "`undo_write` deletes the customer, as long as nothing has been entered for it"

    customer: NewCustomer
    known: tuple[int, ...] = ()
    """The ids of customers with nearly the same name that are there already."""

    @override
    def target(self) -> str:
        return _new(self.customer.name)

    @override
    def trace(self) -> Trace:
        return {"like": _likeness(self.customer), "name": self.customer.name}

    @override
    async def evidence(self, soap: Connection) -> Evidence:
        """Those of nearly the same name: only they who stood in the preview, or ours could not be told from another's."""
        if any(found.id not in self.known for found in await Customers(soap).nearly(self.customer.name)):
            raise Refused("A customer of nearly this name was entered meanwhile.", "Nothing was written. Call again.")
        return {"ids": list(self.known)}

    @override
    async def send(self, soap: Connection) -> Landed:
        answer = await soap.write(self.operation, custr=records.wired(soap, "Customer", customer_record(self.customer)))
        customer_id = int(answer.result or 0)
        if customer_id <= 0:
            raise OutcomeUnknown("KashFlow said OK but gave no customer id.")
        return Landed(id=customer_id)

    @classmethod
    @override
    async def arrivals(cls, soap: Connection, trace: Trace, evidence: Evidence) -> Arrivals:
        known = set(evidence["ids"])
        new = [found for found in await Customers(soap).nearly(trace["name"]) if found.id not in known]
        equal = [found for found in new if _likeness(found) == trace["like"]]
        alike = [found for found in new if found not in equal]
        return Arrivals(equal=tuple(map(_landed, equal)), alike=tuple(map(_landed, alike)))

    @override
    async def read_back(self, soap: Connection, landed: Landed, kept: Kept) -> ReadBack:
        found = await read_customer(soap, landed.id)
        if found is None:
            return ReadBack(landed=landed, differences=("the customer cannot be found again",))
        left_out = SET_BY_KASHFLOW - ({"Code"} if self.customer.code else set())
        differing = records.differences(customer_record(self.customer), records.record("Customer", found), left_out)
        return ReadBack(landed=_landed(to_customer(found)), differences=tuple(differing), seen=_fingerprint(found))

    @classmethod
    @override
    async def seen_now(cls, soap: Connection, landed: Landed, trace: Trace) -> str:
        found = await read_customer(soap, landed.id)
        return _fingerprint(found) if found else ""

    @classmethod
    @override
    async def inverse(cls, soap: Connection, landed: Landed, kept: Kept, circumstances: Circumstances) -> Inverse:
        found = records.record("Customer", await read_customer(soap, landed.id))
        for what in ("Invoices", "Quotes"):
            answer = await soap.read(f"Get{what}ForCustomer", CustID=landed.id)
            if any(wire.integer(row, "InvoiceDBID") for row in wire.rows(answer.result, "Invoice")):
                raise Refused(
                    f"{what} stand for customer {landed.code}.", "Nothing was written. It stays in the books."
                )
        return Inverse(steps=(DeleteCustomer.of(found),), facts=(f"Customer {landed.code} is deleted",))


class ChangeCustomer(Change):
    """Change members of a customer; custom fields, delivery address and trade border type stay as they are."""

    kind: ClassVar[str] = "change of a customer"
    operation: ClassVar[str] = "UpdateCustomer2"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the customer since"
    type_name: ClassVar[str] = "Customer2"
    parameter: ClassVar[str] = "Customer2"
    noun: ClassVar[str] = "customer"
    id_member: ClassVar[str] = "CustomerID"
    code_member: ClassVar[str] = "Code"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_customer(soap, record_id, is_newer=True)


class ChangeCustomerOlder(ChangeCustomer):
    """Change members of a customer where the service does not have the newer operations."""

    kind: ClassVar[str] = "change of a customer by the older operation"
    operation: ClassVar[str] = "UpdateCustomer"
    undo: ClassVar[str] = ChangeCustomer.undo
    type_name: ClassVar[str] = "Customer"
    parameter: ClassVar[str] = "custr"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_customer(soap, record_id)


class DeleteCustomer(Removal):
    """Delete a customer."""

    kind: ClassVar[str] = "deletion of a customer"
    operation: ClassVar[str] = "DeleteCustomer"
    undo: ClassVar[str] = "`undo_write` enters the customer again, under a new id"
    type_name: ClassVar[str] = "Customer"
    noun: ClassVar[str] = "customer"
    id_member: ClassVar[str] = "CustomerID"

    @classmethod
    def of(cls, found: Record) -> "DeleteCustomer":
        """The step that deletes this customer as it stands."""
        key = wire.integer(found, "CustomerID")
        return cls(id=key, code=wire.text(found, "Code"), before=cls.fingerprint(found))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_customer(soap, landed.id)

    @override
    def also(self) -> tuple[str, ...]:
        own = ("invoices", "quotes", "money on account")
        return tuple(f"{what} of customer {self.id}" for what in own)

    @override
    async def write(self, soap: Connection) -> None:
        await soap.write(self.operation, CustomerID=self.id)

    @classmethod
    @override
    def again(cls, earlier: Record, step: Any) -> Step:
        return RestoreCustomer(place=step.code, record={**earlier, "CustomerID": 0})


class RestoreCustomer(Insertion):
    """Enter a deleted customer again, under its old code."""

    kind: ClassVar[str] = "customer entered again"
    operation: ClassVar[str] = "InsertCustomer"
    undo: ClassVar[str] = "delete the customer again"
    type_name: ClassVar[str] = "Customer"
    parameter: ClassVar[str] = "custr"
    id_member: ClassVar[str] = "CustomerID"
    code_member: ClassVar[str] = "Code"
    recognised: ClassVar[tuple[str, ...]] = ("Code", "Name")
    left_out: ClassVar[frozenset[str]] = frozenset({"Created"})

    @override
    def target(self) -> str:
        return _new(self.record["Name"] or "")

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await wire.read_or_none(soap, "GetCustomer", CustomerCode=place)
        return [answer.result] if answer and wire.integer(answer.result, "CustomerID") else []

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_customer(soap, landed.id)


def change_of(type_name: str, found: Record, wanted: Mapping[str, Any]) -> ChangeCustomer:
    """The step that gives a customer these members, in the form in which its record was read.

    Members go by KashFlow's names; `region` stands for the marks of where it is for VAT, which the two forms write differently. Raises
    Refused where nothing would change.
    """
    region: Region | None = wanted.get("region")
    members = {name: value for name, value in wanted.items() if name != "region"}
    if type_name == "Customer":
        marks = {"EC": int(region == "EU"), "OutsideEC": int(region == "world")} if region else {}
        return ChangeCustomerOlder.of(found, {**members, **marks})
    border = {"TradeBorderType": BORDERS[region]} if region else {}
    return ChangeCustomer.of(found, {**members, **border})


def members_of(changes: CustomerChanges) -> Record:
    """Changes by KashFlow's names; what is left as it is does not stand among them."""
    asked = changes.model_dump(exclude_none=True)
    found = {MEMBERS[name]: value for name, value in asked.items() if name in MEMBERS}
    if changes.contact is not None:
        first, _, last = changes.contact.rpartition(" ")
        found |= {"Contact": changes.contact, "ContactFirstName": first, "ContactLastName": last}
    for prefix, lines in (("Address", changes.address), ("DeliveryAddress", changes.delivery_address)):
        if lines is not None:
            found |= {f"{prefix}{n}": line for n, line in enumerate((*lines, "", "", "", "")[:4], 1)}
    if changes.delivery_address is not None:
        found["CustHasDeliveryAddress"] = int(any(changes.delivery_address))
    if changes.region is not None:
        found["region"] = changes.region
    return found


def _new(name: str) -> str:
    return f"new customer {digest(name.casefold())}"


def _landed(customer: Customer) -> Landed:
    return Landed(id=customer.id, code=customer.code)


def _fingerprint(found: Any) -> str:
    return digest(records.lean(records.record("Customer", found)))


def _likeness(customer: Customer | NewCustomer) -> str:
    """What must be equal for two records to be one and the same entry."""
    return digest([customer.name, customer.email, customer.postcode, customer.telephone, customer.vat_number])
