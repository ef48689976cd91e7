"""The service description: written from the facts, whole, and read by zeep without a network."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from zeep import Client, xsd

from kf_mcp.kashflow import wsdl

FACTS = wsdl.contract()
NAMESPACE = "{KashFlow}"


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(str(wsdl.WSDL))


def test_the_file_is_what_the_facts_say() -> None:
    """Renew it with: python -m kf_mcp.kashflow.wsdl"""
    assert wsdl.WSDL.read_bytes() == wsdl.description(FACTS) + b"\n"


def test_every_operation_and_type_is_there(client: Client) -> None:
    assert len(FACTS["operations"]) == 192
    assert len(FACTS["types"]) == 77
    assert set(client.service._operations) == set(FACTS["operations"])


def fields_of(type_name: str) -> list[list[Any]]:
    """Every member of a type in wire order, those of its base first."""
    base = FACTS["notes"]["extends"].get(type_name)
    return (fields_of(base.removeprefix("tns:")) if base else []) + FACTS["types"][type_name]


def sample(client: Client, kind: str, n: int, depth: int = 0) -> Any:
    """A value of this type that differs from its neighbours."""
    simple = {
        "string": f"text {n} & <{n}>",
        "int": n,
        "integer": n,
        "decimal": Decimal(n) + Decimal("0.1234"),
        "boolean": True,
        "dateTime": datetime(2026, 11, 1 + n % 28),  # noqa: DTZ001 - KashFlow has no zones
        "base64Binary": b"bytes",
    }
    if kind in simple:
        return simple[kind]
    name = kind.removeprefix("tns:")
    if name in FACTS["enums"]:
        return FACTS["enums"][name][0]
    values = {}
    for k, (member, member_kind, _, most, _) in enumerate(fields_of(name)):
        if member_kind == "anyType":
            line = client.get_type(f"{NAMESPACE}JournalLine")
            value: Any = xsd.AnyObject(line, line(**sample(client, "tns:JournalLine", 3)))
        else:
            value = sample(client, member_kind, n + k, depth + 1)
        values[member] = [value] if most == "unbounded" else value
    return values


def plain(value: Any) -> Any:
    """A zeep value as plain data, without members that are absent."""
    if isinstance(value, xsd.AnyObject):
        return plain(value.value)
    if hasattr(value, "__values__"):
        return {name: plain(item) for name, item in value.__values__.items() if item is not None}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("operation", FACTS["operations"])
def test_every_request_is_written_in_wire_order_and_read_back(client: Client, operation: str) -> None:
    fields = FACTS["operations"][operation]["request"]
    given = {name: sample(client, kind, 1 + n) for n, (name, kind, *_) in enumerate(fields)}

    envelope = client.create_message(client.service, operation, **given)

    body = etree.fromstring(etree.tostring(envelope)).find("{*}Body")[0]
    assert body.tag == f"{NAMESPACE}{operation}"
    assert [child.tag for child in body] == [f"{NAMESPACE}{name}" for name, *_ in fields]
    element = client.get_element(f"{NAMESPACE}{operation}")
    assert plain(element.parse(body, client.wsdl.types)) == plain(given)


@pytest.mark.parametrize("operation", FACTS["operations"])
def test_every_answer_is_read_member_by_member(client: Client, operation: str) -> None:
    fields = FACTS["operations"][operation]["response"]
    given = {name: sample(client, kind, 1 + n) for n, (name, kind, *_) in enumerate(fields)}
    element = client.get_element(f"{NAMESPACE}{operation}Response")
    document = etree.Element("document")

    element.render(document, element(**given))

    assert [child.tag for child in document[0]] == [f"{NAMESPACE}{name}" for name, *_ in fields]
    assert plain(element.parse(document[0], client.wsdl.types)) == plain(given)
