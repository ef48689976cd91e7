"""Fuzz of the pretend KashFlow: whatever is sent, it answers SOAP, its books stay in balance, and it goes on.

The ordinary run takes a few hundred mutants; `test_fuzz_decoder.py` says how to run for ten minutes.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from conftest import Tally
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from mutants import IS_LONG, NASTY, PIECES, counting, mutants, until

from kf_mcp.simulator import Simulator
from kf_mcp.simulator.message import Reply, Request
from kf_mcp.simulator.operations import OPERATIONS
from kf_mcp.simulator.schema import Member, contract
from kf_mcp.simulator.service import handle

SERVICE = "/api/service.asmx"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SOAP_12 = "{http://www.w3.org/2003/05/soap-envelope}"
FORBIDDEN = re.compile(rb"&#x([0-8BCEF]|1[0-9A-F]);")
ARITHMETIC = re.compile(r"^\w+: (InvalidOperation|OverflowError): ")
"""Figures and dates past all bounds are a fault inside KashFlow too; what it answered then is a fault, and nothing is written."""
SLOWEST = 3.0
FULL = settings(
    max_examples=5_000 if IS_LONG else 150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SECONDS = 160
HEADERS = st.sampled_from(
    [
        {},
        {"content-type": "text/xml; charset=utf-8"},
        {"content-type": 'text/xml; charset="klingon"'},
        {"content-type": "text/xml; charset=utf-16"},
        {"content-type": "text/xml; charset=cp037"},
        {"content-type": "application/soap+xml"},
        {"content-type": 'application/soap+xml; action="KashFlow/GetCustomer"'},
        {"content-type": "application/soap+xml; action="},
        {"content-type": "text/html"},
        {"content-type": "\x00\xff;;;=" * 50},
        {"soapaction": "KashFlow/\x00\x1f<&\xff"},
        {"soapaction": '"' * 1000},
    ]
)


@pytest.fixture
def counted(tally: Tally) -> Iterator[Counter[str]]:
    with counting("fuzz of the simulator", tally, megabytes=500) as count:
        yield count


@pytest.fixture(scope="module")
def company() -> Simulator:
    return Simulator("demo", today=date(2026, 11, 20))


def asked(operation: str, body: bytes, headers: dict[str, str]) -> Request:
    said = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"KashFlow/{operation}"', **headers}
    return Request("POST", SERVICE, f"http://127.0.0.1{SERVICE}", headers=said, body=body)


def soap(reply: Reply) -> str:
    """What an answer is: "ok", "no", "fault", or "page" for a person. Raises where it is none of these."""
    body = b"".join(reply.pieces())
    if not reply.content_type.startswith(("text/xml", "application/soap+xml")):
        assert reply.status == 500
        return "page"
    root = etree.fromstring(FORBIDDEN.sub(b" ", body))  # .NET writes what XML forbids as numbers, and so does this
    assert root.tag in {f"{SOAP}Envelope", f"{SOAP_12}Envelope"}
    inside = root[0][0]
    is_fault = inside.tag in {f"{SOAP}Fault", f"{SOAP_12}Fault"}
    assert reply.status == (500 if is_fault else 200)
    return "fault" if is_fault else str(inside.findtext("{KashFlow}Status") or "ok").lower()


def served(company: Simulator, request: Request, count: Counter[str]) -> None:
    began = time.process_time()
    handled = handle(company, request)
    took = time.process_time() - began
    count[soap(handled.reply)] += 1
    problems = [problem for problem in company.problems if not ARITHMETIC.search(problem)]
    company.problems.clear()
    assert problems == []
    assert took < SLOWEST


def test_a_mutated_request_is_answered_in_soap(company: Simulator, counted: Counter[str]) -> None:
    @FULL
    @given(mutants("requests"), HEADERS, st.booleans())
    def fuzz(mutant: tuple[str, bytes], headers: dict[str, str], is_other: bool) -> None:
        operation, body = mutant
        served(company, asked(operation, body, headers if is_other else {}), counted)

    until(SECONDS / 2, fuzz)


def test_base64_with_a_letter_outside_ascii_is_a_fault(company: Simulator, counted: Counter[str]) -> None:
    inside = "<UserName>demo</UserName><Password>demo</Password><inStream>\u00a312.50</inStream>"
    call = f'<VCFToCustomerObjects xmlns="KashFlow">{inside}</VCFToCustomerObjects>'
    spaces = 'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    body = f"<soap:Envelope {spaces}><soap:Body>{call}</soap:Body></soap:Envelope>".encode()

    served(company, asked("VCFToCustomerObjects", body, {}), counted)

    assert counted == {"fault": 1}


@pytest.mark.parametrize("body", [*PIECES, b"", b" ", b"\x00" * 50, b"<", b"<a" + b' b="1"' * 2000, b"\xfe\xff\x00<"])
def test_what_is_no_envelope_at_all_is_answered_in_soap(company: Simulator, body: bytes) -> None:
    count: Counter[str] = Counter()

    served(company, asked("GetCustomer", body, {}), count)

    assert count["fault"] == 1


words = st.sampled_from(NASTY) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
SMALL = st.sampled_from(
    ["0", "1", "2", "-1", "1001", "1042", "12.50", "-7.005", "1000000000", "99999999999999999999.5"]
)


def typed(draw: Any, member: Member, depth: int = 0) -> str:
    """An element for a member: mostly what belongs there, now and then what does not."""
    name, kind = member.name, member.kind
    if name in {"UserName", "Password"}:
        return f"<{name}>demo</{name}>"
    chance = draw(st.integers(0, 19))
    if chance == 0:
        return ""
    if chance == 1:
        return f"<{name}>{escaped(draw(words))}</{name}>"
    shape = contract().shapes.get(kind)
    if shape is not None and depth < 4:
        if shape.item is not None:
            rows = "".join(typed(draw, shape.item, depth + 1) for _ in range(draw(st.integers(0, 3))))
            return f"<{name}>{rows}</{name}>"
        return f"<{name}>{''.join(typed(draw, part, depth + 1) for part in shape.members)}</{name}>"
    if kind == "anyType":
        row = contract().shapes[draw(st.sampled_from(["InvoiceLine", "ReceiptLine2", "JournalLine", "Payment"]))]
        inner = "".join(typed(draw, part, depth + 1) for part in row.members)
        return f'<{name} xsi:type="{row.name}">{inner}</{name}>'
    return f"<{name}>{escaped(draw(plain(kind)))}</{name}>"


def plain(kind: str) -> st.SearchStrategy[str]:
    match kind:
        case "int" | "integer":
            return st.integers(-3, 3000).map(str) | SMALL.filter(lambda text: "." not in text)
        case "decimal":
            return SMALL | st.decimals("-5000", "5000", places=draw_places()).map(lambda number: f"{number:f}")
        case "boolean":
            return st.sampled_from(["true", "false", "0", "1"])
        case "dateTime":
            return st.dates(date(1990, 1, 1), date(2100, 1, 1)).map(lambda day: f"{day}T00:00:00") | st.sampled_from(
                ["0001-01-01T00:00:00", "9999-12-31T00:00:00", "2026-11-20", "2026-06-30T23:59:59Z"]
            )
        case "base64Binary":
            return st.sampled_from(["", "AAAA", "JVBERi0xLjQ="])
    return words | st.sampled_from(["PENH01", "demo", "2026-11-20", "1042", "BACS", "Hats"])


def draw_places() -> int:
    return 4


def escaped(text: str) -> str:
    kept = "".join(character for character in text if character >= " " or character in "\n\t")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@st.composite
def calls(draw: Any) -> tuple[str, bytes]:
    """A call of any operation with values of all sorts in their places."""
    name = draw(st.sampled_from(sorted(OPERATIONS)))
    inside = "".join(typed(draw, member) for member in contract().exchanges[name].request)
    envelope = (
        f'<soap:Envelope xmlns:soap="{SOAP[1:-1]}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soap:Body>'
        f'<{name} xmlns="KashFlow">{inside}</{name}></soap:Body></soap:Envelope>'
    )
    return name, envelope.encode()


def test_any_values_in_any_call_are_answered_and_leave_the_books_in_balance(counted: Counter[str]) -> None:
    def fresh() -> None:
        company = Simulator("demo", today=date(2026, 11, 20))

        @settings(FULL, max_examples=500 if IS_LONG else 100)
        @given(calls())
        def fuzz(call: tuple[str, bytes]) -> None:
            served(company, asked(*call, {}), counted)

        fuzz()
        company.state()

    until(SECONDS, fresh)
