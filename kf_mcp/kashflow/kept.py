"""The snapshot of customers on disk, where the owner asks for it: a server that is started again need not read everything anew.

It is personal data, so it is kept only under KASHFLOW_CACHE_DIR, readable by the owner alone, and is as short-lived as in memory.
"""

import gzip
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from kf_mcp.kashflow.step import digest
from kf_mcp.model.customers import Customer


def file_for(folder: Path, account: str) -> Path:
    """Where the customers of this account are kept."""
    return folder / f"customers-{digest(account)[:16]}.jsonl.gz"


def save(path: Path, customers: Iterable[Customer], at: float) -> None:
    """Keep the customers as they were at this time (seconds since 1970); the file is replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, gzip.open(raw, "wb", compresslevel=1) as file:
        file.write(f"{at}\n".encode())
        for customer in customers:
            file.write(customer.model_dump_json().encode() + b"\n")
    fresh.replace(path)


def load(path: Path, not_before: float) -> tuple[list[Customer], float] | None:
    """The customers that were kept, and when; None where there are none, or none that are young enough, or they are damaged."""
    try:
        with gzip.open(path, "rb") as file:
            at = float(file.readline())
            if at < not_before:
                return None
            return [Customer.model_validate_json(line) for line in file], at
    except (OSError, ValueError, EOFError):
        return None
