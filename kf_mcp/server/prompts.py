"""Prompts: the files in `prompts/`, each a TOML head between `+++` lines and a text with {{arguments}}."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.prompts.base import PromptArgument

FENCE: Final = "+++"


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
        filled = text.strip()
        for argument in arguments:
            filled = filled.replace("{{" + argument.name + "}}", str(given.get(argument.name) or "(not given)"))
        return filled

    return Prompt(
        name=path.stem, title=about["title"], description=about["description"], arguments=arguments, fn=render
    )
