"""What may have been entered twice: purchases, invoices, and payments of one document."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, TypeVar

from kf_mcp.model import dates
from kf_mcp.model.checks import Finding, Period, name, party
from kf_mcp.model.invoices import Invoice
from kf_mcp.model.payments import Payment
from kf_mcp.model.purchases import Purchase, PurchasePayment
from kf_mcp.model.text import quoted

DAYS_APART: Final = 45
"""Within so many days the same amount from the same supplier may be the same purchase."""
INVOICE_DAYS_APART: Final = 7
"""Within so many days the same amount for the same customer may be the same invoice."""
A_MONTH: Final = range(26, 36)
"""Days between two bills of one month after another."""
SERIES: Final = 3

B = TypeVar("B", Invoice, Purchase)


def around(within: Period, days: int) -> Period:
    """The period with so many days before and after it."""
    return within[0] - timedelta(days=days), within[1] + timedelta(days=days)


def purchases(found: Iterable[Purchase], within: Period) -> list[Finding]:
    """Purchases of one supplier with the same reference, then those with the same total a few weeks apart.

    At least one of them is dated within the period. Those that look like a monthly bill come last. Money that went the other
    way (a credit note) is no duplicate.
    """
    by_reference: defaultdict[tuple[object, ...], list[Purchase]] = defaultdict(list)
    by_total: defaultdict[tuple[object, ...], list[Purchase]] = defaultdict(list)
    first, last = around(within, DAYS_APART)
    for one in _by_date(found):
        if reference := _plain(one.reference):
            by_reference[one.supplier_id, one.gross < 0, reference].append(one)
        if one.gross and first <= one.issue_date <= last:
            by_total[one.supplier_id, one.currency, one.gross].append(one)
    likely = [alike for alike in by_reference.values() if len(alike) > 1]
    said = {frozenset(one.id for one in run) for run in likely}
    runs = [run for run in _runs(by_total.values(), DAYS_APART) if frozenset(one.id for one in run) not in said]
    runs.sort(key=lambda run: (_is_monthly(run), min(_days(run)), run[0].number))
    return [
        *_told(likely, within, lambda run: _by_reference(run, "purchases from")),
        *_told(runs, within, lambda run: _by_total(run, "purchases from")),
    ]


def invoices(found: Iterable[Invoice], within: Period) -> list[Finding]:
    """Invoices for one customer with the same total, and the same reference or dates a few days apart.

    A customer's reference alone does not count: an order may well be invoiced in parts. At least one of them is dated within the
    period. Those that look like a monthly invoice come last.
    """
    by_reference: defaultdict[tuple[object, ...], list[Invoice]] = defaultdict(list)
    by_total: defaultdict[tuple[object, ...], list[Invoice]] = defaultdict(list)
    for one in _by_date(one for one in found if one.gross):
        alike = (one.customer_id, one.currency, one.gross)
        by_total[alike].append(one)
        if reference := _plain(one.reference):
            by_reference[*alike, reference].append(one)
    likely = [same for same in by_reference.values() if len(same) > 1]
    said = [{one.id for one in run} for run in likely]
    runs = [
        run
        for run in _runs(by_total.values(), INVOICE_DAYS_APART)
        if not any({one.id for one in run} <= ids for ids in said)
    ]
    runs.sort(key=lambda run: (min(_days(run)), run[0].number))
    likely.sort(key=_is_monthly)
    regular = sum(map(_is_monthly, likely))
    return [
        *_told(likely[: len(likely) - regular], within, lambda run: _by_reference(run, "invoices for")),
        *_told(runs, within, lambda run: _by_total(run, "invoices for")),
        *_told(likely[len(likely) - regular :], within, lambda run: _by_reference(run, "invoices for")),
    ]


def payments(found: Iterable[tuple[str, Payment | PurchasePayment]]) -> list[Finding]:
    """Payments of one document, which is named with each, of the same amount on the same day; oldest first."""
    alike: defaultdict[tuple[date, str, object], list[Payment | PurchasePayment]] = defaultdict(list)
    for document, payment in found:
        alike[payment.date, document, payment.amount].append(payment)
    return [
        Finding(
            what=f"{len(same)} payments of {document} on {dates.in_words(day)} of the same amount "
            f"(payments {', '.join(str(id_) for id_ in sorted(payment.id for payment in same))}).",
            documents=(document,),
            amount=same[0].amount,  # in pounds, whatever the document is in (KashFlow's knowledge base)
        )
        for (day, document, _), same in sorted(alike.items(), key=lambda item: item[0][:2])
        if len(same) > 1
    ]


def _by_date(found: Iterable[B]) -> list[B]:
    return sorted(found, key=lambda one: (one.issue_date, one.id))


def _plain(reference: str) -> str:
    return "".join(filter(str.isalnum, reference.casefold()))


def _runs(groups: Iterable[Sequence[B]], days: int) -> Iterator[list[B]]:
    """Documents of the same amount, in runs of two and more of which each is at most so many days after the one before."""
    for alike in groups:
        run = [alike[0]]
        for one in alike[1:]:
            if (one.issue_date - run[-1].issue_date).days > days:
                if len(run) > 1:
                    yield run
                run = []
            run.append(one)
        if len(run) > 1:
            yield run


def _told(runs: Iterable[list[B]], within: Period, told: Callable[[list[B]], Finding]) -> list[Finding]:
    return [told(run) for run in runs if any(within[0] <= one.issue_date <= within[1] for one in run)]


def _by_reference(run: Sequence[B], which: str) -> Finding:
    totals = " and the same total" if _is_same_total(run) else ", totals differ"
    return _finding(run, which, f" with the same reference {quoted(run[0].reference, 40)}{totals}")


def _by_total(run: Sequence[B], which: str) -> Finding:
    references = {_plain(one.reference) for one in run}
    differ = ", references differ" if "" not in references and len(references) == len(run) else ""
    return _finding(run, which, f" with the same total{differ}")


def _finding(run: Sequence[B], which: str, alike: str) -> Finding:
    first, last = run[0].issue_date, run[-1].issue_date
    span = dates.in_words(first) if first == last else f"{dates.in_words(first)} to {dates.in_words(last)}"
    regular = ", month after month: perhaps a regular bill" if _is_same_total(run) and _is_monthly(run) else ""
    return Finding(
        what=f"{len(run)} {which} {party(run[0])}{alike}{regular}, {span}.",
        documents=tuple(name(one) for one in run),
        amount=run[0].gross if _is_same_total(run) else None,
        currency=run[0].currency,
    )


def _is_same_total(run: Sequence[B]) -> bool:
    return len({(one.currency, one.gross) for one in run}) == 1


def _days(run: Sequence[B]) -> list[int]:
    return [(later.issue_date - earlier.issue_date).days for earlier, later in pairwise(run)]


def _is_monthly(run: Sequence[B]) -> bool:
    return len(run) >= SERIES and all(apart in A_MONTH for apart in _days(run))
