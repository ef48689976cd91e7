"""Faults that a review found in the write path, each shown before it was mended: never twice, never told wrongly."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import anyio
import httpx
import pytest
from conftest import HATS, NOON, Clock, Desk, Person, a_company, open_desk, real_account
from mcp import Client

from kf_mcp.errors import Unavailable
from kf_mcp.kashflow.invoice_steps import DeleteInvoice
from kf_mcp.server import create_server
from kf_mcp.simulator import Switches, customers
from kf_mcp.trail import Behind, Opening, Overtaken, StepState, Taken, Trail
from kf_mcp.trail.store import Store
from kf_mcp.writing.carrying import Carrier


class Tampering(httpx.AsyncBaseTransport):
    """A network that changes what it carries back, after KashFlow did its work."""

    def __init__(self, inner: httpx.AsyncBaseTransport, operation: str, change: Any) -> None:
        self._inner = inner
        self._operation = operation
        self._change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if self._operation not in request.headers["SOAPAction"]:
            return response
        body = await response.aread()
        return httpx.Response(200, headers={"Content-Type": "text/xml"}, content=self._change(body))


@asynccontextmanager
async def tampered_desk(company: Any, folder: Path, operation: str, change: Any) -> AsyncIterator[Desk]:
    transport = Tampering(company.transport(), operation, change)
    server = create_server(real_account(folder, confirm="either"), transport=transport, clock=Clock())
    async with Client(server, mode="legacy") as client:
        yield Desk(client, company)


def hats(company: Any) -> list[dict[str, Any]]:
    return [invoice for invoice in company.state()["invoices"] if invoice["reference"] == "PO 4711"]


async def test_what_kashflow_changed_is_not_taken_for_absent(tmp_path, clock: Clock) -> None:
    """The answer is lost and the price was cut: what stands there does not equal what was sent, and must not be sent again."""
    company = a_company(switches=Switches.parse(["rate_places=two"]))
    request = {**HATS, "lines": [{"description": "Screws", "unit_price": "10.825", "vat_rate": 20, "nominal": 4000}]}
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        preview = await desk("create_invoice", request)
        company.mishaps.add("InsertInvoice", "lose_answer")
        first = await desk("create_invoice", request, confirm=preview["confirm"])
        clock.time += timedelta(hours=1)
        second = await desk("create_invoice", request)

    assert first["status"] == second["status"] == "unknown"
    assert f"{hats(company)[0]['number']} came" in " ".join(second["facts"])
    assert len(hats(company)) == 1


@pytest.mark.parametrize("switch", [f"{n}={v}" for n, vs in Switches.choices().items() for v in vs[1:]])
async def test_a_lost_answer_never_becomes_two_invoices_whichever_way_kashflow_is(tmp_path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    line = {"description": "Two\nlines", "quantity": "1.5", "unit_price": "80.30", "vat_rate": 20, "nominal": 4000}
    for currency in ("GBP", "EUR"):
        request = {**HATS, "lines": [line], "currency": currency, "reference": "PO 4711"}
        before = len(hats(company))
        clock = Clock()
        async with open_desk(company, real_account(tmp_path / currency, confirm="either"), clock=clock) as desk:
            preview = await desk("create_invoice", request)
            company.mishaps.add("InsertInvoice", "lose_answer")
            await desk("create_invoice", request, confirm=preview["confirm"])
            clock.time += timedelta(hours=1)
            await desk.result("create_invoice", request, confirm=preview["confirm"])

            assert len(hats(company)) == before + 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<Status>OK<", b"<Status>WARNING<"),
        (b"<Status>OK<", b"<Status>NO<"),
        (b"<Status>OK</Status>", b"<Status>QUEUED</Status>"),
    ],
)
async def test_a_strange_status_is_not_taken_for_a_refusal(company, tmp_path, old: bytes, new: bytes) -> None:
    async with tampered_desk(company, tmp_path, "InsertInvoice", lambda body: body.replace(old, new)) as desk:
        preview = await desk("create_invoice", HATS)
        reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert "found by reading back" in " ".join(reply["facts"])
    assert reply["checked"] == "equal"
    assert len(hats(company)) == 1


async def test_a_fault_of_ours_while_sending_leaves_an_entry_that_is_looked_for(company, tmp_path) -> None:
    def broken(_body: bytes) -> bytes:
        raise ZeroDivisionError

    async with tampered_desk(company, tmp_path, "InsertInvoice", broken) as desk:
        preview = await desk("create_invoice", HATS)
        with anyio.fail_after(20):
            reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert len(hats(company)) == 1


async def test_a_trail_that_fails_after_sending_is_not_said_to_have_sent_nothing(
    company, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("kf_mcp.trail.store.BUSY_SECONDS", 0)
    monkeypatch.setattr("kf_mcp.trail.store.TRIES", 1)
    monkeypatch.setattr("kf_mcp.writing.carrying.CLOSING_TRIES", 2)
    holder: list[sqlite3.Connection] = []

    def hold(body: bytes) -> bytes:
        holder.append(sqlite3.connect(tmp_path / "trail.db", isolation_level=None, check_same_thread=False))
        holder[0].execute("BEGIN IMMEDIATE")
        return body

    async with tampered_desk(company, tmp_path, "InsertInvoice", hold) as desk:
        preview = await desk("create_invoice", HATS)
        reply = await desk("create_invoice", HATS, confirm=preview["confirm"])
        holder[0].execute("ROLLBACK")
        holder[0].close()

    assert reply["status"] == "done"
    assert "audit trail could not be closed" in reply["warnings"][0]
    assert len(hats(company)) == 1


async def test_a_confirm_value_for_one_company_writes_into_no_other(tmp_path) -> None:
    one, other = a_company(), a_company()
    async with open_desk(one, real_account(tmp_path, confirm="either", username="demo")) as desk:
        preview = await desk("create_invoice", HATS)
    elsewhere = real_account(tmp_path, confirm="either", url="http://127.0.0.1:10/api/service.asmx")
    async with open_desk(other, elsewhere) as desk:
        reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert hats(other) == []
    assert any("In the books of “Harbour & Finch Ltd”" in fact for fact in preview["facts"])


@pytest.mark.parametrize(
    ("mishap", "tool", "request_"),
    [
        ("DeleteInvoiceByID", "delete_invoice", {"invoice": 1292}),
        ("UpdateInvoice", "change_invoice_lines", {"invoice": 1292, "remove": [1]}),
    ],
)
async def test_an_invoice_is_not_credited_while_what_becomes_of_it_is_unknown(
    desk: Desk, mishap: str, tool: str, request_: dict[str, Any]
) -> None:
    """Deleted late, it would leave the credit note alone in the books."""
    preview = await desk(tool, request_)
    desk.company.mishaps.add(mishap, "late", 1, 60)
    changed = await desk(tool, request_, confirm=preview["confirm"])

    text = await desk.error("create_credit_note", {"invoice": 1292, "reason": "Returned"})
    await desk.company.settle_late()

    assert changed["status"] == "unknown"
    assert "An earlier write to the same place has an unknown outcome" in text


async def test_the_same_invoice_of_two_companies_is_written_in_the_books_of_each(tmp_path) -> None:
    """One data folder, two accounts: what stands in the books of one says nothing about the other's."""
    companies = a_company(), a_company()
    for company, port in zip(companies, (9, 10), strict=True):
        settings = real_account(tmp_path, confirm="either", url=f"http://127.0.0.1:{port}/api/service.asmx")
        async with open_desk(company, settings) as desk:
            preview = await desk("create_invoice", HATS)
            reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

        assert not any("before" in warning for warning in preview.get("warnings", []))
        assert reply["status"] == "done"
        assert "sent before" not in reply["title"]
    assert [len(hats(company)) for company in companies] == [1, 1]


