"""Changes of a customer in a bookkeeper's words, where KashFlow's own members would not be understood."""

from collections.abc import Mapping
from typing import Any, Final

from kf_mcp.kashflow import wire
from kf_mcp.kashflow.change import alterations
from kf_mcp.kashflow.customers import region_of
from kf_mcp.kashflow.records import Record
from kf_mcp.model.text import counted

PLACES: Final[Mapping[str, str]] = {
    "UK": "the UK",
    "EU": "the EU, registered for VAT there",
    "world": "the rest of the world",
}
MARKS: Final = ("TradeBorderType", "EC", "OutsideEC")
"""The members that say where a customer is for VAT."""


def alterations_in_words(found: Record, members: Mapping[str, Any], currencies: Mapping[int, str]) -> list[str]:
    """What changes of a customer, one line for each: payment terms in days, region and currency in words."""
    own = {*MARKS, "PaymentTerms", "CurrencyID"}
    if "Contact" in members:  # KashFlow keeps the parts of the name as well
        own |= {"ContactFirstName", "ContactLastName"}
    said = alterations(found, {name: value for name, value in members.items() if name not in own})
    if "CurrencyID" in members:
        before, after = (currencies.get(wire.integer(row, "CurrencyID"), "another") for row in (found, members))
        said.append(f"Currency: {before} becomes {after}")
    if "PaymentTerms" in members:
        said.append(f"Payment terms: {_days(found)} becomes {_days(members)}")
    marks = {name: value for name, value in members.items() if name in MARKS}
    if marks:
        was, will_be = region_of(found), region_of({"EC": 0, "OutsideEC": 0, **marks})
        if was == will_be:  # among the marks of one region, such as those of Northern Ireland
            return said + alterations(found, marks)
        said.append(f"Region for VAT: {PLACES[was]} becomes {PLACES[will_be]}")
    return said


def _days(values: Mapping[str, Any]) -> str:
    days = wire.integer(values, "PaymentTerms")
    return counted(days, "day") if days else "those of the company"
