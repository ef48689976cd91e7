"""What the VAT rules say about a line that is sold; `vat_preflights.sale_line` asks them all."""

from decimal import Decimal
from typing import Final

from kf_mcp.model.invoices import NOT_APPLICABLE
from kf_mcp.model.vat import rate_in_words
from kf_mcp.model.vat_line import (
    Line,
    Place,
    Rule,
    Said,
    deduction_of_tax,
    note,
    rate_in_force,
    reverse_charge_too_early,
    temporary_rate,
    warning,
)


def sale_without_registration(line: Line) -> Said:
    """Who is not registered must not charge VAT (VAT Act 1994, section 67: invoices by persons not authorised)."""
    if line.rate <= 0:
        return Said()
    return Said(refusal=f"{line.rate_said} VAT would be charged, but the company is not registered for VAT.")


def unfit_for_region(rate: Decimal, region: Place) -> str:
    """Why this rate is unusual for a customer in this region; empty where it is not.

    A sale of goods or services to a business abroad is usually zero-rated or outside the scope of UK VAT (Notices 703 and 741A);
    nothing is decided here.
    """
    if region == "UK" or rate <= 0:
        return ""
    place = "outside the UK and the EU" if region == "world" else "in the EU"
    return f"{rate_in_words(rate)} VAT is charged to a customer {place}; sales abroad are usually 0% or N/A."


def _charged_abroad(line: Line) -> Said | None:
    """See `unfit_for_region`."""
    unfit = unfit_for_region(line.rate, line.place) if line.net else ""
    return warning(unfit) if unfit else None


def _sale_left_out(line: Line) -> Said | None:
    """N/A leaves a line out of the return, 0% does not (KB "0% and N/A VAT").

    HMRC wants exempt sales in box 6 (Notice 700/12). Sales abroad: Notices 703 (goods) and 741A (services).
    """
    if line.rate != NOT_APPLICABLE or not line.net or line.is_deduction_of_tax:
        return None
    if line.place != "UK":
        return warning(
            "N/A leaves it out of the VAT return; 0% counts the net amount in box 6. For a customer abroad it depends on whether goods "
            "or services are sold, and where they are supplied."
        )
    return warning(
        "N/A leaves it out of the VAT return: right for what is outside the scope of VAT, such as a grant. Zero-rated sales "
        "take 0%, which counts in box 6; exempt sales, too, HMRC wants in box 6, though KashFlow advises N/A for them."
    )


def _zero_rated(line: Line) -> Said | None:
    """0% counts in box 6 (KB "0% and N/A VAT"); box 8 and the EC sales list need the sales code ticked (KB "EC sales list")."""
    if line.rate != 0 or not line.net:
        return None
    said = "0% is zero-rated: no VAT, and the net amount counts in box 6; what is outside the scope of VAT takes N/A."
    if line.place in {"EU", "NI"}:
        said += (
            " Goods from Northern Ireland reach box 8 and the EC sales list only if the sales code is ticked for them."
        )
    return note(said)


def _number_of_eu_customer(line: Line) -> Said | None:
    """Goods from Northern Ireland are zero-rated only with the customer's EU VAT number (Notice 725).

    For services the number shows that the customer is a business (Notice 741A).
    """
    if line.place not in {"EU", "NI"} or line.rate > 0 or line.vat_number is None or line.vat_number.strip():
        return None
    return warning(
        f"{line.rate_said} for a customer in the EU, of whom the books hold no VAT number: it is needed for goods from Northern "
        "Ireland, and shows that a buyer of services is a business."
    )


def _sold_under_reverse_charge(line: Line) -> Said | None:
    """Under the construction reverse charge the seller charges no VAT, and the buyer accounts for it (Notice 735)."""
    if line.rate <= 0 or not (line.is_reverse_charge or line.speaks_of_reverse_charge):
        return None
    return warning(
        f"It speaks of a reverse charge, under which the customer accounts for the VAT, yet {line.rate_said} is charged."
    )


SALE_RULES: Final[tuple[Rule, ...]] = (
    *(rate_in_force, temporary_rate, _charged_abroad, deduction_of_tax, reverse_charge_too_early),
    *(_sold_under_reverse_charge, _number_of_eu_customer, _sale_left_out, _zero_rated),
)
