"""`kf-mcp demo`: the whole job before your eyes. A real MCP client starts a real server process and speaks to it.

The books are the demo company's, or those of a pretend KashFlow on this computer (`kf-mcp simulate`) where KASHFLOW_URL names
one. A real account is never used: the demo writes, and nobody wants its invoice in real books.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Final, TextIO
from urllib.parse import urlsplit

import anyio
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from kf_mcp.cli.person import Person
from kf_mcp.cli.screen import CAUTION, Screen
from kf_mcp.cli.story import Stopped, Story
from kf_mcp.errors import Refused
from kf_mcp.model.text import clean
from kf_mcp.settings import PREFIX, is_loopback, load

INTERRUPTED: Final = 130
PASSED_ON: Final = tuple(PREFIX + name for name in ("USERNAME", "PASSWORD", "URL", "TIMEOUT", "DATA_DIR"))
"""The settings that reach the server, and these only when it speaks to a pretend KashFlow on this computer."""
LAST_LINES: Final = 3
"""So much of the server's own messages is shown when it stopped."""


def demo(*, yes: bool) -> int:
    """Tell the story; 0 when it came to its end or the person said no, 2 in trouble, 130 on Ctrl-C.

    Raises Refused when a real account is set in the environment.
    """
    stopped_by: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        """End as on Ctrl-C, so that the server and the temporary folder go too."""
        stopped_by.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)

    signal.signal(signal.SIGTERM, stop)
    screen = Screen()
    try:
        with tempfile.TemporaryDirectory(prefix="kf-mcp-demo-", ignore_cleanup_errors=True) as folder:
            return _told_in(Path(folder), screen, Person(screen, always_yes=yes))
    except KeyboardInterrupt:
        screen.gap()
        screen.say("Stopped.", indent=0)
        return 128 + stopped_by[0] if stopped_by else INTERRUPTED


def _told_in(folder: Path, screen: Screen, person: Person) -> int:
    """Tell the story with a server whose own files lie in this folder."""
    no_settings = folder / "none.env"
    no_settings.touch()  # the user's own settings file may hold a real account: the server is given this empty one instead
    settings = load(no_settings)
    environment = {name: value for name, value in os.environ.items() if _is_for_the_server(name, value)}
    books = "those of the demo company, made up, gone at the end"
    if not settings.is_demo:
        if not is_loopback(urlsplit(settings.url).hostname or ""):
            raise Refused(
                "A real KashFlow account is set in the environment, and the demo writes an invoice.",
                "Unset KASHFLOW_USERNAME and KASHFLOW_PASSWORD to see it on the demo company.",
            )
        given = {name.upper(): value for name, value in os.environ.items()}
        environment[f"{PREFIX}DATA_DIR"] = str(folder)
        environment |= {name: given[name] for name in PASSED_ON if given.get(name)}
        books = f"those of the pretend KashFlow at {settings.url}"
    server = StdioServerParameters(
        command=sys.executable,
        # -P: the working directory may be a cloned repository, and nothing in it may pass for a module of ours.
        args=["-P", "-m", "kf_mcp", "--env-file", str(no_settings)],
        env=environment,
    )
    screen.heading("kf-mcp demo: the whole job, and a person's yes before every write")
    screen.say(f"A real MCP client calls the tools of a real kf-mcp server.\nThe books: {books}.", indent=0)
    with (folder / "messages.txt").open("w+", encoding="utf-8", errors="replace") as messages:
        return anyio.run(_told_by, server, messages, screen, person)


def _is_for_the_server(name: str, value: str) -> bool:
    """Whether this variable of the environment reaches the server: none of our settings, and nothing that is not text."""
    try:
        (name + value).encode()
    except UnicodeEncodeError:
        return False
    return not name.upper().startswith(PREFIX)


async def _told_by(server: StdioServerParameters, messages: TextIO, screen: Screen, person: Person) -> int:
    """Start the server, connect, tell; whatever goes wrong ends in sentences."""
    ended: BaseException | None = None
    try:
        async with Client(stdio_client(server, errlog=messages), elicitation_callback=person.asked) as client:
            try:  # in here, since whatever leaves the connection arrives wrapped in its groups of errors
                await Story(client, screen, person).tell()
            except (Exception, KeyboardInterrupt) as reason:  # noqa: BLE001 - sorted out below
                ended = reason
    except Exception as reason:  # noqa: BLE001 - the demo ends in a sentence, never in a traceback
        ended = ended or reason
    if ended is None:
        return 0
    if isinstance(ended, (BrokenPipeError, KeyboardInterrupt)):
        raise ended
    screen.gap()
    if isinstance(ended, Stopped):
        screen.say(str(ended), CAUTION, indent=0)
    else:
        why = f": {ended}" if isinstance(ended, MCPError) else ""
        screen.say(f"The server did not answer as it should ({type(ended).__name__}{why}).", CAUTION, indent=0)
        for line in _last_lines(messages):
            screen.say(f"It said: {line}", indent=0)
    return 2


def _last_lines(messages: TextIO) -> list[str]:
    """What the server wrote to its standard error last."""
    messages.seek(0)
    return [line for line in map(clean, messages) if line][-LAST_LINES:]
