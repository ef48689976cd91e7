"""Files that may be attached: ordinary files of known kinds in the one folder that the owner allowed, and nothing else.

A path comes from a model, so it is somebody else's word. It never leads out of the folder, neither by `..` nor by a link; hidden
files, devices, pipes and files whose beginning is not that of their kind are refused, and what lies outside is not even looked for.
What a file holds never passes through a model: it goes from the disk to KashFlow, and only its name, size and SHA-256 are shown and
kept. It is read again for sending and must have the SHA-256 that the person saw.
"""

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import anyio.to_thread
from pydantic import BaseModel, ConfigDict

from kf_mcp.errors import Refused
from kf_mcp.model.text import hides_something, quoted

LARGEST: Final = 10 * 1024 * 1024
LONGEST_NAME: Final = 120
NOTHING: Final = "Nothing was written."


@dataclass(frozen=True)
class Kind:
    """A kind of file: what it is called on the wire, and what one begins with."""

    content_type: str
    marks: tuple[bytes, ...]
    mark_at: int = 0
    within: int = 0
    """How many bytes later the mark may still stand."""

    def fits(self, data: bytes) -> bool:
        """Whether this is how such a file begins."""
        return any(mark in data[self.mark_at : self.mark_at + len(mark) + self.within] for mark in self.marks)


_JPEG = Kind("image/jpeg", (b"\xff\xd8\xff",))
_TIFF = Kind("image/tiff", (b"II*\x00", b"MM\x00*"))
KINDS: Final = {
    ".pdf": Kind("application/pdf", (b"%PDF-",), within=1024),
    ".png": Kind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".gif": Kind("image/gif", (b"GIF87a", b"GIF89a")),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": Kind("image/webp", (b"WEBP",), 8),
    ".heic": Kind("image/heic", (b"ftyp",), 4),
}
"""Scans and pictures; KashFlow takes no spreadsheets with invoices and purchases (its ideas portal, KF-I-6458)."""


