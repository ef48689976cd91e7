"""Putting a preview to the person, in both ways that MCP has had of asking.

Until 2025-11-25 the server asks the client in the middle of a call; from 2026-07-28 on the call's reply is the question, and the
client makes the call again with the answer. Under both the person sees the plan as text and a box to tick, without a default: an
empty form could be confirmed by a stray Enter, and some clients accept forms by their defaults.
"""

import json
import logging
import secrets
from typing import Any, Final

from mcp.server.mcpserver import Context
from mcp.types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult
from pydantic import BaseModel, Field

from kf_mcp.settings import Confirm
from kf_mcp.toolkit.on_page import MODERN, OnPage, state_of
from kf_mcp.writing.consent import Asked, CannotAsk, Given, No, Seal, consent_id
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.request import Planned, Request

logger = logging.getLogger(__name__)

FORM: Final = "form shown to the person"
QUESTION: Final = "agreement"
DECLINED: Final = "The form was declined: by the person, or by a client that had nobody to ask."
NOBODY: Final = "The question was dismissed, or nobody was there to answer it."
TOO_LATE: Final = "The question was answered more than ten minutes after it was asked, so nothing was written."
UNTICKED: Final = "The box was not ticked."


class Agreement(BaseModel):
    """The form: one box without a default."""

    agree: bool = Field(
        title="Yes, write this", description="Tick to write it into the books; leave empty to write nothing."
    )


_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "agree": {
            "type": "boolean",
            "title": "Yes, write this",
            "description": "Tick to write it into the books; leave empty to write nothing.",
        }
    },
    "required": ["agree"],
}


def can_ask(context: Context[Any, Any]) -> bool:
    """Whether this client can put a form to a person, now."""
    capabilities = context.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False  # an empty `elicitation` means forms
    return context.protocol_version == MODERN or bool(context.session.can_send_request)


class PersonOrConfirm:
    """Asks the person behind one call: by a form where the client has it, else on the approval page, else by what the owner allows."""

    def __init__(
        self, context: Context[Any, Any], confirm: str, allowed: Confirm, seal: Seal, on_page: OnPage | None = None
    ) -> None:
        self._context = context
        self._confirm = confirm
        self._allowed = allowed
        self._seal = seal
        self._on_page = on_page

    @property
    def may_confirm(self) -> bool:
        """Whether a `confirm` value counts: in model mode always, under `either` only where no form can be shown."""
        return self._allowed == "model" or (self._allowed == "either" and not can_ask(self._context))

    async def earlier(self, request: Request) -> WriteReply | None:
        """What became of this request on the approval page, where the caller has not been told yet."""
        return await self._on_page.earlier(request) if self._on_page else None

    def given(self) -> Given | No | None:
        """The person's answer that came with this call, or the confirm value where that counts."""
        state = self._context.request_state
        if state is not None and self._allowed != "model" and not state_of(self._context):
            answer = (self._context.input_responses or {}).get(QUESTION)
            if isinstance(answer, ElicitResult):
                return self._answer(answer.action, answer.content, state)
            return No(NOBODY)
        if self._confirm and self.may_confirm:
            return self._seal.given(self._confirm)
        return None

    async def ask(self, request: Request, planned: Planned) -> Given | No | Asked | CannotAsk | WriteReply:
        """Put the preview to the person."""
        if not can_ask(self._context):
            return await self._on_page.ask(request, planned) if self._on_page else CannotAsk()
        text, consent_digest = planned.plan.in_words(), planned.digest
        if self._context.protocol_version == MODERN:
            form = ElicitRequest(params=ElicitRequestFormParams(message=text, requested_schema=_FORM))
            state = self._state(consent_digest)
            return Asked(InputRequiredResult(input_requests={QUESTION: form}, request_state=state))
        try:
            answer = await self._context.elicit(text, Agreement)
        except Exception as error:  # noqa: BLE001 - the client declared forms and failed to show one: then nobody said yes
            logger.warning("the client failed to show a form: %s", type(error).__name__)
            return No(NOBODY)
        content = {"agree": answer.data.agree} if answer.action == "accept" else None
        return self._answer(answer.action, content, self._state(consent_digest))

    def _state(self, consent_digest: str) -> str:
        """What a question is about, for when the answer comes; the SDK seals it on its way out."""
        return json.dumps({"covers": consent_digest, "asked": self._seal.now(), "nonce": secrets.token_hex(8)})

    def _answer(self, action: str, content: dict[str, Any] | None, state: str) -> Given | No:
        """The answer to a form. `state` is ours: the SDK opens only what it sealed itself."""
        if action == "decline":
            return No(DECLINED)
        if action != "accept":
            return No(NOBODY)
        if not content or content.get("agree") is not True:
            return No(UNTICKED)
        about = json.loads(state)
        if self._seal.is_over(about["asked"]):  # good for finding what it was used for, not for a new write
            return Given(consent_id(state), lambda _digest: False, FORM, self._seal.moment(), TOO_LATE)
        return Given(consent_id(state), lambda digest: digest == about["covers"], FORM, self._seal.moment())
