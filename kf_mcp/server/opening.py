"""Opening the books when the first tool is called, and closing them at the end."""

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio

from kf_mcp.approval import Desktop, ServedPage
from kf_mcp.errors import Failure
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.handed import ReadingConnection
from kf_mcp.kashflow.kept import file_for
from kf_mcp.model import dates
from kf_mcp.settings import Settings
from kf_mcp.toolkit import Kit
from kf_mcp.trail import Trail
from kf_mcp.writing.approvals import Approvals
from kf_mcp.writing.consent import Seal
from kf_mcp.writing.desk import Desk

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

TRAIL_FILE: Final = "trail.db"
KEY_FILE: Final = "confirm.key"
SETTLES_AFTER: Final = 2.0
"""Seconds from the start until writes that were left open are looked for: clients start servers twice and kill them freely."""


def trail_of(settings: Settings, clock: dates.Clock = dates.now) -> Trail:
    """The audit trail for these settings. The demo's lives in memory, as its books do: both vanish together."""
    if settings.is_demo:
        return Trail(None, clock=clock)
    address = settings.database_url.get_secret_value()
    return Trail(address or settings.data_dir / TRAIL_FILE, clock=clock)


class Opening:
    """Everything that tools work with, made once, at first need."""

    def __init__(
        self,
        settings: Settings,
        transport: "httpx.AsyncBaseTransport | None",
        clock: dates.Clock,
        desktop: Desktop | None = None,
    ) -> None:
        self._settings = settings
        self._desktop = desktop or Desktop()
        self._transport = transport
        self._clock = clock
        self._lock = anyio.Lock()
        self._kit: Kit | None = None
        self._to_close: list[Any] = []

    @cached_property
    def _the_seal(self) -> Seal:
        key: Path | None = None if self._settings.is_demo else self._settings.data_dir / KEY_FILE
        return Seal(key, clock=self._clock)

    def seal(self) -> Seal:
        """What makes and checks confirm values."""
        return self._the_seal

    async def kit(self) -> Kit:
        """The books, the trail and the desk."""
        async with self._lock:
            if self._kit is None:
                self._kit = self._made()
            return self._kit

    def _made(self) -> Kit:
        settings = self._settings
        transport = self._transport
        if settings.is_demo and transport is None:
            from kf_mcp.simulator import Simulator  # noqa: PLC0415 - only the demo needs the pretend KashFlow

            transport = Simulator(today=dates.uk_day(self._clock())).transport()
        soap = Connection(settings, transport)
        trail = trail_of(settings, self._clock)
        books = Books(
            ReadingConnection(soap),
            clock=self._clock,
            sales_nominal=settings.sales_nominal,
            locked_before=settings.locked_before,
            vat_periods=settings.vat_periods,
            keep=file_for(settings.cache_dir, settings.account)
            if settings.cache_dir and not settings.is_demo
            else None,
        )
        desk = Desk(settings, soap, books, trail, self.seal(), self._clock)
        approvals = Approvals(desk, trail, self._clock)
        self._to_close = [soap, trail]
        page = None
        if settings.confirmed_by == "person":
            page = ServedPage(approvals, self._desktop, open_browser=settings.open_browser, is_demo=settings.is_demo)
        return Kit(settings, books, desk.history, desk, self.seal(), approvals, page)

    async def settle_what_was_left(self) -> None:
        """Find out what became of writes that an earlier server left open; not before the client has had its first answers."""
        settings = self._settings
        is_kept = settings.database_url.get_secret_value() or (settings.data_dir / TRAIL_FILE).is_file()
        if settings.is_demo or not is_kept:
            return
        await anyio.sleep(SETTLES_AFTER)
        try:
            await (await self.kit()).desk.settle_all()
        except Failure as failure:  # it is looked for again when it is in the way
            logger.warning("open writes could not be looked for: %s", failure.problem)

    async def close(self) -> None:
        """Let go of connections and the database, once nothing is being sent any more."""
        with anyio.CancelScope(shield=True):
            if self._kit is not None:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._kit.desk.idle)
                    if self._kit.page is not None:
                        tasks.start_soon(self._kit.page.close)
            for thing in self._to_close:
                await thing.close()
        self._to_close = []
        self._kit = None
