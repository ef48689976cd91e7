"""The commands as a person starts them: real processes, a real terminal where one is asked for, and what they leave behind."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from kf_mcp import __version__
from kf_mcp.cli import demo as demo_module
from kf_mcp.cli.screen import Screen
from kf_mcp.cli.story import LINES, quarter_of
from kf_mcp.kashflow.step import digest
from kf_mcp.model import dates
from kf_mcp.settings import Settings
from kf_mcp.trail import Opening, StepState, Trail

COMMAND = [sys.executable, "-P", "-m", "kf_mcp"]
SECRET = "Tr0ub4dor&3-not-in-any-output"
ESCAPE = "\x1b"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals as POSIX has them")

PENNY = Decimal("0.01")
LINE_NETS = [(Decimal(line["quantity"]) * Decimal(line["unit_price"])).quantize(PENNY, ROUND_HALF_UP) for line in LINES]
NET = sum(LINE_NETS)
VAT = sum((net / 5).quantize(PENNY, ROUND_HALF_UP) for net in LINE_NETS)  # both nominals carry 20%


def environment(home, **more):
    """A person's environment: own home, no settings of ours, 80 columns."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("KASHFLOW_")}
    for name in ("NO_COLOR", "FORCE_COLOR", "LINES", "TTY_COMPATIBLE"):
        kept.pop(name, None)
    own = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home / "data", "TMPDIR": home / "tmp"}
    (home / "tmp").mkdir(exist_ok=True)
    return kept | {name: str(path) for name, path in own.items()} | {"COLUMNS": "80", "TERM": "xterm-256color"} | more


def run(home, *arguments, typed=None, **more):
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(home, **more),
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=40,
        check=False,
    )


def flat(text):
    """The words of a screen, whatever the lines and frames."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


def pounds(amount):
    return f"£{amount:,.2f}"


@contextlib.contextmanager
def simulator(home, *arguments):
    """`kf-mcp simulate` in another process, and the settings that reach it."""
    process = started(home, "simulate", *arguments)
    try:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", line).group()
        settings = {
            "KASHFLOW_URL": f"{address}/api/service.asmx",
            "KASHFLOW_USERNAME": "demo",
            "KASHFLOW_PASSWORD": "demo",
            "KASHFLOW_DATA_DIR": str(home / "books"),
        }
        yield SimpleNamespace(process=process, address=address, settings=settings)
    finally:
        process.kill()
        process.communicate()


def started(home, *arguments, **more):
    """A command that runs until it is stopped."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*COMMAND, *arguments], env=environment(home, **more), stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
    )


