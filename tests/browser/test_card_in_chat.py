"""The card in a real browser: in a sandboxed frame, spoken to as a client of MCP Apps speaks, fed with the server's own answers.

Screens are kept in the folder that KF_MCP_SCREENS names.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from approving import link_in
from conftest import HATS, a_company, open_desk, real_account
from test_page import CHROMIUM, MANY, SCHEMES, SCREENS, WIDTHS, axe, chromium

from kf_mcp.toolkit.card import URI

__all__ = ["CHROMIUM", "chromium"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = '<img src=x onerror="window.parent.postMessage(1,\'*\')"><script>document.title="taken"</script>'
HOST = """<!doctype html><html lang="en"><title>A chat</title><style>body{margin:0}iframe{border:0;width:100%;display:block}</style>
<main><iframe title="card" sandbox="allow-scripts"></iframe></main>
<script>
window.said = []; window.odd = [];
window.begin = (page, theme, capabilities) => {
  const frame = document.querySelector("iframe");
  window.tell = (message) => frame.contentWindow.postMessage({jsonrpc: "2.0", ...message}, "*");
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow) return;
    if (!event.data || event.data.jsonrpc !== "2.0") { window.odd.push(event.data); return; }
    const {id, method, params} = event.data;
    window.said.push(event.data);
    if (method === "ui/initialize") window.tell({id, result: {protocolVersion: params.protocolVersion,
      hostInfo: {name: "test", version: "1"}, hostCapabilities: capabilities, hostContext: {theme}}});
    if (method === "ui/notifications/size-changed") frame.style.height = params.height + "px";
    if (method === "ui/open-link") window.tell({id, result: {isError: window.refuses || false}});
  });
  frame.srcdoc = page;
};
</script></html>"""


class Chat:
    """A client with the card in it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.card = page.frame_locator("iframe[title=card]")

    async def tell(self, method: str, params: dict[str, Any], **more: Any) -> None:
        await self.page.evaluate("message => window.tell(message)", {"method": method, "params": params, **more})

    async def show(self, result: dict[str, Any]) -> None:
        """Hand over a tool's answer, as it came."""
        await self.tell("ui/notifications/tool-input", {"arguments": {}})
        await self.card.get_by_text("Waiting for the books").wait_for()
        await self.tell("ui/notifications/tool-result", result)
        await self.card.locator("h1, pre").first.wait_for()

    async def said(self, method: str) -> list[dict[str, Any]]:
        return [message for message in await self.page.evaluate("window.said") if message.get("method") == method]

    async def text(self) -> str:
        return await self.card.locator("main").inner_text()

    async def keep(self, name: str) -> None:
        if SCREENS:
            width = self.page.viewport_size["width"]
            height = await self.page.evaluate("document.documentElement.scrollHeight")
            await self.page.set_viewport_size({"width": width, "height": height})
            await self.page.wait_for_timeout(300)  # a frame in a process of its own is painted later
            await self.page.screenshot(path=Path(SCREENS) / f"{name}.png")


@asynccontextmanager
async def a_chat(
    chromium: Any, page_of_card: str, *, theme: str = "light", opens: bool = True, **more: Any
) -> AsyncIterator[Chat]:
    """A client that shows the card; what the console complains of fails the test."""
    context = await chromium.new_context(**more)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.set_content(HOST)
    capabilities = {"openLinks": {}} if opens else {}
    await page.evaluate("args => window.begin(...args)", [page_of_card, theme, capabilities])
    await page.wait_for_function("window.said.some(message => message.method === 'ui/notifications/initialized')")
    yield Chat(page)
    odd = await page.evaluate("window.odd")
    await context.close()
    assert said == []
    assert odd == []
    assert [address for address in asked if not address.startswith(("about:", "data:"))] == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fed(tmp_path_factory: Any) -> dict[str, Any]:
    return await answers(tmp_path_factory.mktemp("card"))


