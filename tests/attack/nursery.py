"""Real processes that are born in a tenth of a second and may be killed: servers and simulators forked from one that imported everything.

Each runs the command line of the program on pipes of its own. It is known by a descriptor of the process, not by its number, so that no
signal can reach a stranger. `python nursery.py DESCRIPTOR` is the nursery itself; tests use the classes.
"""

import contextlib
import gc
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, Self

PATIENCE = 60.0
LONGEST = 64 * 1024
AT_BIRTH = (
    "kf_mcp.cli",
    "kf_mcp.server.stdio",
    "kf_mcp.trail.store",
    "kf_mcp.cli.simulate",
    "httpx",
    "zeep",
)
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "rude", "version": "0"}}


class Gone(Exception):
    """The process at the other end has died."""


class Nursery:
    """Bears processes; at its end those that still live are killed."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno())]
            self._program = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self._door.settimeout(PATIENCE)
        if self._door.recv(LONGEST) != b"ready":
            raise Gone("the nursery could not import the program")
        self._living: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._living:
            process.kill()
        self._door.close()
        self._program.wait(PATIENCE)

    def bear(self, *arguments: str, env: Mapping[str, str], errors: Path, **otherwise: float) -> "Process":
        """A process that runs `kf-mcp ARGUMENTS`.

        Otherwise than usual, where they are named: `patience` is for how long it waits for a write of another call, `pace` how many
        times as fast as the computer's the clock of a server runs.
        """
        ours, theirs = [], []
        for is_read_by_them in (True, False):
            reading, writing = os.pipe()
            ours.append(writing if is_read_by_them else reading)
            theirs.append(reading if is_read_by_them else writing)
        theirs.append(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        told = {"arguments": arguments, "env": dict(env), "otherwise": otherwise}
        socket.send_fds(self._door, [json.dumps(told).encode()], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        number, (handle, *_), _, _ = socket.recv_fds(self._door, LONGEST, 1)
        process = Process(int(number), handle, *ours)
        self._living = [known for known in self._living if not known.is_over] + [process]
        return process


@dataclass
class Process:
    """One process and the pipes to it."""

    pid: int
    handle: int
    stdin: int
    stdout: int
    is_over: bool = False
    _heard: bytes = field(default=b"", repr=False)

    def write(self, text: str) -> None:
        """Say something to it. Raises Gone where nobody listens."""
        try:
            os.write(self.stdin, text.encode())
        except BrokenPipeError:
            raise Gone from None

    def line(self, seconds: float = PATIENCE) -> str:
        """The next line that it says. Raises Gone where it died, TimeoutError where it says nothing."""
        until = time.monotonic() + seconds
        while b"\n" not in self._heard:
            if not select.select([self.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError
            piece = os.read(self.stdout, LONGEST)
            if not piece:
                raise Gone
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode()

    def rest(self) -> str:
        """All that it says until its end; then let go of it."""
        said, self._heard = self._heard, b""
        while piece := os.read(self.stdout, LONGEST):
            said += piece
        self.wait()
        return said.decode()

    def signal(self, number: int) -> None:
        """Send it a signal, if it lives."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, number)

    def wait(self, seconds: float = PATIENCE) -> None:
        """Wait until it is dead, and let go of it."""
        if self.is_over:
            return
        if not select.select([self.handle], [], [], seconds)[0]:
            raise TimeoutError(f"process {self.pid} still lives")
        self._let_go()

    def kill(self) -> None:
        """SIGKILL: it has no chance to do anything more."""
        if not self.is_over:
            self.signal(signal.SIGKILL)
            self.wait()

    def hang_up(self) -> None:
        """Close its input, as a client does that goes away."""
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def leave(self) -> None:
        """Close its input, and wait until it has left."""
        if not self.is_over:
            self.hang_up()
            self.wait()

    def _let_go(self) -> None:
        self.is_over = True
        for descriptor in (self.stdin, self.stdout, self.handle):
            if descriptor >= 0:
                os.close(descriptor)


class Served:
    """A client of one server process that speaks JSON-RPC by hand, so that it can be rude."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._last = 0
        self._early: dict[int, dict[str, Any]] = {}
        self._send(id=0, method="initialize", params=HELLO)
        self.answer(0)
        self._send(method="notifications/initialized")

    def call(self, tool: str, arguments: Mapping[str, Any]) -> int:
        """Send a call and do not wait for its answer; its number."""
        self._last += 1
        self._send(id=self._last, method="tools/call", params={"name": tool, "arguments": arguments})
        return self._last

    def cancel(self, call: int) -> None:
        """Tell the server that nobody waits for this call any more."""
        self._send(method="notifications/cancelled", params={"requestId": call})

    def answer(self, call: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """The answer to a call. Raises Gone or TimeoutError."""
        until = time.monotonic() + seconds
        while call not in self._early:
            message = json.loads(self.process.line(max(0.0, until - time.monotonic())))
            if "id" in message and "method" not in message:
                self._early[message["id"]] = message
        return self._early.pop(call)

    def reply(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Call and wait; the structured answer, or the error's text under `error`."""
        return told(self.answer(self.call(tool, arguments)))

    def _send(self, **message: Any) -> None:
        self.process.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def told(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says: the structured reply, or the error's text under `error`."""
    result = answer.get("result")
    if result is None:
        return {"error": json.dumps(answer.get("error"))}
    if result.get("isError"):
        return {"error": result["content"][0]["text"]}
    return dict(result["structuredContent"])


def _run(door: socket.socket) -> None:
    """Bear a process for each message, until the test lets go of the door."""
    for name in AT_BIRTH:
        import_module(name)
    list(import_module("kf_mcp.tools").modules())
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    door.send(b"ready")
    handles: list[int] = []
    while True:
        message, pipes, _, _ = socket.recv_fds(door, LONGEST, 3)
        if not message:
            break
        number = os.fork()
        if number == 0:
            for descriptor in (door.detach(), *handles):
                os.close(descriptor)
            _live(json.loads(message), pipes)
        handle = os.pidfd_open(number)
        socket.send_fds(door, [str(number).encode()], [handle])
        handles.append(handle)
        for descriptor in pipes:
            os.close(descriptor)
    for handle in handles:  # the test is gone, however it went
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)


def _live(told: Mapping[str, Any], pipes: list[int]) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    random.seed()
    for place, descriptor in enumerate(pipes):
        os.dup2(descriptor, place)
        os.close(descriptor)
    sys.stdin, sys.stdout = (
        os.fdopen(place, mode, encoding="utf-8", closefd=False) for place, mode in ((0, "r"), (1, "w"))
    )
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    os.environ.clear()
    os.environ.update(told["env"])
    otherwise = told["otherwise"]
    if "patience" in otherwise:
        import_module("kf_mcp.writing.desk").WAIT_FOR_OTHERS = otherwise["patience"]
    code = 1
    try:
        if "pace" in otherwise:
            settings = import_module("kf_mcp.settings").load()
            server = import_module("kf_mcp.server").create_server(settings, clock=_fast(otherwise["pace"]))
            import_module("kf_mcp.server.stdio").run(server)
        import_module("kf_mcp.cli").main(told["arguments"])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _fast(pace: float) -> Callable[[], datetime]:
    begun = datetime.now(UTC)
    return lambda: begun + (datetime.now(UTC) - begun) * pace


if __name__ == "__main__":
    _run(socket.socket(fileno=int(sys.argv[1])))
