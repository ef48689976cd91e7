"""Real processes: a server over standard input and output, a simulator on a port, signals and closed pipes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import HATS, Person
from mcp import Client
from mcp.client.stdio import StdioServerParameters

PATIENCE = 20


@dataclass
class Simulated:
    """A pretend KashFlow in another process."""

    base: str

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(f"{self.base}/control/{path}", data=data, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def hats(self) -> list[dict[str, Any]]:
        return [i for i in self.control("GET", "books")["invoices"] if i["reference"] == "PO 4711"]


@contextmanager
def simulate(*arguments: str) -> Iterator[Simulated]:
    command = [
        sys.executable,
        "-m",
        "kf_mcp",
        "simulate",
        "--port",
        "0",
        "--control",
        "--today",
        "2026-11-20",
        *arguments,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        first = process.stdout.readline()
        yield Simulated(re.search(r"http://127\.0\.0\.1:\d+", first)[0])
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


def environment(simulated: Simulated, folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KASHFLOW_")}
    return kept | {
        "KASHFLOW_URL": f"{simulated.base}/api/service.asmx",
        "KASHFLOW_USERNAME": "demo",
        "KASHFLOW_PASSWORD": "demo",
        "KASHFLOW_DATA_DIR": str(folder),
        **more,
    }


async def test_the_main_job_between_three_processes(tmp_path, era) -> None:
    with simulate() as simulated:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "kf_mcp"], env=environment(simulated, tmp_path)
        )
        person = Person()
        async with Client(server, mode=era, elicitation_callback=person) as client:

            async def call(tool: str, **arguments: Any) -> dict[str, Any]:
                result = await client.call_tool(tool, arguments)
                assert not result.is_error, result.content[0].text
                return result.structured_content

            found = await call("find_customers", words="penhaligan")
            invoice = await call("create_invoice", **HATS)
            await call("record_payment", invoice=invoice["number"], method="BACS", bank_account="Current account")
            report = await call("get_vat_report", start="2026-10-01", end="2026-12-31")

        stands = simulated.hats()
        balance = simulated.control("GET", "books")["trial_balance"]
        assert found["customers"][0]["code"] == "PENH01"
        assert [Decimal(i["gross"]) for i in stands] == [Decimal("43.95")]
        assert Decimal(stands[0]["paid"]) == Decimal("43.95")
        assert len(person.asked) == 2
        assert len(report["boxes"]) == 9
        assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in balance) == 0
        trail = tmp_path / "trail.db"
        if os.name == "posix":
            assert trail.stat().st_mode & 0o777 == 0o600
            assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


class Wire:
    """A client that speaks JSON-RPC by hand, so that it can be rude."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kf_mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            text=True,
            bufsize=1,
        )
        self.send(
            id=0,
            method="initialize",
            params={
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "rude", "version": "0"},
            },
        )
        self.answer()
        self.send(method="notifications/initialized")

    def send(self, **message: Any) -> None:
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        return json.loads(self.process.stdout.readline())

    def call(self, tool: str, arguments: dict[str, Any], id_: int) -> None:
        self.send(id=id_, method="tools/call", params={"name": tool, "arguments": arguments})


def trail_states(env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "kf_mcp", "trail"], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("leaving", ["SIGTERM", "SIGINT", "closed pipe"])
def test_a_write_that_is_being_sent_is_finished_before_the_server_leaves(tmp_path, leaving: str) -> None:
    with simulate() as simulated:
        env = environment(simulated, tmp_path, KASHFLOW_CONFIRM="model")
        wire = Wire(env)
        wire.call("create_invoice", HATS, 1)
        confirm = wire.answer()["result"]["structuredContent"]["confirm"]
        simulated.control(
            "POST", "mishaps", {"operation": "InsertInvoice", "mishap": "slow", "times": 1, "seconds": 1.5}
        )
        wire.call("create_invoice", {**HATS, "confirm": confirm}, 2)
        time.sleep(0.8)

        wire.process.stdin.close() if leaving == "closed pipe" else wire.process.send_signal(getattr(signal, leaving))
        code = wire.process.wait(PATIENCE)
        wire.process.stdin.close()
        wire.process.stdout.close()

        assert code == {"SIGTERM": 143, "SIGINT": 130, "closed pipe": 0}[leaving]
        assert len(simulated.hats()) == 1
        assert "done" in trail_states(env)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_books_kept_in_a_state_file_outlive_the_simulator(tmp_path) -> None:
    state = ("--state", str(tmp_path / "books.json"))
    with simulate(*state) as simulated:
        wire = Wire(environment(simulated, tmp_path, KASHFLOW_CONFIRM="model"))
        wire.call("create_invoice", HATS, 1)
        wire.call("create_invoice", {**HATS, "confirm": wire.answer()["result"]["structuredContent"]["confirm"]}, 2)
        wire.answer()
        wire.process.stdin.close()
        wire.process.wait(PATIENCE)
        wire.process.stdout.close()
        before = simulated.control("GET", "books")

    with simulate(*state) as simulated:
        assert simulated.control("GET", "books") == before
        assert len(simulated.hats()) == 1
