"""Asking by way of the approval page: in a client that opens links for the person, or in any client by opening the browser.

That the client agrees to open the link is no yes; only the page's button is. The call waits for as long as clients bear it, and says
meanwhile that it waits. The link is told to the model only where the browser could not be opened: a model with a shell could follow it.
"""

import json
import logging
from typing import Any, Final, Protocol

import anyio
from mcp.server.mcpserver import Context
from mcp.types import ElicitRequest, ElicitRequestURLParams, ElicitResult, InputRequiredResult

from kf_mcp.model import dates
from kf_mcp.writing import reply
from kf_mcp.writing.approvals import Approval, Approvals
from kf_mcp.writing.consent import Asked, CannotAsk, consent_id
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.request import Planned, Request

logger = logging.getLogger(__name__)

MODERN: Final = "2026-07-28"
LINK: Final = "approval_page"
TELL_EVERY: Final = 5.0
"""Seconds between two notices that the call still waits."""
DECLINED: Final = "The person declined to open the approval page."
NOBODY: Final = "The link to the approval page was dismissed, or nobody was there to open it."


class Page(Protocol):
    """Where a person looks at what waits for them."""

    patience: float
    """Seconds for which a call waits for the decision."""

    async def address(self, token: str) -> str:
        """The link to the page of this approval. Raises OSError where no page can be served."""

    async def show(self, address: str) -> bool:
        """Open it in the person's browser; False where there is none."""

    async def close(self) -> None:
        """Stop serving, once what was clicked is finished and answered."""


def state_of(context: Context[Any, Any]) -> str:
    """The secret of the approval that a question by link was about; empty where there was none."""
    if context.request_state is None:
        return ""
    about = json.loads(context.request_state)
    return str(about.get("page", ""))


class OnPage:
    """Asks the person behind one call on the approval page."""

    def __init__(self, context: Context[Any, Any], approvals: Approvals, page: Page) -> None:
        self._context = context
        self._approvals = approvals
        self._page = page

    async def earlier(self, request: Request) -> WriteReply | None:
        """What became of the question that this call answers, or of the same call before; None where there is nothing to tell."""
        token = state_of(self._context)
        if self._context.request_state is not None and not token:
            return None  # the answer to a form, which is the newer
        approval = self._approvals.find(token) if token else self._approvals.of(request)
        if approval and self._approvals.state(approval) == "writing":
            return await self._wait(approval)
        if approval and token:
            return await self._linked_before(approval)
        return await self._approvals.untold(request)

    async def _linked_before(self, approval: Approval) -> WriteReply:
        """The client says what became of the link; that it was opened is no yes, and what the person decided stands."""
        answer = (self._context.input_responses or {}).get(LINK)
        if isinstance(answer, ElicitResult) and answer.action == "accept":
            return await self._wait(approval)
        declined = isinstance(answer, ElicitResult) and answer.action == "decline"
        self._approvals.decline(approval.token, DECLINED if declined else NOBODY)
        return self._standing(approval)

    async def ask(self, request: Request, planned: Planned) -> WriteReply | Asked | CannotAsk:
        """Show the preview to the person on the page, and wait for the decision."""
        approval = self._approvals.open(request, planned)
        try:
            address = await self._page.address(approval.token)
        except OSError as error:
            logger.warning("the approval page cannot be served: %s", error)
            return CannotAsk()
        if approval.is_seen:  # it is in front of the person already
            return await self._wait(approval)
        if self._opens_links:
            question = (
                f"{planned.plan.title}. The page shows it whole, and there you decide; nothing is written before."
            )
            if self._context.protocol_version == MODERN:
                params = ElicitRequestURLParams(message=question, url=address)
                state = json.dumps({"page": approval.token})
                return Asked(
                    InputRequiredResult(input_requests={LINK: ElicitRequest(params=params)}, request_state=state)
                )
            if await self._linked(approval, question, address):
                return await self._wait(approval)
        if await self._page.show(address):
            return await self._wait(approval)
        return self._undecided(approval, address)

    @property
    def _opens_links(self) -> bool:
        capabilities = self._context.client_capabilities
        elicitation = capabilities.elicitation if capabilities else None
        can_be_asked = self._context.protocol_version == MODERN or bool(self._context.session.can_send_request)
        return elicitation is not None and elicitation.url is not None and can_be_asked

    async def _linked(self, approval: Approval, question: str, address: str) -> bool:
        """Let the client offer the link; False where it fails to."""
        try:
            answer = await self._context.elicit_url(question, address, consent_id(approval.token)[:32])
        except Exception as error:  # noqa: BLE001 - the client declared links and failed to offer one
            logger.warning("the client failed to offer a link: %s", type(error).__name__)
            return False
        if answer.action != "accept":
            self._approvals.decline(approval.token, DECLINED if answer.action == "decline" else NOBODY)
        return True

    async def _wait(self, approval: Approval) -> WriteReply:
        """Wait for the decision for a while, saying so."""
        waited = 0.0
        with anyio.move_on_after(self._page.patience):
            while not approval.decided.is_set():
                await self._context.report_progress(
                    waited, None, "Waiting for the person's yes or no on the approval page"
                )
                with anyio.move_on_after(TELL_EVERY):
                    await approval.decided.wait()
                waited += TELL_EVERY
        return self._standing(approval)

    def _standing(self, approval: Approval) -> WriteReply:
        return self._approvals.tell(approval) if approval.decided.is_set() else self._undecided(approval)

    def _undecided(self, approval: Approval, address: str = "") -> WriteReply:
        """Nothing is written yet; where no browser could be opened, with the link for the person."""
        plan, until = approval.planned.plan, dates.uk_time_in_words(approval.closes)
        if self._approvals.state(approval) == "expired":
            said = "Nothing was written: nobody decided on the approval page in time. Make the same call to ask again."
        elif address:
            said = (
                f"Nothing is written yet. Only the person can decide, on the approval page {address} (on this computer, until {until}). "
                "Give them that link and do not open it yourself; then make this same call again, and it tells the outcome."
            )
        else:
            seen = "is open in front of the person" if approval.is_seen else "was opened in the person's browser"
            said = (
                f"Nothing is written yet. The approval page {seen}, until {until}; only there it can be decided, and a yes there writes "
                "it at once. Tell the person; then make this same call again, and it tells the outcome."
            )
        return reply.preview(plan, next_step=said)
