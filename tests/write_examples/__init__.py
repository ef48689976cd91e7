"""One example for each tool that writes: what it is called with, what it may change in the books, what refuses it, what undoes it.

`tests/test_every_write.py` runs all of them through the same questions.
"""

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Example:
    """One write on the demo company of 20 Nov 2026."""

    tool: str
    arguments: dict[str, Any]
    operation: str
    """The SOAP operation that it sends."""
    changes: tuple[str, ...]
    """Paths in the books that may change, as in `invoices/1042/lines`; a path stands for everything under it."""
    refusals: tuple[tuple[dict[str, Any], str], ...] = ()
    """Arguments that replace some of those above, and words of the refusal that they meet."""
    is_undone: bool = True
    """Whether `undo_write` brings the books back; otherwise the preview says beforehand that nothing does."""
    is_restored: bool = True
    """Whether undoing gives the same books (new ids and numbers aside); not where it enters another document."""
    before: tuple[tuple[str, dict[str, Any]], ...] = field(default=())
    """Writes that are made first."""
    id: str = ""


def examples() -> list[Example]:
    """Every example, by noun."""
    return [
        example
        for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
        for example in importlib.import_module(f"{__name__}.{found.name}").EXAMPLES
    ]
