"""The person's desktop: whether there is one, and opening a page on it."""

import logging
import os
import sys
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio
import anyio.to_thread

logger = logging.getLogger(__name__)

SOMEWHERE_ELSE: Final = ("CI", "PYTEST_CURRENT_TEST", "SSH_CONNECTION", "SSH_TTY")
"""Where one of these is set, nobody sits before this computer's screen."""
DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
LONGEST: Final = 5.0
"""Seconds to wait for a browser to be found."""


def is_before_a_person(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a page that is opened here would be seen."""
    if any(environment.get(name) for name in SOMEWHERE_ELSE):
        return False
    # elsewhere than on macOS and Windows a browser without a display is one that takes over the terminal
    return platform in {"darwin", "win32"} or any(environment.get(name) for name in DISPLAYS)


@dataclass(frozen=True)
class Desktop:
    """How pages are opened for the person, and for how long a call waits for the decision."""

    open: Callable[[str], bool] = webbrowser.open
    patience: float = 45.0
    """Clients give up on a call after a minute where they have not been told otherwise."""

    async def show(self, address: str, *, wanted: bool | None) -> bool:
        """Open a page; `wanted` is the owner's word, None: where somebody would see it."""
        if not (is_before_a_person() if wanted is None else wanted):
            return False
        with anyio.move_on_after(LONGEST):
            try:
                return await anyio.to_thread.run_sync(self.open, address, abandon_on_cancel=True)
            except Exception as error:  # noqa: BLE001 - whatever a browser's starter does, the link is given instead
                logger.warning("no browser could be opened: %s", type(error).__name__)
        return False
