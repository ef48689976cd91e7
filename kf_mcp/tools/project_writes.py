"""The tools that enter and change projects."""

from typing import Annotated, Final

from pydantic import Field

from kf_mcp.errors import Refused
from kf_mcp.kashflow import project_steps
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.projects import to_project
from kf_mcp.model import dates
from kf_mcp.model.customers import Customer
from kf_mcp.model.dates import Day
from kf_mcp.model.projects import NewProject, Project, ProjectStatus
from kf_mcp.model.text import quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools import choices, ledger_choices
from kf_mcp.tools.customers import Line
from kf_mcp.writing.plan import Plan

NOT_DELETED: Final = (
    "It stays: KashFlow has no operation that deletes a project; one that is over is made complete or archived."
)

LOSES_FORM: Final = (
    "The description holds headings, bold words or the like (HTML), which are lost; the new one is plain text."
)


@writes("Enter a project", destructive=False, toolset="projects")
async def create_project(
    books: Books,
    name: Annotated[Line, Field(min_length=1, max_length=100, description="As it is called in lists")],
    reference: Annotated[Line, Field(max_length=50, description="A short word of its own; empty: none")] = "",
    customer: Annotated[
        str, Field(max_length=120, description="Code, or a name that only one customer has; empty: none")
    ] = "",
    start: Annotated[Day | None, Field(description="First day; default: none")] = None,
    end: Annotated[Day | None, Field(description="Last day; default: none")] = None,
    description: Annotated[Line, Field(max_length=1000, description="What it is about")] = "",
) -> Plan:
    """Enter a project, that is a job to which invoices, purchases and bank transactions are booked; it is active at once.

    Nothing can delete one: KashFlow has no operation for it, so look with `find_projects` first. A reference in use is refused, a name in
    use is warned of. KashFlow gives the next number. Nothing is written before a person agreed. To change or complete one use
    `update_project`.
    """
    every = await books.projects.all()
    _refuse_used(every, reference)
    _refuse_backwards(start, end)
    buyer = await choices.customer(books, customer) if customer.strip() else None
    new = NewProject(
        name=name,
        reference=reference,
        description=description,
        start=start,
        end=end,
        customer_id=buyer.id if buyer else 0,
        status="active",
    )
    twins = [found for found in every if found.name.casefold() == name.casefold()]
    return Plan(
        title=f"New project {quoted(name, 100)}",
        facts=(
            "Number: the next one, given by KashFlow",
            f"Reference: {_text(reference)}",
            f"Customer: {_customer(buyer)}",
            f"Start: {_day(start)}; end: {_day(end)}",
            f"Description: {_text(description)}",
            "Status: active",
        ),
        warnings=(
            NOT_DELETED,
            *[f"A project is called so already: {found.number} ({found.status})." for found in twins],
        ),
        steps=(project_steps.InsertProject.of(new),),
    )


@writes("Change a project", destructive=True, toolset="projects")
async def update_project(
    books: Books,
    project: Annotated[str, Field(min_length=1, max_length=100, description="Number, reference or name")],
    name: Annotated[Line | None, Field(min_length=1, max_length=100, description="New name")] = None,
    reference: Annotated[Line | None, Field(max_length=50, description="Empty: made blank")] = None,
    customer: Annotated[
        str | None, Field(max_length=120, description="Code, or a name that only one customer has; empty: none")
    ] = None,
    start: Annotated[Day | None, Field(description="First day")] = None,
    end: Annotated[Day | None, Field(description="Last day")] = None,
    remove_end: Annotated[bool, Field(description="Whether the last day that it has is taken away")] = False,
    status: Annotated[ProjectStatus | None, Field(description="How it stands from now on")] = None,
    description: Annotated[Line | None, Field(max_length=1000, description="Replaces all of it; empty: blank")] = None,
) -> Plan:
    """Change what is named of one project, or complete, archive or reopen it; everything else of it stays.

    The preview shows each old and new value; undoing writes the old ones back. Refused where a reference is in use, the end lies before the
    start, or somebody changed the project meanwhile. What is booked to it stays booked. An unknown or ambiguous name comes back with the
    projects that fit.
    """
    chosen = await ledger_choices.project(books, project)
    record = await books.projects.record(chosen.id)
    found = to_project(record)
    if end is not None and remove_end:
        raise Refused("`end` and `remove_end` contradict each other.", "Nothing was written. Give one of them.")
    if reference is not None and reference.casefold() != found.reference.casefold():
        _refuse_used(await books.projects.all(), reference)
    buyer = await choices.customer(books, customer) if customer and customer.strip() else None
    changes = NewProject(
        name=name,
        reference=reference,
        description=description,
        start=start,
        end=end,
        has_no_end=remove_end,
        customer_id=None if customer is None else buyer.id if buyer else 0,
        status=status,
    )
    step = project_steps.change_of(record, changes)
    after = found.model_copy(
        update={
            **changes.model_dump(exclude_none=True, exclude={"has_no_end"}),
            **({"end": None} if remove_end else {}),
        }
    )
    _refuse_backwards(after.start, after.end)
    return Plan(
        title=f"Change of project {ledger_choices.project_in_words(found)}",
        facts=(*await _alterations(books, found, after), "Nothing else of it changes"),
        warnings=(LOSES_FORM,) if "Description" in step.members and "<" in (record["Description"] or "") else (),
        steps=(step,),
    )


def _refuse_used(every: list[Project], reference: str) -> None:
    for found in every:
        if reference and found.reference.casefold() == reference.casefold():
            raise Refused(
                f"The reference {quoted(reference, 50)} is in use by project {ledger_choices.project_in_words(found)}.",
                "Nothing was written. Choose another.",
            )


def _refuse_backwards(start: Day | None, end: Day | None) -> None:
    if start and end and end < start:
        raise Refused(
            f"The project would end on {dates.in_words(end)}, before it starts on {dates.in_words(start)}.",
            "Nothing was written. Correct `start` or `end`.",
        )


async def _alterations(books: Books, found: Project, after: Project) -> list[str]:
    """What was and what becomes of it, line by line."""
    buyers = ["", ""]
    if found.customer_id != after.customer_id:
        every = {one.id: one for one in await books.customers.all()}
        buyers = [_customer(every.get(one.customer_id)) for one in (found, after)]
    pairs = [
        ("Name", quoted(found.name, 100), quoted(after.name, 100)),
        ("Reference", _text(found.reference), _text(after.reference)),
        ("Customer", *buyers),
        ("Start", _day(found.start), _day(after.start)),
        ("End", _day(found.end), _day(after.end)),
        ("Status", found.status, after.status),
        ("Description", _text(found.description), _text(after.description)),
    ]
    return [f"{word}: {was} becomes {is_now}" for word, was, is_now in pairs if was != is_now]


def _text(said: str) -> str:
    return quoted(said, 1000) if said else "none"


def _day(day: Day | None) -> str:
    return dates.in_words(day) if day else "none"


def _customer(buyer: Customer | None) -> str:
    return f"{buyer.code} {quoted(buyer.name, 80)}" if buyer else "none"
