"""Ratios within one run: python tests/benchmarks/run.py [start] [overhead] [list] [search] [size]

Each line compares us with something else on the same machine in the same minute; nothing here asserts seconds.
"""

import asyncio
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
EMPTY = "from mcp.server import MCPServer\nMCPServer('empty', version='0').run()\n"
HELLO = [
    {
        "id": 0,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "b", "version": "0"}},
    },
    {"method": "notifications/initialized"},
    {"id": 1, "method": "tools/list"},
]  # fmt: skip
ROWS: list[tuple[str, str, str, str, str]] = []


def row(what: str, ours: str, theirs: str, ratio: str, aim: str) -> None:
    ROWS.append((what, ours, theirs, ratio, aim))
    print(" | ".join(ROWS[-1]), flush=True)


def seconds(value: float) -> str:
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def until_listed(command: list[str]) -> float:
    """From spawning a server to its answered tools/list; compiled beforehand, as an installed server is."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1, env=env
    )
    for message in HELLO:
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        if message.get("id") == 0:
            process.stdout.readline()
    process.stdout.readline()
    taken = time.perf_counter() - start
    process.stdin.close()
    process.stdout.read()
    process.wait()
    process.stdout.close()
    return taken


def start() -> None:
    """Start of the server against an empty one on the same SDK."""
    with tempfile.TemporaryDirectory() as folder:
        until_listed([sys.executable, "-m", "kf_mcp"])
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        ours, theirs = [], []
        for _ in range(9):
            ours.append(until_listed([sys.executable, "-m", "kf_mcp"]))
            theirs.append(until_listed([sys.executable, str(empty)]))
    a, b = statistics.median(ours), statistics.median(theirs)
    row("start to tools/list, against an empty server", seconds(a), seconds(b), f"{a / b:.2f}", "<= 1.2")


@contextmanager
def simulated(*arguments: str) -> Iterator[str]:
    command = [sys.executable, "-m", "kf_mcp", "simulate", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://127\.0\.0\.1:\d+/\S+", process.stdout.readline())[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def settings(url: str, folder: str) -> Any:
    from kf_mcp.settings import Settings

    return Settings(username="demo", password="demo", url=url, data_dir=folder, timeout=120)


def zeep_client(url: str) -> Any:
    from zeep import Client

    from kf_mcp.kashflow.envelopes import WSDL

    client = Client(str(WSDL))
    return client.create_service("{KashFlow}KashFlowAPISoap", url)


def overhead() -> None:
    """get_invoice through an in-memory client, against the same SOAP calls by zeep alone."""
    from mcp import Client

    from kf_mcp.server import create_server

    number, rounds = 1010, 60
    with simulated() as url, tempfile.TemporaryDirectory() as folder:
        service = zeep_client(url)

        def theirs() -> None:
            service.GetInvoice(UserName="demo", Password="demo", InvoiceNumber=number)
            service.GetInvoicePayment(UserName="demo", Password="demo", InvoiceNumber=number)

        async def ours() -> list[float]:
            taken = []
            async with Client(create_server(settings(url, folder)), mode="legacy") as client:
                for _ in range(rounds):
                    begun = time.perf_counter()
                    await client.call_tool("get_invoice", {"number": number})
                    taken.append(time.perf_counter() - begun)
            return taken

        theirs()
        a = statistics.median(asyncio.run(ours())[5:])
        b = statistics.median(timed(theirs) for _ in range(rounds))
    row("get_invoice, against zeep alone", seconds(a), seconds(b), f"{a / b:.2f}", "<= 1.5")


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measured(code: str, url: str) -> dict[str, float]:
    """Run a piece of this file in a process of its own; its time and peak memory."""
    done = subprocess.run([sys.executable, str(HERE / "run.py"), code, url], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def peak() -> float:
    """Peak memory in MB; where the kernel tells it, that of this program alone and not of the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def list_by_zeep(url: str) -> None:
    service = zeep_client(url)
    before, begun = peak(), time.perf_counter()
    found = service.GetCustomers(UserName="demo", Password="demo")
    taken = time.perf_counter() - begun
    print(json.dumps({"seconds": taken, "megabytes": peak() - before, "rows": len(found.GetCustomersResult.Customer)}))


def list_by_us(url: str) -> None:
    from mcp import Client

    from kf_mcp.server import create_server

    async def go(folder: str) -> None:
        pauses: list[float] = []

        async def watch() -> None:
            while True:
                begun = time.perf_counter()
                await asyncio.sleep(0.005)
                pauses.append(time.perf_counter() - begun - 0.005)

        async with Client(create_server(settings(url, folder)), mode="legacy") as client:
            await client.call_tool("list_reference", {"kind": "currencies"})
            before, watching = peak(), asyncio.create_task(watch())
            begun = time.perf_counter()
            result = await client.call_tool("find_customers", {"words": "harbour"})
            taken = time.perf_counter() - begun
            watching.cancel()
        print(
            json.dumps(
                {
                    "seconds": taken,
                    "megabytes": peak() - before,
                    "rows": result.structured_content["total"],
                    "pause": max(pauses),
                }
            )
        )

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(go(folder))


def big_list() -> None:
    """The first find_customers on `large`, against zeep decoding the same GetCustomers."""
    with simulated("--world", "large") as url:
        ours = measured("list-by-us", url)
        theirs = measured("list-by-zeep", url)
    a, b = ours["seconds"], theirs["seconds"]
    row(f"first find_customers of {theirs['rows']:,.0f}: time", seconds(a), seconds(b), f"{a / b:.2f}", "<= 0.25")
    a, b = ours["megabytes"], theirs["megabytes"]
    row("first find_customers: peak memory added", f"{a:.0f} MB", f"{b:.0f} MB", f"{a / b:.2f}", "<= 0.20")
    row("longest pause of the event loop meanwhile", seconds(ours["pause"]), "-", "-", "< 50 ms")


