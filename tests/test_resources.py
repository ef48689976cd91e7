import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ERAS, Desk, a_company, open_desk, real_account
from mcp.shared.exceptions import MCPError

from kf_mcp.kashflow.customers import Customers
from kf_mcp.settings import Settings
from kf_mcp.simulator.message import Reply, Request

INVALID_PARAMS, INTERNAL_ERROR = -32602, -32603
SERVICE = "/api/service.asmx"


async def read(desk: Desk, address: str) -> dict[str, Any]:
    """The JSON of a resource."""
    contents = (await desk.client.read_resource(address)).contents
    assert [part.mime_type for part in contents] == ["application/json", "text/plain"]
    return json.loads(contents[0].text)


async def failing(desk: Desk, address: str) -> tuple[int, str]:
    with pytest.raises(MCPError) as caught:
        await desk.client.read_resource(address)
    return caught.value.error.code, caught.value.error.message


def number_of_an_invoice(desk: Desk) -> int:
    return int(desk.invoices()[3]["number"])


async def test_each_resource_is_offered_with_a_title_and_what_it_is(desk: Desk) -> None:
    fixed = (await desk.client.list_resources()).resources
    filled_in = (await desk.client.list_resource_templates()).resource_templates

    assert {found.uri for found in fixed} == {"kashflow://company", "kashflow://chart-of-accounts", "ui://card"}
    assert {found.uri_template for found in filled_in} == {
        "kashflow://customers/{code}",
        "kashflow://invoices/{number}",
        "kashflow://invoices/{number}/pdf",
        "kashflow://reports/{kind}{?start,end}",
    }
    assert all(found.title and found.description for found in [*fixed, *filled_in])


@pytest.mark.parametrize(
    ("address", "tool", "arguments"),
    [
        ("kashflow://company", "get_company", {}),
        ("kashflow://chart-of-accounts", "list_reference", {"kind": "nominal_codes"}),
        ("kashflow://customers/PENH01", "get_customer", {"customer": "PENH01"}),
        ("kashflow://invoices/1004", "get_invoice", {"number": 1004}),
        (
            "kashflow://reports/trial_balance?start=2026-01-01&end=2026-10-31",
            "get_report",
            {"kind": "trial_balance", "start": "2026-01-01", "end": "2026-10-31"},
        ),
        (
            "kashflow://reports/aged_debtors?end=2026-10-31",
            "get_report",
            {"kind": "aged_debtors", "date": "2026-10-31"},
        ),
        ("kashflow://reports/aged_debtors", "get_report", {"kind": "aged_debtors", "date": "2026-11-20"}),
    ],
)
async def test_a_resource_says_what_the_tool_says(
    desk: Desk, address: str, tool: str, arguments: dict[str, Any]
) -> None:
    told = await desk.result(tool, arguments)

    contents = (await desk.client.read_resource(address)).contents

    assert json.loads(contents[0].text) == told.structured_content
    assert contents[1].text == told.content[0].text


@pytest.mark.parametrize("era", ERAS)
async def test_resources_are_read_in_both_eras(tmp_path: Path, era: str) -> None:
    async with open_desk(a_company(), real_account(tmp_path), era=era) as desk:
        assert (await read(desk, "kashflow://customers/PENH01"))["code"] == "PENH01"


async def test_resources_do_not_depend_on_the_toolsets(tmp_path: Path) -> None:
    async with open_desk(a_company(), real_account(tmp_path, toolsets="core")) as desk:
        assert (await read(desk, "kashflow://company"))["name"]


async def test_the_demo_says_in_its_resources_that_it_is_one() -> None:
    async with open_desk(a_company(), Settings()) as desk:
        contents = (await desk.client.read_resource("kashflow://customers/PENH01")).contents

    assert "DEMO" in json.loads(contents[0].text)["demo"]
    assert "DEMO" in contents[1].text


@pytest.mark.parametrize(
    "address",
    [
        "kashflow://customers/NOBODY99",
        "kashflow://invoices/999999",
        "kashflow://invoices/999999/pdf",
        "kashflow://invoices/one/pdf",
        "kashflow://nothing",
    ],
)
async def test_what_does_not_exist_is_not_found(desk: Desk, address: str) -> None:
    code, text = await failing(desk, address)

    assert code == INVALID_PARAMS
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("kashflow://invoices/one", "`number`"),
        ("kashflow://reports/gossip", "`kind`"),
        ("kashflow://reports/profit_and_loss?start=2026-01-01", "`end`"),
        ("kashflow://reports/balance_sheet?start=2026-01-01", "no use for `start`"),
        ("kashflow://reports/profit_and_loss?start=1.2.2026&end=2026-10-31", "2026-11-22"),
    ],
)
async def test_a_wrong_address_is_said(desk: Desk, address: str, said: str) -> None:
    _, text = await failing(desk, address)

    assert said in text


