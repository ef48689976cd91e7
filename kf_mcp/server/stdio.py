"""Serving over standard input and output until the client goes away or a signal comes."""

import logging
import os
import signal
import sys
from typing import Final

import anyio
from mcp.server.stdio import stdio_server

from kf_mcp.server import BooksServer
from kf_mcp.server.unreadable import Readable

logger = logging.getLogger(__name__)

SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
INTERRUPTED: Final = 130


async def serve(server: BooksServer) -> None:
    """Serve until the input ends; on a signal, finish what is being sent and leave."""
    async with anyio.create_task_group() as tasks:
        if sys.platform != "win32":  # there Ctrl-C arrives as KeyboardInterrupt
            tasks.start_soon(_leave_on_signal, server)
        await _talk(server)
        tasks.cancel_scope.cancel()


async def _talk(server: BooksServer) -> None:
    """Serve what comes over standard input, as the SDK does, but answer also what is no message."""
    lowlevel = server._lowlevel_server  # noqa: SLF001 - the SDK's own run_stdio_async, with one stream put between
    async with stdio_server() as (incoming, outgoing):
        await lowlevel.run(Readable(incoming, outgoing), outgoing, lowlevel.create_initialization_options())


async def _leave_on_signal(server: BooksServer) -> None:
    """Wait for a signal, then for the write that is being sent, then leave with 128 + the signal's number.

    Leaving is abrupt because nothing else could be: the reader of standard input is a thread that blocks until the client writes.
    """
    with anyio.open_signal_receiver(*SIGNALS) as received:
        async for number in received:
            logger.info("stopping on signal %s", number)
            await server.opening.close()
            _leave(128 + int(number))


def _leave(code: int) -> None:
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def run(server: BooksServer) -> None:
    """Serve, then leave."""
    try:
        anyio.run(serve, server)
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    _leave(0)
