"""Play the mishaps: what becomes of one call when one is scheduled for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from kf_mcp.simulator.message import ConnectionRefused, Cut, Reply, Request
from kf_mcp.simulator.mishaps import Mishap
from kf_mcp.simulator.pages import LOGIN, SERVER_ERROR, UNAVAILABLE
from kf_mcp.simulator.service import UNPROCESSED, answer_reply, call_of, fault_reply, handle, writer_for
from kf_mcp.simulator.soap import Fault, UnknownFormat, dialect_of

if TYPE_CHECKING:
    from kf_mcp.simulator.simulator import Simulator

HUGE: Final = 80 * 1024 * 1024
TIMED_OUT: Final = (
    "Execution Timeout Expired. The timeout period elapsed prior to completion of the operation "
    "or the server is not responding."
)
"""SQL Server's words, as KashFlow's other API passes them on."""

ASKED_TO_REFUSE: Final = "The pretend KashFlow was asked to refuse this call."

Play: TypeAlias = "Callable[[Simulator, Mishap, Request], Awaitable[Reply]]"
Damage: TypeAlias = Callable[[Reply], Reply]


async def play(simulator: "Simulator", mishap: Mishap, request: Request) -> Reply:
    """Play one mishap; a connection that is to be cut is the exception Cut."""
    if mishap.name in _PAGES:
        return _PAGES[mishap.name]
    if mishap.name in _DAMAGES:
        return _DAMAGES[mishap.name](handle(simulator, request).reply.whole())
    return await _PLAYS[mishap.name](simulator, mishap, request)


async def _lose_answer(simulator: "Simulator", _: Mishap, request: Request) -> Reply:
    handle(simulator, request)
    raise Cut


async def _refuse_connection(_: "Simulator", __: Mishap, ___: Request) -> Reply:
    raise ConnectionRefused


async def _cut_before(_: "Simulator", __: Mishap, ___: Request) -> Reply:
    raise Cut


async def _late(simulator: "Simulator", mishap: Mishap, request: Request) -> Reply:
    async def carry_out() -> None:
        await simulator.pause(mishap.seconds)
        handle(simulator, request)

    simulator.later(carry_out())
    raise Cut


async def _slow(simulator: "Simulator", mishap: Mishap, request: Request) -> Reply:
    await simulator.pause(mishap.seconds)
    return handle(simulator, request).reply


async def _no_but_written(simulator: "Simulator", _: Mishap, request: Request) -> Reply:
    handled = handle(simulator, request)
    return _refused(simulator, request, TIMED_OUT) if handled.outcome == "ok" else handled.reply


async def _status_no(simulator: "Simulator", _: Mishap, request: Request) -> Reply:
    return _refused(simulator, request, ASKED_TO_REFUSE)


async def _soap_fault(simulator: "Simulator", _: Mishap, request: Request) -> Reply:
    try:
        return fault_reply(Fault(f"{UNPROCESSED}{ASKED_TO_REFUSE}"), dialect_of(request.content_type))
    except UnknownFormat:
        return handle(simulator, request).reply


def _refused(simulator: "Simulator", request: Request, sentence: str) -> Reply:
    """Say NO to a call; a request that is no call gets the fault it deserves."""
    exchange = call_of(request)
    if exchange is None:
        return handle(simulator, request).reply
    return answer_reply(writer_for(simulator).refused(exchange, sentence), dialect_of(request.content_type))


def _padded(reply: Reply) -> Reply:
    """Make an answer huge and yet well-formed: blanks before the end of the envelope."""
    return replace(reply, padding=HUGE, before_padding=reply.body.rfind(b"</soap:Envelope>"))


_PLAYS: Final[Mapping[str, Play]] = MappingProxyType(
    {
        "lose_answer": _lose_answer,
        "refuse_connection": _refuse_connection,
        "cut_before": _cut_before,
        "late": _late,
        "slow": _slow,
        "no_but_written": _no_but_written,
        "status_no": _status_no,
        "soap_fault": _soap_fault,
    }
)
_PAGES: Final[Mapping[str, Reply]] = MappingProxyType(
    {"http_500": SERVER_ERROR, "http_503": UNAVAILABLE, "html_page": LOGIN}
)
_DAMAGES: Final[Mapping[str, Damage]] = MappingProxyType(
    {
        "truncated_xml": lambda reply: replace(reply, body=reply.body[: len(reply.body) * 2 // 3]),
        "not_xml": lambda reply: replace(reply, body=b"The server is busy. Please try again later."),
        "wrong_namespace": lambda reply: replace(
            reply, body=reply.body.replace(b'xmlns="KashFlow"', b'xmlns="http://tempuri.org/"')
        ),
        "empty_body": lambda reply: replace(reply, body=b""),
        "huge": _padded,
    }
)