async def test_a_confirm_value_that_was_used_is_not_answered_for_another_request(desk: Desk, company) -> None:
    preview = await desk("create_invoice", HATS)
    await desk("create_invoice", HATS, confirm=preview["confirm"])

    text = await desk.error("create_invoice", {**HATS, "reference": "PO 2"}, confirm=preview["confirm"])

    assert "was used for another write" in text
    assert len(hats(company)) == 1


async def test_the_same_account_spelt_differently_is_the_same_account(tmp_path) -> None:
    spelt = [
        real_account(tmp_path, url="https://SecuredWebApp.com/api/service.asmx", username="Jo"),
        real_account(tmp_path, url="https://securedwebapp.com/api/service.asmx/", username="jo "),
    ]

    assert spelt[0].account == spelt[1].account


@pytest.mark.parametrize(
    ("tool", "request_", "hidden"),
    [
        ("create_customer", {"name": "A B", "contact": "Bob\u2028- Address: 1 Known Street"}, "`contact`"),
        ("create_customer", {"name": "A\u202eB"}, "`name`"),
        ("create_invoice", {**HATS, "lines": [{"description": "x\u200by", "unit_price": 1}]}, "`lines[0].description`"),
        ("create_invoice", {**HATS, "reference": "a\u2029b"}, "`reference`"),
        ("create_invoice", {**HATS, "lines": [{"description": "x\u2028y", "unit_price": 1}]}, "`lines[0].description`"),
        ("create_invoice", {**HATS, "lines": [{"description": "x\u0378y", "unit_price": 1}]}, "`lines[0].description`"),
    ],
)
async def test_nothing_that_a_person_cannot_see_is_entered(desk: Desk, tool: str, request_: Any, hidden: str) -> None:
    text = await desk.error(tool, request_)

    assert hidden in text


