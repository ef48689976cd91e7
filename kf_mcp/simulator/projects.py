"""Projects: jobs that lines may be booked to. No call deletes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kf_mcp.simulator import wire
from kf_mcp.simulator.catalogue import ACTIVE, ARCHIVED, COMPLETE, Project
from kf_mcp.simulator.operations import Answer, Refusal, operation
from kf_mcp.simulator.records import ZERO, Document

if TYPE_CHECKING:
    from kf_mcp.simulator.books import Books

Request = Mapping[str, Any]
EVERY = -1
"""What asks for projects however they stand (KashFlow's manual, GetProjects_Full)."""


def add(books: Books, project: Project) -> Project:
    """Enter a new project under the next id and, unless it has one, the next number."""
    entered = replace(project, id=books.next_id("project"), number=project.number or _next_number(books))
    books.projects.put(entered)
    return entered


def change(books: Books, project: Project) -> Project:
    """Write a project anew, found by its id; what becomes of its number when none was sent is a switch."""
    before = books.projects.get(project.id)
    if before is None:
        raise Refusal("There is no project with this id.")
    number = before.number if books.switches.project_without_number == "keep" else _next_number(books)
    changed = replace(project, number=project.number or number)
    books.projects.put(changed)
    return changed


def _next_number(books: Books) -> int:
    return max((row.number for row in books.projects), default=0) + 1


@operation("InsertOrUpdateProject")
def insert_or_update_project(books: Books, request: Request) -> Answer:
    """Enter a new project where the id is 0, or write the one with this id anew; the answer is its id."""
    project = _sent(books, wire.record(request, "Project"))
    return Answer((change(books, project) if project.id else add(books, project)).id)


def _sent(books: Books, members: Mapping[str, Any]) -> Project:
    """Read a project; a status that was left out is 0, which is complete."""
    key, number, name = wire.whole(members, "ID"), wire.whole(members, "Number"), wire.text(members, "Name")
    customer, status = wire.whole(members, "CustomerID"), wire.whole(members, "Status")
    if not name.strip() and books.switches.blank_name == "refuse":
        raise Refusal("The project has no name.")
    if customer and books.customers.get(customer) is None:
        raise Refusal("There is no customer with this id.")
    if status not in (COMPLETE, ACTIVE, ARCHIVED):
        raise Refusal("The status of a project is 0, 1 or 2.")
    taken = number and any(row.number == number and row.id != key for row in books.projects)
    if number < 0 or (taken and books.switches.shared_key == "refuse"):
        raise Refusal("The project number is not unique.")
    return Project(
        id=key,
        number=number,
        name=name,
        reference=wire.text(members, "Reference"),
        description=wire.text(members, "Description"),
        start=wire.day(members, "Date1"),
        end=wire.day(members, "Date2"),
        customer=customer,
        status=status,
    )


def assign(books: Books, document: Document, project: Project) -> None:
    """Book a document and all of its lines to a project; amounts and line ids stay."""
    lines = tuple(replace(line, project=project.id) for line in document.lines)
    books.put_document(replace(document, project=project.id, lines=lines))


def _newest_first(books: Books) -> list[Project]:
    """List the projects, the newest number first (Zynk's recorded objects)."""
    return sorted(books.projects, key=lambda project: project.number, reverse=True)


def _shown(project: Project) -> dict[str, Any]:
    """Write a project; Date1 is its start and Date2 its end."""
    return {
        "ID": project.id,
        "Number": project.number,
        "Name": project.name,
        "Reference": project.reference,
        "Description": project.description,
        "Date1": wire.moment(project.start),
        "Date2": wire.moment(project.end),
        "CustomerID": project.customer,
        "Status": project.status,
    }


@operation("GetProjects")
def get_projects(books: Books, _: Request) -> Answer:
    """List the projects in short: the description is the number (KashFlow's manual)."""
    everyone = books.switches.projects_listed == "all"
    return Answer(
        [
            {"ID": row.id, "Name": row.name, "Description": str(row.number), "Value": ZERO}
            for row in _newest_first(books)
            if everyone or row.status == ACTIVE
        ]
    )


@operation("GetProjects_Full")
def get_full_projects(books: Books, request: Request) -> Answer:
    """List the projects that stand as asked; -1 asks for every one."""
    wanted = wire.whole(request, "ProjStatus")
    return Answer([_shown(row) for row in _newest_first(books) if wanted in (EVERY, row.status)])


def _one(books: Books, project: Project | None) -> Answer:
    """Answer with a project; without one by the switch: NO, or a project whose id is 0."""
    if project is not None:
        return Answer(_shown(project))
    if books.switches.not_found_other == "refuse":
        raise Refusal("There is no project with these details.")
    return Answer({})


@operation("GetProjectById")
def get_project_by_id(books: Books, request: Request) -> Answer:
    """Read a project by its internal id."""
    return _one(books, books.projects.get(wire.whole(request, "ProjId")))


@operation("GetProjectByRef")
def get_project_by_reference(books: Books, request: Request) -> Answer:
    """Read a project by its reference, in capitals or not."""
    wanted = wire.text(request, "ProjRef").strip().casefold()
    return _one(books, next((row for row in _newest_first(books) if row.reference.casefold() == wanted), None))


@operation("GetProjectByName")
def get_project_by_name(books: Books, request: Request) -> Answer:
    """Read a project by its whole name, in capitals or not; of several the newest."""
    wanted = wire.text(request, "ProjName").strip().casefold()
    return _one(books, next((row for row in _newest_first(books) if row.name.casefold() == wanted), None))
