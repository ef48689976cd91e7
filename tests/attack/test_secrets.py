"""Nothing that the program emits holds a credential, whatever goes wrong: replies, errors, logs at every level, traces, trail, exports,
the process list, dumps of the settings.

The ordinary run plays every mishap once on a write and once on a read; the full size plays every mishap on every kind of write:

    KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_secrets.py
"""

import asyncio
import contextlib
import json
import logging
import queue
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from attacked import invoice, open_company
from conftest import TODAY, Clock, Tally, real_account
from house import IS_LONG
from mcp import Client
from nursery import Nursery, Served
from secret_words import DATABASE, PASSWORD, SAYINGS, USER, WAYS, Everything, Repeating, files_in, leaks
from write_examples import examples

from kf_mcp.errors import Failure
from kf_mcp.server import create_server
from kf_mcp.settings import Settings, load
from kf_mcp.simulator import Simulator, serve
from kf_mcp.simulator.mishaps import MISHAPS

EXAMPLES = examples()
REPEATED = ("GetCompanyDetails", "GetCustomers", "GetInvoicesForCustomer")
"""Reads whose answers repeat the credentials."""
SHORT = {"slow": 0.05, "late": 0.3, "refuse_connection": 0.3}


@pytest.fixture
def logged() -> Iterator[Everything]:
    """Every line of every logger, at the lowest level there is."""
    root, handler = logging.getLogger(), Everything()
    loggers = [root, *(known for known in root.manager.loggerDict.values() if isinstance(known, logging.Logger))]
    levels = [known.level for known in loggers]
    for known in loggers:
        known.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for known, level in zip(loggers, levels, strict=True):
        known.setLevel(level)


def secret_account(folder: Path, **more: Any) -> Settings:
    return real_account(
        folder, username=USER, password=PASSWORD, confirm="model", toolsets="all", log_level="DEBUG", **more
    )


async def test_no_mishap_makes_a_reply_or_a_log_line_repeat_a_credential(
    tmp_path: Path, logged: Everything, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    monkeypatch.setattr("kf_mcp.kashflow.connection.READ_TRIES", 1)
    counts: Counter[str] = Counter()
    said: list[str] = []
    for n, mishap in enumerate(MISHAPS):
        for example in EXAMPLES if IS_LONG else [EXAMPLES[n % len(EXAMPLES)]]:
            folder = tmp_path / f"{mishap} {example.id or example.tool}"
            folder.mkdir()
            (folder / "bill.pdf").write_bytes(b"%PDF-1.4 a bill")
            company = Simulator("demo", today=TODAY, user=USER, password=PASSWORD)
            settings = secret_account(folder, attach_from=folder, cache_dir=folder / "cache", timeout=0.3)
            server = create_server(settings, transport=company.transport(), clock=Clock())
            async with Client(server, mode="legacy") as client:
                calls = Calls(client, said)
                for tool, arguments in example.before:
                    await calls.write(tool, arguments)
                company.mishaps.add(example.operation, mishap, seconds=SHORT.get(mishap, 0))
                counts[await calls.write(example.tool, example.arguments)] += 1
                company.mishaps.clear()
                company.mishaps.add("*", mishap, 3, seconds=SHORT.get(mishap, 0))
                await calls.call("find_customers", {})
                await calls.call("call_operation", {"operation": "GetCustomers", "parameters": {}})
                await calls.call("list_writes", {})
            said += [f"{name}\n{content.decode('latin-1')}" for name, content in files_in(folder).items()]
    assert leaks("\n".join(said)) == []
    assert leaks(logged.said.getvalue()) == []
    assert "POST http://127.0.0.1" in logged.said.getvalue()  # what httpx logs was heard, so silence is not why
    tally(f"secrets, {len(MISHAPS)} mishaps", counts)


class Calls:
    """Calls tools, and keeps all that comes back."""

    def __init__(self, client: Client, said: list[str]) -> None:
        self._client = client
        self._said = said

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments)
        self._said.append(result.model_dump_json())
        return result.structured_content or {"error": result.content[0].text}

    async def write(self, tool: str, arguments: dict[str, Any]) -> str:
        """Preview and confirm; what became of it."""
        preview = await self.call(tool, arguments)
        if "confirm" not in preview:
            return "refused"
        return str((await self.call(tool, {**arguments, "confirm": preview["confirm"]})).get("status", "error"))


