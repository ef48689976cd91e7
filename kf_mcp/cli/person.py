"""The person at the terminal, as the MCP client's elicitation callback: sees the server's form and answers it."""

import signal
import sys
from typing import Final

from mcp.client.session import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from kf_mcp.cli.screen import Screen

ANSWERS: Final = {"y": True, "yes": True, "n": False, "no": False}
"""Nothing else is an answer: a stray Enter must not write into the books."""


class Person:
    """Answers the server's forms: by what is typed, or always yes where `--yes` was given."""

    def __init__(self, screen: Screen, *, always_yes: bool) -> None:
        self._screen = screen
        self._always_yes = always_yes
        self.is_gone = False
        """Nobody can answer: the input is closed."""
        self.interrupted = False
        """The person pressed Ctrl-C in place of an answer."""
        self.shown = ""
        """The form's text that was shown last."""
        self.looks_only = False
        """Says no without being asked: the story only wants to see what the form says."""

    async def asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002 - the protocol's
        """Show the form and answer it."""
        self.shown = params.message
        if self.looks_only:
            return ElicitResult(action="decline")
        self._screen.form("The server asks the person", params.message)
        agrees = self._answer()
        if agrees is None:
            return ElicitResult(action="cancel")
        return ElicitResult(action="accept", content={"agree": True}) if agrees else ElicitResult(action="decline")

    def _answer(self) -> bool | None:
        """Yes, no, or None where there is no answer."""
        question = "Yes, write this? [y/n]"
        if self._always_yes:
            self._screen.say(f"{question} y   (said by --yes)", "bold")
            return True
        while True:
            self._screen.question(question)
            line = self._line()
            if not line:
                self._screen.gap()
                return None
            if not sys.stdin.isatty():  # a terminal shows what is typed; of a pipe nothing would be seen
                self._screen.say(line.strip(), indent=0)
            if (agrees := ANSWERS.get(line.strip().casefold())) is not None:
                return agrees
            question = "Please type y or n:"

    def _line(self) -> str:
        """What was typed, with its line end; empty where the input is closed or Ctrl-C was pressed.

        The loop waits meanwhile, as nothing else is to be done. Its own handling of Ctrl-C would wait for the line too.
        """
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            line = sys.stdin.readline() if sys.stdin else ""
        except KeyboardInterrupt:
            self.interrupted = True
            return ""
        except (OSError, ValueError):  # the input is no text, or not there
            line = ""
        finally:
            signal.signal(signal.SIGINT, before)
        self.is_gone = not line
        return line
