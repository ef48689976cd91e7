"""The pages under /control: tests look into the books, see the calls, schedule mishaps, start a world again."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kf_mcp.simulator.message import Reply, Request, as_json
from kf_mcp.simulator.mishaps import MISHAPS
from kf_mcp.simulator.worlds import WORLDS

if TYPE_CHECKING:
    from kf_mcp.simulator.simulator import Simulator

Page: TypeAlias = "Callable[[Simulator, Mapping[str, Any]], Reply]"
_MISHAP: Final = {"operation", "mishap", "times", "seconds"}


class Misasked(ValueError):
    """What was asked of a control page makes no sense; the text says why."""


def answer(simulator: "Simulator", request: Request) -> Reply:
    """Answer one request under /control."""
    methods = _PAGES.get(request.path.rstrip("/"))
    if methods is None:
        return _problem(404, f"There is no {request.path}; there are {', '.join(_PAGES)}.")
    found = methods.get(request.method)
    if found is None:
        return _problem(405, f"{request.path} knows {', '.join(methods)}, not {request.method}.")
    try:
        return found(simulator, _asked(request))
    except ValueError as problem:  # no such world, mishap or operation, or no JSON
        return _problem(400, str(problem))


def _asked(request: Request) -> Mapping[str, Any]:
    if request.method != "POST":
        return {}
    try:
        asked = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as problem:
        raise Misasked(f"The body is not JSON: {problem}") from None
    if not isinstance(asked, dict):
        raise Misasked("The body must be a JSON object.")
    return asked


def _index(_: "Simulator", __: Mapping[str, Any]) -> Reply:
    return as_json(
        200,
        {
            "pages": {path: [f"{method}: {said}" for method, said in _WORDS[path].items()] for path in _PAGES},
            "mishaps": dict(MISHAPS),
        },
    )


def _books(simulator: "Simulator", _: Mapping[str, Any]) -> Reply:
    return as_json(200, simulator.state())


def _calls(simulator: "Simulator", _: Mapping[str, Any]) -> Reply:
    rows = [asdict(call) | {"time": call.time.isoformat()} for call in simulator.calls]
    return as_json(200, rows)


def _schedule(simulator: "Simulator", asked: Mapping[str, Any]) -> Reply:
    _only(asked, _MISHAP, required={"operation", "mishap"})
    scheduled = simulator.mishaps.add(
        asked["operation"], asked["mishap"], times=asked.get("times", 1), seconds=asked.get("seconds", 0)
    )
    return as_json(200, asdict(scheduled))


def _scheduled(simulator: "Simulator", _: Mapping[str, Any]) -> Reply:
    return as_json(200, [asdict(mishap) for mishap in simulator.mishaps.scheduled()])


def _clear(simulator: "Simulator", _: Mapping[str, Any]) -> Reply:
    simulator.mishaps.clear()
    return as_json(200, [])


def _world(simulator: "Simulator", asked: Mapping[str, Any]) -> Reply:
    _only(asked, {"world"}, required={"world"})
    if not isinstance(asked["world"], str):
        raise Misasked("world must be a name.")
    simulator.start_again(asked["world"])
    return as_json(200, {"world": asked["world"]})


def _only(asked: Mapping[str, Any], known: set[str], required: set[str]) -> None:
    strange, missing = asked.keys() - known, required - asked.keys()
    if strange:
        raise Misasked(f"Unknown: {', '.join(sorted(strange))}. Known: {', '.join(sorted(known))}.")
    if missing:
        raise Misasked(f"Missing: {', '.join(sorted(missing))}.")


def _problem(status: int, sentence: str) -> Reply:
    return as_json(status, {"error": sentence})


_PAGES: Final[Mapping[str, Mapping[str, Page]]] = MappingProxyType(
    {
        "/control/books": {"GET": _books},
        "/control/calls": {"GET": _calls},
        "/control/mishaps": {"GET": _scheduled, "POST": _schedule, "DELETE": _clear},
        "/control/world": {"POST": _world},
        "/control": {"GET": _index},
    }
)
_WORDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "/control/books": {"GET": "the whole state of the books"},
        "/control/calls": {"GET": "the calls so far, and what became of each"},
        "/control/mishaps": {
            "GET": "the mishaps that are scheduled",
            "POST": 'schedule one: {"operation": a name, or "*" for any, "mishap": a name below, "times": 1, "seconds": 0}',
            "DELETE": "forget them all",
        },
        "/control/world": {"POST": f'start again: {{"world": a name}}, one of {", ".join(WORLDS)}'},
        "/control": {"GET": "this page"},
    }
)
