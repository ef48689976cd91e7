"""What words get onto the trail and out of it: nothing personal that a person does not need, nothing that a terminal or a sheet obeys.

The ordinary run writes every fourth of the example writes. All of them:
`KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_trail_words.py`.
"""

import asyncio
import csv
import hashlib
import io
import json
import os
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, a_company, open_desk, real_account
from mcp import Client
from test_every_write import done, opened
from test_exactly_once import tampered_desk
from test_trail_checked import opening
from write_examples import Example, examples

from kf_mcp.cli import main
from kf_mcp.cli.export import COLUMNS, known_of
from kf_mcp.cli.person import Person
from kf_mcp.cli.screen import Screen
from kf_mcp.cli.story import Story
from kf_mcp.errors import Refused
from kf_mcp.kashflow.step import digest
from kf_mcp.model import dates
from kf_mcp.server import create_server
from kf_mcp.settings import Settings
from kf_mcp.simulator import Simulator
from kf_mcp.trail import Trail

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
EXAMPLES = examples()[:: 1 if IS_LONG else 4]
PERSONAL = {
    *(
        "body",
        "comment",
        "contact",
        "delivery_address",
        "delivery_name",
        "delivery_postcode",
        "description",
        "email",
        "mobile",
    ),
    *("note", "notes", "postcode", "reason", "subject", "telephone", "text", "vat_number", "website"),
}
"""The arguments of which the trail keeps nothing. What it keeps to recognise a write by: names, codes, numbers, amounts, dates, the name of
a file, and to which address an e-mail went."""
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def personal(value: Any, name: str = "") -> set[str]:
    """The personal texts in the arguments of a call."""
    if isinstance(value, dict):
        return {text for key, part in value.items() for text in personal(part, key)}
    if isinstance(value, list | tuple):
        return {text for part in value for text in personal(part, name)}
    return {line for line in value.splitlines() if line} if isinstance(value, str) and name in PERSONAL else set()


