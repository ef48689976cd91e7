"""Tools for the long tail: find one of KashFlow's operations by words, and call it where it only reads."""

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kf_mcp.errors import NotAllowed, Refused
from kf_mcp.kashflow.arguments import KINDS
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.operations import Operation, operations
from kf_mcp.model import search
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import reads
from kf_mcp.tools.operation_replies import FoundOperations, OperationRow, Record, Records

TOOLS_BY_OPERATION: Final = Path(__file__).parent / "tools_by_operation.toml"
"""Which tools use which operation; written by the test of the coverage table."""
REASONS: Final = {
    "write": "it changes the books; that needs a tool with a preview and a person's yes",
    "sends_mail": "it sends real mail at once",
    "secret": "its answer is a link that opens without a password",
    "partner": "it is for KashFlow's partners and for setting up accounts",
}
MOST_CHARACTERS: Final = 16_000
"""Rows are cut where an answer would be longer than this."""
SYNONYMS: Final = {
    "bill": "purchase",
    "expense": "purchase",
    "receipt": "purchase",
    "client": "customer",
    "vendor": "supplier",
}
"""Words that people use, and the word that the meanings use. KashFlow's own "receipt" is a purchase."""
EMPTY_WORDS: Final = frozenset(
    {"a", "an", "and", "all", "by", "for", "from", "in", "is", "of", "on", "one", "or", "the", "to", "with"}
)
SHORTEST_START: Final = 3
MOST_TOOLS: Final = 4


def _as_text(value: object) -> object:
    """Numbers and booleans as their text: models send them so now and then."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


class Argument(BaseModel):
    """One argument for an operation."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=60, description="Parameter's name, as `find_operations` gives it")
    value: Annotated[str, BeforeValidator(_as_text)] = Field(
        max_length=100_000, description="Its value as text: 1042, 2026-11-22, true, PENH01"
    )


def _as_pairs(value: object) -> object:
    """An object of names and values as pairs: models send it so now and then."""
    return [{"name": name, "value": item} for name, item in value.items()] if isinstance(value, dict) else value


@cache
def tools_by_operation() -> Mapping[str, list[str]]:
    """The tools that use each operation, the most special first, with the toolset where it is not `core`."""
    found: dict[str, list[str]] = tomllib.loads(TOOLS_BY_OPERATION.read_text("utf-8"))
    return found


@reads("Find one of KashFlow's operations", toolset="operations")
async def find_operations(
    books: Books,  # noqa: ARG001 - every tool is handed the books
    words: Annotated[str, Field(max_length=120, description="What it should be about; empty: every operation")] = "",
    effect: Annotated[
        Literal["any", "read", "write", "sends_mail", "secret", "partner"],
        Field(description="Only operations that do this to the books"),
    ] = "any",
    limit: Annotated[int, Field(ge=1, le=200, description="Most rows to return")] = 10,
    offset: Annotated[int, Field(ge=0, description="Rows to skip: `next_offset` of the reply before")] = 0,
) -> FoundOperations:
    """Find operations of KashFlow's own service by words: what each means, what it takes, and whether it may be called.

    For questions that no other tool answers; look at the other tools first, since they answer in bookkeeping words. Best match
    first, without words by noun. Nothing found is an empty list. A reading operation is then called with `call_operation`;
    the others say why they cannot be called and which tool does it instead. Nothing is sent to KashFlow by this.
    """
    candidates = [found for found in operations().values() if effect in ("any", found.effect)]
    matches = _matching(words, candidates)
    shown = matches[offset : offset + limit]
    rest = offset + len(shown)
    return FoundOperations(
        total=len(matches),
        operations=[_row(found) for found in shown],
        next_offset=rest if rest < len(matches) else 0,
    )


def _matching(said: str, candidates: list[Operation]) -> list[Operation]:
    """The operations whose name, noun or meaning holds every word, best first; where none holds all, those that hold most.

    Where none holds any, those with a similar name.
    """
    asked = [SYNONYMS.get(_singular(word), _singular(word)) for word in search.words(said) if word not in EMPTY_WORDS]
    if not asked:
        return candidates
    scored = [
        (sum(1 for n in points if n), sum(points), found) for found in candidates for points in [_points(asked, found)]
    ]
    most = max((hits for hits, _, _ in scored), default=0)
    best = [(points, found) for hits, points, found in scored if hits == most and hits > 0]
    if not best:
        by_case = {found.name.casefold(): found for found in candidates}
        return [by_case[name] for name in difflib.get_close_matches("".join(asked), list(by_case), n=5)]
    return [found for _, found in sorted(best, key=lambda item: (-item[0], len(item[1].name)))]


