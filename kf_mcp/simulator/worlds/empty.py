"""The world ``empty``: a VAT-registered company on its first day, with one bank account and no customers."""

from __future__ import annotations

from datetime import date

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.worlds.chart import Setting, company_details, found

SETTING = Setting(
    details=company_details(
        "First Day Ltd",
        Address1="1 New Street",
        Address2="Exampleton",
        Postcode="EX1 1AA",
        PrimaryEmail="office@firstday.example",
        Telephone="020 7946 0100",
        VatRegistrationNumber="GB001234057",
    ),
    accounts=("Current account",),
    currencies={},
)


def build(today: date, switches: Switches) -> Books:
    """Open the books of a company that has done nothing yet."""
    return found("empty", today, switches, SETTING)
