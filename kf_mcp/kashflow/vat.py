"""The VAT report over SOAP."""

from datetime import date

from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model.vat import VATReport


class VAT:
    """KashFlow's figures for VAT returns; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def report(self, start: date, end: date) -> VATReport:
        """The nine boxes for a period, as KashFlow works them out now."""
        answer = await self._soap.read("GetVATReport", StartDate=wire.midnight(start), EndDate=wire.midnight(end))
        found = answer.result
        return VATReport(
            start=wire.day(found, "StartDate") or start,
            end=wire.day(found, "EndDate") or end,
            boxes=tuple(wire.decimal(found, f"Box{n}") for n in range(1, 10)),
            in_accounts=wire.truth(found, "SubmittedToAccounts"),
            submitted=wire.truth(found, "SubmittedToHMRC"),
            submitted_on=wire.moment(found, "SubmittedtoHMRCDate"),
            hmrc_reference=wire.text(found, "HMRCReference"),
        )
