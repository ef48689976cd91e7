"""The approval page in a real browser: Debian's Chromium, as a person uses it and as another page would abuse it.

Screens are kept in the folder that KF_MCP_SCREENS names.
"""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from approving import hats, link_in, origin_of
from conftest import HATS, Clock, a_company, open_desk, real_account

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENS = os.environ.get("KF_MCP_SCREENS")
WIDTHS = {"phone": 360, "desktop": 1000}
SCHEMES = ("light", "dark")

if CHROMIUM is None:
    pytest.skip("no Chromium is installed: `apt-get install chromium`, or Chrome", allow_module_level=True)
playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: pip install -e .[dev]")
axe = pytest.importorskip(
    "axe_playwright_python.async_playwright", reason="axe is not installed: pip install -e .[dev]"
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = {
    "customer": "PENH01",
    "reference": "PO 4711",
    "lines": [
        {
            "description": "Hats & scarves, hand-made, in the colours of the club",
            "quantity": 12,
            "unit_price": "1010.8250",
            "vat_rate": 20,
            "nominal": 4000,
        },
        {"description": "Delivery", "unit_price": "5.00", "vat_rate": 0, "nominal": 4000},
        {"description": "Discount for a very loyal customer", "unit_price": "-100.00", "vat_rate": 20, "nominal": 4000},
    ],
    "due_date": "2026-11-01",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Any]:
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-lcd-text", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def a_page(chromium: Any, link: str, **more: Any) -> AsyncIterator[Any]:
    """The page behind this link, in a browser profile of its own; what the console complains of fails the test."""
    context = await chromium.new_context(**more)
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(link)
    yield page
    await context.close()
    assert [line for line in said if "favicon" not in line and "status of 4" not in line] == []


@asynccontextmanager
async def asked(tmp_path: Path, request: dict[str, Any] = HATS, **more: Any) -> AsyncIterator[Any]:
    """A desk, and the link of a preview that waits on it."""
    company = a_company()
    async with open_desk(company, real_account(tmp_path), **more) as desk:
        yield desk, link_in(await desk("create_invoice", request))


async def heading(page: Any) -> str:
    return await page.locator("h1").inner_text()


async def test_a_person_approves_by_keyboard_reloads_and_goes_back(chromium, tmp_path) -> None:
    async with asked(tmp_path) as (desk, link), a_page(chromium, "about:blank") as page:
        await page.goto(link)
        first = [await page.locator(":focus").count(), await heading(page)]
        await page.keyboard.press("Enter")
        await page.keyboard.press("Space")
        unwritten = len(hats(desk))
        await page.keyboard.press("Tab")
        focused = await page.locator(":focus").inner_text()
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1.done")
        after = [await heading(page)]
        await page.reload()
        after.append(await heading(page))
        await page.go_back()
        await page.go_forward()
        after.append(await heading(page))
        told = await desk("create_invoice", HATS)

        assert first == [0, "Write this into the books?"]
        assert unwritten == 0
        assert focused == "Yes, write this"
        assert after == ["It is in the books"] * 3
        assert await page.locator("form").count() == 0
        assert told["status"] == "done"
        assert len(hats(desk)) == 1


async def test_a_person_says_no(chromium, tmp_path) -> None:
    async with asked(tmp_path) as (desk, link), a_page(chromium, link) as page:
        await page.get_by_role("button", name="No, write nothing").click()
        said = await heading(page)
        await page.reload()

        assert said == await heading(page) == "Nothing was written"
        assert (await desk("create_invoice", HATS))["status"] == "declined"
        assert hats(desk) == []


async def test_it_works_without_javascript(chromium, tmp_path) -> None:
    async with asked(tmp_path) as (desk, link), a_page(chromium, link, java_script_enabled=False) as page:
        await page.get_by_role("button", name="Yes, write this").click()

        assert await heading(page) == "It is in the books"
        assert len(hats(desk)) == 1


async def test_an_expired_page_says_so_when_it_is_pressed(chromium, tmp_path) -> None:
    clock = Clock()
    async with asked(tmp_path, clock=clock) as (desk, link), a_page(chromium, link) as page:
        clock.time += timedelta(minutes=11)
        await page.get_by_role("button", name="Yes, write this").click()

        assert await heading(page) == "This page has run out"
        assert hats(desk) == []


async def test_a_page_that_is_open_twice_decides_once(chromium, tmp_path) -> None:
    async with asked(tmp_path) as (desk, link), a_page(chromium, link) as one:
        two = await one.context.new_page()
        await two.goto(link)
        await one.get_by_role("button", name="Yes, write this").click()
        await one.wait_for_selector("h1.done")
        await two.get_by_role("button", name="No, write nothing").click()

        assert await heading(one) == await heading(two) == "It is in the books"
        assert len(hats(desk)) == 1


async def test_a_form_that_was_tampered_with_writes_nothing(chromium, tmp_path) -> None:
    async with asked(tmp_path) as (desk, link), a_page(chromium, link) as page:
        await page.evaluate("document.querySelector('[name=shown]').value = '0'.repeat(32)")
        await page.get_by_role("button", name="Yes, write this").click()
        refused = [await heading(page), await page.locator("main p").first.inner_text()]
        unwritten = len(hats(desk))
        await page.get_by_role("link", name="Look at the preview again").click()
        await page.get_by_role("button", name="Yes, write this").click()

        assert refused[0] == "This was not taken for your answer"
        assert "Nothing was written" in refused[1]
        assert unwritten == 0
        assert await heading(page) == "It is in the books"


async def test_what_changed_meanwhile_is_shown_and_asked_anew(chromium, tmp_path) -> None:
    company = a_company()
    settings = real_account(tmp_path)
    async with (
        open_desk(company, settings) as desk,
        open_desk(company, real_account(tmp_path, confirm="either")) as other,
    ):
        link = link_in(await desk("create_invoice", HATS))
        async with a_page(chromium, link) as page:
            twin = {**HATS, "reference": "PO 1"}
            await other("create_invoice", twin, confirm=(await other("create_invoice", twin))["confirm"])
            await page.get_by_role("button", name="Yes, write this").click()
            said = [
                await heading(page),
                await page.locator(".notice").inner_text(),
                await page.locator(".warnings").inner_text(),
            ]
            unwritten = len(hats(desk))
            await page.get_by_role("button", name="Yes, write this").click()

            assert said[0] == "Write this into the books?"
            assert "Nothing was written" in said[1]
            assert "Perhaps a duplicate" in said[2]
            assert unwritten == 0
            assert await heading(page) == "It is in the books"


async def test_another_page_can_neither_press_the_button_nor_frame_or_read_the_page(chromium, tmp_path) -> None:
    """A page on another port of this computer counts as the same site; it even knows the link here."""
    async with asked(tmp_path) as (desk, link):
        context = await chromium.new_context()
        page = await context.new_page()
        await page.goto(link)  # so that the cookie is there
        form = {name: await page.locator(f"[name={name}]").input_value() for name in ("shown", "seal")}
        fields = "".join(f"<input name={name} value={value}>" for name, value in {**form, "decision": "yes"}.items())
        for origin in ("http://127.0.0.1:9/", "https://evil.example/"):
            body = f"<form method=post action={link}>{fields}</form><iframe src={link}></iframe><img src={link}>"
            await context.route(origin, answering(body))
            evil = await context.new_page()
            await evil.goto(origin)
            read = await evil.evaluate(
                "link => fetch(link, {credentials: 'include'}).then(a => a.text()).catch(() => 'blocked')", link
            )
            await evil.evaluate("document.forms[0].submit()")
            await evil.wait_for_url(link)

            assert read == "blocked"
            assert await heading(evil) == "This was not taken for your answer"
        await page.goto(link.replace("127.0.0.1", "rebound.example"))
        rebound = await heading(page)
        await context.close()

        assert rebound == "Nothing to see here"
        assert hats(desk) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
async def test_nobody_is_kept_from_using_it(chromium, tmp_path, width: str, scheme: str) -> None:
    """axe-core finds no violation, nothing is cut off, and the screens can be looked at."""
    async with asked(tmp_path, MANY) as (_desk, link):
        look = {"viewport": {"width": WIDTHS[width], "height": 800}, "color_scheme": scheme}
        async with a_page(chromium, link, **look) as page:
            for state in ("open", "done"):
                found = await axe.Axe().run(page)
                over = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                await kept(page, f"{state}-{width}-{scheme}")

                assert found.response["violations"] == [], found.generate_report()
                assert over <= 0
                if state == "open":
                    assert await page.locator("html").get_attribute("lang") == "en-GB"
                    await page.get_by_role("button", name="Yes, write this").click()
                    await page.wait_for_selector("h1.done")


async def test_it_reads_well_on_paper_and_every_other_page_is_fit_for_use(chromium, tmp_path) -> None:
    async with (
        asked(tmp_path, MANY) as (_desk, link),
        a_page(chromium, link, viewport={"width": 700, "height": 900}) as page,
    ):
        await page.emulate_media(media="print")
        buttons = await page.locator("form").is_visible()
        await kept(page, "print")
        await page.emulate_media(media="screen")
        await page.get_by_role("button", name="No, write nothing").click()
        declined = await axe.Axe().run(page)
        await page.goto(f"{origin_of(link)}/approve/{'x' * 43}")
        unknown = await axe.Axe().run(page)
        await kept(page, "unknown")

        assert not buttons
        assert declined.response["violations"] == unknown.response["violations"] == []
        assert re.fullmatch("This link is not good", await heading(page))


def answering(body: str) -> Any:
    async def answer(route: Any) -> None:
        await route.fulfill(body=body, content_type="text/html")

    return answer


async def kept(page: Any, name: str) -> None:
    if SCREENS:
        await page.screenshot(path=Path(SCREENS) / f"{name}.png", full_page=True)
