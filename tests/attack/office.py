"""Two servers on one data folder, each with a client, before one pretend company; a server can die at any of its calls.

Everything runs in one loop and in one process, so that a run can be repeated. A death is a network that never answers again and tasks
that are cancelled from outside: nothing more is written by that server, as if it had been killed.
"""

import asyncio
import json
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import httpx
from conftest import Clock, Person, real_account
from mcp import Client

from kf_mcp.server import create_server
from kf_mcp.simulator import Simulator

SEAT: ContextVar[str] = ContextVar("SEAT", default="")
PATIENCE: Final = 60
"""Seconds that nothing may take here."""


class Cable(httpx.AsyncBaseTransport):
    """The way from one server to KashFlow, which can go dead at one of the calls to come."""

    def __init__(self, company: Simulator) -> None:
        self._way = company.transport()
        self._left: int | None = None
        self._is_sent = False
        self.dead = asyncio.Event()

    def dies_at(self, call: int, *, is_sent: bool) -> None:
        """Go dead at that call (1: the next), before it is sent or after it was answered."""
        self._left, self._is_sent = call, is_sent

    def holds(self) -> None:
        """Go dead at no call."""
        self._left = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._left is not None:
            self._left -= 1
        if self._left == 0:
            if self._is_sent:
                with suppress(httpx.HTTPError):
                    await self._way.handle_async_request(request)
            self.dead.set()
        if self.dead.is_set():
            await asyncio.Event().wait()
        return await self._way.handle_async_request(request)


@dataclass
class Seat:
    """A server and the client in front of it."""

    name: str
    era: str
    company: Simulator
    folder: Path
    clock: Clock
    tasks: "WeakKeyDictionary[asyncio.Task[Any], str]"
    person: Person | None = None
    client: Client = field(init=False)
    server: Any = field(init=False)
    cable: Cable = field(init=False)

    async def sit(self) -> None:
        """Start the server and its client."""
        self.cable = Cable(self.company)
        self._over = asyncio.Event()
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mark = SEAT.set(self.name)
        self._hold = asyncio.create_task(self._held(ready))
        SEAT.reset(mark)
        await asyncio.wait({ready, self._hold}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await self._hold

    async def _held(self, ready: "asyncio.Future[None]") -> None:
        settings = real_account(self.folder, confirm="either", toolsets="all")
        self.server = create_server(settings, transport=self.cable, clock=self.clock)
        form = {"elicitation_callback": self.person} if self.person else {}
        async with Client(self.server, mode=self.era, **form) as self.client:
            ready.set_result(None)
            await self._over.wait()

    async def leave(self) -> None:
        """Leave in order."""
        self._over.set()
        await self._hold

    async def call(self, tool: str, arguments: dict[str, Any]) -> tuple[str, dict[str, Any], str]:
        """Call a tool: the status of its reply (`error` for an error), the reply, and its words."""
        mark = SEAT.set(self.name)  # the server answers a call in the caller's context
        try:
            result = await self.client.call_tool(tool, arguments)
        finally:
            SEAT.reset(mark)
        text = str(result.content[0].text)
        if result.is_error:
            return "error", {}, text
        structure = result.structured_content or {}
        return structure["status"], structure, text

    async def dies_during(self, tool: str, arguments: dict[str, Any], call: int, *, is_sent: bool) -> bool:
        """Let the server die in the middle of a call, unless that is over before; whether it died."""
        self.cable.dies_at(call, is_sent=is_sent)
        calling = asyncio.create_task(self.call(tool, arguments))
        dead = asyncio.create_task(self.cable.dead.wait())
        await asyncio.wait({calling, dead}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        dead.cancel()
        if not self.cable.dead.is_set():
            self.cable.holds()
            await calling
            return False
        calling.cancel()
        while own := self._alive():  # what is cancelled may start something more
            for task in own:
                task.cancel()
            await asyncio.wait({calling, *own}, timeout=0.05)
        self._over.set()
        with suppress(BaseException):
            await asyncio.wait_for(self._hold, PATIENCE)
        with suppress(BaseException):
            calling.exception()
        return True

    def _alive(self) -> "list[asyncio.Task[Any]]":
        """The server's own tasks; what KashFlow does goes on without it."""
        others = self.company._later | {self._hold}
        return [
            task for task, name in self.tasks.items() if name == self.name and not task.done() and task not in others
        ]


class Loop:
    """The one loop; between the steps of the machine it stands still."""

    def __init__(self) -> None:
        self.tasks: WeakKeyDictionary[asyncio.Task[Any], str] = WeakKeyDictionary()
        self._loop = asyncio.new_event_loop()
        self._loop.set_task_factory(self._tagged)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do work to its end."""
        return self._loop.run_until_complete(asyncio.wait_for(work, 2 * PATIENCE))

    def close(self) -> None:
        """Let go."""
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left, timeout=PATIENCE))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _tagged(self, loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> "asyncio.Task[Any]":
        task = asyncio.Task(work, loop=loop, **more)
        context = more.get("context")
        self.tasks[task] = context.get(SEAT, "") if context else SEAT.get()
        return task


@dataclass(frozen=True)
class Row:
    """One row of the trail, read from its file."""

    entry: int
    state: str
    tool: str
    consent: str | None
    is_first: bool
    body: dict[str, Any]


class Reader:
    """Reads the rows that came to the trail since the last time, straight from its file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = 0

    def fresh(self) -> Iterator[Row]:
        """The new rows, oldest first."""
        if not self._file.exists():
            return
        db = sqlite3.connect(self._file)
        try:
            rows = db.execute(
                "SELECT seq, entry, state, tool, consent, lock, body FROM trail WHERE seq > ? ORDER BY seq",
                [self._seen],
            ).fetchall()
        finally:
            db.close()
        for seq, entry, state, tool, consent, lock, body in rows:
            self._seen = seq
            yield Row(entry, state, tool, consent, lock is not None, json.loads(body))
