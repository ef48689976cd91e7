"""What clients do when a write needs a person's yes: real clients, a real server process, a pretend KashFlow in another.

The person is played: by answering the form, or by pressing the button of the approval page. Every case ends on the trail.
To run the TypeScript cases: `npm install --no-package-lock` in tests/other_clients/typescript.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from approving import LINK, decided, link_in
from conftest import ERAS, HATS, Person
from mcp import Client
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters
from mcp.types import ElicitationCapability, ElicitResult, FormElicitationCapability, UrlElicitationCapability
from test_approvals import CLICKS
from test_processes import Simulated, environment, simulate

FORM, PAGE = "form shown to the person", "approval page"
TYPESCRIPT = Path(__file__).parent / "other_clients" / "typescript"
PATIENCE = 60


@dataclass
class Links:
    """A person whose client offers links: presses a button of the page, then the client says that the link was opened."""

    decision: str = "yes"
    action: str = "accept"
    asked: list[str] = field(default_factory=list)

    async def __call__(self, _context: Any, params: Any) -> ElicitResult:
        assert params.mode == "url"
        self.asked.append(params.message)
        if self.decision:
            await decided(params.url, self.decision)
        return ElicitResult(action=self.action)


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    with simulate() as service:
        yield service


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[[ElicitationCapability], None]:
    """Makes the SDK's client declare this and no more; by itself it declares forms and links together."""
    build = ClientSession._build_capabilities

    def declared(capability: ElicitationCapability) -> None:
        def only(self: ClientSession, version: str) -> Any:
            return build(self, version).model_copy(update={"elicitation": capability})

        monkeypatch.setattr(ClientSession, "_build_capabilities", only)

    return declared


@asynccontextmanager
async def python_client(
    simulated: Simulated, folder: Path, era: str, person: Any = None, **more: str
) -> AsyncIterator[Client]:
    settings = {"KASHFLOW_OPEN_BROWSER": "false", "KASHFLOW_CONFIRM": "person"} | more
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "kf_mcp"], env=environment(simulated, folder / "data", **settings)
    )
    form = {"elicitation_callback": person} if person else {}
    async with Client(server, mode=era, **form) as client:
        yield client


async def told(client: Client, tool: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments or {})
    assert not result.is_error, result.content[0].text
    return result.structured_content


async def channels(client: Client) -> list[str]:
    """How each write on the trail was confirmed."""
    return [write["confirmed"] for write in (await told(client, "list_writes"))["writes"]]


async def test_a_client_with_forms_writes_by_its_form(simulated, tmp_path, era, declare) -> None:
    """Older clients declare forms by an empty `elicitation`."""
    declare(ElicitationCapability(form=FormElicitationCapability() if era != "legacy" else None))
    person = Person()
    async with python_client(simulated, tmp_path, era, person) as client:
        reply = await told(client, "create_invoice", HATS)

        assert reply["status"] == "done"
        assert "£43.95" in person.asked[0]
        assert await channels(client) == [FORM]
        assert len(simulated.hats()) == 1


@pytest.mark.parametrize("answer", ["no", "leaves"])
async def test_a_form_without_a_yes_writes_nothing_and_leaves_nothing_to_confirm_with(
    simulated, tmp_path, era, answer
) -> None:
    """Headless agents decline or dismiss every form by themselves."""
    async with python_client(simulated, tmp_path, era, Person(answer)) as client:
        reply = await told(client, "create_invoice", HATS)

        assert reply["status"] == "declined"
        assert not reply.get("confirm")
        assert not LINK.search(str(reply))
        assert await channels(client) == []
        assert simulated.hats() == []


async def test_a_client_with_links_writes_by_the_page_behind_its_link(simulated, tmp_path, era, declare) -> None:
    declare(ElicitationCapability(url=UrlElicitationCapability()))
    person = Links()
    async with python_client(simulated, tmp_path, era, person) as client:
        reply = await told(client, "create_invoice", HATS)

        assert reply["status"] == "done"
        assert len(person.asked) == 1
        assert not LINK.search(str(reply))
        assert await channels(client) == [PAGE]
        assert len(simulated.hats()) == 1