async def test_the_preview_shows_all_that_will_be_written(desk: Desk) -> None:
    long = "Work as agreed. " * 60 + "Pay to account 12345678."
    invoice = await desk(
        "create_invoice", {**HATS, "lines": [{"description": long, "unit_price": 1, "vat_rate": 20, "nominal": 4000}]}
    )
    both = {
        "name": "A B",
        "telephone": "1",
        "mobile": "2",
        "country": "France",
        "country_code": "DE",
        "region": "EU",
        "notes": long[:999],
    }
    customer = await desk("create_customer", both)

    assert "Pay to account 12345678." in " ".join(invoice["facts"])
    said = " ".join(customer["facts"])
    assert all(part in said for part in ("“1”", "“2”", "“France”", "DE", long[900:990]))


async def test_a_late_answer_to_a_form_asks_again_and_a_replay_still_finds_its_write(
    company, tmp_path, clock: Clock
) -> None:
    server = create_server(real_account(tmp_path), transport=company.transport(), clock=clock)
    yes = {"agreement": {"action": "accept", "content": {"agree": True}}}
    async with Client(server, mode="2026-07-28", elicitation_callback=Person()) as client:
        asked = await client.session.call_tool("create_invoice", HATS, allow_input_required=True)
        again = {"input_responses": yes, "request_state": asked.request_state, "allow_input_required": True}
        clock.time += timedelta(minutes=11)
        late = await client.session.call_tool("create_invoice", HATS, **again)
        asked = await client.session.call_tool("create_invoice", HATS, allow_input_required=True)
        again["request_state"] = asked.request_state
        first = await client.session.call_tool("create_invoice", HATS, **again)
        clock.time += timedelta(days=1)
        replay = await client.session.call_tool("create_invoice", HATS, **again)

    assert late.structured_content["status"] == "changed"
    assert "more than ten minutes" in late.structured_content["next"]
    assert first.structured_content["number"] == replay.structured_content["number"]
    assert len(hats(company)) == 1


