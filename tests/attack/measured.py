"""Bounds that tests put on time and memory."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@contextmanager
def within(seconds: float, megabytes: int, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """What is done inside takes no longer, and no more memory at its highest than there was before (seen on Linux only).

    Where nothing is waited for, `clock` is `time.process_time`: what else the computer does is not counted.
    """
    before = _peak(anew=True)
    began = clock()
    yield
    took, grown = clock() - began, _peak() - before
    assert took < seconds, f"{took:.1f} s"
    assert grown < megabytes, f"{grown} MB more"


def _peak(*, anew: bool = False) -> int:
    """The most memory that this process has had in use, in megabytes; `anew` forgets what was before."""
    if not sys.platform.startswith("linux"):
        return 0
    if anew:
        RESET.write_text("5")
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
