"""The marks: what kind of tool a function is."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, TypeVar

from kf_mcp.toolkit.reply import Reply
from kf_mcp.writing.plan import Plan

MARK: Final = "kf_mcp_mark"

Reading = TypeVar("Reading", bound=Callable[..., Awaitable[Reply]])
Writing = TypeVar("Writing", bound=Callable[..., Awaitable[Plan]])


@dataclass(frozen=True)
class Mark:
    """What a tool is to a client."""

    title: str
    is_writing: bool
    is_destructive: bool
    toolset: str
    has_card: bool
    """Whether clients that show pages show the answer on the card."""


def reads(title: str, *, toolset: str = "core", card: bool = False) -> Callable[[Reading], Reading]:
    """Mark a function as a tool that only reads; `card` where the card knows how to show its answer."""
    return _marking(Mark(title, is_writing=False, is_destructive=False, toolset=toolset, has_card=card))


def writes(title: str, *, destructive: bool, toolset: str = "core") -> Callable[[Writing], Writing]:
    """Mark a function as a tool that plans a write; `destructive` where it changes or removes what stands in the books.

    Raises TypeError for one that would take a confirmation itself: only the machinery does.
    """

    def put(function: Writing) -> Writing:
        if "confirm" in inspect.signature(function).parameters:
            raise TypeError(f"{function.__name__} may not have a parameter `confirm`")
        mark = Mark(title, is_writing=True, is_destructive=destructive, toolset=toolset, has_card=True)
        return _marking(mark)(function)  # type: ignore[no-any-return]

    return put


def _marking(mark: Mark) -> Callable[[Any], Any]:
    def put(function: Any) -> Any:
        setattr(function, MARK, mark)
        return function

    return put


def marked(module: ModuleType) -> Iterator[tuple[Callable[..., Any], Mark]]:
    """The tools of a module, in the order in which they stand there."""
    for value in vars(module).values():
        mark = getattr(value, MARK, None)
        if isinstance(mark, Mark) and value.__module__ == module.__name__:
            yield value, mark