class Terminal:
    """A command at a terminal of 80 columns, and somebody who types."""

    def __init__(self, home, *arguments, **more):
        import fcntl  # noqa: PLC0415 - not on Windows
        import pty  # noqa: PLC0415
        import struct  # noqa: PLC0415
        import termios  # noqa: PLC0415

        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        given = environment(home, **more)
        del given["COLUMNS"]  # a terminal says itself how wide it is
        self.process = subprocess.Popen([*COMMAND, *arguments], env=given, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.screen = ""

    def wait_for(self, words):
        """Read the screen until these words stand on it."""
        start = len(self.screen)
        while words not in self.screen[start:]:
            self.screen += os.read(self._ours, 4096).decode()

    def type(self, words):
        os.write(self._ours, words.encode())

    def end(self):
        """Read to the end; the exit code."""
        with contextlib.suppress(OSError):  # Linux says so when the other side has closed
            while more := os.read(self._ours, 4096):
                self.screen += more.decode()
        os.close(self._ours)
        return self.process.wait(10)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The demo told once, on the demo company."""
    start = time.monotonic()
    result = run(tmp_path_factory.mktemp("home"), "demo", "--yes")
    return SimpleNamespace(
        result=result, text=result.stdout, flat=flat(result.stdout), seconds=time.monotonic() - start
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The demo told on a pretend KashFlow in another process, whose trail stays."""
    home = tmp_path_factory.mktemp("kept")
    with simulator(home, "--control") as company:
        result = run(home, "demo", "--yes", **company.settings)
        with urllib.request.urlopen(f"{company.address}/control/books", timeout=10) as answer:  # noqa: S310
            books = json.load(answer)
    return SimpleNamespace(home=home, result=result, books=books, settings=company.settings)


# --- kf-mcp demo


def test_the_demo_tells_the_whole_job_and_ends_well(told):
    tools = re.findall(r"^   > (\w+)\(", told.text, re.MULTILINE)

    assert (told.result.returncode, told.result.stderr) == (0, "")
    assert tools == [
        "find_customers", "get_vat_report", "create_invoice", "get_invoice",
        "record_payment", "get_vat_report", "create_invoice", "list_writes",
    ]  # fmt: skip
    assert re.findall(r"^(\d)  ", told.text, re.MULTILINE) == list("12345678")
    assert "PENH01: Penhaligon Boatyard Ltd" in told.flat
    assert told.flat.count("(said by --yes)") == 2


def test_the_demo_shows_the_invoice_as_it_was_asked_for(told):
    assert f"{pounds(NET + VAT)} (net {pounds(NET)} + VAT {pounds(VAT)})" in told.flat
    assert f"net {pounds(NET)} + VAT {pounds(VAT)} = {pounds(NET + VAT)}" in told.flat
    assert f"Payment of {pounds(NET + VAT)} from “Penhaligon Boatyard Ltd” (PENH01) for invoice" in told.flat


def test_the_demo_shows_what_the_invoice_did_to_each_box(told):
    pattern = r"^   (\d)  .*£([\d,.]+) +£([\d,.]+) +\+£([\d,.]+)$"
    rows = {int(box): tuple(map(_amount, rest)) for box, *rest in re.findall(pattern, told.text, re.MULTILINE)}

    assert {box: change for box, (_, _, change) in rows.items()} == {1: VAT, 3: VAT, 5: VAT, 6: NET}
    assert all(after - before == change for before, after, change in rows.values())
    assert "Unchanged: boxes 2, 4, 7, 8, 9." in told.flat
    assert "Box 1 grew by the invoice's VAT and box 6 by its net, to the penny." in told.flat


def _amount(text):
    return Decimal(text.replace(",", ""))


def test_the_demo_shows_that_a_repeat_is_announced_and_two_writes_are_on_the_trail(told):
    trail = told.text.partition("list_writes()")[2]

    assert "! Exactly this was written before: Invoice to “Penhaligon Boatyard Ltd”" in told.flat
    assert re.findall(r"^ +(\d+)  \d+ \w+ \d{4}  (\w+)", trail, re.MULTILINE) == [("2", "done"), ("1", "done")]


def test_the_demo_is_short_quick_and_never_wider_than_the_terminal(told):
    lines = told.text.splitlines()

    assert len(lines) < 90
    assert max(map(len, lines)) <= 80
    assert told.seconds < 10


def test_what_goes_into_a_pipe_has_no_escape_codes(told):
    assert ESCAPE not in told.text


def test_a_narrow_terminal_gets_narrow_lines_and_one_without_pounds_is_no_reason_to_fail(tmp_path):
    result = run(tmp_path, "demo", "--yes", COLUMNS="44", PYTHONIOENCODING="ascii")

    assert (result.returncode, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 44
    assert f"?{NET + VAT:,.2f}" in result.stdout


def test_closed_input_is_told_about_yes(tmp_path):
    result = run(tmp_path, "demo")

    assert result.returncode == 2
    assert "nothing was written: the input is closed" in flat(result.stdout)
    assert "`kf-mcp demo --yes`" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_answers_may_come_through_a_pipe(tmp_path):
    result = run(tmp_path, "demo", typed="y\nn\n")

    assert result.returncode == 0
    assert "No payment was recorded; the invoice stands unpaid." in result.stdout
    assert "Box 1 grew by the invoice's VAT" in result.stdout


def test_a_reader_who_goes_away_is_no_error(tmp_path):
    process = started(tmp_path, "demo", "--yes")
    process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait(20) == 0
    process.stderr.close()
    process.stdin.close()


@posix_only
def test_a_no_at_the_terminal_writes_nothing_and_a_stray_enter_is_no_answer(tmp_path):
    terminal = Terminal(tmp_path, "demo")
    terminal.wait_for("[y/n]")
    terminal.type("\n")
    terminal.wait_for("Please type y or n:")
    terminal.type("n\n")

    assert terminal.end() == 0
    assert "You said no, so nothing was written." in terminal.screen
    assert "It holds 0 writes: nothing was sent." in terminal.screen
    assert "in the books as number" not in terminal.screen
    assert f"{ESCAPE}[1m" in terminal.screen
    assert list((tmp_path / "tmp").iterdir()) == []


@posix_only
def test_no_color_means_no_escape_codes_at_a_terminal(tmp_path):
    terminal = Terminal(tmp_path, "demo", NO_COLOR="1")
    terminal.wait_for("[y/n]")
    terminal.type("y\n")
    terminal.wait_for("[y/n]")
    terminal.type("y\n")

    assert terminal.end() == 0
    assert ESCAPE not in terminal.screen
    assert "to the penny" in terminal.screen
    assert max(map(len, terminal.screen.splitlines())) <= 80


@posix_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_demo_stops_at_its_question_and_leaves_nothing_behind(tmp_path, number, code):
    terminal = Terminal(tmp_path, "demo", TERM="dumb")
    terminal.wait_for("[y/n]")
    time.sleep(0.2)  # the question is drawn a moment before the answer is waited for
    terminal.process.send_signal(number)

    assert terminal.end() == code
    assert terminal.screen.endswith("Stopped.\r\n")
    assert "Traceback" not in terminal.screen
    assert ESCAPE not in terminal.screen
    assert list((tmp_path / "tmp").iterdir()) == []


@posix_only
def test_the_demo_stops_in_the_middle_of_a_call(tmp_path):
    """Every answer takes its time, so that it cannot be over before it is stopped, however busy the computer is."""
    home = tmp_path / "demo"
    home.mkdir()
    slow = json.dumps({"operation": "*", "mishap": "slow", "times": 99, "seconds": 5}).encode()
    with simulator(tmp_path, "--control") as company:
        kind = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{company.address}/control/mishaps", slow, kind)  # noqa: S310
        urllib.request.urlopen(asked, timeout=10).close()  # noqa: S310
        process = started(home, "demo", "--yes", **company.settings)
        process.stdout.readline()
        time.sleep(0.1)
        try:
            said, complaints = stopped(process)
        finally:
            process.kill()
    assert process.returncode == 130
    assert said.endswith("Stopped.\n")
    assert complaints == ""
    assert list((home / "tmp").iterdir()) == []


def stopped(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process says once it is interrupted: again after a while, as a person does, as Python can drop a signal (in a destructor)."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        return process.communicate(timeout=30)


def test_the_demo_refuses_a_real_account(tmp_path):
    result = run(tmp_path, "demo", "--yes", KASHFLOW_USERNAME="alice", KASHFLOW_PASSWORD=SECRET)

    assert result.returncode == 2
    assert "A real KashFlow account is set in the environment" in result.stderr
    assert "Traceback" not in result.stderr
    assert SECRET not in result.stdout + result.stderr


@posix_only
def test_the_demo_opens_neither_the_users_own_settings_nor_what_lies_in_the_working_directory(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    own = Path(re.search(r"settings: (.+)", run(home, "--version").stdout).group(1))
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(f"KASHFLOW_USERNAME=alice\nKASHFLOW_PASSWORD={SECRET}\nKASHFLOW_URL=http://127.0.0.1:9/\n")
    hostile = tmp_path / "cloned"
    hostile.mkdir()
    (hostile / ".env").write_text(f"KASHFLOW_USERNAME=mallory\nKASHFLOW_PASSWORD={SECRET}\n")
    for module in ("kf_mcp", "mcp", "anyio"):
        (hostile / f"{module}.py").write_text("raise SystemExit('taken over')")

    result = subprocess.run(
        [*COMMAND, "demo", "--yes"],
        env=environment(home),
        cwd=hostile,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    assert "those of the demo company" in result.stdout
    assert SECRET not in result.stdout


def test_the_demo_plays_against_a_pretend_kashflow_in_another_process(kept):
    number = int(re.search(r"Invoice (\d+) to PENH01", kept.result.stdout).group(1))
    invoice = next(found for found in kept.books["invoices"] if found["number"] == number)
    balance = kept.books["trial_balance"]

    assert (kept.result.returncode, kept.result.stderr) == (0, "")
    assert (Decimal(invoice["net"]), Decimal(invoice["vat"]), Decimal(invoice["paid"])) == (NET, VAT, NET + VAT)
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in balance) == 0
    assert "those of the pretend KashFlow at http://127.0.0.1:" in flat(kept.result.stdout)


def test_a_pretend_kashflow_that_is_not_there_is_said_in_a_sentence(tmp_path):
    nowhere = {"KASHFLOW_URL": "http://127.0.0.1:9/", "KASHFLOW_USERNAME": "demo", "KASHFLOW_PASSWORD": SECRET}

    result = run(tmp_path, "demo", "--yes", **nowhere)

    assert result.returncode == 2
    assert "find_customers answered: KashFlow did not answer" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert SECRET not in result.stdout + result.stderr


def test_a_world_without_the_customer_is_said_in_a_sentence(tmp_path):
    with simulator(tmp_path, "--world", "empty") as company:
        result = run(tmp_path, "demo", "--yes", **company.settings)

    assert result.returncode == 2
    assert "the story plays in the demo world" in flat(result.stdout)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        ("2026-01-01", ("2026-01-01", "2026-03-31")),
        ("2024-02-29", ("2024-01-01", "2024-03-31")),
        ("2026-11-22", ("2026-10-01", "2026-12-31")),
        ("2026-06-30", ("2026-04-01", "2026-06-30")),
    ],
)
def test_the_running_quarter_is_the_calendars(day, quarter):
    assert quarter_of(dates.date.fromisoformat(day)) == tuple(map(dates.date.fromisoformat, quarter))


def test_other_peoples_words_cannot_move_the_cursor(capsys):
    screen = Screen()

    screen.say("Evil\x1b[2J \x9b31mLtd\u202e")
    screen.form("Form", "Title \x1b]0;owned\x07\n- fact \x1b[1A")
    screen.writes([("1", "today", "done", "7", "What \x1b[2K", "Said\x1b[0m")])

    shown = capsys.readouterr().out
    assert not [character for character in shown if character in "\x1b\x9b\x07\u202e"]
    assert "Evil[2J 31mLtd" in shown


def test_only_the_named_settings_reach_the_demos_server():
    assert demo_module.PASSED_ON == (
        "KASHFLOW_USERNAME", "KASHFLOW_PASSWORD", "KASHFLOW_URL", "KASHFLOW_TIMEOUT", "KASHFLOW_DATA_DIR",
    )  # fmt: skip


# --- kf-mcp trail


def test_the_trail_shows_what_was_written_newest_first(kept):
    result = run(kept.home, "trail", **kept.settings)

    assert (result.returncode, result.stderr) == (0, "")
    assert re.findall(r"^ +(\d+)  .*? done ", result.stdout, re.MULTILINE) == ["2", "1"]
    assert "record_payment; yes by: form shown to the person. Read back and equal." in flat(result.stdout)
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_trail_shows_no_more_than_asked_for(kept):
    result = run(kept.home, "trail", "--most", "1", **kept.settings)

    assert ": 2, the newest 1 of them" in flat(result.stdout)
    assert "create_invoice" not in result.stdout


def test_a_whole_trail_is_said_to_be_whole_and_what_that_cannot_tell(kept):
    result = run(kept.home, "trail", "--verify", **kept.settings)

    assert result.returncode == 0
    assert re.search(r"Whole: each of the \d+ rows is as it was written", flat(result.stdout))
    assert "rows cut off at the end" in flat(result.stdout)
    assert "a chain worked out anew" in flat(result.stdout)


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        ("UPDATE trail SET body = replace(body, 'Penhaligon', 'Thornbury') WHERE seq = 1", 1),
        ("DELETE FROM trail WHERE seq = 2", 2),
        ("UPDATE trail SET body = 'not json'", 1),
    ],
)
def test_an_altered_trail_is_found_broken(kept, tmp_path, damage, row):
    shutil.copytree(kept.settings["KASHFLOW_DATA_DIR"], tmp_path / "books")
    with contextlib.closing(sqlite3.connect(tmp_path / "books" / "trail.db")) as database:
        database.execute(damage)
        database.commit()

    result = run(tmp_path, "trail", "--verify", **kept.settings | {"KASHFLOW_DATA_DIR": str(tmp_path / "books")})

    assert (result.returncode, result.stderr) == (1, "")
    assert f"BROKEN: row {row} of the trail was altered" in flat(result.stdout)


