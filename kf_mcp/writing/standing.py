"""What stands of earlier writes: which were undone or finished, wholly or in part, by which later ones."""

from kf_mcp.errors import Refused
from kf_mcp.trail import Entry
from kf_mcp.writing.history import History


async def in_effect(entry: Entry, history: History) -> list[Entry]:
    """The entries that undo or finish this one, or may have; those that were themselves undone whole do not count."""
    return [
        later
        for later in await history.later(entry)
        if (later.landed or not later.is_settled) and not await is_undone(later, history)
    ]


async def is_undone(entry: Entry, history: History) -> bool:
    """Whether an entry was undone whole, by an undo that was not undone in its turn, and so on."""
    stands = [later for later in await history.later(entry) if later.landed and not await is_undone(later, history)]
    if any(later.finishes for later in stands):
        return False
    return any([await _is_whole(later, history) for later in stands])


async def _is_whole(entry: Entry, history: History) -> bool:
    """Whether every step of an entry was carried out, some of them perhaps by what finished it."""
    if entry.state != "partly":
        return entry.state == "done"
    rest = [later for later in await in_effect(entry, history) if later.finishes]
    return any([await _is_whole(later, history) for later in rest])


async def told_of_later(entry: Entry, history: History) -> list[str]:
    """What later entries did to this one: undone or finished, wholly, in part, or perhaps."""
    said = []
    for later in await in_effect(entry, history):
        how = "Undone" if later.undoes else "Finished"
        if not later.is_settled:
            said.append(f"{how} perhaps: the outcome of entry {later.id} is not known.")
        else:
            said.append(f"{how}{'' if await _is_whole(later, history) else ' in part'} by entry {later.id}.")
    return said


async def is_unfinished(entry: Entry, history: History) -> bool:
    """Whether a write was carried out in part, and can still be finished or taken back."""
    if entry.state != "partly" or await in_effect(entry, history):
        return False
    try:
        await history.kept(entry)
    except Refused:  # erased after its time: whatever was to be done about it was done elsewhere
        return False
    return True