async def test_a_link_that_the_client_does_not_open_writes_nothing(simulated, tmp_path, era, declare) -> None:
    declare(ElicitationCapability(url=UrlElicitationCapability()))
    async with python_client(simulated, tmp_path, era, Links("", "decline")) as client:
        reply = await told(client, "create_invoice", HATS)

        assert reply["status"] == "declined"
        assert not LINK.search(str(reply))
        assert await channels(client) == []
        assert simulated.hats() == []


async def test_a_client_without_either_writes_by_the_page_that_opens_by_itself(simulated, tmp_path, era) -> None:
    program = tmp_path / "browser.py"
    program.write_text(CLICKS)
    browser = {"KASHFLOW_OPEN_BROWSER": "true", "BROWSER": f"{sys.executable} {program} %s &"}
    async with python_client(simulated, tmp_path, era, **browser) as client:
        reply = await told(client, "create_invoice", HATS)

        assert reply["status"] == "done"
        assert not LINK.search(str(reply))
        assert await channels(client) == [PAGE]
        assert len(simulated.hats()) == 1


async def test_a_client_without_either_or_a_browser_is_given_the_link_and_told_the_outcome(
    simulated, tmp_path, era
) -> None:
    async with python_client(simulated, tmp_path, era) as client:
        asked = await told(client, "create_invoice", HATS)
        unwritten = simulated.hats()
        await decided(link_in(asked), "yes")
        reply = await told(client, "create_invoice", HATS)

        assert asked["status"] == "needs_confirmation"
        assert not asked.get("confirm")
        assert unwritten == []
        assert reply["status"] == "done"
        assert await channels(client) == [PAGE]
        assert len(simulated.hats()) == 1


async def test_the_confirm_value_is_handed_only_to_a_client_without_forms(simulated, tmp_path, era) -> None:
    async with python_client(simulated, tmp_path, era, KASHFLOW_CONFIRM="either") as client:
        asked = await told(client, "create_invoice", HATS)
        reply = await told(client, "create_invoice", HATS | {"confirm": asked["confirm"]})

        assert asked["status"] == "needs_confirmation"
        assert reply["status"] == "done"
        (channel,) = await channels(client)
        assert channel not in {FORM, PAGE}
        assert len(simulated.hats()) == 1


@pytest.fixture
def node() -> str:
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    packages = Path(os.environ.get("KF_MCP_NODE_MODULES") or TYPESCRIPT / "node_modules")
    if not (packages / "@modelcontextprotocol" / "client").is_dir():
        pytest.skip(
            "the npm package @modelcontextprotocol/client is not installed: run `npm install --no-package-lock` in "
            "tests/other_clients/typescript, or name a node_modules directory by KF_MCP_NODE_MODULES"
        )
    return program


@pytest.mark.parametrize(
    ("offers", "answer", "status", "confirmed"),
    [
        ("form", "accept", "done", [FORM]),
        ("form", "decline", "declined", []),
        ("url", "accept", "done", [PAGE]),
        ("none", "", "needs_confirmation", []),
    ],
)
@pytest.mark.parametrize("modern", [False, True], ids=ERAS)
async def test_a_typescript_client_writes_only_by_the_persons_yes(
    node, simulated, tmp_path, modern, offers, answer, status, confirmed
) -> None:
    program = tmp_path / "browser.py"
    program.write_text(CLICKS)
    wanted = {
        "server": [sys.executable, "-m", "kf_mcp"],
        "era": "modern" if modern else "legacy",
        "offers": offers,
        "answer": answer,
        "click": [sys.executable, str(program)] if answer == "accept" else [],
        "write": HATS,
    }
    settings = {"KASHFLOW_OPEN_BROWSER": "false", "KASHFLOW_CONFIRM": "person"}
    process = await asyncio.create_subprocess_exec(
        node,
        str(TYPESCRIPT / "asks.mjs"),
        json.dumps(wanted),
        env=environment(simulated, tmp_path / "data", **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, complaint.decode()
    told = json.loads(said)

    assert [question["mode"] for question in told["asked"]] == ([] if offers == "none" else [offers])
    assert told["reply"]["status"] == status
    assert [write["confirmed"] for write in told["writes"]] == confirmed
    assert len(simulated.hats()) == len(confirmed)
    assert bool(LINK.search(str(told["reply"]))) is (offers == "none")
