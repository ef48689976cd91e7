"""Customers: found by code, id, e-mail, postcode or custom text; written whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import parties, wire
from kf_mcp.simulator.invoice_writing import DONE, nothing_to_delete
from kf_mcp.simulator.operations import Answer, Refusal, Rows, operation
from kf_mcp.simulator.records import ZERO, Party
from kf_mcp.simulator.wire import NO_DATE

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
Show = Callable[[Party], dict[str, Any]]
CUSTOM_TEXTS = tuple(f"ExtraText{place}" for place in range(1, 21))

BLANK: Mapping[str, Any] = {
    **dict.fromkeys(
        (
            *("Code", "Name", "Contact", "Telephone", "Mobile", "Fax", "Email"),
            *("Address1", "Address2", "Address3", "Address4", "CountryName", "CountryCode", "Postcode"),
            *("Website", "Notes", "ContactTitle", "ContactFirstName", "ContactLastName"),
            *("DeliveryAddress1", "DeliveryAddress2", "DeliveryAddress3", "DeliveryAddress4"),
            *("DeliveryCountryName", "DeliveryCountryCode", "DeliveryPostcode", "VATNumber", "TradeBorderType"),
            *CUSTOM_TEXTS,
        ),
        "",
    ),
    **{f"CheckBox{place}": 0 for place in range(1, 21)},
    "EC": 0,
    "OutsideEC": 0,
    "Source": 0,
    "Discount": ZERO,
    "ShowDiscount": False,
    "PaymentTerms": 0,
    "CurrencyID": 0,
    "CustHasDeliveryAddress": 0,
    "Created": NO_DATE,
    "Updated": NO_DATE,
}
"""Every member of KashFlow's customer but its id, with what it is when nobody filled it in."""


class NoSuchCustomer(Refusal):
    """KashFlow's sentence for a customer who is not there; that it holds "no customer" is all that clients show."""

    def __init__(self) -> None:
        super().__init__("There is no customer with these details.")


def add(books: Books, members: Mapping[str, Any]) -> Party:
    """Enter a new customer; without a code one is made."""
    name = wire.text(members, "Name")
    if not name.strip() and books.switches.blank_name == "refuse":
        raise Refusal("The customer has no name.")
    code = parties.checked_code(books.customers, "Customer", wire.text(members, "Code"), name)
    key, now = books.next_id("customer"), books.now()
    kept = {"CustomerID": key, "Code": code, "Created": wire.moment(now), "Updated": now, **_border(members)}
    customer = Party(key, code, name, parties.whole_record(members, BLANK, kept))
    books.customers.put(customer)
    return customer


def change(books: Books, members: Mapping[str, Any]) -> Party:
    """Write a customer anew, found by id; what was not sent becomes blank."""
    before = found(books.customers.get(wire.whole(members, "CustomerID")))
    name = wire.text(members, "Name")
    if not name.strip() and books.switches.blank_name == "refuse":
        raise Refusal("The customer has no name.")
    sent = parties.code_sent(books, "Customer", before, members)
    code = parties.checked_code(books.customers, "Customer", sent, name, own_id=before.id)
    created = before.members["Created"]
    kept = {"CustomerID": before.id, "Code": code, "Created": created, "Updated": books.now(), **_border(members)}
    customer = Party(before.id, code, name, parties.whole_record(members, BLANK, kept))
    books.customers.put(customer)
    return customer


def found(customer: Party | None) -> Party:
    """Give a customer back, or refuse where there is none."""
    if customer is None:
        raise NoSuchCustomer
    return customer


def _border(members: Mapping[str, Any]) -> dict[str, Any]:
    """Tell where a customer trades in the words of both shapes: two marks in the older, one text in the newer.

    The four texts stand in KashFlow's service description; that the two shapes agree is our choice.
    """
    if "EC" in members:
        border = "EC" if members["EC"] else "ROW" if members.get("OutsideEC") else "Domestic"
    else:
        border = wire.text(members, "TradeBorderType") or "Domestic"
    return {"EC": int(border in ("EC", "NIEU")), "OutsideEC": int(border == "ROW"), "TradeBorderType": border}


def _by_email(books: Books, address: str) -> Party | None:
    """Find the one customer with an e-mail address; of several the first or the last by the switch."""
    matches = [party for party in books.customers if parties.has_email(party, address)]
    if not matches:
        return None
    return matches[0 if books.switches.shared_email == "first" else -1]


def _by_custom_text(books: Books, wanted: str) -> Party | None:
    """Find the first customer with a custom text, compared whole or in part by the switch."""
    wanted = wanted.strip().casefold()
    if not wanted:
        return None

    def matches(held: str) -> bool:
        return wanted == held if books.switches.custom_text_match == "exact" else wanted in held

    texts = ((party, str(party.members[name]).casefold()) for party in books.customers for name in CUSTOM_TEXTS)
    return next((party for party, held in texts if matches(held)), None)


