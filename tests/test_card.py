"""The card in the chat as a client meets it: the page, how it is served, and which tools name it."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from conftest import HATS, Desk, a_company, open_desk, real_account
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from kf_mcp.settings import Settings
from kf_mcp.toolkit.card import PAGE, URI

READS = {"get_invoice", "get_report", "get_vat_report"}
NOTHING = {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []}


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def bound(tools: list[Any]) -> set[str]:
    return {tool.name for tool in tools if (tool.meta or {}).get("ui") == {"resourceUri": URI}}


async def test_the_page_is_listed_and_read_in_both_eras(tmp_path, era: str) -> None:
    async with open_desk(a_company(), real_account(tmp_path), era=era) as desk:
        offered = next(found for found in (await desk.client.list_resources()).resources if found.uri == URI)
        [read] = (await desk.client.read_resource(URI)).contents

    assert offered.mime_type == read.mime_type == APP_MIME_TYPE == "text/html;profile=mcp-app"
    assert offered.meta["ui"]["csp"] == read.meta["ui"]["csp"] == NOTHING
    assert read.text == PAGE.read_text("utf-8")


async def test_the_server_says_that_it_has_cards(tmp_path) -> None:
    async with open_desk(a_company(), real_account(tmp_path), era="auto") as desk:
        assert EXTENSION_ID in desk.client.server_capabilities.extensions


async def test_every_tool_that_writes_and_those_it_can_show_name_the_card(tmp_path, era: str) -> None:
    async with open_desk(a_company(), real_account(tmp_path, toolsets="all"), era=era) as desk:
        tools = (await desk.client.list_tools()).tools

    writing = {tool.name for tool in tools if not tool.annotations.read_only_hint}
    assert bound(tools) == writing | READS
    assert {"create_invoice", "record_payment", "undo_write"} <= writing


async def test_the_demo_is_marked_beside_the_card() -> None:
    async with open_desk(a_company(), Settings()) as desk:
        tools = {tool.name: tool.meta for tool in (await desk.client.list_tools()).tools}
        reply = await desk.result("get_invoice", {"number": 1004})

    assert tools["get_invoice"] == {"demo": True, "ui": {"resourceUri": URI}}
    assert tools["find_invoices"] == {"demo": True}
    assert "DEMO COMPANY" in reply.structured_content["demo"]


async def test_the_answer_is_the_same_whether_or_not_a_client_shows_cards(tmp_path) -> None:
    """Text and structure stand alone; none of them speaks of the card."""
    async with open_desk(a_company(), real_account(tmp_path, confirm="either")) as desk:
        reply = await desk.result("create_invoice", HATS)

    assert reply.structured_content["status"] == "needs_confirmation"
    assert reply.structured_content["title"] in reply.content[0].text
    assert reply.meta is None or "ui" not in reply.meta


async def test_no_tool_speaks_of_a_value_to_confirm_with_where_only_a_person_confirms(desk: Desk, tmp_path) -> None:
    async with open_desk(a_company(), real_account(tmp_path / "other")) as other:
        alone = {tool.name: tool for tool in (await other.client.list_tools()).tools}
    either = {tool.name: tool for tool in (await desk.client.list_tools()).tools}

    for tool, has_it in ((alone["create_invoice"], False), (either["create_invoice"], True)):
        assert ("confirm" in tool.input_schema["properties"]) is has_it
        assert ("confirm" in tool.output_schema["properties"]) is has_it


def test_the_page_refers_to_nothing_outside_and_puts_nothing_in_as_html() -> None:
    page = PAGE.read_text("utf-8")
    reader = Tags()
    reader.feed(page)
    tags = reader.found

    assert [tag for tag, _ in tags].count("script") == 1
    assert not {"link", "img", "iframe", "form", "object", "base", "a"} & {tag for tag, _ in tags}
    assert not {"src", "href", "style"} & {name for _, attributes in tags for name in attributes}
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on")]
    assert set(re.findall(r"https?://[\w./]+", page)) == {
        "http://www.w3.org/2000/svg"
    }  # the name of SVG, not an address
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|\beval\b|Function\(", page)
    assert not re.search(r"url\(|@import|\bfetch\b|XMLHttpRequest|WebSocket|import\(|localStorage|cookie", page)


def test_the_page_is_under_a_policy_of_its_own() -> None:
    """Also where a client serves it without one."""
    reader = Tags()
    reader.feed(PAGE.read_text("utf-8"))
    [policy] = [found["content"] for _, found in reader.found if found.get("http-equiv") == "Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"https?:|\*|data:|unsafe-eval", policy)


@pytest.mark.parametrize("what", ["tools/call", "ui/message", "ui/update-model-context", "sampling"])
def test_the_card_neither_calls_tools_nor_speaks_in_the_persons_name(what: str) -> None:
    assert what not in PAGE.read_text("utf-8")