def misspelt(name: str, chance: random.Random) -> str:
    """A name as people type it: a slip, a swap of letters or words, a missing suffix."""
    words = [
        word for word in name.split() if word.lower().strip(".") not in {"ltd", "limited", "llp", "plc"}
    ] or name.split()
    if len(words) > 1 and chance.random() < 0.3:
        n = chance.randrange(len(words) - 1)
        words[n], words[n + 1] = words[n + 1], words[n]
    n = chance.randrange(len(words))
    word = words[n]
    if len(word) > 4:
        k = chance.randrange(1, len(word) - 1)
        match chance.randrange(4):
            case 0:
                word = word[:k] + word[k + 1 :]
            case 1:
                word = word[:k] + word[k] + word[k:]
            case 2:
                word = word[:k] + chance.choice("aeiourstln") + word[k + 1 :]
            case _:
                word = word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    words[n] = word
    return " ".join(words)


def search() -> None:
    """Warm search, against a plain rapidfuzz scan over the same names."""
    from rapidfuzz import fuzz, process

    from kf_mcp.kashflow.customers import to_customer
    from kf_mcp.model.index import Index
    from kf_mcp.simulator import Simulator

    company = Simulator("large")
    customers = [to_customer(members) for members in large_customers(company)]
    index = Index(customers)
    index.find("warm up")
    names = {customer.id: customer.name for customer in customers}
    chance = random.Random(4711)
    asked = [(misspelt(customer.name, chance), customer) for customer in chance.sample(customers, 100)]
    ours, theirs, right, scanned = [], [], 0, 0
    for words, customer in asked:
        begun = time.perf_counter()
        found = index.find(words)
        ours.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        plain = process.extract(words, names, scorer=fuzz.WRatio, limit=10)
        theirs.append(time.perf_counter() - begun)
        right += bool(found) and found[0].party.name == customer.name
        scanned += bool(plain) and plain[0][0] == customer.name
    a, b = statistics.median(ours), statistics.median(theirs)
    row(f"warm search of {len(customers):,}", seconds(a), seconds(b), f"{a / b:.2f}", "<= 0.5")
    row("right customer first, of 100 misspelt names", str(right), str(scanned), "-", ">= 95")


def large_customers(company: Any) -> Iterator[Any]:
    for customer in company.books.state()["customers"]:
        yield customer["members"] | {"CustomerID": customer["id"]}


def size() -> None:
    """Characters of tools/list for each toolset, and of twenty typical answers."""
    from mcp import Client

    from kf_mcp import tools
    from kf_mcp.server import create_server
    from kf_mcp.settings import Settings
    from kf_mcp.toolkit import marked

    async def go() -> None:
        known = {mark.toolset for module in tools.modules() for _, mark in marked(module)}
        for toolset in [*sorted(known), "all"]:
            offered = await create_server(Settings(username="u", password="p", toolsets=toolset)).list_tools()
            listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in offered]
            characters = len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False))
            row(
                f"tools/list, {toolset}, {len(offered)} tools", f"{characters:,} characters", "-", "-", "core <= 24,000"
            )
        async with Client(create_server(Settings(toolsets="all")), mode="legacy") as client:
            for tool, arguments in TYPICAL:
                result = await client.call_tool(tool, arguments)
                text = sum(len(block.text) for block in result.content)
                structure = len(json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":")))
                row(f"{tool} {json.dumps(arguments)}", f"{text:,} text", f"{structure:,} structure", "-", "-")

    asyncio.run(go())


TYPICAL: list[tuple[str, dict[str, Any]]] = [
    ("find_customers", {"words": "penhaligan"}),
    ("find_customers", {"limit": 50}),
    ("get_customer", {"customer": "PENH01"}),
    ("find_invoices", {"limit": 50}),
    ("find_invoices", {"status": "overdue"}),
    ("get_invoice", {"number": 1010}),
    ("list_reference", {"kind": "nominal_codes"}),
    ("list_reference", {"kind": "vat_rates"}),
    ("get_vat_report", {"start": "2026-07-01", "end": "2026-09-30"}),
    ("list_writes", {}),
    ("find_suppliers", {"words": "paper"}),
    ("find_purchases", {"limit": 50}),
    ("find_purchases", {"status": "unpaid"}),
    ("get_report", {"kind": "profit_and_loss", "start": "2026-07-01", "end": "2026-09-30"}),
    ("get_report", {"kind": "balance_sheet", "date": "2026-09-30"}),
    ("get_report", {"kind": "aged_debtors", "date": "2026-09-30"}),
    ("find_quotes", {}),
    ("find_bank_transactions", {"account": "Current account", "limit": 50}),
    ("check_books", {}),
    (
        "create_invoice",
        {"customer": "PENH01", "lines": [{"description": "Design", "unit_price": 100, "nominal": 4000}]},
    ),
]

PARTS = {"start": start, "overhead": overhead, "list": big_list, "search": search, "size": size}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["list-by-us"]:
        return list_by_us(arguments[1])
    if arguments[:1] == ["list-by-zeep"]:
        return list_by_zeep(arguments[1])
    for name in arguments or PARTS:
        PARTS[name]()
    width = [max(len(line[n]) for line in ROWS) for n in range(5)]
    print()
    for line in [("what", "ours", "theirs", "ratio", "aim"), *ROWS]:
        print("  ".join(cell.ljust(width[n]) for n, cell in enumerate(line)))
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
