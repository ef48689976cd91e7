"""Fuzz of every reading tool and every preview over answers gone wrong: a reply or an error of ours, and nothing is written.

An answer is mutated as text, which mostly makes it unusable, or in its values, which leaves it a good answer of absurd figures: an
invoice of the year 9999, a rate of zero, a customer without a code. The ordinary run makes some dozens of calls; `test_fuzz_decoder.py`
says how to run for ten minutes.
"""

import asyncio
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import Tally, a_company, open_desk, real_account
from lxml import etree
from mutants import CHANGES, IS_LONG, NASTY, mutated
from readings import readings
from write_examples import examples

from kf_mcp.kashflow.contract import contract
from kf_mcp.simulator import Simulator

SECONDS = 160
AT_ONCE = 12
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
NUMBERS = (
    "0",
    "-1",
    "1",
    "2147483647",
    "-2147483648",
    "0.0001",
    "-0.005",
    "999999999999.99",
    "-9999999999999",
    "100",
    "7",
)
DAYS = (
    *("0001-01-01T00:00:00", "9999-12-31T23:59:59", "1752-09-14T00:00:00", "2026-02-28T00:00:00"),
    *("2026-11-20T23:59:59.9999999", "2026-11-20T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
)
TEXTS = (*(text for text in NASTY if len(text) < 1_000), "GBP", "EUR", "XXX", "Yes", "No", "ok")
FIGURES = sorted(
    {name for members in contract()["types"].values() for name, kind, *_ in members if kind in {"decimal", "double"}}
)
"""Every member that is an amount, a price, a rate or a quantity."""
USUAL = {"Quantity", "Rate", "NetAmount", "PayAmount", "ExchangeRate"}
A_NUMBER, A_DAY = re.compile(r"-?\d+(\.\d+)?"), re.compile(r"\d{4}-\d\d-\d\dT.*")


def odd(document: bytes, chosen: random.Random) -> bytes:
    """The answer with some of its values replaced by others of their kind, or with elements doubled or left out."""
    root = etree.fromstring(document)
    inside = [element for element in root.iter("*") if element.getparent() is not None][1:]
    for element in chosen.sample(inside, min(len(inside), chosen.choice((1, 2, 5, 40)))):
        parent = element.getparent()
        if parent is None:
            continue
        act = chosen.random()
        if act < 0.08:
            parent.remove(element)
        elif act < 0.14:
            element.addnext(etree.fromstring(etree.tostring(element)))
        elif act < 0.2:
            element.set(NIL, "true")
        elif len(element) == 0:
            found = (element.text or "").strip()
            kind = NUMBERS if A_NUMBER.fullmatch(found) else DAYS if A_DAY.fullmatch(found) else TEXTS
            try:
                element.text = chosen.choice(kind)
            except ValueError:  # XML cannot hold it
                element.text = ""
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


class Gone(httpx.AsyncBaseTransport):
    """A service whose answers go wrong now and then."""

    def __init__(self, company: Simulator, chosen: random.Random, share: float) -> None:
        self._inner = company.transport()
        self._chosen = chosen
        self._share = share
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        if self._chosen.random() < self._share:
            self.count += 1
            body = self._wrong(body)
        return httpx.Response(
            answer.status_code, headers={"content-type": answer.headers["content-type"]}, content=body
        )

    def _wrong(self, body: bytes) -> bytes:
        if self._chosen.random() < 0.75:
            try:
                return odd(body, self._chosen)
            except etree.XMLSyntaxError:
                return body
        changes = [(self._chosen.choice(CHANGES), self._chosen.getrandbits(30), self._chosen.getrandbits(30))]
        return mutated(body, changes, body[::-1])


class Lacking(httpx.AsyncBaseTransport):
    """A service that leaves one member out of everything it tells."""

    def __init__(self, company: Simulator, name: str) -> None:
        self._inner = company.transport()
        self._member = re.compile(rf"<{name}>[^<]*</{name}>".encode())
        self.count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body, count = self._member.subn(b"", await answer.aread())
        self.count += count
        return httpx.Response(
            answer.status_code, headers={"content-type": answer.headers["content-type"]}, content=body
        )


def calls() -> list[tuple[str, dict[str, Any]]]:
    plain = [(example.tool, example.arguments) for example in examples() if not example.before]
    return [*readings(), *plain]


async def _lacking(folder: Path, name: str, count: Counter[str]) -> None:
    """Every call at a service that never tells this figure; each must end in words of ours."""
    company = a_company()
    before = company.state()
    network = Lacking(company, name)
    settings = real_account(folder, confirm="either", toolsets="all", attach_from=folder, timeout=30)
    failed = []
    async with open_desk(company, settings, network=network) as desk:
        for tool, arguments in calls():
            result = await desk.result(tool, arguments)
            failed += [(tool, arguments)] if "fault of ours" in "\n".join(part.text for part in result.content) else []
            count["refused" if result.is_error else "answered"] += 1
    count["members left out"] += network.count
    assert failed == []
    assert company.state() == before


async def _round(folder: Path, seed: int, count: Counter[str]) -> None:
    """Some calls at once at a fresh server; each must end in words of ours."""
    chosen = random.Random(seed)  # noqa: S311 - repeatable
    company = a_company()
    before = company.state()
    wrong = Gone(company, chosen, share=0.5)
    company.transport = lambda: wrong  # type: ignore[method-assign]
    settings = real_account(folder, confirm="either", toolsets="all", attach_from=folder, timeout=30)
    async with open_desk(company, settings) as desk:
        asked = chosen.sample(calls(), AT_ONCE)
        results = await asyncio.gather(*(desk.result(tool, arguments) for tool, arguments in asked))
    for (tool, arguments), result in zip(asked, results, strict=True):
        said = "\n".join(part.text for part in result.content)
        assert "fault of ours" not in said, (seed, tool, arguments)
        assert "Traceback" not in said
        assert len(said) < 200_000
        count["refused" if result.is_error else "answered"] += 1
    count["answers gone wrong"] += wrong.count
    assert company.state() == before
    assert company.problems == []


async def test_every_reading_and_every_preview_bears_answers_gone_wrong(tmp_path: Path, tally: Tally) -> None:
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    count: Counter[str] = Counter()
    began = time.monotonic()
    seed = random.SystemRandom().getrandbits(32) if IS_LONG else 7
    for n in range(10**9 if IS_LONG else 6):
        await _round(tmp_path, seed + n, count)
        if IS_LONG and time.monotonic() - began > SECONDS:
            break
    tally("fuzz of the tools", {**count, "seconds": round(time.monotonic() - began)})


@pytest.mark.parametrize("name", FIGURES if IS_LONG else sorted(USUAL))
async def test_a_figure_that_is_never_told_is_no_fault_of_ours(tmp_path: Path, tally: Tally, name: str) -> None:
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
    count: Counter[str] = Counter()
    await _lacking(tmp_path, name, count)
    tally("figures never told", {**count, "figures": 1})
    assert count["members left out"] or name not in USUAL
