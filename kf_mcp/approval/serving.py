"""Serving the approval page on this computer: a random port of 127.0.0.1, from the first need to the end of the server."""

import asyncio
import contextlib
import contextvars
import logging
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from kf_mcp.approval.desktop import Desktop
from kf_mcp.writing.approvals import Approvals

if TYPE_CHECKING:
    import uvicorn

    from kf_mcp.approval.page import ApprovalPage

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
GRACE: Final = 2
"""Seconds in which open pages get their last answer when the server leaves."""
AT_ONCE: Final = 40


class ServedPage:
    """The approval page, served where only this computer reaches it."""

    def __init__(
        self, approvals: Approvals, desktop: Desktop, *, open_browser: bool | None = None, is_demo: bool = False
    ) -> None:
        self.patience = desktop.patience
        self._approvals = approvals
        self._desktop = desktop
        self._open_browser = open_browser
        self._is_demo = is_demo
        self._page: ApprovalPage | None = None
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def address(self, token: str) -> str:
        """The link to the page of this approval; the first one starts the page. Raises OSError where no port can be had."""
        if self._page is None or self._serving is None or self._serving.done():
            self._start()
        if self._page is None:
            raise OSError("no page")
        return self._page.address(token)

    async def show(self, address: str) -> bool:
        """Open it in the person's browser; False where there is none, or the owner does not want it."""
        return await self._desktop.show(address, wanted=self._open_browser)

    async def close(self) -> None:
        """Stop serving, once open pages have had their last answer."""
        if self._page:
            await self._page.close()
        if self._server and self._serving:
            self._server.should_exit = True
            with contextlib.suppress(Exception):
                await self._serving
        self._page = self._server = self._serving = None

    def _start(self) -> None:
        import uvicorn  # noqa: PLC0415 - the page is loaded when a person is first asked on it

        from kf_mcp.approval.page import ApprovalPage  # noqa: PLC0415

        class Quiet(uvicorn.Server):
            """A server that leaves signals to ours."""

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                yield

        ear = socket.create_server((LOOPBACK, 0))
        page = ApprovalPage(self._approvals, f"http://{LOOPBACK}:{ear.getsockname()[1]}", is_demo=self._is_demo)
        config = uvicorn.Config(
            page,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # a link is a secret
            proxy_headers=False,
            server_header=False,
            limit_concurrency=AT_ONCE,
            timeout_graceful_shutdown=GRACE,
        )
        server = Quiet(config)
        # an empty context: the page outlives the call that first needed it, and must not speak in its name
        self._serving = asyncio.get_running_loop().create_task(
            server.serve(sockets=[ear]), name="approval page", context=contextvars.Context()
        )
        self._page, self._server = page, server
