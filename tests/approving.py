"""The person at the browser, as tests play them: opens a link, reads the page, presses a button."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from conftest import Desk

LINK = re.compile(r"http://127\.0\.0\.1:\d+/approve/[\w-]+")
FIELDS = re.compile(r'name="(shown|seal)" value="(\w*)"')


def link_in(reply: dict[str, Any]) -> str:
    """The link that a reply gives for the person."""
    return LINK.search(reply["next"])[0]


def origin_of(link: str) -> str:
    return link.partition("/approve/")[0]


@dataclass
class Visitor:
    """A browser with one page open."""

    link: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    form: dict[str, str] = field(default_factory=dict)

    async def look(self, **headers: str) -> httpx.Response:
        """Load the page; what its form holds is kept for pressing."""
        answer = await self._ask("GET", headers)
        self.form = dict(FIELDS.findall(answer.text))
        return answer

    async def press(
        self, decision: str, *, form: dict[str, str] | None = None, **headers: str | None
    ) -> httpx.Response:
        """Send the form as a browser does; headers that are None are left out."""
        sent = {"Origin": origin_of(self.link), "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"} | headers
        sent = {name.replace("_", "-"): value for name, value in sent.items() if value is not None}
        fields = {**self.form, **(form or {}), "decision": decision}
        return await self._ask("POST", sent, fields)

    async def _ask(self, method: str, headers: dict[str, str], fields: dict[str, str] | None = None) -> httpx.Response:
        async with httpx.AsyncClient(cookies=self.cookies, timeout=30) as client:
            answer = await client.request(method, self.link, headers=headers, data=fields)
            self.cookies = client.cookies
            return answer

    async def decide(self, decision: str) -> str:
        """Look, press, and give the page that comes after it."""
        await self.look()
        answer = await self.press(decision)
        assert answer.status_code == 303, answer.text
        return (await self.look()).text


async def decided(link: str, decision: str) -> str:
    """The page after this decision, taken in a browser of its own."""
    return await Visitor(link).decide(decision)


def heading(page: str) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", page)[1]


def hats(desk: Desk) -> list[dict[str, Any]]:
    return [invoice for invoice in desk.invoices() if invoice["reference"] == "PO 4711"]
