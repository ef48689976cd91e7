"""What the UK's VAT rules say about a line before it is written: a reason to refuse it, warnings, notes. No figure is changed here.

Each rule is a function with its source: in `vat_line` (both ways), `vat_on_sales` and `vat_on_purchases`. There, "Notice" is one of
HMRC's VAT Notices, "KB" KashFlow's knowledge base. What neither says stays unsaid.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from kf_mcp.model import money
from kf_mcp.model.invoices import line_vat
from kf_mcp.model.money import HOME
from kf_mcp.model.vat_line import Line, Place, Said, all_said, together
from kf_mcp.model.vat_on_purchases import PURCHASE_RULES, WITHOUT_REGISTRATION
from kf_mcp.model.vat_on_sales import SALE_RULES, sale_without_registration

__all__ = ["Place", "Said", "foreign_currency", "purchase_line", "rounding", "sale_line", "together"]


def sale_line(
    rate: Decimal,
    net: Decimal,
    day: date,
    region: Place,
    registered: bool,
    *,
    description: str = "",
    vat_number: str | None = None,
    is_reverse_charge: bool = False,
    currency: str = HOME,
) -> Said:
    """What the rules say about a line that is sold; `vat_number` is the customer's: empty where the books hold none, None: unknown."""
    vat = line_vat(net, rate)
    line = Line(rate, net, vat, day, region, description, currency or HOME, is_reverse_charge, vat_number)
    return all_said(line, SALE_RULES) if registered else sale_without_registration(line)


def purchase_line(
    rate: Decimal,
    net: Decimal,
    vat: Decimal,
    day: date,
    region: Place,
    registered: bool,
    *,
    description: str = "",
    is_reverse_charge: bool = False,
    currency: str = HOME,
) -> Said:
    """What the rules say about a line of a supplier's bill; `vat` is the figure that the bill prints, which is kept."""
    line = Line(rate, net, vat, day, region, description, currency or HOME, is_reverse_charge)
    return all_said(line, PURCHASE_RULES if registered else WITHOUT_REGISTRATION)


def rounding(lines: Iterable[tuple[Decimal, Decimal]], currency: str = HOME) -> str:
    """Where VAT rounded per line differs from VAT on the whole, by how much; of lines as (rate, net). Empty where it does not.

    Both are allowed (Notice 700, 17.5); KashFlow's recorded invoices are rounded per line.
    """
    listed = list(lines)
    per_line = sum((line_vat(net, rate) for rate, net in listed), Decimal(0))
    rates = {rate for rate, _ in listed}
    whole = sum(
        (line_vat(sum((net for of, net in listed if of == rate), Decimal(0)), rate) for rate in rates), Decimal(0)
    )
    if per_line == whole:
        return ""
    say = money.in_words
    return f"VAT is rounded line by line: {say(per_line, currency)}. Reckoned on the total it would be {say(whole, currency)}."


def foreign_currency(currency: str, exchange_rate: Decimal, vat: Decimal) -> str:
    """What to warn of where UK VAT is charged in another currency; empty where none is.

    A UK VAT invoice in another currency has to show the VAT in pounds as well (Notice 700, on foreign currency).
    """
    if currency in {"", HOME} or not vat:
        return ""
    return (
        f"UK VAT of {money.in_words(vat, currency)} is charged in {currency}, at KashFlow's rate {money.plain(exchange_rate)}: the "
        "invoice has to show the VAT in pounds, too, at a rate that HMRC accepts."
    )
