"""Envelopes gone wrong: the hand-written ones of tests/wire, mutated byte by byte and element by element."""

import copy
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from lxml import etree

WIRE = Path(__file__).parent.parent / "wire"
IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
XSI = "http://www.w3.org/2001/XMLSchema-instance"

NASTY = (
    *("", " ", "\n", "0", "-0", "-1", "1.0", "1_000", "1,000.00", "٣", "0x10", "1e5", "1E+999999999", "1E-999999999"),
    *("NaN", "sNaN", "Infinity", "-Infinity", "9" * 30, "9" * 5000, "-" + "9" * 400, "0." + "3" * 40, "." + "1" * 400),
    *(
        "true",
        "TRUE",
        "yes",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31T23:59:59.9999999",
        "2026-11-20T25:00:00",
        "24:00:00",
    ),
    *("2026-11-20T00:00:00+14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "20261120", "2026-W47"),
    *("2147483648", "-2147483649", "9223372036854775808", "£12.50", "\u202eevil\u2066", "\u0085", "\ufeff", "😀" * 50),
    *(
        "x" * 20_000,
        "</soap:Body>",
        "]]>",
        "&amp;lt;",
        "OK",
        "NO",
        "Ok",
        "No such invoice",
        "Timeout expired",
        "a\tb\r\nc",
    ),
)
"""Texts that mean something to a careless reader."""

NAMES = (
    "Status",
    "StatusDetail",
    "Lines",
    "anyType",
    "InvoiceLine",
    "Customer",
    "InvoiceDBID",
    "CustomerID",
    "x",
    "Fault",
)
SPACES = ("KashFlow", "", "http://schemas.xmlsoap.org/soap/envelope/", "urn:other")
ATTRIBUTES = (
    *(
        ("nil", "true"),
        ("nil", "1"),
        ("nil", "maybe"),
        ("type", "xsd:int"),
        ("type", "xsd:string"),
        ("type", "k:Invoice"),
    ),
    *(
        ("type", "k:InvoiceLine"),
        ("type", "InvoiceLine"),
        ("type", "xsd:anyType"),
        ("type", "k:ResourceBase"),
        ("type", ":"),
    ),
    *(("type", "nowhere:thing"), ("type", ""), ("id", "a"), ("href", "#a"), ("mustUnderstand", "1")),
)
PIECES = (
    *(
        b"<",
        b">",
        b"&",
        b"&#0;",
        b"&#x1F;",
        b"&#xD800;",
        b"&#x0000000000000000000000001F;",
        b"&nbsp;",
        b"\x00",
        b"\xff",
    ),
    *(
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?x?>",
        b"<?xml?>",
        b"<!DOCTYPE x>",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"</",
    ),
    *(
        b"<a>" * 300,
        b"<a/>" * 300,
        b'<a b="1" b="2"/>',
        b'<a xmlns="">',
        b"\xc2",
        b" " * 5000,
        b"%",
        b'<x:y xmlns:x="z"/>',
    ),
)


def envelopes(kind: str) -> list[tuple[str, bytes]]:
    """The hand-written envelopes, `answers` or `requests`, each with its operation."""
    return [(path.name.split(".")[0], path.read_bytes()) for path in sorted((WIRE / kind).glob("*.xml"))]


def mutants(kind: str) -> st.SearchStrategy[tuple[str, bytes]]:
    """An operation and an envelope of it that has gone wrong in one to six ways."""
    known = envelopes(kind)
    return st.builds(
        lambda seed, n, changes: (known[n][0], mutated(known[n][1], changes, known[seed % len(known)][1])),
        st.integers(0, 10_000),
        st.integers(0, len(known) - 1),
        st.lists(
            st.tuples(st.sampled_from(CHANGES), st.integers(0, 2**30), st.integers(0, 2**30)), min_size=1, max_size=6
        ),
    )


def mutated(document: bytes, changes: list[tuple[Callable[..., bytes], int, int]], other: bytes = b"") -> bytes:
    """The document after these changes, each at a place and of a kind that its two numbers decide."""
    for change, where, which in changes:
        document = change(document, where, which, other)
    return document


def _bytes(work: Callable[[bytes, int, int, bytes], bytes]) -> Callable[[bytes, int, int, bytes], bytes]:
    return lambda document, where, which, other: work(document, where % (len(document) + 1), which, other)


def _tree(work: Callable[[Any, int], None]) -> Callable[[bytes, int, int, bytes], bytes]:
    """A change of one element; a document that is no XML any more stays as it is."""

    def change(document: bytes, where: int, which: int, _: bytes) -> bytes:
        try:
            root = etree.fromstring(document)
        except (etree.XMLSyntaxError, ValueError):
            return document
        elements = list(root.iter("*"))
        try:
            work(elements[where % len(elements)], which)
        except ValueError:  # a text that XML cannot hold
            return document
        return etree.tostring(root, xml_declaration=True, encoding="utf-8")

    return change


def _text(element: Any, which: int) -> None:
    element.text = NASTY[which % len(NASTY)]


def _attribute(element: Any, which: int) -> None:
    name, value = ATTRIBUTES[which % len(ATTRIBUTES)]
    element.set(f"{{{XSI}}}{name}" if name in {"nil", "type"} else name, value)


def _rename(element: Any, which: int) -> None:
    space = SPACES[which // len(NAMES) % len(SPACES)]
    element.tag = f"{{{space}}}{NAMES[which % len(NAMES)]}" if space else NAMES[which % len(NAMES)]


def _repeat(element: Any, which: int) -> None:
    if element.getparent() is not None:
        for _ in range(1 + which % 40):
            element.addnext(copy.deepcopy(element))


def _remove(element: Any, _: int) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def _wrap(element: Any, which: int) -> None:
    """Put the element into copies of its own tag."""
    for _ in range(1 + which % 5):
        inside = list(element)
        shell = etree.SubElement(element, element.tag)
        shell.text, element.text = element.text, None
        shell.extend(inside)


def _move(element: Any, which: int) -> None:
    elements = list(element.getroottree().iter("*"))
    target = elements[which % len(elements)]
    if element.getparent() is not None and element not in list(target.iterancestors()) and target is not element:
        target.append(element)


def _encoding(document: bytes, _where: int, which: int, _other: bytes) -> bytes:
    names = ("utf-16", "utf-7", "utf-8-sig", "utf-32", "cp037", "latin-1")
    try:
        return document.decode("utf-8").encode(names[which % len(names)], "replace")
    except UnicodeDecodeError:
        return document


CHANGES: tuple[Callable[..., bytes], ...] = (
    _bytes(lambda d, where, which, _: d[:where] + bytes([which % 256]) + d[where + 1 :]),
    _bytes(lambda d, where, which, _: d[:where] + PIECES[which % len(PIECES)] + d[where:]),
    _bytes(lambda d, where, which, _: d[:where] + d[where + which % 200 :]),
    _bytes(lambda d, where, which, _: d[:where] + d[where : where + which % 500] * 3 + d[where:]),
    _bytes(lambda d, where, *_: d[:where]),
    _bytes(lambda d, where, which, other: d[:where] + other[which % (len(other) + 1) :]),
    _encoding,
    *(
        _tree(work)
        for work in (_text, _text, _text, _text, _attribute, _attribute, _rename, _repeat, _remove, _wrap, _move)
    ),
)


def until(seconds: float, fuzz: Callable[[], None]) -> None:
    """Run a fuzz test of hypothesis once, in a long run again and again for so many seconds."""
    end = time.monotonic() + seconds
    fuzz()
    while IS_LONG and time.monotonic() < end:
        fuzz()


@contextmanager
def counting(name: str, tally: Callable[[str, Any], None], *, megabytes: int) -> Iterator[Counter[str]]:
    """Count what becomes of mutants, and see that memory stays where it was."""
    count: Counter[str] = Counter()
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    yield count
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    tally(name, {**count, "seconds": round(time.monotonic() - began), "MB more": grown})
    assert grown < megabytes
