"""The approval page: only a person's click writes, once, and what they saw is what is written."""

import asyncio
import json
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from approving import LINK, Visitor, decided, hats, heading, link_in, origin_of
from conftest import ERAS, HATS, Clock, Desk, Person, a_company, open_desk, real_account
from mcp import Client
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitationCapability, ElicitRequestURLParams, ElicitResult, UrlElicitationCapability
from test_processes import environment, simulate

from kf_mcp.approval import Desktop, serving
from kf_mcp.approval.desktop import is_before_a_person
from kf_mcp.server import create_server

NAMED = {"method": "BACS", "bank_account": "Current account"}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


class Screen:
    """A desktop: remembers what was opened on it."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.is_used = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, address: str) -> bool:
        self.opened.append(address)
        self._loop.call_soon_threadsafe(self.is_used.set)
        return True

    async def first(self) -> str:
        await self.is_used.wait()
        return self.opened[0]


class Links:
    """A person whose client offers links: opens them, or not."""

    def __init__(self, answer: str = "accept", decision: str = "yes") -> None:
        self.answer, self.decision = answer, decision
        self.asked: list[ElicitRequestURLParams] = []

    async def __call__(self, _context: Any, params: Any) -> ElicitResult:
        assert isinstance(params, ElicitRequestURLParams)
        self.asked.append(params)
        if self.decision:
            await decided(params.url, self.decision)
        return ElicitResult(action=self.answer)


@pytest.fixture
def links_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that offer links and have no forms; the SDK's own declares both."""
    build = ClientSession._build_capabilities

    def without_forms(self: ClientSession, version: str) -> Any:
        url = ElicitationCapability(url=UrlElicitationCapability())
        return build(self, version).model_copy(update={"elicitation": url})

    monkeypatch.setattr(ClientSession, "_build_capabilities", without_forms)


@asynccontextmanager
async def on_a_desktop(company, folder: Path, patience: float = 20.0, **more: Any):
    """A desk whose server can open pages on a screen."""
    screen = Screen()
    settings = real_account(folder, open_browser=True, toolsets="all")
    async with open_desk(company, settings, desktop=Desktop(screen, patience), **more) as desk:
        yield desk, screen


async def another_invoice(company, folder: Path) -> None:
    """Somebody raises a like invoice meanwhile, so that the plan gets a warning."""
    async with open_desk(company, real_account(folder, confirm="either")) as other:
        twin = {**HATS, "reference": "PO 1"}
        confirm = (await other("create_invoice", twin))["confirm"]
        assert (await other("create_invoice", twin, confirm=confirm))["status"] == "done"


# Deciding


async def test_a_yes_after_the_call_ended_writes_at_once_and_the_same_call_tells_it_once(
    company, tmp_path, era
) -> None:
    async with open_desk(company, real_account(tmp_path), era=era) as desk:
        asked = await desk("create_invoice", HATS)
        page = await decided(link_in(asked), "yes")
        written = hats(desk)
        told = await desk("create_invoice", HATS)
        again = await desk("create_invoice", HATS)

        assert asked["status"] == "needs_confirmation"
        assert "confirm" not in asked
        assert heading(page) == "It is in the books"
        assert f"<dd>{written[0]['number']}</dd>" in page
        assert (told["status"], told["number"]) == ("done", written[0]["number"])
        assert "Yes by approval page, 20 Nov 2026 at 12:00" in told["facts"]
        assert "second time" in told["next"]
        assert again["status"] == "needs_confirmation"
        assert again["warnings"][0].startswith("Exactly this was written before:")
        assert len(hats(desk)) == 1


