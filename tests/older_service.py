"""A KashFlow of before the newer operations: it does not know those whose names end with 2."""

import httpx

from kf_mcp.simulator import Simulator


class Older(httpx.AsyncBaseTransport):
    """The way to the pretend KashFlow, on which the names of newer operations become ones that nobody knows."""

    def __init__(self, company: Simulator) -> None:
        self._way = company.transport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        action = request.headers["SOAPAction"].strip('"')
        if action.endswith("2"):
            request.headers["SOAPAction"] = f'"{action}IsNotKnown"'
        return await self._way.handle_async_request(request)


def older(company: Simulator) -> Simulator:
    """The company, served by the older service."""
    way = Older(company)
    company.transport = lambda: way  # type: ignore[method-assign]
    return company