def test_the_trail_of_another_account_is_not_shown(kept):
    result = run(kept.home, "trail", **kept.settings | {"KASHFLOW_USERNAME": "somebody"})

    assert result.returncode == 0
    assert flat(result.stdout).endswith(": 0")


def test_a_trail_that_is_no_database_is_said_in_a_sentence(kept, tmp_path):
    (tmp_path / "trail.db").write_text("these are no rows " * 100)

    result = run(tmp_path, "trail", **kept.settings | {"KASHFLOW_DATA_DIR": str(tmp_path)})

    assert result.returncode == 2
    assert "The audit trail cannot be used" in result.stderr
    assert "Traceback" not in result.stderr


def test_looking_for_a_trail_does_not_make_one(kept, tmp_path):
    result = run(tmp_path, "trail", **kept.settings | {"KASHFLOW_DATA_DIR": str(tmp_path / "none")})

    assert result.returncode == 0
    assert "Nothing was written yet" in result.stdout
    assert not (tmp_path / "none").exists()


def test_the_demos_trail_is_said_to_live_in_its_server(tmp_path):
    result = run(tmp_path, "trail", "--verify")

    assert result.returncode == 0
    assert "lives only as long as its server" in flat(result.stdout)
    assert "KASHFLOW_USERNAME" in result.stdout


