"""SOAP 1.1 and 1.2: which call a request is, what it carries, and how answers and faults are wrapped.

The texts of faults are ASP.NET's, as every service of that kind gives them with detailed errors on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from kf_mcp.simulator.binder import NotBound
from kf_mcp.simulator.schema import NAMESPACE, Contract, Exchange
from kf_mcp.simulator.writer import escaped

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12: Final = "http://www.w3.org/2003/05/soap-envelope"
CLOSING: Final = "</soap:Body></soap:Envelope>"
_UNREADABLE: Final = "Server was unable to read request. ---> There is an error in XML document ({}, {}). ---> {}"
_NO_ACTION: Final = "Unable to handle request without a valid action parameter. Please supply a valid soap action."
_NO_DTD: Final = (
    "For security reasons DTD is prohibited in this XML document. To enable DTD processing set the DtdProcessing "
    "property on XmlReaderSettings to Parse and pass the settings to XmlReader.Create method."
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version of SOAP, as a server speaks it."""

    namespace: str
    content_type: str
    client: str
    server: str


ONE: Final = Dialect(SOAP_11, "text/xml", "Client", "Server")
TWO: Final = Dialect(SOAP_12, "application/soap+xml", "Sender", "Receiver")


class Fault(Exception):
    """A SOAP fault: the text is the fault's own; ``of_client`` when the request was at fault, and not the server."""

    def __init__(self, message: str, *, of_client: bool = False, code: str = "") -> None:
        super().__init__(message)
        self.of_client = of_client
        self.code = code


class UnknownFormat(Exception):
    """A body that is not SOAP at all, by its content type: ASP.NET answers a page, not a fault."""


def dialect_of(content_type: str) -> Dialect:
    """Choose the version by the content type, as ASP.NET does; the envelope inside may be of the other version.

    A SOAP 1.2 envelope sent as text/xml worked in production (a WooCommerce plug-in's class-ds-api.php);
    that it is then answered in SOAP 1.1 is our choice.
    """
    kind = content_type.partition(";")[0].strip().lower()
    for dialect in (ONE, TWO):
        if kind == dialect.content_type:
            return dialect
    raise UnknownFormat


def call_named(headers: Mapping[str, str], contract: Contract) -> Exchange | None:
    """Find the call that the headers name; none when SOAP 1.2 leaves it to the body."""
    content_type = headers.get("content-type", "")
    if dialect_of(content_type) is TWO:
        found = re.search(r';\s*action\s*=\s*(?:"([^"]*)"|([^;\s]+))', content_type, re.IGNORECASE)
        action = (found[1] or found[2] or "") if found else ""
        if not action:
            return None
    else:
        action = headers.get("soapaction", "").strip().strip('"')
        if not action:
            raise Fault(_NO_ACTION, of_client=True)
    return _exchange(action, contract)


def call_in(envelope: etree._Element, contract: Contract) -> Exchange:
    """Find the call that the body itself names, by its first element."""
    wrapper = _first(envelope)
    if wrapper is None or etree.QName(wrapper).namespace != NAMESPACE:
        raise Fault(_NO_ACTION, of_client=True)
    return _exchange(f"{NAMESPACE}/{etree.QName(wrapper).localname}", contract)


def wrapper_of(envelope: etree._Element, exchange: Exchange) -> etree._Element | None:
    """Find the element that holds the parameters; none when the body holds something else."""
    body = envelope.find(f"{{{etree.QName(envelope).namespace}}}Body")
    return None if body is None else body.find(f"{{{NAMESPACE}}}{exchange.name}")


def read_envelope(body: bytes, content_type: str) -> etree._Element:
    """Parse a request: no document type, no entities, nothing fetched, nothing huge."""
    charset = re.search(r'charset\s*=\s*"?([\w-]+)', content_type, re.IGNORECASE)
    if not body.strip():
        raise Fault(_UNREADABLE.format(0, 0, "Root element is missing."), of_client=True)
    try:
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            encoding=charset[1] if charset else None,
        )
        root = etree.fromstring(body, parser)
        _check_prefixes(parser.error_log)
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        raise Fault(_UNREADABLE.format(line or 0, column or 0, problem.msg), of_client=True) from None
    except LookupError:
        raise Fault("Server was unable to read request. ---> Unknown encoding.", of_client=True) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Fault(_UNREADABLE.format(1, 1, _NO_DTD), of_client=True)
    _check_envelope(root)
    return root


def unreadable(problem: NotBound, body: bytes) -> Fault:
    """Turn a value that cannot be read into the fault that says where it stands."""
    line = int(problem.element.sourceline or 0)  # type: ignore[call-overload,truthy-bool]  # the stubs leave it open
    lines = body.splitlines()
    text = (problem.element.text or "").encode()
    column = lines[line - 1].find(b">" + text + b"<") + len(text) + 2 if 0 < line <= len(lines) else 0
    return Fault(_UNREADABLE.format(line, column, problem), of_client=True)


def opening(dialect: Dialect) -> str:
    """Write what stands before an answer; what stands after it is CLOSING."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{dialect.namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<soap:Body>"
    )


def wrapped(inside: str, dialect: Dialect) -> bytes:
    """Put an answer into its envelope."""
    return f"{opening(dialect)}{inside}{CLOSING}".encode()


def fault_in_words(fault: Fault, dialect: Dialect) -> str:
    """Write a fault as the version of SOAP wants it."""
    code = fault.code or (dialect.client if fault.of_client else dialect.server)
    text = escaped(str(fault))
    if dialect is ONE:
        return f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{text}</faultstring><detail /></soap:Fault>"
    return (
        f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason><soap:Detail /></soap:Fault>'
    )


def _exchange(action: str, contract: Contract) -> Exchange:
    namespace, _, name = action.rpartition("/")
    exchange = contract.exchanges.get(name)
    if namespace != NAMESPACE or exchange is None:
        raise Fault(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.", of_client=True)
    return exchange


def _first(envelope: etree._Element) -> etree._Element | None:
    body = envelope.find(f"{{{etree.QName(envelope).namespace}}}Body")
    return None if body is None else next(body.iterchildren("*"), None)


def _check_prefixes(log: "etree._ListErrorLog") -> None:
    """Refuse prefixes that nothing declares, as .NET does; lxml bears them now and then."""
    for entry in log.filter_from_errors():
        raise Fault(_UNREADABLE.format(entry.line, entry.column, entry.message), of_client=True)


def _check_envelope(root: etree._Element) -> None:
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in {SOAP_11, SOAP_12}:
        raise Fault(
            f"Possible SOAP version mismatch: Envelope namespace {name.namespace or ''} was unexpected. "
            f"Expecting {SOAP_11}.",
            code="VersionMismatch",
        )
    for header in root.iterfind(f"{{{name.namespace}}}Header/*"):
        if header.get(f"{{{name.namespace}}}mustUnderstand") in {"1", "true"}:
            raise Fault(f"SOAP header {etree.QName(header).localname} was not understood.", code="MustUnderstand")
