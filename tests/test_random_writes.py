"""Random documents written, read back and undone: the books end where they began, to the penny.

The ordinary run takes a few of each; `KF_MCP_LONG=1 pytest tests/test_random_writes.py --hypothesis-show-statistics` takes 400.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from threading import Thread
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_every_write import bare, done, sound

PENNY = Decimal("0.01")
PERIOD = {"start": "2026-10-01", "end": "2026-12-31"}
IS_LONG = bool(os.environ.get("KF_MCP_LONG"))
EXAMPLES = 400 if IS_LONG else 12
often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not IS_LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)

text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Sm", "Sc", "Zs")), min_size=1, max_size=60).map(
    lambda said: " ".join(said.split()) or "x"
)
days = st.dates(date(2026, 10, 1), date(2026, 11, 20)).map(str)
price = st.decimals("0.01", "5000", places=2).map(str)
quantity = st.sampled_from(["1", "2", "3", "0.5", "2.25", "12", "1.3333"])
rate = st.sampled_from(["20", "5", "0", "N/A"])
sold = st.fixed_dictionaries(
    {
        "description": text,
        "quantity": quantity,
        "unit_price": price,
        "vat_rate": rate,
        "nominal": st.sampled_from([4000, 4010, 4100]),
    }
)
invoices = st.fixed_dictionaries(
    {
        "customer": st.sampled_from(["PENH01", "LLYN01"]),
        "issue_date": days,
        "due_date": st.just("2026-12-31"),
        "reference": text,
        "lines": st.lists(sold, min_size=1, max_size=4),
    }
)
billed = st.fixed_dictionaries(
    {
        "description": text,
        "net": st.decimals("0.05", "5000", places=2).map(str),
        "vat_rate": rate,
        "nominal": st.sampled_from([5000, 5100, 7100]),
    },
    optional={"pence_off": st.integers(-3, 3)},
)
purchases = st.fixed_dictionaries(
    {
        "supplier": st.sampled_from(["AVON01", "TEMP01"]),
        "issue_date": days,
        "due_date": st.just("2026-12-31"),
        "reference": text,
        "lines": st.lists(billed, min_size=1, max_size=4),
    }
)
moved = st.lists(
    st.tuples(st.sampled_from(["3000", "7600", "4000", "5000"]), st.decimals("0.01", "9000", places=2)),
    min_size=1,
    max_size=3,
)
journals = st.tuples(days, text, moved)


def vat(net: Decimal, said: str) -> Decimal:
    return Decimal(0) if said == "N/A" else (net * Decimal(said) / 100).quantize(PENNY, ROUND_HALF_UP)


def as_printed(purchase: dict[str, Any]) -> dict[str, Any]:
    """The bill with its VAT as printed, which may be a few pence off."""
    lines = []
    for line in purchase["lines"]:
        asked = {name: value for name, value in line.items() if name != "pence_off"}
        if line.get("pence_off") and line["vat_rate"] not in {"N/A", "0"}:
            asked["vat"] = str(vat(Decimal(line["net"]), line["vat_rate"]) + PENNY * line["pence_off"])
        lines.append(asked)
    return {**purchase, "lines": lines}


Run = Callable[[Callable[[Desk], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Does work at one desk that stays open, in a loop of its own: every example leaves the books as it found them."""
    opened: Future[Desk] = Future()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def hold() -> None:
        account = real_account(tmp_path_factory.mktemp("trail"), confirm="either", toolsets="all")
        try:
            async with open_desk(a_company(), account) as desk:
                opened.set_result(desk)
                await over.wait()
        except BaseException as error:
            if not opened.done():
                opened.set_exception(error)
            raise

    thread = Thread(target=loop.run_until_complete, args=(hold(),))
    thread.start()
    desk = opened.result(60)
    yield lambda work: asyncio.run_coroutine_threadsafe(work(desk), loop).result(120)
    loop.call_soon_threadsafe(over.set)
    thread.join(60)
    loop.close()


async def boxes(desk: Desk) -> list[str]:
    report = await desk("get_vat_report", PERIOD)
    return [box["amount"] for box in report["boxes"]]


async def there_and_back(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Write it, see it equal in the books, undo it, and see the books as they were."""
    before, before_vat = bare(desk.company.state()), await boxes(desk)
    reply = await done(desk, tool, arguments)
    assert reply["status"] == "done", reply
    assert reply["checked"] == "equal", reply
    assert sound(desk.company)
    state = desk.company.state()
    undone = await done(desk, "undo_write", {"entry": reply["entry"]})
    assert undone["status"] == "done"
    assert undone["checked"] == "equal"
    assert bare(desk.company.state()) == before
    assert await boxes(desk) == before_vat
    assert sound(desk.company)
    return {**reply, "state": state}


@given(invoices)
@often
def test_any_invoice_goes_there_and_back(run: Run, invoice: dict[str, Any]) -> None:
    async def work(desk: Desk) -> None:
        reply = await there_and_back(desk, "create_invoice", invoice)
        found = next(i for i in reply["state"]["invoices"] if i["number"] == reply["number"])
        nets = [
            (Decimal(r["quantity"]) * Decimal(r["unit_price"])).quantize(PENNY, ROUND_HALF_UP) for r in invoice["lines"]
        ]
        assert Decimal(found["net"]) == sum(nets)
        assert Decimal(found["vat"]) == sum(vat(n, r["vat_rate"]) for n, r in zip(nets, invoice["lines"], strict=True))

    run(work)


@given(invoices, st.data())
@often
def test_any_credit_note_goes_there_and_back(run: Run, invoice: dict[str, Any], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(1, len(invoice["lines"])), unique=True))
    arguments = {"lines": [{"line": n} for n in chosen]} if chosen else {}

    async def work(desk: Desk) -> None:
        raised = await done(desk, "create_invoice", invoice)
        reply = await there_and_back(desk, "create_credit_note", {"invoice": raised["number"], **arguments})
        credit = next(i for i in reply["state"]["invoices"] if i["number"] == reply["number"])
        whole = next(i for i in reply["state"]["invoices"] if i["number"] == raised["number"])
        rows = whole["lines"] if not chosen else [whole["lines"][n - 1] for n in chosen]
        assert Decimal(credit["net"]) == -sum(Decimal(row["net"]) for row in rows)
        assert Decimal(credit["vat"]) == -sum(Decimal(row["vat"]) for row in rows)

    run(work)


@given(purchases)
@often
def test_any_purchase_goes_there_and_back_with_its_vat_as_printed(run: Run, purchase: dict[str, Any]) -> None:
    asked = as_printed(purchase)

    async def work(desk: Desk) -> None:
        reply = await there_and_back(desk, "create_purchase", asked)
        found = next(p for p in reply["state"]["purchases"] if p["number"] == reply["number"])
        assert Decimal(found["net"]) == sum(Decimal(line["net"]) for line in asked["lines"])
        assert Decimal(found["vat"]) == sum(
            Decimal(line["vat"]) if "vat" in line else vat(Decimal(line["net"]), line["vat_rate"])
            for line in asked["lines"]
        )

    run(work)


@given(journals)
@often
def test_any_journal_goes_there_and_back(run: Run, journal: tuple[str, str, list[tuple[str, Decimal]]]) -> None:
    day, comment, debits = journal
    lines = [{"nominal": nominal, "debit": str(amount)} for nominal, amount in debits]
    lines.append({"nominal": "3200", "credit": str(sum(amount for _, amount in debits))})

    async def work(desk: Desk) -> None:
        await there_and_back(desk, "create_journal", {"date": day, "comment": comment, "lines": lines})

    run(work)
