"""The customers that are searched: read as they arrive, kept fresh, on disk only where the owner asks for it."""

import json
import os
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.kashflow.customers import MEMBERS, to_customer
from kf_mcp.kashflow.envelopes import Envelopes, Unusable
from kf_mcp.kashflow.streaming import ListReader

ANSWER = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<GetCustomersResponse xmlns="KashFlow"><GetCustomersResult>{rows}</GetCustomersResult><Status>OK</Status><StatusDetail />'
    "</GetCustomersResponse></soap:Body></soap:Envelope>"
)
ROW = (
    "<Customer><CustomerID>{n}</CustomerID><Code>C{n}</Code><Name>A &amp; B&#x1F; {n}</Name><EC>0</EC>"
    "<Updated>2026-01-02T03:04:05</Updated></Customer>"
)


def read(document: bytes, piece: int) -> Any:
    reader = ListReader("GetCustomers", "Customer", to_customer, MEMBERS)
    for start in range(0, len(document), piece):
        reader.feed(document[start : start + piece])
    return reader.finish()


@pytest.mark.parametrize("piece", [1, 7, 64, 100_000])
def test_rows_are_the_same_however_the_answer_is_cut_into_pieces(piece: int) -> None:
    document = ANSWER.format(rows="".join(ROW.format(n=n) for n in range(1, 6))).encode()

    customers, status, detail = read(document, piece)
    whole = [to_customer(row) for row in Envelopes().answer("GetCustomers", document).result["Customer"]]

    assert customers == whole
    assert customers[0].name == "A & B  1"
    assert (status, detail) == ("OK", "")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>Login</body></html>",
        ANSWER.format(rows=ROW.format(n=1)).encode()[:-40],
        ANSWER.format(rows="").replace("KashFlow", "Elsewhere").encode(),
        b'<!DOCTYPE x [<!ENTITY e "x">]>'
        + ANSWER.format(rows=ROW.format(n=1)).replace('<?xml version="1.0" encoding="utf-8"?>', "").encode(),
    ],
)
def test_what_is_no_whole_answer_is_refused(document: bytes) -> None:
    with pytest.raises(Unusable):
        read(document, 50)


async def test_what_changed_in_kashflow_is_found_after_a_minute(desk: Desk, monkeypatch, tmp_path) -> None:
    await desk("find_customers", words="penhaligon")
    monkeypatch.setattr("kf_mcp.kashflow.customers.FRESH_FOR", -1)

    async with open_desk(desk.company, real_account(tmp_path / "other", confirm="either")) as other:
        preview = await other("create_customer", name="Quillfeather Kites")
        await other("create_customer", name="Quillfeather Kites", confirm=preview["confirm"])

    assert (await desk("find_customers", words="quillfeather"))["total"] == 1


async def test_nothing_is_kept_on_disk_unless_the_owner_asks(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path / "data")) as desk:
        await desk("find_customers", words="penhaligon")

    kept = [path for path in tmp_path.rglob("*") if path.is_file() and b"Penhaligon" in path.read_bytes()]
    assert kept == []


async def test_a_kept_snapshot_spares_the_next_start_the_whole_list(tmp_path) -> None:
    company = a_company()
    settings = real_account(tmp_path / "data", cache_dir=tmp_path / "cache")
    for _ in range(2):
        async with open_desk(company, settings) as desk:
            assert (await desk("find_customers", words="penhaligan"))["total"] == 1

    file = next((tmp_path / "cache").iterdir())
    called = [call.name for call in company.calls]
    assert called.count("GetCustomers") == 1
    assert called.count("GetCustomersModifiedSince") == 1
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


async def test_a_damaged_snapshot_is_read_anew(tmp_path) -> None:
    company = a_company()
    settings = real_account(tmp_path / "data", cache_dir=tmp_path / "cache")
    async with open_desk(company, settings) as desk:
        await desk("find_customers", words="penhaligan")
    next((tmp_path / "cache").iterdir()).write_bytes(b"\x1f\x8bnonsense")

    async with open_desk(company, settings) as desk:
        assert (await desk("find_customers", words="penhaligan"))["total"] == 1
    assert [call.name for call in company.calls].count("GetCustomers") == 2


@pytest.mark.parametrize(
    ("tool", "rows"), [("find_invoices", "invoices"), ("find_customers", "customers"), ("find_purchases", "purchases")]
)
async def test_fifty_rows_stay_below_two_and_a_half_thousand_tokens(desk: Desk, tool: str, rows: str) -> None:
    result = await desk.result(tool, limit=50)

    text = "".join(block.text for block in result.content)
    structure = json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))
    shown = len(result.structured_content[rows])
    assert shown >= 40
    assert len(text) / shown * 50 <= 10_000
    assert len(structure) / shown * 50 <= 10_000
