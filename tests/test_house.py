"""The house rules: layers, types, formatting, sizes, and tools that describe themselves."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client
from mcp.types import Tool

from kf_mcp import __version__, tools
from kf_mcp.kashflow.step import KINDS
from kf_mcp.server import create_server
from kf_mcp.server.prompts import prompts
from kf_mcp.settings import Settings
from kf_mcp.toolkit import marked
from kf_mcp.toolkit.schema import KEPT
from kf_mcp.toolkit.tool import schemas

ROOT = Path(__file__).parent.parent
SNAPSHOTS = Path(__file__).parent / "snapshots"
LARGEST_LIST = 24_000  # characters of tools/list, `core`, as it goes over the wire on a real account
MODULES = sorted((ROOT / "kf_mcp").rglob("*.py"))

pytestmark = pytest.mark.house


def real() -> Settings:
    return Settings(username="u", password="p", confirm="either", toolsets="all")


async def listed(settings: Settings | None = None) -> list[Tool]:
    return await create_server(settings or real()).list_tools()


def wire(tool: Tool) -> str:
    return json.dumps(
        tool.model_dump(mode="json", by_alias=True, exclude_none=True), indent=1, ensure_ascii=False, sort_keys=True
    )


@pytest.mark.parametrize(
    "command",
    [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"], ["lint-imports"]],
    ids=" ".join,
)
def test_the_checkers_find_nothing(command: list[str]) -> None:
    program = Path(sys.executable).parent / command[0]

    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_has_outgrown_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in MODULES if (n := len(path.read_text("utf-8").splitlines())) > 300
    }

    assert long == {}


def test_no_any_in_the_model_or_the_tools() -> None:
    """One exception: what a validator receives before it is anything."""
    guilty = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if path.parent.name in {"model", "tools"}
        and "Any" in {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
    ]

    assert guilty in ([], ["kf_mcp/tools/invoice_lines.py"])


async def test_every_tool_says_what_it_is_for_and_what_it_does_to_the_books() -> None:
    for tool in await listed():
        hints = tool.annotations
        assert hints is not None
        assert None not in {hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint}
        assert tool.title
        assert 200 <= len(tool.description) <= 1000, tool.name
        assert tool.output_schema
        assert tool.output_schema["type"] == "object"


async def test_every_argument_is_described_or_speaks_for_itself() -> None:
    plain = {
        "email",
        "telephone",
        "mobile",
        "postcode",
        "limit",
        "offset",
        "quantity",
        "description",
        "note",
        "notes",
        "lines",
        "kind",
    }
    plain |= {"vat_number"}
    for tool in await listed():
        for name, argument in tool.input_schema["properties"].items():
            assert argument.get("description") or name in plain, f"{tool.name}.{name}"


async def test_schemas_are_flat_strict_and_without_alternatives_at_the_top() -> None:
    for tool in await listed():
        for schema in (tool.input_schema, tool.output_schema):
            text = json.dumps(schema)
            assert not {"anyOf", "oneOf", "allOf", "$ref"} & set(schema)
            assert "$ref" not in text
            assert "$defs" not in text
        assert tool.input_schema["additionalProperties"] is False


async def test_the_list_of_tools_stays_small() -> None:
    size = sum(
        len(json.dumps(json.loads(wire(tool)), separators=(",", ":"), ensure_ascii=False))
        for tool in await listed(Settings(username="u", password="p"))
    )

    assert size <= LARGEST_LIST
    assert len(await listed(Settings())) <= 15


async def test_the_schemas_that_are_kept_are_those_of_the_tools(request) -> None:
    """Renew them with: pytest tests/test_house.py -k schemas_that_are_kept --renew"""
    made = {
        function.__name__: schemas(function, mark) for module in tools.modules() for function, mark in marked(module)
    }
    if request.config.getoption("--renew"):
        text = json.dumps(dict(sorted(made.items())), separators=(",", ":"), ensure_ascii=False, sort_keys=True)
        KEPT.write_text(text.replace('},"', '},\n"') + "\n", "utf-8")

    assert json.loads(KEPT.read_text("utf-8")) == made


async def test_every_tool_is_as_its_snapshot_says(request) -> None:
    """Renew them with: pytest tests/test_house.py -k snapshot --renew"""
    found = {tool.name: wire(tool) + "\n" for tool in await listed()}
    if request.config.getoption("--renew"):
        SNAPSHOTS.mkdir(exist_ok=True)
        for old in SNAPSHOTS.glob("*.json"):
            old.unlink()
        for name, text in found.items():
            (SNAPSHOTS / f"{name}.json").write_text(text, "utf-8")

    kept = {path.stem: path.read_text("utf-8") for path in SNAPSHOTS.glob("*.json")}
    assert kept == found


async def test_the_readme_table_is_what_the_tools_say(request) -> None:
    """Renew it with: pytest tests/test_house.py -k readme_table --renew"""
    rows = ["| Tool | | What it is for |", "| --- | --- | --- |"]
    for tool in await listed():
        kind = "reads" if tool.annotations.read_only_hint else "**writes**"
        rows.append(f"| `{tool.name}` | {kind} | {tool.description.splitlines()[0]} |")
    table = "\n".join(rows)
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    if request.config.getoption("--renew"):
        text = re.sub(
            r"(<!-- tools -->\n).*?(\n<!-- /tools -->)",
            lambda found: found[1] + table + found[2],
            text,
            flags=re.DOTALL,
        )
        readme.write_text(text, "utf-8")

    assert f"<!-- tools -->\n{table}\n<!-- /tools -->" in text


async def test_prompts_name_only_tools_that_exist_and_ship_in_the_wheel() -> None:
    known = {tool.name for tool in await listed()}
    names = {prompt.name for prompt in prompts()}
    for path in (ROOT / "prompts").glob("*.md"):
        named = set(
            re.findall(r"`((?:find|get|create|record|list|update|delete|undo|settle)_\w+)`", path.read_text("utf-8"))
        )
        assert named <= known, path.name

    assert {"chase_overdue_invoices", "invoice_from_conversation", "vat_return_check"} <= names


async def test_a_prompt_is_filled_with_its_arguments() -> None:
    async with Client(create_server(Settings())) as client:
        shown = await client.get_prompt("vat_return_check", {"start": "2026-07-01", "end": "2026-09-30"})

    assert "2026-07-01 to 2026-09-30" in shown.messages[0].content.text
    assert "{{" not in shown.messages[0].content.text


def test_every_kind_of_step_declares_how_it_is_recognised_and_undone() -> None:
    for kind, step in KINDS.items():
        assert step.operation, kind
        assert step.undo, kind
        assert not getattr(step, "__abstractmethods__", None), kind


def test_every_writing_tool_returns_a_plan_and_is_handed_books_that_cannot_write() -> None:
    for module in tools.modules():
        for function, mark in marked(module):
            hints = dict(function.__annotations__)
            first = next(iter(hints.values()))
            if mark.is_writing:
                assert hints["return"].__name__ == "Plan", function.__name__
                assert first.__name__ in {"Books", "Past"}, function.__name__


def test_importing_the_server_loads_neither_zeep_nor_the_database_nor_the_simulator() -> None:
    late = ("zeep", "sqlalchemy", "jinja2", "kf_mcp.approval.page", "kf_mcp.simulator.simulator", "rich.traceback")
    code = f"import sys, kf_mcp.server; print([m for m in {late} if m in sys.modules])"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


def test_the_changelog_names_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
