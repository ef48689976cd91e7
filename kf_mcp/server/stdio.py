"""Serving over standard input and output until the client goes away or a signal comes."""

import logging
import os
import signal
import sys
from typing import Final

import anyio
from mcp.server import MCPServer

logger = logging.getLogger(__name__)

SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))


async def serve(server: MCPServer) -> int:
    """Serve until the input ends (0) or a signal comes (128 + its number).

    A write that is being sent is finished first: it is shielded, and leaving the scope waits for it.
    """
    caught = 0
    if sys.platform == "win32":  # no signal receiver there: Ctrl-C arrives as KeyboardInterrupt
        await server.run_stdio_async()
        return 0
    async with anyio.create_task_group() as tasks:

        async def watch(*, task_status: anyio.abc.TaskStatus[None]) -> None:
            nonlocal caught
            with anyio.open_signal_receiver(*SIGNALS) as received:
                task_status.started()
                async for number in received:
                    if caught:
                        continue
                    caught = int(number)
                    logger.info("stopping on signal %s", caught)
                    tasks.cancel_scope.cancel()
                    # The receiver must outlive the cancellation, or a second signal would kill a write halfway.
                    with anyio.CancelScope(shield=True):
                        await finished.wait()
                    return

        finished = anyio.Event()
        await tasks.start(watch)
        try:
            await server.run_stdio_async()
        finally:
            finished.set()
        tasks.cancel_scope.cancel()
    return 128 + caught if caught else 0


def run(server: MCPServer) -> None:
    """Serve, then leave at once: the reader of standard input is a thread that nothing else could stop."""
    try:
        code = anyio.run(serve, server)
    except KeyboardInterrupt:
        code = 130
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
