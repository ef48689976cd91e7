"""SOAP envelopes: zeep writes the requests, `decoding` reads the answers; nothing here touches the network.

zeep is imported when the first envelope is needed, in a worker thread: it costs a sixth of a second that a server's start
should not pay.

An answer is hostile until it is read. It is UTF-8, as KashFlow's are, whatever it says of itself; it has no document type and no
entities; depth, size of texts and number of elements are bounded; so are the time and the memory that reading it takes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final

from kf_mcp.kashflow import decoding
from kf_mcp.kashflow.decoding import NAMESPACE
from kf_mcp.kashflow.values import NotAValue

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
WSDL: Final = Path(__file__).parent / "service.wsdl"
FORBIDDEN: Final = re.compile(rb"&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));", re.IGNORECASE)
"""Control characters that XML 1.0 has no place for; .NET writes them as numbers all the same, where a user pasted one in."""

MOST_MARKS: Final = 4_000_000
"""No honest answer has more of `<` and `=`: 64 MB of customers have three and a half million."""
PARSER: Final[Mapping[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How XML from outside is parsed: nothing fetched, nothing expanded, bounded depth and text size."""


class Unusable(Exception):
    """The answer is not what the contract promises; the text says how."""


@dataclass(frozen=True)
class Fault(Exception):
    """A SOAP fault: `code` is Client where the request could not be read, else Server."""

    code: str
    text: str


@dataclass(frozen=True)
class Answer:
    """What one operation answered: its result, and KashFlow's own verdict beside it."""

    operation: str
    result: Any
    status: str | None
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        """Whether KashFlow says that it worked.

        Compared without case, and absent counts as success (as the spree-kashflow client does on live accounts).
        """
        return self.status is None or self.status.strip().upper() == "OK"


def parse(document: bytes) -> Any:
    """Parse XML from outside. Raises Unusable."""
    from lxml import etree  # noqa: PLC0415 - not needed at the server's start

    if document.count(b"<") + document.count(b"=") > MOST_MARKS:
        raise Unusable("the answer has more elements than any honest one")
    try:
        root: Any = etree.fromstring(FORBIDDEN.sub(b" ", document), etree.XMLParser(**PARSER))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unusable(f"the answer is not well-formed XML ({type(error).__name__})") from None
    if root.getroottree().docinfo.doctype:
        raise Unusable("the answer brings a document type of its own, which is refused")
    return root


_loading: Final = Lock()


@cache
def _read() -> Any:
    """The service description, read once in a process however many connections it has: nothing alters it."""
    from zeep import Client, Settings  # noqa: PLC0415 - imported when first needed, see above

    client: Any = Client
    return client(str(WSDL), settings=Settings(strict=False, xsd_ignore_sequence_order=True, forbid_external=True))


class Envelopes:
    """Writes requests by the service description in this package, and reads answers by the facts that it is made of."""

    @cached_property
    def _client(self) -> Any:
        with _loading:
            return _read()

    @cached_property
    def _binding(self) -> Any:
        return self._client.service._binding  # noqa: SLF001 - zeep offers no public way to build and read without sending

    def load(self) -> None:
        """Read the service description; slow once in a process, then nothing."""
        _ = self._binding

    def typed(self, type_name: str, values: Mapping[str, Any]) -> Any:
        """A value that carries its type on the wire (`xsi:type`), for members declared as anyType."""
        from zeep import xsd  # noqa: PLC0415

        declared = self._client.get_type(f"{{{NAMESPACE}}}{type_name}")
        with_type: Any = xsd.AnyObject
        return with_type(declared, declared(**values))

    def request(self, operation: str, arguments: Mapping[str, Any]) -> bytes:
        """The envelope that asks for this operation, in UTF-8."""
        from lxml import etree  # noqa: PLC0415

        envelope, _ = self._binding._create(operation, (), dict(arguments), client=self._client)  # noqa: SLF001
        return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")

    def answer(self, operation: str, document: bytes) -> Answer:
        """Read an answer.

        Raises Fault for a SOAP fault and Unusable for anything that is not this operation's answer.
        """
        root = parse(document)
        body = root.find(f"{{{SOAP_11}}}Body")
        if root.tag != f"{{{SOAP_11}}}Envelope" or body is None:
            raise Unusable("the answer is not a SOAP envelope")
        fault = body.find(f"{{{SOAP_11}}}Fault")
        if fault is not None:
            code = (fault.findtext("faultcode") or "").rpartition(":")[2]
            raise Fault(code or "Server", (fault.findtext("faultstring") or "").strip())
        if len(body) == 0 or body[0].tag != f"{{{NAMESPACE}}}{operation}Response":
            raise Unusable(f"the answer is not that of {operation}")
        try:
            members = decoding.answer(operation, body[0])
        except NotAValue as error:
            raise Unusable(f"the answer of {operation} does not fit its description: {error}") from None
        result = members.pop(f"{operation}Result", None)
        status, detail = members.pop("Status", None), members.pop("StatusDetail", None)
        return Answer(operation, result, status, (detail or "").strip(), members)
