"""The worlds: named books, the same for everybody who opens them on the same day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from kf_mcp.simulator.worlds.demo import build as demo
from kf_mcp.simulator.worlds.empty import build as empty
from kf_mcp.simulator.worlds.large import build as large

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books
    from kf_mcp.simulator.switches import Switches

WORLDS: dict[str, Callable[[date, Switches], Books]] = {"demo": demo, "empty": empty, "large": large}
"""Every world by name."""


class NoSuchWorld(ValueError):
    """A world was named that does not exist."""


def known(world: str) -> str:
    """Give the name of a world back, if there is such a world."""
    if world not in WORLDS:
        raise NoSuchWorld(f"There is no world {world!r}; there are {' and '.join(sorted(WORLDS))}.")
    return world


def build(world: str, today: date, switches: Switches) -> Books:
    """Open a world as it is on a day."""
    books = WORLDS[known(world)](today, switches)
    books.settle()
    return books