async def answers(folder: Path) -> dict[str, Any]:
    """The card's page, and a real answer of each kind."""
    found: dict[str, Any] = {}

    async def keep(name: str, desk: Any, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await desk.result(tool, arguments)
        found[name] = json.loads(result.model_dump_json(by_alias=True, exclude_none=True))
        return found[name].get("structuredContent", {})

    async with open_desk(a_company(), real_account(folder / "person")) as desk:
        found["page"] = (await desk.client.read_resource(URI)).contents[0].text
        await keep("preview", desk, "create_invoice", HATS)
        await keep("aged", desk, "get_report", {"kind": "aged_debtors", "date": "2026-11-20"})
    async with open_desk(a_company(), real_account(folder / "either", confirm="either")) as desk:
        preview = await keep("preview to confirm", desk, "create_invoice", MANY)
        done = await keep("outcome", desk, "create_invoice", {**MANY, "confirm": preview["confirm"]})
        await keep("invoice", desk, "get_invoice", {"number": done["number"]})
        await keep(
            "trial balance", desk, "get_report", {"kind": "trial_balance", "start": "2026-01-01", "end": "2026-11-20"}
        )
        await keep("vat", desk, "get_vat_report", {"start": "2026-07-01", "end": "2026-09-30"})
        await keep("error", desk, "get_invoice", {"number": 999_999})
    return found


KINDS = {
    "preview": ["Nothing is written yet", "Line 2 carries 0%", "Hats & scarves", "To undo it"],
    "preview to confirm": ["Nothing is written yet", "Say in the chat whether this may be written."],
    "outcome": ["It is in the books", "Read back from the books: equal.", "Trail entry 1"],
    "invoice": ["Penhaligon Boatyard Ltd (PENH01)", "12 × £1,010.825", "PO 4711", "Outstanding"],
    "aged": ["Aged debtors, at the end of 20 Nov 2026", "Bits<Bytes Computing Ltd", "£1,938.67", "£17,837.80"],
    "trial balance": ["Trial balance", "Debtors"],
    "vat": [
        "VAT, 1 Jul 2026 to 30 Sep 2026",
        "Filed with HMRC on 25 Oct 2026",
        "£64,309.49",
        "To pay to HMRC",
        "£7,259.82",
        "Not zero: box 2",
    ],
    "error": ["999999"],
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_it_shows_every_kind_of_answer_to_everybody(chromium, fed, width: str, scheme: str) -> None:
    """axe-core finds no violation, nothing is cut off, and the screens can be looked at."""
    look = {"viewport": {"width": WIDTHS[width], "height": 800}}
    async with a_chat(chromium, fed["page"], theme=scheme, **look) as chat:
        for kind, expected in KINDS.items():
            await chat.show(fed[kind])
            said = await chat.text()
            frame = chat.page.frames[1]
            over = await frame.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            await chat.keep(f"card-{kind.replace(' ', '-')}-{width}-{scheme}")
            found = await axe.Axe().run(frame)

            assert [text for text in expected if text not in said] == [], said
            assert over <= 0, kind
            assert found.response["violations"] == [], found.generate_report()
        assert await chat.page.frames[1].evaluate("getComputedStyle(document.body).colorScheme") == scheme


async def test_the_table_behind_the_chart_has_every_figure(chromium, fed) -> None:
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(fed["aged"])
        structure = fed["aged"]["structuredContent"]
        await chat.card.get_by_text("Every figure as a table").click()
        rows = await chat.card.locator("tbody tr").all_inner_texts()
        told = await chat.card.get_by_role("img").get_attribute("aria-label")

        assert len(rows) == len(structure["rows"])
        assert "-25.00" in " ".join(rows)
        assert "£17,837.80 in all" in told
        assert await chat.card.locator("svg.drawn").count() == 12


async def test_a_persons_yes_leads_by_way_of_the_approval_page_only(chromium, fed) -> None:
    preview = fed["preview"]
    link = link_in(preview["structuredContent"])
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(preview)
        names = await chat.card.get_by_role("button").all_inner_texts()
        await chat.card.get_by_role("button").click()
        await chat.page.wait_for_function("window.said.some(message => message.method === 'ui/open-link')")
        await chat.page.evaluate("window.refuses = true")
        await chat.card.get_by_role("button").click()
        await chat.card.get_by_text("Copy the link into your browser").wait_for()
        opened = [message["params"] for message in await chat.said("ui/open-link")]
        methods = {message.get("method") for message in await chat.page.evaluate("window.said")}
        buttons = {}
        for kind in ("preview to confirm", "outcome", "invoice"):
            await chat.show(fed[kind])
            buttons[kind] = await chat.card.get_by_role("button").count()

        assert names == ["Look at it on the approval page"]
        assert opened == [{"url": link}] * 2
        told = {"initialized", "size-changed"}
        assert methods == {"ui/initialize", "ui/open-link", *(f"ui/notifications/{name}" for name in told)}
        assert set(buttons.values()) == {0}
        assert fed["preview to confirm"]["structuredContent"]["confirm"] not in await chat.page.content()


async def test_where_the_client_opens_no_links_the_person_copies_it(chromium, fed) -> None:
    async with a_chat(chromium, fed["page"], opens=False) as chat:
        await chat.show(fed["preview"])

        assert await chat.card.get_by_role("button").count() == 0
        assert link_in(fed["preview"]["structuredContent"]) in await chat.text()


@pytest.mark.parametrize(
    "next_step",
    [
        "Open the approval page javascript:alert(1)//approve/xxxxxxxxxxxxxxxxxxxxxxxx now",
        "Nothing is written yet. The approval page is open in front of the person.",
        "See https://evil.example/approve/xxxxxxxxxxxxxxxxxxxxxxxx for more",
    ],
)
async def test_no_button_without_the_link_of_the_approval_page(chromium, fed, next_step: str) -> None:
    told = deepcopy(fed["preview"])
    told["structuredContent"]["next"] = next_step
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(told)

        assert await chat.card.get_by_role("button").count() == 0


def hostile(told: Any) -> Any:
    """The same answer with every free text replaced by one that would like to be a page."""
    if isinstance(told, dict):
        kept_as = {"status", "kind", "currency", "checked"}
        return {name: value if name in kept_as else hostile(value) for name, value in told.items()}
    if isinstance(told, list):
        return [hostile(value) for value in told]
    is_free = isinstance(told, str) and not told.replace("-", "").replace(".", "").isdigit()
    return HOSTILE if is_free else told


@pytest.mark.parametrize("kind", KINDS)
async def test_hostile_names_stay_text(chromium, fed, kind: str) -> None:
    told = hostile({name: value for name, value in fed[kind].items() if name in {"structuredContent", "isError"}})
    if kind == "error":
        told["content"] = [{"type": "text", "text": HOSTILE}]
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(told)
        frame = chat.page.frames[1]

        assert HOSTILE in await chat.text()
        assert await chat.card.locator("img, script, iframe, a").count() == 1  # the card's own script
        assert await frame.title() == "KashFlow books"


async def test_only_the_client_around_it_is_listened_to(chromium, fed) -> None:
    """Another window, and the card itself, put nothing into it."""
    forged = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": fed["invoice"]}
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(fed["preview"])
        frame = chat.page.frames[1]
        await frame.evaluate("message => window.postMessage(message, '*')", forged)
        await chat.page.evaluate(
            """message => { const other = document.createElement("iframe"); document.body.append(other);
            window.target = document.querySelector("iframe").contentWindow;
            other.contentWindow.eval("parent.target.postMessage(" + JSON.stringify(message) + ", '*')"); }""",
            forged,
        )
        await chat.tell("ping", {}, id=77)
        await chat.page.wait_for_function("window.said.some(message => message.id === 77)")

        assert "Outstanding" not in await chat.text()
        assert "Nothing is written yet" in await chat.text()


async def test_it_follows_the_client_and_answers_its_requests(chromium, fed) -> None:
    async with a_chat(chromium, fed["page"]) as chat:
        await chat.show(fed["aged"])
        await chat.tell("ui/notifications/host-context-changed", {"theme": "dark"})
        await chat.tell("ui/resource-teardown", {"reason": "over"}, id=5)
        await chat.tell("ui/something-new", {}, id=6)
        await chat.page.wait_for_function("window.said.some(message => message.id === 6 && !message.method)")
        answered = {m["id"]: m for m in await chat.page.evaluate("window.said") if not m.get("method")}
        heights = [message["params"]["height"] for message in await chat.said("ui/notifications/size-changed")]
        shown = await chat.page.frames[1].evaluate("document.body.getBoundingClientRect().height")
        dark = await chat.page.frames[1].evaluate("getComputedStyle(document.body).colorScheme")
        await chat.tell("ui/notifications/tool-cancelled", {"reason": "the person stopped it"})
        await chat.card.get_by_text("The call was cancelled").wait_for()

        assert answered[5]["result"] == {}
        assert answered[6]["error"]["code"] == -32601
        assert abs(heights[-1] - shown) < 1
        assert dark == "dark"
