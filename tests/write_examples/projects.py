"""Writes of projects."""

from write_examples import Example

EXAMPLES = [
    Example(
        tool="create_project",
        arguments={
            "name": "Harbour map",
            "reference": "HARB-MAP",
            "customer": "PENH01",
            "start": "2026-11-23",
            "end": "2027-02-26",
            "description": "Folding map & signs",
        },
        operation="InsertOrUpdateProject",
        changes=("projects/5",),
        refusals=(
            ({"reference": "own-site"}, "is in use by project 4"),
            ({"end": "2026-11-22"}, "before it starts"),
            ({"customer": "NOBODY"}, "No customer 'NOBODY'"),
        ),
        is_undone=False,
    ),
    Example(
        tool="update_project",
        arguments={"project": "PENH-REBRAND", "status": "complete", "end": "2026-11-20"},
        operation="InsertOrUpdateProject",
        changes=("projects/3/status", "projects/3/end"),
        refusals=(
            ({"project": "Lighthouse"}, "No project with this number, reference or name"),
            ({"end": "2025-12-01"}, "before it starts"),
            ({"reference": "OWN-SITE"}, "is in use by project 4"),
            ({"remove_end": True}, "contradict each other"),
            ({"status": "active", "end": None}, "Nothing would change"),
        ),
    ),
]
