"""The history of writes: the trail as the tools may read it."""

from kf_mcp.trail import Entry, Trail


class History:
    """The writes of one account, newest first."""

    def __init__(self, trail: Trail, account: str) -> None:
        self._trail = trail
        self._account = account

    async def recent(self, most: int, before: int = 0) -> tuple[list[Entry], int]:
        """The newest entries, and how many there are in all; `before` leaves out that entry and newer ones."""
        return await self._trail.recent(self._account, most, before)
