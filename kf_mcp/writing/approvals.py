"""Approvals: previews that wait for a person on the approval page.

Each waits under a secret of its own, for ten minutes, for one decision. The person's click carries out the write, whether or not the
call that asked for it is still there; that call, or the same call made again, learns the outcome. Where the books changed since the
page was shown, nothing is sent and the page asks anew.
"""

import contextlib
import hashlib
import logging
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

import anyio

from kf_mcp.errors import Failure, OutcomeUnknown, Refused
from kf_mcp.model import dates
from kf_mcp.trail import Trail
from kf_mcp.writing import reply
from kf_mcp.writing.consent import GOOD_FOR, CannotAsk, Given, consent_id
from kf_mcp.writing.desk import Desk
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.request import Planned, Request

logger = logging.getLogger(__name__)

PAGE: Final = "approval page"
TOKEN_BYTES: Final = 32
MOST_OPEN: Final = 5
"""So many previews wait for the person at once: more than a few pages are a nuisance, and nobody reads them."""
KEPT_FOR: Final = 6 * GOOD_FOR
"""How long the page still shows what was decided."""
CHANGED: Final = "The books changed since this page was shown to you. Nothing was written. Please look at it anew."
SAID_NO: Final = "The person said no on the approval page."
ONCE_MORE: Final = "If the person wants the same a second time, make the same call again."

State = Literal["open", "writing", "done", "declined", "refused", "expired"]


@dataclass
class Approval:
    """One preview that waits for a person."""

    token: str
    request: Request
    planned: Planned
    closes: datetime
    decision: State = "open"
    notice: str = ""
    """What the person should know before looking at it again."""
    outcome: WriteReply | None = None
    failure: Failure | None = None
    entry: int = 0
    """What the yes was entered as on the trail."""
    is_seen: bool = False
    """Whether somebody opened the page."""
    is_told: bool = False
    """Whether a call was told the decision."""
    decided: anyio.Event = field(default_factory=anyio.Event)


class Agreed:
    """Stands for the person who has just said yes on the page."""

    may_confirm = False

    def __init__(self, given: Given) -> None:
        self._given = given

    async def earlier(self, request: Request) -> WriteReply | None:  # noqa: ARG002 - an asker's
        """Nothing: this is the decision itself."""
        return None

    def given(self) -> Given:
        """The yes."""
        return self._given

    async def ask(self, request: Request, planned: Planned) -> CannotAsk:  # noqa: ARG002 - an asker's
        """Nobody is asked in the middle of carrying out."""
        return CannotAsk()


