"""Projects over SOAP."""

from typing import Any, Final

from kf_mcp.errors import NotFound
from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.records import Record
from kf_mcp.model.projects import Project, ProjectStatus, without_html

EVERY: Final = -1
STATUSES: Final[dict[int, ProjectStatus]] = {0: "complete", 1: "active", 2: "archived"}
"""KashFlow's numbers for how a project stands (its manual, GetProjects_Full); -1 asks for every one."""


def to_project(row: Any) -> Project:
    """A project from KashFlow's own record."""
    return Project(
        id=wire.integer(row, "ID"),
        number=wire.integer(row, "Number"),
        name=wire.text(row, "Name"),
        reference=wire.text(row, "Reference"),
        description=without_html(wire.text(row, "Description")),
        start=wire.day(row, "Date1"),
        end=wire.day(row, "Date2"),
        customer_id=wire.integer(row, "CustomerID"),
        status=STATUSES.get(wire.integer(row, "Status"), "active"),
    )


class Projects:
    """The projects; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def all(self, status: ProjectStatus | None = None) -> list[Project]:
        """The projects that stand so, or every one, newest number first."""
        number = next((number for number, name in STATUSES.items() if name == status), EVERY)
        answer = await self._soap.read("GetProjects_Full", ProjStatus=number)
        found = [to_project(row) for row in wire.rows(answer.result, "Project")]
        return sorted(found, key=lambda project: (project.number, project.id), reverse=True)

    async def record(self, project_id: int) -> Record:
        """KashFlow's own record of a project by its internal id. Raises NotFound."""
        answer = await wire.read_or_none(self._soap, "GetProjectById", ProjId=project_id)
        found = records.record("Project", answer.result) if answer and answer.result is not None else {}
        if not wire.integer(found, "ID"):
            raise NotFound("project with the internal id", project_id, "Find it with `find_projects`.")
        return found
