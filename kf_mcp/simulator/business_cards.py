"""Business cards in vCard form, turned into customers that are stored nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator.customers import BLANK
from kf_mcp.simulator.operations import Answer, operation

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
PLAIN = {"FN": "Contact", "URL": "Website", "NOTE": "Notes", "EMAIL": "Email"}
"""What one value of a card becomes; which member KashFlow itself fills is not known, and the names leave few choices."""

ADDRESS = (None, "Address2", "Address1", "Address3", "Address4", "Postcode", "CountryName")
"""The parts of a card's address in their order: box, extended, street, town, region, postcode, country (RFC 6350)."""

NAME = ("ContactLastName", "ContactFirstName", None, "ContactTitle")
"""The parts of a card's name in their order: family, given, further, prefix (RFC 6350)."""


@operation("VCFToCustomerObjects")
def customers_from_cards(_: Books, request: Request) -> Answer:
    """Read business cards as customers without id and code; a file that holds none gives none."""
    text = bytes(request.get("inStream") or b"").decode("utf-8", "replace")
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    cards = re.findall(r"^BEGIN:VCARD\s*$(.*?)^END:VCARD\s*$", unfolded, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    shape = {name: value for name, value in BLANK.items() if name != "TradeBorderType"}
    return Answer([{**shape, "CustomerID": 0, **_customer(card)} for card in cards])


def _customer(card: str) -> dict[str, str]:
    """Read the members that one card holds; of several values of a kind the first counts."""
    members: dict[str, str] = {}
    for name, marks, value in _properties(card):
        for member, text in _members(name, marks, value):
            if text:
                members.setdefault(member, text)
    return {"Name": members.get("Contact", ""), **members}


def _properties(card: str) -> Iterator[tuple[str, str, str]]:
    """List a card's lines as name, marks and value; a group before the name does not count."""
    for line in card.splitlines():
        head, colon, value = line.partition(":")
        if colon:
            name, _, marks = head.partition(";")
            yield name.rpartition(".")[2].upper(), marks.upper(), value.strip()


def _members(name: str, marks: str, value: str) -> Iterator[tuple[str, str]]:
    parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
    if name in PLAIN:
        yield PLAIN[name], _plain(value)
    elif name == "ORG":
        yield "Name", parts[0]
    elif name == "TEL":
        yield ("Mobile" if "CELL" in marks else "Fax" if "FAX" in marks else "Telephone"), _plain(value)
    elif name in ("N", "ADR"):
        order = NAME if name == "N" else ADDRESS
        yield from ((member, part) for member, part in zip(order, parts, strict=False) if member)


def _plain(text: str) -> str:
    """Take the backslashes away that a card puts before commas, semicolons and line ends."""
    return re.sub(r"\\([,;\\])", r"\1", re.sub(r"\\[nN]", "\n", text)).strip()