@pytest.mark.parametrize(
    ("mishap", "tool", "request_", "mail"),
    [
        ("UpdateInvoice", "change_invoice_lines", {"invoice": 1292, "remove": [1]}, "email_invoice"),
        ("UpdateInvoiceHeader", "update_invoice", {"invoice": 1292, "reference": "PO 9"}, "email_invoice"),
        ("DeleteInvoiceByID", "delete_invoice", {"invoice": 1292}, "email_invoice"),
        ("UpdateReceiptHeader", "update_purchase", {"purchase": 1123, "reference": "9"}, "email_purchase_order"),
        ("DeleteReceiptByID", "delete_purchase", {"purchase": 1123}, "email_purchase_order"),
    ],
)
async def test_a_document_goes_out_to_nobody_while_a_change_of_it_is_unknown(
    desk: Desk, mishap: str, tool: str, request_: dict[str, Any], mail: str
) -> None:
    """It may arrive late: then what went out is not what stands in the books."""
    preview = await desk(tool, request_)
    desk.company.mishaps.add(mishap, "late", 1, 60)
    changed = await desk(tool, request_, confirm=preview["confirm"])
    of = {name: number for name, number in request_.items() if name in {"invoice", "purchase"}}

    text = await desk.error(mail, {**of, "to": "hats@example.com", "subject": "Hats", "body": "As agreed."})

    assert changed["status"] == "unknown"
    assert "An earlier write to the same place has an unknown outcome" in text


