"""From what a person says to the nominals and projects of the books; what is not clear comes back as choices."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from kf_mcp.errors import ChoiceNeeded, NotFound
from kf_mcp.kashflow.books import Books
from kf_mcp.model import search
from kf_mcp.model.checks import control_accounts
from kf_mcp.model.projects import Project
from kf_mcp.model.reference import Nominal
from kf_mcp.model.text import bounded, quoted

MOST_SHOWN = 12
NEW = "If it is none that there is, `create_nominal` makes one (toolset `ledger`)."


class Coded(Protocol):
    """A nominal, as far as it can be chosen."""

    @property
    def id(self) -> int:
        """The internal id."""

    @property
    def code(self) -> int:
        """The code that people see."""

    @property
    def name(self) -> str:
        """The name."""


C = TypeVar("C", bound=Coded)


def nominal(nominals: Sequence[C], said: str, field: str = "nominal", offered: Sequence[C] = ()) -> C:
    """The nominal with this code, or the only one with this name.

    Raises ChoiceNeeded, for an unknown one with those that are similar or else all that are offered; NotFound where there are neither.
    """
    wanted, words = said.strip().casefold(), search.words(said)
    fitting = (
        [found for found in nominals if str(found.code) == wanted]
        or [found for found in nominals if found.name.casefold() == wanted]
        or [found for found in nominals if words and all(word in search.words(found.name) for word in words)]
    )
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        similar = [found for found in offered or nominals if _is_similar(found.name, words)]
        if not (similar or offered):
            raise NotFound(
                "nominal with this code or name:", bounded(said, 60), f"See `list_reference` nominal_codes. {NEW}"
            )
        listed = [in_words(found) for found in similar[:MOST_SHOWN] or offered]
        raise ChoiceNeeded(
            field, f"No nominal with this code or name is in the books: {quoted(said, 60)}. {NEW}", listed
        )
    raise ChoiceNeeded(
        field, f"Several nominals fit {quoted(said, 60)}.", [in_words(found) for found in fitting[:MOST_SHOWN]]
    )


def _is_similar(name: str, words: Sequence[str]) -> bool:
    """Whether a nominal's name has one of these words, or the beginning of one."""
    there = search.words(name)
    return any(
        len(word) >= search.SHORTEST_START and (other.startswith(word) or search.is_nearly(word, other))
        for word in words
        for other in there
        if word not in search.SUFFIXES
    )


def in_words(found: Coded) -> str:
    """A nominal as a bookkeeper says it: 7900 Bank charges."""
    return f"{found.code} {bounded(found.name, 50)}"


def controls(nominals: Sequence[Nominal]) -> dict[int, str]:
    """The control accounts of debtors and creditors, as far as their names show them: the word by the nominal's id."""
    return {id_: word for word in ("debtors", "creditors") for id_ in control_accounts(nominals, word)}


async def project(books: Books, said: str) -> Project:
    """The project with this number or reference, or the only one with this name. Raises ChoiceNeeded or NotFound."""
    every = await books.projects.all()
    wanted, words = said.strip().casefold(), search.words(said)
    fitting = (
        [found for found in every if str(found.number) == wanted]
        or [found for found in every if wanted and found.reference.casefold() == wanted]
        or [found for found in every if found.name.casefold() == wanted]
        or [found for found in every if words and all(word in search.words(found.name) for word in words)]
    )
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise NotFound("project with this number, reference or name:", bounded(said, 60), "See `find_projects`.")
    listed = [f"{found.number} ({quoted(found.name, 60)}, {found.status})" for found in fitting[:MOST_SHOWN]]
    raise ChoiceNeeded("project", f"Several projects fit {quoted(said, 60)}.", listed)


def project_in_words(found: Project) -> str:
    """A project as a person knows it: 3 “Boatyard rebrand”."""
    return f"{found.number} {quoted(found.name, 60)}"
