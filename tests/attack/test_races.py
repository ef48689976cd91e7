"""Races for one write: eight servers on one trail, many calls at once in one server, clients that ask again, replays in both eras.

The ordinary run takes a few races of eight processes; the full size is 100 of each sort:

    KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_races.py
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from attacked import CUSTOMERS, KINDS, WAY, Write, invoice, is_balanced, open_company, payments
from conftest import ERAS, Clock, Person, Tally, real_account
from house import IS_LONG, SEED, House, chances, previewed
from mcp import Client
from mcp.types import CallToolResult
from nursery import Nursery, Served, told

from kf_mcp.server import create_server
from kf_mcp.simulator import Simulator
from kf_mcp.trail import Trail
from kf_mcp.writing.consent import GOOD_FOR

SERVERS = 8
CALLS = 100
RACES = 100 if IS_LONG else 3
TO_ONE_PLACE = 25 if IS_LONG else 1
TWINS = 24
SENT_BEFORE = "nothing was sent now"

of_processes = pytest.mark.skipif(sys.platform != "linux", reason="descriptors of processes are Linux's")


class Race(House):
    """Eight servers on one data folder."""

    def __init__(self, nursery: Nursery, folder: Path, **env: str) -> None:
        super().__init__(nursery, folder, **({"KASHFLOW_TIMEOUT": "30"} | env))
        self.servers = [self.serve() for _ in range(SERVERS)]
        self.counts: Counter[str] = Counter()
        self.written: list[Write] = []
        self._made = 0

    def writes(self) -> Iterator[tuple[Write, random.Random]]:
        """Writes of all sorts, as many as there are races, each with further choices."""
        for _ in range(RACES):
            self._made += 1
            chance = chances(f"{SEED}-{self._made}")
            yield chance.choice(KINDS)(self.place, f"{SEED}-{self._made}"), chance

    @property
    def place(self) -> int:
        """A customer's place: another for each race."""
        return self._made % CUSTOMERS + 1

    def run(self, write: Write, confirms: list[str], times: int = 1) -> list[dict[str, Any]]:
        """Send the confirmed write from every server at once, so many times each; every reply is of one and the same write."""
        calls = [
            (served, served.call(write.tool, {**write.arguments, "confirm": confirm}))
            for _ in range(times)
            for served, confirm in zip(self.servers, confirms, strict=True)
        ]
        replies = [told(served.answer(call)) for served, call in calls]
        self.is_written(write)
        self.counts.update([f"races of {write.tool}"])
        self.counts["calls"] += len(replies)
        return replies

    def is_written(self, write: Write) -> None:
        """The write stands in the books once, now and at the end."""
        assert set(write.counts(self.state())) == {1}, write
        if write.tool != "update_customer":  # the next race may change the same customer
            self.written.append(write)

    async def check(self, tally: Tally, where: str = "") -> None:
        """Every write stands in the books once still; the chain of the trail is whole."""
        books = self.state()
        for write in self.written:
            assert set(write.counts(books)) == {1}, (write, write.counts(books))
        assert is_balanced(books)
        trail = Trail(where or self.folder / "trail.db", is_only_looked_at=True)
        verdict = await trail.check({})
        await trail.close()
        assert verdict.is_whole, verdict
        tally(f"races (seed {SEED})", self.counts)
        self.counts.clear()


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    with Nursery() as nursery:
        race = Race(nursery, tmp_path_factory.mktemp("race"))
        yield race
        for served in race.servers:
            served.process.leave()


def of_one_write(replies: list[dict[str, Any]]) -> None:
    """One call wrote it, and all others tell of that; those that came before it was read back may not know the number yet."""
    assert {reply.get("status") for reply in replies} == {"done"}, replies
    assert len({reply["entry"] for reply in replies}) == 1, replies
    assert len({reply.get("number") for reply in replies} - {None}) <= 1, replies
    assert sum(SENT_BEFORE not in reply["title"] for reply in replies) == 1


