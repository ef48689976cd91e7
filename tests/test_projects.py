import pytest
from conftest import Desk

from kf_mcp.model.projects import without_html


async def test_every_project_is_found_newest_number_first(desk: Desk) -> None:
    found = await desk("find_projects")

    there = {row["number"]: row["name"] for row in desk.company.state()["projects"]}
    numbers = [row["number"] for row in found["projects"]]
    assert there
    assert {row["number"]: row["name"] for row in found["projects"]} == there
    assert numbers == sorted(there, reverse=True)
    assert found["searched"] == "active, complete and archived"


@pytest.mark.parametrize("status", ["active", "complete", "archived"])
async def test_a_status_shows_only_projects_that_stand_so(desk: Desk, status) -> None:
    every = await desk("find_projects")

    found = await desk("find_projects", status=status)

    assert found["projects"] == [row for row in every["projects"] if row["status"] == status]


async def test_words_and_customer_narrow_the_projects(desk: Desk) -> None:
    every = await desk("find_projects")
    wanted = next(row for row in every["projects"] if row.get("customer"))

    by_words = await desk("find_projects", words=wanted["name"])
    by_customer = await desk("find_projects", customer=wanted["customer"])
    nothing = await desk("find_projects", words="zebra crossing")

    assert wanted in by_words["projects"]
    assert {row["customer"] for row in by_customer["projects"]} == {wanted["customer"]}
    assert (nothing["total"], nothing["projects"]) == (0, [])


async def test_no_html_is_left_in_a_description(desk: Desk) -> None:
    found = await desk("find_projects")

    assert any(row.get("description") for row in found["projects"])
    assert not any("<" in row.get("description", "") for row in found["projects"])


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Sign &amp; frame<br>for the <b>quay</b></p>", "Sign & frame for the quay"),
        ("plain words, 3 < 4", "plain words, 3 < 4"),
        ("<script>alert('x')</script>seen<style>p{}</style>", "seen"),
        ("a<!-- hidden -->b", "ab"),
        ("<p>never closed", "never closed"),
        ("", ""),
    ],
)
def test_html_falls_away_and_its_words_stay(html, words) -> None:
    assert without_html(html) == words


async def test_rows_that_are_cut_can_be_had_with_the_next_offset(desk: Desk) -> None:
    every = await desk("find_projects")
    first = await desk.result("find_projects", limit=1)
    rest = await desk("find_projects", offset=first.structured_content["next_offset"])

    assert first.structured_content["projects"] + rest["projects"] == every["projects"]
    assert "More with offset=1." in first.content[0].text
