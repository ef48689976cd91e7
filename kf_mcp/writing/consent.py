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
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from kf_mcp.errors import Unavailable
from kf_mcp.model import dates

GOOD_FOR: Final = timedelta(minutes=10)
"""How long a confirm value can be used."""

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

    def given(self) -> Given | No | None:
        """The yes or no that came with this call, if one did."""

    async def ask(self, text: str, consent_digest: str) -> Given | No | Asked | CannotAsk:
        """Put the preview to the person."""


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
        return self.now() - asked > GOOD_FOR.total_seconds()

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock().timestamp()

    def given(self, value: str) -> Given:
        """The yes that this value stands for, whatever it covers."""
        return Given(consent_id(value), lambda digest: self._is_good(value, digest), "confirm value", NOT_OF_THIS)

    def _is_good(self, value: str, consent_digest: str) -> bool:
        head, _, mac = value.rpartition("-")
        try:
            expiry = int(head.partition("-")[0], 16)
        except ValueError:
            return False
        fresh = self._clock().timestamp() <= expiry
        return hmac.compare_digest(mac.encode(), self._mac(head, consent_digest).encode()) and fresh

    def _mac(self, head: str, consent_digest: str) -> str:
        return hmac.new(self.key(), f"confirm {head} {consent_digest}".encode(), hashlib.sha256).hexdigest()[:32]


def _kept_key(path: Path) -> bytes:
    """The key in this file, made where there is none; two processes starting at once end up with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    if not path.exists():
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
        fresh.unlink(missing_ok=True)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise Unavailable(
            f"The key file {path.name} in KASHFLOW_DATA_DIR is damaged.",
            "Delete it; a new one is made. Nothing was written.",
        )
    return key
