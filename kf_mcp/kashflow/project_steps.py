"""The steps that enter and change projects over SOAP. No operation deletes one."""

from typing import Any, ClassVar, Final

from typing_extensions import override

from kf_mcp.kashflow import records, wire
from kf_mcp.kashflow.change import Change
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.insertion import Insertion
from kf_mcp.kashflow.projects import EVERY, STATUSES
from kf_mcp.kashflow.records import Record
from kf_mcp.kashflow.step import Landed
from kf_mcp.model.projects import NewProject, ProjectStatus

NUMBERS: Final[dict[ProjectStatus, int]] = {name: number for number, name in STATUSES.items()}


class InsertProject(Insertion):
    """Enter a new project; number 0 means the next one (KashFlow's manual, Project)."""

    kind: ClassVar[str] = "new project"
    operation: ClassVar[str] = "InsertOrUpdateProject"
    undo: ClassVar[str] = "nothing undoes it: KashFlow has no operation that deletes a project"
    type_name: ClassVar[str] = "Project"
    parameter: ClassVar[str] = "Project"
    id_member: ClassVar[str] = "ID"
    number_member: ClassVar[str] = "Number"
    recognised: ClassVar[tuple[str, ...]] = ("Name", "Reference", "Description", "Date1", "Date2", "CustomerID")
    near: ClassVar[tuple[str, ...]] = ("Name",)

    @classmethod
    def of(cls, project: NewProject) -> "InsertProject":
        """The step that enters this project."""
        return cls(record={"ID": 0, "Number": 0, **members_of(project)})

    @override
    def target(self) -> str:
        return "projects"

    @classmethod
    @override
    async def standing(cls, soap: Connection, place: int | str) -> list[Any]:
        answer = await soap.read("GetProjects_Full", ProjStatus=EVERY)
        return list(wire.rows(answer.result, "Project"))

    @classmethod
    @override
    async def read(cls, soap: Connection, landed: Landed, place: int | str) -> Any:
        return await read_project(soap, landed.id)


class ChangeProject(Change):
    """Change members of a project."""

    kind: ClassVar[str] = "change of a project"
    operation: ClassVar[str] = "InsertOrUpdateProject"
    undo: ClassVar[str] = "`undo_write` writes the earlier values back, as long as nobody changed the project since"
    type_name: ClassVar[str] = "Project"
    parameter: ClassVar[str] = "Project"
    noun: ClassVar[str] = "project"
    id_member: ClassVar[str] = "ID"
    number_member: ClassVar[str] = "Number"

    @classmethod
    @override
    async def read(cls, soap: Connection, record_id: int, key: int | str) -> Any:
        return await read_project(soap, record_id)


async def read_project(soap: Connection, project_id: int) -> Any:
    """A project by its internal id, as KashFlow sends it; None where there is none."""
    answer = await wire.read_or_none(soap, "GetProjectById", ProjId=project_id)
    return answer.result if answer else None


def members_of(project: NewProject) -> Record:
    """What is given of a project, by KashFlow's names."""
    named = {
        "Name": project.name,
        "Reference": project.reference,
        "Description": project.description,
        "Date1": wire.midnight(project.start) if project.start else None,
        "Date2": wire.midnight(project.end) if project.end else None,
        "CustomerID": project.customer_id,
        "Status": NUMBERS[project.status] if project.status else None,
    }
    members = {name: value for name, value in named.items() if value is not None}
    return records.part("Project", {**members, **({"Date2": None} if project.has_no_end else {})})


def change_of(found: Record, wanted: NewProject) -> ChangeProject:
    """The step that gives a project these members. Raises Refused where nothing would change."""
    return ChangeProject.of(found, members_of(wanted))
