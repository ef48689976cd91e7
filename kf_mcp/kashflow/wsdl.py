"""Write the service description from the contract's facts: `python -m kf_mcp.kashflow.wsdl` renews `service.wsdl`.

KashFlow publishes its own description, but a server that had to fetch it could not start offline and would believe whatever
answered. So the facts stand in `contract.json` (192 operations and 77 types, in wire order) and this module writes from
them the file that zeep and the simulator both read.
"""

from pathlib import Path
from typing import Any, Final

from lxml import etree

from kf_mcp.kashflow.contract import contract

HERE: Final = Path(__file__).parent
WSDL: Final = HERE / "service.wsdl"

XSD: Final = "http://www.w3.org/2001/XMLSchema"
WSDL_NS: Final = "http://schemas.xmlsoap.org/wsdl/"
SOAP: Final = "http://schemas.xmlsoap.org/wsdl/soap/"
HTTP: Final = "http://schemas.xmlsoap.org/soap/http"

Field = tuple[str, str, int, int | str, bool]
"""Name, type, minOccurs, maxOccurs, nillable: how `contract.json` states one member."""


def description(facts: dict[str, Any]) -> bytes:
    """The whole service description (WSDL 1.1, SOAP 1.1 binding) as UTF-8 XML, the same bytes every time."""
    namespace = facts["targetNamespace"]
    root = etree.Element(
        f"{{{WSDL_NS}}}definitions",
        nsmap={"wsdl": WSDL_NS, "s": XSD, "soap": SOAP, "tns": namespace},
        attrib={"targetNamespace": namespace},
    )
    types = etree.SubElement(root, f"{{{WSDL_NS}}}types")
    schema = etree.SubElement(
        types, f"{{{XSD}}}schema", elementFormDefault=facts["elementFormDefault"], targetNamespace=namespace
    )
    for operation, parts in facts["operations"].items():
        _wrapper(schema, operation, parts["request"])
        _wrapper(schema, f"{operation}Response", parts["response"])
    for name, values in facts["enums"].items():
        _enumeration(schema, name, values)
    for name, fields in facts["types"].items():
        _complex_type(schema, name, fields, facts["notes"])
    for operation in facts["operations"]:
        _messages(root, operation)
    _port_type(root, facts["operations"])
    _binding(root, facts)
    _service(root, facts["bindings"]["location"])
    etree.indent(root, "  ")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _wrapper(schema: Any, name: str, fields: list[Field]) -> None:
    """The element that wraps one request or answer."""
    element = etree.SubElement(schema, f"{{{XSD}}}element", name=name)
    _sequence(etree.SubElement(element, f"{{{XSD}}}complexType"), fields)


def _sequence(parent: Any, fields: list[Field]) -> None:
    sequence = etree.SubElement(parent, f"{{{XSD}}}sequence")
    for name, kind, least, most, nillable in fields:
        element = etree.SubElement(sequence, f"{{{XSD}}}element", minOccurs=str(least), maxOccurs=str(most), name=name)
        if nillable:
            element.set("nillable", "true")
        if kind != "anyType":  # an element without a type is an anyType, as KashFlow itself writes it
            element.set("type", kind if ":" in kind else f"s:{kind}")


def _enumeration(schema: Any, name: str, values: list[str]) -> None:
    simple = etree.SubElement(schema, f"{{{XSD}}}simpleType", name=name)
    restriction = etree.SubElement(simple, f"{{{XSD}}}restriction", base="s:string")
    for value in values:
        etree.SubElement(restriction, f"{{{XSD}}}enumeration", value=value)


def _complex_type(schema: Any, name: str, fields: list[Field], notes: dict[str, Any]) -> None:
    complex_type = etree.SubElement(schema, f"{{{XSD}}}complexType", name=name)
    if name in notes["abstract"]:
        complex_type.set("abstract", "true")
    base = notes["extends"].get(name)
    if base is None:
        _sequence(complex_type, fields)
        return
    content = etree.SubElement(complex_type, f"{{{XSD}}}complexContent", mixed="false")
    _sequence(etree.SubElement(content, f"{{{XSD}}}extension", base=base), fields)


def _messages(root: Any, operation: str) -> None:
    for suffix, element in (("SoapIn", operation), ("SoapOut", f"{operation}Response")):
        message = etree.SubElement(root, f"{{{WSDL_NS}}}message", name=f"{operation}{suffix}")
        etree.SubElement(message, f"{{{WSDL_NS}}}part", name="parameters", element=f"tns:{element}")


def _port_type(root: Any, operations: dict[str, Any]) -> None:
    port_type = etree.SubElement(root, f"{{{WSDL_NS}}}portType", name="KashFlowAPISoap")
    for operation in operations:
        element = etree.SubElement(port_type, f"{{{WSDL_NS}}}operation", name=operation)
        etree.SubElement(element, f"{{{WSDL_NS}}}input", message=f"tns:{operation}SoapIn")
        etree.SubElement(element, f"{{{WSDL_NS}}}output", message=f"tns:{operation}SoapOut")


def _binding(root: Any, facts: dict[str, Any]) -> None:
    binding = etree.SubElement(root, f"{{{WSDL_NS}}}binding", name="KashFlowAPISoap", type="tns:KashFlowAPISoap")
    etree.SubElement(binding, f"{{{SOAP}}}binding", transport=HTTP)
    for operation in facts["operations"]:
        element = etree.SubElement(binding, f"{{{WSDL_NS}}}operation", name=operation)
        action = facts["bindings"]["soapAction_prefix"] + operation
        etree.SubElement(element, f"{{{SOAP}}}operation", soapAction=action, style="document")
        for direction in ("input", "output"):
            part = etree.SubElement(element, f"{{{WSDL_NS}}}{direction}")
            etree.SubElement(part, f"{{{SOAP}}}body", use="literal")


def _service(root: Any, location: str) -> None:
    service = etree.SubElement(root, f"{{{WSDL_NS}}}service", name="KashFlowAPI")
    port = etree.SubElement(service, f"{{{WSDL_NS}}}port", name="KashFlowAPISoap", binding="tns:KashFlowAPISoap")
    etree.SubElement(port, f"{{{SOAP}}}address", location=location)


def main() -> None:
    """Renew `service.wsdl` from `contract.json`."""
    WSDL.write_bytes(description(contract()) + b"\n")


if __name__ == "__main__":
    main()
