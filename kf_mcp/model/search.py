"""Finding a customer or supplier by loose words: misspelt names, parts of an address, a telephone number."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Final, Generic, Protocol, TypeVar

from kf_mcp.model.text import counted

SUFFIXES: Final = frozenset({"ltd", "limited", "plc", "llp", "co", "company", "inc", "gmbh", "the", "and"})
"""Words that people leave out of a firm's name."""
GOOD: Final = 70.0
"""Matches below this score are not shown."""
MISSPELT: Final = 93.0
"""Below this score something was misspelt or left out."""
SAME_PERSON: Final = 85.0
"""Names of people are short; below this likeness they are other people's."""
NEARLY_THE_SAME: Final = 86.0
"""Two names above this score may be the same firm."""


SHARED: Final = "only the word"
"""Why those are shown that share no more than a word with what was asked for."""
SHORTEST_START: Final = 3
"""Shorter beginnings of words fit too much."""
SHORTEST_PART: Final = 4
"""Shorter parts of an e-mail address fit too much."""
SHORTEST_NUMBER: Final = 5
"""Fewer digits of a telephone number fit too much."""


class Party(Protocol):
    """A customer or supplier, as far as it can be searched for."""

    @property
    def id(self) -> int:
        """The internal id."""

    @property
    def code(self) -> str:
        """The code."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def contact(self) -> str:
        """The person to write to."""

    @property
    def email(self) -> str:
        """The e-mail field, which may hold several addresses."""

    @property
    def emails(self) -> tuple[str, ...]:
        """Each e-mail address."""

    @property
    def telephone(self) -> str:
        """The telephone number."""

    @property
    def mobile(self) -> str:
        """The mobile number."""

    @property
    def postcode(self) -> str:
        """The postcode."""

    @property
    def places(self) -> tuple[str, ...]:
        """The lines of the address, and the country where it is known."""


P = TypeVar("P", bound=Party)


@dataclass(frozen=True)
class Match(Generic[P]):
    """A party that fits, how well (0 to 100), and why."""

    party: P
    score: float
    why: str


_WORD: Final = re.compile(r"[^\W_]+")


def _ratio(one: str, other: str) -> float:
    """How alike two words are, 0 to 100."""
    ratio: float = _fuzz().ratio(one, other)
    return ratio


@cache
def _fuzz() -> ModuleType:
    """The library of edit distances, loaded at the first search rather than at the server's start."""
    return import_module("rapidfuzz.fuzz")


def words(text: str) -> list[str]:
    """The words of a text as they are compared: without accents, case and punctuation; `&` is `and`."""
    plain = text.replace("&", " and ").replace("'", "").replace("’", "")
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in apart if not unicodedata.combining(character))
    return _WORD.findall(plain.casefold())


def key_words(text: str) -> list[str]:
    """The words that tell one firm from another."""
    found = words(text)
    return [word for word in found if word not in SUFFIXES] or found


def holds(text: str, query: str) -> bool:
    """Whether the text holds every word of the query, whole or in part, case and accents aside; an empty query fits all."""
    there = " ".join(words(text))
    return all(word in there for word in words(query))


def only_fitting(said: str, parties: Iterable[P]) -> list[P]:
    """The parties whose name has every word that was said, or a word that begins so; nothing misspelt fits.

    Ltd, LLP and the like tell firms apart where they are said, and are no name alone.
    """
    asked = words(said)
    if not set(asked) - SUFFIXES:
        return []
    named = ((party, words(party.name)) for party in parties)
    return [party for party, there in named if all(any(_begins(one, word) for one in there) for word in asked)]


def _begins(there: str, word: str) -> bool:
    return there == word or (len(word) >= SHORTEST_START and there.startswith(word) and word not in SUFFIXES)


def find(query: str, parties: Iterable[P]) -> list[Match[P]]:
    """The parties that fit the words, best first; equals by name."""
    asked = key_words(query)
    if not asked:
        return []
    found = (match for match in (_match(query, asked, party) for party in parties) if match.score >= GOOD)
    return sorted(found, key=lambda match: (-match.score, match.party.name.casefold(), match.party.id))


def sharing(query: str, parties: Iterable[P], most: int) -> list[Match[P]]:
    """The parties whose name has at least one whole word of the query, longer words first; at most so many.

    A word that more of them have tells nobody apart, and does not count.
    """
    asked = [word for word in key_words(query) if len(word) >= SHORTEST_START and word not in SUFFIXES]
    named = [(party, set(words(party.name))) for party in parties] if asked else []
    shared = {word: [party for party, there in named if word in there] for word in dict.fromkeys(asked)}
    found: dict[int, Match[P]] = {}
    for word, having in sorted(shared.items(), key=lambda item: (-len(item[0]), item[0])):
        for party in sorted(having, key=lambda party: (party.name.casefold(), party.id)) if len(having) <= most else ():
            found.setdefault(party.id, Match(party, 0, f"{SHARED} {word}"))
    return list(found.values())[:most]