def raw(folder: Path) -> bytes:
    """Every byte in the files of the trail."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("trail.db*")))


def said(folder: Path) -> str:
    """Every text in the chain."""
    with closing(sqlite3.connect(folder / "trail.db")) as db:
        values = [f"{value}" for row in db.execute("SELECT * FROM trail") for value in row]
    return "\n".join(
        json.dumps(json.loads(value), ensure_ascii=False) if value[0] == "{" else value for value in values
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id or example.tool)
async def test_the_trail_keeps_no_personal_text(tmp_path: Path, example: Example) -> None:
    async with opened(tmp_path, example) as desk:
        reply = await done(desk, example.tool, example.arguments)
        if example.is_undone:
            await done(desk, "undo_write", {"entry": reply["entry"]})
    texts = set().union(*(personal(arguments) for _, arguments in (*example.before, (example.tool, example.arguments))))
    on_trail = said(tmp_path)

    assert json.dumps(reply["title"], ensure_ascii=False)[1:-1] in on_trail
    assert {text for text in texts if text in on_trail} == set()
    if "mail" not in example.tool:
        assert ADDRESS.findall(on_trail) == []


async def test_that_a_text_differs_is_kept_and_told_at_once_but_the_texts_are_not_kept(tmp_path: Path) -> None:
    request = {"name": "Quill & Ink Ltd", "email": "post@quillink.example", "telephone": "0117 496 0000"}

    def change(body: bytes) -> bytes:
        return body.replace(b"0117 496 0000", b"020 7946 0999").replace(b"post@quillink", b"ghost@quillink")

    async with tampered_desk(a_company(), tmp_path, "GetCustomerByID", change) as desk:
        preview = await desk("create_customer", request)
        reply = await desk("create_customer", request, confirm=preview["confirm"])
        again = await desk("create_customer", request, confirm=preview["confirm"])
    on_trail = said(tmp_path)

    assert "the telephone is “020 7946 0999”, not “0117 496 0000”" in reply["differences"]
    assert "the telephone is “…”, not “…”" in again["differences"]
    assert len(again["differences"]) == len(reply["differences"]) == 2
    assert not [text for text in ("7946", "0117", "@quillink") if text in on_trail]
    assert "Quill & Ink Ltd" in on_trail


async def test_what_is_kept_for_undoing_is_gone_from_the_files_after_a_month_even_if_nothing_more_is_written(
    tmp_path: Path,
) -> None:
    clock, settings = Clock(), real_account(tmp_path, confirm="either")
    request = {"name": "Quill & Ink Ltd", "telephone": "0117 496 0000"}
    async with open_desk(a_company(), settings, clock=clock) as desk:
        await done(desk, "create_customer", request)
    assert b"0117 496 0000" in raw(tmp_path)

    clock.time = clock.time.replace(month=12, day=25)
    async with open_desk(a_company(), settings, clock=clock) as desk:
        await desk("list_writes")

    assert b"0117 496 0000" not in raw(tmp_path)


# What a terminal would obey

ORDERS = [
    *(
        "\x1b[2J\x1b[H",
        "\x1b]0;owned\x07",
        "\x1b]52;c;ZXZpbA==\x07",
        "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
        "\x1b[8mhidden",
    ),
    *(
        "\x9b31m",
        "\x9d0;owned\x9c",
        "\r! done",
        "\b\b\b",
        "\x00",
        "\u202etxt.exe",
        "\u2066\u2069",
        "\u200b",
        "\ufeff",
        "\U000e0041",
        "a\u2028b",
    ),
]
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's settings for an account, and nothing of ours in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("KASHFLOW_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "own.env").write_text(
        f"KASHFLOW_USERNAME=alice\nKASHFLOW_PASSWORD=secret\nKASHFLOW_DATA_DIR={tmp_path}\n"
    )
    return tmp_path


ALICE = digest(Settings(username="alice", password="secret").account)


async def filled(folder: Path, text: str = "plain", account: str = ALICE, n: int = 1) -> None:
    """A trail with one entry in which this text stands wherever other people's words can."""
    trail = Trail(folder / "trail.db", clock=Clock())
    entry = await trail.open(
        opening(n, account=account, title=f"To {text} Ltd", channel=f"form {text}", tool=f"t{text}")
    )
    step = entry.steps[0].model_copy(
        update={
            "state": "done",
            "number": 7,
            "code": text,
            "words": f"New {text}",
            "said": f"Said {text}",
            "differences": (f"is {text}",),
        }
    )
    await trail.note(entry, "partly", [step, step])
    await trail.close()


