"""A company, a server on its books, and a client in front of both: everything over real SOAP, nothing mocked."""

import asyncio
import gc
import os
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.types import CallToolResult, ElicitResult

from kf_mcp.approval import Desktop
from kf_mcp.server import create_server
from kf_mcp.settings import Settings
from kf_mcp.simulator import Simulator, Switches

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ERAS = ("legacy", "2026-07-28")

HATS: dict[str, Any] = {
    "customer": "PENH01",
    "lines": [
        {"description": "Hats & scarves", "quantity": 3, "unit_price": "10.82", "vat_rate": 20, "nominal": 4000},
        {"description": "Delivery", "unit_price": "5.00", "vat_rate": 0, "nominal": 4000},
    ],
    "reference": "PO 4711",
}
HATS_NET, HATS_VAT = Decimal("37.46"), Decimal("6.49")  # 3 x 10.82 = 32.46; 20% = 6.492; 5.00 at 0%


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Person:
    """Who answers the form: says yes, no, or leaves; remembers what was asked."""

    answer: str = "yes"
    asked: list[str] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, _context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        if self.before:
            await self.before()
        match self.answer:
            case "yes":
                return ElicitResult(action="accept", content={"agree": True})
            case "unticked":
                return ElicitResult(action="accept", content={"agree": False})
            case "no":
                return ElicitResult(action="decline")
            case _:
                return ElicitResult(action="cancel")


@dataclass
class Desk:
    """A client at a server at a company."""

    client: Client
    company: Simulator

    async def __call__(self, tool: str, arguments: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        result = await self.result(tool, arguments, **more)
        assert not result.is_error, result.content[0].text
        return result.structured_content

    async def error(self, tool: str, arguments: dict[str, Any] | None = None, **more: Any) -> str:
        result = await self.result(tool, arguments, **more)
        assert result.is_error, result.structured_content
        return str(result.content[0].text)

    async def result(self, tool: str, arguments: dict[str, Any] | None = None, **more: Any) -> CallToolResult:
        return await self.client.call_tool(tool, {**(arguments or {}), **more})

    def invoices(self) -> list[dict[str, Any]]:
        return self.company.state()["invoices"]

    def invoice(self, number: int) -> dict[str, Any]:
        return next(invoice for invoice in self.invoices() if invoice["number"] == number)

    def is_balanced(self) -> bool:
        rows = self.company.state()["trial_balance"]
        return sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0 and not self.company.problems


class Meanwhile(httpx.AsyncBaseTransport):
    """A network on which something happens before the answers of some calls of one operation are carried back."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        operation: str,
        calls: tuple[int, ...],
        happens: Callable[[], Awaitable[object]] = anyio.sleep_forever,
    ) -> None:
        self._inner = inner
        self._operation = operation
        self._calls = calls
        """Which calls of the operation these are, counted from 1."""
        self._happens = happens
        self._count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if request.headers["SOAPAction"] == f'"KashFlow/{self._operation}"':
            self._count += 1
            if self._count in self._calls:
                await self._happens()
        return response


def a_company(world: str = "demo", switches: Switches | None = None) -> Simulator:
    if world != "demo":
        return Simulator(world, today=TODAY, switches=switches)
    company = Simulator("empty", today=TODAY, switches=switches)
    company.books = pickle.loads(_demo(company.switches))  # noqa: S301 - our own, a line below
    return company


@cache
def _demo(switches: Switches) -> bytes:
    """The demo company's books on the first day, which most tests begin with: built once, since that takes twice as long."""
    return pickle.dumps(Simulator("demo", today=TODAY, switches=switches).books)


def real_account(data_dir: Path, **more: Any) -> Settings:
    """Settings as on a real account, whose service happens to be simulated."""
    values = {
        "username": "demo",
        "password": "demo",
        "url": "http://127.0.0.1:9/api/service.asmx",
        "timeout": 5,
        "data_dir": data_dir,
    }
    return Settings(**{**values, **more})


@asynccontextmanager
async def open_desk(
    company: Simulator,
    settings: Settings,
    *,
    era: str = "legacy",
    person: Person | None = None,
    clock: Clock | None = None,
    desktop: Desktop | None = None,
    network: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Desk]:
    server = create_server(settings, transport=network or company.transport(), clock=clock or Clock(), desktop=desktop)
    form = {"elicitation_callback": person} if person else {}
    async with Client(server, mode=era, **form) as client:
        yield Desk(client, company)


@pytest.fixture
def company() -> Simulator:
    return a_company()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def desk(company: Simulator, tmp_path: Path) -> AsyncIterator[Desk]:
    """A client without forms, on an account where either may confirm."""
    ready: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:  # entered and left in one task, as cancel scopes demand
        try:
            async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as opened:
                ready.set_result(opened)
                await over.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    task = asyncio.create_task(hold())
    yield await ready
    over.set()
    await task


Tally = Callable[[str, Mapping[Any, int]], None]
"""Tells at the end of the run what a campaign counted, under its name; what several tests count under one name is added up."""


@pytest.fixture
def tally(record_property: Callable[[str, Any], None]) -> Tally:
    def tell(name: str, counts: Mapping[Any, int]) -> None:
        record_property("tally", [name, {f"{what}": number for what, number in counts.items()}])

    return tell


def pytest_terminal_summary(terminalreporter: Any) -> None:
    told: dict[str, Counter[str]] = {}
    reports = [report for of_kind in terminalreporter.stats.values() for report in of_kind]
    for report in reports:
        if getattr(report, "when", "") == "teardown":  # the last of a test has everything
            for campaign, counts in (kept for name, kept in report.user_properties if name == "tally"):
                told.setdefault(campaign, Counter()).update(counts)
    if told:
        terminalreporter.section("counted")
    for campaign, counts in sorted(told.items()):
        terminalreporter.write_line(
            f"{campaign}: {'; '.join(f'{what} {number:,}' for what, number in sorted(counts.items()))}"
        )


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: some tests only wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew", action="store_true", help="write snapshots and generated tables anew instead of comparing"
    )
