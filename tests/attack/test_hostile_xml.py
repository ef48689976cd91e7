"""XML that means harm, read by the client and by the pretend KashFlow: refused, in bounded time and memory, and nothing opened."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from measured import within
from mutants import IS_LONG

from kf_mcp.kashflow import streaming
from kf_mcp.kashflow.customers import MEMBERS, to_customer
from kf_mcp.kashflow.envelopes import Envelopes, Unusable
from kf_mcp.kashflow.streaming import ListReader
from kf_mcp.simulator import Simulator
from kf_mcp.simulator.message import Request
from kf_mcp.simulator.service import handle

WIRE = Path(__file__).parent.parent / "wire"
CUSTOMER = (WIRE / "answers" / "GetCustomer.blanks.xml").read_bytes()
CUSTOMERS = (WIRE / "answers" / "GetCustomers.two.xml").read_bytes()
ASKED = (WIRE / "requests" / "InsertCustomer.full.xml").read_bytes()
PLACE = b"<Notes />"
BOMB = b"<!DOCTYPE x [<!ENTITY a0 'ha'>%s]>" % b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)
)
LONG_ENTITY = b"<!DOCTYPE x [<!ENTITY a11 '%s'>]>" % (b"x" * 100_000)
PARAMETER = b"<!DOCTYPE x [<!ENTITY %% p SYSTEM 'file://%s'>%%p;]>"


def headed(document: bytes, doctype: bytes) -> bytes:
    return document.replace(b"?>", b"?>" + doctype, 1)


def noted(document: bytes, inside: bytes) -> bytes:
    """The document with something hostile where a text belongs."""
    assert PLACE in document or b"<Notes>" in document
    return re.sub(rb"<Notes />|<Notes>[^<]*</Notes>", lambda _: b"<Notes>%s</Notes>" % inside, document)


def beside(document: bytes, inside: bytes) -> bytes:
    """The document with something hostile where a member belongs."""
    return re.sub(rb"<Notes />|<Notes>[^<]*</Notes>", lambda _: inside, document)


HOSTILE = {
    "a document type": lambda d, _: headed(d, b"<!DOCTYPE x>"),
    "an entity of its own": lambda d, _: headed(noted(d, b"&e;"), b"<!DOCTYPE x [<!ENTITY e 'boo'>]>"),
    "a file as an entity": lambda d, f: headed(noted(d, b"&e;"), b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file://%s'>]>" % f),
    "a file as a parameter": lambda d, f: headed(d, PARAMETER % f),
    "a file as the document type": lambda d, f: headed(d, b"<!DOCTYPE x SYSTEM 'file://%s'>" % f),
    "a page as the document type": lambda d, _: headed(d, b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'>"),
    "a billion laughs": lambda d, _: headed(noted(d, b"&a11;"), BOMB),
    "a billion laughs in an attribute": lambda d, _: headed(beside(d, b"<Notes x='&a11;'/>"), BOMB),
    "one long entity many times": lambda d, _: headed(noted(d, b"&a11;" * 50_000), LONG_ENTITY),
    "one long entity in many attributes": lambda d, _: headed(beside(d, b"<Notes x='&a11;'/>" * 5_000), LONG_ENTITY),
    "an unknown entity": lambda d, _: noted(d, b"&nbsp;"),
    "elements in elements": lambda d, _: noted(d, b"<a>" * 300 + b"</a>" * 300),
    "elements in elements without end": lambda d, _: noted(d, b"<a>" * 1_000_000),
    "a NUL": lambda d, _: noted(d, b"a\x00b"),
    "half a character": lambda d, _: noted(d, b"\xe2\x82"),
    "a surrogate": lambda d, _: noted(d, b"\xed\xa0\x80"),
    "the number of a surrogate": lambda d, _: noted(d, b"&#xD800;"),
    "a text of 12 MB": lambda d, _: noted(d, b"x" * 12_000_000),
    "a million attributes": lambda d, _: beside(
        d, b"<Notes %s/>" % b" ".join(b'a%d="1"' % n for n in range(1_000_000))
    ),
    "one attribute twice": lambda d, _: beside(d, b'<Notes a="1" a="2"/>'),
    "a name of 12 MB": lambda d, _: beside(d, b"<%s/>" % (b"n" * 12_000_000)),
    "UTF-16": lambda d, _: d.decode().replace("utf-8", "utf-16").encode("utf-16"),
    "UTF-16 that says UTF-8": lambda d, _: d.decode().encode("utf-16"),
    "UTF-32": lambda d, _: d.decode().encode("utf-32"),
    "EBCDIC": lambda d, _: d.decode().encode("cp037", "replace"),
    "Latin-1 that says UTF-8": lambda d, _: noted(d, "£20".encode("latin-1")),
    "a mark of UTF-16 before UTF-8": lambda d, _: b"\xff\xfe" + d,
}
every = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())


@pytest.fixture(scope="module")
def reader() -> Envelopes:
    return Envelopes()


@pytest.fixture
def secret(tmp_path: Path) -> bytes:
    """A file whose content nobody may see."""
    path = tmp_path / "secret.txt"
    path.write_text("SECRET")
    return bytes(path)


def read_as_list(document: bytes, size: int = 65_536) -> Any:
    reader = ListReader("GetCustomers", "Customer", to_customer, MEMBERS)
    for start in range(0, len(document), size):
        reader.feed(document[start : start + size])
    return reader.finish()


@every
def test_an_answer_that_means_harm_is_refused(reader: Envelopes, secret: bytes, hostile: Any) -> None:
    document = hostile(CUSTOMER, secret)

    with within(seconds=5, megabytes=400, clock=time.process_time), pytest.raises(Unusable) as refused:
        reader.answer("GetCustomer", document)

    assert "SECRET" not in str(refused.value)


@every
def test_a_list_that_means_harm_is_refused(secret: bytes, hostile: Any) -> None:
    document = hostile(CUSTOMERS, secret)

    with within(seconds=5, megabytes=400, clock=time.process_time), pytest.raises(Unusable) as refused:
        read_as_list(document)

    assert "SECRET" not in str(refused.value)


@every
def test_a_request_that_means_harm_writes_nothing_it_should_not(secret: bytes, hostile: Any) -> None:
    """The pretend KashFlow reads other encodings, as .NET does; everything else of these is a fault."""
    company = Simulator("empty")
    request = Request(
        "POST",
        "/api/service.asmx",
        "http://127.0.0.1/api/service.asmx",
        headers={"content-type": "text/xml", "soapaction": '"KashFlow/InsertCustomer"'},
        body=hostile(ASKED, secret),
    )

    with within(seconds=5, megabytes=400, clock=time.process_time):
        handled = handle(company, request)

    assert b"SECRET" not in handled.reply.body
    assert company.problems == []
    if handled.outcome != "fault":
        assert request.body[:2] in {b"\xff\xfe", b"\xfe\xff"}
        assert b"UTF" not in handled.reply.body


@pytest.mark.parametrize(
    ("declared", "document"),
    [
        ("nothing", re.sub(rb"<\?xml.*?\?>", b"", CUSTOMER)),
        ("UTF-8 with its mark", b"\xef\xbb\xbf" + CUSTOMER),
        ("Latin-1", CUSTOMER.replace(b'encoding="utf-8"', b'encoding="iso-8859-1"')),
        ("UTF-16", CUSTOMER.replace(b'encoding="utf-8"', b'encoding="utf-16"')),
        ("UTF-7", CUSTOMER.replace(b'encoding="utf-8"', b'encoding="utf-7"')),
    ],
)
def test_an_answer_is_read_as_utf_8_whatever_it_says_of_itself(
    reader: Envelopes, declared: str, document: bytes
) -> None:
    """Read as Latin-1 a pound sign would become two characters, and go back into the books so."""
    written = noted(document, "£20 to Zoë+AGE-".encode())

    assert reader.answer("GetCustomer", written).result["Notes"] == "£20 to Zoë+AGE-"


@pytest.mark.parametrize(
    "text", ["1E+999999999", "NaN", "-Infinity", "1_000", "٣", "1,000.00", "0x10", "9" * 5000, "12 50"]
)
@pytest.mark.parametrize("member", [b"CustomerID", b"Discount"])
def test_what_is_no_number_is_not_read_as_one(reader: Envelopes, member: bytes, text: str) -> None:
    document = re.sub(rb"<%s>[^<]*<" % member, b"<%s>%s<" % (member, text.encode()), CUSTOMER)

    with pytest.raises(Unusable, match="does not fit its description") as refused:
        reader.answer("GetCustomer", document)

    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["abc", "2026-02-30", "24 November"])
def test_what_is_no_date_is_not_read_as_none(reader: Envelopes, text: str) -> None:
    document = re.sub(rb"<Created>[^<]*<", b"<Created>%s<" % text.encode(), CUSTOMER)

    with pytest.raises(Unusable):
        reader.answer("GetCustomer", document)


def test_members_that_nobody_knows_cost_no_more_than_their_size(reader: Envelopes) -> None:
    """zeep took a fifth of a millisecond for each, a minute for these."""
    document = beside(CUSTOMER, b"<x/>" * 300_000)

    with within(seconds=5, megabytes=200, clock=time.process_time):
        answer = reader.answer("GetCustomer", document)

    assert answer.result["Code"] == "HATT01"


def test_a_member_that_comes_many_times_counts_once(reader: Envelopes) -> None:
    document = beside(CUSTOMER, b"<Notes>first</Notes>" + b"<Notes>later</Notes>" * 100_000)

    with within(seconds=5, megabytes=200, clock=time.process_time):
        answer = reader.answer("GetCustomer", document)

    assert answer.result["Notes"] == "first"


def test_elements_that_refer_to_each_other_are_not_copied_out(reader: Envelopes) -> None:
    """SOAP's multiRef: each of 40 elements refers twice to the one before, which copied out is a million million."""
    parts = b"".join(
        b'<m id="m%d"><w><y href="#m%d"/></w><w><y href="#m%d"/></w></m>' % (n, n - 1, n - 1) for n in range(40)
    )
    document = beside(CUSTOMER, b'<Notes href="#m39"/>').replace(b"</soap:Body>", parts + b"</soap:Body>")

    with within(seconds=5, megabytes=100, clock=time.process_time):
        answer = reader.answer("GetCustomer", document)

    assert answer.result["Notes"] is None


