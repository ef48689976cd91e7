"""Schemas as small as they can be, and arguments checked as strictly as they should be."""

import difflib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from kf_mcp.errors import Refused
from kf_mcp.model import text
from kf_mcp.toolkit.bounds import beyond

INJECTED_BY_CLIENTS: Final = ("wait_for_previous",)
"""Arguments that a client adds to every tool by itself (Gemini CLI does)."""

KEPT: Final = Path(__file__).parent / "schemas.json"
STRICT: Final = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Arguments:
    """A tool's arguments: their model, made from the signature without its first parameter when it is first needed."""

    def __init__(self, function: Callable[..., Any], confirm: str | None) -> None:
        self._function = function
        self._confirm = confirm

    @cached_property
    def model(self) -> type[BaseModel]:
        """The model that checks the arguments."""
        parameters = list(inspect.signature(self._function, eval_str=True).parameters.values())[1:]
        fields: dict[str, Any] = {
            p.name: (p.annotation, ... if p.default is inspect.Parameter.empty else p.default) for p in parameters
        }
        if self._confirm is not None:
            fields["confirm"] = (str, Field("", description=self._confirm, max_length=200))
        return create_model("Arguments", __config__=STRICT, **fields)


@cache
def _all_kept() -> dict[str, dict[str, Any]]:
    return json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}


def toolsets() -> dict[str, set[str]]:
    """Every toolset and the names of the modules that its tools stand in, so that a start imports only what it offers."""
    found: dict[str, set[str]] = {}
    for tool in _all_kept().values():
        found.setdefault(tool["toolset"], set()).add(tool["module"])
    return found


def kept(name: str) -> dict[str, Any] | None:
    """The schemas of this tool as they were made before; a test compares, and `--renew` makes them anew.

    Making them takes as long as everything else at the server's start together.
    """
    return _all_kept().get(name)


UNSAID: Final = frozenset({"title", "$defs", "properties", "minLength", "maxLength", "minItems", "maxItems", "minimum"})
"""What a model need not read: titles that repeat names, and limits that no sensible call meets; calls are checked against them."""
UNSAID_OF_REPLIES: Final = frozenset({"default", "format", "required"})
TOLD_ONCE: Final = frozenset(
    {"total", "next_offset", "before", "matched", "region", "open_total", "number", "code", "title"}
)
"""Members of replies that mean the same everywhere; the server's instructions tell what."""


