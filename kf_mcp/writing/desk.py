"""The desk: takes one write from plan to outcome, in the order that keeps the promise.

    recognise -> plan -> preview -> consent -> plan again -> carry out (see `carrying`)

A yes is to content: after every one the plan is made again from uncached reads, and where it differs nothing is sent.
"""

from typing import Final

import anyio

from kf_mcp.errors import Refused, Unavailable
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.step import digest
from kf_mcp.model import dates
from kf_mcp.model.text import quoted
from kf_mcp.settings import Settings
from kf_mcp.trail import Behind, Entry, OverLimit, Taken, Trail
from kf_mcp.writing import closed, limits, remarks, reply, standing
from kf_mcp.writing.carrying import Carrier, Consented
from kf_mcp.writing.consent import Asked, Asker, CannotAsk, Given, No, Seal
from kf_mcp.writing.deciding import decide
from kf_mcp.writing.history import History
from kf_mcp.writing.plan import Plan
from kf_mcp.writing.reply import WriteReply
from kf_mcp.writing.request import Planned, Request
from kf_mcp.writing.settle import Known, settle

NOBODY_TO_ASK: Final = (
    "Nothing was written: only a person may confirm, this client cannot put a form to one, and no approval page could be opened. Use "
    "a client that can, or let the owner set KASHFLOW_CONFIRM=either (you confirm after showing this to the person)."
)
WAIT_FOR_OTHERS: Final = 10.0
"""Seconds to wait for a write that another call is sending, before saying so."""
PLANS_AT_MOST: Final = 20
LOOK_AGAIN: Final = 0.1
"""Seconds between looks at a write that another call is sending."""


