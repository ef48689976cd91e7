"""The trail as a file to keep elsewhere (`kf-mcp trail --export`), and what such a file knows of it later (`--head`).

The chain holds every account's rows. Of other accounts' rows an export has the hashes alone: enough to follow the chain, and nothing of
what they say. What is kept for undoing stands outside the chain, is erased after a month, and is not exported.
"""

import contextlib
import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar

from kf_mcp.errors import Failure, Refused
from kf_mcp.model.text import clean
from kf_mcp.trail import Verdict

T = TypeVar("T")
Row = dict[str, Any]
SEALED_BY: Final = (
    "hash is the SHA-256 of the row's other members as JSON: names in order, no spaces, ASCII only; "
    "previous is the hash of the row before"
)
COLUMNS: Final = ["row", "at", "entry", "state", "tool", "title", "confirmed", "amount", "steps", "previous", "hash"]
HEAD: Final = re.compile(r"(\d{1,12}):([0-9a-f]{64})")
LARGEST: Final = 2**30
ADVICE: Final = "Name a file that `kf-mcp trail --export` wrote, or a head as ROW:HASH."


class ExportFile:
    """A file that rows are written to as they come; it is new, the owner's alone, and gone again where it could not be finished."""

    def __init__(self, path: Path, account: str, now: datetime) -> None:
        formats: dict[str, Callable[[TextIO, str, datetime], AsJson | AsCsv]] = {".json": AsJson, ".csv": AsCsv}
        if path.suffix.lower() not in formats:
            raise Refused(f"What to write to {str(path)!r} is not said by its name.", "Let it end with .csv or .json.")
        self.path = path
        self.own = 0
        self._account = account
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileExistsError:
            raise Refused(
                f"{str(path)!r} is there already.", "An export replaces nothing; name another file."
            ) from None
        except OSError as error:
            raise self._failed(error) from None
        self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
        self._format = self._write(lambda: formats[path.suffix.lower()](self._file, account, now))

    def take(self, row: Row) -> None:
        """Write one row; of another account's only the links of the chain."""
        is_own = row["account"] == self._account
        self.own += is_own
        self._write(lambda: self._format.take(row, is_own=is_own))

    def finish(self, verdict: Verdict) -> None:
        """Write what the check found, and close the file."""
        self._write(lambda: self._format.finish(verdict))
        self._write(self._file.flush)
        self._write(lambda: os.fsync(self._file.fileno()))
        self._file.close()

    def give_up(self) -> None:
        """Leave nothing behind that could pass for an export."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):  # what could not be written before cannot be written now
            self._file.close()
        self.path.unlink(missing_ok=True)

    def _write(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError as error:
            self.give_up()
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> Failure:
        return Refused(f"{str(self.path)!r} cannot be written: {error.strerror}.", "Name a file in another folder.")


@contextlib.contextmanager
def opened(paths: Iterable[Path], account: str, now: datetime) -> Iterator[list[ExportFile]]:
    """New files to export to; those that were not finished are gone again at the end."""
    files: list[ExportFile] = []
    try:
        for path in paths:
            files.append(ExportFile(path, account, now))  # noqa: PERF401 - those made so far are given up when one fails
        yield files
    finally:
        for file in files:
            file.give_up()


def each_takes(files: Iterable[ExportFile], row: Row) -> None:
    """Write one row to every file."""
    for file in files:
        file.take(row)


class AsJson:
    """Every column of each row, so that anybody can work out the hashes again."""

    def __init__(self, file: TextIO, account: str, now: datetime) -> None:
        self._file = file
        self._gap = ""
        about = {"format": "kf-mcp trail 1", "exported": now.isoformat(), "account": account, "sealed": SEALED_BY}
        file.write(json.dumps(about, indent=1)[:-2] + ',\n "rows": [')

    def take(self, row: Row, *, is_own: bool) -> None:
        """One row."""
        shown = row if is_own else {name: row[name] for name in ("seq", "previous", "hash")}
        self._file.write(f"{self._gap}\n  {json.dumps(shown)}")
        self._gap = ","

    def finish(self, verdict: Verdict) -> None:
        """The head, and whether the chain is whole."""
        head = {"row": verdict.head.row, "hash": verdict.head.hash}
        end = {"head": head, "whole": verdict.is_whole, "broken_at": verdict.broken}
        self._file.write("\n ],\n" + json.dumps(end, indent=1)[2:] + "\n")


class AsCsv:
    """A line for each row, for a person and a spreadsheet; its last line is the head."""

    def __init__(self, file: TextIO, _account: str, _now: datetime) -> None:
        file.write("\ufeff")  # without it a spreadsheet takes £ and é for something else
        self._lines = csv.DictWriter(file, COLUMNS)
        self._lines.writeheader()
        self._agreed: dict[int, Row] = {}

    def take(self, row: Row, *, is_own: bool) -> None:
        """One row."""
        line: dict[str, Any] = {"row": row["seq"], "previous": row["previous"], "hash": row["hash"]}
        if is_own:
            body = json.loads(row["body"])
            agreed = self._agreed.setdefault(row["entry"], body)
            line |= {name: _cell(row[name]) for name in ("at", "entry", "state", "tool")}
            line |= {name: _cell(agreed.get(name)) for name in ("title", "amount")}
            line |= {"confirmed": _cell(agreed.get("channel")), "steps": _cell("; ".join(map(_step, body["steps"])))}
        self._lines.writerow(line)

    def finish(self, verdict: Verdict) -> None:
        """Nothing more: the last line is the head."""


def _step(step: Row) -> str:
    there = step.get("number") or step.get("code") or step.get("id")
    told = [f"{step['words']}: {step['state']}", f"as {there}" if there else "", step.get("said") or ""]
    return " ".join(part for part in (*told, *step.get("differences", ())) if part)


def _cell(value: object) -> object:
    """A value as it may stand in a spreadsheet: no text of other people's is taken for a formula."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def known_of(named: str) -> dict[int, str]:
    """The hashes by row number that an export knows, or a head written as ROW:HASH. Raises Refused."""
    if head := HEAD.fullmatch(named):
        return {int(head[1]): head[2]}
    path = Path(named)
    try:
        if path.stat().st_size > LARGEST:
            raise Refused(f"{named!r} is too large for an export of a trail.", ADVICE)
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refused(f"{named!r} cannot be read: {why}.", ADVICE) from None
    try:
        return _known(_rows_of(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error):
        raise Refused(f"{named!r} is not an export of a trail, or not a whole one.", ADVICE) from None


def _rows_of(text: str) -> Iterable[tuple[object, object]]:
    if text.startswith("{"):
        found = json.loads(text)
        return [*((row["seq"], row["hash"]) for row in found["rows"]), (found["head"]["row"], found["head"]["hash"])]
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if lines.fieldnames != COLUMNS:
        raise ValueError("another header")
    return [(line["row"], line["hash"]) for line in lines]


def _known(rows: Iterable[tuple[object, object]]) -> dict[int, str]:
    known: dict[int, str] = {}
    for number, hashed in rows:
        if not HEAD.fullmatch(f"{number}:{hashed}"):
            raise ValueError("no row")
        known[int(str(number))] = str(hashed)
    known.pop(0, None)  # the head of a trail without rows
    return known
