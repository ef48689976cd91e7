"""Mishaps: what a client meets, and what becomes of the call; the same through a socket as within the process."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date

import httpx
import pytest
from protocol_envelopes import URL, body_of, envelope, fault_of, headers, members_of, post

from kf_mcp.simulator import Simulator, serve
from kf_mcp.simulator.mishaps import MISHAPS, NoSuchMishap

TODAY = date(2026, 3, 14)
CUSTOMER = "<custr><Code>HATS01</Code><Name>Hats</Name></custr>"
CUT = httpx.RemoteProtocolError
MEETS = {
    "lose_answer": CUT,
    "refuse_connection": httpx.ConnectError,
    "cut_before": CUT,
    "late": CUT,
    "no_but_written": 200,
    "slow": httpx.ReadTimeout,
    "http_500": 500,
    "http_503": 503,
    "html_page": 200,
    "soap_fault": 500,
    "status_no": 200,
    "truncated_xml": 200,
    "not_xml": 200,
    "wrong_namespace": 200,
    "empty_body": 200,
    "huge": 200,
}
CARRIED_OUT = set(MISHAPS) - {
    "refuse_connection", "cut_before", "http_500", "http_503", "html_page", "soap_fault", "status_no",
}  # fmt: skip


@pytest.fixture
def simulator():
    return Simulator("empty", today=TODAY)


@pytest.fixture
def client(simulator):
    return httpx.AsyncClient(transport=simulator.transport())


@asynccontextmanager
async def served(simulator):
    """The address of a simulator on a port of its own."""
    port = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(simulator, 0, ready=port.set_result))
    try:
        yield f"http://127.0.0.1:{await port}/api/service.asmx"
    finally:
        task.cancel()
        await asyncio.wait({task})


def customers(simulator):
    return [row["code"] for row in simulator.state()["customers"]]


async def met(client, url, simulator, mishap):
    """What a client meets that inserts a customer: the class of the error, or the whole answer."""
    simulator.mishaps.add("InsertCustomer", mishap, seconds=0.3)
    try:
        answer = await post(client, "InsertCustomer", CUSTOMER, url=url)
    except httpx.HTTPError as problem:
        return type(problem), ""
    return answer.status_code, answer.headers["content-type"], answer.content


@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_socket_and_the_process_meet_the_same(mishap, monkeypatch):
    monkeypatch.setattr("kf_mcp.simulator.stage.HUGE", 3_000_000)
    inside, outside = Simulator("empty", today=TODAY), Simulator("empty", today=TODAY)
    patience = httpx.Timeout(10, read=0.1)

    async with (
        served(outside) as url,
        httpx.AsyncClient(timeout=patience) as remote,
        httpx.AsyncClient(timeout=patience, transport=inside.transport()) as local,
    ):
        met_inside = await met(local, URL, inside, mishap)
        met_outside = await met(remote, url, outside, mishap)
        await inside.settle_late()
        await asyncio.sleep(0.4 if mishap in {"late", "slow"} else 0)

    assert met_inside == met_outside
    assert met_inside[0] == MEETS[mishap]
    assert customers(inside) == customers(outside) == (["HATS01"] if mishap in CARRIED_OUT else [])


async def test_a_mishap_is_used_up_and_meets_only_its_operation(client, simulator):
    simulator.mishaps.add("InsertCustomer", "http_503", times=2)

    statuses = [(await post(client, name)).status_code for name in ["GetCustomers", *["InsertCustomer"] * 3]]

    assert statuses == [200, 503, 503, 200]
    assert [call.outcome for call in simulator.calls] == ["ok", "http_503", "http_503", "no"]


async def test_a_star_meets_any_operation(client, simulator):
    simulator.mishaps.add("*", "http_503")

    answer = await post(client, "GetCustomers")

    assert answer.status_code == 503
    assert simulator.mishaps.scheduled() == ()


async def test_a_cleared_mishap_meets_nobody(client, simulator):
    simulator.mishaps.add("*", "cut_before", times=9)
    simulator.mishaps.clear()

    assert members_of(await post(client, "GetCustomers"))["Status"] == "OK"


async def test_what_is_late_is_not_there_until_it_is_settled(client, simulator):
    simulator.mishaps.add("InsertCustomer", "late", seconds=600)
    with pytest.raises(httpx.RemoteProtocolError):
        await post(client, "InsertCustomer", CUSTOMER)
    before = customers(simulator)

    await simulator.settle_late()

    assert (before, customers(simulator)) == ([], ["HATS01"])


async def test_a_call_whose_sender_gave_up_is_carried_out_all_the_same(client, simulator):
    simulator.mishaps.add("InsertCustomer", "slow", seconds=600)
    sending = asyncio.create_task(post(client, "InsertCustomer", CUSTOMER))
    await asyncio.sleep(0.01)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    await simulator.settle_late()

    assert customers(simulator) == ["HATS01"]


async def test_no_but_written_says_no_in_the_database_s_words(client, simulator):
    simulator.mishaps.add("InsertCustomer", "no_but_written")

    answer = await post(client, "InsertCustomer", CUSTOMER)

    assert members_of(answer) == {
        "InsertCustomerResult": "0",
        "Status": "NO",
        "StatusDetail": "Execution Timeout Expired. The timeout period elapsed prior to completion of the operation "
        "or the server is not responding.",
    }
    assert customers(simulator) == ["HATS01"]


async def test_no_but_written_leaves_a_real_no_alone(client, simulator):
    simulator.mishaps.add("InsertCustomer", "no_but_written")

    answer = await post(client, "InsertCustomer", CUSTOMER, who="")

    assert members_of(answer)["StatusDetail"] == "Incorrect username or password"


async def test_a_fault_and_a_no_on_request_say_that_they_are(client, simulator):
    simulator.mishaps.add("*", "soap_fault")
    simulator.mishaps.add("*", "status_no")

    fault = await post(client, "InsertCustomer", CUSTOMER)
    no = await post(client, "InsertCustomer", CUSTOMER)

    assert fault_of(fault)[0] == "soap:Server"
    assert members_of(no)["Status"] == "NO"
    assert customers(simulator) == []


async def test_an_answer_in_another_namespace_is_otherwise_whole(client, simulator):
    simulator.mishaps.add("*", "wrong_namespace")

    answer = await post(client, "GetCustomers")

    assert body_of(answer).tag == "{http://tempuri.org/}GetCustomersResponse"


async def test_a_huge_answer_is_well_formed_and_never_held(client, simulator):
    simulator.mishaps.add("*", "huge")
    size, biggest = 0, 0

    request = client.build_request("POST", URL, content=envelope("GetCustomers"), headers=headers("GetCustomers"))
    answer = await client.send(request, stream=True)
    async for piece in answer.aiter_raw():
        size, biggest = size + len(piece), max(biggest, len(piece))

    assert size > 80_000_000
    assert biggest < 100_000
    assert int(answer.headers["content-length"]) == size


async def test_a_port_that_refused_listens_again(simulator):
    async with served(simulator) as url, httpx.AsyncClient() as client:
        await post(client, "GetCustomers", url=url)
        simulator.mishaps.add("*", "refuse_connection", times=2, seconds=0.1)
        with pytest.raises(httpx.ConnectError):
            await post(client, "GetCustomers", url=url)
        await asyncio.sleep(0.3)

        again = await post(client, "GetCustomers", url=url)

    assert again.status_code == 200


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("InsertInvoice", "loose_answer"), "There is no mishap 'loose_answer'. The nearest is lose_answer."),
        (("InsertInvoce", "late"), "KashFlow has no operation 'InsertInvoce'. The nearest is InsertInvoice."),
        (("*", "late", 0), "times must be a whole number of at least 1, not 0."),
        (("*", "late", 1, -1), "seconds must be a number from 0 to a day, not -1."),
    ],
)
def test_a_mishap_that_makes_no_sense_is_refused(simulator, asked, said):
    with pytest.raises(NoSuchMishap) as refused:
        simulator.mishaps.add(*asked)

    assert str(refused.value) == said
