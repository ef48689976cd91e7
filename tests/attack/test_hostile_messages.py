"""JSON-RPC that is oversized, ill-typed or no JSON-RPC at all: the server answers errors, writes nothing and keeps working.

`KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_hostile_messages.py` gives every argument of every tool every wrong value.
"""

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest
from conftest import HATS, Tally, a_company, open_desk, real_account
from measured import within
from mutants import IS_LONG
from readings import readings
from write_examples import examples

PATIENCE = 60
START = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "rude", "version": "0"}}
PARSE_ERROR, INVALID_REQUEST, NO_METHOD, INVALID_PARAMS = -32700, -32600, -32601, -32602


class Line:
    """A server in a child process, spoken to in raw lines."""

    def __init__(self, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KASHFLOW_")}
        env = kept | {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        self._errors = (folder / "stderr.txt").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kf_mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=env,
        )
        self._heard: Queue[bytes] = Queue()
        Thread(target=self._hear, daemon=True).start()
        self._pings = 0
        self.say(json.dumps({"jsonrpc": "2.0", "id": "start", "method": "initialize", "params": START}).encode())
        assert self.answer()["id"] == "start"
        self.say(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')

    def _hear(self) -> None:
        for line in self.process.stdout:
            self._heard.put(line)

    def say(self, line: bytes) -> None:
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self, seconds: float = PATIENCE) -> dict[str, Any]:
        return json.loads(self._heard.get(timeout=seconds))

    def answers(self, line: bytes, expected: int) -> list[dict[str, Any]]:
        """All that is said to this line, and then to a ping that shows that the server goes on."""
        self._pings += 1
        ping = f"ping {self._pings}"
        self.say(line)
        self.say(json.dumps({"jsonrpc": "2.0", "id": ping, "method": "ping"}).encode())
        found = []
        while len(found) < expected + 1:
            found.append(self.answer())
        assert {"jsonrpc": "2.0", "id": ping, "result": {}} in found
        with contextlib.suppress(Empty):
            raise AssertionError(self.answer(0.05))
        return [answer for answer in found if answer.get("id") != ping]

    def leave(self) -> str:
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0
        self.process.stdout.close()
        self._errors.close()
        return Path(self._errors.name).read_text("utf-8")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    opened = Line(tmp_path_factory.mktemp("server"))
    yield opened
    said = opened.leave()
    assert "Traceback" not in said, said


def asked(method: str, params: Any, number: Any = 7) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def calling(tool: str, arguments: Any) -> bytes:
    return asked("tools/call", {"name": tool, "arguments": arguments})


FIND = calling("find_customers", {"words": "WORDS"})

UNREADABLE: dict[str, tuple[bytes, int, Any]] = {
    "no JSON": (b"hello", PARSE_ERROR, None),
    "half of a message": (FIND[:-5], PARSE_ERROR, None),
    "nested without end": (b"[" * 1_000_000, PARSE_ERROR, None),
    "nested deeply": (FIND.replace(b'"WORDS"', b"[" * 50_000 + b"]" * 50_000), PARSE_ERROR, None),
    "a number of 100,000 digits": (FIND.replace(b'"WORDS"', b"9" * 100_000), PARSE_ERROR, None),
    "UTF-16": (FIND.decode().encode("utf-16-le"), PARSE_ERROR, None),
    "a mark of UTF-8 before it": (b"\xef\xbb\xbf" + FIND, PARSE_ERROR, None),
    "a NUL in the middle": (FIND.replace(b"WORDS", b"WO\x00RDS"), PARSE_ERROR, None),
    "nothing but null": (b"null", INVALID_REQUEST, None),
    "a number": (b"42", INVALID_REQUEST, None),
    "a list": (b"[]", INVALID_REQUEST, None),
    "a batch": (b"[" + FIND + b"," + FIND + b"]", INVALID_REQUEST, None),
    "an empty object": (b"{}", INVALID_REQUEST, None),
    "no method": (b'{"jsonrpc":"2.0","id":7}', INVALID_REQUEST, 7),
    "another version": (b'{"jsonrpc":"1.0","id":7,"method":"ping"}', INVALID_REQUEST, 7),
    "a method that is a number": (b'{"jsonrpc":"2.0","id":"x","method":5}', INVALID_REQUEST, "x"),
    "parameters that are a list": (b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[]}', INVALID_REQUEST, 7),
    "parameters that are a text": (b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":"x"}', INVALID_REQUEST, 7),
    "a method that nobody knows": (asked("books/burn", {}), NO_METHOD, 7),
    "no parameters": (b'{"jsonrpc":"2.0","id":7,"method":"tools/call"}', INVALID_PARAMS, 7),
    "a tool that is a number": (calling(5, {}), INVALID_PARAMS, 7),  # type: ignore[arg-type]
    "arguments that are a list": (calling("find_customers", []), INVALID_PARAMS, 7),
    "arguments that are a text": (calling("find_customers", "x"), INVALID_PARAMS, 7),
    "a second start": (asked("initialize", {}), INVALID_PARAMS, 7),
    "a resource that is a file": (asked("resources/read", {"uri": "file:///etc/passwd"}), INVALID_PARAMS, 7),
    "a resource with a way out": (
        asked("resources/read", {"uri": "kashflow://customers/..%2f..%2fx"}),
        INVALID_PARAMS,
        7,
    ),
    "a resource that is a number": (asked("resources/read", {"uri": 5}), INVALID_PARAMS, 7),
    "a prompt with a way out": (asked("prompts/get", {"name": "../../README"}), INVALID_PARAMS, 7),
}

REFUSED = {
    "a tool that nobody knows": calling("rm -rf /", {}),
    "an argument that nobody knows": calling("find_customers", {"x" * 100_000: 1}),
    "100,000 arguments": calling("find_customers", {f"a{n}": n for n in range(100_000)}),
    "a text of 4 MB": calling("find_customers", {"words": "w " * 2_000_000}),
    "a list for a text": calling("find_customers", {"words": ["x"]}),
    "lists in lists": calling("find_customers", {"words": json.loads("[" * 100 + "]" * 100)}),
    "NaN": calling("find_customers", {"limit": float("nan")}),
    "infinity": calling("find_customers", {"limit": float("inf")}),
    "NaN as an amount": calling("record_payment", {"invoice": 1300, "amount": float("nan")}),
    "a number past every float": FIND.replace(b'"words": "WORDS"', b'"limit": 1e999999999'),
    "an amount past all sense": calling("record_payment", {"invoice": 1300, "amount": "1e400"}),
    "an amount of many digits": calling("record_payment", {"invoice": 1300, "amount": "9" * 5_000}),
    "an invoice of 30 digits": calling("get_invoice", {"number": 10**30}),
    "100,000 lines": calling("create_invoice", {"customer": "PENH01", "lines": [{"description": "x"}] * 100_000}),
    "a date that is none": calling("find_invoices", {"from_date": "2026-02-30"}),
    "a date past the calendar": calling("find_invoices", {"from_date": "99999-01-01"}),
    "yes for a flag": calling("get_purchase", {"number": 1129, "notes": {"yes": True}}),
}

BORNE = {
    "half of a pair of surrogates": FIND.replace(b"WORDS", b"\\ud800"),
    "the other half": FIND.replace(b"WORDS", b"pen\\udfff"),
    "bytes that are no UTF-8": FIND.replace(b"WORDS", b"\xff\xfe"),
    "a NUL as a number": FIND.replace(b"WORDS", b"\\u0000"),
    "letters turned around": FIND.replace(b"WORDS", b"\\u202epen"),
    "arguments that are null": calling("find_customers", None),
    "a call without arguments": asked("tools/call", {"name": "find_customers"}),
    "a name that is also its code's neighbour": calling("find_customers", {"words": "😀" * 50}),
    "an id of 100,000 letters": asked("tools/call", {"name": "find_customers", "arguments": {}}, "i" * 100_000),
}

SILENT = {
    "a blank line": b"",
    "blanks": b"   \t ",
    "an answer to nothing": b'{"jsonrpc":"2.0","id":99,"result":{}}',
    "an error to nothing": b'{"jsonrpc":"2.0","id":99,"error":{"code":-1,"message":"x"}}',
    "an error that is none": b'{"jsonrpc":"2.0","id":99,"error":{"code":"x"}}',
    "a cancelling of nothing": b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
    "a note that nobody knows": b'{"jsonrpc":"2.0","method":"notifications/burn"}',
}


@pytest.mark.parametrize(("said", "code", "number"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_request_is_answered_with_an_error(line: Line, said: bytes, code: int, number: Any) -> None:
    """The SDK drops lines that are no messages in silence, and whoever sent one waits for ever."""
    (answer,) = line.answers(said, 1)

    assert answer["error"]["code"] == code
    assert answer["id"] == number
    assert len(json.dumps(answer)) < 1_000


@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED.keys())
def test_a_call_that_makes_no_sense_is_refused_in_words(line: Line, said: bytes) -> None:
    with within(seconds=20, megabytes=10_000):
        (answer,) = line.answers(said, 1)

    assert answer["result"]["isError"]
    text = answer["result"]["content"][0]["text"]
    assert "fault of ours" not in text
    assert len(text) < 2_000


@pytest.mark.parametrize("said", BORNE.values(), ids=BORNE.keys())
def test_a_call_with_strange_text_is_answered(line: Line, said: bytes) -> None:
    (answer,) = line.answers(said, 1)

    assert not answer["result"]["isError"]


@pytest.mark.parametrize("said", SILENT.values(), ids=SILENT.keys())
def test_what_needs_no_answer_gets_none(line: Line, said: bytes) -> None:
    assert line.answers(said, 0) == []


def test_an_emoji_cut_in_half_shows_as_a_question_mark_in_the_preview(line: Line) -> None:
    """JavaScript writes half of a pair so where a text was cut; the person sees what would be written."""
    lines = [{"description": "Hats HALF", "unit_price": "10.82", "vat_rate": 20, "nominal": 4000}]
    said = calling("create_invoice", {"customer": "PENH01", "lines": lines}).replace(b"HALF", b"\\ud83d")

    (answer,) = line.answers(said, 1)

    assert "Hats ?" in json.dumps(answer["result"]["structuredContent"]["facts"])


def test_a_confirmation_of_half_a_character_confirms_nothing(line: Line) -> None:
    said = calling("create_invoice", {**HATS, "confirm": "HALF"}).replace(b"HALF", b"\\ud800")

    (answer,) = line.answers(said, 1)

    assert answer["result"]["structuredContent"]["status"] in {"changed", "needs_confirmation"}


def test_a_hundred_rude_lines_at_once_are_all_answered(line: Line) -> None:
    many = [said for said, _, _ in UNREADABLE.values() if len(said) < 10_000] * 4

    answers = line.answers(b"\n".join(many), len(many))

    assert all("error" in answer for answer in answers)


@pytest.mark.skipif(not IS_LONG, reason="it takes half a gigabyte for a moment")
def test_a_line_of_100_megabytes_is_borne(line: Line) -> None:
    (answer,) = line.answers(calling("find_customers", {"words": "w" * 100_000_000}), 1)

    assert answer["result"]["isError"]


WRONG: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 5, 10**6, 2**31, 2**63, 10**30, -(10**30), 1.5, 1e308, float("nan"), float("inf")),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e5",
        "1e400",
        "NaN",
        "Infinity",
        "x" * 300,
        "x" * 100_000,
        "\ud800",
        "\x00",
        "\u202ex\u200b",
    ),
    *(
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "2026-11-20T00:00:00Z",
        "today",
        "../../etc/passwd",
        "%s%n{0}",
        "'; --",
    ),
    *("“”", "[]", "{}", "[[[[", '{"a":1}', "null", "true", "1,000.00", "£5", "٣", "😀" * 40, "a\nb", "</x>&amp;]]>"),
    *([], [[]], [None], [5], ["\ud800"], [{}], {}, {"a": {"b": []}}, [{"description": "\ud800"}], [{"x": 1}] * 300),
)