async def test_an_intended_second_write_is_possible(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        for _ in range(2):
            await decided(link_in(await desk("create_invoice", HATS)), "yes")
            await desk("create_invoice", HATS)

        assert len(hats(desk)) == 2


async def test_on_a_desktop_the_page_opens_by_itself_and_the_call_waits_and_tells_the_outcome(
    company, tmp_path, era
) -> None:
    notices: list[str] = []

    async def progress(_done: float, _total: float | None, message: str | None) -> None:
        notices.append(message or "")

    async with on_a_desktop(company, tmp_path, patience=5, era=era) as (desk, screen):
        async with anyio.create_task_group() as tasks:

            async def person() -> None:
                await decided(await screen.first(), "yes")

            tasks.start_soon(person)
            result = await desk.client.call_tool("create_invoice", HATS, progress_callback=progress)
        reply = result.structured_content

        assert reply["status"] == "done"
        assert "next" not in reply
        assert len(hats(desk)) == 1
        assert len(screen.opened) == 1
        assert any("Waiting for the person" in notice for notice in notices)
        assert (await desk("create_invoice", HATS | {"reference": "PO 2"}))["status"] == "needs_confirmation"


async def test_a_call_that_waited_long_enough_ends_without_the_link_and_the_next_one_joins_the_same_page(
    company, tmp_path, era, browser
) -> None:
    async with on_a_desktop(company, tmp_path, patience=0.3, era=era) as (desk, screen):
        unseen = await desk("create_invoice", HATS)
        visitor = Visitor(screen.opened[0])
        await visitor.look()
        seen = await desk("create_invoice", HATS)
        await visitor.press("yes")
        told = await desk("create_invoice", HATS)

        assert [unseen["status"], seen["status"], told["status"]] == ["needs_confirmation"] * 2 + ["done"]
        assert "was opened in the person's browser" in unseen["next"]
        assert "is open in front of the person" in seen["next"]
        assert not LINK.search(str(unseen) + str(seen) + str(told))
        assert len(screen.opened) == 1
        assert len(hats(desk)) == 1


async def test_a_page_that_nobody_looked_at_is_opened_again_by_the_same_call(company, tmp_path) -> None:
    async with on_a_desktop(company, tmp_path, patience=0.1) as (desk, screen):
        await desk("create_invoice", HATS)
        await desk("create_invoice", HATS)

        assert len(screen.opened) == 2
        assert len(set(screen.opened)) == 1


async def test_a_click_after_the_call_was_cancelled_writes(company, tmp_path) -> None:
    async with on_a_desktop(company, tmp_path) as (desk, screen):
        with anyio.move_on_after(1):
            await desk("create_invoice", HATS)
        page = await decided(screen.opened[0], "yes")
        told = await desk("create_invoice", HATS)

        assert heading(page) == "It is in the books"
        assert told["status"] == "done"
        assert len(hats(desk)) == 1


async def test_a_no_writes_nothing_and_hands_out_nothing_to_confirm_with(company, tmp_path, era) -> None:
    async with open_desk(company, real_account(tmp_path), era=era) as desk:
        link = link_in(await desk("create_invoice", HATS))
        page = await decided(link, "no")
        told = await desk("create_invoice", HATS)
        after = await Visitor(link).look()

        assert heading(page) == "Nothing was written"
        assert told["status"] == "declined"
        assert "said no on the approval page" in told["next"]
        assert not {"confirm", "entry"} & set(told)
        assert "<form" not in after.text
        assert hats(desk) == []
        assert (await desk("list_writes"))["total"] == 0


async def test_after_ten_minutes_the_link_is_dead_and_the_call_asks_anew(
    company, tmp_path, clock: Clock, browser
) -> None:
    async with open_desk(company, real_account(tmp_path), clock=clock) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        await visitor.look()
        clock.time += timedelta(minutes=10, seconds=1)
        await visitor.press("yes")
        page = await visitor.look()
        anew = await desk("create_invoice", HATS)

        assert page.status_code == 410
        assert heading(page.text) == "This page has run out"
        assert link_in(anew) != visitor.link
        assert hats(desk) == []


async def test_one_link_is_good_for_one_write_however_often_it_is_pressed_and_reloaded(
    company, tmp_path, browser
) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        await visitor.look()
        form = visitor.form
        answers = [await visitor.press("yes", form=form) for _ in range(3)]
        answers.append(await visitor.press("no", form=form))
        pages = [(await visitor.look()).text for _ in range(2)]

        assert [answer.status_code for answer in answers] == [303] * 4
        assert {heading(page) for page in pages} == {"It is in the books"}
        assert "<form" not in pages[0]
        assert len(hats(desk)) == 1


async def test_two_clicks_at_once_write_once(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        link = link_in(await desk("create_invoice", HATS))
        company.mishaps.add("InsertInvoice", "slow", seconds=0.3)
        visitors = [Visitor(link), Visitor(link)]
        for visitor in visitors:
            await visitor.look()
        await asyncio.gather(*(visitor.press("yes") for visitor in visitors for _ in range(3)))

        assert len(hats(desk)) == 1
        assert (await desk("list_writes"))["total"] == 1


async def test_while_it_is_being_written_the_page_says_so_and_a_call_waits(
    company, tmp_path, monkeypatch, browser
) -> None:
    monkeypatch.setattr("kf_mcp.approval.page.ANSWERED_WITHIN", 0.05)
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        company.mishaps.add("InsertInvoice", "slow", seconds=1)
        await visitor.look()
        await visitor.press("yes")
        page = await visitor.look()
        told = await desk("create_invoice", HATS)

        assert heading(page.text) == "It is being written"
        assert page.headers["refresh"] == "2"
        assert told["status"] == "done"
        assert len(hats(desk)) == 1


# What changed


async def test_a_plan_that_changed_is_not_covered_by_the_yes_and_the_page_asks_anew(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        await visitor.look()
        old = visitor.form
        await another_invoice(company, tmp_path)
        await visitor.press("yes")
        page = await visitor.look()
        between = len(hats(desk))
        again = await visitor.press("yes", form=old)
        still = await visitor.look()
        unwritten = len(hats(desk))
        await visitor.press("yes")
        done = await visitor.look()

        assert heading(page.text) == heading(still.text) == "Write this into the books?"
        assert "The books changed since this page was shown to you" in page.text
        assert "Perhaps a duplicate" in page.text
        assert again.status_code == 303
        assert (between, unwritten) == (0, 0)
        assert heading(done.text) == "It is in the books"
        assert len(hats(desk)) == 1


async def test_the_same_call_shows_a_changed_plan_on_the_page_that_is_open(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        await visitor.look()
        await another_invoice(company, tmp_path)
        with anyio.move_on_after(1):
            await desk("create_invoice", HATS)  # waits: the page is open in front of the person
        await visitor.press("yes")
        page = await visitor.look()

        assert "Perhaps a duplicate" in page.text
        assert hats(desk) == []


async def test_what_kashflow_refuses_after_the_yes_is_told_on_the_page_and_to_the_call(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        link = link_in(await desk("create_invoice", HATS))
        company.mishaps.add("InsertInvoice", "status_no")
        page = await decided(link, "yes")
        text = await desk.error("create_invoice", HATS)
        anew = await desk("create_invoice", HATS)

        assert heading(page) == "Nothing was written"
        assert "KashFlow refused" in page
        assert "KashFlow refused" in text
        assert anew["status"] == "needs_confirmation"
        assert hats(desk) == []


async def test_an_unknown_outcome_is_called_unknown(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, timeout=1)) as desk:
        link = link_in(await desk("create_invoice", HATS))
        company.mishaps.add("InsertInvoice", "cut_before")
        page = await decided(link, "yes")
        told = await desk("create_invoice", HATS)

        assert heading(page) == "It is not known whether it was written"
        assert told["status"] == "unknown"


async def test_a_restart_between_click_and_call_still_tells_the_outcome_once(company, tmp_path) -> None:
    settings = real_account(tmp_path)
    async with open_desk(company, settings) as desk:
        link = link_in(await desk("create_invoice", HATS))
        await decided(link, "yes")
    async with open_desk(company, settings) as desk:
        told = await desk("create_invoice", HATS)
        anew = await desk("create_invoice", HATS)

        assert told["status"] == "done"
        assert "Written after the person's yes" in told["title"]
        assert anew["status"] == "needs_confirmation"
        assert len(hats(desk)) == 1


async def test_a_restart_before_the_click_makes_the_link_dead(company, tmp_path) -> None:
    settings = real_account(tmp_path)
    async with open_desk(company, settings) as desk:
        link = link_in(await desk("create_invoice", HATS))
    with pytest.raises(httpx.ConnectError):
        await Visitor(link).look()
    async with open_desk(company, settings) as desk:
        other = origin_of(link_in(await desk("create_invoice", HATS)))
        page = await Visitor(link.replace(origin_of(link), other)).look()

        assert page.status_code == 404
        assert hats(desk) == []


async def test_a_click_while_the_server_leaves_is_finished_and_answered(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        company.mishaps.add("InsertInvoice", "slow", seconds=1)
        await visitor.look()
        click = asyncio.create_task(visitor.press("yes"))
        await asyncio.sleep(0.7)
    answer = await click

    assert (answer.status_code, heading(answer.text)) == (200, "It is in the books")
    assert len(hats(desk)) == 1


async def test_no_more_than_five_pages_wait_at_once(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        for n in range(5):
            await desk("create_invoice", {**HATS, "reference": f"PO {n}"})
        text = await desk.error("create_invoice", HATS)
        first = await desk("create_invoice", {**HATS, "reference": "PO 0"})
        await decided(link_in(first), "no")

        assert "5 previews wait for the person" in text
        assert (await desk("create_invoice", HATS))["status"] == "needs_confirmation"


# Who may press the button


async def test_looking_never_writes(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        link = link_in(await desk("create_invoice", HATS))
        guesses = [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Purpose": "preview"}]
        for headers in [{}, *guesses]:
            for method in ("GET", "HEAD"):
                await browser.request(method, f"{link}?decision=yes", headers=headers)
        for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
            assert (await browser.request(method, link)).status_code == 405
        prefetched = [(await browser.get(link, headers=headers)).status_code for headers in guesses]

        assert prefetched == [403] * 3
        assert hats(desk) == []
        assert (await desk("list_writes"))["total"] == 0


FORGED = {
    "another site": {"headers": {"Origin": "https://evil.example"}},
    "another port": {"headers": {"Origin": "http://127.0.0.1:1"}},
    "no origin": {"headers": {"Origin": None}},
    "a null origin": {"headers": {"Origin": "null"}},
    "cross-site": {"headers": {"Sec-Fetch-Site": "cross-site"}},
    "the same site on another port": {"headers": {"Sec-Fetch-Site": "same-site"}},
    "a frame": {"headers": {"Sec-Fetch-Dest": "iframe"}},
    "a script": {"headers": {"Sec-Fetch-Dest": "empty"}},
    "a rebound name": {"headers": {"Host": "evil.example"}},
    "localhost": {"headers": {"Host": "localhost"}},
    "no cookie": {"headers": {"Cookie": ""}},
    "another cookie": {"headers": {"Cookie": "kf_mcp=x"}},
    "prefetched": {"headers": {"Sec-Purpose": "prefetch"}},
    "another seal": {"form": {"seal": "0" * 64}},
    "no seal": {"form": {"seal": ""}},
    "another preview": {"form": {"shown": "0" * 32}},
    "json": {"headers": {"Content-Type": "application/json"}},
    "a huge form": {"form": {"x": "y" * 5000}},
    "another decision": {"decision": "maybe"},
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_form_writes_nothing_and_the_page_stays_good(company, tmp_path, browser, how: str) -> None:
    forged = FORGED[how]
    async with open_desk(company, real_account(tmp_path)) as desk:
        visitor = Visitor(link_in(await desk("create_invoice", HATS)))
        await visitor.look()
        cookies = visitor.cookies
        if "Cookie" in forged.get("headers", {}):
            visitor.cookies = httpx.Cookies()
        answer = await visitor.press(
            forged.get("decision", "yes"), form=forged.get("form"), **forged.get("headers", {})
        )
        unwritten = hats(desk)
        visitor.cookies = cookies
        page = await visitor.decide("yes")

        assert answer.status_code in {400, 403}
        assert unwritten == []
        assert heading(page) == "It is in the books"


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Dest": "image"}]
)
async def test_the_page_is_not_shown_under_another_name_or_inside_another_page(
    company, tmp_path, browser, headers
) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        answer = await browser.get(link_in(await desk("create_invoice", HATS)), headers=headers)

        assert answer.status_code == 403
        assert "PENH01" not in answer.text
        assert "set-cookie" not in answer.headers


async def test_a_form_of_one_page_is_no_good_for_another(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        one = Visitor(link_in(await desk("create_invoice", HATS)))
        two = Visitor(link_in(await desk("create_invoice", {**HATS, "reference": "PO 2"})))
        await one.look()
        await two.look()
        answer = await two.press("yes", form=one.form)

        assert answer.status_code == 403
        assert hats(desk) == []


async def test_the_page_names_nothing_outside_itself_and_runs_no_script(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        answer = await browser.get(link_in(await desk("create_invoice", HATS)))
        policy = answer.headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "form-action 'self'" in policy
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "samesite=strict" in answer.headers["set-cookie"].lower()
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script|https?:|src=|\son\w+=|@import|url\(", answer.text)


async def test_unknown_links_are_told_apart_from_nothing(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        link = link_in(await desk("create_invoice", HATS))
        wrong = [
            link[:-1] + ("a" if link[-1] != "a" else "b"),
            f"{link}x",
            f"{origin_of(link)}/",
            f"{link}/../..",
            f"{origin_of(link)}/favicon.ico",
        ]
        answers = [await browser.get(address) for address in wrong]

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1


async def test_text_of_other_people_cannot_become_part_of_the_page(company, tmp_path, browser) -> None:
    nasty = "<script>alert(1)</script><b>“bold”</b>{{ 7 * 7 }}"
    lines = [{**HATS["lines"][0], "description": f"{nasty}\nsecond line"}]
    async with open_desk(company, real_account(tmp_path)) as desk:
        link = link_in(await desk("create_invoice", {**HATS, "lines": lines, "reference": nasty}))
        page = (await browser.get(link)).text

        assert "<script" not in page
        assert "<b>" not in page
        assert "49" not in page.partition("second line")[0].rpartition("&lt;b&gt;")[2]
        assert "&lt;script&gt;" in page


# Nothing a model can send


async def test_nothing_that_a_model_can_send_confirms_a_write(company, tmp_path, era) -> None:
    """Arguments are all that a model chooses; answers to questions and their state come from the client."""
    inventions = [
        {"confirm": "yes"},
        {"agree": True},
        {"agreement": {"action": "accept", "content": {"agree": True}}},
        {"approval_page": {"action": "accept"}},
        {"decision": "yes"},
        {"_meta": {"confirm": True}},
        {"request_state": "{}", "input_responses": {}},
    ]
    async with open_desk(company, real_account(tmp_path, toolsets="all"), era=era) as desk:
        link = link_in(await desk("create_invoice", HATS))
        token = link.rpartition("/")[2]
        for more in [*inventions, {"confirm": token}, {"confirm": link}]:
            await desk.result("create_invoice", HATS, **more)
        for tool in ("settle_write", "undo_write", "finish_write"):
            await desk.result(tool, entry=1)
        for _ in range(3):
            await desk.result("create_invoice", HATS)

        assert hats(desk) == []
        assert (await desk("list_writes"))["total"] == 0


async def test_invented_answers_of_a_modern_client_confirm_nothing_on_the_page(company, tmp_path) -> None:
    server = create_server(real_account(tmp_path), transport=company.transport(), clock=Clock())
    accepted = {"approval_page": {"action": "accept"}, "agreement": {"action": "accept", "content": {"agree": True}}}
    async with Client(server, mode="2026-07-28") as client:
        for _ in range(2):
            reply = await client.session.call_tool(
                "create_invoice", HATS, input_responses=accepted, allow_input_required=True
            )

            assert reply.structured_content["status"] == "needs_confirmation"
        assert hats(Desk(client, company)) == []


# Links


async def test_a_client_that_offers_links_is_handed_one_and_the_click_is_the_yes(
    company, tmp_path, era, links_only
) -> None:
    person = Links()
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        reply = await desk("create_invoice", HATS)

        assert reply["status"] == "done"
        assert "£43.95" in person.asked[0].message
        assert len(hats(desk)) == 1
        assert not LINK.search(str(reply))


async def test_opening_the_link_is_no_yes(company, tmp_path, era, links_only) -> None:
    person = Links(decision="")
    settings = real_account(tmp_path)
    async with open_desk(company, settings, era=era, person=person, desktop=Desktop(patience=0.3)) as desk:
        reply = await desk("create_invoice", HATS)
        unwritten = len(hats(desk))
        await decided(person.asked[0].url, "yes")
        told = await desk("create_invoice", HATS)

        assert reply["status"] == "needs_confirmation"
        assert not LINK.search(str(reply))
        assert unwritten == 0
        assert told["status"] == "done"
        assert len(hats(desk)) == 1


@pytest.mark.parametrize(("answer", "said"), [("decline", "declined to open"), ("cancel", "nobody was there")])
async def test_a_link_that_was_not_opened_is_dead(company, tmp_path, era, links_only, answer, said) -> None:
    person = Links(answer, decision="")
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        reply = await desk("create_invoice", HATS)
        page = await Visitor(person.asked[0].url).look()

        assert reply["status"] == "declined"
        assert said in reply["next"]
        assert "<form" not in page.text
        assert hats(desk) == []


async def test_a_client_that_dismisses_the_link_after_the_click_is_told_what_was_written(
    company, tmp_path, era, links_only
) -> None:
    async with open_desk(company, real_account(tmp_path), era=era, person=Links("cancel")) as desk:
        reply = await desk("create_invoice", HATS)

        assert reply["status"] == "done"
        assert len(hats(desk)) == 1


async def test_a_client_that_fails_to_offer_a_link_gets_it_in_the_reply(company, tmp_path, links_only) -> None:
    async def broken(_context: Any, _params: Any) -> ElicitResult:
        raise RuntimeError("no window")

    async with open_desk(company, real_account(tmp_path), person=broken) as desk:
        reply = await desk("create_invoice", HATS)

        assert LINK.search(reply["next"])


async def test_a_replayed_answer_to_a_link_gives_the_outcome_and_writes_nothing_more(
    company, tmp_path, links_only
) -> None:
    server = create_server(
        real_account(tmp_path), transport=company.transport(), clock=Clock(), desktop=Desktop(patience=0.2)
    )
    opened = {"approval_page": {"action": "accept"}}
    async with Client(server, mode="2026-07-28", elicitation_callback=Links(decision="")) as client:
        asked = await client.session.call_tool("create_invoice", HATS, allow_input_required=True)
        again = {"input_responses": opened, "request_state": asked.request_state, "allow_input_required": True}
        link = asked.input_requests["approval_page"].params.url
        waiting = await client.session.call_tool("create_invoice", HATS, **again)
        await decided(link, "yes")
        replies = [await client.session.call_tool("create_invoice", HATS, **again) for _ in range(3)]

    assert waiting.structured_content["status"] == "needs_confirmation"
    assert [reply.structured_content["status"] for reply in replies] == ["done"] * 3
    assert len(hats(Desk(client, company))) == 1


# Every channel


async def test_every_channel_ends_in_the_same_entry(tmp_path, monkeypatch) -> None:
    """Only the channel's name differs on the trail."""
    rows: dict[str, dict[str, Any]] = {}

    async def entered(name: str, folder: Path, company: Any, **more: Any) -> None:
        confirm = {"confirm": "either"} if name == "confirm value" else {}
        async with open_desk(company, real_account(folder, **confirm), **more) as desk:
            reply = await desk("create_invoice", HATS)
            if "confirm" in reply:
                reply = await desk("create_invoice", HATS, confirm=reply["confirm"])
            elif reply["status"] == "needs_confirmation":
                await decided(link_in(reply), "yes")
                reply = await desk("create_invoice", HATS)
            assert reply["status"] == "done"
        with sqlite3.connect(folder / "trail.db") as trail:
            trail.row_factory = sqlite3.Row
            rows[name] = dict(trail.execute("SELECT * FROM trail ORDER BY seq LIMIT 1").fetchone())
        trail.close()

    for era in ERAS:
        await entered(f"form {era}", tmp_path / f"form{era}", a_company(), era=era, person=Person())
        await entered(f"page {era}", tmp_path / f"page{era}", a_company(), era=era)
    await entered("confirm value", tmp_path / "confirm", a_company())

    def shape(row: dict[str, Any]) -> dict[str, Any]:
        own = {"consent", "body", "hash", "lock", "account"}
        body = json.loads(row["body"])
        for step in body["steps"]:
            step.pop("kept")
        return {name: value for name, value in row.items() if name not in own} | {
            "body": {name: value for name, value in body.items() if name != "channel"},
            "kept": sorted(row),
        }

    shapes = [shape(row) for row in rows.values()]
    assert all(found == shapes[0] for found in shapes)
    assert shapes[0]["body"]["agreed"] == "2026-11-20T12:00:00+00:00"
    channels = {json.loads(row["body"])["channel"] for row in rows.values()}
    assert channels == {"form shown to the person", "approval page", "confirm value"}


async def test_the_form_comes_before_the_page(company, tmp_path, era) -> None:
    async with on_a_desktop(company, tmp_path, era=era, person=Person()) as (desk, screen):
        assert (await desk("create_invoice", HATS))["status"] == "done"
        assert screen.opened == []


async def test_where_no_page_can_be_served_the_reply_says_how_writing_is_allowed(
    company, tmp_path, monkeypatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no port")

    monkeypatch.setattr(serving.socket, "create_server", refuse)
    async with open_desk(company, real_account(tmp_path)) as desk:
        reply = await desk("create_invoice", HATS)

        assert "KASHFLOW_CONFIRM" in reply["next"]
        assert "confirm" not in reply


@pytest.mark.parametrize("mode", ["either", "model"])
async def test_where_the_owner_asks_for_no_person_no_page_is_served(company, tmp_path, mode) -> None:
    async with open_desk(company, real_account(tmp_path, confirm=mode)) as desk:
        reply = await desk("create_invoice", HATS)

        assert reply["confirm"]
        assert not LINK.search(str(reply))


# The document


async def test_the_page_shows_the_document_as_the_customer_will_see_it(company, tmp_path, browser) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        page = (await browser.get(link_in(await desk("create_invoice", HATS)))).text
        order = [page.index(text) for text in ('class="sheet"', "What changes in the books", "To undo it", "<button")]

        for text in (
            "Hats &amp; scarves",
            "£10.82",
            "£32.46",
            "£6.49",
            "£37.46",
            "£43.95",
            "PO 4711",
            "Penhaligon Boatyard Ltd",
            "20 Nov 2026",
            "the next free one",
        ):
            assert text in page
        assert order == sorted(order)
        assert "In the books of" in page


async def test_every_kind_of_document_has_its_sheet_and_its_total_is_that_of_the_title(
    company, tmp_path, browser
) -> None:
    """An invoice, its credit note, a quote and a supplier's bill."""
    bill = {
        "supplier": company.state()["suppliers"][0]["code"],
        "issue_date": "2026-11-19",
        "due_date": "2026-12-19",
        "reference": "INV 9",
        "lines": [{"net": "100.00", "vat_rate": 20, "vat": "19.99", "nominal": 5000}],
    }
    async with open_desk(company, real_account(tmp_path, toolsets="all")) as desk:
        invoice = link_in(await desk("create_invoice", HATS))
        await decided(invoice, "yes")
        number = hats(desk)[0]["number"]
        bills = await desk.result("create_purchase", bill)
        links = {
            "Credit note": link_in(await desk("create_credit_note", invoice=number)),
            "Quote": link_in(await desk("create_quote", customer=HATS["customer"], lines=HATS["lines"])),
            "Supplier&#39;s bill": link_in(bills.structured_content),
        }
        pages = {title: (await browser.get(link)).text for title, link in links.items()}

        for title, page in pages.items():
            assert f'<h2 id="sheet">{title}</h2>' in page
        totals = {
            title: page.partition('class="total"')[2].partition("<dd>")[2].partition("</dd>")[0]
            for title, page in pages.items()
        }
        assert totals == {"Credit note": "-£43.95", "Quote": "£43.95", "Supplier&#39;s bill": "£119.99"}


async def test_a_payment_has_no_sheet_and_says_what_changes(company, tmp_path, browser) -> None:
    unpaid = next(i for i in company.state()["invoices"] if Decimal(i["paid"]) == 0 and Decimal(i["net"]) > 0)
    async with open_desk(company, real_account(tmp_path)) as desk:
        page = (await browser.get(link_in(await desk("record_payment", invoice=unpaid["number"], **NAMED)))).text

        assert 'class="sheet"' not in page
        assert f"invoice {unpaid['number']}" in page


# The desktop


CLICKS = """
import re, sys, urllib.request
link = sys.argv[1]
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
page = opener.open(link).read().decode()
fields = dict(re.findall(r'name="(shown|seal)" value="(\\w*)"', page)) | {"decision": "yes"}
form = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
opener.open(urllib.request.Request(link, form, {"Origin": link.partition("/approve/")[0]}))
"""


async def test_a_server_in_a_process_of_its_own_opens_the_browser_and_leaves_with_its_client(tmp_path) -> None:
    """The browser is a program that clicks; standard output stays the protocol's."""
    program = tmp_path / "browser.py"
    program.write_text(CLICKS)
    more = {"KASHFLOW_OPEN_BROWSER": "true", "BROWSER": f"{sys.executable} {program} %s &"}
    with simulate() as simulated:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "kf_mcp"], env=environment(simulated, tmp_path / "data", **more)
        )
        async with Client(server) as client:
            reply = await client.call_tool("create_invoice", HATS)

        assert reply.structured_content["status"] == "done"
        assert len(simulated.hats()) == 1


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
        ({"CI": "true"}, "darwin", False),
        ({"DISPLAY": ":0", "PYTEST_CURRENT_TEST": "x"}, "linux", False),
        ({"SSH_CONNECTION": "a b"}, "darwin", False),
    ],
)
def test_a_page_opens_by_itself_only_where_somebody_would_see_it(environment, platform, expected) -> None:
    assert is_before_a_person(environment, platform) is expected


async def test_a_browser_that_fails_or_hangs_is_no_desktop(monkeypatch) -> None:
    def fails(_address: str) -> bool:
        raise RuntimeError("no browser")

    assert await Desktop(fails).show("http://127.0.0.1", wanted=True) is False
    assert await Desktop(lambda _address: True).show("http://127.0.0.1", wanted=False) is False
    assert await Desktop(lambda _address: True).show("http://127.0.0.1", wanted=None) is False
