"""`kf-mcp trail`: what was written through this server, newest first, and whether the trail itself was tampered with."""

from collections.abc import Sequence
from typing import Final

import anyio

from kf_mcp.cli.screen import CAUTION, FAINT, GOOD, Screen
from kf_mcp.kashflow.step import digest
from kf_mcp.model import dates
from kf_mcp.server.opening import TRAIL_FILE, trail_of
from kf_mcp.settings import Settings
from kf_mcp.trail import Entry, Trail

BROKEN: Final = 1
ONLY_IN_THE_SERVER: Final = """\
No account is connected, so there is no trail to show: that of the demo company lives only as long as its server, in
memory, and is read there with the tool `list_writes` (`kf-mcp demo` ends with it).
For the trail of an account set KASHFLOW_USERNAME and KASHFLOW_PASSWORD as its server has them, or name its settings
with --env-file; KASHFLOW_DATA_DIR says where the trail lies if it is not in the user's data folder."""
CANNOT_FIND: Final = """\
What this cannot find: rows cut off at the end, since nothing after them is missed; and a chain worked out anew by
somebody who can write to the file. Against the first note the number of rows, against both keep a copy elsewhere."""


def trail(settings: Settings, *, most: int, verify: bool) -> int:
    """Show the newest entries of the account of these settings; 1 when a row of the trail was altered.

    Raises Unavailable when the trail cannot be read.
    """
    screen = Screen()
    if settings.is_demo:
        screen.say(ONLY_IN_THE_SERVER.replace("\n", " "), indent=0)
        return 0
    file = settings.data_dir / TRAIL_FILE
    if not settings.database_url.get_secret_value() and not file.exists():  # looking must not make one
        screen.say(f"Nothing was written yet: there is no trail at {file}.", indent=0)
        return 0
    return anyio.run(_shown, settings, screen, most, verify)


async def _shown(settings: Settings, screen: Screen, most: int, verify: bool) -> int:
    kept = trail_of(settings)
    try:
        code = await _entries(kept, digest(settings.account), settings.url, screen, most)
        return max(code, await _verified(kept, screen)) if verify else code
    finally:
        await kept.close()


async def _entries(kept: Trail, account: str, address: str, screen: Screen, most: int) -> int:
    """Show the newest entries of this account."""
    try:
        found, total = await kept.recent(account, most)
    except (ValueError, KeyError, TypeError):  # what stands in a row is not what was put there
        screen.say(
            "! The trail cannot be shown: a row of it was altered. `kf-mcp trail --verify` says which.",
            CAUTION,
            indent=0,
        )
        return BROKEN
    screen.heading(
        f"Writes to the account at {address}: {total}"
        + (f", the newest {len(found)} of them" if len(found) < total else "")
    )
    if found:
        screen.writes((_row(entry) for entry in found), indent=0)
    return 0


def _row(entry: Entry) -> Sequence[str]:
    """An entry as the table shows it: what became of it below what it was."""
    landed = entry.landed
    number = str(landed.number or landed.code or landed.id) if landed else ""
    remarks = [f"{entry.tool}; yes by: {entry.channel}."]
    for step in entry.steps:
        told = f"{step.words}: {step.state}. " if len(entry.steps) > 1 else ""
        remarks += [f"{told}{step.said}"] if told or step.said else []
        remarks += [f"! Differs from what was meant: {difference}" for difference in step.differences]
    return str(entry.id), dates.uk_time_in_words(entry.opened), entry.state, number, entry.title, *remarks


async def _verified(kept: Trail, screen: Screen) -> int:
    """Check the chain of the whole trail, all accounts in it, and say what such a check is worth."""
    broken = await kept.broken_at()
    screen.gap()
    if broken is not None:
        screen.say(
            f"BROKEN: row {broken} of the trail was altered, or a row before it was removed or put in.",
            CAUTION,
            indent=0,
        )
        screen.say(
            "Rows from there on prove nothing. Compare them with the books, and with a copy of the trail.", indent=0
        )
        return BROKEN
    rows = await kept.head()
    screen.say(
        f"Whole: each of the {rows} rows is as it was written, and none between them is missing.", GOOD, indent=0
    )
    screen.say(CANNOT_FIND.replace("\n", " "), FAINT, indent=0)
    return 0
