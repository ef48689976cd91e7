"""Closed time: days before the owner's lock, and VAT periods whose return was submitted. Of other days nothing is known."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from kf_mcp.model import dates
from kf_mcp.model.checks import Finding, Period, name, party
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.purchases import Purchase


def in_closed_time(
    documents: Iterable[Invoice | Purchase], locked_before: date | None, submitted: Sequence[Period]
) -> list[Finding]:
    """Documents dated in closed time; first those that were entered after documents of later days that are not closed.

    KashFlow numbers its records in the order in which they are entered.
    """
    late: list[Finding] = []
    others: list[Finding] = []
    earliest: dict[type, int] = {}
    """The lowest id of a later document of the kind whose day is not closed."""
    for one in sorted(documents, key=lambda one: (one.issue_date, one.id), reverse=True):
        kind, by = type(one), _closed_by(one.issue_date, locked_before, submitted)
        if not by:
            earliest[kind] = min(one.id, earliest.get(kind, one.id))
            continue
        is_late = one.id > earliest.get(kind, one.id)
        more = "; entered after documents of later days" if is_late else ""
        what = f"{party(one)}, dated {dates.in_words(one.issue_date)}, {by}{more}."
        found = Finding(what=what, documents=(name(one),), amount=one.gross, currency=one.currency)
        (late if is_late else others).append(found)
    return late + others


def _closed_by(day: date, locked_before: date | None, submitted: Sequence[Period]) -> str:
    """What closes this day; empty where nothing is known to."""
    for start, end in submitted:
        if start <= day <= end:
            return f"within the VAT return for {start} to {end} that was submitted"
    if locked_before is not None and day < locked_before:
        return f"before the owner's lock on {locked_before}"
    return ""


def is_all_closed(period: Period, locked_before: date | None, submitted: Iterable[Period]) -> bool:
    """Whether every day of the period is known to be closed."""
    open_from = max(period[0], locked_before or period[0])
    for start, end in sorted(submitted):
        if start <= open_from:
            open_from = max(open_from, end + timedelta(days=1))
    return open_from > period[1]