def _points(asked: list[str], operation: Operation) -> list[int]:
    """For each word: 3 where it is a word of the name or the noun, 2 where one of them begins so, 1 where the meaning has it."""
    name = {_singular(word) for word in search.words(" ".join(_parts(operation.name)))} | {_singular(operation.noun)}
    meaning = {_singular(word) for word in search.words(operation.meaning)}
    whole = "".join(search.words(operation.name))
    return [
        3
        if word in name or word == whole
        else 2
        if len(word) >= SHORTEST_START and any(other.startswith(word) for other in name)
        else 1
        if word in meaning or (len(word) >= SHORTEST_START and any(other.startswith(word) for other in meaning))
        else 0
        for word in asked
    ]


def _parts(name: str) -> list[str]:
    """The words in an operation's name: GetVATReport is Get, VAT, Report."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > SHORTEST_START and word.endswith("s") and not word.endswith("ss") else word


def _row(found: Operation) -> OperationRow:
    return OperationRow(
        name=found.name,
        effect=found.effect,
        meaning=found.meaning,
        takes=[f"{parameter.name} ({KINDS.get(parameter.kind, parameter.kind)})" for parameter in found.parameters],
        tools=tools_by_operation().get(found.name, [])[:MOST_TOOLS],
        not_callable=REASONS.get(found.effect, ""),
    )


@reads("Call a reading operation of KashFlow", toolset="operations")
async def call_operation(
    books: Books,
    operation: Annotated[str, Field(min_length=1, max_length=60, description="Name from `find_operations`")],
    arguments: Annotated[
        list[Argument], BeforeValidator(_as_pairs), Field(max_length=12, description="Every parameter, each once")
    ] = [],  # noqa: B006 - read only
    fields: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=40, description="Only these members of each record; empty: all that are filled"),
    ] = [],  # noqa: B006 - read only
    limit: Annotated[int, Field(ge=1, le=100, description="Most records to return")] = 20,
    offset: Annotated[int, Field(ge=0, description="Records to skip: `next_offset` of the reply before")] = 0,
) -> Records:
    """Call one of KashFlow's reading operations by name, and get its records as KashFlow keeps them, cleaned and cut to size.

    Only for what no other tool answers; `find_operations` gives names and parameters. Operations that write, send mail or hand out
    links are refused, naming the tool to use. Empty members and links are left out; records come in KashFlow's order; amounts and
    dates are text, signs are KashFlow's own and undocumented. A record that does not exist is an error, an empty list is none.
    """
    found = _named(operation)
    if found.effect != "read":
        raise NotAllowed(f"{found.name} cannot be called: {REASONS[found.effect]}.", _instead(found))
    given = {argument.name: argument.value for argument in arguments}
    if len(given) < len(arguments):
        raise Refused("`arguments` names a parameter twice.", "Give each one once.")
    raw = await books.operations.call(found, given)
    rows: list[Record] = [dict(row) for row in raw.rows]
    if fields:
        rows = _chosen(rows, fields)
    shown = _fitting(rows[offset : offset + limit])
    rest = offset + len(shown)
    return Records(
        operation=found.name,
        total=len(rows),
        records=shown,
        next_offset=rest if rest < len(rows) else 0,
        pages=raw.pages,
        said=raw.notice,
    )


def _named(name: str) -> Operation:
    found = operations().get(name.strip())
    if found is not None:
        return found
    by_case = {known.casefold(): known for known in operations()}
    near = difflib.get_close_matches(name.strip().casefold(), list(by_case), n=1, cutoff=0.6)
    hint = f"Did you mean `{by_case[near[0]]}`?" if near else "Find its name with `find_operations`."
    raise Refused(f"KashFlow has no operation {quoted(name, 60)}.", hint)


def _instead(found: Operation) -> str:
    tools = tools_by_operation().get(found.name, [])[:MOST_TOOLS]
    return f"Use {' or '.join(f'`{tool}`' for tool in tools)}." if tools else "No tool of this server does it."


def _chosen(rows: list[Record], fields: list[str]) -> list[Record]:
    """The records with these members only. Raises Refused for one that no record has filled."""
    filled = {name for row in rows for name in row}
    for name in fields:
        if rows and name not in filled:
            near = difflib.get_close_matches(name, sorted(filled), n=1, cutoff=0.5)
            hint = f"Did you mean `{near[0]}`?" if near else f"Filled are: {', '.join(sorted(filled))}."
            raise Refused(f"No record has {quoted(name, 60)} filled.", hint)
    return [{name: row[name] for name in fields if name in row} for row in rows]


def _fitting(rows: list[Record]) -> list[Record]:
    """As many records as an answer can hold, at least one."""
    shown: list[Record] = []
    size = 0
    for row in rows:
        size += len(json.dumps(row, ensure_ascii=False))
        if shown and size > MOST_CHARACTERS:
            break
        shown.append(row)
    return shown
