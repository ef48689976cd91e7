"""What each of KashFlow's operations does to the books, and what it takes.

The effects stand in `operations.toml`, declared by hand, once; names, parameters and results come from the contract's facts. Only an
operation whose effect is `read` may ever be called by its name.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from kf_mcp.kashflow.contract import contract

EFFECTS: Final = Path(__file__).parent / "operations.toml"
CREDENTIALS: Final = ("UserName", "Password")
"""Put into every request by the connection; never an argument."""

writable: set[str] = set()
"""The operations that a kind of step declares; no other can be written by any route."""

Effect = Literal["read", "write", "sends_mail", "secret", "partner"]


@dataclass(frozen=True)
class Parameter:
    """One thing that an operation wants to be told."""

    name: str
    kind: str
    """The type by the contract: string, int, decimal, boolean, dateTime, base64Binary, or the name of a record."""


@dataclass(frozen=True)
class Operation:
    """One operation of KashFlow's service."""

    name: str
    noun: str
    effect: Effect
    meaning: str
    parameters: tuple[Parameter, ...]
    result: str
    """The type of its result by the contract; empty where it has none."""


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation by its name, in the order of `operations.toml`."""
    wrappers = contract()["operations"]
    declared = tomllib.loads(EFFECTS.read_text("utf-8"))
    return {
        name: Operation(
            name=name,
            noun=noun,
            effect=effect,
            meaning=meaning,
            parameters=tuple(
                Parameter(member[0], _kind(member[1]))
                for member in wrappers[name]["request"]
                if member[0] not in CREDENTIALS
            ),
            result=next(
                (_kind(member[1]) for member in wrappers[name]["response"] if member[0] == f"{name}Result"), ""
            ),
        )
        for noun, rows in declared.items()
        for name, (effect, meaning) in rows.items()
    }


def _kind(written: str) -> str:
    """A type without its namespace: tns:Customer is Customer."""
    return written.rpartition(":")[2]
