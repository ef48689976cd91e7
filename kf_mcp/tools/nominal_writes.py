"""The tool that enters a nominal code."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.nominal_steps import InsertNominal
from kf_mcp.model import search
from kf_mcp.model.nominals import NewNominal, NominalType, NominalUse
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools.customers import Line
from kf_mcp.tools.ledger_choices import in_words
from kf_mcp.writing.plan import Plan

CALLED: Final[Mapping[NominalType, str]] = {
    "turnover": "Turnover",
    "cost_of_sale": "Cost of Sale",
    "expense": "Expense",
    "fixed_asset": "Fixed Asset",
    "current_asset": "Current Asset/Liability",
    "capital": "Capital & Reserves",
}
OFFERED: Final[Mapping[NominalUse, str]] = {
    "sales": "sales invoices and quotes",
    "outgoing": "purchases",
    "bank": "bank transactions",
}
NEARBY: Final = 3


@writes("Enter a nominal code", destructive=False, toolset="ledger")
async def create_nominal(
    books: Books,
    code: Annotated[int, Field(ge=1, le=999_999, description="A code that is not in use")],
    name: Annotated[Line, Field(min_length=1, max_length=60, description="As it stands in the reports")],
    type: Annotated[  # noqa: A002 - the word that bookkeepers use
        NominalType, Field(description="Where it stands in the accounts; current_asset: liabilities too")
    ],
    use: Annotated[NominalUse, Field(description="Where KashFlow offers it: sales, purchases (outgoing) or bank")],
) -> Plan:
    """Enter a nominal code, that is a new account of the ledger, with its type and where KashFlow offers it.

    Nothing can delete one: KashFlow has no operation for it. So look first with `list_reference` nominal_codes whether one serves. A code
    in use, archived ones included, is refused; a name that others have is warned of. Type decides where it stands in profit and loss
    account and balance sheet, so ask the person rather than guess. Default VAT rate, price and description are set in KashFlow itself.
    """
    every = await books.reference.every_nominal()
    held = next((found for found in every if found.code == code), None)
    if held is not None:
        archived = ", which is archived" if held.archived else ""
        raise Refused(
            f"The code {code} is in use: {in_words(held)}{archived}.", "Nothing was written. Use it, or choose another."
        )
    new = NewNominal(code=code, name=name, type=type, use=use)
    near = sorted((found for found in every if found.code), key=lambda found: (abs(found.code - code), found.code))
    neighbours = sorted(near[:NEARBY], key=lambda found: found.code)
    return Plan(
        title=f"New nominal code {code} {quoted(name, 60)}",
        facts=(
            f"Type: {CALLED[type]}",
            f"Offered on {OFFERED[use]}",
            f"Codes next to it: {', '.join(in_words(found) for found in neighbours) or 'none'}",
        ),
        warnings=(
            "It stays: KashFlow has no operation that deletes a nominal code.",
            *[
                f"A nominal is called so already: {in_words(found)}{' (archived)' if found.archived else ''}."
                for found in every
                if search.words(found.name) == search.words(name)
            ],
            *_odd(new),
        ),
        steps=(InsertNominal(nominal=new),),
    )


def _odd(new: NewNominal) -> list[str]:
    """Types and uses that rarely go together."""
    is_cost = new.type in {"cost_of_sale", "expense"}
    if (new.type == "turnover" and new.use == "outgoing") or (is_cost and new.use == "sales"):
        return [f"{CALLED[new.type]} is rarely offered on {OFFERED[new.use]}."]
    return []
