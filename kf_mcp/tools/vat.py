"""The tool that reads the VAT report."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import override

from kf_mcp.errors import BadSettings, Failure, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import dates, money
from kf_mcp.model.dates import Day
from kf_mcp.model.documents import Bill
from kf_mcp.model.money import Amount
from kf_mcp.model.vat import BOXES, VATReport, cannot_show
from kf_mcp.toolkit import Reply, Row, reads

A_QUARTER: Final = timedelta(days=93)
LISTED: Final = 10


class Box(Row):
    """One box of the return."""

    box: int
    amount: Amount = Field(description="Pounds")
    meaning: str


class VATFigures(Reply):
    """The nine boxes for a period."""

    start: Day
    end: Day
    boxes: list[Box] = Field(description="Boxes 1 to 9, in order")
    to_pay: Amount = Field(description="Box 3 less box 4, pounds; negative: repaid by HMRC")
    submitted: bool = Field(description="Filed with HMRC, for exactly these dates")
    submitted_on: Day | None = None
    posted: bool = Field(description="Entered in the accounts")
    due: Day = Field(description="One month and seven days after the end")
    problems: list[str] = Field([], description="Rules between the boxes that these figures break")
    notes: list[str] = Field(description="What these figures cannot show")

    @override
    def in_words(self) -> str:
        lines = [f"VAT report {self.start} to {self.end}"]
        lines += [f"! {problem}" for problem in self.problems]
        lines += [f"Box {row.box}: {money.in_words(row.amount)} ({row.meaning})" for row in self.boxes]
        way = "to pay to HMRC" if self.to_pay >= 0 else "to be repaid by HMRC"
        lines.append(f"{money.in_words(abs(self.to_pay))} {way}.")
        if self.submitted:
            lines.append(f"Filed with HMRC{f' on {self.submitted_on}' if self.submitted_on else ''}.")
        else:
            lines.append(
                f"Not shown as filed for exactly these dates. A return that ends on {self.end} is due on {self.due}."
            )
        return "\n".join([*lines, *self.notes])


@reads("VAT report", card=True)
async def get_vat_report(
    books: Books,
    start: Annotated[Day, Field(description="First day of the VAT period")],
    end: Annotated[Day, Field(description="Last day of the VAT period")],
) -> VATFigures:
    """Read the nine boxes of the VAT return for a period, what each means, whether it was filed, and when it is due.

    Both dates are needed, since KashFlow does not say which VAT periods the company has: ask for them. The rules between boxes are
    checked. Nothing is filed or locked by reading. Amounts are pounds. A company that is not registered is an error.
    """
    if start > end:
        raise Refused("`start` is after `end`.", "Swap them.")
    company = await books.reference.company()
    if not company.vat_registered:
        raise Refused("The company is not registered for VAT in KashFlow, so there is no VAT report.", "Nothing to do.")
    report = await books.vat.report(start, end)
    notes = cannot_show(submitted=report.submitted)
    if odd := report.odd_for_great_britain(company.vat_number):
        notes.insert(0, await _odd_boxes(books, report, odd))
    if end - start > A_QUARTER:
        notes.insert(0, "The dates span more than a quarter; VAT periods are mostly three months.")
    if end > books.today:
        notes.insert(0, f"The period runs until {dates.in_words(end)} and is not over yet.")
    return VATFigures(
        start=start,
        end=end,
        boxes=[Box(box=n, amount=report.box(n), meaning=BOXES[n]) for n in BOXES],
        to_pay=report.to_pay,
        submitted=report.submitted,
        submitted_on=report.submitted_on.date() if report.submitted and report.submitted_on else None,
        posted=report.in_accounts,
        due=dates.one_month_and_seven_days_after(end),
        problems=report.broken_identities(),
        notes=notes,
    )


async def _odd_boxes(books: Books, report: VATReport, odd: list[int]) -> str:
    """Boxes for Northern Ireland that hold figures of a company in Great Britain, and the documents to look at."""
    figures = ", ".join(f"box {number} {money.in_words(report.box(number))}" for number in odd)
    try:
        look_at = " and ".join(await _of_the_eu(books, report, odd))
    except BadSettings:
        raise
    except Failure:  # the report stands without their names
        look_at = "the purchases and invoices of suppliers and customers in the EU"
    return (
        f"Not zero: {figures}. Since 2021 boxes 2, 8 and 9 are for goods between Northern Ireland and the EU (VAT Notice 700/12), and the "
        f"company's VAT number begins with GB. Unless goods moved so, show the accountant before it is filed: {look_at}."
    )


async def _of_the_eu(books: Books, report: VATReport, odd: list[int]) -> list[str]:
    """The documents that these boxes may come from: purchases for 2 and 9, invoices for 8."""
    said = []
    if {2, 9} & set(odd):
        sellers = {found.id for found in await books.suppliers.all() if found.region == "EU"}
        bills = [
            found
            for found in (await books.purchases.listed("All")).purchases
            if found.supplier_id in sellers and report.start <= found.issue_date <= report.end
        ]
        said.append(_named("purchases of suppliers in the EU", bills))
    if {8} & set(odd):
        buyers = {found.id for found in await books.customers.all() if found.region == "EU"}
        sales = [
            found for found in await books.invoices.between(report.start, report.end) if found.customer_id in buyers
        ]
        said.append(_named("invoices to customers in the EU", sales))
    return said


def _named(what: str, found: Sequence[Bill]) -> str:
    """The documents by number, as far as there is room."""
    if not found:
        return f"{what} (none is dated in the period)"
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return f"{what} ({', '.join(map(str, sorted(bill.number for bill in found)[:LISTED]))}{more})"
