"""Telling the person how far a long read has come.

The one who waits is several layers up, in the toolkit; a context variable spares every reader on the way an argument.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

Listener = Callable[[int, str], Awaitable[None]]
"""Told a count and what is counted."""

listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


async def report(count: int, what: str) -> None:
    """Tell the listener of this call, if there is one."""
    told = listener.get()
    if told is not None:
        await told(count, what)