def names_the_first(reply: dict[str, Any]) -> bool:
    """Whether a preview or a refusal says that this was written before, and as what."""
    said = reply["error"] if "error" in reply else reply["warnings"][0]
    return "before: " in said and "trail entry" in said


def the_new_yes(served: Served, write: Write, reply: dict[str, Any]) -> str:
    """What a reply to one who came later says: it names the first, whose repetition takes a yes of its own.

    One that was planned before the first was sent does not know of it yet; a yes to that is answered by the first's outcome, or by a
    preview that names it.
    """
    if names_the_first(reply):
        return "told of the first"
    assert reply["status"] == "changed", reply
    later = served.reply(write.tool, {**write.arguments, "confirm": reply["confirm"]})
    if later.get("status") == "done":
        assert SENT_BEFORE in later["title"], later
        return "told its outcome at the next yes"
    assert names_the_first(later), later
    return "told of the first at the next yes"


@of_processes
async def test_eight_processes_send_the_same_confirmed_write_and_it_is_written_once(race: Race, tally: Tally) -> None:
    hundred = invoice(1, f"{SEED}-hundred")
    of_one_write(race.run(hundred, [previewed(race.servers[0], hundred)] * SERVERS, -(-CALLS // SERVERS)))
    for write, chance in race.writes():
        of_one_write(race.run(write, [previewed(chance.choice(race.servers), write)] * SERVERS))
    await race.check(tally)


@of_processes
async def test_eight_clients_that_each_got_a_yes_for_the_same_write_write_it_once(race: Race, tally: Tally) -> None:
    for write, _ in race.writes():
        replies = race.run(write, [previewed(served, write) for served in race.servers])
        done = [reply for reply in replies if reply.get("status") == "done"]
        of_one_write(done)
        others = [(n, reply) for n, reply in enumerate(replies) if reply not in done]
        for n, reply in others:
            anew = the_new_yes(race.servers[n], write, reply)
            race.counts[f"asked anew, {anew}"] += 1
        race.is_written(write)
        race.counts["told the outcome"] += len(done)
    await race.check(tally)


@of_processes
async def test_eight_different_writes_to_one_place_are_each_written_once_or_told_not_to_be(
    race: Race, tally: Tally
) -> None:
    for n, _ in zip(range(TO_ONE_PLACE), race.writes(), strict=False):
        writes = [(payments, invoice)[m % 2](race.place, f"{SEED}-{n}-{m}") for m in range(SERVERS)]
        pairs = list(zip(race.servers, writes, strict=True))
        confirms = [previewed(served, write) for served, write in pairs]
        calls = [
            served.call(write.tool, {**write.arguments, "confirm": confirm})
            for (served, write), confirm in zip(pairs, confirms, strict=True)
        ]
        replies = [told(served.answer(call)) for (served, _), call in zip(pairs, calls, strict=True)]
        books = race.state()
        for write, reply in zip(writes, replies, strict=True):
            race.counts[f"told {reply.get('status', 'error')}"] += 1
            assert set(write.counts(books)) == {int(reply.get("status") == "done")}, (write, reply)
    await race.check(tally)


@of_processes
async def test_eight_clients_that_pay_one_invoice_in_full_pay_it_once(race: Race, tally: Tally) -> None:
    for n, _ in zip(range(TO_ONE_PLACE), race.writes(), strict=False):
        owed = invoice(race.place, f"{SEED}-owed-{n}")
        number = race.run(owed, [previewed(race.servers[0], owed)] * SERVERS)[0]["number"]
        asked = [{"invoice": number, "note": f"from {m}", **WAY} for m in range(SERVERS)]
        confirms = [served.reply("record_payment", a)["confirm"] for served, a in zip(race.servers, asked, strict=True)]
        calls = [
            served.call("record_payment", {**arguments, "confirm": confirm})
            for served, arguments, confirm in zip(race.servers, asked, confirms, strict=True)
        ]
        replies = [told(served.answer(call)) for served, call in zip(race.servers, calls, strict=True)]
        paid = next(found for found in race.state()["invoices"] if found["number"] == number)
        assert paid["paid"] == paid["gross"]
        assert len(paid["payments"]) == 1
        assert sum(reply.get("status") == "done" for reply in replies) == 1, replies
        race.counts.update(f"told {reply.get('status', 'error')}" for reply in replies)
    await race.check(tally)


@of_processes
async def test_a_client_that_asks_again_while_its_write_is_under_way_gets_one_write(race: Race, tally: Tally) -> None:
    """It cancels, goes away and comes back, asks another server, or simply asks again; at any moment."""
    for n, (write, chance) in enumerate(race.writes()):
        how = ("cancels", "leaves", "asks another server", "asks again")[n % 4]
        reply = asked_again(race, write, how, chance)
        assert reply.get("status") == "done", (how, reply)
        race.is_written(write)
        race.counts[how] += 1
        race.counts["written before" if SENT_BEFORE in reply["title"] else "written by the second call"] += 1
    await race.check(tally)


def asked_again(race: Race, write: Write, how: str, chance: random.Random) -> dict[str, Any]:
    """What the second call of an impatient client is told."""
    served, other = chance.sample(race.servers, 2)
    arguments = {**write.arguments, "confirm": previewed(served, write)}
    first = served.call(write.tool, arguments)
    time.sleep(chance.uniform(0, 0.6))
    if how == "cancels":
        served.cancel(first)
    if how == "leaves":
        served.process.leave()
        other = race.serve()
        race.servers = [other if known is served else known for known in race.servers]
    again = other if how in {"leaves", "asks another server"} else served
    return told(again.answer(again.call(write.tool, arguments)))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("how", ["confirm value", "answered form"])
async def test_a_confirmed_request_replayed_many_times_at_once_is_one_write(tmp_path: Path, era: str, how: str) -> None:
    """Two servers on one data folder, and each gets the same confirmed request a dozen times; then once more, a day later."""
    if (how, era) == ("answered form", "legacy"):
        pytest.skip("before 2026-07-28 the answer to a form is no request that could be sent again")
    company, clock = open_company(), Clock()
    write = invoice(1, "replayed")
    async with AsyncExitStack() as open_ones:
        clients = [await open_ones.enter_async_context(a_client(company, tmp_path, clock, era, how)) for _ in range(2)]
        again = await yes_of(clients[0], write, how)
        replies: list[CallToolResult] = []

        async def send(client: Client) -> None:
            replies.append(await client.session.call_tool(write.tool, **again))

        async with anyio.create_task_group() as tasks:
            for n in range(TWINS):
                tasks.start_soon(send, clients[n % 2])
        of_one_write([reply.structured_content for reply in replies])
        clock.time += GOOD_FOR * 100
        late = await clients[1].session.call_tool(write.tool, **again)

    assert SENT_BEFORE in late.structured_content["title"]
    assert write.counts(company.state()) == [1]
    assert is_balanced(company.state())


def a_client(company: Simulator, folder: Path, clock: Clock, era: str, how: str) -> Client:
    form = {"elicitation_callback": Person()} if how == "answered form" else {}
    settings = real_account(folder, confirm="either" if form else "model")
    return Client(create_server(settings, transport=company.transport(), clock=clock), mode=era, **form)


async def yes_of(client: Client, write: Write, how: str) -> dict[str, Any]:
    """A confirmed request, ready to be sent."""
    if how == "confirm value":
        preview = await client.call_tool(write.tool, write.arguments)
        return {"arguments": {**write.arguments, "confirm": preview.structured_content["confirm"]}}
    asked = await client.session.call_tool(write.tool, write.arguments, allow_input_required=True)
    yes = {"agreement": {"action": "accept", "content": {"agree": True}}}
    state = {"request_state": asked.request_state, "allow_input_required": True}
    return {"arguments": write.arguments, "input_responses": yes, **state}


@pytest.mark.parametrize("era", ERAS)
async def test_many_writes_confirmed_at_once_in_one_server_are_each_written_once(tmp_path: Path, era: str) -> None:
    company = open_company()
    settings = real_account(tmp_path, confirm="model", toolsets="all")
    writes = [KINDS[n % len(KINDS)](n % CUSTOMERS + 1, f"at once {n}") for n in range(TWINS)]
    replies: list[dict[str, Any]] = []
    async with Client(create_server(settings, transport=company.transport(), clock=Clock()), mode=era) as client:

        async def send(write: Write) -> None:
            preview = await client.call_tool(write.tool, write.arguments)
            arguments = {**write.arguments, "confirm": preview.structured_content["confirm"]}
            async with anyio.create_task_group() as both:
                for _ in range(2):
                    both.start_soon(confirm, write.tool, arguments)

        async def confirm(tool: str, arguments: dict[str, Any]) -> None:
            replies.append((await client.call_tool(tool, arguments)).structured_content)

        async with anyio.create_task_group() as tasks:
            for write in writes:
                tasks.start_soon(send, write)

    books = company.state()
    assert {reply["status"] for reply in replies} == {"done"}
    assert [set(write.counts(books)) for write in writes] == [{1}] * TWINS
    assert is_balanced(books)


# Every interleaving of two calls, KashFlow call by KashFlow call


class Meanwhile(httpx.AsyncBaseTransport):
    """A network on which something happens just before the n-th call is carried."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.left = -1
        self.happens: Callable[[], Awaitable[None]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left == 0 and self.happens:
            await self.happens()
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("consents", ["one yes", "two yeses"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_the_same_write_by_another_server_at_any_point_of_ours_leaves_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[[int, str], Write], consents: str, tally: Tally
) -> None:
    """The other server does it from beginning to end between any two of our calls; then each tells of the same write."""
    monkeypatch.setattr("kf_mcp.writing.desk.WAIT_FOR_OTHERS", 0.02)  # the other waits for us, who wait for it
    company = open_company()
    network = Meanwhile(company.transport())
    settings = real_account(tmp_path, confirm="model", toolsets="all")
    ours = create_server(settings, transport=network, clock=Clock())
    theirs = create_server(settings, transport=company.transport(), clock=Clock())
    counts: Counter[str] = Counter()
    async with Client(ours, mode="legacy") as us, Client(theirs, mode="legacy") as them:
        point = 1
        while True:
            write = kind(point % CUSTOMERS + 1, f"{kind.__name__} {point}")
            confirms = [await preview_of(us, write)]
            confirms += confirms if consents == "one yes" else [await preview_of(them, write)]
            replies: list[dict[str, Any]] = []

            async def twin(write: Write = write, confirm: str = confirms[1], replies: Any = replies) -> None:
                replies.append(await confirmed(them, write, confirm))

            network.left, network.happens = point, twin
            ours_told = await confirmed(us, write, confirms[0])
            if not replies:  # there are fewer calls than that
                break
            assert set(write.counts(company.state())) == {1}, (point, ours_told, replies)
            for reply in (ours_told, *replies):
                counts[reply.get("status", "error")] += 1
                is_told = reply.get("status") in {"done", "unknown"}
                assert is_told or (consents == "two yeses" and names_the_first(reply)), (point, reply)
            assert "done" in {ours_told.get("status"), replies[0].get("status")}
            point += 1 if IS_LONG else 2
    assert is_balanced(company.state())
    tally("races, point by point", {"points": point - 1, **counts})


async def preview_of(client: Client, write: Write) -> str:
    reply = (await client.call_tool(write.tool, write.arguments)).structured_content
    return str(reply["confirm"])


async def confirmed(client: Client, write: Write, confirm: str) -> dict[str, Any]:
    result = await client.call_tool(write.tool, {**write.arguments, "confirm": confirm})
    return {"error": result.content[0].text} if result.is_error else result.structured_content