class Approvals:
    """The previews of one server that wait for a person."""

    def __init__(self, desk: Desk, trail: Trail, clock: dates.Clock) -> None:
        self._desk = desk
        self._trail = trail
        self._clock = clock
        self._by_token: dict[str, Approval] = {}
        self._by_request: dict[tuple[str, str], Approval] = {}
        self._told: set[int] = set()
        """Entries on the trail whose outcome a call was told."""

    def open(self, request: Request, planned: Planned) -> Approval:
        """The approval of this request: the one that is open already, with this plan, or a new one. Raises Refused at too many."""
        self._sweep()
        standing = self.of(request)
        if standing and self.state(standing) == "writing":
            return standing
        if standing and self.state(standing) == "open":
            if standing.planned.digest != planned.digest:
                standing.planned, standing.notice = planned, CHANGED
            return standing
        if sum(self.state(known) == "open" for known in self._by_token.values()) >= MOST_OPEN:
            raise Refused(
                f"{MOST_OPEN} previews wait for the person on approval pages already.",
                "Nothing was written. Let the person decide on those first, then make this call again.",
            )
        made = Approval(secrets.token_urlsafe(TOKEN_BYTES), request, planned, self._clock() + GOOD_FOR)
        self._by_token[_hidden(made.token)] = made
        self._by_request[request.tool, request.arguments] = made
        return made

    def find(self, token: str) -> Approval | None:
        """The approval with this secret; looked for by its hash, so that no comparison tells how much of a guess was right."""
        return self._by_token.get(_hidden(token))

    def of(self, request: Request) -> Approval | None:
        """The newest approval of this request."""
        return self._by_request.get((request.tool, request.arguments))

    def state(self, approval: Approval) -> State:
        """How it stands now."""
        return "expired" if approval.decision == "open" and self._clock() > approval.closes else approval.decision

    async def approve(self, token: str, shown: str) -> None:
        """The person said yes to what the page showed (its consent digest): plan again, and write it if nothing changed."""
        approval = self.find(token)
        if approval is None or self.state(approval) != "open":
            return
        if shown != approval.planned.digest:
            approval.notice = CHANGED
            return
        approval.decision = "writing"
        try:
            with anyio.CancelScope(shield=True):
                await self._carry_out(approval, shown)
        finally:
            if approval.decision == "writing":  # a fault of ours, or the server is torn down
                approval.failure = OutcomeUnknown("It failed inside kf_mcp.", "Look at `list_writes` before repeating.")
                self._close(approval, "refused")

    def decline(self, token: str, why: str = SAID_NO) -> None:
        """The person said no, or nobody was there: the link is dead."""
        approval = self.find(token)
        if approval and self.state(approval) == "open":
            approval.outcome = reply.declined(why)
            self._close(approval, "declined")

    async def untold(self, request: Request) -> WriteReply | None:
        """What became of this request on the page, where no call was told so far.

        Raises Failure where it was not written. Told once: the call after that is a new request.
        """
        approval = self.of(request)
        if approval and approval.decided.is_set() and not approval.is_told:
            return _with_once_more(self.tell(approval))
        entries = await self._trail.by_arguments(self._desk.account, request.tool, request.arguments)
        if not entries:
            return None
        last = entries[-1]
        if last.channel != PAGE or last.id in self._told or self._clock() - last.opened > GOOD_FOR:
            return None
        self._told.add(last.id)
        settled = await self._desk.settled(last)
        if settled.state == "refused":
            said = " ".join(step.said for step in settled.steps)
            raise Refused(
                f"The person said yes, and it was not written: {said}", "Make the same call again to ask anew."
            )
        return _with_once_more(reply.outcome(settled, first="Written after the person's yes:"))

    def tell(self, approval: Approval) -> WriteReply:
        """The outcome of a decided approval, for the call. Raises Failure where the person said yes and it was not written."""
        approval.is_told = True
        self._told.add(approval.entry)
        if approval.failure:
            raise approval.failure
        if approval.outcome is None:
            raise AssertionError("only a decided approval is told")
        return approval.outcome

    async def _carry_out(self, approval: Approval, shown: str) -> None:
        given = Given(
            id=consent_id(f"{approval.token} {shown}"),
            covers=lambda digest: digest == shown,
            channel=PAGE,
            at=self._clock(),
        )
        try:
            answer: object = await self._desk.write(approval.request, Agreed(given))
            if isinstance(answer, WriteReply) and answer.status == "changed":
                answer = await self._desk.fresh_plan(approval.request)
            if isinstance(answer, Planned):
                approval.planned, approval.notice = answer, CHANGED
                approval.closes, approval.decision = self._clock() + GOOD_FOR, "open"
            elif isinstance(answer, WriteReply):
                approval.outcome, approval.entry = answer, answer.entry
                self._close(approval, "done")
        except Failure as failure:
            approval.failure = failure
            with contextlib.suppress(Failure):  # a trail that cannot be read is what it failed for
                entry = await self._trail.by_consent(given.id)
                approval.entry = entry.id if entry else 0
            self._close(approval, "refused")
        except Exception:
            logger.exception("carrying out what was approved failed")
            raise

    def _close(self, approval: Approval, decision: State) -> None:
        approval.decision = decision
        approval.notice = ""
        approval.decided.set()

    def _sweep(self) -> None:
        """Forget what was decided or ran out long ago."""
        old = {key for key, known in self._by_token.items() if self._clock() > known.closes + KEPT_FOR}
        for key in old:
            gone = self._by_token.pop(key)
            if self.of(gone.request) is gone:
                del self._by_request[gone.request.tool, gone.request.arguments]


def _hidden(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _with_once_more(told: WriteReply) -> WriteReply:
    return told.model_copy(update={"next": ONCE_MORE}) if told.status == "done" else told
