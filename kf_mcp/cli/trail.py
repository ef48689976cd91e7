"""`kf-mcp trail`: what was written through this server, newest first, and whether the trail itself was tampered with.

Looking makes and alters nothing: a copy of the trail on a read-only disk can be shown, checked and exported as well.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

from kf_mcp.cli.export import ExportFile, each_takes, known_of, opened
from kf_mcp.cli.screen import CAUTION, FAINT, GOOD, Screen
from kf_mcp.errors import Refused, Unavailable
from kf_mcp.kashflow.step import digest
from kf_mcp.model import dates
from kf_mcp.model.text import counted
from kf_mcp.server.opening import TRAIL_FILE
from kf_mcp.settings import Settings
from kf_mcp.trail import Entry, Trail, Unrecorded, Verdict
from kf_mcp.writing.history import History
from kf_mcp.writing.reply import state_in_words
from kf_mcp.writing.standing import told_of_later

BROKEN: Final = 1
ONLY_IN_THE_SERVER: Final = """\
No account is connected, so there is no trail to show: that of the demo company lives only as long as its server, in
memory, and is read there with the tool `list_writes` (`kf-mcp demo` ends with it).
For the trail of an account set KASHFLOW_USERNAME and KASHFLOW_PASSWORD as its server has them, or name its settings
with --env-file; KASHFLOW_DATA_DIR says where the trail lies if it is not in the user's data folder."""
CANNOT_FIND: Final = """\
What this cannot find: rows cut off at the end, since nothing after them is missed; and a chain worked out anew by
somebody who can write to the file. Against both export the trail from time to time (--export FILE), keep the file where
that somebody cannot reach it, and name it here (--head FILE)."""
CANNOT_FIND_EITHER: Final = (
    "What this cannot find: the same done to rows that came after it, and rows added to the end."
)


def trail(settings: Settings, *, most: int, verify: bool, head: str = "", exports: Sequence[Path] = ()) -> int:
    """Show the newest entries of the account of these settings; 1 when the trail was found to be altered.

    Raises Unavailable when the trail cannot be read, Refused when an export cannot be read or written.
    """
    screen = Screen()
    if settings.is_demo:
        return _nothing(ONLY_IN_THE_SERVER.replace("\n", " "), screen, must_be_there=bool(head or exports))
    known = known_of(head) if head else {}
    file = settings.data_dir / TRAIL_FILE
    address = settings.database_url.get_secret_value()
    if not address and not os.path.lexists(file):  # looking must not make one
        if known:
            screen.say(
                f"BROKEN: there is no trail at {file}, and the export goes to row {max(known)}.", CAUTION, indent=0
            )
            screen.say("It was removed or moved away, or KASHFLOW_DATA_DIR is not what it was.", indent=0)
            return BROKEN
        return _nothing(
            f"Nothing was written yet: there is no trail at {file}.", screen, must_be_there=bool(head or exports)
        )
    kept = Trail(address or file, is_only_looked_at=True)
    asked = _Asked(verify=verify or bool(head), has_head=bool(head), known=known, exports=exports)
    try:
        return anyio.run(_shown, kept, settings, screen, most, asked)
    except Unrecorded as error:
        raise Unavailable(error.problem, error.found.advice) from error


def _nothing(why: str, screen: Screen, *, must_be_there: bool) -> int:
    if must_be_there:
        raise Refused(why, "Nothing was checked or exported.")
    screen.say(why, indent=0)
    return 0


@dataclass(frozen=True)
class _Asked:
    """What is to be done with the whole trail."""

    verify: bool
    has_head: bool
    known: Mapping[int, str]
    """The hashes of rows by their numbers, as an export or a head knows them."""
    exports: Sequence[Path]


async def _shown(kept: Trail, settings: Settings, screen: Screen, most: int, asked: _Asked) -> int:
    account = digest(settings.account)
    is_checked = bool(asked.verify or asked.exports)
    try:
        code = await _entries(kept, account, settings.url, screen, most, goes_on=is_checked)
        return max(code, await _checked(kept, account, screen, asked)) if is_checked else code
    finally:
        await kept.close()


async def _entries(kept: Trail, account: str, address: str, screen: Screen, most: int, *, goes_on: bool) -> int:
    """Show the newest entries of this account; where they cannot be shown and the check goes on, say so."""
    try:
        found, total = await kept.recent(account, most)
    except Unrecorded as error:
        if not goes_on:
            raise
        screen.say(f"! {error.problem}", CAUTION, indent=0)
        return BROKEN
    screen.heading(
        f"Writes to the account at {address}: {total}"
        + (f", the newest {len(found)} of them" if len(found) < total else "")
    )
    if found:
        history = History(kept, account)
        rows = [_row(entry, await told_of_later(entry, history)) for entry in found]
        screen.writes(rows, indent=0)
    return 0


