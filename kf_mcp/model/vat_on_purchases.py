"""What the VAT rules say about a line of a supplier's bill; `vat_preflights.purchase_line` asks them all."""

import re
from datetime import date
from decimal import Decimal
from typing import Final

from kf_mcp.model.invoices import NOT_APPLICABLE, line_vat
from kf_mcp.model.vat import rate_in_words
from kf_mcp.model.vat_line import (
    Line,
    Rule,
    Said,
    deduction_of_tax,
    note,
    rate_in_force,
    reverse_charge_too_early,
    temporary_rate,
    warning,
)

PENCE: Final = Decimal("0.02")
"""Up to here a printed VAT figure differs by rounding alone; our choice."""
LEFT_THE_EU: Final = date(2021, 1, 1)
"""From this day on goods from the EU into Great Britain are imports (Notice 702)."""
GOODS: Final = (
    "Goods: import VAT that was postponed (HMRC's monthly statement) belongs in boxes 1 and 4, the net amount in box 7."
)
GOODS_TO_NORTHERN_IRELAND: Final = (
    "Goods: KashFlow works out the VAT from the rate: boxes 2 and 4, and box 9 where the code is ticked for goods."
)
SERVICES: Final = "Services: under the reverse charge (VAT Notice 741A) the VAT belongs in boxes 1 and 4, the net amount in boxes 6 and 7."
COMPARE: Final = (
    "What KashFlow's API makes of services from abroad is not documented: read `get_vat_report` afterwards. Where it does not show this, "
    "tell the accountant, who decides whether a journal corrects it."
)
ENTERTAINING: Final = re.compile(r"\bentertain", re.IGNORECASE)


def _purchase_without_registration(line: Line) -> Said | None:
    """Who is not registered reclaims no VAT: it is part of the cost (Notice 700, on input tax)."""
    if not line.vat:
        return None
    return warning(
        f"The company is not registered for VAT and cannot reclaim the {line.amount(line.vat)}: usually the line is entered with VAT in "
        "its price and no VAT of its own."
    )


def _vat_on_no_rate(line: Line) -> Said | None:
    """VAT at 0% contradicts itself, VAT at N/A would be left out of the return (KB "0% and N/A VAT"); VAT shares the sign of its line."""
    if line.rate <= 0 and line.vat:
        return Said(
            refusal=f"it carries {line.amount(line.vat)} VAT at {line.rate_said}; name the rate that the bill shows."
        )
    if line.net * line.vat < 0:
        return Said(refusal=f"net {line.amount(line.net)} and VAT {line.amount(line.vat)} have opposite signs.")
    return None


def _printed_vat(line: Line) -> Said | None:
    """The printed figure is kept: rounding down is allowed on a VAT invoice (Notice 700, 17.5), what is reclaimed is what it shows."""
    reckoned = line_vat(line.net, line.rate)
    if line.rate <= 0 or not line.vat or line.vat == reckoned:
        return None
    said = f"The VAT is {line.amount(line.vat)}, while {line.rate_said} of {line.amount(line.net)} is {line.amount(reckoned)}"
    if abs(line.vat - reckoned) <= PENCE:
        return note(f"{said}; the printed figure is kept.")
    what = "; import VAT paid at the border may look so" if not line.net else ""
    return warning(f"{said}: compare with the bill{what}. The figure given is kept.")


def _no_vat_at_a_rate(line: Line) -> Said | None:
    """A rate with VAT 0.00: right for purchases from the EU and under a reverse charge (KB "Recording EC purchases"), else odd."""
    if line.rate <= 0 or line.vat or not line.net or line.place != "UK" or line.is_reverse_charge:
        return None
    if line_vat(line.net, line.rate) == 0:
        return None
    return warning(
        f"{line.rate_said}, but no VAT. A UK supplier who charges none is zero-rated or exempt (0%) or not registered (N/A); under the "
        "domestic reverse charge the purchase carries a mark for it."
    )


def _bought_under_reverse_charge(line: Line) -> Said | None:
    """The supplier charges no VAT, and we enter it in boxes 1 and 4 (Notice 735); KashFlow keeps it in members of its own."""
    if line.is_reverse_charge and line.vat:
        return warning(
            f"Under the domestic reverse charge the supplier charges no VAT, yet the line carries {line.amount(line.vat)}."
        )
    if line.speaks_of_reverse_charge and line.place == "UK" and not line.is_reverse_charge:
        return warning(
            "It speaks of a reverse charge, but the purchase is not marked for one: then the buyer owes the VAT, in boxes 1 and 4."
        )
    return None


