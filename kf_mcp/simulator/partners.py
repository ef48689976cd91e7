"""Calls for KashFlow's partners, as far as they only read."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.operations import Answer, operation

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]


@operation("IsOneSaaSEnabled")
def is_one_saas_enabled(_: Books, __: Request) -> Answer:
    """Tell whether the account is linked to OneSaaS; the pretend company's is not."""
    return Answer(False)


@operation("GetDigitaCSVFile")
def get_digita_file(books: Books, request: Request) -> Answer:
    """Write what was posted to each nominal in a period as lines of code, name and debit less credit.

    The columns are ours: nobody published those of the file that Digita's accounts software takes in.
    """
    start, end = wire.day(request, "StartDate") or date.min, wire.day(request, "EndDate") or date.max
    sums = books.ledger.balances(lambda day: start <= day <= end)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    for nominal in sorted(books.nominals, key=lambda row: row.code):
        if nominal.id in sums and sums[nominal.id].net:
            rows.writerow((nominal.code, nominal.name, f"{sums[nominal.id].net:.2f}"))
    return Answer(text.getvalue())