async def test_a_fault_of_ours_shows_no_inside(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Customers, code: str) -> None:
        raise ZeroDivisionError("inside /secret/path")

    monkeypatch.setattr(Customers, "by_code", broken)

    code, text = await failing(desk, "kashflow://customers/PENH01")

    assert code == INTERNAL_ERROR
    assert "secret" not in text


async def test_wrong_credentials_are_said_without_showing_them(tmp_path: Path) -> None:
    async with open_desk(a_company(), real_account(tmp_path, password="s3cret-xyzzy", username="mallory")) as desk:
        _, text = await failing(desk, "kashflow://customers/PENH01")

    assert "KASHFLOW_USERNAME and KASHFLOW_PASSWORD" in text
    assert "xyzzy" not in text


# ---- the PDF


async def test_an_invoice_comes_as_a_pdf_and_its_link_never(desk: Desk) -> None:
    contents = (await desk.client.read_resource(f"kashflow://invoices/{number_of_an_invoice(desk)}/pdf")).contents

    assert len(contents) == 1
    assert contents[0].mime_type == "application/pdf"
    assert base64.b64decode(contents[0].blob).startswith(b"%PDF-")
    assert "http" not in contents[0].uri


def linking(company: Any, link: str, file: Reply | None = None) -> list[str]:
    """Let PrintInvoice answer with this link, and this file be behind every link. Gives the paths that are asked for."""
    answered: Callable[..., Any] = company.answer
    asked: list[str] = []

    async def answer(request: Request) -> Reply:
        asked.append(request.url)
        if request.path != SERVICE:
            return file or await answered(request)
        reply = await answered(request)
        own = b"http://127.0.0.1:9/simulated/pdf.asp"
        start = reply.body.find(own)
        if start < 0:
            return reply
        end = reply.body.find(b"<", start)
        return replace(reply, body=reply.body[:start] + link.encode() + reply.body[end:])

    company.answer = answer
    return asked


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/invoice.pdf",
        "http://securedwebapp.com/pdf.asp",
        "https://securedwebapp.com.evil.example/pdf.asp",
        "https://securedwebapp.com@evil.example/pdf.asp",
        "https://user:pass@securedwebapp.com/pdf.asp",
        "https://securedwebapp.com:8443/pdf.asp",
        "https://evilkashflow.com/pdf.asp",
        "http://127.0.0.1:22/simulated/pdf.asp",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
async def test_a_link_to_anywhere_but_kashflow_is_not_followed(desk: Desk, link: str) -> None:
    asked = linking(desk.company, link)

    _, text = await failing(desk, f"kashflow://invoices/{number_of_an_invoice(desk)}/pdf")

    assert "KashFlow" in text
    assert link not in text
    assert {httpx.URL(address).path for address in asked} == {SERVICE}


@pytest.mark.parametrize("link", ["https://securedwebapp.com/x.asp?id=1", "https://api.kashflow.com/v2/documents/1"])
async def test_a_link_to_kashflows_hosts_is_followed(desk: Desk, link: str) -> None:
    linking(desk.company, link, Reply(200, "application/pdf; charset=binary", b"%PDF-1.7 behind the link"))

    contents = (await desk.client.read_resource(f"kashflow://invoices/{number_of_an_invoice(desk)}/pdf")).contents

    assert base64.b64decode(contents[0].blob) == b"%PDF-1.7 behind the link"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (Reply(200, "text/html", b"<html>log in</html>"), "text/html"),
        (Reply(200, "application/pdf", b"<html>log in</html>"), "not a PDF"),
        (Reply(302, "application/pdf", b"%PDF-1.7"), "HTTP 302"),
        (Reply(404, "application/pdf", b"%PDF-1.7"), "HTTP 404"),
        (Reply(200, "application/pdf", b"%PDF-1.7", padding=21 * 2**20, before_padding=8), "larger than 20 MB"),
    ],
)
async def test_what_is_no_pdf_of_sane_size_is_refused(desk: Desk, file: Reply, said: str) -> None:
    linking(desk.company, "http://127.0.0.1:9/simulated/pdf.asp", file)

    code, text = await failing(desk, f"kashflow://invoices/{number_of_an_invoice(desk)}/pdf")

    assert code == INTERNAL_ERROR
    assert said in text
    assert "pdf.asp" not in text


async def test_no_credentials_go_with_the_fetching_of_a_pdf(desk: Desk) -> None:
    seen: list[Request] = []
    answered = desk.company.answer

    async def answer(request: Request) -> Reply:
        if request.path != SERVICE:
            seen.append(request)
        return await answered(request)

    desk.company.answer = answer
    await desk.client.read_resource(f"kashflow://invoices/{number_of_an_invoice(desk)}/pdf")

    assert len(seen) == 1
    assert not {"authorization", "cookie"} & set(seen[0].headers)
    assert seen[0].body == b""
    assert "demo" not in seen[0].query