@pytest.mark.parametrize("way", WAYS)
async def test_a_kashflow_that_repeats_the_credentials_is_not_passed_on(
    tmp_path: Path, logged: Everything, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("kf_mcp.kashflow.connection.READ_TRIES", 1)
    company = open_company(user=USER, password=PASSWORD)
    repeating = Repeating(company.transport())
    repeating.way = way
    said: list[str] = []
    server = create_server(secret_account(tmp_path), transport=repeating, clock=Clock())
    async with Client(server, mode="legacy") as client:
        calls = Calls(client, said)
        for n, saying in enumerate(SAYINGS, 1):
            repeating.saying = saying
            for operation in ("InsertInvoice", *(REPEATED if IS_LONG else [REPEATED[n % len(REPEATED)]])):
                repeating.operation = operation
                write = invoice(n, f"{way} {saying} {operation}")
                await calls.write(write.tool, write.arguments)
                await calls.call("find_customers", {"words": "customer"})
                await calls.call("call_operation", {"operation": operation, "parameters": {"CustID": "1"}})
            repeating.operation = ""
            await calls.call("list_writes", {})
    said += [content.decode("latin-1") for content in files_in(tmp_path).values()]

    assert leaks("\n".join(said)) == []
    assert leaks(logged.said.getvalue()) == []


def test_no_dump_of_the_settings_shows_a_credential(tmp_path: Path) -> None:
    settings = secret_account(tmp_path, database_url=f"postgresql://jo:{DATABASE}@127.0.0.1:9/books")
    dumps = [repr(settings), str(settings), f"{settings:}", settings.model_dump_json(), str(settings.model_dump())]
    dumps += [
        repr(dict(settings)),
        repr(vars(settings)),
        repr(settings.model_copy()),
        repr([*settings.__rich_repr__()]),
    ]
    server = create_server(settings)
    kit = asyncio.run(server.opening.kit())
    dumps += [
        repr(thing) for thing in (server, server.opening, kit, kit.desk, kit.books, vars(kit.desk), vars(kit.books))
    ]
    dumps += [str(server.instructions), repr(vars(server.opening))]

    assert leaks("\n".join(dumps)) == []
    assert settings.password.get_secret_value() == PASSWORD


WRONG = {
    "in the address": {"KASHFLOW_URL": f"https://{USER}:{DATABASE}@securedwebapp.com/api/service.asmx"},
    "in the address, badly": {"KASHFLOW_URL": f"https://{DATABASE}:x:y@[::1/"},
    "for seconds": {"KASHFLOW_TIMEOUT": PASSWORD},
    "for a level": {"KASHFLOW_LOG_LEVEL": PASSWORD},
    "for who confirms": {"KASHFLOW_CONFIRM": PASSWORD},
    "for an amount": {"KASHFLOW_MAX_AMOUNT": PASSWORD},
    "for a day": {"KASHFLOW_LOCKED_BEFORE": PASSWORD},
    "for VAT periods": {"KASHFLOW_VAT_PERIODS": PASSWORD},
    "for a folder": {"KASHFLOW_ATTACH_FROM": PASSWORD},
    "elsewhere": {"KASHFLOW_URL": "https://example.org/"},
    "alone": {"KASHFLOW_USERNAME": ""},
    "without a password": {"KASHFLOW_PASSWORD": ""},
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_settings_are_told_without_repeating_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    values = {
        "KASHFLOW_USERNAME": USER,
        "KASHFLOW_PASSWORD": PASSWORD,
        "KASHFLOW_DATA_DIR": str(tmp_path),
        **WRONG[what],
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Failure) as caught:
        load(tmp_path / "none" if what == "no file" else None)

    traced = "".join(traceback.format_exception(caught.value))
    assert leaks(f"{caught.value} {caught.value!r} {traced}") == []


# Processes


@contextlib.contextmanager
def a_socket(company: Simulator) -> Iterator[str]:
    """The company on a port, in a thread; its address."""
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    over = threading.Event()

    async def run() -> None:
        task = asyncio.create_task(serve(company, 0, ready=ports.put))
        await asyncio.to_thread(over.wait)
        task.cancel()
        await asyncio.wait({task})

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        yield f"http://127.0.0.1:{ports.get()}/api/service.asmx"
    finally:
        over.set()
        thread.join()


def env_file(folder: Path, **values: str) -> Path:
    """A file of settings with the credentials in it."""
    lines = [
        f"{name}='{value.replace(chr(92), chr(92) * 2).replace(chr(39), chr(92) + chr(39))}'"
        for name, value in values.items()
    ]
    file = folder / "settings.env"
    file.write_text("\n".join(lines), "utf-8")
    return file


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_no_process_shows_a_credential_whatever_is_played(tmp_path: Path, tally: Tally) -> None:
    """Over real pipes and sockets, the credentials in a settings file: output, errors, the process list, the files, the command line."""
    data, out = tmp_path / "data", tmp_path / "out"
    out.mkdir()
    company = open_company(user=USER, password=PASSWORD)
    said: dict[str, str | bytes] = {}
    bare = {"PATH": "/usr/bin:/bin", "COLUMNS": "2000"}  # log lines are not broken in the middle of a word
    with a_socket(company) as url, Nursery() as nursery:
        file = env_file(
            tmp_path,
            KASHFLOW_USERNAME=USER,
            KASHFLOW_PASSWORD=PASSWORD,
            KASHFLOW_URL=url,
            KASHFLOW_CONFIRM="model",
            KASHFLOW_TOOLSETS="all",
            KASHFLOW_TIMEOUT="0.5",
            KASHFLOW_DATA_DIR=str(data),
            KASHFLOW_CACHE_DIR=str(data / "cache"),
            KASHFLOW_LOG_LEVEL="DEBUG",
        )
        process = nursery.bear("--env-file", str(file), env=bare, errors=out / "server.txt")
        served = Served(process)
        states = [played(served, company, mishap, n) for n, mishap in enumerate(MISHAPS, 1)]
        said["ps"] = subprocess.run(["ps", "auxeww"], capture_output=True, check=True).stdout  # noqa: S607
        proc = Path(f"/proc/{process.pid}")
        said |= {name: (proc / name).read_bytes() for name in ("cmdline", "environ", "comm", "status", "maps")}
        said["replies"] = "\n".join(json.dumps(state) for state in states)
        process.leave()
        for n, more in enumerate(([], ["--verify"], ["--export", str(out / "t.csv"), "--export", str(out / "t.json")])):
            shown = nursery.bear("trail", "--env-file", str(file), *more, env=bare, errors=out / "trail.txt").rest()
            assert "create_invoice" in shown
            said[f"trail {n}"] = shown
    said |= files_in(data) | files_in(out)

    assert {name: found for name, text in said.items() if (found := leaks(text))} == {}
    assert said["server.txt"], "nothing was logged, so nothing was looked at"
    assert {"trail.db", "confirm.key", "t.csv", "t.json"} <= set(said)
    told_of = Counter(state["write"].get("status", "error") for state in states)
    tally("secrets, over sockets", {**told_of, "mishaps": len(states), "outputs searched": len(said)})


def played(served: Served, company: Simulator, mishap: str, n: int) -> dict[str, Any]:
    """What a write and a read say under a mishap."""
    write = invoice(n, f"under {mishap}")
    company.mishaps.clear()
    preview = served.reply(write.tool, write.arguments)
    company.mishaps.add(write.operation, mishap, seconds=SHORT.get(mishap, 0))
    done = served.reply(write.tool, {**write.arguments, "confirm": preview.get("confirm", "")})
    if IS_LONG:  # otherwise reads are left to the test within the process
        company.mishaps.add("GetInvoice", mishap, seconds=SHORT.get(mishap, 0))
    read = served.reply("get_invoice", {"number": 1001})
    return {"preview": preview, "write": done, "read": read}


BROKEN = {
    "a quote too few": f'KASHFLOW_USERNAME=jo\nKASHFLOW_PASSWORD="{PASSWORD}\n',
    "no text": b"KASHFLOW_PASSWORD=Qxp9Pass\xff\xfe\n",
    "no name": f"{PASSWORD}\n={PASSWORD}\nKASHFLOW_USERNAME jo\n",
    "alone": f"KASHFLOW_PASSWORD='{DATABASE}'\n",
    "a database that is not there": f"KASHFLOW_USERNAME=jo\nKASHFLOW_PASSWORD=secret\nKASHFLOW_DATABASE_URL=postgresql://x:{DATABASE}@127.0.0.1:9/y\n",
    "a database that is none": f"KASHFLOW_USERNAME=jo\nKASHFLOW_PASSWORD=secret\nKASHFLOW_DATABASE_URL=//{DATABASE}:x@\n",
    "a database on no disk": f"KASHFLOW_USERNAME=jo\nKASHFLOW_PASSWORD=secret\nKASHFLOW_DATABASE_URL=sqlite:////nowhere/{DATABASE}/x.db\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="the nursery is Linux's")
def test_no_command_repeats_what_a_broken_settings_file_holds(tmp_path: Path) -> None:
    with Nursery() as nursery:
        for what, content in BROKEN.items():
            file = tmp_path / "broken.env"
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
            env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
            for command in (["trail", "--verify"], ["serve"]):
                errors = tmp_path / f"{what}.txt"
                process = nursery.bear(*command, "--env-file", str(file), env=env, errors=errors)
                process.hang_up()
                shown = process.rest() + errors.read_text("utf-8")
                assert leaks(shown) == [], (what, command)
                assert "Traceback" not in shown, (what, command, shown)


SHOWN = """#!/bin/sh
{ env; echo "$@"; } > FOLDER/browser.part
mv FOLDER/browser.part FOLDER/browser.txt
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the nursery is Linux's")
def test_the_browser_that_shows_the_approval_page_learns_no_credential(tmp_path: Path) -> None:
    """Credentials in the environment, as most clients set them: what the server starts does not inherit them."""
    company = open_company(user=USER, password=PASSWORD)
    browser = tmp_path / "browser"
    browser.write_text(SHOWN.replace("FOLDER", str(tmp_path)), "utf-8")
    browser.chmod(0o700)
    with a_socket(company) as url, Nursery() as nursery:
        env = {
            "PATH": "/usr/bin:/bin",
            "BROWSER": f"{browser} %s",
            "KASHFLOW_USERNAME": USER,
            "KASHFLOW_PASSWORD": PASSWORD,
            "KASHFLOW_URL": url,
            "KASHFLOW_DATA_DIR": str(tmp_path / "data"),
            "KASHFLOW_OPEN_BROWSER": "true",
            "KASHFLOW_LOG_LEVEL": "DEBUG",
        }
        served = Served(nursery.bear(env=env, errors=tmp_path / "server.txt"))
        served.call("create_invoice", invoice(1, "on the page").arguments)
        shown = tmp_path / "browser.txt"
        until = time.monotonic() + 30
        while not shown.exists() and time.monotonic() < until:
            time.sleep(0.05)
        inherited = shown.read_text("utf-8")
        page = httpx.get(inherited.splitlines()[-1], trust_env=False)
        served.process.kill()

    assert page.status_code == 200
    assert "Customer 1 Ltd" in page.text
    assert leaks(inherited) == []
    assert leaks(f"{page.headers}\n{page.text}") == []
    assert leaks((tmp_path / "server.txt").read_bytes()) == []