def slim(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with references put in place and without what tells a model nothing."""
    definitions = schema.get("$defs", {})
    slimmed: dict[str, Any] = _slim(schema, definitions)
    slimmed.pop("$defs", None)
    return slimmed


def of_reply(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a reply, slimmer still: what is left out of a reply equals its default, and needs no saying."""
    slimmed: dict[str, Any] = _without(slim(schema), UNSAID_OF_REPLIES)
    slimmed.pop("description", None)
    return slimmed


def _without(node: Any, unsaid: frozenset[str]) -> Any:
    if isinstance(node, list):
        return [_without(item, unsaid) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without(value, unsaid) for key, value in node.items() if key not in unsaid and key != "properties"}
    if "properties" in node:
        kept["properties"] = {
            name: _member(name, _without(value, unsaid)) for name, value in node["properties"].items()
        }
    return kept


def _member(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """A reply's member; what a list holds and in which order is told by the tool's own description."""
    if name in TOLD_ONCE or value.get("type") == "array":
        value.pop("description", None)
    if "items" in value:
        value.pop("items")  # rows say themselves what they hold; their members would be half of the list of tools
    return value


def _slim(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_slim(item, definitions) for item in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        return _slim({**target, **{key: value for key, value in node.items() if key != "$ref"}}, definitions)
    choices = [choice for choice in node.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1 and "anyOf" in choices[0]:
        choices = choices[0]["anyOf"]
    if len(choices) > 1:
        node = {**node, "anyOf": choices}
    elif choices:  # null is accepted and says nothing
        rest = {
            key: value for key, value in node.items() if key not in {"anyOf", "default"} or (key == "default" and value)
        }
        return _slim({**choices[0], **rest}, definitions)
    properties = node.get("properties")
    if properties is not None:
        node = {key: value for key, value in node.items() if key != "description"}
    kept = {key: value for key, value in node.items() if key not in UNSAID}
    if kept.get("default") in (None, "", []):
        kept.pop("default", None)
    result = {
        key: value if key in {"default", "enum", "const"} else _slim(value, definitions) for key, value in kept.items()
    }
    if properties is not None:
        result["properties"] = {name: _slim(value, definitions) for name, value in properties.items()}
    return result


def checked(model: type[BaseModel], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as typed values. Raises Refused, naming each wrong one and what to write instead."""
    given = {name: value for name, value in arguments.items() if name not in INJECTED_BY_CLIENTS}
    unknown = [name for name in given if name not in model.model_fields]
    if unknown:
        raise Refused(_unknown(unknown[0], list(model.model_fields)), "Nothing was done.")
    for name, field in model.model_fields.items():
        value = given.get(name)
        if (
            isinstance(value, str)
            and value.lstrip()[:1] in {"[", "{"}
            and get_origin(field.annotation) in {list, tuple}
        ):
            given[name] = _from_json(value)  # Claude Desktop sends lists as JSON text now and then
    try:
        values = model.model_validate(given)
    except ValidationError as error:
        raise Refused(_problems(error, model), "Nothing was done. Correct this and call again.") from None
    found = {name: getattr(values, name) for name in model.model_fields}
    if wrong := [sentence for name, value in found.items() for sentence in beyond(value, name)][:8]:
        raise Refused(" ".join(wrong), "Nothing was done. Correct this and call again.")
    return found


def _from_json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"Did you mean `{near[0]}`?" if near else "Known are: " + ", ".join(f"`{word}`" for word in known) + "."
    return f"There is no argument `{text.bounded(name, 60)}`. {hint}"


def _nearest(name: str, model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """The nearest member of the nested model that this wrong one stands in."""
    field = model.model_fields[str(location[0])]
    nested = next((kind for kind in _kinds(field.annotation) if issubclass(kind, BaseModel)), None)
    near = difflib.get_close_matches(name, list(nested.model_fields), n=1, cutoff=0.5) if nested else []
    return f"; did you mean `{near[0]}`?" if near else ""


def _kinds(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and get_origin(annotation) is None:
        yield annotation
    for argument in get_args(annotation):
        yield from _kinds(argument)


def _problems(error: ValidationError, model: type[BaseModel]) -> str:
    """One sentence for each wrong argument: where, what, and what was given."""
    sentences = []
    for found in error.errors(include_url=False)[:8]:
        where = _where(found["loc"])
        said = _said(found)
        if found["type"] == "extra_forbidden":
            said = f"is not known here{_nearest(str(found['loc'][-1]), model, found['loc'])}"
        given = "" if found["type"] == "missing" else f" (given: {text.bounded(repr(found['input']), 60)})"
        sentences.append(f"`{where}`: {said[:1].lower()}{said[1:]}{given}.")
    return " ".join(sentences)


def _said(found: Mapping[str, Any]) -> str:
    """What is wrong with one argument, in words that say what to write instead."""
    limits = found.get("ctx", {})
    match found["type"]:
        case "decimal_parsing" | "decimal_type" | "float_parsing":
            return "is not a number; write it plainly, as in 1089.99, without currency signs or thousands commas"
        case "missing":
            return "is missing"
        case "too_short":
            return "is empty; at least one is needed"
        case "string_too_short":
            return "is empty"
        case "string_too_long":
            return f"is too long; at most {limits['max_length']} characters"
        case _:
            return str(found["msg"]).removeprefix("Value error, ").rstrip(".")


def _where(location: tuple[int | str, ...]) -> str:
    """Where an argument stands: lines[0].vat_rate."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("function-"):
            path += f".{part}" if path else part
    return path or "arguments"
