"""Consent: a yes, what it covers, and the two ways of asking for it.

What a person sees is fixed by the plan's consent digest; a yes counts for that digest alone, once. A form (elicitation) is a
person's act. A `confirm` value is a speed bump that a model can clear by itself, and is offered only where the owner allows it.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from kf_mcp.errors import Unavailable
from kf_mcp.model import dates
from kf_mcp.trail import trouble

if TYPE_CHECKING:
    from kf_mcp.writing.reply import WriteReply
    from kf_mcp.writing.request import Planned, Request

GOOD_FOR: Final = timedelta(minutes=10)
"""How long a confirm value, a form or an approval page can be used."""

SLACK: Final = 60
"""So many seconds a clock may be set back by itself; where it was set back by more, what is younger than now counts no longer."""

KEY_BYTES: Final = 32
NOT_OF_THIS: Final = (
    "This `confirm` value does not belong to this preview: it is made up, older than ten minutes, or of another request, or the "
    "books changed. Nothing was written."
)


@dataclass(frozen=True)
class Given:
    """A yes that came with the call."""

    id: str
    """The hash under which the trail knows it: a yes is good for one write."""
    covers: Callable[[str], bool]
    """Whether it was given to the plan with this consent digest."""
    channel: str
    at: datetime
    """When it was given."""
    otherwise: str = "The books changed since the person agreed, so nothing was written."
    """What to say where it does not cover the plan."""


@dataclass(frozen=True)
class No:
    """A no, or nobody was there."""

    why: str


@dataclass(frozen=True)
class Asked:
    """The question is on its way to the person; `question` is the protocol's own and goes back as the reply."""

    question: Any


class CannotAsk:
    """This client has no way to put a question to a person."""


class Asker(Protocol):
    """Puts a question to the person behind this call."""

    @property
    def may_confirm(self) -> bool:
        """Whether the caller itself may confirm by a value: never where a person can be asked, unless the owner says so."""

    async def earlier(self, request: "Request") -> "WriteReply | None":
        """What became of this request on the approval page, where the caller has not been told yet."""

    def given(self) -> Given | No | None:
        """The yes or no that came with this call, if one did."""

    async def ask(self, request: "Request", planned: "Planned") -> "Given | No | Asked | CannotAsk | WriteReply":
        """Put the preview to the person; a reply where the answer does not come by way of this call."""


def consent_id(value: str) -> str:
    """The hash under which the trail knows a consent."""
    return hashlib.sha256(value.encode()).hexdigest()


class Seal:
    """Makes and checks `confirm` values, and keeps the key for them.

    A value is bound to the consent digest by HMAC-SHA256, lives for ten minutes, and survives a restart, because its key lies
    in the data folder; the trail sees to it that it works once.
    """

    def __init__(self, key_file: Path | None, *, clock: dates.Clock = dates.now) -> None:
        self._file = key_file
        self._clock = clock
        self._key: bytes | None = None

    def key(self) -> bytes:
        """The secret key, made at first need."""
        if self._key is None:
            self._key = secrets.token_bytes(KEY_BYTES) if self._file is None else _kept_key(self._file)
        return self._key

    def mint(self, consent_digest: str) -> str:
        """A value that confirms the plan with this digest."""
        expiry = int((self._clock() + GOOD_FOR).timestamp())
        head = f"{expiry:x}-{secrets.token_hex(6)}"
        return f"{head}-{self._mac(head, consent_digest)}"

    def is_over(self, asked: float) -> bool:
        """Whether a question asked at this time (seconds since 1970) has been open for too long."""
        return not -SLACK <= self.now() - asked <= GOOD_FOR.total_seconds()

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock().timestamp()

    def moment(self) -> datetime:
        """The time."""
        return self._clock()

    def given(self, value: str) -> Given:
        """The yes that this value stands for, whatever it covers."""
        return Given(
            consent_id(value), lambda digest: self._is_good(value, digest), "confirm value", self._clock(), NOT_OF_THIS
        )

    def _is_good(self, value: str, consent_digest: str) -> bool:
        head, _, mac = value.rpartition("-")
        try:
            expiry = int(head.partition("-")[0], 16)
        except ValueError:
            return False
        fresh = 0 <= expiry - self.now() <= GOOD_FOR.total_seconds() + SLACK
        return hmac.compare_digest(mac.encode(), self._mac(head, consent_digest).encode()) and fresh

    def _mac(self, head: str, consent_digest: str) -> str:
        return hmac.new(self.key(), f"confirm {head} {consent_digest}".encode(), hashlib.sha256).hexdigest()[:32]


def _kept_key(path: Path) -> bytes:
    """The key in this file. Raises Unavailable where it cannot be kept, or is no key."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.is_symlink():
            raise PermissionError(f"{path.name} is a symbolic link")
        if not path.exists():
            _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        found = trouble(error)
        raise Unavailable(
            f"The key for confirmations cannot be kept: {found.problem}.", f"Nothing was written. {found.advice}"
        ) from error
    if len(key) != KEY_BYTES:
        raise Unavailable(
            f"The key file {path.name} in KASHFLOW_DATA_DIR is damaged.",
            "Delete it; a new one is made. Nothing was written.",
        )
    return key


def _make_key(path: Path) -> None:
    """Make a key in this file; two processes starting at once end up with the same one."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # fails where another process was first
        except FileExistsError:
            pass
        except OSError:  # no hard links on this file system
            if not path.exists():
                fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
