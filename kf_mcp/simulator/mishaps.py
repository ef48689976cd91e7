"""Mishaps: faults of network and server that are scheduled on the pretend KashFlow, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from threading import Lock
from types import MappingProxyType
from typing import Any, Final

from kf_mcp.simulator.schema import contract

MISHAPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lose_answer": "The call is carried out, then the connection is cut without an answer.",
        "refuse_connection": "No connection is made, as if nobody listened. A socket cannot know which call was to "
        "come, so there nobody gets through for the given seconds, whatever the operation.",
        "cut_before": "The connection is cut and the call is not carried out.",
        "late": "The connection is cut at once and the call is carried out after the given seconds.",
        "no_but_written": "The call is carried out, yet the answer is NO with a database timeout's text.",
        "slow": "The call is carried out and answered after the given seconds.",
        "http_500": "HTTP 500 with a page for people; not carried out.",
        "http_503": "HTTP 503 with a page for people; not carried out.",
        "html_page": "HTTP 200 with a login page; not carried out.",
        "soap_fault": "A soap:Server fault; not carried out.",
        "status_no": "Status NO with a sentence; not carried out.",
        "truncated_xml": "The call is carried out, but the answer ends in the middle.",
        "not_xml": "The call is carried out, but the answer is plain text.",
        "wrong_namespace": "The call is carried out, but the answer is in another namespace.",
        "empty_body": "The call is carried out, but the answer is empty.",
        "huge": "The call is carried out, but the answer is past any sane size.",
    }
)

DEFAULT_SECONDS: Final[Mapping[str, float]] = MappingProxyType({"late": 2.0, "slow": 5.0, "refuse_connection": 1.0})
"""How long a mishap lasts when no seconds are given."""

ANY: Final = "*"


class NoSuchMishap(ValueError):
    """A mishap was asked for that cannot be scheduled; the text says why."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """One scheduled mishap: for which call ("*": any), which, how many times yet, and how long in seconds."""

    operation: str
    name: str
    times: int = 1
    seconds: float = 0


class Mishaps:
    """The mishaps that are scheduled, oldest first."""

    def __init__(self) -> None:
        self._scheduled: list[Mishap] = []
        self._lock = Lock()
        self._watchers: list[Callable[[], None]] = []

    def add(self, operation: str, mishap: str, times: int = 1, seconds: float = 0) -> Mishap:
        """Schedule a mishap for the next calls of an operation; "*" is any operation."""
        _check(operation, mishap, times, seconds)
        scheduled = Mishap(operation, mishap, times, seconds or DEFAULT_SECONDS.get(mishap, 0))
        with self._lock:
            self._scheduled.append(scheduled)
        self._tell()
        return scheduled

    def clear(self) -> None:
        """Forget every scheduled mishap."""
        with self._lock:
            self._scheduled.clear()
        self._tell()

    def take(self, operation: str, only: str | None = None) -> Mishap | None:
        """Use up one mishap of this call, if one is scheduled; ``only`` looks for a single kind, of any call."""
        with self._lock:
            for index, scheduled in enumerate(self._scheduled):
                if scheduled.name == only if only else scheduled.operation in {operation, ANY}:
                    rest = [replace(scheduled, times=scheduled.times - 1)] if scheduled.times > 1 else []
                    self._scheduled[index : index + 1] = rest
                    return scheduled
        return None

    def scheduled(self) -> tuple[Mishap, ...]:
        """List what is still to come."""
        with self._lock:
            return tuple(self._scheduled)

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call a function after every change; the function given back ends that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell(self) -> None:
        for watcher in list(self._watchers):
            watcher()


def _check(operation: Any, mishap: Any, times: Any, seconds: Any) -> None:
    if not isinstance(mishap, str) or mishap not in MISHAPS:
        raise NoSuchMishap(f"There is no mishap {mishap!r}. {_nearest(mishap, MISHAPS)}")
    if not isinstance(operation, str) or (operation != ANY and operation not in contract().exchanges):
        raise NoSuchMishap(f"KashFlow has no operation {operation!r}. {_nearest(operation, contract().exchanges)}")
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise NoSuchMishap(f"times must be a whole number of at least 1, not {times!r}.")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= 24 * 3600:
        raise NoSuchMishap(f"seconds must be a number from 0 to a day, not {seconds!r}.")


def _nearest(name: object, known: Mapping[str, object]) -> str:
    close = get_close_matches(str(name), known, n=1, cutoff=0)
    return f"The nearest is {close[0]}." if close else ""
