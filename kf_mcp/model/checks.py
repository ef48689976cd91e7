"""What an accountant looks at first: whether the books agree with themselves, and what in them looks wrong.

Each check takes values that were read and gives findings; none decides anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import dates, money, vat
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import Invoice, InvoiceLine
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.reference import Nominal
from kf_mcp.model.reports import Aged, NominalSum, total
from kf_mcp.model.text import bounded, quoted

Period = tuple[date, date]


class Finding(BaseModel):
    """Something to look at, and the documents that it concerns."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    what: str
    documents: tuple[str, ...] = ()
    amount: Decimal | None = None
    currency: str = money.HOME


def name(document: Invoice | Purchase) -> str:
    """A document by its kind and number."""
    kind = "invoice" if isinstance(document, Invoice) else "purchase"
    return f"{kind} {document.number}"


def party(document: Invoice | Purchase) -> str:
    """The code of the customer or supplier; where there is none, the name."""
    code, called = (
        (document.customer_code, document.customer_name)
        if isinstance(document, Invoice)
        else (document.supplier_code, document.supplier_name)
    )
    return bounded(code, 40) or quoted(called, 60)


def debit(row: NominalSum) -> Decimal:
    """Debits less credits of a nominal; by its balance (credit less debit) where KashFlow fills no columns."""
    return row.debit - row.credit if row.debit or row.credit else -row.balance


def control_accounts(nominals: Iterable[Nominal | NominalSum], word: str) -> dict[int, str]:
    """The nominals, code by id, that may be the control account of debtors or creditors, by their names.

    Those called so-and-so control come first; else those that are called trade debtors or trade creditors.
    """
    named = {row.id: (f"{row.code} {bounded(row.name, 40)}", set(row.name.casefold().split())) for row in nominals}
    for other in ("control", "trade"):
        found = {id_: shown for id_, (shown, words) in named.items() if {word, other} <= words}
        if found:
            return found
    return {}


def against_control(aged: Sequence[Aged], control: NominalSum | None, sign: int, shown: str) -> list[Finding]:
    """Where an aged list and its control account differ; `sign` is 1 for debtors (a debit), -1 for creditors."""
    owed = total(row.balance for row in aged)
    in_ledger = sign * debit(control) if control else total([])
    found = [
        Finding(
            what=f"The ages of {bounded(row.code, 40) or quoted(row.name, 60)} do not make the balance.",
            amount=row.balance,
        )
        for row in aged
        if not row.adds_up
    ]
    if owed not in {in_ledger, -in_ledger}:  # with which sign KashFlow lists creditors is not documented
        found.append(
            Finding(
                what=f"The aged list comes to {money.in_words(owed)}, nominal {shown} to {money.in_words(in_ledger)}; "
                "money paid on account that the list leaves out is one possible reason.",
                amount=owed - in_ledger,
            )
        )
    return found


def against_nominal(account: str, balance: Decimal, nominal: NominalSum | None, code: int) -> list[Finding]:
    """Where a bank account's balance and its nominal in the trial balance differ."""
    in_ledger = debit(nominal) if nominal else total([])
    if balance == in_ledger:
        return []
    what = (
        f"{quoted(account, 40)} holds {money.in_words(balance)} by the bank figures, "
        f"but its nominal {code} {money.in_words(in_ledger)}."
    )
    return [Finding(what=what, amount=balance - in_ledger)]


def not_zero(rows: Iterable[NominalSum], period: str) -> list[Finding]:
    """Where debits and credits are not equal."""
    left = total(debit(row) for row in rows)
    return [Finding(what=f"Debits less credits are not zero ({period}).", amount=left)] if left else []


def repeats(invoices: Iterable[Invoice]) -> list[Finding]:
    """Each number that several invoices have."""
    by_number: defaultdict[int, dict[int, Invoice]] = defaultdict(dict)
    for invoice in invoices:
        by_number[invoice.number][invoice.id] = invoice
    return [
        Finding(
            what=f"{len(alike)} invoices have the number {number}: "
            + ", ".join(f"{party(one)} {one.issue_date}" for one in alike.values()),
            documents=tuple(name(one) for one in alike.values()),
        )
        for number, alike in sorted(by_number.items())
        if len(alike) > 1
    ]


def gaps(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers that are missing between the lowest and the highest, as runs of first and last."""
    used = sorted({number for number in numbers if number > 0})
    return [(one + 1, other - 1) for one, other in pairwise(used) if other > one + 1]


def missing(numbers: Iterable[int]) -> list[Finding]:
    """Numbers that no invoice has, those in a row together."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [missing_run(run[0], run[-1]) for run in runs]


def missing_run(first: int, last: int, more: str = "") -> Finding:
    """A run of numbers that no invoice has."""
    if first == last:
        return Finding(what=f"There is no invoice {first}{more}.", documents=(f"invoice {first}",))
    what = f"There are no invoices {first} to {last} ({last - first + 1} numbers){more}."
    return Finding(what=what, documents=(f"invoice {first}", f"invoice {last}"))


def unapplied(documents: Iterable[Invoice | Purchase]) -> list[Finding]:
    """Credit notes of which something is left, oldest first."""
    return [
        Finding(
            what=f"Credit note of {dates.in_words(one.issue_date)} for {party(one)}: not applied, or not wholly.",
            documents=(name(one),),
            amount=one.outstanding,
            currency=one.currency,
        )
        for one in sorted(documents, key=lambda one: (one.issue_date, one.id))
        if one.is_credit_note and one.outstanding < 0 and not one.marked_paid
    ]


def without_vat(
    invoices: Iterable[Invoice], customers: Mapping[int, Customer], nominals: Mapping[int, Nominal]
) -> list[Finding]:
    """Lines at 0% or N/A for customers in the UK, on nominals whose own rate is above 0."""
    found = []
    for invoice, line in lines_of(invoices):
        customer, nominal = customers.get(invoice.customer_id), nominals.get(line.nominal_id)
        if customer is None or customer.region != "UK" or nominal is None or not line.net:
            continue
        if line.vat_rate <= 0 < nominal.vat_rate:
            usual = vat.rate_in_words(nominal.vat_rate)
            what = (
                f"{quoted(line.description, 60)} for {party(invoice)} in the UK is at {vat.rate_in_words(line.vat_rate)}; "
                f"nominal {nominal.code} is usually {usual}."
            )
            found.append(Finding(what=what, documents=(name(invoice),), amount=line.net, currency=invoice.currency))
    return found


def lines_of(invoices: Iterable[Invoice]) -> Iterator[tuple[Invoice, InvoiceLine]]:
    """Each line with its invoice, oldest first."""
    for invoice in sorted(invoices, key=lambda one: (one.issue_date, one.number)):
        for line in invoice.lines:
            yield invoice, line


def sums(findings: Iterable[Finding]) -> str:
    """What the findings come to, by currency."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for finding in findings:
        found[finding.currency] += finding.amount or 0
    return ", ".join(money.in_words(amount, currency) for currency, amount in sorted(found.items()))


def a_year_to(day: date) -> date:
    """The first day of the twelve months that end on this day."""
    after = day + timedelta(days=1)
    return after.replace(year=after.year - 1, day=28 if (after.month, after.day) == (2, 29) else after.day)
