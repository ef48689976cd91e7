"""What money in and out of a bank account is for, and the VAT in it: what the tools that enter and change it have in common."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import money, vat, vat_preflights
from kf_mcp.model.bank import vat_within
from kf_mcp.model.invoices import NOT_APPLICABLE
from kf_mcp.model.reference import Nominal
from kf_mcp.model.vat_line import Said
from kf_mcp.tools import ledger_choices
from kf_mcp.tools.ledger_choices import in_words

Direction = Literal["in", "out"]
TransactionKey = Annotated[int, Field(ge=1, description="The id that `find_bank_transactions` shows")]


@dataclass(frozen=True)
class Tax:
    """The VAT in an amount: whether it counts for the return, at which rate, how much, and where the figure came from."""

    is_vatable: bool
    rate: Decimal
    amount: Decimal
    source: str = ""

    def in_words(self, gross: Decimal) -> str:
        """The VAT as the preview says it."""
        if not self.is_vatable:
            return "VAT: none; it is left out of the VAT return"
        net = money.in_words(gross - self.amount)
        worked_out = f" ({self.source})" if self.source else ""
        return f"VAT {vat.rate_in_words(self.rate)}: {money.in_words(self.amount)} within the amount{worked_out}, net {net}"


NONE = Tax(is_vatable=False, rate=Decimal(0), amount=Decimal(0))


async def tax(books: Books, gross: Decimal, rate: Decimal | None, amount: Decimal | None) -> Tax:
    """The VAT that was asked for. Raises Refused or ChoiceNeeded where it cannot be right."""
    if rate is None:
        if amount:
            raise Refused("`vat` needs `vat_rate`.", "Nothing was written. Name the rate that the receipt shows.")
        return NONE
    if rate == NOT_APPLICABLE:
        if amount:
            raise Refused("`vat` does not go with the rate N/A.", "Nothing was written. Name the rate, or leave `vat`.")
        return NONE
    company = await books.reference.company()
    if not company.vat_registered:
        raise Refused(
            "The company is not registered for VAT, so a bank transaction carries none.",
            "Nothing was written. Leave `vat_rate` out.",
        )
    offered = [found.rate for found in await books.reference.vat_rates() if found.rate != NOT_APPLICABLE]
    if offered and rate not in offered:
        listed = [vat.rate_in_words(found) for found in offered]
        raise ChoiceNeeded("vat_rate", f"The account has no VAT rate {vat.rate_in_words(rate)}.", [*listed, "N/A"])
    if amount is None:
        return Tax(True, rate, vat_within(gross, rate), "worked out from the amount")
    if amount >= gross:
        raise Refused(
            f"The VAT of {money.in_words(amount)} is not less than the amount of {money.in_words(gross)}.",
            "Nothing was written. `amount` is with VAT.",
        )
    return Tax(True, rate, amount, "as given")


def vat_rules(found: Tax, gross: Decimal, direction: Direction, day: date, comment: str) -> Said:
    """What the UK's VAT rules say about it; nothing where it is left out of the return."""
    if not found.is_vatable:
        return Said()
    net = gross - found.amount
    if direction == "in":
        said = vat_preflights.sale_line(found.rate, net, day, "UK", True, description=comment)
    else:
        said = vat_preflights.purchase_line(found.rate, net, found.amount, day, "UK", True, description=comment)
    if said.refusal:
        raise Refused(said.refusal[:1].upper() + said.refusal[1:], "Nothing was written.")
    return said


async def purpose(books: Books, said: str) -> tuple[Nominal, tuple[str, ...]]:
    """The nominal that money is for, and what to warn of.

    Raises Refused for a control account or a bank account, which other tools are for; ChoiceNeeded or NotFound.
    """
    nominals = await books.reference.nominals()
    types = await books.bank.types()
    controls = ledger_choices.controls(nominals)
    accounts = {account.nominal_code for account in await books.reference.bank_accounts()}
    offered = [
        found for found in nominals if found.id in types and found.id not in controls and found.code not in accounts
    ]
    if not said.strip():
        raise ChoiceNeeded("nominal", "What the money is for was not named.", [in_words(found) for found in offered])
    found = _found(nominals, offered, said)
    if found.id in controls:
        raise Refused(
            f"Nominal {in_words(found)} is a control account: money there is on account of a customer or supplier.",
            "Nothing was written. Use `record_advance` for it (toolset `payments`); for money that pays an invoice use `record_payment`.",
        )
    if found.code in accounts:
        raise Refused(
            f"Nominal {in_words(found)} is another bank account.", "Nothing was written. Use `record_transfer` for it."
        )
    if found.id in types:
        return found, ()
    return found, (f"Nominal {in_words(found)} is not among KashFlow's types of bank transactions; it may refuse it.",)


def _found(nominals: list[Nominal], offered: list[Nominal], said: str) -> Nominal:
    """The nominal with this code; by name one that KashFlow offers for bank transactions before any other."""
    exact = [found for found in nominals if str(found.code) == said.strip()]
    if exact:
        return exact[0]
    words = said.strip().casefold()
    named = [found for found in offered if words in found.name.casefold()]
    return ledger_choices.nominal(named or nominals, said, offered=offered)
