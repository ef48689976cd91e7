"""From what a person says to what the books hold: a name becomes a customer, a method, an account, or the choices come back."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kf_mcp.errors import ChoiceNeeded, NotFound, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import search
from kf_mcp.model.customers import Customer
from kf_mcp.model.money import HOME
from kf_mcp.model.reference import Currency, Nominal
from kf_mcp.model.text import bounded, quoted

MOST_SHOWN = 8
GONE = "was there a few minutes ago and has been deleted in the meantime; ask the person. Nothing was written."


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """What it is called."""


N = TypeVar("N", bound=Named)


async def customer(books: Books, said: str) -> Customer:
    """The customer with this code, the only one with this name (Ltd and the like left off), or the only one that fits every word.

    It is read now. Raises ChoiceNeeded with the candidates, or NotFound.
    """
    said = said.strip()
    if said.isalnum():
        try:
            return await books.customers.by_code(said)
        except NotFound:
            pass
    everyone = await books.customers.all()
    exact = [found for found in everyone if found.code.casefold() == said.casefold()]
    exact = exact or [found for found in everyone if found.name.casefold() == said.casefold()]
    exact = exact or [found for found in everyone if search.words(found.name) == search.words(said)]
    if not exact and not set(search.words(said)) & search.SUFFIXES:  # a name without its Ltd; LLP would be another firm
        exact = [found for found in everyone if search.key_words(found.name) == search.key_words(said)]
    fits = exact or search.only_fitting(said, everyone)
    if len(fits) == 1:
        try:
            return await books.customers.by_id(fits[0].id)
        except NotFound:
            books.customers.drop(fits[0].id)
            raise NotFound("customer", said, f"{quoted(fits[0].name, 60)} ({fits[0].code}) {GONE}") from None
    candidates = exact or [match.party for match in await books.customers.find(said)]
    if not candidates:
        raise unknown(
            "customer", said, everyone, "try one word of it with `find_customers`, or enter one with `create_customer`"
        )
    fitting = "Several customers are" if exact else "No customer is"
    listed = [
        f"{found.code} ({quoted(found.name, 60)}{', ' + bounded(found.postcode, 12) if found.postcode else ''})"
        for found in candidates
    ]
    raise ChoiceNeeded("customer", f"{fitting} called exactly {quoted(said, 60)}.", listed[:MOST_SHOWN])


def unknown(kind: str, said: str, everyone: Sequence[search.P], otherwise: str) -> NotFound:
    """That nobody has this name or one like it, with those that share a whole word of it; they may well be others."""
    akin = search.sharing(said, everyone, MOST_SHOWN)
    if not akin:
        return NotFound(kind, said, f"Nothing similar either: {otherwise}.")
    listed = ", ".join(f"{match.party.code} ({quoted(match.party.name, 60)})" for match in akin)
    return NotFound(kind, said, f"Only a word of it is in the name of {listed}. If none is meant: {otherwise}.")


def one_of(things: Sequence[N], said: str, field: str, kind: str) -> tuple[N, str]:
    """The thing with this name, or the only one there is; and where the choice came from.

    Raises ChoiceNeeded with the possible ones.
    """
    if not things:
        raise Refused(f"The account has no {kind}.", "Set one up in KashFlow first.")
    if not said.strip():
        if len(things) == 1:
            return things[0], f"the only {kind}"
        raise ChoiceNeeded(field, f"There are several {kind}s, and none was named.", [thing.name for thing in things])
    wanted = said.strip().casefold()
    fitting = [thing for thing in things if thing.name.casefold() == wanted] or [
        thing for thing in things if set(search.words(said)) <= set(search.words(thing.name))
    ]
    if len(fitting) == 1:
        return fitting[0], ""
    problem = f"No {kind} is called" if not fitting else f"Several {kind}s fit"
    raise ChoiceNeeded(field, f"{problem} {quoted(said, 60)}.", [thing.name for thing in fitting or things])


def nominal_in_words(nominal: Nominal) -> str:
    """A nominal as a bookkeeper says it: 4000 Sales."""
    return f"{nominal.code} {bounded(nominal.name, 50)}"


def sales_nominal(nominals: Sequence[Nominal], code: int, field: str, where: str = "") -> Nominal:
    """The sales nominal with this code; `where` begins the refusal. Raises ChoiceNeeded where there is none or it is of another kind."""
    found = next((nominal for nominal in nominals if nominal.code == code), None)
    sales = [nominal_in_words(nominal) for nominal in nominals if nominal.use == "sales"]
    if found is None:
        raise ChoiceNeeded(field, f"{where}No nominal has the code {code}.", sales)
    if found.use != "sales":
        raise ChoiceNeeded(field, f"{where}Nominal {nominal_in_words(found)} is not for sales.", sales)
    return found


async def currency(books: Books, buyer: Customer, said: str) -> tuple[Currency, str]:
    """The currency of a document: the one named, else the customer's; and where it came from."""
    enabled = await books.reference.currencies()
    home = next((found for found in enabled if found.is_home), None) or next(c for c in enabled if c.code == HOME)
    found, source = await _chosen(books, buyer, said, enabled, home)
    if not found.is_home and found.code != HOME and found.rate <= 0:
        raise Refused(f"KashFlow has no exchange rate for {found.code}.", "Set one there first. Nothing was written.")
    return found, source


async def _chosen(
    books: Books, buyer: Customer, said: str, enabled: Sequence[Currency], home: Currency
) -> tuple[Currency, str]:
    if said:
        found = next((item for item in enabled if item.code == said.strip().upper()), None)
        if found is None:
            raise ChoiceNeeded(
                "currency", f"{quoted(said, 12)} is not a currency of this account.", [c.code for c in enabled]
            )
        return found, ""
    if not buyer.currency_id or buyer.currency_id == home.id:
        return home, "home currency"
    kept = next((item for item in enabled if item.id == buyer.currency_id), None)
    if kept is None:
        code = await books.customers.currency(buyer.code)
        kept = next((item for item in enabled if item.code == code), None)
    if kept is None:
        raise ChoiceNeeded("currency", "The customer's currency is not enabled.", [item.code for item in enabled])
    return kept, "the customer's currency"
