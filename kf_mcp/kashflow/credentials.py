"""The credentials: they travel in every envelope, and are taken out of everything that KashFlow says before anybody reads it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from kf_mcp.settings import Settings

HIDDEN: Final = "***"
NAMED: Final = {"&": ("amp",), "<": ("lt",), ">": ("gt",), '"': ("quot",), "'": ("apos",)}
"""Characters that have names in XML."""


class Credentials:
    """User name and password of one account."""

    def __init__(self, settings: Settings) -> None:
        self._username = settings.username.get_secret_value()
        self._password = settings.password.get_secret_value()
        # A short user name may be part of an ordinary word, and is taken out only where it stands alone.
        wanted = [_in_any_writing(self._password)] if self._password else []
        wanted += [rf"(?<!\w){_in_any_writing(self._username)}(?!\w)"] if self._username else []
        self._pattern = re.compile("|".join(wanted) or r"(?!)", re.IGNORECASE)

    def __repr__(self) -> str:
        """Not what they are."""
        return f"Credentials({HIDDEN})"

    def members(self) -> Mapping[str, str]:
        """The members of an envelope that say who calls."""
        return {"UserName": self._username or "demo", "Password": self._password or "demo"}

    def taken_out_of(self, text: str) -> str:
        """The text without either of them, however they are written in it: as in XML, in an address, in JSON."""
        return self._pattern.sub(HIDDEN, text)


def _in_any_writing(word: str) -> str:
    """A pattern of this word in which each character may be written in its own way."""
    return "".join(f"(?:{'|'.join(dict.fromkeys(_writings(character)))})" for character in word)


def _writings(character: str) -> Iterator[str]:
    """The ways to write one character, as patterns: itself, as XML and HTML do, as an address does, as JSON does."""
    number = ord(character)
    yield from (rf"\\?{re.escape(character)}", re.escape(quote(character, safe="")), rf"\\u{number:04x}")
    yield rf"&(?:amp;)*#(?:0*{number}|x0*{number:x});"
    for name in NAMED.get(character, ()):
        yield rf"&(?:amp;)*{name};"
    if character == " ":
        yield from (r"\+", r"\s+")
