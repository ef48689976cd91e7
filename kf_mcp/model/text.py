"""Text that other people wrote: names, notes, descriptions. Cleaned, bounded, quoted, never obeyed."""

import unicodedata
from typing import Final

ONE_LINE: Final = 120
ELLIPSIS: Final = "…"
LOOKED_AT: Final = 20_000
"""So many characters of a text are looked at where a line of it is shown: cleaning megabytes for one line takes seconds."""


def clean(text: str | None) -> str:
    """Text without control, invisible and direction-changing characters, on one line.

    Such characters can hide words from a person or turn them around; none of them belongs into a name or a description.
    """
    spaced = "".join(" " if character in "\r\n\t\v\f\u2028\u2029" else character for character in text or "")
    kept = "".join(character for character in spaced if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"})
    return " ".join(kept.split())


def bounded(text: str | None, length: int = ONE_LINE) -> str:
    """Cleaned text of at most so many characters; what was cut is shown by an ellipsis."""
    looked_at = (text or "")[:LOOKED_AT]
    line = clean(looked_at)
    is_whole = len(line) <= length and len(looked_at) == len(text or "")
    return line if is_whole else line[: length - 1].rstrip() + ELLIPSIS


def quoted(text: str | None, length: int = ONE_LINE) -> str:
    """Cleaned, bounded text in quotation marks, so that a reader sees where other people's words begin and end."""
    return "“" + bounded(text, length).replace("“", '"').replace("”", '"') + "”"


def counted(number: int, thing: str) -> str:
    """A number and its noun: 1 invoice, 2 invoices."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def hides_something(text: str) -> bool:
    """Whether the text holds characters that a person cannot see or XML cannot bear (line breaks and tabs are fine)."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return any(unicodedata.category(character) in hidden and character not in "\n\r\t" for character in text)