def _row(entry: Entry, later: list[str]) -> Sequence[str]:
    """An entry as the table shows it: what became of it below what it was."""
    landed = entry.landed
    number = str(landed.number or landed.code or landed.id or "") if landed else ""
    remarks = [f"{entry.tool}; yes by: {entry.channel}.", *later]
    for step in entry.steps:
        told = f"{step.words}: {step.state}. " if len(entry.steps) > 1 else ""
        why = f"{step.cause} " if step.cause and step.state != "done" else ""
        remarks += [f"{told}{why}{step.said}".strip()] if told or why or step.said else []
        remarks += [f"! Differs from what was meant: {difference}" for difference in step.differences]
    return str(entry.id), dates.uk_time_in_words(entry.opened), state_in_words(entry), number, entry.title, *remarks


async def _checked(kept: Trail, account: str, screen: Screen, asked: _Asked) -> int:
    """Check the chain of the whole trail, all accounts in it, export it where that is wanted, and say what the check is worth."""
    try:
        with opened(asked.exports, account, dates.now()) as files:
            verdict = await kept.check(asked.known, lambda row: each_takes(files, row))
            for file in files:
                file.finish(verdict)
    except Unrecorded as error:
        if not error.found.is_damage:
            raise
        screen.gap()
        screen.say("BROKEN: the file is damaged so that no row of it can be read.", CAUTION, indent=0)
        screen.say("Restore it from a backup, and compare the writes since then with the books.", indent=0)
        return BROKEN
    screen.gap()
    if not verdict.is_whole:
        _say_broken(verdict, screen)
    elif asked.verify:
        _say_whole(verdict, screen, asked)
    if asked.verify:
        _say_clock(verdict, screen)
    for file in files:
        _say_written(file, verdict, screen)
    return 0 if verdict.is_whole else BROKEN


def _say_written(file: ExportFile, verdict: Verdict, screen: Screen) -> None:
    rows = counted(verdict.head.row, "row")
    others = f", {file.own} of them this account's" if file.own < verdict.head.row else ""
    screen.say(f"Written to {file.path}: {rows}{others}. The head, to be kept elsewhere:", indent=0)
    screen.say(f"{verdict.head.row}:{verdict.head.hash}", indent=0)


def _say_whole(verdict: Verdict, screen: Screen, asked: _Asked) -> None:
    rows = verdict.head.row
    screen.say(
        f"Whole: each of the {rows} rows is as it was written, and none between them is missing.", GOOD, indent=0
    )
    if not asked.has_head:
        screen.say(CANNOT_FIND.replace("\n", " "), FAINT, indent=0)
        return
    newest = max(asked.known, default=0)
    screen.say(
        f"Row {newest}, the newest of the export, is as it was: nothing up to it was altered, cut off or worked out anew."
        if newest
        else "The export is of a trail without rows, so nothing can be compared with it.",
        GOOD if newest else CAUTION,
        indent=0,
    )
    screen.say(CANNOT_FIND_EITHER, FAINT, indent=0)


def _say_broken(verdict: Verdict, screen: Screen) -> None:
    said = []
    if verdict.broken is not None:
        said.append(
            f"row {verdict.broken} of the trail was altered, or a row before it was removed or put in ({verdict.why})"
        )
    if verdict.differs:
        said.append(
            f"row {verdict.differs} is not that of the export: rows from there on were worked out anew, or the export was altered"
        )
    if verdict.cut_off:
        said.append(
            f"the export goes to row {verdict.cut_off}, the trail only to row {verdict.head.row}: rows were cut off at the end, "
            "or an older copy was put in its place"
        )
    said += verdict.faults
    said += [f"what is kept for undoing entry {entry} is not what was put there" for entry in verdict.kept_otherwise]
    for text in said:
        screen.say(f"BROKEN: {text}.", CAUTION, indent=0)
    if verdict.broken is not None or verdict.differs:
        screen.say("Rows from there on prove nothing.", indent=0)
    screen.say("Compare the trail with the books, and with a copy of it that was kept elsewhere.", indent=0)


def _say_clock(verdict: Verdict, screen: Screen) -> None:
    if verdict.clock_went_back:
        rows = ", ".join(map(str, verdict.clock_went_back[:5]))
        more = " and others" if len(verdict.clock_went_back) > 5 else ""  # noqa: PLR2004
        screen.say(
            f"The clock of this computer was set back before row {rows}{more}: times near there may be wrong.", indent=0
        )
