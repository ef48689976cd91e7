"""The people of the world ``large``: its customers and suppliers, with addresses at which nobody can live.

Telephone numbers are of the ranges kept for drama, e-mail addresses end in .example, and the last two letters of the
postcodes are among those that the Royal Mail never gives out in that place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random

from kf_mcp.simulator import customers, suppliers
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import Party
from kf_mcp.simulator.wire import moment
from kf_mcp.simulator.worlds.large_names import firms, person, pick

TOWNS = (
    *(("Birmingham", "B", "0121 496 0"), ("Bristol", "BS", "0117 496 0"), ("Cardiff", "CF", "029 2018 0")),
    *(("Edinburgh", "EH", "0131 496 0"), ("Glasgow", "G", "0141 496 0"), ("Leeds", "LS", "0113 496 0")),
    *(("Leicester", "LE", "0116 496 0"), ("Liverpool", "L", "0151 496 0"), ("London", "SE", "020 7946 0")),
    *(("Manchester", "M", "0161 496 0"), ("Belfast", "BT", "028 9649 6"), ("Nottingham", "NG", "0115 496 0")),
    *(("Reading", "RG", "0118 496 0"), ("Sheffield", "S", "0114 496 0"), ("Newcastle upon Tyne", "NE", "0191 498 0")),
    *(("Carlisle", "CA", "01632 960"), ("Exeter", "EX", "01632 960"), ("Norwich", "NR", "01632 960")),
)
STREETS = ("High Street", "Station Road", "Mill Lane", "Church Street", "Victoria Road", "Canal Street", "Foundry Way")
PREMISES = ("", "", "", "Unit 2, ", "Unit 7, ", "Unit 14, ", "The Old Dairy, ", "First Floor, ", "Rear of ")
NEVER_LAST = ("C", "I", "K", "M", "O", "V")
TERMS = (30, 30, 30, 30, 30, 14, 14, 7, 60, 0)
SINCE_THE_BEGINNING = 0.4
"""The share of the customers who were there on the first day; the rest come evenly until today."""

CHANGED_LATELY = 60
"""Every so many customers one was changed in the last fortnight."""


def add_customers(books: Books, count: int, start: date, random: Random) -> list[Party]:
    """Enter the customers in the order in which they came."""
    sources = [source.id for source in books.customer_sources]
    span, old, codes = (books.today - start).days, int(count * SINCE_THE_BEGINNING), Counter[str]()
    entered = []
    keys = books.next_ids("customer", count)
    for place, (key, name) in enumerate(zip(keys, firms(random, count), strict=True)):
        came = start + timedelta(days=max(place - old, 0) * span // max(count - old, 1))
        first, last = person(random)
        address = _address(place, random)
        members = {
            **customers.BLANK,
            "CustomerID": key,
            "Code": _code(name, codes),
            "Name": name,
            "Contact": f"{first} {last}",
            "ContactFirstName": first,
            "ContactLastName": last,
            **address,
            "Email": _email("accounts", name),
            "VATNumber": _vat_number(place) if place % 5 < 2 else "",
            "CountryName": "United Kingdom",
            "CountryCode": "GB",
            "TradeBorderType": "Domestic",
            "PaymentTerms": TERMS[int(random.random() * len(TERMS))],
            "Source": sources[place % len(sources)],
            "ExtraText1": f"Depot {place % 23 + 1}" if place % 9 == 0 else "",
            "Created": moment(came),
            "Updated": _changed(books.today, came, place, random),
        }
        customer = Party(key, str(members["Code"]), name, members)
        books.customers.put(customer)
        entered.append(customer)
    return entered


def add_suppliers(books: Books, count: int, start: date, known: list[Party], random: Random) -> list[Party]:
    """Enter the suppliers; every fiftieth is a customer as well, under the same name."""
    codes, entered = Counter[str](), []
    keys = books.next_ids("supplier", count)
    for place, (key, own_name) in enumerate(zip(keys, firms(random, count), strict=True)):
        name = known[place * 7 % len(known)].name if place % 50 == 49 else own_name
        first, last = person(random)
        address = _address(place, random)
        members = {
            **suppliers.BLANK,
            "SupplierID": key,
            "Code": _code(name, codes),
            "Name": name,
            "Contact": f"{first} {last}",
            "ContactFirstName": first,
            "ContactLastName": last,
            **{member: text for member, text in address.items() if member != "Postcode"},
            "PostCode": address["Postcode"],
            "Email": _email("sales", name),
            "VATNumber": _vat_number(60_000 + place) if place % 4 else "",
            "PaymentTerms": 30,
            "Created": moment(start),
            "Updated": suppliers.NEVER_CHANGED,
        }
        supplier = Party(key, str(members["Code"]), name, members)
        books.suppliers.put(supplier)
        entered.append(supplier)
    return entered


def _address(place: int, random: Random) -> Mapping[str, str]:
    """Make an address and its telephone number."""
    town, area, exchange = TOWNS[place % len(TOWNS)]
    number = int(random.random() * 180) + 1
    return {
        "Address1": f"{pick(random, PREMISES)}{number} {pick(random, STREETS)}",
        "Address2": town,
        "Postcode": f"{area}{place % 19 + 1} {place % 9 + 1}{pick(random, NEVER_LAST)}{pick(random, NEVER_LAST)}",
        "Telephone": f"{exchange}{place // len(TOWNS) % 1000:03d}",
    }


def _code(name: str, codes: Counter[str]) -> str:
    """Give the code that KashFlow would make of a name: its first four letters and a number (Zynk: STEV01)."""
    letters = "".join(filter(str.isalpha, name.upper()))[:4]
    codes[letters] += 1
    return f"{letters}{codes[letters]:02d}"


def _email(mailbox: str, name: str) -> str:
    return f"{mailbox}@{''.join(filter(str.isalpha, name.lower()))[:24]}.example"


def _vat_number(place: int) -> str:
    """Make a VAT number whose check digits are right, in a range that HMRC does not give out."""
    digits = f"{place:07d}"
    weighed = sum(int(digit) * weight for digit, weight in zip(digits, range(8, 1, -1), strict=True))
    return f"GB{digits}{97 - weighed % 97:02d}"


def _changed(today: date, came: date, place: int, random: Random) -> datetime:
    """Tell when a customer was last changed: as it came, once in between, or lately."""
    since = (today - came).days
    if place % CHANGED_LATELY == 0:
        since -= min(since, int(random.random() * 14))
    else:
        since = 0 if place % 3 else int(random.random() * since)
    return datetime.combine(came + timedelta(days=since), time(8 + place % 10, place % 60, place % 47))