class Attachable(BaseModel):
    """A file as it was looked at: everything but what is in it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    path: str
    """Within the folder that the owner allowed, with slashes."""
    name: str
    content_type: str
    size: int
    sha256: str

    @property
    def extension(self) -> str:
        """The end of its name, with the dot."""
        return PurePosixPath(self.name).suffix


async def find(folder: Path | None, said: str) -> Attachable:
    """The file that this path names, within the folder or whole. Raises Refused."""
    return await anyio.to_thread.run_sync(_find, folder, said)


async def content(folder: Path | None, found: Attachable) -> str:
    """What is in the file, read now, in base64. Raises Refused where it is not what was looked at before."""
    return await anyio.to_thread.run_sync(partial(_content, folder, found))


def _content(folder: Path | None, found: Attachable) -> str:
    root = _root(folder)
    _, data = _read(root, _inside(root, found.path), found.path)
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise Refused(
            f"The file {quoted(found.path)} was changed meanwhile.", f"{NOTHING} Call again for a new preview."
        )
    return base64.b64encode(data).decode("ascii")


def _find(folder: Path | None, said: str) -> Attachable:
    root = _root(folder)
    inside = _inside(root, _relative(folder or root, root, said))
    kind, data = _read(root, inside, said)
    return Attachable(
        path=inside.as_posix(),
        name=inside.name,
        content_type=kind.content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _root(folder: Path | None) -> Path:
    """The folder itself, where the owner allowed one."""
    if folder is None:
        raise Refused(
            "The owner has not allowed any file to be attached.",
            f"{NOTHING} The owner can set KASHFLOW_ATTACH_FROM to the one folder that files may be taken from, and start the server anew.",
        )
    try:
        root = folder.resolve(strict=True)
    except (OSError, RuntimeError):
        root = None
    if root is None or not root.is_dir():
        raise Refused(
            "The folder that KASHFLOW_ATTACH_FROM names is not there.",
            f"{NOTHING} The owner must create or correct it.",
        )
    return root


def _relative(folder: Path, root: Path, said: str) -> str:
    """A path as it was said, within the folder; decided by its text alone, before the disk is asked."""
    if hides_something(said) or set(said) & {"\n", "\r", "\t"}:
        raise Refused("`path` holds control or invisible characters.", NOTHING)
    path = Path(said.strip())
    if path.drive or path.root:
        outer = next((base for base in (folder, root) if path.is_relative_to(base)), None)
        if outer is None:
            raise _outside(said)
        path = path.relative_to(outer)
    if ".." in path.parts:
        raise _outside(said)
    if not path.parts:
        raise Refused("`path` names no file.", NOTHING)
    return path.as_posix()


def _inside(root: Path, path: str) -> Path:
    """Where a path within the folder leads, links followed: a path within the folder again."""
    _refuse_hidden(Path(path), path)
    try:
        real = (root / path).resolve()
    except (OSError, RuntimeError, ValueError):
        raise _absent(path) from None
    if real == root or not real.is_relative_to(root):
        raise _outside(path)
    inside = real.relative_to(root)
    _refuse_hidden(inside, path)
    if hides_something(inside.as_posix()) or set(inside.name) & set('\n\r\t\\:"<>|') or len(inside.name) > LONGEST_NAME:
        raise Refused(
            f"The name of the file {quoted(path)} is too long, or holds characters that KashFlow may not bear.",
            f"{NOTHING} Let the person give it another name.",
        )
    return inside


def _read(root: Path, inside: Path, said: str) -> tuple[Kind, bytes]:
    """The kind of a file and what is in it, if it is an ordinary one of sane size that is what its name says."""
    kind = KINDS.get(inside.suffix.lower())
    if kind is None:
        listed = ", ".join(ending.lstrip(".") for ending in KINDS)
        raise Refused(f"{quoted(said)} is not of a kind that may be attached.", f"{NOTHING} Kinds: {listed}.")
    try:
        data = _bytes(root, inside, said)
    except OSError:
        raise _absent(said) from None
    if not data:
        raise Refused(f"The file {quoted(said)} is empty.", NOTHING)
    if not kind.fits(data):
        raise Refused(
            f"What is in the file {quoted(said)} is not what its name says ({inside.suffix.lower()}).",
            f"{NOTHING} Let the person look at the file.",
        )
    return kind, data


def _bytes(root: Path, inside: Path, said: str) -> bytes:
    """What is in an ordinary file. Raises OSError where there is none, Refused where it is another thing or too large."""
    if not stat.S_ISREG((root / inside).lstat().st_mode):  # asked before opening: opening a device may do something
        raise _not_ordinary(said)
    with os.fdopen(_opened(root, inside.parts), "rb") as file:
        found = os.fstat(file.fileno())
        is_hidden = getattr(found, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_HIDDEN", 0)
        if not stat.S_ISREG(found.st_mode) or is_hidden:
            raise _not_ordinary(said)
        data = b"" if found.st_size > LARGEST else file.read(LARGEST + 1)
        if found.st_size > LARGEST or len(data) > LARGEST:
            size = max(found.st_size, len(data)) / 2**20
            raise Refused(f"The file {quoted(said)} has {size:.1f} MB; at most 10 MB are attached.", NOTHING)
        return data


def _opened(root: Path, parts: tuple[str, ...]) -> int:
    """Open a file part by part, following no link: what was checked a moment ago cannot be swapped for a way out."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    if os.open not in os.supports_dir_fd:  # Windows
        return os.open(root.joinpath(*parts), flags)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], flags, dir_fd=at)
    finally:
        os.close(at)


def _refuse_hidden(path: Path, said: str) -> None:
    if any(part.startswith(".") for part in path.parts):
        raise Refused(f"{quoted(said)} is hidden, and hidden files are not attached.", NOTHING)


def _outside(said: str) -> Refused:
    return Refused(
        f"{quoted(said)} lies outside the folder from which the owner allows files to be attached.",
        f"{NOTHING} Let the person move the file there (KASHFLOW_ATTACH_FROM); then name it by its path within that folder.",
    )


def _absent(said: str) -> Refused:
    return Refused(
        f"No readable file {quoted(said)} is in the folder from which the owner allows files to be attached.",
        f"{NOTHING} Ask the person for its name there (KASHFLOW_ATTACH_FROM).",
    )


def _not_ordinary(said: str) -> Refused:
    return Refused(f"{quoted(said)} is not an ordinary file.", NOTHING)
