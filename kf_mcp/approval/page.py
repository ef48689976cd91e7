"""The approval page as an ASGI application: it shows what waits for a person, and takes the decision.

Looking never decides anything; only the form of the page does, once. The click carries out the write, and the page shows what became
of it, as often as it is looked at.
"""

import asyncio
import contextvars
import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from kf_mcp.approval import showing
from kf_mcp.approval.guard import SECURITY, Guard, policy, read_form
from kf_mcp.writing.approvals import Approval, Approvals
from kf_mcp.writing.consent import GOOD_FOR

PATH: Final = "/approve/"
LINK: Final = re.compile(rf"{PATH}([\w-]{{20,100}})", re.ASCII)
ANSWERED_WITHIN: Final = 3.0
"""Seconds that the answer to a click waits for the outcome; after them the page says that it is being written."""
LOOK_AGAIN: Final = "2"


class ApprovalPage:
    """Shows approvals, each under its own link, and takes the decisions."""

    def __init__(self, approvals: Approvals, origin: str, *, is_demo: bool = False) -> None:
        self._approvals = approvals
        self._origin = origin
        self._guard = Guard(origin)
        self._is_demo = is_demo
        self._clicks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    def address(self, token: str) -> str:
        """The link to the page of this approval."""
        return f"{self._origin}{PATH}{token}"

    async def close(self) -> None:
        """Wait for what was clicked."""
        self._is_closing = True
        if self._clicks:
            await asyncio.wait(self._clicks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        response = await self._answer(Request(scope, receive))
        response.headers.update(SECURITY)
        response.headers["Content-Security-Policy"] = policy(showing.style_hash())
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if why := self._guard.refuses(request):
            return self._note(403, "Nothing to see here", why)
        found = LINK.fullmatch(request.url.path)
        token = found[1] if found else ""
        approval = self._approvals.find(token)
        if approval is None:
            return self._note(
                404,
                "This link is not good",
                "It was never given out, or is too old, or the server was started again since. Nothing was written by "
                "opening it. Ask your assistant to make its call again.",
            )
        if request.method in {"GET", "HEAD"}:
            if request.method == "GET" and request.headers.get("sec-fetch-mode", "navigate") == "navigate":
                approval.is_seen = True
            return self._shown(approval)
        if request.method != "POST":
            return self._note(
                405, "This page is only looked at or answered", "Nothing was written.", Allow="GET, HEAD, POST"
            )
        return await self._decided(request, approval)

    async def _decided(self, request: Request, approval: Approval) -> Response:
        """Take the decision, if it is the person's."""
        form = await read_form(request)
        if form is None or form.get("decision") not in {"yes", "no"}:
            return self._note(400, "This is not the form of the page", "Nothing was written.", back=request.url.path)
        if why := self._guard.refuses_form(request, approval.token, form):
            return self._note(
                403, "This was not taken for your answer", f"{why} Nothing was written.", back=request.url.path
            )
        if form["decision"] == "no":
            self._approvals.decline(approval.token)
        elif self._approvals.state(approval) == "open" and not self._is_closing:
            await self._carry_out(approval, form["shown"])
        if self._is_closing:  # nobody would answer a second request
            return self._shown(approval)
        return RedirectResponse(request.url.path, 303)

    async def _carry_out(self, approval: Approval, shown: str) -> None:
        """Write it, in a task of its own: it goes on whether or not the person waits for the answer."""
        click = asyncio.get_running_loop().create_task(
            self._approvals.approve(approval.token, shown), context=contextvars.Context()
        )
        self._clicks.add(click)
        click.add_done_callback(self._finished)
        await asyncio.wait({click}, timeout=ANSWERED_WITHIN)

    def _finished(self, click: asyncio.Task[None]) -> None:
        self._clicks.discard(click)
        if not click.cancelled():
            click.exception()  # it stands in the log and on the page

    def _shown(self, approval: Approval) -> Response:
        state = self._approvals.state(approval)
        shown = approval.planned.digest
        text = showing.approval(
            approval, state, shown=shown, seal=self._guard.seal(approval.token, shown), is_demo=self._is_demo
        )
        response = HTMLResponse(text, 410 if state == "expired" else 200)
        if state == "writing":
            response.headers["Refresh"] = LOOK_AGAIN
        if state == "open":
            name, value = self._guard.cookie(approval.token)
            response.set_cookie(
                name,
                value,
                max_age=int(GOOD_FOR.total_seconds()),
                path=f"{PATH}{approval.token}",
                httponly=True,
                samesite="strict",
                secure=self._origin.startswith("https:"),
            )
        return response

    def _note(self, code: int, title: str, text: str, back: str = "", **headers: Any) -> Response:
        return HTMLResponse(showing.note(title, text, back=back, is_demo=self._is_demo), code, headers)