def _by_postcode(books: Books, postcode: str) -> list[Party]:
    """List the customers of a postcode, with or without its space."""
    wanted = "".join(postcode.split()).casefold()
    return [
        party
        for party in books.customers
        if wanted and "".join(str(party.members["Postcode"]).split()).casefold() == wanted
    ]


def _modified_since(books: Books, since: datetime) -> list[Party]:
    """List the customers who were created or changed at a moment or after it."""
    moment = since.replace(tzinfo=None)
    return [party for party in books.customers if party.members["Updated"] >= moment]


def _enter_reads() -> None:
    """Enter each read in both of its variants."""
    one: dict[str, Callable[[Books, Request], Party | None]] = {
        "GetCustomer": lambda books, request: parties.by_code(books.customers, wire.text(request, "CustomerCode")),
        "GetCustomerByEmail": lambda books, request: _by_email(books, wire.text(request, "CustomerEmail")),
        "GetCustomerByID": lambda books, request: books.customers.get(
            wire.whole(request, "CustomerID") or wire.whole(request, "Customer2ID")
        ),
        "SearchCustomerByCustText": lambda books, request: _by_custom_text(books, wire.text(request, "SearchVal")),
    }
    several: dict[str, Callable[[Books, Request], list[Party]]] = {
        "GetCustomers": lambda books, _: list(books.customers),
        "GetCustomersModifiedSince": lambda books, request: _modified_since(books, request["ModifiedSince"]),
        "GetCustomersByPostcode": lambda books, request: _by_postcode(books, wire.text(request, "Postcode")),
    }
    for name, choose in one.items():
        operation(name)(_one(choose, _older))
        operation(name + "2")(_one(choose, _newer))
    for name, choose_all in several.items():
        operation(name)(_several(choose_all, _older))
        operation(name + "2")(_several(choose_all, _newer))


def _older(customer: Party) -> dict[str, Any]:
    """Write a customer as Customer, which marks foreign ones by EC and OutsideEC."""
    return _without(customer, "TradeBorderType")


def _newer(customer: Party) -> dict[str, Any]:
    """Write a customer as Customer2, which marks foreign ones by TradeBorderType."""
    return _without(customer, "EC", "OutsideEC")


def _without(customer: Party, *names: str) -> dict[str, Any]:
    return {name: value for name, value in parties.rounded(customer.members).items() if name not in names}


def _one(choose: Callable[[Books, Request], Party | None], show: Show) -> Callable[[Books, Request], Answer]:
    """Answer with one customer; without one by the switch: NO, or a customer whose id is 0."""

    def answer(books: Books, request: Request) -> Answer:
        customer = choose(books, request)
        if customer is None and books.switches.not_found_customer == "blank":
            return Answer({})
        return Answer(show(found(customer)))

    return answer


def _several(choose: Callable[[Books, Request], list[Party]], show: Show) -> Callable[[Books, Request], Answer]:
    return lambda books, request: Answer(Rows(choose(books, request), show))


_enter_reads()


@operation("InsertCustomer")
def insert_customer(books: Books, request: Request) -> Answer:
    """Enter a new customer; the answer is the id."""
    return Answer(add(books, wire.record(request, "custr")).id)


@operation("InsertCustomer2")
def insert_customer2(books: Books, request: Request) -> Answer:
    """Enter a new customer of the newer shape; the answer is the id."""
    return Answer(add(books, wire.record(request, "Customer2")).id)


@operation("UpdateCustomer")
def update_customer(books: Books, request: Request) -> Answer:
    """Write a customer anew; what the answered text holds is not known."""
    return _updated(books, change(books, wire.record(request, "custr")))


@operation("UpdateCustomer2")
def update_customer2(books: Books, request: Request) -> Answer:
    """Write a customer of the newer shape anew."""
    return _updated(books, change(books, wire.record(request, "Customer2")))


def _updated(books: Books, customer: Party) -> Answer:
    texts = {"id": str(customer.id), "code": customer.code, "empty": ""}
    return Answer(texts[books.switches.update_customer_text])


@operation("DeleteCustomer")
def delete_customer(books: Books, request: Request) -> Answer:
    """Delete a customer by id; one with documents is refused unless the switch says otherwise."""
    customer = books.customers.get(wire.whole(request, "CustomerID"))
    if customer is None:
        return nothing_to_delete(books, NoSuchCustomer())
    in_use = books.invoices.of_party(customer.id) or books.quotes.of_party(customer.id)
    if in_use and books.switches.delete_customer_in_use == "refuse":
        raise Refusal("The customer has invoices or quotes and cannot be deleted.")
    books.customers.drop(customer)
    return Answer(DONE)


@operation("GetCustomerSources")
def get_customer_sources(books: Books, _: Request) -> Answer:
    """List where customers may have come from."""
    return Answer(
        [{"ID": row.id, "Name": row.name, "Description": "", "Value": ZERO} for row in books.customer_sources]
    )
