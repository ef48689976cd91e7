"""An index of customers by their words, so that a search over tens of thousands looks at a few hundred.

Each word of a name, contact or place leads to the customers that have it. A word asked for is first compared with all known words (there
are far fewer of them than customers), then the customers behind the similar ones are weighed exactly as `search` does it.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise
from typing import Final

from kf_mcp.model import search
from kf_mcp.model.customers import Customer
from kf_mcp.model.search import Match

SIMILAR: Final = 66.0
"""Words below this likeness lead nowhere."""
SIMILAR_WORDS: Final = 60
LENGTHS_APART: Final = 2
"""A slip makes a word longer or shorter by a letter or two."""
LOOKED_AT: Final = 120
"""How many of the best candidates are weighed exactly."""
RARE_FIRST: Final = 4.0
"""A word that fits this many times fewer customers weighs one point more: rare words tell firms apart."""


class Index:
    """Customers by their words; kept up to date one by one."""

    def __init__(self, customers: Iterable[Customer] = ()) -> None:
        self._customers: dict[int, Customer] = {}
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._by_code: dict[str, int] = {}
        self._by_postcode: defaultdict[str, set[int]] = defaultdict(set)
        self._sorted: list[str] | None = None
        self._by_length: defaultdict[int, list[str]] = defaultdict(list)
        for customer in customers:
            self.put(customer)

    def __len__(self) -> int:
        return len(self._customers)

    @property
    def customers(self) -> Iterable[Customer]:
        """Every customer, in no order."""
        return self._customers.values()

    def put(self, customer: Customer) -> None:
        """Enter a customer, or replace the one with the same id."""
        self.drop(customer.id)
        self._customers[customer.id] = customer
        for word in _keys(customer):
            if word not in self._by_word:
                self._sorted = None
            self._by_word[word].add(customer.id)
        self._by_code[customer.code.casefold()] = customer.id
        if customer.postcode:
            self._by_postcode[_joined(customer.postcode)].add(customer.id)

    def drop(self, customer_id: int) -> None:
        """Take a customer out, if it is there."""
        old = self._customers.pop(customer_id, None)
        if old is None:
            return
        for word in _keys(old):
            self._by_word[word].discard(customer_id)
        if self._by_code.get(old.code.casefold()) == customer_id:
            del self._by_code[old.code.casefold()]
        self._by_postcode[_joined(old.postcode)].discard(customer_id)

    def find(self, query: str) -> list[Match[Customer]]:
        """The customers that fit the words, best first; equals by name."""
        candidates = set(islice(self._ranked(query), LOOKED_AT)) | set(self._by_other_marks(query))
        return search.find(query, (self._customers[identity] for identity in candidates))

    def _ranked(self, query: str) -> Iterator[int]:
        """The customers that share similar words with the query, most and rarest first."""
        asked = search.key_words(query)
        points: defaultdict[int, float] = defaultdict(float)
        for word in dict.fromkeys([*asked, *(one + other for one, other in pairwise(asked))]):
            best: dict[int, float] = {}
            for known, score in self._similar(word):
                holders = self._by_word[known]
                weight = score * len(word) / (RARE_FIRST + len(holders) ** 0.25)
                for identity in holders:
                    if weight > best.get(identity, 0.0):
                        best[identity] = weight
            for identity, weight in best.items():
                points[identity] += weight
        return iter(sorted(points, key=points.__getitem__, reverse=True))

    def _similar(self, word: str) -> list[tuple[str, float]]:
        """The known words that are this one, begin with it, or look like it."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415 - loaded at the first search

        if self._sorted is None:
            self._sorted = sorted(self._by_word)
            self._by_length = defaultdict(list)
            for known in self._sorted:
                self._by_length[len(known)].append(known)
        found: dict[str, float] = {}
        if len(word) >= search.SHORTEST_START:
            for known in islice(self._sorted, bisect_left(self._sorted, word), None):
                if not known.startswith(word) or len(found) >= SIMILAR_WORDS:
                    break
                found[known] = 95.0
        for length in range(len(word) - LENGTHS_APART, len(word) + LENGTHS_APART + 1):
            near = self._by_length.get(length, ())
            for known, score, _ in process.extract(
                word, near, scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=SIMILAR_WORDS
            ):
                found[known] = max(score, found.get(known, 0.0))
        return list(found.items())

    def _by_other_marks(self, query: str) -> Iterator[int]:
        """The customers found by code, postcode, e-mail or telephone."""
        wanted = query.strip().casefold()
        code = self._by_code.get("".join(search.words(query))) or self._by_code.get(wanted)
        if code:
            yield code
        yield from islice(self._by_postcode.get(_joined(query), ()), LOOKED_AT)
        digits = "".join(character for character in query if character.isdigit())
        is_address = "@" in wanted or "." in wanted
        is_number = len(digits) >= search.SHORTEST_NUMBER and len(digits) * 2 >= len(wanted)
        is_postcode = any(character.isdigit() for character in wanted) and len(wanted) <= 8  # noqa: PLR2004 - the longest postcode
        if is_address or is_number or is_postcode:
            yield from islice(self._scanned(query), LOOKED_AT)

    def _scanned(self, query: str) -> Iterator[int]:
        """What only a look at every customer finds: part of an address, a number, or a postcode."""
        for customer in self._customers.values():
            if search.marks(query, customer):
                yield customer.id


def _joined(text: str) -> str:
    return "".join(search.words(text))


def _keys(customer: Customer) -> set[str]:
    """The words by which a customer is found: those of name and contact, and neighbours run together."""
    keys: set[str] = set()
    for text in (customer.name, customer.contact):
        found = search.key_words(text)
        keys.update(found)
        keys.update(one + other for one, other in pairwise(found))
    keys.update(search.words(" ".join((customer.name, *customer.places))))
    return keys