def test_words_on_the_trail_cannot_move_the_cursor_and_differences_are_shown(tmp_path):
    settings = {"KASHFLOW_USERNAME": "alice", "KASHFLOW_PASSWORD": SECRET, "KASHFLOW_DATA_DIR": str(tmp_path)}
    account = Settings(username="alice", password=SECRET, data_dir=tmp_path).account
    asyncio.run(_entered(tmp_path / "trail.db", digest(account)))

    result = run(tmp_path, "trail", **settings)

    assert result.returncode == 0
    assert "Invoice to Evil[2J Ltd" in flat(result.stdout)
    assert "Differs from what was meant: VAT is £1.00" in flat(result.stdout)
    assert ESCAPE not in result.stdout
    assert SECRET not in result.stdout + result.stderr


async def _entered(file, account):
    step = StepState(kind="new invoice", words="New invoice", target="customer 1", trace={})
    trail = Trail(file)
    opening = Opening(
        account=account, tool="create_invoice", arguments="a", consent="c", lock="l", title="Invoice to Evil\x1b[2J Ltd",
        channel="confirm value", steps=(step,), planned_at=0, seconds=60,
    )  # fmt: skip
    entry = await trail.open(opening)
    landed = step.model_copy(update={"state": "done", "number": 7, "differences": ("VAT is £1.00",)})
    await trail.note(entry, "done", [landed])
    await trail.close()