@pytest.mark.parametrize(
    "inside",
    [b"<x/>" * 5_000_000, b'<x a="1" b="2" c="3"/>' * 1_500_000, b"<Customer/>" * 4_000_000],
    ids=["elements", "attributes", "rows"],
)
def test_a_tree_that_would_fill_the_memory_is_not_built(reader: Envelopes, inside: bytes) -> None:
    document = CUSTOMERS.replace(b"<Customer>", inside + b"<Customer>", 1)

    with within(seconds=5, megabytes=400, clock=time.process_time), pytest.raises(Unusable, match="more elements"):
        reader.answer("GetCustomers", document)


FILLERS = {
    "unknown elements": (b"<x/>" * 16_000, "longer than any honest list"),
    "processing instructions": (b"<?x y?>" * 9_000, "longer than any honest list"),
    "comments": (b"<!--%s-->" % (b"x" * 60_000), "longer than any honest list"),
    "blanks": (b" " * 65_000, "longer than any honest list"),
    "statuses": (
        b"</GetCustomersResult><Status>OK</Status><GetCustomersResult>" * 1_000,
        "longer than any honest list",
    ),
    "rows in the wrong place": (b"<Other><Customer></Customer></Other>" * 1_700, "longer than any honest list"),
    "rows in one row": (b"<Customer>" * 5_000, "not well-formed"),
}


def fed(reader: Any, filler: bytes) -> None:
    """Feed a gigabyte of this into the middle of a list."""
    reader.feed(CUSTOMERS[: CUSTOMERS.index(b"<Customer>")])
    for _ in range(2**30 // len(filler)):
        reader.feed(filler)


@pytest.mark.parametrize(("filler", "why"), FILLERS.values(), ids=FILLERS.keys())
def test_a_list_that_brings_no_rows_is_given_up_soon(filler: bytes, why: str) -> None:
    reader = ListReader("GetCustomers", "Customer", to_customer, MEMBERS)

    with within(seconds=10, megabytes=350, clock=time.process_time), pytest.raises(Unusable, match=why):
        fed(reader, filler)


def test_a_list_with_more_rows_than_any_honest_one_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million rows take ten seconds; the ordinary run counts to fewer."""
    most = streaming.MOST_ROWS if IS_LONG else 50_000
    monkeypatch.setattr(streaming, "MOST_ROWS", most)
    reader = ListReader("GetCustomers", "Customer", lambda row: row["Code"], ["Code"])

    with (
        within(seconds=60, megabytes=200, clock=time.process_time),
        pytest.raises(Unusable, match="longer than any honest list"),
    ):
        fed(reader, b"<Customer/>" * 6_000)
    assert len(reader.values) < most + 12_000


@pytest.mark.parametrize("size", [1, 2, 7, 4096])
def test_a_list_is_the_same_in_whatever_pieces_it_comes(size: int) -> None:
    document = noted(CUSTOMERS, b"pays&#x1F;late &amp; &#163;20")

    values, status, _ = read_as_list(document, size)

    assert [customer.notes for customer in values if customer.notes] == ["pays late & £20"]
    assert (status, values) == ("OK", read_as_list(document, len(document))[0])


@pytest.mark.parametrize(
    "document",
    [
        b'<Customer xmlns="KashFlow"/>',
        b'<Status xmlns="KashFlow">OK</Status>',
        b'<GetCustomersResponse xmlns="KashFlow"/>',
        b'<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
        b"",
        b" ",
        b"\xef\xbb\xbf",
    ],
)
def test_a_list_whose_root_is_one_of_its_parts_is_refused(document: bytes) -> None:
    with pytest.raises(Unusable):
        read_as_list(document)


def test_a_fault_counts_only_where_a_fault_stands() -> None:
    inside = b'<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><faultstring>no</faultstring></s:Fault>'

    values, status, _ = read_as_list(beside(CUSTOMERS, inside))

    assert (len(values), status) == (2, "OK")