def told(thing: str, total: int, whys: Sequence[str]) -> str:
    """How many customers or suppliers fit, in words."""
    if not total:
        return f"No {thing} fits. Try one word alone, or other words."
    if whys and all(why.startswith(SHARED) for why in whys):
        return f"No {thing} fits. These share a word with it, and may be others:"
    return f"{counted(total, thing)} found."


def marks(query: str, party: Party) -> list[tuple[float, str]]:
    """Which of the marks other than names fit, and how well: code, e-mail, postcode, telephone."""
    joined = "".join(words(query))
    digits = "".join(character for character in query if character.isdigit())
    tries = [
        (_exact(joined, "".join(words(party.code)), 100.0), "code"),
        (_exact(query.strip().casefold(), party.email.casefold(), 99.0) or _part(query, party.emails), "e-mail"),
        (_start(joined, "".join(words(party.postcode)), 96.0), "postcode"),
        (_telephone(digits, party.telephone), "telephone"),
        (_telephone(digits, party.mobile), "mobile"),
    ]
    return [scored for scored in tries if scored[0]]


def likeness(one: str, other: str) -> float:
    """How much two names look like the same firm's, 0 to 100; those without letters and digits are compared as they are written."""
    left, right = key_words(one), key_words(other)
    if not left and not right:
        return _ratio(_as_written(one), _as_written(other))
    if not left or not right:
        return 0.0
    run_together = _ratio("".join(left), "".join(right))
    return max(min(_of_words(left, right), _of_words(right, left)), run_together)


def _as_written(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_nearly(one: str, other: str) -> bool:
    """Whether two names may be the same firm's."""
    return likeness(one, other) >= NEARLY_THE_SAME


def _match(query: str, asked: list[str], party: P) -> Match[P]:
    tries = [
        *marks(query, party),
        (_name(asked, party.name), "name"),
        (_contact(asked, party.contact), "contact"),
        (_place(asked, party), "place"),
    ]
    score, why = max(tries, key=lambda scored: scored[0])
    return Match(party, score, _said(why, score))


def _said(why: str, score: float) -> str:
    return why if score >= MISSPELT or why == "place" else f"similar {why}"


def _name(asked: list[str], name: str) -> float:
    """The name word by word; or all run together, for a space in the wrong place."""
    there = key_words(name)
    if set(asked) <= SUFFIXES:  # only "Ltd" or "GmbH" was asked for
        return 80.0 if set(asked) <= set(words(name)) else 0.0
    if asked == there:
        return 100.0
    by_words = _of_words(asked, there)
    whole = _ratio("".join(asked), "".join(there)) * 0.97
    unasked = max(0, len(there) - len(asked))
    return max(by_words - 1.5 * unasked, whole)


def _contact(asked: list[str], contact: str) -> float:
    score = _of_words(asked, key_words(contact))
    return score * 0.93 if score >= SAME_PERSON else 0.0


def _place(asked: list[str], party: Party) -> float:
    """Town, region or country, spelt as it stands there."""
    there = set(words(" ".join(party.places)))
    return 88.0 if asked and all(word in there for word in asked) else 0.0


def _of_words(asked: list[str], there: list[str]) -> float:
    """How well each word asked for is found among the words there, 0 to 100, longer words counting more."""
    if not there:
        return 0.0
    weighed = [(len(word), max(_of_word(word, other) for other in there)) for word in asked]
    return sum(weight * score for weight, score in weighed) / sum(weight for weight, _ in weighed)


def _of_word(word: str, other: str) -> float:
    if word == other:
        return 100.0
    if len(word) >= SHORTEST_START and other.startswith(word):
        return 95.0
    score = _ratio(word, other)
    return score if score >= 65 else score * 0.5  # noqa: PLR2004 - words that share only some letters are different words


def _exact(asked: str, there: str, score: float) -> float:
    return score if asked and asked == there else 0.0


def _start(asked: str, there: str, score: float) -> float:
    return score if len(asked) >= SHORTEST_START and there.startswith(asked) else 0.0


def _part(query: str, emails: tuple[str, ...]) -> float:
    """A whole address among several, or the part before or after the @."""
    wanted = query.strip().casefold()
    for email in emails:
        address = email.casefold()
        if wanted == address:
            return 99.0
        if len(wanted) >= SHORTEST_PART and ("@" in wanted or "." in wanted) and wanted.lstrip("@") in address:
            return 92.0
    return 0.0


def _telephone(digits: str, there: str) -> float:
    """The digits anywhere in the number; a leading +44 is a 0."""
    number = "".join(character for character in there if character.isdigit())
    number, asked = re.sub(r"^44", "0", number), re.sub(r"^44", "0", digits)
    return 97.0 if len(asked) >= SHORTEST_NUMBER and asked in number else 0.0
