"""One company in a simulator's process, and servers' processes in front of it that share one data folder."""

import os
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError

from attacked import Write, open_company
from conftest import TODAY, real_account
from nursery import PATIENCE, Nursery, Process, Served
from test_processes import Simulated, environment

from kf_mcp.settings import Settings

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
SEED = int(os.environ.get("KF_MCP_SEED", "0") or 0) or random.SystemRandom().randrange(1, 10**6)
TIMEOUT = "5"


class Later:
    """A clock that is ahead of the computer's: what servers left open is overdue on it."""

    def __init__(self) -> None:
        self.ahead = timedelta(hours=1)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class House:
    """A simulator on a port of its own, whose books lie in a file, and as many servers as are wanted."""

    def __init__(
        self, nursery: Nursery, folder: Path, otherwise: Mapping[str, float] | None = None, **env: str
    ) -> None:
        self._nursery = nursery
        self.folder = folder
        self._otherwise = otherwise or {}
        self._state = folder / "books.json"
        open_company(self._state)
        self._port = "0"
        self._more = env
        self.env: dict[str, str] = {}
        self.simulator = self.simulate()

    def simulate(self) -> Process:
        """The simulator, on the port that it had before."""
        arguments = ["simulate", "--port", self._port, "--control", "--state", f"{self._state}", "--today", f"{TODAY}"]
        process = self._nursery.bear(*arguments, env=dict(os.environ), errors=self.folder / "simulator.txt")
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.line())
        assert found
        self._port = found[1]
        self.books = Simulated(found[0])
        wanted = {"KASHFLOW_CONFIRM": "model", "KASHFLOW_TOOLSETS": "all", "KASHFLOW_TIMEOUT": TIMEOUT}
        self.env = environment(self.books, self.folder, **(wanted | self._more))
        return process

    def serve(self) -> Served:
        """One more server."""
        return Served(self._nursery.bear(env=self.env, errors=self.folder / "server.txt", **self._otherwise))

    def settings(self, **more: Any) -> Settings:
        """The settings of the same account, for a server within the test."""
        values = {"url": self.env["KASHFLOW_URL"], "confirm": "model", "toolsets": "all", **more}
        return real_account(self.folder, **values)

    def state(self) -> dict[str, Any]:
        """The books."""
        found: dict[str, Any] = self.books.control("GET", "books")
        return found

    def mishap(self, operation: str, mishap: str, times: int = 1, seconds: float = 0) -> None:
        """Schedule a mishap."""
        told = {"operation": operation, "mishap": mishap, "times": times, "seconds": seconds}
        self.books.control("POST", "mishaps", told)

    def wait(self) -> None:
        """Wait until the simulator can be reached."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.books.control("GET", "mishaps")
            except URLError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
            else:
                return

    def errors(self) -> str:
        """What the servers said on standard error."""
        return (self.folder / "server.txt").read_text("utf-8")


def previewed(served: Served, write: Write) -> str:
    """The value that confirms a write."""
    reply = served.reply(write.tool, write.arguments)
    assert "confirm" in reply, reply
    return str(reply["confirm"])


def chances(seed: object) -> random.Random:
    """Choices that can be repeated."""
    return random.Random(f"{seed}")  # noqa: S311 - choices, not secrets