def run(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `kf-mcp trail` to its end: its code, what it shows, what it complains of."""
    with pytest.raises(SystemExit) as ended:
        main(["trail", "--env-file", str(home / "own.env"), *arguments])
    shown = capsys.readouterr()
    return int(ended.value.code or 0), " ".join(shown.out.split()), shown.out + shown.err


@pytest.mark.parametrize("order", ORDERS, ids=ascii)
def test_no_words_on_the_trail_are_obeyed_by_the_terminal(home: Path, capsys, order: str) -> None:
    asyncio.run(filled(home, order))
    code, _, shown = run(
        home, capsys, "--verify", "--export", str(home / "out.csv"), "--export", str(home / "out.json")
    )

    assert code == 0
    assert "To " in shown
    assert OBEYED.findall(shown) == []
    assert OBEYED.findall((home / "out.csv").read_text("utf-8-sig")) == []
    assert OBEYED.findall((home / "out.json").read_text("utf-8")) == []


@pytest.mark.parametrize("order", ORDERS[:8], ids=ascii)
def test_no_name_of_a_file_or_folder_is_obeyed_by_the_terminal(home: Path, capsys, monkeypatch, order: str) -> None:
    name = order.replace("/", "").replace("\x00", "")
    for arguments in (
        ["--head", name],
        ["--export", f"{name}.txt"],
        ["--export", f"/nowhere/{name}.csv"],
        ["--env-file", name],
    ):
        assert OBEYED.findall(run(home, capsys, *arguments)[2]) == []
    monkeypatch.setenv("KASHFLOW_DATA_DIR", str(home / name))
    code, flat, shown = run(home, capsys)

    assert (code, "Nothing was written yet" in flat) == (0, True)
    assert OBEYED.findall(shown) == []


async def test_no_words_in_the_books_are_obeyed_by_the_terminal_of_the_demo(capsys) -> None:
    company = Simulator("demo", today=dates.uk_day(dates.now()))
    with company.books.call():
        customer = next(found for found in company.books.customers if "Penhaligon" in found.name)
        hidden = "".join(order for order in ORDERS if all(c >= " " for c in order))  # what XML can carry
        members = {**customer.members, "Contact": f"Jo{hidden}"}
        company.books.customers.put(replace(customer, name=f"Penhaligon Boatyard{hidden} Ltd", members=members))
    screen = Screen()
    person = Person(screen, always_yes=True)
    async with Client(
        create_server(Settings(), transport=company.transport()), elicitation_callback=person.asked
    ) as client:
        await Story(client, screen, person).tell()
    shown = capsys.readouterr().out

    assert "Penhaligon Boatyard" in shown
    assert OBEYED.findall(shown) == []


# Export


def test_an_export_tells_later_whether_the_trail_is_still_that_one(home: Path, capsys) -> None:
    async def write(*numbers: int) -> None:
        for n in numbers:
            await filled(home, n=n)

    asyncio.run(write(1, 2))
    files = [home / "kept.csv", home / "kept.json"]
    code, flat, _ = run(home, capsys, "--export", str(files[0]), "--export", str(files[1]))
    head = re.search(r"\b4:[0-9a-f]{64}", flat)[0]
    assert (code, flat.count(head)) == (0, 2)
    assert "What this cannot find: rows cut off at the end" in run(home, capsys, "--verify")[1]
    asyncio.run(write(3))
    for known in (*map(str, files), head):
        code, flat, _ = run(home, capsys, "--head", known)
        assert code == 0
        assert "Row 4, the newest of the export, is as it was" in flat
        assert "What this cannot find: the same done to rows that came after it" in flat

    with closing(sqlite3.connect(home / "trail.db")) as db:
        db.execute("DELETE FROM trail WHERE seq > 3")
        db.execute("DELETE FROM kept WHERE entry > 2")  # left there, it would give it away
        db.commit()
    assert run(home, capsys, "--verify")[0] == 0
    for known in (*map(str, files), head):
        code, flat, _ = run(home, capsys, "--head", known)
        assert code == 1
        assert "BROKEN: the export goes to row 4, the trail only to row 3: rows were cut off" in flat

    (home / "trail.db").unlink()
    code, flat, _ = run(home, capsys, "--head", head)
    assert code == 1
    assert "BROKEN: there is no trail" in flat
    assert "the export goes to row 4" in flat


def test_an_export_holds_every_row_and_the_hashes_can_be_worked_out_again_from_it(home: Path, capsys) -> None:
    asyncio.run(filled(home, "Müller £"))
    run(home, capsys, "--export", str(home / "kept.json"), "--export", str(home / "kept.csv"))
    found = json.loads((home / "kept.json").read_text("utf-8"))
    lines = list(csv.DictReader(io.StringIO((home / "kept.csv").read_text("utf-8-sig"), newline="")))

    previous = "0" * 64
    for n, row in enumerate(found["rows"], 1):
        sealed = json.dumps({k: v for k, v in row.items() if k != "hash"}, sort_keys=True, separators=(",", ":"))
        assert (row["seq"], row["previous"], row["hash"]) == (n, previous, hashlib.sha256(sealed.encode()).hexdigest())
        previous = row["hash"]
    assert (found["head"], found["whole"]) == ({"row": 2, "hash": previous}, True)
    assert list(lines[0]) == COLUMNS
    assert [(line["row"], line["hash"]) for line in lines] == [(str(row["seq"]), row["hash"]) for row in found["rows"]]
    assert lines[1]["title"] == "To Müller £ Ltd"
    assert lines[1]["state"] == "partly"
    assert "step" not in (home / "kept.json").read_text("utf-8").split('"steps')[0]
    assert '{"step": 1}' not in (home / "kept.json").read_text("utf-8").replace("\\", "")  # what is kept for undoing
    if os.name == "posix":
        assert (home / "kept.json").stat().st_mode & 0o777 == 0o600


def test_an_export_says_nothing_of_another_accounts_writes_and_still_holds_the_chain(home: Path, capsys) -> None:
    async def write() -> None:
        await filled(home, "Mine", n=1)
        await filled(home, "Theirs", "another account", n=2)

    asyncio.run(write())
    code, flat, _ = run(
        home, capsys, "--export", str(home / "kept.json"), "--export", str(home / "kept.csv"), "--verify"
    )
    texts = [(home / name).read_text("utf-8-sig") for name in ("kept.json", "kept.csv")]

    assert code == 0
    assert "4 rows, 2 of them this account's" in flat
    assert all("Mine" in text and "Theirs" not in text for text in texts)
    assert set(known_of(str(home / "kept.json"))) == set(known_of(str(home / "kept.csv"))) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "formula", ['=HYPERLINK("http://evil.example")', "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "=cmd|' /C calc'!A0"]
)
def test_no_title_is_a_formula_in_a_sheet(home: Path, capsys, formula: str) -> None:
    async def write() -> None:
        trail = Trail(home / "trail.db", clock=Clock())
        await trail.open(opening(1, account=ALICE, title=formula, channel=formula, tool=formula))
        await trail.close()

    asyncio.run(write())
    run(home, capsys, "--export", str(home / "kept.csv"))
    (line,) = csv.DictReader(io.StringIO((home / "kept.csv").read_text("utf-8-sig"), newline=""))

    assert line["title"] == f"'{formula.strip()}"
    assert [cell for cell in line.values() if cell[:1] in {"=", "+", "-", "@"}] == []


def test_an_export_replaces_nothing_follows_no_link_and_leaves_nothing_half(home: Path, capsys) -> None:
    asyncio.run(filled(home))
    there = home / "there.csv"
    there.write_text("mine")
    (home / "link.csv").symlink_to(home / "new.csv")
    for name in ("there.csv", "link.csv"):
        code, _, shown = run(home, capsys, "--export", str(home / "half.json"), "--export", str(home / name))
        assert code == 2
        assert "is there already" in shown
    code, _, shown = run(home, capsys, "--export", str(home / "kept.txt"))

    assert (code, ".csv or .json" in shown) == (2, True)
    assert there.read_text() == "mine"
    assert sorted(path.name for path in home.glob("*.[cj]s*")) == ["link.csv", "there.csv"]


def test_an_export_of_a_broken_trail_says_so(home: Path, capsys) -> None:
    asyncio.run(filled(home))
    with closing(sqlite3.connect(home / "trail.db")) as db:
        db.execute("UPDATE trail SET state = 'done' WHERE seq = 2")
        db.commit()
    code, flat, _ = run(home, capsys, "--export", str(home / "kept.json"))
    found = json.loads((home / "kept.json").read_text("utf-8"))

    assert code == 1
    assert "BROKEN: row 2" in flat
    assert (found["whole"], found["broken_at"], len(found["rows"])) == (False, 2, 1)


NO_EXPORTS = [
    *("", "{", "[]", "null", "{}", '{"rows": [], "head": {}}', '{"rows": [{"seq": "x", "hash": "y"}], "head": {}}'),
    *("row,hash\n1,2\n", "\x00\xff", "seq\n" * 9, "{" * 5000, '{"rows":' + "[" * 200_000, "1:abc"),
]


@pytest.mark.parametrize("text", NO_EXPORTS, ids=range(len(NO_EXPORTS)))
def test_what_is_no_export_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known"
    file.write_bytes(text.encode("latin-1"))

    for named in (str(file), str(tmp_path), str(tmp_path / "none"), "4:abc", "\x00"):
        with pytest.raises(Refused, match="ROW:HASH"):
            known_of(named)


def test_without_a_trail_there_is_nothing_to_export(home: Path, capsys) -> None:
    code, _, shown = run(home, capsys, "--export", str(home / "kept.csv"))
    assert (code, "Nothing was written yet" in shown) == (2, True)

    (home / "own.env").write_text("")
    code, _, shown = run(home, capsys, "--export", str(home / "kept.csv"))
    assert (code, "No account is connected" in shown) == (2, True)
    assert not (home / "kept.csv").exists()
