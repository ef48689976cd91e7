"""`kf-mcp simulate`: a pretend KashFlow on this computer."""

import argparse
import asyncio
import contextlib
import signal
import sys

from kf_mcp.errors import Refused
from kf_mcp.simulator import Simulator, Switches, serve
from kf_mcp.simulator.switches import description_of


def simulate(chosen: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; tells the address on standard output when it is ready."""
    if chosen.switch == ["list"]:
        for name, values in Switches.choices().items():
            print(f"{name} = {' | '.join(map(str, values))}\n    {description_of(name)}")
        return 0
    try:
        switches = Switches.parse(chosen.switch)
        simulator = Simulator(
            chosen.world, today=chosen.today, switches=switches, state=chosen.state, control=chosen.control
        )
    except (ValueError, OSError) as error:
        raise Refused(str(error)) from None
    return asyncio.run(_serve(simulator, chosen.port))


async def _serve(simulator: Simulator, port: int) -> int:
    def ready(bound: int) -> None:
        print(f"A pretend KashFlow at http://127.0.0.1:{bound}/api/service.asmx (user demo, password demo)", flush=True)

    task = asyncio.ensure_future(serve(simulator, port, ready=ready))
    loop = asyncio.get_running_loop()
    stopped = 0

    def stop(number: int) -> None:
        nonlocal stopped
        stopped = number
        task.cancel()

    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop, number)
    with contextlib.suppress(asyncio.CancelledError):
        try:
            await task
        except OSError as error:
            raise Refused(f"Port {port} cannot be used: {error.strerror}.", "Choose another with --port.") from None
    return 128 + stopped if stopped and stopped != signal.SIGTERM else 0
