"""The tool that checks the books against themselves."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Final, get_args

from pydantic import Field

from kf_mcp.errors import BadSettings, Failure, NotFound, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import checks as found_by
from kf_mcp.model import checks_abroad, closed, dates
from kf_mcp.model.checks import Finding
from kf_mcp.model.customers import Customer
from kf_mcp.model.dates import Day
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.reports import Aged
from kf_mcp.model.text import bounded, counted
from kf_mcp.toolkit import reads
from kf_mcp.tools import check_duplicates
from kf_mcp.tools.check_reads import (
    MOST_LOOKED_UP,
    Asked,
    Made,
    dated,
    left_out,
    once,
    read_customers,
    read_invoices,
    read_ledger,
    read_nominals,
    read_purchases,
    read_purchases_abroad,
    read_suppliers_abroad,
)
from kf_mcp.tools.check_replies import Check, CheckedBooks, CheckRow, Outcome, row


@reads("Cross-checks of the books", toolset="checks")
async def check_books(
    books: Books,
    from_date: Annotated[Day | None, Field(description="First day; empty: twelve months before the last")] = None,
    to_date: Annotated[Day | None, Field(description="Last day; empty: today")] = None,
    checks: Annotated[list[Check] | None, Field(description="Which checks; empty: all")] = None,
    limit: Annotated[int, Field(ge=1, le=500, description="Most findings of each check to return")] = 10,
) -> CheckedBooks:
    """Check the books as an accountant does first: control accounts, bank, trial balance, invoice numbers, duplicates, VAT.

    Also credit notes not applied, and documents in closed time. Balances are as of `to_date`; documents are those dated in the
    period, twelve months unless given. Each finding names its documents and is something to look at, not proof of a fault; totals
    count all. A check that KashFlow refused is "not made" and the others go on; what cannot be told is "unknown": days that neither
    the owner's lock nor a declared, submitted VAT period closes are unknown, never open. Nothing is changed. For the figures
    themselves use `get_report` and `get_vat_report`.
    """
    end = to_date or books.today
    start = from_date or found_by.a_year_to(end)
    if start > end:
        raise Refused("`from_date` is after `to_date`.", "Swap them.")
    asked = Asked(books, start, end)
    wanted = [check for check in get_args(Check) if not checks or check in checks]
    return CheckedBooks(
        start=start,
        end=end,
        assumed=not (from_date and to_date),
        checks=[await _made(check, asked, limit) for check in wanted],
    )


async def _made(check: Check, asked: Asked, limit: int) -> CheckRow:
    try:
        made = await CHECKS[check](asked)
    except BadSettings:
        raise
    except Failure as failure:
        return CheckRow(check=check, outcome="not made", notes=[bounded(failure.problem, 300)])
    unfound: Outcome = "fine" if made.is_known else "unknown"
    return CheckRow(
        check=check,
        outcome="found" if made.findings else unfound,
        looked_at=made.looked_at,
        total=len(made.findings),
        findings=[row(finding) for finding in made.findings[:limit]],
        notes=list(made.notes),
    )


async def _debtors(asked: Asked) -> Made:
    return await _control(asked, "debtors", 1, await asked.books.reports.aged_debtors(asked.end))


async def _creditors(asked: Asked) -> Made:
    return await _control(asked, "creditors", -1, await asked.books.reports.aged_creditors(asked.end))


async def _control(asked: Asked, word: str, sign: int, aged: Sequence[Aged]) -> Made:
    sums = {one.id: one for one in await once(asked, read_ledger)}
    fitting = found_by.control_accounts([*(await once(asked, read_nominals)).values(), *sums.values()], word)
    at = f"at the end of {dates.in_words(asked.end)}"
    if len(fitting) != 1:
        several = ", ".join(fitting.values())
        why = f"Several nominals may be it: {several}." if several else f"No nominal is called {word} control."
        return Made(looked_at=at, notes=[f"The control account was not found. {why}"], is_known=False)
    ((id_, shown),) = fitting.items()
    findings = found_by.against_control(aged, sums.get(id_), sign, shown)
    return Made(findings, f"{counted(len(aged), 'balance')} against nominal {shown}, {at}")


async def _bank(asked: Asked) -> Made:
    sums = {one.code: one for one in await once(asked, read_ledger)}
    known = {nominal.code for nominal in (await once(asked, read_nominals)).values()} | sums.keys()
    accounts = await asked.books.reference.bank_accounts()
    findings, notes = [], []
    for account in accounts:
        code = account.nominal_code
        if code not in known or not code:
            notes.append(f"{bounded(account.name, 40)}: unknown; its nominal {code} is not among the nominals.")
            continue
        balance = await asked.books.bank.balance(account.id, asked.end)
        findings += found_by.against_nominal(account.name, balance, sums.get(code), code)
    at = f"{counted(len(accounts), 'account')} at the end of {dates.in_words(asked.end)}"
    return Made(findings, at, notes, is_known=not notes)


async def _trial_balance(asked: Asked) -> Made:
    to_date = f"everything to {dates.in_words(asked.end)}"
    findings = found_by.not_zero(await once(asked, read_ledger), to_date)
    findings += found_by.not_zero(await asked.books.reports.trial_balance(asked.start, asked.end), asked.period)
    return Made(findings, f"{to_date}, and the period alone")


async def _invoice_numbers(asked: Asked) -> Made:
    invoices = await once(asked, read_invoices)
    gone: list[int] = []
    runs: list[Finding] = []
    notes: list[str] = []
    left = MOST_LOOKED_UP
    for first, last in found_by.gaps(invoice.number for invoice in invoices):
        if last - first >= left:
            runs.append(found_by.missing_run(first, last, " in the period; not looked for outside it"))
            continue
        left -= last - first + 1
        try:
            gone += [number for number in range(first, last + 1) if not await _is_there(asked, number)]
        except Refused as no:  # the lists were read; only the search outside the period is refused
            left = 0
            runs.append(found_by.missing_run(first, last, " in the period; not found out whether outside it"))
            notes.append(bounded(no.problem, 200))
    findings = [*found_by.repeats(invoices), *found_by.missing(gone), *runs]
    numbers = [invoice.number for invoice in invoices]
    span = f", {min(numbers)} to {max(numbers)}" if numbers else ""
    return Made(findings, f"{counted(len(invoices), 'invoice')}{span}", notes)


async def _is_there(asked: Asked, number: int) -> bool:
    """Whether there is an invoice with this number, of whatever date."""
    try:
        await asked.books.invoices.get(number)
    except NotFound:
        return False
    return True


async def _credit_notes(asked: Asked) -> Made:
    listed = {one.id: one for one in await asked.books.invoices.unpaid() if one.issue_date <= asked.end}
    invoices = listed | {one.id: one for one in await once(asked, read_invoices)}
    listing = await once(asked, read_purchases)
    to_customers = found_by.unapplied(invoices.values())
    by_suppliers = found_by.unapplied(one for one in listing.purchases if one.issue_date <= asked.end)
    notes = [
        f"{whose} credit notes: {len(findings)}, {found_by.sums(findings)}"
        for whose, findings in (("Customers'", to_customers), ("Suppliers'", by_suppliers))
        if findings
    ]
    notes.append("Customers' credit notes of before the period: only those that KashFlow lists as unpaid.")
    looked_at = f"up to {dates.in_words(asked.end)}, as applied by now"
    return Made([*to_customers, *by_suppliers], looked_at, [*notes, *left_out(listing)])


async def _missing_vat(asked: Asked) -> Made:
    if not (await asked.books.reference.company()).vat_registered:
        return Made(looked_at="the company is not registered for VAT")
    customers, nominals = await once(asked, read_customers), await once(asked, read_nominals)
    invoices = await once(asked, read_invoices)
    lines = [line for invoice in invoices for line in invoice.lines]
    notes = []
    if archived := sum(1 for line in lines if line.nominal_id not in nominals):
        notes.append(f"{counted(archived, 'line')} on nominals that are archived or not given: unknown.")
    findings = found_by.without_vat(invoices, customers, nominals)
    if findings:
        notes.append(f"Net of these lines: {found_by.sums(findings)}")
    looked_at = f"{counted(len(lines), 'line')} of {counted(len(invoices), 'invoice')}"
    return Made(findings, looked_at, [*notes, *_strangers(invoices, customers)])


async def _vat_abroad(asked: Asked) -> Made:
    customers, invoices = await once(asked, read_customers), await once(asked, read_invoices)
    sold = checks_abroad.sold(invoices, customers)
    notes = [f"VAT of these lines of invoices: {found_by.sums(sold)}"] if sold else []
    abroad = sum(1 for one in invoices if one.customer_id in customers and customers[one.customer_id].region != "UK")
    bought, bills = [], await once(asked, read_purchases_abroad)
    if (await asked.books.reference.company()).vat_registered:
        bought = checks_abroad.bought(bills, await once(asked, read_suppliers_abroad))
    looked_at = (
        f"{counted(abroad, 'invoice')} to customers abroad, {counted(len(bills), 'purchase')} from suppliers abroad"
    )
    return Made([*sold, *bought], looked_at, [*notes, *_strangers(invoices, customers)])


def _strangers(invoices: Sequence[Invoice], customers: Mapping[int, Customer]) -> list[str]:
    unknown = sum(1 for invoice in invoices if invoice.customer_id not in customers)
    return [f"{counted(unknown, 'invoice')} of customers that are not listed: unknown."] if unknown else []


async def _closed_periods(asked: Asked) -> Made:
    lock = asked.books.locked_before
    submitted, notes = await _submitted(asked)
    if lock is None and not asked.books.vat_periods:
        notes.append("Neither KASHFLOW_LOCKED_BEFORE nor KASHFLOW_VAT_PERIODS is set.")
    is_known = closed.is_all_closed((asked.start, asked.end), lock, submitted)
    if not is_known:
        notes.append("Whether other days are closed is unknown: KashFlow lists no returns.")
    documents: list[Invoice | Purchase] = []
    if submitted or (lock is not None and asked.start < lock):
        documents = [*await once(asked, read_invoices), *dated(asked, await once(asked, read_purchases))]
    findings = closed.in_closed_time(documents, lock, submitted)
    looked_at = "invoices and purchases" + (f", lock before {lock}" if lock else "")
    return Made(findings, looked_at, notes, is_known=is_known)


async def _submitted(asked: Asked) -> tuple[list[found_by.Period], list[str]]:
    """The declared VAT periods that KashFlow shows as submitted, and what is to be said of the others."""
    periods = [one for one in asked.books.vat_periods if one[0] <= asked.end and asked.start <= one[1]]
    submitted, notes = [], []
    for start, end in periods:
        try:
            is_submitted = (await asked.books.vat.report(start, end)).submitted
        except BadSettings:
            raise
        except Failure as failure:
            notes.append(f"{start} to {end}: unknown. {bounded(failure.problem, 200)}")
            continue
        if is_submitted:
            submitted.append((start, end))
        else:
            notes.append(f"{start} to {end}: not shown as submitted for exactly these dates; unknown.")
    return submitted, notes


CHECKS: Final[Mapping[Check, Callable[[Asked], Awaitable[Made]]]] = {
    "debtors": _debtors,
    "creditors": _creditors,
    "bank": _bank,
    "trial_balance": _trial_balance,
    "invoice_numbers": _invoice_numbers,
    "duplicate_invoices": check_duplicates.invoices,
    "duplicate_purchases": check_duplicates.purchases,
    "duplicate_payments": check_duplicates.payments,
    "credit_notes": _credit_notes,
    "missing_vat": _missing_vat,
    "vat_abroad": _vat_abroad,
    "closed_periods": _closed_periods,
}
