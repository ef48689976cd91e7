"""The promise: the right thing, exactly once, never without a person's yes."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import HATS, HATS_NET, HATS_VAT, Clock, Desk, Meanwhile, Person, a_company, open_desk, real_account
from mcp import Client

from kf_mcp.kashflow import payment_steps
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.reference import Reference
from kf_mcp.model.payments import NewPayment
from kf_mcp.server import create_server, instructions
from kf_mcp.settings import Settings
from kf_mcp.simulator import Switches

MORE_HATS = {**HATS, "lines": [{**HATS["lines"][0], "quantity": 4}]}
NAMED = {"method": "BACS", "bank_account": "Current account"}


async def confirmed(desk: Desk, tool: str, request: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, request)
    assert preview["status"] == "needs_confirmation"
    return await desk(tool, request, confirm=preview["confirm"])


def hats(desk: Desk) -> list[dict[str, Any]]:
    """The invoices with the reference of HATS."""
    return [invoice for invoice in desk.invoices() if invoice["reference"] == "PO 4711"]


# Consent


async def test_a_person_says_yes_to_the_form_and_it_is_written(company, tmp_path, era) -> None:
    person = Person()
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        reply = await desk("create_invoice", HATS)

        assert reply["status"] == "done"
        assert len(hats(desk)) == 1
        assert "£43.95" in person.asked[0]
        assert (await desk("list_writes"))["writes"][0]["confirmed"] == "form shown to the person"


@pytest.mark.parametrize("answer", ["no", "unticked", "left"])
async def test_without_a_clear_yes_nothing_is_written_and_nothing_to_confirm_with_is_handed_out(
    company, tmp_path, era, answer
) -> None:
    for mode in ("person", "either"):
        async with open_desk(company, real_account(tmp_path, confirm=mode), era=era, person=Person(answer)) as desk:
            reply = await desk("create_invoice", HATS)

            assert reply["status"] == "declined"
            assert "confirm" not in reply
            assert hats(desk) == []
            assert (await desk("list_writes"))["total"] == 0


async def test_a_client_without_forms_gets_the_preview_and_the_link_for_the_person(company, tmp_path, era) -> None:
    async with open_desk(company, real_account(tmp_path), era=era) as desk:
        reply = await desk("create_invoice", HATS)
        schema = next(t for t in (await desk.client.list_tools()).tools if t.name == "create_invoice").input_schema

        assert reply["status"] == "needs_confirmation"
        assert "Only the person can decide, on the approval page http://127.0.0.1:" in reply["next"]
        assert "confirm" not in reply
        assert "confirm" not in schema["properties"]
        assert hats(desk) == []


async def test_under_person_a_confirm_value_is_an_unknown_argument(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path)) as desk:
        text = await desk.error("create_invoice", HATS, confirm="anything")

        assert "There is no argument `confirm`" in text
        assert hats(desk) == []


async def test_in_model_mode_nobody_is_asked_and_the_instructions_say_so_loudly(company, tmp_path, era) -> None:
    person, settings = Person(), real_account(tmp_path, confirm="model")
    async with open_desk(company, settings, era=era, person=person) as desk:
        reply = await confirmed(desk, "create_invoice", HATS)

        assert reply["status"] == "done"
        assert person.asked == []
        assert "CAUTION: no person is asked" in instructions(settings)


@pytest.mark.parametrize("value", ["", "x", "6b-0-0", "ffffffff-000000000000-" + "0" * 32, "-" * 40])
async def test_an_invented_confirm_value_writes_nothing(desk: Desk, value: str) -> None:
    await desk("create_invoice", HATS)

    reply = await desk("create_invoice", HATS, confirm=value)

    assert reply["status"] in {"needs_confirmation", "changed"}
    assert hats(desk) == []


async def test_where_a_form_can_be_shown_a_confirm_value_counts_for_nothing(company, tmp_path, era) -> None:
    """A model that made one up used to get a good one back, and could then confirm without the person."""
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as formless:
        good = (await formless("create_invoice", HATS))["confirm"]
    person = Person("no")
    async with open_desk(company, settings, era=era, person=person) as desk:
        replies = [await desk("create_invoice", HATS, confirm=value) for value in ("yes", good)]

        assert [reply["status"] for reply in replies] == ["declined", "declined"]
        assert len(person.asked) == 2
        assert not any("confirm" in reply for reply in replies)
        assert hats(desk) == []


async def test_consent_does_not_carry_over_to_a_changed_invoice(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)

    reply = await desk("create_invoice", MORE_HATS, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert hats(desk) == []


async def test_a_confirm_value_is_good_for_ten_minutes(company, tmp_path, clock: Clock) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        preview = await desk("create_invoice", HATS)
        clock.time += timedelta(minutes=10, seconds=1)

        reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

        assert reply["status"] == "changed"
        assert hats(desk) == []


@pytest.mark.parametrize("changed", ["expiry", "nonce"])
async def test_a_confirm_value_of_which_a_part_was_changed_is_no_yes(company, tmp_path, clock: Clock, changed) -> None:
    """With a later expiry it would count for longer, with another nonce a second time."""
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        expiry, nonce, mac = (await desk("create_invoice", HATS))["confirm"].split("-")
        if changed == "expiry":
            clock.time += timedelta(minutes=10, seconds=1)
            expiry = f"{int(expiry, 16) + 60:x}"
        else:
            nonce = nonce[::-1]

        reply = await desk("create_invoice", HATS, confirm=f"{expiry}-{nonce}-{mac}")

        assert reply["status"] == "changed"
        assert hats(desk) == []


async def test_a_confirm_value_survives_a_restart_and_works_once(company, tmp_path) -> None:
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as desk:
        preview = await desk("create_invoice", HATS)
    async with open_desk(company, settings) as desk:
        first = await desk("create_invoice", HATS, confirm=preview["confirm"])
    async with open_desk(company, settings) as desk:
        again = await desk("create_invoice", HATS, confirm=preview["confirm"])

        assert first["status"] == again["status"] == "done"
        assert first["number"] == again["number"]
        assert "nothing was sent now" in again["title"]
        assert len(hats(desk)) == 1


async def test_what_became_of_a_used_yes_is_told_while_kashflow_cannot_be_reached(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    first = await desk("create_invoice", HATS, confirm=preview["confirm"])
    desk.company.mishaps.add("*", "refuse_connection", 20)

    again = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert (again["status"], again["number"]) == ("done", first["number"])


async def test_a_replayed_answer_to_the_form_gives_the_first_outcome(company, tmp_path) -> None:
    """MCP 2026-07-28: the state of a question can be sent again by the client; being used once is ours to see to."""
    server = create_server(real_account(tmp_path), transport=company.transport(), clock=Clock())
    yes = {"agreement": {"action": "accept", "content": {"agree": True}}}
    async with Client(server, mode="2026-07-28", elicitation_callback=Person()) as client:
        asked = await client.session.call_tool("create_invoice", HATS, allow_input_required=True)
        again = {"input_responses": yes, "request_state": asked.request_state, "allow_input_required": True}

        first = await client.session.call_tool("create_invoice", HATS, **again)
        second = await client.session.call_tool("create_invoice", HATS, **again)
    desk = Desk(client, company)

    assert first.structured_content["status"] == second.structured_content["status"] == "done"
    assert first.structured_content["number"] == second.structured_content["number"]
    assert len(hats(desk)) == 1


async def test_an_answer_to_a_question_nobody_asked_is_refused(company, tmp_path) -> None:
    server = create_server(real_account(tmp_path), transport=company.transport(), clock=Clock())
    yes = {"agreement": {"action": "accept", "content": {"agree": True}}}
    async with Client(server, mode="2026-07-28", elicitation_callback=Person()) as client:
        with pytest.raises(Exception, match="requestState"):
            await client.session.call_tool(
                "create_invoice", HATS, input_responses=yes, request_state="v1.forged", allow_input_required=True
            )
        unasked = await client.session.call_tool("create_invoice", HATS, input_responses=yes, allow_input_required=True)

    assert unasked.result_type == "input_required"
    assert hats(Desk(client, company)) == []


async def test_what_changed_while_the_form_was_open_is_not_written(company, tmp_path, era) -> None:
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as other:
        twin = await other("create_invoice", {**HATS, "reference": "PO 1"})

        async def meanwhile() -> None:
            person.before = None
            await other("create_invoice", {**HATS, "reference": "PO 1"}, confirm=twin["confirm"])

        person = Person(before=meanwhile)
        async with open_desk(company, settings, era=era, person=person) as desk:
            reply = await desk("create_invoice", HATS)

            assert reply["status"] == "changed"
            assert "confirm" not in reply
            assert any("Perhaps a duplicate" in warning for warning in reply["warnings"])
            assert hats(desk) == []


async def test_what_changed_at_the_last_moment_before_the_sending_is_not_covered_by_the_yes(company, tmp_path) -> None:
    """The plan was made again after the yes and was the same; then another server wrote to the same customer."""
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as other:

        async def at_the_last_moment() -> None:
            await confirmed(other, "create_invoice", {**HATS, "reference": "PO 1"})

        network = Meanwhile(company.transport(), "GetInvoicesForCustomer", (3,), at_the_last_moment)
        async with open_desk(company, settings, network=network) as desk:
            preview = await desk("create_invoice", HATS)
            reply = await desk("create_invoice", HATS, confirm=preview["confirm"])

            assert reply["status"] == "changed"
            assert any("Perhaps a duplicate" in warning for warning in reply["warnings"])
            assert hats(desk) == []


async def test_an_invoice_changed_elsewhere_while_the_form_was_open_is_not_paid(company, tmp_path, era) -> None:
    person = Person()
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        number = (await desk("create_invoice", HATS))["number"]

        async def meanwhile() -> None:
            await pay_elsewhere(company, number, "10.00")

        person.before = meanwhile
        reply = await desk("record_payment", invoice=number, **NAMED)

        assert reply["status"] == "changed"
        assert "£33.95" in reply["title"]
        assert Decimal(desk.invoice(number)["paid"]) == 10


async def test_what_the_server_keeps_for_a_while_is_read_anew_after_the_yes(company, tmp_path, era) -> None:
    """Whose books these are is kept for minutes; it stands in the preview alone, and the steps are the same either way."""

    async def meanwhile() -> None:
        owner = company.books.company
        company.books.company = replace(owner, details={**owner.details, "CompanyName": "Heron & Wren Ltd"})

    person = Person(before=meanwhile)
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        reply = await desk("create_invoice", HATS)

        assert "In the books of “Harbour & Finch Ltd”" in person.asked[0]
        assert reply["status"] == "changed"
        assert "In the books of “Heron & Wren Ltd”" in reply["facts"]
        assert hats(desk) == []


async def pay_elsewhere(company, number: int, amount: str) -> None:
    """Somebody records a payment in KashFlow's own screens."""
    soap = Connection(Settings(), company.transport())
    reference = Reference(soap)
    payment = NewPayment(
        invoice_id=company.books.invoices.numbered(number).id,
        invoice_number=number,
        date="2026-11-20",
        amount=amount,
        method_id=(await reference.payment_methods())[0].id,
        account_id=(await reference.bank_accounts())[0].id,
    )
    await payment_steps.of_invoice(payment).send(soap)
    await soap.close()


