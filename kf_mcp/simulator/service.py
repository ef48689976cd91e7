"""Carry out one SOAP call on the books: read it, check who asks, run it, see that the books still balance, answer."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kf_mcp.simulator.binder import Binder, NotBound
from kf_mcp.simulator.message import Reply, Request, page
from kf_mcp.simulator.operations import OPERATIONS, Refusal
from kf_mcp.simulator.schema import Exchange, contract
from kf_mcp.simulator.soap import (
    Dialect,
    Fault,
    UnknownFormat,
    call_in,
    call_named,
    dialect_of,
    fault_in_words,
    read_envelope,
    unreadable,
    wrapped,
    wrapper_of,
)
from kf_mcp.simulator.writer import Writer

if TYPE_CHECKING:
    from kf_mcp.simulator.simulator import Simulator

log = logging.getLogger(__name__)

WRONG_PASSWORD: Final = "Incorrect username or password"
"""KashFlow's own words, the same for a wrong and for a missing one (live failure tests of kashflow-export)."""

UNPROCESSED: Final = "Server was unable to process request. ---> "


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one call: "ok", "no" or "fault", and what goes back."""

    name: str
    outcome: str
    reply: Reply
    exchange: Exchange | None = None


def call_of(request: Request) -> Exchange | None:
    """Tell which call a request is, or none where that cannot be told."""
    try:
        named = call_named(request.headers, contract())
        return named or call_in(read_envelope(request.body, request.content_type), contract())
    except (Fault, UnknownFormat):
        return None


def handle(simulator: "Simulator", request: Request) -> Handled:
    """Carry out one call and make its reply."""
    exchange = call_of(request)
    name = exchange.name if exchange else ""
    try:
        dialect = dialect_of(request.content_type)
    except UnknownFormat:
        return Handled(name, "fault", page(500, "<html><body>Request format is unrecognized.</body></html>"))
    try:
        outcome, inside = _carried_out(simulator, request)
    except Fault as fault:
        return Handled(name, "fault", fault_reply(fault, dialect), exchange)
    return Handled(name, outcome, answer_reply(inside, dialect), exchange)


def answer_reply(inside: str, dialect: Dialect) -> Reply:
    """Wrap an answer, good or NO; both are HTTP 200."""
    return Reply(200, f"{dialect.content_type}; charset=utf-8", wrapped(inside, dialect))


def fault_reply(fault: Fault, dialect: Dialect) -> Reply:
    """Wrap a fault; it is HTTP 500."""
    return Reply(500, f"{dialect.content_type}; charset=utf-8", wrapped(fault_in_words(fault, dialect), dialect))


def writer_for(simulator: "Simulator") -> Writer:
    """Make the writer that the switches ask for."""
    switches = simulator.switches
    return Writer(
        contract(),
        empty_detail=switches.empty_detail == "element",
        empty_list=switches.empty_list == "element",
        good="OK" if switches.status_case == "upper" else "Ok",
    )


def _carried_out(simulator: "Simulator", request: Request) -> tuple[str, str]:
    """Read the request first: one that cannot be read is a fault before anybody looks at the password."""
    exchange, asked, wrong_lines = _read(request)
    writer = writer_for(simulator)
    refusal = _turned_away(simulator, exchange, asked, request.client)
    if refusal:
        return "no", writer.refused(exchange, refusal)
    if wrong_lines:
        raise Fault(f"{UNPROCESSED}Unable to cast object of type '{wrong_lines[0]}' to the type of a line.")
    without_password = {name: value for name, value in asked.items() if name not in {"UserName", "Password"}}
    try:
        return "ok", _run(simulator, exchange, without_password, writer)
    except Refusal as no:
        return "no", writer.refused(exchange, str(no))


def _read(request: Request) -> tuple[Exchange, dict[str, Any], list[str]]:
    named = call_named(request.headers, contract())
    envelope = read_envelope(request.body, request.content_type)
    exchange = named or call_in(envelope, contract())
    binder = Binder(contract())
    try:
        asked = binder.parameters(wrapper_of(envelope, exchange), exchange.request)
    except NotBound as problem:
        raise unreadable(problem, request.body) from None
    return exchange, asked, binder.wrong_lines


def _turned_away(simulator: "Simulator", exchange: Exchange, asked: Mapping[str, Any], client: str) -> str:
    """Check the password, then the address, as KashFlow's manual orders them; a call without a password skips both."""
    if not exchange.asks_who:
        return ""
    if (asked["UserName"], asked["Password"]) != (simulator.user, simulator.password):
        return WRONG_PASSWORD
    if not simulator.ip_allowed:
        return f"The IP address of {client} is not in the access list"
    return ""


def _run(simulator: "Simulator", exchange: Exchange, asked: Mapping[str, Any], writer: Writer) -> str:
    operation = OPERATIONS.get(exchange.name)
    if operation is None:
        raise Fault(f"{exchange.name} is not simulated yet.")
    try:
        with simulator.one_at_a_time, simulator.books.call():
            before = simulator.books.version
            inside = writer.accepted(exchange, operation(simulator.books, asked))
            _check_balance(simulator, exchange.name)
            if simulator.books.version != before:
                simulator.save()
            return inside
    except (Refusal, Fault):
        raise
    except Exception as problem:
        log.exception("The pretend KashFlow failed in %s.", exchange.name)
        simulator.problems.append(f"{exchange.name}: {type(problem).__name__}: {problem}")
        raise Fault(f"{UNPROCESSED}{type(problem).__name__} in the pretend KashFlow.") from None


def _check_balance(simulator: "Simulator", name: str) -> None:
    rows = simulator.books.trial_balance()
    difference = sum((Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows), Decimal(0))
    if difference:
        problem = f"After {name} the pretend KashFlow's trial balance is out by {difference}."
        simulator.problems.append(problem)
        raise Fault(f"{UNPROCESSED}{problem}")
