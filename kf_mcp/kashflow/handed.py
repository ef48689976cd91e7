"""The connection as it is handed to others: to who plans a write and may only read, and to one write that others may have given up."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kf_mcp.errors import NotAllowed
from kf_mcp.kashflow.connection import Connection
from kf_mcp.kashflow.envelopes import Answer

if TYPE_CHECKING:
    import httpx


class _Handed(Connection):
    """The same connection in other hands."""

    def __init__(self, connection: Connection) -> None:
        self.__dict__.update(connection.__dict__)
        self._connection = connection

    @override
    def http(self) -> "httpx.AsyncClient":
        return self._connection.http()


class ReadingConnection(_Handed):
    """The same connection for those who may only read: whoever plans a write cannot carry one out."""

    @override
    async def write(self, operation: str, **arguments: Any) -> Answer:
        raise NotAllowed(f"{operation} was called while planning.", "Nothing was written. This is a fault: report it.")


class WatchedConnection(_Handed):
    """The same connection for one write: right before it goes out, whoever sends it looks whether it still may."""

    def __init__(self, connection: Connection, look: Callable[[], Awaitable[None]]) -> None:
        super().__init__(connection)
        self._look = look

    @override
    async def write(self, operation: str, **arguments: Any) -> Answer:
        await self._look()
        return await self._connection.write(operation, **arguments)
