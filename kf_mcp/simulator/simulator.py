"""The pretend KashFlow as one thing: its books, its mishaps, the calls it served."""

import asyncio
import json
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Final, TypeVar

import httpx

import kf_mcp.simulator.nouns  # noqa: F401 - importing it enters every call in the list
from kf_mcp.simulator import control, pages
from kf_mcp.simulator.application import Application
from kf_mcp.simulator.books import Books
from kf_mcp.simulator.message import BIGGEST_REQUEST, TOO_LARGE, Reply, Request
from kf_mcp.simulator.mishaps import Mishaps
from kf_mcp.simulator.service import call_of, handle
from kf_mcp.simulator.stage import play
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.transport import InProcess
from kf_mcp.simulator.values import UK
from kf_mcp.simulator.worlds import known

SERVICE: Final = "/api/service.asmx"
_REMEMBERED: Final = 20_000
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was served: its number, its name, and "ok", "no", "fault" or the mishap it met."""

    number: int
    name: str
    outcome: str
    time: datetime


class Simulator:
    """A pretend KashFlow for one company, answering as KashFlow's service does.

    ``today`` fixes the world's dates, ``state`` is a file that keeps the books from one run to the next, ``control``
    opens the pages under /control by which tests look into the books and schedule mishaps.
    """

    def __init__(
        self,
        world: str = "demo",
        *,
        today: date | None = None,
        switches: Switches | None = None,
        state: Path | None = None,
        user: str = "demo",
        password: str = "demo",  # noqa: S107 - the pretend company's password is public
        ip_allowed: bool = True,
        control: bool = False,
    ) -> None:
        self.switches = switches or Switches()
        self.user = user
        self.password = password
        self.ip_allowed = ip_allowed
        self.control = control
        self.mishaps = Mishaps()
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self.one_at_a_time = RLock()
        self.app = Application(self.answer)
        self._today = today
        self._file = state
        self._served = 0
        self._later: set[asyncio.Task[Any]] = set()
        self._pauses: set[asyncio.Event] = set()
        self.books = self._opened(world)

    def state(self) -> dict[str, Any]:
        """Give the whole state of the books, as GET /control/books does."""
        with self.one_at_a_time:
            return self.books.state()

    def transport(self) -> httpx.AsyncBaseTransport:
        """Give a way for httpx to reach this pretend KashFlow within the process."""
        return InProcess(self)

    def start_again(self, world: str) -> None:
        """Open a world anew: its books as on the first day, no mishaps, no calls."""
        known(world)
        today = self._today or datetime.now(UK).date()
        for task in self._later:
            task.get_loop().call_soon_threadsafe(task.cancel)
        with self.one_at_a_time:
            self.books = Books.open("empty", today, self.switches)  # two big worlds at once would not fit everywhere
            self.books = Books.open(world, today, self.switches)
            self.mishaps.clear()
            self.calls.clear()
            self.problems.clear()
            self.save()

    def save(self) -> None:
        """Write the books to their file, whole or not at all."""
        if self._file is None:
            return
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump({"kashflow_simulator": 1, "books": self.books.dump()}, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)

    async def answer(self, request: Request) -> Reply:
        """Answer one request; a connection that is to be cut is the exception Cut."""
        path = request.path.lower()
        if len(request.body) > BIGGEST_REQUEST:
            return TOO_LARGE
        if self.control and f"{path}/".startswith("/control/"):
            return control.answer(self, request)
        if path.startswith(f"{SERVICE}/"):
            return pages.unrecognized(request.path)
        if path == pages.PRINTED and request.method == "GET":
            return pages.printed(request)
        if path != SERVICE:
            return pages.NOT_FOUND
        if request.method == "POST":
            return await self._called(request)
        if request.method != "GET":
            return pages.NOT_ALLOWED
        return pages.description(request) if request.query.lower() == "wsdl" else pages.list_of_calls()

    async def settle_late(self) -> None:
        """Carry out at once whatever is still to be carried out later, and wait for it."""
        here = asyncio.get_running_loop()
        while waiting := {task for task in self._later if task.get_loop() is here and not task.done()}:
            for pause in list(self._pauses):
                pause.set()
            await asyncio.wait(waiting, timeout=0.05)

    async def pause(self, seconds: float) -> None:
        """Wait so many seconds, or until somebody settles what is late."""
        hurry = asyncio.Event()
        self._pauses.add(hurry)
        try:
            await asyncio.wait_for(hurry.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._pauses.discard(hurry)

    def later(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Start work that goes on whoever hangs up."""
        task = asyncio.get_running_loop().create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        return task

    async def _called(self, request: Request) -> Reply:
        exchange = call_of(request)
        name = exchange.name if exchange else ""
        mishap = self.mishaps.take(name)
        if mishap is None:
            handled = handle(self, request)
            self._remember(name, handled.outcome)
            return handled.reply
        self._remember(name, mishap.name)
        return await play(self, mishap, request)

    def _remember(self, name: str, outcome: str) -> None:
        self._served += 1
        self.calls.append(Call(self._served, name, outcome, datetime.now(UTC)))
        if len(self.calls) > _REMEMBERED:
            del self.calls[: _REMEMBERED // 2]

    def _opened(self, world: str) -> Books:
        if self._file is not None and self._file.exists():
            return Books.load(_kept(self._file), self.switches, self._today)
        return Books.open(world, self._today or datetime.now(UK).date(), self.switches)


def _kept(file: Path) -> dict[str, Any]:
    """Read the books that a state file keeps."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        books: dict[str, Any] = kept["books"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{file} does not hold the books of a pretend KashFlow.") from None
    return books