# Exactly once


async def test_a_second_identical_write_is_possible_and_says_first_that_it_is_the_second(desk: Desk) -> None:
    first = await confirmed(desk, "create_invoice", HATS)

    preview = await desk("create_invoice", HATS)
    second = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert preview["warnings"][0].startswith("Exactly this was written before:")
    assert f"as number {first['number']}" in preview["warnings"][0]
    assert second["number"] == first["number"] + 1
    assert len(hats(desk)) == 2


async def test_numbers_written_differently_are_the_same_write(desk: Desk) -> None:
    first = {"customer": "PENH01", "lines": [{"description": "x", "unit_price": 100, "vat_rate": 20, "nominal": 4000}]}
    same = {
        "customer": "PENH01",
        "lines": [{"description": "x", "unit_price": "100.00", "vat_rate": "20.0", "nominal": 4000}],
    }
    await confirmed(desk, "create_invoice", first)

    preview = await desk("create_invoice", same)

    assert preview["warnings"][0].startswith("Exactly this was written before:")


async def test_already_paid_names_the_payment_that_was_just_recorded(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    payment = await confirmed(desk, "record_payment", {"invoice": number, **NAMED})

    text = await desk.error("record_payment", invoice=number, **NAMED)

    assert "is paid already" in text
    assert f"as number {payment['number']}" in text
    assert len(desk.invoice(number)["payments"]) == 1


async def test_many_calls_at_once_with_one_consent_write_once(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    replies: list[dict[str, Any]] = []

    async def call() -> None:
        replies.append(await desk("create_invoice", HATS, confirm=preview["confirm"]))

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(call)

    assert len(hats(desk)) == 1
    assert {reply["number"] for reply in replies} == {hats(desk)[0]["number"]}


async def test_two_servers_with_two_consents_to_the_same_write_once_unless_asked_again(company, tmp_path) -> None:
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as one, open_desk(company, settings) as two:
        consents = [
            (one, (await one("create_invoice", HATS))["confirm"]),
            (two, (await two("create_invoice", HATS))["confirm"]),
        ]
        replies: list[dict[str, Any]] = []

        async def call(desk: Desk, confirm: str) -> None:
            replies.append(await desk("create_invoice", HATS, confirm=confirm))

        async with anyio.create_task_group() as tasks:
            for desk, confirm in consents:
                tasks.start_soon(call, desk, confirm)

        assert len(hats(one)) == 1
        assert sorted(reply["status"] for reply in replies) in (["done", "done"], ["changed", "done"])


async def test_different_invoices_to_one_customer_at_once_are_each_written_once(desk: Desk) -> None:
    requests = [{**HATS, "reference": f"PO {n}"} for n in range(5)]
    previews = [await desk("create_invoice", request) for request in requests]
    replies: list[dict[str, Any]] = []

    async def call(request: dict[str, Any], confirm: str) -> None:
        replies.append(await desk("create_invoice", request, confirm=confirm))

    async with anyio.create_task_group() as tasks:
        for request, preview in zip(requests, previews, strict=True):
            tasks.start_soon(call, request, preview["confirm"])

    written = [i for i in desk.invoices() if i["reference"] in {f"PO {n}" for n in range(5)}]
    done = [reply for reply in replies if reply["status"] == "done"]
    changed = [reply for reply in replies if reply["status"] == "changed"]
    assert len(written) == len(done)
    assert len(done) + len(changed) == 5
    assert all("Perhaps a duplicate" in " ".join(reply["warnings"]) for reply in changed)


# Lost answers


@pytest.mark.parametrize(
    "mishap", ["lose_answer", "no_but_written", "truncated_xml", "not_xml", "wrong_namespace", "empty_body"]
)
async def test_a_lost_answer_is_found_by_reading_back(desk: Desk, mishap: str) -> None:
    preview = await desk("create_invoice", HATS)
    desk.company.mishaps.add("InsertInvoice", mishap)

    reply = await desk("create_invoice", HATS, confirm=preview["confirm"])
    again = await desk("create_invoice", HATS, confirm=preview["confirm"])

    assert reply["status"] == again["status"] == "done"
    assert "found by reading back" in " ".join(reply["facts"])
    assert reply["number"] == hats(desk)[0]["number"]
    assert len(hats(desk)) == 1
    assert desk.is_balanced()


async def test_a_late_write_is_unknown_and_the_same_call_never_sends_it_twice(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    desk.company.mishaps.add("InsertInvoice", "late", seconds=600)

    reply = await desk("create_invoice", HATS, confirm=preview["confirm"])
    again = await desk("create_invoice", HATS)
    states = [row["state"] for row in (await desk("list_writes"))["writes"]]
    await desk.company.settle_late()
    found = await desk("create_invoice", HATS)

    assert reply["status"] == again["status"] == "unknown"
    assert "may or may not have been carried out" in reply["next"]
    assert states == ["unknown"]
    assert found["status"] == "done"
    assert found["number"] == hats(desk)[0]["number"]
    assert len(hats(desk)) == 1


async def test_while_an_outcome_is_unknown_nothing_else_goes_to_the_same_customer(desk: Desk) -> None:
    preview = await desk("create_invoice", HATS)
    desk.company.mishaps.add("InsertInvoice", "late", seconds=600)
    await desk("create_invoice", HATS, confirm=preview["confirm"])

    text = await desk.error("create_invoice", {**HATS, "reference": "PO 2"})
    elsewhere = await desk("create_invoice", {**HATS, "customer": "BITS01"})

    assert "unknown outcome" in text
    assert elsewhere["status"] == "needs_confirmation"


async def test_a_late_payment_is_not_recorded_twice(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    request = {"invoice": number, **NAMED}
    preview = await desk("record_payment", request)
    desk.company.mishaps.add("InsertInvoicePayment", "late", seconds=600)

    reply = await desk("record_payment", request, confirm=preview["confirm"])
    await desk.company.settle_late()
    found = await desk("record_payment", request)

    assert reply["status"] == "unknown"
    assert found["status"] == "done"
    assert len(desk.invoice(number)["payments"]) == 1


async def test_what_never_arrived_may_be_sent_again_after_ten_minutes(company, tmp_path, clock: Clock) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        preview = await desk("create_invoice", HATS)
        company.mishaps.add("InsertInvoice", "cut_before")

        unknown = await desk("create_invoice", HATS, confirm=preview["confirm"])
        clock.time += timedelta(minutes=9)
        early = await desk("create_invoice", HATS)
        clock.time += timedelta(minutes=2)
        settled = await desk.error("create_invoice", HATS)
        reply = await confirmed(desk, "create_invoice", HATS)

        assert unknown["status"] == early["status"] == "unknown"
        assert "not in the books: read twice" in settled
        assert reply["status"] == "done"
        assert len(hats(desk)) == 1


@pytest.mark.parametrize(
    ("mishap", "said"),
    [("refuse_connection", "could not be reached"), ("status_no", "KashFlow refused InsertInvoice")],
)
async def test_what_was_certainly_not_written_is_said_and_may_be_sent_again(desk: Desk, mishap: str, said: str) -> None:
    preview = await desk("create_invoice", HATS)
    desk.company.mishaps.add("InsertInvoice", mishap)

    text = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
    state = (await desk("list_writes"))["writes"][0]["state"]
    replayed = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
    reply = await confirmed(desk, "create_invoice", HATS)

    assert said in text
    assert state == "not_written"
    assert "It was not written" in replayed
    assert reply["status"] == "done"
    assert len(hats(desk)) == 1


@pytest.mark.parametrize(
    "mishap", ["http_500", "http_503", "html_page", "soap_fault", "huge", "slow", "cut_before", "late"]
)
async def test_any_other_bad_answer_leaves_the_outcome_unknown_or_finds_it(company, tmp_path, mishap: str) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", timeout=0.5)) as desk:
        preview = await desk("create_invoice", HATS)
        company.mishaps.add("InsertInvoice", mishap, seconds=30)

        reply = await desk("create_invoice", HATS, confirm=preview["confirm"])
        await desk("create_invoice", HATS)
        await desk("create_invoice", HATS, confirm=preview["confirm"])

        assert reply["status"] == ("done" if mishap == "huge" else "unknown")
        assert len(hats(desk)) == (1 if mishap == "huge" else 0)


CHANGED = {"invoice": 1001, "reference": "PO 4712"}
"""A write that reads the invoice: 1 for the preview, 2 after the yes, 3 and 4 as evidence, 5 in sending, 6 to compare it."""


def hanging(company, folder: Path, *calls: int) -> AbstractAsyncContextManager[Desk]:
    """A desk that never gets the answers of these readings."""
    settings = real_account(folder, confirm="either", toolsets="all", timeout=0.5)
    return open_desk(company, settings, network=Meanwhile(company.transport(), "GetInvoiceByID", calls))


async def test_where_asking_what_stands_there_takes_too_long_nothing_is_sent(company, tmp_path) -> None:
    async with hanging(company, tmp_path, 3, 4) as desk:
        preview = await desk("update_invoice", CHANGED)
        text = await desk.error("update_invoice", CHANGED, confirm=preview["confirm"])

        assert "too slow to be asked what stands there now" in text
        assert desk.invoice(1001)["reference"] != "PO 4712"
        assert (await desk("list_writes"))["total"] == 0


async def test_after_the_deadline_nothing_is_sent_any_more(company, tmp_path) -> None:
    """Others take the write for dead soon after: what was sent then could be the second of its kind."""
    async with hanging(company, tmp_path, 5, 6) as desk:
        preview = await desk("update_invoice", CHANGED)
        reply = await desk("update_invoice", CHANGED, confirm=preview["confirm"])

        assert reply["status"] == "unknown"
        assert (await desk("list_writes"))["writes"][0]["state"] == "unknown"
        assert desk.invoice(1001)["reference"] != "PO 4712"


async def test_what_takes_too_long_to_be_read_back_is_in_the_books_and_not_said_to_be_checked(
    company, tmp_path
) -> None:
    async with hanging(company, tmp_path, 6, 7, 8) as desk:
        preview = await desk("update_invoice", CHANGED)
        reply = await desk("update_invoice", CHANGED, confirm=preview["confirm"])

        assert (reply["status"], reply["checked"]) == ("done", "not checked")
        assert "could not be read back" not in " ".join(reply["facts"])  # it was given up before all tries were over
        assert desk.invoice(1001)["reference"] == "PO 4712"


@pytest.mark.parametrize(
    ("tool", "request_"),
    [("update_invoice", CHANGED), ("delete_invoice", {"invoice": 1299})],
    ids=["change", "deletion"],
)
async def test_what_somebody_changes_just_before_the_sending_is_neither_overwritten_nor_deleted(
    company, tmp_path, tool: str, request_: dict[str, Any]
) -> None:
    number = request_["invoice"]

    async def by_hand() -> None:
        books = company.books
        with books.call():
            books.put_document(replace(books.invoices.numbered(number), reference="by hand"))

    network = Meanwhile(company.transport(), "GetInvoiceByID", (4,), by_hand)  # the last that is read before sending
    settings = real_account(tmp_path, confirm="either", toolsets="all")
    async with open_desk(company, settings, network=network) as desk:
        preview = await desk(tool, request_)
        text = await desk.error(tool, request_, confirm=preview["confirm"])

        assert "The invoice was changed meanwhile. Nothing was written." in text
        assert desk.invoice(number)["reference"] == "by hand"


async def test_a_call_cancelled_while_sending_ends_in_a_closed_entry(company, tmp_path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either", timeout=10)) as desk:
        preview = await desk("create_invoice", HATS)
        company.mishaps.add("InsertInvoice", "slow", seconds=0.5)

        with anyio.move_on_after(0.25) as scope:
            await desk("create_invoice", HATS, confirm=preview["confirm"])
        for _ in range(40):
            await asyncio.sleep(0.1)
            writes = (await desk("list_writes"))["writes"]
            if writes and writes[0]["state"] != "sending":
                break

        assert scope.cancelled_caught
        assert [write["state"] for write in writes] == ["done"]
        assert len(hats(desk)) == 1


async def test_a_trail_that_cannot_be_written_stops_every_write(company, tmp_path) -> None:
    folder = tmp_path / "not a folder"
    folder.write_text("")
    async with open_desk(company, real_account(folder, confirm="model")) as desk:
        text = await desk.error("create_invoice", HATS)

        assert "audit trail cannot be used" in text
        assert "KASHFLOW_DATA_DIR" in text
        assert hats(desk) == []


# Payments


async def test_a_payment_stands_in_the_books_and_settles_the_invoice(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]

    reply = await confirmed(desk, "record_payment", {"invoice": number, **NAMED, "note": "with thanks"})

    payment = desk.invoice(number)["payments"][0]
    assert reply["status"] == "done"
    assert Decimal(payment["amount"]) == HATS_NET + HATS_VAT
    assert payment["note"] == "with thanks"
    assert payment["date"] == "2026-11-20"
    assert desk.is_balanced()


async def test_several_methods_or_accounts_bring_back_the_choices(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]

    methods = await desk.error("record_payment", invoice=number)
    accounts = await desk.error("record_payment", invoice=number, method="BACS")
    neither = await desk.error("record_payment", invoice=number, method="Bitcoin", bank_account="Current account")

    assert "`method`" in methods
    assert "- BACS" in methods
    assert "`bank_account`" in accounts
    assert "No payment method is called “Bitcoin”" in neither


async def test_odd_payments_are_warned_of(desk: Desk) -> None:
    number = (await confirmed(desk, "create_invoice", HATS))["number"]

    preview = await desk("record_payment", invoice=number, amount="50.00", date="2026-11-01", **NAMED)

    said = " ".join(preview["warnings"])
    assert "£6.05 more than is outstanding" in said
    assert "dated before the invoice" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"invoice": 999_999}, "No invoice with the number 999999"),
        ({"amount": 0}, "`amount`"),
        ({"amount": -5}, "`amount`"),
        ({"amount": "1.005"}, "whole pennies"),
        ({"date": "yesterday"}, "`date`: is not a date"),
        ({"note": "a\x00b"}, "`note`"),
    ],
)
async def test_bad_payments_are_named_and_change_nothing(desk: Desk, change, said) -> None:
    before = desk.company.state()
    request = {"invoice": next(i["number"] for i in desk.invoices() if Decimal(i["paid"]) == 0), **NAMED}

    text = await desk.error("record_payment", {**request, **change})

    assert said in text
    assert desk.company.state() == before


# The unknowns of KashFlow

FLIPPED = [f"{name}={value}" for name, values in Switches.choices().items() for value in values[1:]]


@pytest.mark.parametrize("switch", FLIPPED)
async def test_the_main_job_holds_whichever_way_kashflow_turns_out_to_be(tmp_path, switch: str) -> None:
    company = a_company(switches=Switches.parse([switch]))
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        invoice = await confirmed(desk, "create_invoice", HATS)
        company.mishaps.add("InsertInvoicePayment", "lose_answer")
        payment = await confirmed(desk, "record_payment", {"invoice": invoice["number"], **NAMED})
        customer = await confirmed(desk, "create_customer", {"name": "Zephyr Kites Ltd", "email": "a@zephyr.example"})
        foreign_line = {"description": "Work", "unit_price": "80.00", "vat_rate": 0, "nominal": 4000}
        foreign = await confirmed(
            desk, "create_invoice", {"customer": "PENH01", "lines": [foreign_line], "currency": "EUR"}
        )
        shown = await desk("get_customer", customer=customer["code"])
        unknown = [
            await desk.error("get_invoice", number=999_999),
            await desk.error("get_customer", customer="NOBODY99"),
        ]
        vat = await desk.result("get_vat_report", start="2026-10-01", end="2026-12-31")

        stands = desk.invoice(invoice["number"])
        assert [reply["status"] for reply in (invoice, payment, customer, foreign)] == ["done"] * 4
        assert "differences" not in invoice
        assert (Decimal(stands["net"]), Decimal(stands["vat"])) == (HATS_NET, HATS_VAT)
        assert len(stands["payments"]) == 1
        assert shown["name"] == "Zephyr Kites Ltd"
        assert all("find_" in text for text in unknown)
        assert not vat.is_error
        assert desk.is_balanced()