class Desk:
    """Carries writes out, each once, none without a yes."""

    def __init__(
        self, settings: Settings, soap: Connection, books: Books, trail: Trail, seal: Seal, clock: dates.Clock
    ) -> None:
        self._settings = settings
        self._soap = soap
        self._books = books
        self._trail = trail
        self._seal = seal
        self._clock = clock
        self.account = digest(settings.account)
        self.history = History(trail, self.account)
        self._sending = 0
        self._is_closing = False
        self._carrier = Carrier(soap, books, trail, self.account, settings, clock)

    async def write(self, request: Request, asker: Asker) -> WriteReply | Asked:
        """Take one request as far as it can go now: to a question, a preview, or an outcome.

        Raises Refused or Unavailable when nothing was written.
        """
        if told := await asker.earlier(request):
            return told
        given = asker.given()
        if isinstance(given, No):
            return reply.declined(given.why)
        if given is None:
            planned = await self._plan(request, self._books)
            return planned if isinstance(planned, WriteReply) else await self._ask(request, planned, asker)
        return await self._confirmed(request, given, asker)

    async def fresh_plan(self, request: Request) -> Planned | WriteReply:
        """The plan as it is now, from uncached reads, or the outcome that stands in its way."""
        return await self._plan(request, self._books.fresh())

    async def idle(self) -> None:
        """Send nothing new, and wait until nothing is being sent."""
        self._is_closing = True
        while self._sending:  # noqa: ASYNC110 - looked at once, when the server leaves
            await anyio.sleep(LOOK_AGAIN)

    async def _confirmed(self, request: Request, given: Given, asker: Asker) -> WriteReply:
        """Carry out what the yes that came with the call covers, once."""
        if entry := await self._trail.by_consent(given.id):
            return await self._replayed(entry, request)
        try:
            planned = await self._plan(request, self._books.fresh())
        except Refused:
            if entry := await self._trail.by_consent(given.id):  # carried out by another call while this one planned
                return await self._replayed(entry, request)
            raise
        if isinstance(planned, WriteReply):
            return planned
        if given.covers(planned.digest):
            return await self._carry_out(request, planned, given, asker)
        if entry := await self._trail.by_consent(given.id):
            return await self._replayed(entry, request)
        return self._preview(planned, asker, given)

    async def _ask(self, request: Request, planned: Planned, asker: Asker) -> WriteReply | Asked:
        if self._settings.confirmed_by == "model":
            return self._preview(planned, asker)
        answer = await asker.ask(request, planned)
        if isinstance(answer, Asked | WriteReply):
            return answer
        if isinstance(answer, No):
            return reply.declined(answer.why)
        if isinstance(answer, CannotAsk):
            return self._preview(planned, asker)
        again = await self._plan(request, self._books.fresh())
        if isinstance(again, WriteReply):
            return again
        if not answer.covers(again.digest):
            return self._preview(again, asker, answer)
        return await self._carry_out(request, again, answer, asker)

    def _preview(self, planned: Planned, asker: Asker, failed: Given | None = None) -> WriteReply:
        """The preview, with the way to confirm it that the owner allows; `failed` is a yes that does not cover it."""
        first = f"{failed.otherwise} " if failed else ""
        if asker.may_confirm:
            ask = (
                "Nothing is written yet. Show this to the person; after a clear yes, make the same call with `confirm`."
            )
            confirm = self._seal.mint(planned.digest)
            return reply.preview(planned.plan, next_step=first + ask, confirm=confirm, changed=failed is not None)
        if failed:
            again = "Make the same call again, and the person will be asked about this preview."
            return reply.preview(planned.plan, next_step=first + again, changed=True)
        return reply.preview(planned.plan, next_step=NOBODY_TO_ASK)

    async def _plan(self, request: Request, books: Books) -> Planned | WriteReply:
        """Make the plan, unless an earlier write of the same stands in its way or is its outcome."""
        head = await self._trail.head()
        if isinstance(open_one := await self._earlier(request), WriteReply):
            return open_one
        refusal: Refused | None = None
        try:
            plan = await request.make(books)
        except Known as known:
            self._books.forget()
            return reply.outcome(known.entry, warnings=known.remarks)
        except Refused as refused:
            refusal = refused
        earlier = await self._earlier(request)  # again: another call may have written it while this one planned
        if isinstance(earlier, WriteReply):
            return earlier
        if refusal:
            if written := [entry for entry in earlier if entry.landed]:
                refusal.args = (f"{refusal} This call was carried out before: {reply.recorded(written[-1])}.",)
            raise refusal
        await limits.check(plan, self._settings, self.history, self._clock())
        plan = await closed.checked(plan, books)
        same = await self._trail.by_lock(self.account, f"{plan.lock_digest(self.account)}:")
        for entry in same:
            if not entry.is_settled or await standing.is_unfinished(entry, self.history):
                return await self._as_it_stands(entry)
        await self._wait_for_target(plan)
        return await self._with_remarks(await self._named(plan, books), head, same, earlier)

    async def _earlier(self, request: Request) -> list[Entry] | WriteReply:
        """The earlier writes of this call, or the outcome of one that is open or was carried out in part."""
        earlier = await self._trail.by_arguments(self.account, request.tool, request.arguments)
        for entry in earlier:
            if not entry.is_settled or await standing.is_unfinished(entry, self.history):
                return await self._as_it_stands(entry)
        return earlier

    async def _named(self, plan: Plan, books: Books) -> Plan:
        """The plan, with whose books it is for: a yes to one company must not write into another's."""
        company = await books.reference.company()
        return plan.model_copy(update={"facts": (*plan.facts, f"In the books of {quoted(company.name, 80)}")})

    async def _with_remarks(self, plan: Plan, head: int, same: list[Entry], earlier: list[Entry]) -> Planned:
        """Say first, where it is so, that this was written before, or that the customer has the invoice."""
        said = [
            *await remarks.of_repeats(same, earlier, self.history),
            *await remarks.of_mails(plan, self.history),
            *await remarks.of_rests(plan, self.history),
        ]
        plan = plan.model_copy(update={"warnings": (*said, *plan.warnings)})
        ordinal = sum(entry.state in {"done", "partly"} for entry in same)
        refused = sum(entry.state == "refused" for entry in same)
        return Planned(plan, head, ordinal, refused, plan.consent_digest(self.account))

    async def _wait_for_target(self, plan: Plan) -> None:
        """Refuse while another write to the same target is being sent or has an unknown outcome."""
        for entry in await self._trail.unsettled(self.account, plan.locks) if plan.locks else []:
            settled = await self.settled(entry)
            if settled.is_settled:
                continue
            how = "is being sent" if settled.state == "sending" else "has an unknown outcome"
            said = " ".join(step.said for step in settled.steps if step.state == "unknown")
            raise Refused(
                f"An earlier write to the same place {how}: {settled.title} (trail entry {settled.id}). {said}".strip(),
                f"Nothing new goes there until it is known. {reply.how_to_settle(settled)}",
            )

    async def settle_all(self) -> None:
        """Look for every write of this account whose outcome is not known: at the start, what an earlier server left."""
        for entry in await self._trail.unsettled(self.account):
            await settle(entry, self._soap, self._trail, clock=self._clock)

    async def settled(self, entry: Entry) -> Entry:
        """The entry once nobody is sending it any more (waiting for a little while), looked for in the books where unknown."""
        with anyio.move_on_after(WAIT_FOR_OTHERS):
            while entry.state == "sending":
                await anyio.sleep(LOOK_AGAIN)
                entry = await self._trail.get(entry.id) or entry
        return await settle(entry, self._soap, self._trail, clock=self._clock)

    async def _replayed(self, entry: Entry, request: Request) -> WriteReply:
        """The outcome of the write that this consent was used for."""
        if (entry.tool, entry.arguments) != (request.tool, request.arguments):
            raise Refused(
                f"This confirmation was used for another write: {entry.title} (trail entry {entry.id}).",
                "Call without `confirm` to get a new preview.",
            )
        return await self._as_it_stands(entry)

    async def _as_it_stands(self, entry: Entry) -> WriteReply:
        """The outcome of an entry instead of a second write."""
        settled = await self.settled(entry)
        if settled.state == "refused":
            said = " ".join(f"{step.cause} {step.said}".strip() for step in settled.steps)
            raise Refused(
                f"It was not written: {said}", "Correct what is named, or make the same call again for a new preview."
            )
        self._books.forget()
        return reply.outcome(settled, first="This was sent before, and nothing was sent now:")

    async def _carry_out(self, request: Request, planned: Planned, given: Given, asker: Asker) -> WriteReply:
        """Send it; where another write to the same place came first, plan again and send only what the yes still covers."""
        if self._is_closing:
            raise Unavailable("The server is leaving.", "Nothing was sent. Call again once it is back.")
        self._sending += 1
        try:
            for _ in range(PLANS_AT_MOST):
                if planned.plan.decides:
                    return reply.outcome(await decide(planned.plan.decides, given.channel, self._trail, self._clock()))
                try:
                    return await self._carrier.carry_out(self._consented(request, planned, given))
                except Taken as taken:
                    if taken.by != "target":
                        return await self._as_it_stands(taken.entry)
                except OverLimit as over:
                    raise limits.over_the_day(planned.plan, self._settings, over.spent) from None
                except Behind:
                    pass
                again = await self._plan(request, self._books.fresh())
                if isinstance(again, WriteReply):
                    return again
                if not given.covers(again.digest):
                    entry = await self._trail.by_consent(given.id)
                    return await self._replayed(entry, request) if entry else self._preview(again, asker, given)
                planned = again
            raise Unavailable("Other writes to the same place keep coming first.")
        finally:
            self._sending -= 1

    def _consented(self, request: Request, planned: Planned, given: Given) -> Consented:
        return Consented(
            tool=request.tool,
            arguments=request.arguments,
            consent=given.id,
            channel=given.channel,
            agreed=given.at,
            lock=f"{planned.plan.lock_digest(self.account)}:{planned.ordinal}:{planned.refused}",
            head=planned.head,
            plan=planned.plan,
        )