async def test_an_invoice_that_another_server_mails_just_before_we_undo_it_is_not_deleted(
    company, tmp_path, monkeypatch
) -> None:
    """What the customer has is credited, and that needs a yes of its own."""
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(company, settings) as others, open_desk(company, settings) as desk:
        first = await desk("create_invoice", HATS)
        number = (await desk("create_invoice", HATS, confirm=first["confirm"]))["number"]
        mail = {"invoice": number, "to": "hats@example.com", "subject": "Hats", "body": "As agreed."}
        mailed = await others("email_invoice", mail)
        preview = await desk("undo_write", entry=1)
        read = DeleteInvoice.evidence

        async def meanwhile(*looked: Any) -> Any:
            monkeypatch.undo()
            await others("email_invoice", mail, confirm=mailed["confirm"])
            return await read(*looked)

        monkeypatch.setattr(DeleteInvoice, "evidence", meanwhile)
        reply = await desk("undo_write", entry=1, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert "it was e-mailed, entry 2" in " ".join(reply["facts"])
    assert len(hats(company)) == 1


async def test_a_server_that_leaves_sends_nothing_new(company, tmp_path) -> None:
    server = create_server(real_account(tmp_path, confirm="either"), transport=company.transport(), clock=Clock())
    async with Client(server, mode="legacy") as client:
        desk = Desk(client, company)
        preview = await desk("create_invoice", HATS)
        await (await server.opening.kit()).desk.idle()
        text = await desk.error("create_invoice", HATS, confirm=preview["confirm"])

    assert "The server is leaving" in text
    assert hats(company) == []


async def test_what_kashflow_only_said_that_it_deleted_is_not_entered_again(company, tmp_path, monkeypatch) -> None:
    async def said_ok(*_: Any) -> None:
        """KashFlow says OK and deletes nothing."""

    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        preview = await desk("create_invoice", HATS)
        number = (await desk("create_invoice", HATS, confirm=preview["confirm"]))["number"]
        preview = await desk("delete_invoice", invoice=number)
        monkeypatch.setattr(DeleteInvoice, "write", said_ok)
        reply = await desk("delete_invoice", invoice=number, confirm=preview["confirm"])

        text = await desk.error("undo_write", entry=reply["entry"])

    assert reply["differences"] == ["the invoice is still in the books"]
    assert "still stands in the books" in text
    assert len(hats(company)) == 1


async def test_a_dead_process_does_not_make_others_hang(company, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("kf_mcp.writing.desk.WAIT_FOR_OTHERS", 0.2)
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as desk:
        preview = await desk("create_invoice", HATS)
        company.mishaps.add("InsertInvoice", "slow", seconds=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.result, "create_invoice", {**HATS, "confirm": preview["confirm"]})
            await anyio.sleep(0.5)
            same = await desk("create_invoice", HATS)
            other = await desk.error("create_invoice", {**HATS, "reference": "PO 2"})

    assert same["status"] == "unknown"
    assert "is being sent" in other


async def test_a_name_of_another_legal_form_is_not_taken_for_exact(desk: Desk) -> None:
    text = await desk.error("create_invoice", {**HATS, "customer": "Penhaligon Boatyard LLP"})
    plain = await desk("create_invoice", {**HATS, "customer": "Penhaligon Boatyard"})

    assert "PENH01" in text
    assert "PENH01" in plain["title"]


# The trail under attack


def opening(**more: Any) -> Opening:
    step = StepState(kind="new invoice", words="New invoice", target=more.pop("target", "t"), trace={})
    values = {
        "account": "a", "tool": "x", "arguments": "g", "consent": "c", "lock": "l", "title": "T", "channel": "form",
        "steps": (step,), "planned_at": 0, "seconds": 60.0,
    }  # fmt: skip
    return Opening(**{**values, **more})


@pytest.mark.parametrize("address", ["file", "url"])
def test_two_processes_cannot_hold_one_target(tmp_path, address: str) -> None:
    where: Path | str = tmp_path / "t.db" if address == "file" else f"sqlite:///{tmp_path / 't.db'}"
    Store.at(where).close()
    opened: list[str] = []
    for turn in range(10):
        start = Barrier(4)

        def go(n: int, turn: int = turn, start: Barrier = start) -> None:
            store = Store.at(where)
            start.wait()
            try:
                store.open(
                    opening(consent=f"c{turn}.{n}", lock=f"l{turn}.{n}", target=f"t{turn}", planned_at=10_000), NOON
                )
                opened.append(f"t{turn}")
            except Taken:
                pass
            finally:
                store.close()

        threads = [Thread(target=go, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(opened) == sorted(f"t{turn}" for turn in range(10))
    assert Store.at(where).broken_at() is None


async def test_a_stale_view_never_undoes_what_is_settled(tmp_path) -> None:
    trail = Trail(tmp_path / "t.db", clock=Clock())
    entry = await trail.open(opening())
    done = await trail.note(entry, "done", [entry.steps[0].model_copy(update={"state": "done", "id": 1})])

    with pytest.raises(Overtaken):
        await trail.note(entry, "unknown", entry.steps)

    assert (await trail.get(entry.id)).state == "done"
    assert done.seq == 2
    await trail.close()


async def test_what_was_written_to_the_target_after_the_plan_makes_the_plan_stale(tmp_path) -> None:
    trail = Trail(tmp_path / "t.db", clock=Clock())
    head = await trail.head()
    entry = await trail.open(opening())
    await trail.note(entry, "done", [entry.steps[0].model_copy(update={"state": "done"})])

    with pytest.raises(Behind):
        await trail.open(opening(consent="c2", lock="l2", planned_at=head))
    await trail.open(opening(consent="c3", lock="l3", planned_at=await trail.head()))
    await trail.close()


async def test_a_customer_of_others_is_not_taken_for_ours(company, tmp_path, monkeypatch) -> None:
    """It was entered after the last reading of the plan, and ours never arrived."""
    new, begun = {"name": "Mad Tea Ltd"}, Carrier.carry_out

    async def meanwhile(*work: Any) -> Any:
        customers.add(company.books, {"Name": "Mad Tea Ltd"})
        return await begun(*work)

    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        preview = await desk("create_customer", new)
        company.mishaps.add("InsertCustomer", "cut_before", 1)
        monkeypatch.setattr(Carrier, "carry_out", meanwhile)
        text = await desk.error("create_customer", new, confirm=preview["confirm"])

    assert "was entered meanwhile" in text


@pytest.mark.parametrize(
    ("tool", "operation"), [("create_customer", "InsertCustomer"), ("create_supplier", "InsertSupplier2")]
)
async def test_a_name_in_another_script_is_found_again(tmp_path, tool: str, operation: str) -> None:
    """It has no word in our letters, by which customers are searched: not found, it would be called absent and sent again."""
    company, clock, new = a_company(), Clock(), {"name": "Ωμέγα ΑΕ", "region": "EU", "address": ["1 Πλάκα"]}
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        preview = await desk(tool, new)
        company.mishaps.add(operation, "lose_answer")
        reply = await desk(tool, new, confirm=preview["confirm"])
        twin = await desk(tool, {**new, "name": "ΩΜΈΓΑ ΑΕ"})

    assert reply["status"] == "done"
    assert "nearly the same name" in " ".join(twin["warnings"])


async def test_one_of_many_customers_that_share_a_word_is_found_again(company, tmp_path) -> None:
    """More than a search looks at: their names fit as well as the one that is looked for."""
    for n in range(500):
        customers.add(company.books, {"Name": f"{chr(65 + n % 26)}{chr(65 + n // 26)} Hatter"})
    new = {"name": "Hatter", "address": ["1 Tea Street"]}
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=Clock()) as desk:
        preview = await desk("create_customer", new)
        company.mishaps.add("InsertCustomer", "lose_answer")
        reply = await desk("create_customer", new, confirm=preview["confirm"])

    assert reply["status"] == "done"


async def test_what_was_given_up_while_this_computer_slept_is_not_sent_when_it_wakes(
    company, tmp_path, monkeypatch
) -> None:
    """The entry was opened and nothing sent; the other server took it for dead, looked twice, and wrote it anew."""
    settings, late = real_account(tmp_path, confirm="either"), Clock()
    async with open_desk(company, settings, clock=late) as others, open_desk(company, settings) as desk:
        begun = Trail.open

        async def sleeping(*work: Any) -> Any:
            entry = await begun(*work)
            monkeypatch.undo()
            for _ in range(2):
                late.time += timedelta(minutes=11)
                await others("settle_write", entry=1)
            again = await others("create_invoice", HATS)
            await others("create_invoice", HATS, confirm=again["confirm"])
            return entry

        preview = await desk("create_invoice", HATS)
        monkeypatch.setattr(Trail, "open", sleeping)
        text = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
        listed = await others("list_writes")

    assert "Another call gave it up" in text
    assert [row["state"] for row in listed["writes"]] == ["done", "not_written"]
    assert len(hats(company)) == 1


async def test_what_another_gives_up_between_two_payments_stops_there_and_says_why(
    company, tmp_path, monkeypatch
) -> None:
    """A second computer's clock is an hour behind: what was opened in its future it takes for left, settles, and may finish."""
    behind = Clock()
    behind.time -= timedelta(hours=1)
    request = {
        "customer": "APEX01",
        "total": "1000.00",
        "oldest_first": True,
        "method": "BACS",
        "bank_account": "Current account",
    }
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with (
        open_desk(company, settings, clock=behind) as others,
        open_desk(company, settings, clock=Clock()) as desk,
    ):
        noted = Trail.note

        async def overtaking(*work: Any) -> Any:
            monkeypatch.undo()
            await others("settle_write", entry=1)
            return await noted(*work)

        preview = await desk("record_payments", request)
        monkeypatch.setattr(Trail, "note", overtaking)
        reply = await desk("record_payments", request, confirm=preview["confirm"])
        rest = await others("finish_write", entry=1)
        finished = await others("finish_write", entry=1, confirm=rest["confirm"])

    assert reply["status"] == "partly"
    assert "not sent. Another call gave it up" in " ".join(reply["facts"])
    assert finished["status"] == "done"
    paid = {invoice["number"]: invoice["paid"] for invoice in company.state()["invoices"]}
    assert [Decimal(paid[number]) for number in (1026, 1253)] == [Decimal("181.20"), Decimal("818.80")]


async def test_a_customer_with_documents_is_not_undone_whatever_kashflow_would_take(tmp_path) -> None:
    company = a_company(switches=Switches(delete_customer_in_use="accept"))
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        new = {"name": "Mad Tea Ltd", "code": "MADT01"}
        reply = await desk("create_customer", new, confirm=(await desk("create_customer", new))["confirm"])
        billed = {**HATS, "customer": "MADT01"}
        await desk("create_invoice", billed, confirm=(await desk("create_invoice", billed))["confirm"])

        text = await desk.error("undo_write", entry=reply["entry"])

    assert "Invoices stand for customer MADT01" in text


async def test_an_altered_row_is_found(tmp_path) -> None:
    trail = Trail(tmp_path / "t.db", clock=Clock())
    for n in range(3):
        entry = await trail.open(opening(consent=f"c{n}", lock=f"l{n}", target=f"t{n}"))
        await trail.note(entry, "done", [entry.steps[0].model_copy(update={"state": "done"})])
    assert await trail.broken_at() is None
    await trail.close()
    with sqlite3.connect(tmp_path / "t.db") as db:
        db.execute("UPDATE trail SET state = 'refused' WHERE seq = 4")
    db.close()

    assert await trail.broken_at() == 4
    await trail.close()


@pytest.mark.parametrize(
    ("mishap", "tool", "request_"),
    [
        ("InsertBankTransaction", "record_advance", {"kind": "customer", "party": "MADT01", "amount": 50}),
        ("UpdateQuoteHeader", "update_quote", {"number": 1012, "customer": "MADT01"}),
    ],
)
async def test_a_customer_is_not_deleted_while_something_may_still_come_for_it(
    desk: Desk, mishap: str, tool: str, request_: dict[str, Any]
) -> None:
    new = {"name": "Mad Tea Ltd", "code": "MADT01"}
    await desk("create_customer", new, confirm=(await desk("create_customer", new))["confirm"])
    account = {"bank_account": "Current account"} if tool == "record_advance" else {}
    preview = await desk(tool, request_, **account)
    desk.company.mishaps.add(mishap, "late", 1, 60)
    reply = await desk(tool, request_, **account, confirm=preview["confirm"])

    text = await desk.error("delete_customer", customer="MADT01")
    await desk.company.settle_late()

    assert reply["status"] == "unknown"
    assert "An earlier write to the same place has an unknown outcome" in text


async def test_a_customer_who_may_come_back_late_is_not_entered_anew(desk: Desk) -> None:
    new = {"name": "Mad Tea Ltd", "code": "MADT01"}
    await desk("create_customer", new, confirm=(await desk("create_customer", new))["confirm"])
    gone = {"customer": "MADT01"}
    deleted = await desk("delete_customer", gone, confirm=(await desk("delete_customer", gone))["confirm"])
    preview = await desk("undo_write", entry=deleted["entry"])
    desk.company.mishaps.add("InsertCustomer", "late", 1, 60)
    reply = await desk("undo_write", entry=deleted["entry"], confirm=preview["confirm"])

    text = await desk.error("create_customer", {"name": "Mad Tea Ltd", "code": "MADT02"})
    await desk.company.settle_late()

    assert reply["status"] == "unknown"
    assert "An earlier write to the same place has an unknown outcome" in text


async def test_a_damaged_key_is_not_used(company, tmp_path) -> None:
    (tmp_path / "confirm.key").write_bytes(b"")
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        text = await desk.error("create_invoice", HATS)

    assert "key file confirm.key" in text


async def test_a_database_that_is_not_there_is_named(company, tmp_path) -> None:
    settings = real_account(tmp_path, confirm="either", database_url="postgresql+nosuchdriver://h/d")
    async with open_desk(company, settings) as desk:
        text = await desk.error("create_invoice", HATS)

    assert "KASHFLOW_DATABASE_URL" in text
    assert Unavailable.advice not in text
