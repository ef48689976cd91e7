"""Finding out what became of a write, by reading back and by a person's decision."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from conftest import HATS, Clock, Desk, Meanwhile, Person, a_company, open_desk, real_account
from test_undoing import person_at_kashflow
from test_writing import NAMED, confirmed, hats, pay_elsewhere

from kf_mcp.kashflow.invoice_steps import InsertInvoice
from kf_mcp.server import opening as opening_module
from kf_mcp.simulator import Switches, payments
from kf_mcp.writing.carrying import Carrier

NOT_LATE_ANY_MORE = timedelta(minutes=12)
TWO_PLACES = {**HATS, "lines": [{**HATS["lines"][0], "unit_price": "10.8249"}]}


async def test_settle_write_finds_what_arrived_late_and_sends_nothing(desk: Desk, company: Any) -> None:
    company.mishaps.add("InsertInvoice", "late", 1, 60)
    reply = await confirmed(desk, "create_invoice", HATS)
    assert reply["status"] == "unknown"
    assert "settle_write" in reply["next"]
    still = await desk("settle_write", entry=reply["entry"])
    assert still["status"] == "unknown"

    await company.settle_late()
    settled = await desk("settle_write", entry=reply["entry"])

    assert settled["status"] == "done"
    assert settled["number"] == hats(desk)[0]["number"]
    assert len(hats(desk)) == 1


async def test_absence_settles_only_after_two_reads_ten_minutes_apart(company, tmp_path: Path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        company.mishaps.add("InsertInvoice", "cut_before", 1)
        reply = await confirmed(desk, "create_invoice", HATS)
        assert reply["status"] == "unknown"
        early = await desk.error("settle_write", entry=reply["entry"], decision="not_written")
        assert "KashFlow may finish late" in early

        clock.time += timedelta(minutes=11)
        preview = await desk("settle_write", entry=reply["entry"])

        assert "It is not in the books: read twice, ten minutes apart." in " ".join(preview["facts"])
        assert (await confirmed(desk, "create_invoice", HATS))["status"] == "done"
        assert len(hats(desk)) == 1


async def test_what_another_server_found_out_while_this_computer_slept_stands(
    company, tmp_path: Path, monkeypatch
) -> None:
    """The one that sent it does not know what became of it; the other took it for dead and looked twice."""
    settings, late = real_account(tmp_path, confirm="either"), Clock()
    async with open_desk(company, settings, clock=late) as others, open_desk(company, settings, clock=Clock()) as desk:
        send = InsertInvoice.send

        async def sleeping(*sent: Any) -> Any:
            try:
                return await send(*sent)
            finally:
                for _ in range(2):
                    late.time += timedelta(minutes=11)
                    told.append((await others("list_writes"))["writes"][0]["state"])
                    await others("settle_write", entry=1)

        told: list[str] = []
        preview = await desk("create_invoice", HATS)
        monkeypatch.setattr(InsertInvoice, "send", sleeping)
        company.mishaps.add("InsertInvoice", "cut_before", 1)

        text = await desk.error("create_invoice", HATS, confirm=preview["confirm"])
        monkeypatch.undo()

        assert told == ["unknown", "unknown"]
        assert "read twice, ten minutes apart" in text
        assert [row["state"] for row in (await desk("list_writes"))["writes"]] == ["not_written"]
        assert (await confirmed(desk, "create_invoice", HATS))["status"] == "done"
        assert len(hats(desk)) == 1


async def test_all_that_is_not_settled_is_named_beside_the_few_that_are_listed(company, tmp_path: Path) -> None:
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        company.mishaps.add("InsertInvoice", "cut_before", 1)
        await confirmed(desk, "create_invoice", HATS)
        await confirmed(desk, "create_customer", {"name": "Mad Tea Ltd"})

        listed = await desk("list_writes", limit=1)

        assert ([row["entry"] for row in listed["writes"]], listed["open"]) == ([2], [1])


async def in_doubt(desk: Desk) -> dict[str, Any]:
    """A write whose answer was lost and that KashFlow changed, so that only a person can tell."""
    desk.company.mishaps.add("InsertInvoice", "lose_answer", 1)
    reply = await confirmed(desk, "create_invoice", TWO_PLACES)
    assert reply["status"] == "unknown"
    return reply


@pytest.fixture
def company() -> Any:
    return a_company(switches=Switches(rate_places="two"))


async def test_what_is_only_alike_waits_for_a_person_whose_decision_is_recorded(company, tmp_path: Path, era) -> None:
    person = Person()
    async with open_desk(company, real_account(tmp_path), era=era, person=person) as desk:
        company.mishaps.add("InsertInvoice", "lose_answer", 1)
        reply = await desk("create_invoice", TWO_PLACES)
        assert reply["status"] == "unknown"
        number = hats(desk)[0]["number"]
        assert str(number) in " ".join(reply["facts"])

        person.answer = "no"
        asked = {"entry": reply["entry"], "decision": "in_books", "number": str(number)}
        assert (await desk("settle_write", asked))["status"] == "declined"
        person.answer = "yes"
        settled = await desk("settle_write", asked)

        assert settled["status"] == "done"
        assert settled["number"] == number
        assert "Decision on entry 1" in person.asked[-1]
        assert "A person decided" in (await desk("list_writes"))["writes"][0]["said"]
        assert len(hats(desk)) == 1


async def test_a_decision_names_one_of_the_candidates(desk: Desk) -> None:
    reply = await in_doubt(desk)

    text = await desk.error("settle_write", entry=reply["entry"], decision="in_books", number="1001")

    assert "1 candidate" in text
    assert str(hats(desk)[0]["number"]) in text


async def test_decided_as_not_written_it_may_be_sent_again_and_the_preview_warns(company, tmp_path: Path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        reply = await in_doubt(desk)
        assert "has an unknown outcome" in await desk.error("create_invoice", {**HATS, "reference": "PO 5"})

        clock.time += NOT_LATE_ANY_MORE
        preview = await desk("settle_write", entry=reply["entry"], decision="not_written")
        assert "makes two" in preview["warnings"][0]
        decided = await desk("settle_write", entry=reply["entry"], decision="not_written", confirm=preview["confirm"])

        assert "not written" in " ".join(decided["facts"])
        assert (await desk("create_invoice", {**HATS, "reference": "PO 5"}))["status"] == "needs_confirmation"


async def test_nobody_decides_that_nothing_was_written_while_kashflow_may_still_write_it(
    company, tmp_path: Path
) -> None:
    """That the payment of somebody else is not ours, a person sees; that ours does not come late, nobody knows yet."""
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        number = (await confirmed(desk, "create_invoice", HATS))["number"]
        company.mishaps.add("InsertInvoicePayment", "late", 1, 300)
        reply = await confirmed(desk, "record_payment", {"invoice": number, "amount": "10.00", **NAMED})
        await pay_elsewhere(company, number, "20.00")

        clock.time += timedelta(minutes=2)
        text = await desk.error("settle_write", entry=reply["entry"], decision="not_written")
        await company.settle_late()
        settled = await desk("settle_write", entry=reply["entry"])

    assert "KashFlow may finish late what it has begun" in text
    assert "Call again after 12:12. Nothing was changed." in text
    assert settled["status"] == "done"


async def test_nobody_decides_on_what_is_being_sent(company, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("kf_mcp.writing.desk.WAIT_FOR_OTHERS", 0.2)
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        preview = await desk("create_invoice", HATS)
        company.mishaps.add("InsertInvoice", "slow", seconds=1.5)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(desk.result, "create_invoice", {**HATS, "confirm": preview["confirm"]})
            await anyio.sleep(0.5)
            text = await desk.error("settle_write", entry=1, decision="not_written")

    assert "Entry 1 (Invoice to" in text
    assert "is being sent" in text
    assert "Call `settle_write` with entry=1 after 12:0" in text


class Computer(Clock):
    """A computer of its own: its clock, how long it has been running, its name."""

    def __init__(self, *, ahead: timedelta = timedelta(0), days_up: float = 1) -> None:
        super().__init__()
        self.time += ahead
        self.computer = f"up for {days_up} days"
        self._up = timedelta(days=days_up)
        self._began = self.time

    def uptime(self) -> float:
        return (self._up + self.time - self._began).total_seconds()


async def test_a_computer_whose_clock_is_ahead_does_not_count_the_ten_minutes_of_another(tmp_path: Path) -> None:
    """Both write to one trail; the other has been running for longer, too, so that its running time says nothing either."""
    company, settings = a_company(), real_account(tmp_path, confirm="either")
    ahead = Computer(ahead=timedelta(minutes=11), days_up=100)
    async with (
        open_desk(company, settings, clock=Computer()) as desk,
        open_desk(company, settings, clock=ahead) as other,
    ):
        company.mishaps.add("InsertInvoice", "late", 1, 60)
        await confirmed(desk, "create_invoice", HATS)
        at_once = await other("settle_write", entry=1)
        ahead.time += timedelta(minutes=9)
        early = await other("settle_write", entry=1)
        ahead.time += timedelta(minutes=2)
        settled = await other("settle_write", entry=1)

    assert (at_once["status"], early["status"], settled["status"]) == ("unknown", "unknown", "not_written")


@pytest.mark.parametrize(
    ("tool", "request_", "said"),
    [
        (
            "email_invoice",
            {"invoice": 1292, "to": "hats@example.com", "subject": "Hats", "body": "As agreed."},
            "KashFlow took it, and the books cannot show it: KashFlow lists no e-mails that it sent",
        ),
        ("attach_file", {"kind": "purchase", "number": 1127, "path": "hats.pdf"}, "it was found later, as it was sent"),
        ("update_product", {"product": "LOGO", "code": "LOGO2"}, "it was found later, as it was sent"),
    ],
)
async def test_a_server_that_stopped_before_it_read_back_leaves_nothing_that_is_called_missing(
    tmp_path: Path, monkeypatch, tool: str, request_: dict[str, Any], said: str
) -> None:
    """KashFlow said OK; an e-mail is in no list, a file has an id of its own, and a product its new code."""

    async def stopped(*_: Any) -> None:
        """The server was stopped here."""

    (tmp_path / "hats.pdf").write_bytes(b"%PDF-1.4 hats")
    settings = real_account(tmp_path / "data", confirm="either", toolsets="all", attach_from=tmp_path)
    clock = Clock()
    async with open_desk(a_company(), settings, clock=clock) as desk:
        monkeypatch.setattr(Carrier, "_verify", stopped)
        reply = await confirmed(desk, tool, request_)
        monkeypatch.undo()
        clock.time += timedelta(hours=1)

        late = await desk("settle_write", entry=reply["entry"])

    assert late["status"] == "done"
    assert said in " ".join(late["facts"])
    assert "could not be found" not in " ".join(late["facts"])


async def test_a_payment_of_the_document_that_has_the_number_now_is_not_taken_for_ours(company, tmp_path: Path) -> None:
    """Ours never arrived, its invoice was deleted, the number given out again, and that invoice is paid the same sum that day."""
    paid = {"method": "BACS", "bank_account": "Current account"}
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        number = (await confirmed(desk, "create_invoice", HATS))["number"]
        company.mishaps.add("InsertInvoicePayment", "cut_before", 1)
        reply = await confirmed(desk, "record_payment", {"invoice": number, **paid})
        books = company.books
        books.drop_document(books.invoices.numbered(number))
        other = await confirmed(desk, "create_invoice", {**HATS, "customer": "APEX01", "reference": "PO 5"})
        await confirmed(desk, "record_payment", {"invoice": number, "note": "of the other", **paid})

        settled = await desk("settle_write", entry=reply["entry"])
        clock.time += NOT_LATE_ANY_MORE
        decided = await confirmed(desk, "settle_write", {"entry": reply["entry"], "decision": "not_written"})

    assert other["number"] == number
    assert settled["status"] == "unknown"
    assert f"the invoice that had the number {number} is not in the books any more" in " ".join(settled["facts"])
    assert "A person decided" in " ".join(decided["facts"])


async def test_of_several_that_fit_none_is_taken_until_a_person_says_which(desk: Desk, company: Any) -> None:
    """The payment arrives late, and meanwhile somebody entered the same one by hand: the books cannot tell which is ours."""
    number = (await confirmed(desk, "create_invoice", HATS))["number"]
    company.mishaps.add("InsertInvoicePayment", "late", 1, 600)
    reply = await confirmed(desk, "record_payment", {"invoice": number, "amount": "10.00", **NAMED})
    await pay_elsewhere(company, number, "10.00")
    await company.settle_late()
    ids = [f"{payment['id']}" for payment in desk.invoice(number)["payments"]]

    doubtful = await desk("settle_write", entry=reply["entry"])
    settled = await confirmed(desk, "settle_write", {"entry": reply["entry"], "decision": "in_books", "number": ids[1]})

    assert len(ids) == 2
    assert doubtful["status"] == "unknown"
    assert f"Several fit ({ids[0]}, {ids[1]})" in " ".join(doubtful["facts"])
    assert (settled["status"], settled["number"]) == ("done", int(ids[1]))


async def test_an_equal_one_that_stood_there_before_is_not_taken_for_what_was_lost(desk: Desk, company: Any) -> None:
    await confirmed(desk, "create_invoice", HATS)
    company.mishaps.add("InsertInvoice", "cut_before")

    reply = await confirmed(desk, "create_invoice", HATS)

    assert reply["status"] == "unknown"
    assert "It was not in the books at 12:00, when it was first looked for" in " ".join(reply["facts"])
    assert len(hats(desk)) == 1


async def test_a_change_that_came_with_another_is_for_a_person_to_tell(desk: Desk, company: Any) -> None:
    """What was sent stands there, and so does what was not: KashFlow's own doing, or somebody else's."""
    request = {"invoice": 1299, "reference": "PO 9913"}
    company.mishaps.add("UpdateInvoiceHeader", "late", 1, 600)
    reply = await confirmed(desk, "update_invoice", request)
    await company.settle_late()
    person_at_kashflow(desk, 1299, due=date(2027, 1, 31))

    looked_for = await desk("settle_write", entry=reply["entry"])

    assert looked_for["status"] == "unknown"
    assert "Since then 1299 came, which is not quite what was sent" in " ".join(looked_for["facts"])


async def test_books_that_cannot_be_read_settle_nothing(company: Any, tmp_path: Path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either"), clock=clock) as desk:
        company.mishaps.add("InsertInvoice", "late", 1, 6000)
        reply = await confirmed(desk, "create_invoice", HATS)
        clock.time += timedelta(minutes=11)
        company.mishaps.add("*", "refuse_connection", 3)

        unread = await desk("settle_write", entry=reply["entry"])
        await company.settle_late()
        settled = await desk("settle_write", entry=reply["entry"])

    assert unread["status"] == "unknown"
    assert "It could not be looked for" in " ".join(unread["facts"])
    assert settled["status"] == "done"


async def test_of_two_decisions_the_first_stands(company: Any, tmp_path: Path) -> None:
    """Somebody else decides while the second yes is looked at: what is in the books is not called absent, and not sent again."""
    settings = real_account(tmp_path, confirm="either")
    async with open_desk(company, settings) as other:
        reply = await in_doubt(other)
        entry, number = reply["entry"], f"{hats(other)[0]['number']}"

        async def decided() -> None:
            asked = {"entry": entry, "decision": "in_books", "number": number}
            assert (await confirmed(other, "settle_write", asked))["status"] == "done"

        network = Meanwhile(company.transport(), "GetCompanyDetails", (2,), decided)  # read last after a yes
        late = Clock()
        late.time += NOT_LATE_ANY_MORE
        async with open_desk(company, settings, network=network, clock=late) as desk:
            asked = {"entry": entry, "decision": "not_written"}
            preview = await desk("settle_write", asked)
            text = await desk.error("settle_write", asked, confirm=preview["confirm"])

        assert f"Entry {entry} is settled already" in text
        assert (await other("list_writes"))["writes"][0]["state"] == "done"


async def test_what_is_read_back_late_is_our_own_and_not_its_equal(tmp_path: Path) -> None:
    """An equal invoice came just before ours, and ours was never read back: undoing must not take the other one out."""
    company, clock = a_company(), Clock()

    async def by_somebody_else() -> None:
        async with open_desk(company, real_account(tmp_path / "theirs", confirm="either")) as theirs:
            await confirmed(theirs, "create_invoice", HATS)

    network = Meanwhile(company.transport(), "GetInvoicesForCustomer", (3,), by_somebody_else)
    network = Meanwhile(network, "GetInvoice", (1, 2, 3))
    settings = real_account(tmp_path / "ours", confirm="either", timeout=0.5)
    async with open_desk(company, settings, clock=clock, network=network) as desk:
        reply = await confirmed(desk, "create_invoice", HATS)
        clock.time += timedelta(hours=1)
        late = await desk("settle_write", entry=reply["entry"])
        both = [invoice["number"] for invoice in hats(desk)]
        await confirmed(desk, "undo_write", {"entry": reply["entry"]})

        assert (reply["status"], reply["checked"]) == ("done", "not checked")
        assert "it was found later, as it was sent" in " ".join(late["facts"])
        assert (len(both), late["number"]) == (2, max(both))
        assert [invoice["number"] for invoice in hats(desk)] == [min(both)]


async def test_the_next_server_settles_what_the_last_one_left_open(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(opening_module, "SETTLES_AFTER", 0.01)
    company = a_company()
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        company.mishaps.add("InsertInvoice", "late", 1, 60)
        await confirmed(desk, "create_invoice", HATS)
    await company.settle_late()

    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        with anyio.fail_after(10):
            while (await desk("list_writes"))["writes"][0]["state"] != "done":  # noqa: ASYNC110 - it settles by itself
                await anyio.sleep(0.05)
        assert len(hats(desk)) == 1


async def test_what_was_not_written_is_closed_and_told_so(company, tmp_path: Path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        company.mishaps.add("InsertInvoice", "cut_before")
        reply = await confirmed(desk, "create_invoice", HATS)
        clock.time += timedelta(minutes=10, seconds=20)
        settled = await desk("settle_write", entry=1)
        listed = (await desk("list_writes"))["writes"][0]

    assert "the connection broke" in " ".join(reply["facts"])
    assert "`settle_write` with entry=1 after 12:10" in reply["next"]
    assert settled["status"] == listed["state"] == "not_written"
    assert "Make the same call again if it is still wanted" in settled["next"]
    assert "the connection broke" in listed["said"]


async def test_a_deletion_that_was_not_carried_out_is_not_said_to_be_absent_from_the_books(company, tmp_path) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        company.mishaps.add("DeleteInvoiceByID", "cut_before")
        reply = await confirmed(desk, "delete_invoice", {"invoice": 1292})
        clock.time += timedelta(minutes=11)
        settled = await desk("settle_write", entry=1)

    assert "It still stood in the books at 12:00" in " ".join(reply["facts"])
    assert "It still stands in the books: read twice" in " ".join(settled["facts"])


async def test_what_comes_after_all_and_what_comes_twice_is_told_when_it_is_looked_for_again(
    company, tmp_path: Path
) -> None:
    clock = Clock()
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all"), clock=clock) as desk:
        company.mishaps.add("InsertInvoice", "late", 1, 3600)
        await confirmed(desk, "create_invoice", HATS)
        clock.time += timedelta(minutes=11)
        closed = await desk("settle_write", entry=1)
        await company.settle_late()
        late = await desk("settle_write", entry=1)
        company.mishaps.add("InsertInvoicePayment", "late", 1, 3600)
        pay = {"invoice": 1292, "amount": "10.00", "method": "BACS", "bank_account": "Current account"}
        await confirmed(desk, "record_payment", pay)
        await company.settle_late()
        await company_pays_the_same(desk, company, 1292)
        found = await desk("settle_write", entry=2)

    assert (closed["status"], closed.get("warnings", [])) == ("not_written", [])
    assert "after this was settled there came number 1308" in late["warnings"][0]
    assert found["status"] == "unknown"
    assert "decision=in_books" in found["next"]


async def company_pays_the_same(desk: Desk, company: Any, number: int) -> None:
    """Somebody enters the same payment in KashFlow itself."""
    document = company.books.invoices.numbered(number)
    ours = document.payments[-1]
    details = {"PayDate": ours.date, "PayMethod": ours.method, "PayAccount": ours.account, "PayAmount": ours.amount}
    payments.pay(company.books, document, {**details, "PayNote": ours.note})