# --- kf-mcp and kf-mcp simulate


def test_the_version_names_where_settings_and_trail_lie(tmp_path):
    result = run(tmp_path, "--version")

    assert result.returncode == 0
    assert result.stdout.splitlines()[0] == f"kf-mcp {__version__}"
    assert ".env" in result.stdout
    assert "trail.db" in result.stdout


@pytest.mark.parametrize(
    "wrong", [["audit"], ["--verify"], ["trail", "--most", "0"], ["trail", "--most", "some"], ["demo", "--no"]]
)
def test_what_the_command_line_does_not_know_is_refused(tmp_path, wrong):
    result = run(tmp_path, *wrong)

    assert result.returncode == 2
    assert "usage: kf-mcp" in result.stderr
    assert "Traceback" not in result.stderr


def test_help_fits_the_terminal(tmp_path):
    result = run(tmp_path, "--help")

    assert result.returncode == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert all(command in result.stdout for command in ("serve", "demo", "simulate", "trail"))


@pytest.mark.parametrize("arguments", [["--env-file", "FILE", "trail"], ["trail", "--env-file", "FILE"]])
def test_a_settings_file_counts_before_and_after_the_command(tmp_path, arguments):
    file = tmp_path / "own.env"
    file.write_text(f"KASHFLOW_USERNAME=alice\nKASHFLOW_PASSWORD={SECRET}\nKASHFLOW_DATA_DIR={tmp_path / 'none'}\n")

    result = run(tmp_path, *(str(file) if word == "FILE" else word for word in arguments))

    assert result.returncode == 0
    assert "Nothing was written yet" in result.stdout
    assert SECRET not in result.stdout + result.stderr


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_a_settings_file_is_not_silently_left_unread(tmp_path, command):
    result = run(tmp_path, "--env-file", "own.env", command)

    assert result.returncode == 2
    assert "reads no settings file" in result.stderr


def test_wrong_settings_are_said_in_a_sentence_without_the_secret(tmp_path):
    result = run(tmp_path, KASHFLOW_PASSWORD=SECRET)

    assert result.returncode == 2
    assert result.stdout == ""
    assert "KASHFLOW_USERNAME is not set" in result.stderr
    assert "Traceback" not in result.stderr
    assert SECRET not in result.stderr


def test_the_server_ends_with_its_input(tmp_path):
    result = run(tmp_path, "serve")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@posix_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_idle_server_leaves_at_a_signal(tmp_path, number, code):
    server = started(tmp_path)
    opening = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening}) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())

    server.send_signal(number)
    try:
        code_seen = server.wait(5)
    finally:
        server.kill()
        rest, complaints = server.communicate()

    assert answer["result"]["serverInfo"]["version"] == __version__
    assert (code_seen, rest, complaints) == (code, "", "")


@posix_only
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_simulator_leaves_at_a_signal(tmp_path, number, code):
    with simulator(tmp_path) as company:
        company.process.send_signal(number)

        assert company.process.wait(5) == code
        assert company.process.stderr.read() == ""


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path):
    with simulator(tmp_path) as company:
        result = run(tmp_path, "simulate", "--port", company.address.rpartition(":")[2])

    assert result.returncode == 2
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr
