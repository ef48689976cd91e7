"""The reading matrix: every mishap of the pretend KashFlow at every operation that tools read, once and lastingly.

A mishap that passes is not noticed (KashFlow's NO is told at once); one that lasts is told, with what failed, unless the same can be read
in another way; and when it is over the same call answers as if it had never been. The books stay as they were. The ordinary run reads each
operation under one mishap; each under all by `KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_reading_matrix.py`.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Desk, Tally, a_company, open_desk, real_account
from mutants import IS_LONG
from readings import readings
from write_examples import examples

from kf_mcp.kashflow.operations import writable
from kf_mcp.simulator import Simulator
from kf_mcp.simulator.mishaps import MISHAPS

Call = tuple[str, dict[str, Any]]

LASTING = 1000
SLOW, PATIENCE = 3.0, 0.5
EACH = len(MISHAPS) if IS_LONG else 1
"""Under how many mishaps each operation is read."""
CONFIRM = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{12}-[0-9a-f]{32}\b")


class Heard(httpx.AsyncBaseTransport):
    """The way to KashFlow, which keeps the names of what was called."""

    def __init__(self, company: Simulator) -> None:
        self._way = company.transport()
        self.names: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.names.append(request.headers["SOAPAction"].strip('"').rpartition("/")[2])
        return await self._way.handle_async_request(request)


@asynccontextmanager
async def at_desk(folder: Path, timeout: float = 20) -> AsyncIterator[tuple[Desk, Heard]]:  # noqa: ASYNC109 - KashFlow's
    company = a_company()
    heard = Heard(company)
    company.transport = lambda: heard  # type: ignore[method-assign]
    settings = real_account(folder, confirm="either", toolsets="all", attach_from=folder, timeout=timeout)
    async with open_desk(company, settings) as desk:
        yield desk, heard


async def says(desk: Desk, call: Call) -> tuple[bool, str]:
    """Whether a call failed, and its words; the value that would confirm a preview is another each time."""
    result = await desk.result(*call)
    return bool(result.is_error), CONFIRM.sub("CONFIRM", "\n".join(part.text for part in result.content))


@dataclass
class Learnt:
    """What the calls read, and what they say when nothing is amiss; found out when it is first needed."""

    folder: Path
    said: dict[str, tuple[bool, str]] = field(default_factory=dict)
    shortest: dict[str, Call] = field(default_factory=dict)
    """For each operation the call that reads it and least besides."""

    async def learn(self) -> None:
        if self.said:
            return
        asked = [*readings(), *((e.tool, e.arguments) for e in examples() if not e.before)]
        lengths: dict[str, int] = {}
        for call in asked:
            async with at_desk(self.folder) as (desk, heard):
                self.said[f"{call}"] = await says(desk, call)
                for name in set(heard.names):
                    if len(heard.names) < lengths.get(name, 10**6):
                        lengths[name], self.shortest[name] = len(heard.names), call


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Learnt:
    folder = tmp_path_factory.mktemp("learnt")
    (folder / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    return Learnt(folder)


def played_under(mishap: str, operations: list[str]) -> list[str]:
    """The operations that this run reads under a mishap."""
    place, every = list(MISHAPS).index(mishap), max(1, len(MISHAPS) // EACH)
    return [name for n, name in enumerate(operations) if n % every == place % every]


async def test_every_operation_that_is_read_stands_in_the_matrix(learnt: Learnt) -> None:
    await learnt.learn()
    operations = sorted(learnt.shortest)

    played = Counter(name for mishap in MISHAPS for name in played_under(mishap, operations))

    assert not writable & set(operations)
    assert set(played.values()) == {EACH}
    assert len(operations) > 60


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_read_recovers_or_says_what_failed(
    learnt: Learnt, mishap: str, tmp_path: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kf_mcp.kashflow.connection.random.uniform", lambda low, _high: low / 100)
    await learnt.learn()
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    for operation in played_under(mishap, sorted(learnt.shortest)):
        call = learnt.shortest[operation]
        wanted = learnt.said[f"{call}"]
        seconds = SLOW if mishap == "slow" else 0
        async with at_desk(tmp_path, PATIENCE if mishap in {"slow", "late"} else 20) as (desk, _):
            before, mishaps = desk.company.state(), desk.company.mishaps
            mishaps.add(operation, mishap, 1, seconds)
            once = await says(desk, call)
            mishaps.clear()
            mishaps.add(operation, mishap, LASTING, seconds)
            lastingly = await says(desk, call)
            mishaps.clear()
            afterwards = await says(desk, call)
            assert desk.company.state() == before
        assert once == wanted or (mishap == "status_no" and tells_of(operation, once)), (call, once)
        assert lastingly == wanted or tells_of(operation, lastingly), (call, lastingly)
        assert afterwards == wanted, call
        became = "told" if lastingly[0] else "recovered another way" if lastingly == wanted else "told in part"
        tally("reading matrix", {"cells": 1, f"lasting: {became}": 1, "told at once": once != wanted})


def tells_of(operation: str, said: tuple[bool, str]) -> bool:
    """Whether the words tell what could not be read; an error names the operation, and says that nothing was written."""
    is_error, words = said
    if is_error:
        return operation in words and "Nothing was written" in words
    return operation in words or "KashFlow does not say" in words