def good_calls() -> list[tuple[str, dict[str, Any]]]:
    """One good call of every tool that reads, and of every one that writes."""
    found = dict(reversed(readings()))
    found |= {example.tool: example.arguments for example in reversed(examples()) if not example.before}
    return [
        *found.items(),
        ("undo_write", {"entry": 1}),
        ("settle_write", {"entry": 1}),
        ("finish_write", {"entry": 1}),
    ]


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


async def test_any_wrong_argument_of_any_tool_is_refused_in_words_or_understood(tmp_path: Path, tally: Tally) -> None:
    company = a_company()
    count: Counter[str] = Counter()
    chosen = random.Random(7)  # noqa: S311 - a repeatable choice
    async with open_desk(
        company, real_account(tmp_path, confirm="either", toolsets="all", attach_from=tmp_path)
    ) as desk:
        schemas = {tool.name: tool.input_schema for tool in (await desk.client.list_tools()).tools}
        before = company.state()
        cases = [
            (tool, {**arguments, name: value})
            for tool, arguments in good_calls()
            for name in schemas[tool]["properties"]
            for value in (*WRONG, deep(150))
        ]
        for tool, arguments in cases if IS_LONG else chosen.sample(cases, 400):
            with within(seconds=10, megabytes=10_000):
                result = await desk.result(tool, arguments)

            said = "\n".join(part.text for part in result.content)
            assert "fault of ours" not in said, (tool, {k: repr(v)[:80] for k, v in arguments.items()})
            assert "\ud800" not in said
            assert len(said) < 40_000
            count["refused" if result.is_error else "answered"] += 1
        assert company.state() == before
        assert (await desk("find_customers", {"words": "penhaligan"}))["total"]
    tally(f"wrong arguments (of {len(cases):,})", count)


async def test_many_calls_at_once_with_wrong_arguments_leave_the_server_at_work(tmp_path: Path) -> None:
    async with open_desk(a_company(), real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        calls = [desk.result("get_invoice", {"number": value}) for value in ("x", -1, 2**70, None, [], "\ud800")] * 20

        results = await asyncio.gather(*calls)

        assert all(result.is_error for result in results)
        assert (await desk("get_invoice", {"number": 1300}))["number"] == 1300
