"""Prompts: the files in `prompts/`, each a TOML head between `+++` lines and a text with {{arguments}}."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument

FENCE: Final = "+++"
GAP: Final = re.compile(r"\{\{(\w+)\}\}")
RULE: Final = re.compile(r"^-{3,}$", re.MULTILINE)
"""The line before and after a text that is data."""


def folder() -> Path:
    """Where the prompts lie: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "prompts"
    return installed if installed.is_dir() else package.parent / "prompts"


def prompts() -> Iterator[Prompt]:
    """Every prompt, by file name."""
    for path in sorted(folder().glob("*.md")):
        yield read(path)


def read(path: Path) -> Prompt:
    """One prompt from its file."""
    _, head, text = path.read_text("utf-8").split(FENCE, 2)
    about = tomllib.loads(head)
    arguments = [PromptArgument(**argument) for argument in about.get("arguments", [])]

    async def render(**given: Any) -> str:
        return _filled(text.strip(), {known.name: str(given.get(known.name) or "(not given)") for known in arguments})

    return Prompt(
        name=path.stem, title=about["title"], description=about["description"], arguments=arguments, fn=render
    )


def _filled(text: str, given: dict[str, str]) -> str:
    """The text with its gaps filled, each once: what is pasted in neither fills gaps of its own nor ends where it stands as data."""
    dashes = [
        len(line.strip()) for value in given.values() for line in value.splitlines() if not line.strip().strip("-")
    ]
    rule = "-" * max([3, *(count + 1 for count in dashes)])
    return GAP.sub(lambda gap: given.get(gap[1], gap[0]), RULE.sub(rule, text))
