"""The tool that enters a supplier's bill. What was left out is filled only from a source that the preview names."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.purchase_steps import InsertPurchase
from kf_mcp.model import dates, money, twins, vat_preflights
from kf_mcp.model.dates import Day
from kf_mcp.model.purchases import NewPurchase, Purchase, at_most_in_pounds
from kf_mcp.model.reference import Currency
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import sheets
from kf_mcp.tools.customers import Line
from kf_mcp.tools.payments import Paid
from kf_mcp.tools.purchase_lines import BilledLineAsked, buying_from, resolve
from kf_mcp.tools.suppliers import SupplierKey, supplier_called
from kf_mcp.writing.plan import Plan

LATE: Final = timedelta(days=120)
LONGEST_TERMS: Final = timedelta(days=180)
PENCE_PER_LINE: Final = Decimal("0.02")
"""Up to so much a line VAT on the whole bill may differ from VAT rounded line by line; our choice."""


@writes("Enter a supplier's bill", destructive=False)
async def create_purchase(
    books: Books,
    supplier: SupplierKey,
    issue_date: Annotated[Day, Field(description="The bill's own")],
    lines: Annotated[list[BilledLineAsked], Field(min_length=1, max_length=200, description="Negative: credit note")],
    reference: Annotated[Line, Field(max_length=100, description="Supplier's invoice number")] = "",
    due_date: Annotated[Day | None, Field(description="Default: by the supplier's terms")] = None,
    currency: Annotated[str, Field(max_length=3, description="Default: the supplier's")] = "",
    total: Annotated[Paid | None, Field(description="Printed total with VAT: a check")] = None,
) -> Plan:
    """Enter a purchase: a supplier's bill or credit note.

    Previewed to the penny; nothing is written before a person agreed. Printed VAT is kept; doubtful VAT and duplicates are warned of. What
    the books do not settle comes back as choices: ask the person. Purchases from abroad take the true rate with VAT 0.00.
    """
    seller = await supplier_called(books, supplier)
    buying = await buying_from(books, seller)
    money_in, currency_source = await _currency(books, seller, currency)
    due, due_source = _due(due_date, issue_date, seller)
    bought = resolve(buying, lines)
    purchase = NewPurchase(
        supplier_id=seller.id,
        supplier_code=seller.code,
        issue_date=issue_date,
        due_date=due,
        reference=reference,
        currency=money_in.code,
        exchange_rate=Decimal(1) if money_in.is_home else money_in.rate,
        lines=tuple(found.line for found in bought),
    )
    if total is not None and total != purchase.gross:
        show = money.in_words
        raise Refused(
            f"The lines come to {show(purchase.gross, purchase.currency)} (net {show(purchase.net, purchase.currency)} + VAT "
            f"{show(purchase.vat, purchase.currency)}), and the bill's total is {show(total, purchase.currency)}.",
            f"Nothing was written. {_how_to_meet(total, purchase, lines)}",
        )
    doubts = [f"Line {n}: {found.doubt}" for n, found in enumerate(bought, 1) if found.doubt]
    said = vat_preflights.together([buying.said(found.line, issue_date, money_in.code) for found in bought])
    if said.refusal:
        raise Refused(said.refusal, "Nothing was written. Compare with the bill and call again.")
    facts = [
        f"Dated {dates.in_words(issue_date)}, due {dates.in_words(due)}" + (f" ({due_source})" if due_source else ""),
        f"Supplier's reference: {quoted(reference) if reference else 'none'}",
    ]
    if not money_in.is_home or currency_source != "home currency":
        rate = "" if money_in.is_home else f" at KashFlow's rate {money.plain(purchase.exchange_rate)}"
        facts.append(f"Currency: {money_in.code}{rate}" + (f" ({currency_source})" if currency_source else ""))
    facts += [found.in_words(money_in.code) for found in bought]
    facts += [f"It comes to the bill's total of {money.in_words(total, money_in.code)}"] if total is not None else []
    return Plan(
        title=_title(seller, purchase),
        facts=(*facts, *said.notes),
        warnings=(*_warnings(purchase, buying.past, books.today), *doubts, *said.warnings),
        steps=(InsertPurchase.of(purchase),),
        amount=at_most_in_pounds(purchase.gross, money_in.code, purchase.exchange_rate),
        dated=(issue_date,),
        sheet=sheets.of_purchase(
            "Supplier's credit note" if purchase.gross < 0 else "Supplier's bill",
            buying.company,
            seller,
            purchase.lines,
            issued=issue_date,
            due=due,
            reference=reference,
            currency=purchase.currency,
        ),
    )


async def _currency(books: Books, seller: Supplier, said: str) -> tuple[Currency, str]:
    """The currency of the bill: the one named, else the supplier's; and where it came from."""
    enabled = await books.reference.currencies()
    home = next((item for item in enabled if item.is_home), None) or next(c for c in enabled if c.code == money.HOME)
    codes = [item.code for item in enabled]
    if said:
        found, source = next((item for item in enabled if item.code == said.strip().upper()), None), ""
        if found is None:
            raise ChoiceNeeded("currency", f"{quoted(said, 12)} is not a currency of this account.", codes)
    elif not seller.currency_id or seller.currency_id == home.id:
        found, source = home, "home currency"
    else:
        code = await books.suppliers.currency(seller.code)
        kept = [item for item in enabled if item.id == seller.currency_id] or [c for c in enabled if c.code == code]
        if not kept:
            raise ChoiceNeeded("currency", "The supplier's currency is not enabled.", codes)
        found, source = kept[0], "the supplier's currency"
    if found is not home and found.rate <= 0:
        raise Refused(f"KashFlow has no exchange rate for {found.code}.", "Set one there first. Nothing was written.")
    return found, source


