"""What keeps the trail from being used, in words that say what to do about it."""

import errno
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and what the owner can do."""

    problem: str
    advice: str
    is_damage: bool = False


NOT_OURS: Final = ("no such column", "no such table", "has no column", "malformed")
"""What SQLite says of a database whose tables are not as they were made."""
SETTINGS: Final = "KASHFLOW_DATA_DIR (or KASHFLOW_DATABASE_URL)"
FULL: Final = Trouble("the disk is full", "Make room on the disk that holds KASHFLOW_DATA_DIR, then call again.")
CLOSED: Final = Trouble(
    "its folder or file may not be written to",
    "Give the user who runs this server the right to write to the folder KASHFLOW_DATA_DIR and the files in it, or set it to another.",
)
HELD: Final = Trouble(
    "another program holds the file",
    "Close what else has it open (a database viewer, a backup), then call again.",
)
DAMAGED: Final = Trouble(
    "the file is damaged",
    "Run `kf-mcp trail --verify`, which says where. Restore it from a backup, and compare the writes since then with the books before "
    "anything more is written. A new trail does not know what was written before.",
    is_damage=True,
)
LINKED: Final = Trouble(
    "a symbolic link lies in its place",
    "Somebody may be leading it elsewhere. Look into the folder KASHFLOW_DATA_DIR, and put the file itself in the place of the link.",
)
REPLACED: Final = Trouble(
    "its file was removed or replaced while the server was running",
    "Put trail.db back into KASHFLOW_DATA_DIR and start the server again. A new trail does not know what was written before.",
)
WRITING_FAILED: Final = Trouble(
    "the disk did not take what was written",
    "Check that the disk that holds KASHFLOW_DATA_DIR has room and is sound, then call again.",
)

_BY_SQLITE: Final = (
    ("SQLITE_FULL", FULL),
    ("SQLITE_READONLY", CLOSED),
    ("SQLITE_CANTOPEN", CLOSED),
    ("SQLITE_PERM", CLOSED),
    ("SQLITE_BUSY", HELD),
    ("SQLITE_LOCKED", HELD),
    ("SQLITE_CORRUPT", DAMAGED),
    ("SQLITE_NOTADB", DAMAGED),
    ("SQLITE_IOERR_READ", DAMAGED),
    ("SQLITE_IOERR_SHORT_READ", DAMAGED),
    ("SQLITE_IOERR", WRITING_FAILED),
)
_BY_NUMBER: Final = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EACCES: CLOSED,
    errno.EPERM: CLOSED,
    errno.EROFS: CLOSED,
    errno.EISDIR: Trouble("what lies in its place is not a file", "Set KASHFLOW_DATA_DIR to another folder."),
    errno.ENOTDIR: Trouble("KASHFLOW_DATA_DIR lies below a file", "Set KASHFLOW_DATA_DIR to a folder."),
    errno.EEXIST: Trouble("KASHFLOW_DATA_DIR is not a folder", "Set KASHFLOW_DATA_DIR to a folder."),
    errno.ELOOP: LINKED,
    errno.EIO: WRITING_FAILED,
}


class Damaged(Exception):
    """A row cannot be what was put there."""


class Replaced(Exception):
    """The file is not the one that was opened."""


def trouble(error: BaseException) -> Trouble:
    """What this error means for the owner; the error's own words may hold an address with a password, and are left out."""
    if isinstance(error, (Damaged, UnicodeError)):  # even an error of the database may quote bytes that are no text
        return DAMAGED
    if isinstance(error, Replaced):
        return REPLACED
    original = getattr(error, "orig", None) or error
    if name := getattr(original, "sqlite_errorname", ""):
        if name == "SQLITE_ERROR" and any(words in str(original) for words in NOT_OURS):
            return DAMAGED
        return next((found for start, found in _BY_SQLITE if name.startswith(start)), _other(error))
    if isinstance(original, OSError):
        if "symbolic link" in str(original):
            return LINKED
        return _BY_NUMBER.get(original.errno or 0, _other(error))
    if "decode" in str(original).lower() and type(original).__module__ == "sqlite3":
        return DAMAGED
    return _other(error)


def _other(error: BaseException) -> Trouble:
    return Trouble(
        type(error).__name__, f"Check {SETTINGS}: free space, permissions, and that no other program holds the file."
    )
