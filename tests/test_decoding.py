"""Answers are read as zeep reads them, where zeep reads them well; figures as XML writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from zeep import Client, Settings

from kf_mcp.kashflow import decoding, values
from kf_mcp.kashflow.contract import contract
from kf_mcp.kashflow.envelopes import WSDL, Envelopes, parse

WIRE = Path(__file__).parent / "wire"
ANSWERS = [path for path in sorted((WIRE / "answers").glob("*.xml")) if b"Fault>" not in path.read_bytes()]
TYPES = contract()["types"]
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


@pytest.fixture(scope="module")
def zeep() -> Any:
    return Client(str(WSDL), settings=Settings(strict=False, xsd_ignore_sequence_order=True))


def plain(value: Any) -> Any:
    """What was read, without what is absent or unknown, whoever read it."""
    members = value if isinstance(value, dict) else getattr(value, "__values__", None)
    if members is not None:
        known = {name: plain(part) for name, part in members.items() if name != "_raw_elements"}
        return {name: part for name, part in known.items() if part not in (None, [])} or None
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.tag if isinstance(value, etree._Element) else value


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_every_hand_written_answer_is_read_as_zeep_reads_it(zeep: Any, path: Path) -> None:
    operation = path.name.split(".")[0]
    answer = Envelopes().answer(operation, path.read_bytes())

    theirs = zeep.service._binding.get(operation).output.deserialize(parse(path.read_bytes()))

    said = {"Status": answer.status, "StatusDetail": answer.detail or None}
    assert plain({f"{operation}Result": answer.result, **said, **answer.extra}) == plain(theirs)


def sample(kind: str, n: int, depth: int = 0) -> Any:
    """Some XML inside an element of this type, every member of it set."""
    kind = kind.rpartition(":")[2]
    match kind:
        case "int" | "integer":
            return str(1000 + n)
        case "decimal":
            return f"{n}.2500"
        case "boolean":
            return "true"
        case "dateTime":
            return f"2026-03-{n % 28 + 1:02}T09:30:00"
        case "anyType":
            return "text"
    if kind not in TYPES:
        return f"text {n} £"
    if depth > 3:
        return ""
    base = contract()["notes"]["extends"].get(kind)
    fields = [*(TYPES[base.rpartition(":")[2]] if base else []), *TYPES[kind]]
    return "".join(f"<{name}>{sample(part, n + k, depth + 1)}</{name}>" for k, (name, part, *_) in enumerate(fields))


@pytest.mark.parametrize("operation", contract()["operations"])
def test_every_member_of_every_answer_is_read_as_zeep_reads_it(zeep: Any, operation: str) -> None:
    fields = contract()["operations"][operation]["response"]
    inside = "".join(f"<{name}>{sample(kind, n)}</{name}>" for n, (name, kind, *_) in enumerate(fields))
    element = etree.fromstring(f'<{operation}Response xmlns="KashFlow">{inside}</{operation}Response>')

    ours = decoding.answer(operation, element)

    theirs = zeep.get_element(f"{{KashFlow}}{operation}Response").parse(element, zeep.wsdl.types)
    assert plain(ours) == plain(theirs)
    assert ours.keys() == {name for name, *_ in fields}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ('<Lines><anyType xsi:type="InvoiceLine"><Quantity>2</Quantity></anyType></Lines>', {"Quantity": 2}),
        ('<Lines><anyType xsi:type="xsd:int">7</anyType></Lines>', 7),
        ('<Lines><anyType xsi:type="xsd:decimal">7.50</anyType></Lines>', Decimal("7.50")),
        ('<Lines><anyType xsi:type="nowhere:Thing">words</anyType></Lines>', "words"),
        ('<Lines><anyType xsi:type="NotKnown">words</anyType></Lines>', "words"),
        ("<Lines><anyType>words</anyType></Lines>", "words"),
        ('<Lines><anyType xsi:type="xsd:base64Binary">QUJD</anyType></Lines>', "QUJD"),
        (
            '<Lines><anyType xsi:type="SpecialNominal"><Code>7</Code><TypeEnum>Expenditure</TypeEnum></anyType></Lines>',
            {"Code": 7, "TypeEnum": "Expenditure"},
        ),
        ('<Lines><anyType xsi:nil="true" /></Lines>', None),
    ],
)
def test_what_may_be_anything_is_what_it_says_it_is(inside: str, expected: Any) -> None:
    element = etree.fromstring(
        f'<GetInvoiceResponse xmlns="KashFlow" {XSI}><GetInvoiceResult>{inside}</GetInvoiceResult></GetInvoiceResponse>'
    )

    found = decoding.answer("GetInvoice", element)["GetInvoiceResult"]["Lines"]["anyType"]

    assert found == [expected]


def test_an_element_may_say_that_it_is_of_a_type_that_extends_its_own_and_of_no_other() -> None:
    element = etree.fromstring(
        f'<GetNominalCodesResponse xmlns="KashFlow" {XSI}><GetNominalCodesResult>'
        '<NominalCode xsi:type="NominalCodeBalance"><Code>4000</Code><OpeningBalance>5</OpeningBalance></NominalCode>'
        '<NominalCode xsi:type="Invoice"><Code>4010</Code><InvoiceNumber>5</InvoiceNumber></NominalCode>'
        "</GetNominalCodesResult></GetNominalCodesResponse>"
    )

    found = decoding.answer("GetNominalCodes", element)["GetNominalCodesResult"]["NominalCode"]

    assert found == [{"Code": 4000, "OpeningBalance": Decimal(5)}, {"Code": 4010}]


def test_a_figure_is_read_to_its_last_digit_and_of_a_member_that_comes_twice_the_first_counts() -> None:
    element = etree.fromstring(
        '<GetInvoiceResponse xmlns="KashFlow"><GetInvoiceResult><NetAmount>1234567890123.4567</NetAmount>'
        "<NetAmount>1</NetAmount></GetInvoiceResult></GetInvoiceResponse>"
    )

    found = decoding.answer("GetInvoice", element)["GetInvoiceResult"]

    assert found == {"NetAmount": Decimal("1234567890123.4567")}


def test_a_member_that_is_absent_reads_as_none_and_takes_no_place() -> None:
    members = decoding.Members(Name="Hatter")

    assert (members["Name"], members["Code"], len(members)) == ("Hatter", None, 1)


@pytest.mark.parametrize(
    ("reader", "text", "expected"),
    [
        (values.whole, " -0012 ", -12),
        (values.whole, "+7", 7),
        (values.exact, "0.0000", Decimal("0.0000")),
        (values.exact, "-.5", Decimal("-0.5")),
        (values.exact, "12.", Decimal(12)),
        (values.truth, " TRUE ", True),
        (values.truth, "0", False),
        (values.moment, "2026-11-20", datetime(2026, 11, 20)),  # noqa: DTZ001 - as KashFlow's dates are
        (values.moment, "2026-11-20T11:39:26.1234567", datetime(2026, 11, 20, 11, 39, 26, 123456)),  # noqa: DTZ001
        (values.moment, "2026-11-20T11:39:26Z", datetime(2026, 11, 20, 11, 39, 26, tzinfo=UTC)),
    ],
)
def test_a_value_is_read_as_xml_writes_it(reader: Any, text: str, expected: Any) -> None:
    assert reader(text) == expected


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        *((values.whole, text) for text in ("", "1.0", "1_0", "٣", "1e3", "0x1", "9" * 20, "9" * 9000, "NaN", "1 2")),
        *(
            (values.exact, text)
            for text in ("", ".", "1,0", "1_0", "٣", "1e3", "NaN", "Infinity", "9" * 14, "9" * 9000, "£1")
        ),
        *((values.truth, text) for text in ("", "ja", "2", "wahr")),
        *((values.moment, text) for text in ("", "2026-02-30", "today", "20/11/2026")),
    ],
)
def test_what_is_no_value_is_not_read_as_one_nor_repeated(reader: Any, text: str) -> None:
    with pytest.raises(values.NotAValue) as refused:
        reader(text)

    assert not text or text not in str(refused.value)