def _bought_in_the_eu(line: Line) -> Said | None:
    """The true rate is entered with VAT 0.00, from which KashFlow works out the rest (KB "Recording EC purchases").

    Since 2021 box 2 is for goods brought into Northern Ireland alone (Notice 700/12); goods into Great Britain are imports (Notice 702),
    and services come under the reverse charge (Notice 741A). KashFlow changed its own ways then (KB "Postponed VAT accounting").
    """
    if line.place not in {"EU", "NI"} or not line.net or line.vat:
        return None
    if line.rate <= 0:
        return warning(
            f"{line.rate_said} on a purchase from the EU: KashFlow works out the VAT that you account for from the true rate with VAT "
            "0.00; at this rate there is none."
        )
    to_ireland = line.place == "NI" or line.day < LEFT_THE_EU
    return Said(
        notes=(
            f"{line.rate_said} with VAT 0.00, as KashFlow's knowledge base has it for purchases from the EU.",
            GOODS_TO_NORTHERN_IRELAND if to_ireland else GOODS,
            SERVICES,
            COMPARE,
        )
    )


def _bought_in_the_world(line: Line) -> Said | None:
    """Postponed import VAT goes by HMRC's monthly statement (Notice 702; KB "Postponed VAT accounting"), services by Notice 741A."""
    if line.place != "world" or not line.net or line.vat:
        return None
    if line.rate <= 0:
        return Said(
            warnings=(
                f"{line.rate_said} on a purchase from abroad: there is no VAT to account for. Right only for what bears none here, too.",
            ),
            notes=(GOODS, SERVICES, COMPARE),
        )
    return Said(notes=(GOODS, SERVICES, COMPARE))


def unfit_from_abroad(rate: Decimal, net: Decimal, vat: Decimal) -> str:
    """Why a line of a supplier abroad is one to look at; empty where it is not. See `_foreign_vat` and `_bought_in_the_world`."""
    if vat:
        return "it carries VAT; that of another country is not reclaimed on the UK return, import VAT needs a C79 or a statement."
    if net and rate <= 0:
        return f"at {rate_in_words(rate)} there is no VAT to account for; usual are the rate that it would bear here, and VAT 0.00."
    return ""


def _foreign_vat(line: Line) -> Said | None:
    """VAT of another country is not reclaimed on a UK return (Notice 723A); import VAT needs a C79 or a statement (Notice 702)."""
    if line.place == "UK" or not line.vat:
        return None
    return warning(
        f"A supplier abroad with {line.amount(line.vat)} VAT: VAT of another country cannot be reclaimed on the UK return, and import "
        "VAT only with a C79 certificate or the statement of postponed import VAT."
    )


def _purchase_left_out(line: Line) -> Said | None:
    """As for sales: N/A is in no box, 0% counts in box 7 (KB "0% and N/A VAT"; Notice 700/12)."""
    if line.rate > 0 or not line.net or line.place != "UK":
        return None
    if line.rate == NOT_APPLICABLE:
        return note(
            "N/A leaves it out of the VAT return: right for wages, taxes, and whatever is outside the scope; zero-rated and, for HMRC, "
            "exempt purchases count in box 7, as 0% does."
        )
    return note("0%: no VAT is reclaimed, and the net amount counts in box 7.")


def _entertaining(line: Line) -> Said | None:
    """VAT on entertaining customers is not reclaimed (Notice 700/65)."""
    if line.vat <= 0 or not ENTERTAINING.search(line.description):
        return None
    return warning("VAT on entertaining customers cannot be reclaimed; on entertaining one's own staff it can.")


PURCHASE_RULES: Final[tuple[Rule, ...]] = (
    *(_vat_on_no_rate, rate_in_force, temporary_rate, _printed_vat, _no_vat_at_a_rate, deduction_of_tax),
    *(reverse_charge_too_early, _bought_under_reverse_charge, _bought_in_the_eu, _bought_in_the_world, _foreign_vat),
    *(_purchase_left_out, _entertaining),
)
WITHOUT_REGISTRATION: Final[tuple[Rule, ...]] = (_vat_on_no_rate, _purchase_without_registration)
