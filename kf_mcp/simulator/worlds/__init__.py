"""The worlds: named books, the same for everybody who opens them on the same day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from kf_mcp.simulator.worlds.demo import build as demo
from kf_mcp.simulator.worlds.empty import build as empty

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books
    from kf_mcp.simulator.switches import Switches

WORLDS: dict[str, Callable[[date, Switches], Books]] = {"demo": demo, "empty": empty}
"""Every world by name; ``large`` is to come."""


class NoSuchWorld(ValueError):
    """A world was named that does not exist."""


def build(world: str, today: date, switches: Switches) -> Books:
    """Open a world as it is on a day."""
    if world not in WORLDS:
        raise NoSuchWorld(f"There is no world {world!r}; there are {' and '.join(WORLDS)}.")
    books = WORLDS[world](today, switches)
    books.settle()
    return books
