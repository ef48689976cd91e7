"""Carry out one SOAP call on the books: read it, check who asks, run it, see that the books still balance, answer."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kf_mcp.simulator.binder import Binder, NotBound
from kf_mcp.simulator.message import Cut, Reply, Request, page
from kf_mcp.simulator.operations import OPERATIONS, Refusal
from kf_mcp.simulator.pages import here
from kf_mcp.simulator.schema import Exchange, contract
from kf_mcp.simulator.soap import (
    CLOSING,
    Dialect,
    Fault,
    UnknownFormat,
    call_in,
    call_named,
    dialect_of,
    fault_in_words,
    opening,
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


HELD: Final = 1_000_000
"""How long an answer may be, in characters, to be held whole and sent with its length, as nearly all are."""

PIECE: Final = 64_000
"""How many characters of a longer answer are made at a time."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands inside the envelope: the beginning of the answer or all of it, and the rest of a long one."""

    held: str
    rest: Iterator[str] | None = None


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
    return Handled(name, outcome, _reply(simulator, name, inside, dialect, request), exchange)


def answer_reply(inside: str, dialect: Dialect) -> Reply:
    """Wrap an answer, good or NO; both are HTTP 200."""
    return Reply(200, f"{dialect.content_type}; charset=utf-8", wrapped(inside, dialect))


def _reply(simulator: "Simulator", name: str, inside: "Inside", dialect: Dialect, request: Request) -> Reply:
    """Wrap an answer, a long one so that the rest of it is made while it is sent."""
    held = here(inside.held, request)
    if inside.rest is None:
        return answer_reply(held, dialect)
    body = f"{opening(dialect)}{held}".encode()
    more = _sent_later(simulator, name, inside.rest, request)
    return Reply(200, f"{dialect.content_type}; charset=utf-8", body, more=more)


def _sent_later(simulator: "Simulator", name: str, rest: Iterator[str], request: Request) -> Iterator[bytes]:
    """Make the rest of a long answer; whoever fails in it can only cut the connection."""
    try:
        for text in rest:
            yield here(text, request).encode()
    except Exception as problem:
        log.exception("The pretend KashFlow failed in the middle of the answer to %s.", name)
        _remember(simulator, name, problem)
        raise Cut from None
    yield CLOSING.encode()


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


def _carried_out(simulator: "Simulator", request: Request) -> tuple[str, Inside]:
    """Read the request first: one that cannot be read is a fault before anybody looks at the password."""
    exchange, asked, wrong_lines = _read(request)
    writer = writer_for(simulator)
    refusal = _turned_away(simulator, exchange, asked, request.client)
    if refusal:
        return "no", Inside(writer.refused(exchange, refusal))
    if wrong_lines:
        raise Fault(f"{UNPROCESSED}Unable to cast object of type '{wrong_lines[0]}' to the type of a line.")
    without_password = {name: value for name, value in asked.items() if name not in {"UserName", "Password"}}
    try:
        return "ok", _run(simulator, exchange, without_password, writer)
    except Refusal as no:
        return "no", Inside(writer.refused(exchange, str(no)))


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


def _run(simulator: "Simulator", exchange: Exchange, asked: Mapping[str, Any], writer: Writer) -> Inside:
    operation = OPERATIONS.get(exchange.name)
    if operation is None:
        raise Fault(f"{exchange.name} is not simulated yet.")
    try:
        with simulator.one_at_a_time, simulator.books.call():
            before = simulator.books.version
            inside = _begun(writer.parts(exchange, operation(simulator.books, asked)))
            written = simulator.books.version != before
            _check_balance(simulator, exchange.name, written=written)
            if written:
                simulator.save()
            return inside
    except (Refusal, Fault):
        raise
    except Exception as problem:
        log.exception("The pretend KashFlow failed in %s.", exchange.name)
        _remember(simulator, exchange.name, problem)
        raise Fault(f"{UNPROCESSED}{type(problem).__name__} in the pretend KashFlow.") from None


def _remember(simulator: "Simulator", name: str, problem: Exception) -> None:
    simulator.problems.append(f"{name}: {type(problem).__name__}: {problem}")


def _begun(parts: Iterator[str]) -> Inside:
    """Write an answer whole, or the beginning of one that is too long to be held.

    The rest of a long one is written after the call is over. The records in it are those of the moment of the call;
    the name beside a document is that of the moment in which its row is sent.
    """
    pieces = _pieces(parts)
    held: list[str] = []
    while sum(map(len, held)) < HELD:
        piece = next(pieces, None)
        if piece is None:
            return Inside("".join(held))
        held.append(piece)
    return Inside("".join(held), pieces)


def _pieces(parts: Iterator[str]) -> Iterator[str]:
    """Put the many small parts of an answer together into pieces worth sending."""
    piece, size = [], 0
    for part in parts:
        piece.append(part)
        size += len(part)
        if size >= PIECE:
            yield "".join(piece)
            piece, size = [], 0
    yield "".join(piece)


def _check_balance(simulator: "Simulator", name: str, *, written: bool) -> None:
    """See that debits equal credits after every call, and after a writing one that the ledger adds up to its entries."""
    rows = simulator.books.trial_balance()
    difference = sum((Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows), Decimal(0))
    problem = f"After {name} the pretend KashFlow's trial balance is out by {difference}." if difference else ""
    if written and (miscounted := simulator.books.ledger.miscounted()):
        problem = f"After {name} the pretend KashFlow's ledger differs from its entries by {miscounted}."
    if problem:
        simulator.problems.append(problem)
        raise Fault(f"{UNPROCESSED}{problem}")
