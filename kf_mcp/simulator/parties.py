"""What customers and suppliers have alike: their codes, and records written whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator.operations import Refusal
from kf_mcp.simulator.records import Party
from kf_mcp.simulator.shelves import Parties

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

LETTERS_OF_CODE = 4


def by_code(parties: Parties, code: str) -> Party | None:
    """Find a party by its code, in capitals or not."""
    return parties.coded(code)


def has_email(party: Party, address: str) -> bool:
    """Tell whether a party has an e-mail address; its field may hold several (KashFlow's manual)."""
    wanted = address.strip().casefold()
    held = str(party.members.get("Email") or "").casefold()
    return bool(wanted) and (wanted == held or wanted in re.split(r"[\s,;]+", held))


def checked_code(parties: Parties, kind: str, code: str, name: str, *, own_id: int = 0) -> str:
    """Check a code that was sent, or make one of the name's first letters and two digits: STEV01.

    Both refusals are KashFlow's own sentences, as a live integrator met them.
    """
    code = code.strip()
    if not code:
        return next(found for found in _codes_for(name) if by_code(parties, found) is None)
    if not re.fullmatch(r"[A-Za-z0-9]+", code):
        raise Refusal(f"The {kind.lower()} code specified is invalid, please re-enter without any special characters.")
    holder = by_code(parties, code)
    if holder is not None and holder.id != own_id:
        raise Refusal(f"{kind} Code is not unique")
    return code


def code_sent(books: Books, kind: str, before: Party, members: Mapping[str, Any]) -> str:
    """Read the code of a party who is written anew; what happens without one is a switch."""
    sent = str(members.get("Code") or "")
    if sent.strip() or books.switches.update_blank_code == "new":
        return sent
    if books.switches.update_blank_code == "refuse":
        raise Refusal(f"The {kind.lower()} has no code.")
    return before.code


def _codes_for(name: str) -> Iterator[str]:
    """Offer codes for a name, the first number first."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    letters = re.sub(r"[^A-Z]", "", plain.upper())[:LETTERS_OF_CODE] or "X"
    number = 1
    while True:
        yield f"{letters}{number:02d}"
        number += 1


def whole_record(members: Mapping[str, Any], blank: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Write a record whole: what was not sent becomes blank, and what KashFlow keeps itself is set."""
    sent = {name: members.get(name) for name in blank}
    filled = {name: blank[name] if value is None else value for name, value in sent.items()}
    return {**filled, **kept}


def rounded(members: Mapping[str, Any]) -> dict[str, Any]:
    """Write a record's decimals in four places, as KashFlow does."""
    return {
        name: value.quantize(Decimal("0.0001")) if isinstance(value, Decimal) else value
        for name, value in members.items()
    }


def currency_code(books: Books, party: Party) -> str:
    """Give the code of a party's currency; none set is the home currency."""
    found = books.currencies.get(int(party.members.get("CurrencyID") or 0))
    return found.code if found else next(row.code for row in books.currencies if row.home)


def currency_id(books: Books, code: str) -> int:
    """Find a currency of this account by its code."""
    found = next((row for row in books.currencies if row.code == code.strip().upper()), None)
    if found is None:
        raise Refusal(f"The currency {code} is not enabled on this account.")
    return 0 if found.home else found.id
