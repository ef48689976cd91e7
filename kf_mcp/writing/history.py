"""The history of writes: the trail as the tools may read it."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from kf_mcp.errors import Refused
from kf_mcp.trail import Entry, Trail


class History:
    """The writes of one account, newest first."""

    def __init__(self, trail: Trail, account: str) -> None:
        self._trail = trail
        self._account = account

    async def recent(self, most: int, before: int = 0) -> tuple[list[Entry], int]:
        """The newest entries, and how many there are in all; `before` leaves out that entry and newer ones."""
        return await self._trail.recent(self._account, most, before)

    async def entry(self, number: int) -> Entry:
        """One entry of this account. Raises Refused where there is none."""
        found = await self._trail.get(number)
        if found is None or found.account != self._account:
            raise Refused(f"No entry {number} is on the audit trail.", "See `list_writes`.")
        return found

    async def kept(self, entry: Entry) -> list[dict[str, Any]]:
        """What is kept for undoing or finishing each step of an entry. Raises Refused once it was erased, or where it was altered."""
        found = await self._trail.kept(entry)
        if len(found) != len(entry.steps):
            raise Refused(
                f"What undoing or finishing entry {entry.id} takes is not kept any more (it is erased after 30 days).",
                "Nothing was written. Do it with the tool for that record, or in KashFlow itself.",
            )
        return [json.loads(body) for body in found]

    async def later(self, entry: Entry) -> list[Entry]:
        """The entries that undo or finish this one, oldest first."""
        return await self._trail.undone_by(self._account, entry.id)

    async def unsettled(self) -> list[Entry]:
        """The entries whose outcome is not known, oldest first."""
        return await self._trail.unsettled(self._account)

    async def at(self, target: str) -> list[Entry]:
        """The entries that wrote to this target, oldest first."""
        return await self._trail.at_target(self._account, target)

    async def spent(self, since: datetime) -> Decimal:
        """What the writes since then come to, in pounds; refused ones do not count."""
        return await self._trail.spent(self._account, since)
