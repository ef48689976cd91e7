"""Fuzz of everything that reads KashFlow's answers: whatever comes, an answer or an error of our own, in bounded time and memory.

The ordinary run takes a few hundred mutants; ten minutes over this file and its sisters (the simulator, the tools) by

    KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_fuzz_*.py
"""

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Tally
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutants import IS_LONG, NASTY, counting, envelopes, mutants, until

from kf_mcp.errors import Failure
from kf_mcp.kashflow import raw, records, wire
from kf_mcp.kashflow.bank import to_bank_transaction
from kf_mcp.kashflow.contract import contract
from kf_mcp.kashflow.customers import MEMBERS, to_customer
from kf_mcp.kashflow.envelopes import Answer, Envelopes, Fault, Unusable
from kf_mcp.kashflow.invoices import to_invoice
from kf_mcp.kashflow.operations import operations
from kf_mcp.kashflow.purchases import to_purchase
from kf_mcp.kashflow.streaming import ListReader
from kf_mcp.kashflow.suppliers import to_supplier
from kf_mcp.kashflow.verdict import doubt, refusal

OURS = (Unusable, Fault, Failure)
SLOWEST = 2.0
"""Seconds of computing that reading one mutant may take; they are some kilobytes long."""
FULL = settings(
    max_examples=5_000 if IS_LONG else 250,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SECONDS = 120
FACTS = contract()
TYPES = sorted(name for name in FACTS["types"] if not name.startswith("ArrayOf"))
MAKERS = {
    "Customer": to_customer,
    "Customer2": to_customer,
    "Supplier": to_supplier,
    "Invoice": to_invoice,
    "Receipt2": to_purchase,
    "BankTransaction": lambda row: to_bank_transaction(row, 1),
}


@pytest.fixture(scope="module")
def reader() -> Envelopes:
    return Envelopes()


@pytest.fixture
def counted(tally: Tally) -> Iterator[Counter[str]]:
    with counting("fuzz of the answers", tally, megabytes=300) as count:
        yield count


def used(answer: Answer) -> None:
    """Do with an answer all that tools do with answers."""
    doubt(answer)
    refusal(answer.operation, answer.detail)
    operation = operations().get(answer.operation)
    if operation is not None:
        rows = raw._rows(operation, answer.result)
        raw._is_blank(answer.result)
        json.dumps(rows)
    kind = next(kind for name, kind, *_ in FACTS["operations"][answer.operation]["response"])
    kind = kind.rpartition(":")[2]
    item = kind.removeprefix("ArrayOf")
    found = list(wire.rows(answer.result, item)) if kind.startswith("ArrayOf") else [answer.result]
    for row in found:
        if item in FACTS["types"]:
            whole = records.record(item, row)
            records.lean(whole)
            records.differences(whole, whole)
            json.dumps(records.as_json(whole))
            records.part(item, records.as_json(whole))
        if item in MAKERS and row is not None:
            MAKERS[item](row).model_dump_json()


def ends_well(work: Any, count: Counter[str]) -> None:
    """Run; what is raised must be ours, and it must be over soon."""
    began = time.process_time()
    try:
        work()
    except OURS as error:
        count[type(error).__name__] += 1
    else:
        count["read"] += 1
    assert time.process_time() - began < SLOWEST


def test_a_mutated_answer_is_read_or_refused(reader: Envelopes, counted: Counter[str]) -> None:
    @FULL
    @given(mutants("answers"))
    def fuzz(mutant: tuple[str, bytes]) -> None:
        operation, document = mutant
        ends_well(lambda: used(reader.answer(operation, document)), counted)

    until(SECONDS, fuzz)


def test_a_mutated_list_is_read_or_refused_however_it_is_cut_in_pieces(counted: Counter[str]) -> None:
    rows = {"GetCustomers": ("Customer", to_customer, MEMBERS), "GetInvoice": ("Invoice", to_invoice, ())}

    @FULL
    @given(mutants("answers"), st.integers(1, 3000), st.booleans())
    def fuzz(mutant: tuple[str, bytes], length: int, is_wanted: bool) -> None:
        operation, document = mutant
        row, make, wanted = rows.get(operation, ("Customer", to_customer, MEMBERS))
        reader = ListReader(operation, row, make, wanted if is_wanted else ())

        def read() -> None:
            for start in range(0, len(document), length):
                reader.feed(document[start : start + length])
            reader.finish()

        ends_well(read, counted)

    until(SECONDS / 2, fuzz)


def test_the_pieces_in_which_a_list_comes_make_no_difference(counted: Counter[str]) -> None:
    @settings(FULL, max_examples=2_000 if IS_LONG else 60)
    @given(mutants("answers"), st.integers(1, 400))
    def fuzz(mutant: tuple[str, bytes], length: int) -> None:
        _, document = mutant

        def read(size: int) -> Any:
            reader = ListReader("GetCustomers", "Customer", to_customer, MEMBERS)
            try:
                for start in range(0, len(document), size):
                    reader.feed(document[start : start + size])
                return reader.finish()
            except OURS as error:
                return type(error)

        counted["compared"] += 1
        assert read(length) == read(len(document) + 1)

    until(0, fuzz)


texts = st.sampled_from(NASTY) | st.text(max_size=30) | st.decimals().map(str) | st.integers().map(str) | st.none()
whatever = st.recursive(
    texts | st.integers() | st.decimals(-(10**13), 10**13) | st.booleans() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Lines", "anyType", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@FULL
@given(st.sampled_from(TYPES), st.data())
def test_any_texts_in_a_record_are_read_or_refused(type_name: str, data: st.DataObject) -> None:
    members = [name for name, *_ in FACTS["types"][type_name]]
    row = data.draw(st.dictionaries(st.sampled_from(members or ["x"]), texts, max_size=8))

    try:
        whole = records.record(type_name, row)
        json.dumps(records.as_json(whole))
        records.lean(whole)
        assert records.differences(whole, whole) == []
    except Failure:
        pass


@FULL
@given(st.sampled_from(sorted(MAKERS)), st.data())
def test_any_row_is_made_a_value_or_refused(type_name: str, data: st.DataObject) -> None:
    members = [name for name, *_ in FACTS["types"][type_name]]
    row = data.draw(st.dictionaries(st.sampled_from(members), texts, max_size=8))

    with contextlib.suppress(Failure):
        MAKERS[type_name](row).model_dump_json()


@FULL
@given(whatever)
def test_any_value_is_compared(value: Any) -> None:
    records.lean(value)
    records.shown(value)


@pytest.mark.parametrize("operation", sorted({operation for operation, _ in envelopes("answers")}))
def test_the_envelopes_that_are_mutated_are_good_ones(reader: Envelopes, operation: str) -> None:
    for name, document in envelopes("answers"):
        if name == operation:
            try:
                used(reader.answer(name, document))
            except Fault:
                assert b"Fault>" in document
