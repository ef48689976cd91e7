"""The trail's one table, and how its rows are chained."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

GENESIS: Final = "0" * 64
"""What the first row has in the place of its predecessor's hash."""

metadata = MetaData()

ROWS = Table(
    "trail",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry", Integer, nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("at", String(40), nullable=False),
    Column("account", String(64), nullable=False),
    Column("tool", String(64), nullable=False),
    Column("arguments", String(64), nullable=False),
    Column("consent", String(64), nullable=True, unique=True),
    Column("lock", String(160), nullable=True, unique=True),
    Column("targets", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("previous", String(64), nullable=False, unique=True),  # the chain cannot fork, whoever writes
    Column("hash", String(64), nullable=False),
    Index("trail_by_arguments", "account", "tool", "arguments"),
)
"""One row for each change of state; rows are only ever added. `consent` and `lock` stand on an entry's first row alone."""


KEPT = Table(
    "kept",
    metadata,
    Column("entry", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("until", String(40), nullable=False, index=True),
    Column("body", Text, nullable=False),
)
"""What undoing a step takes, outside the chain, which holds only its hash: it is erased when its time is over."""


def kept_hash(body: str) -> str:
    """The hash by which the chain knows what is kept beside it."""
    return hashlib.sha256(body.encode()).hexdigest()


def row_hash(row: Mapping[str, Any]) -> str:
    """The hash that seals a row: SHA-256 over all of its other columns, the predecessor's hash among them."""
    sealed = {column.name: row[column.name] for column in ROWS.columns if column.name != "hash"}
    return hashlib.sha256(json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
