"""Closed time: what a submitted VAT return and the owner's lock forbid, and what is merely not known.

KashFlow lists no VAT periods and lets a submitted one be changed; HMRC wants errors in a submitted return corrected in a later one
(VAT Notice 700/45). So a document of a submitted period is not changed or deleted here, entering one is warned of, and a period that
nothing is known of is never called open.
"""

from datetime import date, timedelta
from typing import Final

from kf_mcp.errors import NotAllowed
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates
from kf_mcp.writing.plan import Plan

RECENT: Final = timedelta(days=31)
"""A VAT return is due a month and seven days after its period, so that of a day more recent than this can hardly be submitted."""


async def checked(plan: Plan, books: Books) -> Plan:
    """The plan with what is known of the VAT periods of its days. Raises NotAllowed where it would change a submitted one."""
    for day in sorted(set(plan.alters)):
        if submitted := await _submitted(day, books):
            raise NotAllowed(
                f"The document is dated {dates.in_words(day)}, {submitted}; changing it would change what was filed.",
                "Nothing was written. Correct it by a document of today, such as a credit note.",
            )
    found = [(day, await _submitted(day, books)) for day in sorted(set(plan.dated))]
    warnings = [
        f"{dates.in_words(day)} lies {submitted}: this adds to a period that was filed."
        for day, submitted in found
        if submitted
    ]
    unknown = [day for day in (*plan.dated, *plan.alters) if _is_unknown(day, books)]
    facts = [
        f"Whether the VAT return for {dates.in_words(day)} was submitted is not known (KASHFLOW_VAT_PERIODS does not cover it)"
        for day in sorted(unknown)[:1]
    ]
    return plan.model_copy(update={"warnings": (*warnings, *plan.warnings), "facts": (*plan.facts, *facts)})


async def why(day: date, books: Books) -> str:
    """Why documents of this day must stand; empty where nothing is known that forbids changing them."""
    if books.locked_before is not None and day < books.locked_before:
        return f"it is dated before the owner's lock on {dates.in_words(books.locked_before)}"
    submitted = await _submitted(day, books)
    return f"it lies {submitted}" if submitted else ""


async def _submitted(day: date, books: Books) -> str:
    for start, end in books.vat_periods:
        if start <= day <= end:
            report = await books.vat.report(start, end)
            period = f"in the VAT period {dates.in_words(start)} to {dates.in_words(end)}"
            return f"{period}, whose return was submitted" if report.submitted else ""
    return ""


def _is_unknown(day: date, books: Books) -> bool:
    is_declared = any(start <= day <= end for start, end in books.vat_periods)
    return not is_declared and books.today - day > RECENT
