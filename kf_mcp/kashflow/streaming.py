"""Reading a big list row by row: constant memory, and the event loop stays free.

KashFlow answers lists whole (50,000 customers of 78 members each are well above 100 MB), and building that as one tree takes
gigabytes. Here the answer is parsed as it arrives; each row becomes a model value and is forgotten.
"""

import gc
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from kf_mcp.errors import Failure
from kf_mcp.kashflow.decoding import NAMESPACE, NIL
from kf_mcp.kashflow.envelopes import FORBIDDEN, PARSER, SOAP_11, Fault, Unusable

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

PIECE: Final = 64 * 1024
LARGEST_STREAM: Final = 1024 * 1024 * 1024
"""No honest list is larger than this many bytes."""
LONGEST_REFERENCE: Final = 16
MOST_ROWS: Final = 1_000_000
"""No honest list has more; the largest that we know of has 50,000."""
MANY_ROWS: Final = 10_000
"""So many lasting rows are worth sparing the garbage collector."""
BETWEEN_ROWS: Final = 4 * 1024 * 1024
"""So many bytes may come without a row that ends: what no row takes along stays in memory, at thirty times its size."""

BODY: Final = f"{{{SOAP_11}}}Body"
FAULT: Final = f"{{{SOAP_11}}}Fault"


async def pieces_of(response: "httpx.Response", largest: int) -> AsyncGenerator[bytes, None]:
    """An answer as it arrives, up to a size that no honest one has.

    Compressed at most once: each compression packs a thousand bytes into one, and two make gigabytes of a single packet.
    """
    if "," in response.headers.get("content-encoding", ""):
        raise Unusable("the answer is compressed more than once")
    size = 0
    async for piece in response.aiter_bytes(PIECE):
        size += len(piece)
        if size > largest:
            raise Unusable(f"the answer is larger than {largest // 2**20} MB")
        yield piece


@contextmanager
def collector_held() -> Iterator[None]:
    """Hold the garbage collector while a list is read: nothing of it is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def spare_collector(rows: int) -> None:
    """Keep the garbage collector from going through a big list that was read.

    Tens of thousands of lasting objects make it stop the whole program for tenths of a second, again and again, for nothing. What is put
    aside is never collected: so what was put aside before is gone through once, and the garbage of the meantime goes first.
    """
    if rows >= MANY_ROWS:
        gc.unfreeze()
        gc.collect()
        gc.freeze()


class Row(dict[str, str]):
    """One row's members by name, as text; absent and null ones read as None."""

    def __missing__(self, name: str) -> None:
        """A member that is not there: None, as cheaply as can be."""


class ListReader(Generic[T]):
    """Takes an answer in pieces and makes values of its rows; to be used in one thread, as lxml demands.

    `make` turns a row into a value, and is given only the members that are `wanted` (all, where none are named). After the last
    piece `finish` gives the values and KashFlow's own verdict.
    """

    def __init__(self, operation: str, row_name: str, make: Callable[[Any], T], wanted: Iterable[str] = ()) -> None:
        from lxml import etree  # noqa: PLC0415 - not needed at the server's start

        self._broken = etree.XMLSyntaxError
        self._operation = operation
        self._response = f"{{{NAMESPACE}}}{operation}Response"
        self._result = f"{{{NAMESPACE}}}{operation}Result"
        self._row = f"{{{NAMESPACE}}}{row_name}"
        self._make = make
        self._wanted = [f"{{{NAMESPACE}}}{name}" for name in wanted]
        self._is_looked_at = False
        verdict = [f"{{{NAMESPACE}}}Status", f"{{{NAMESPACE}}}StatusDetail"]
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=[self._row, self._response, FAULT, *verdict],
            **PARSER,
        )
        self._since_row = 0
        self._held = b""
        self._verdict: dict[str, str] = {}
        self._fault: Fault | None = None
        self._is_ours = False
        self.values: list[T] = []
        self.beginning = b""

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises Unusable when it cannot be part of an answer."""
        self.beginning = self.beginning or piece[:256]
        whole = self._held + piece
        cut = whole.rfind(b"&", max(0, len(whole) - LONGEST_REFERENCE))
        cut = len(whole) if cut < 0 else cut  # a character reference may be cut in two
        self._held = whole[cut:]
        self._take_in(whole[:cut])

    def finish(self) -> tuple[list[T], str | None, str]:
        """The values, `Status` and `StatusDetail`. Raises Fault, or Unusable for an answer that ends too early."""
        self._take_in(self._held)
        try:
            self._parser.close()
        except self._broken:
            raise Unusable("the answer ends too early or is not XML") from None
        if self._fault is not None:
            raise self._fault
        if not self._is_ours:
            raise Unusable(f"the answer is not that of {self._operation}")
        return self.values, self._verdict.get("Status"), self._verdict.get("StatusDetail", "").strip()

    def _take_in(self, piece: bytes) -> None:
        self._since_row += len(piece)
        try:
            self._parser.feed(FORBIDDEN.sub(b" ", piece))
            for _, element in self._parser.read_events():
                self._take(element)
        except self._broken as error:
            raise Unusable(f"the answer is not well-formed XML ({type(error).__name__})") from None
        if self._since_row > BETWEEN_ROWS or len(self.values) > MOST_ROWS:
            raise Unusable("the answer is longer than any honest list")

    def _take(self, element: Any) -> None:
        """Use an element that has ended, where it stands in its place; others of its name say nothing."""
        parent = element.getparent()
        place = None if parent is None else parent.tag
        if not self._is_looked_at and element.getroottree().docinfo.doctype:
            raise Unusable("the answer brings a document type of its own, which is refused")
        self._is_looked_at = True
        if element.tag == self._row:
            if place == self._result:
                if element.get(NIL) != "true":
                    self.values.append(self._made(element))
                _let_go(element)
                self._since_row = 0
        elif place == BODY and element.tag == FAULT:
            code = (element.findtext("faultcode") or "").rpartition(":")[2]
            self._fault = Fault(code or "Server", (element.findtext("faultstring") or "").strip())
        elif place == BODY and element.tag == self._response:
            self._is_ours = True
        elif place == self._response:
            self._verdict.setdefault(element.tag.rpartition("}")[2], element.text or "")

    def _made(self, element: Any) -> T:
        """The value of a row. Raises Unusable for a row that none can be made of."""
        try:
            return self._make(_row(element, self._wanted))
        except Failure as failure:
            raise Unusable(failure.problem) from None
        except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
            raise Unusable(f"a row of the answer cannot be read ({type(error).__name__})") from None


def _let_go(element: Any) -> None:
    """Forget a row that was used, and what came before it, so that the tree never grows."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _row(element: Any, wanted: list[str]) -> Row:
    """The wanted members of a row, their namespace left off."""
    start = len(NAMESPACE) + 2
    return Row(
        (child.tag[start:], child.text or "") for child in element.iterchildren(*wanted) if child.get(NIL) != "true"
    )
