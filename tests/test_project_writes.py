"""Projects: entered under the next number, changed in what was named and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Switches

MAP = {"name": "Harbour map", "reference": "HARB-MAP", "customer": "PENH01", "start": "2026-11-23"}


@asynccontextmanager
async def desk_with(tmp_path: Path, **switches: Any) -> AsyncIterator[Desk]:
    company = a_company(switches=Switches(**switches))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        yield desk


async def confirmed(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def project(desk: Desk, number: int) -> dict[str, Any]:
    return next(row for row in desk.company.state()["projects"] if row["number"] == number)


async def test_a_project_gets_the_next_number_and_is_active(desk: Desk) -> None:
    reply = await confirmed(desk, "create_project", MAP)

    new = project(desk, 5)
    assert (reply["status"], reply["number"]) == ("done", 5)
    assert new == {
        "id": new["id"],
        "number": 5,
        "name": "Harbour map",
        "reference": "HARB-MAP",
        "description": "",
        "start": "2026-11-23",
        "end": None,
        "customer_code": "PENH01",
        "status": 1,
    }


async def test_a_name_in_use_is_warned_of(desk: Desk) -> None:
    preview = await desk("create_project", {**MAP, "name": "studio website"})

    assert any("is called so already: 4 (active)" in warning for warning in preview["warnings"])


async def test_a_project_is_completed_and_its_html_stays(tmp_path: Path) -> None:
    """A number that was left out would give it the next one, where KashFlow does so."""
    async with desk_with(tmp_path, project_without_number="next") as desk:
        before = project(desk, 3)

        reply = await confirmed(desk, "update_project", {"project": "3", "status": "complete", "end": "2026-11-20"})

        assert project(desk, 3) == {**before, "status": 0, "end": "2026-11-20"}
        await confirmed(desk, "undo_write", {"entry": reply["entry"]})
        assert project(desk, 3) == before


async def test_an_end_can_be_taken_away_and_a_project_reopened(desk: Desk) -> None:
    before = project(desk, 2)

    preview = await desk("update_project", {"project": "2", "status": "active", "remove_end": True})
    reply = await confirmed(desk, "update_project", {"project": "2", "status": "active", "remove_end": True})

    assert "End: 29 Apr 2026 becomes none" in preview["facts"]
    assert "Status: complete becomes active" in preview["facts"]
    assert project(desk, 2) == {**before, "status": 1, "end": None}
    await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    assert project(desk, 2) == before


async def test_a_new_description_says_what_form_is_lost(desk: Desk) -> None:
    preview = await desk("update_project", {"project": "3", "description": "Rebrand of the yard"})

    assert any("HTML" in warning for warning in preview["warnings"])
    assert any("becomes “Rebrand of the yard”" in fact for fact in preview["facts"])


async def test_the_customer_changes_or_is_taken_away(desk: Desk) -> None:
    before = project(desk, 3)

    preview = await desk("update_project", {"project": "3", "customer": ""})
    await desk("update_project", {"project": "3", "customer": ""}, confirm=preview["confirm"])

    assert "Customer: PENH01 “Penhaligon Boatyard Ltd” becomes none" in preview["facts"]
    assert project(desk, 3) == {**before, "customer_code": ""}


async def test_an_ambiguous_name_comes_back_with_the_projects_that_fit(desk: Desk) -> None:
    await confirmed(desk, "create_project", {**MAP, "name": "Boatyard signs"})

    text = await desk.error("update_project", {"project": "boatyard", "status": "complete"})

    assert "3 (“Boatyard rebrand”, active)" in text
    assert "5 (“Boatyard signs”, active)" in text


async def test_an_undo_does_not_overwrite_what_somebody_changed_since(desk: Desk) -> None:
    first = await confirmed(desk, "update_project", {"project": "4", "name": "Website"})
    await confirmed(desk, "update_project", {"project": "4", "reference": "WEB"})

    text = await desk.error("undo_write", {"entry": first["entry"]})

    assert "was changed since" in text
    assert (project(desk, 4)["name"], project(desk, 4)["reference"]) == ("Website", "WEB")


async def test_a_lost_answer_is_found_and_entered_once(desk: Desk) -> None:
    desk.company.mishaps.add("InsertOrUpdateProject", "lose_answer", 1)

    reply = await confirmed(desk, "create_project", MAP)

    assert (reply["status"], reply["number"]) == ("done", 5)
    assert [row["reference"] for row in desk.company.state()["projects"]].count("HARB-MAP") == 1


async def test_undo_of_a_new_project_is_refused_as_announced(desk: Desk) -> None:
    reply = await confirmed(desk, "create_project", MAP)

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "KashFlow has no operation that deletes a project" in text
