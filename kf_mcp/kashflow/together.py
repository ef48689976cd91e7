"""Reads that do not depend on each other, made at once."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from kf_mcp.errors import Failure

A = TypeVar("A")
B = TypeVar("B")


async def together(first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]) -> tuple[A, B]:
    """Both results; where both fail, the first one's error."""
    found: list[B] = []
    failed: list[Failure] = []

    async def other() -> None:
        try:
            found.append(await second())
        except Failure as failure:
            failed.append(failure)

    error: Failure | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        try:
            one = await first()
        except Failure as failure:
            error = failure
            tasks.cancel_scope.cancel()
    if error is not None:
        raise error
    if failed:
        raise failed[0]
    return one, found[0]