def _due(asked: date | None, issued: date, seller: Supplier) -> tuple[date, str]:
    """When it is due, and where that comes from."""
    if asked is not None:
        return asked, ""
    if seller.payment_terms:
        return issued + timedelta(days=seller.payment_terms), f"{seller.payment_terms} days, the supplier's terms"
    raise ChoiceNeeded(
        "due_date",
        "No due date was named, and KashFlow holds no payment terms of this supplier.",
        [f"{issued + timedelta(days=days)} ({days} days)" for days in (0, 14, 30)],
    )


def _how_to_meet(total: Decimal, purchase: NewPurchase, asked: Sequence[BilledLineAsked]) -> str:
    """What to compare; where pence of VAT by the rate may be all that differs, which figure would make it the bill's total."""
    short, show = total - purchase.gross, money.in_words
    reckoned = [n for n, line in enumerate(asked) if line.vat is None and purchase.lines[n].vat]
    if not reckoned or abs(short) > PENCE_PER_LINE * len(reckoned):
        return "Compare each line and its VAT with the bill."
    largest = max(reckoned, key=lambda n: abs(purchase.lines[n].vat))
    return (
        f"VAT was worked out by the rate, line by line. If the bill prints {show(purchase.net, purchase.currency)} net and "
        f"{show(purchase.vat + short, purchase.currency)} VAT, call again with `lines[{largest}].vat` set to "
        f"{purchase.lines[largest].vat + short} (the line with the most VAT); if it prints anything else, compare each line with it."
    )


def _title(seller: Supplier, purchase: NewPurchase) -> str:
    show = money.in_words
    kind = "Supplier's credit note" if purchase.gross < 0 else "Purchase"
    return (
        f"{kind} from {quoted(seller.name, 80)} ({seller.code}): {show(purchase.gross, purchase.currency)} "
        f"(net {show(purchase.net, purchase.currency)} + VAT {show(purchase.vat, purchase.currency)})"
    )


def _warnings(purchase: NewPurchase, past: Sequence[Purchase], today: date) -> list[str]:
    """What a bookkeeper would ask about before writing this."""
    said = twins.of_purchase(purchase, past)
    if purchase.gross < 0:
        said.append("The total is below zero: it lowers what is owed to the supplier.")
    if not purchase.gross:
        said.append("The total is nothing.")
    if not purchase.reference:
        said.append("It has no supplier's reference, by which the same bill entered twice would be seen.")
    if purchase.due_date < purchase.issue_date:
        said.append("It is due before it is dated.")
    if purchase.due_date - purchase.issue_date > LONGEST_TERMS:
        said.append(f"It is due only on {dates.in_words(purchase.due_date)}.")
    if purchase.issue_date > today:
        said.append("It is dated in the future.")
    if today - purchase.issue_date > LATE:
        said.append(f"It is dated {dates.in_words(purchase.issue_date)}, far from today.")
    for n, line in enumerate(purchase.lines, 1):
        if line.unit_price != money.to_pennies(line.unit_price):
            said.append(
                f"Line {n}'s price has more than two decimal places; KashFlow may cut it, and reading back will show whether it did."
            )
    return said
