"""What a command shows at the terminal: plain sentences, one form, two tables; in colour where the terminal has it.

Everything shown may hold words that other people wrote, so every line is cleaned of control characters before it is drawn: a
customer's name must not be able to move the cursor or paint over a figure.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kf_mcp.model.text import clean

WIDEST: Final = 100
"""Longer lines are hard to read, however wide the terminal is."""
USUAL: Final = 80
INDENT: Final = 3

GOOD: Final = "green"
CAUTION: Final = "yellow"
FAINT: Final = "dim"
COLOURS: Final = {"done": GOOD, "sending": CAUTION, "unknown": CAUTION, "partly": CAUTION}


class _Console(Console):
    """A console that leaves it to the command what happens when the reader of its output goes away."""

    def on_broken_pipe(self) -> NoReturn:
        """Say so, in place of ending the program here."""
        self.quiet = True
        raise BrokenPipeError


class Screen:
    """Draws on standard output, never wider than the terminal."""

    def __init__(self) -> None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(errors="replace")  # a terminal without £ or é shows ?, and the command goes on
        plain = bool(os.environ.get("NO_COLOR"))
        self._console = _Console(
            highlight=False, markup=False, emoji=False, legacy_windows=False, color_system=None if plain else "auto"
        )
        self._console.width = min(self._console.width or USUAL, WIDEST)

    def heading(self, text: str) -> None:
        """The first line of a command's output."""
        self._console.print(_text(text, "bold"))

    def step(self, number: int, title: str, call: str) -> None:
        """A numbered step of a story, and in one line which tool is called."""
        self._console.print()
        self._console.print(Text.assemble((f"{number}  ", "bold cyan"), (clean(title), "bold")))
        self._console.print(
            _text(f"{' ' * INDENT}> {clean(call)}", FAINT, keep=True), no_wrap=True, overflow="ellipsis"
        )

    def say(self, text: str, style: str = "", *, indent: int = INDENT) -> None:
        """A sentence or several, a line for each line of the text."""
        for line in text.split("\n"):
            for row in _text(line, style).wrap(self._console, self._console.width - indent):
                row.rstrip()
                self._console.print(" " * indent, row, sep="")

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    def form(self, title: str, text: str) -> None:
        """A form as a person sees it: its title stands out, what begins with a dash or `!` hangs."""
        shown: list[Text | Table] = []
        titled = False
        for line in text.split("\n"):
            mark, _, rest = line.partition(" ")
            if mark in {"!", "-"}:
                style = CAUTION if mark == "!" else ""
                row = Table.grid(padding=(0, 1, 0, 0))
                row.add_row(_text(mark, style), _text(rest, style))
                shown.append(row)
            else:
                shown.append(_text(line, FAINT if titled else "bold"))
                titled = True
        panel = Panel(Group(*shown), title=_text(title, "bold"), title_align="left", border_style="cyan")
        self._console.print(Padding(panel, (0, 0, 0, INDENT)))

    def question(self, text: str) -> None:
        """A question; the answer is typed behind it."""
        self._console.print(" " * INDENT, _text(text, "bold"), sep="", end=" ")

    def figures(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table of words in the first two columns and figures in the others."""
        table = _table()
        for n, name in enumerate(columns):
            table.add_column(name, justify="left" if n < 2 else "right", no_wrap=n != 1, overflow="fold")  # noqa: PLR2004
        for row in rows:
            table.add_row(*(_text(cell) for cell in row))
        self._console.print(Padding(table, (0, 0, 0, INDENT)))

    def writes(self, rows: Iterable[Sequence[str]], *, indent: int = INDENT) -> None:
        """A table of writes: entry, when, state, number in the books, what; then remarks, shown below what."""
        table = _table()
        table.add_column("Entry", justify="right")
        table.add_column("When", width=11)
        table.add_column("State", min_width=7)
        table.add_column("Number", justify="right", overflow="fold")
        table.add_column("What", overflow="fold", ratio=1)
        for entry, when, state, number, what, *remarks in rows:
            told = _text(what)
            for remark in remarks:
                told.append("\n")
                told.append(_text(remark, CAUTION if remark.startswith("!") else FAINT))
            table.add_row(_text(entry), _text(when), _text(state, COLOURS.get(state, "red")), _text(number), told)
        self._console.print(Padding(table, (0, 0, 0, indent)))


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style=FAINT)


def _text(words: str, style: str = "", *, keep: bool = False) -> Text:
    """Words without control characters, in one style; `keep` where they are cleaned already and their spaces count."""
    return Text(words if keep else clean(words), style=style)
