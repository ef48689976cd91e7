"""Reports and the nominal ledger over SOAP; KashFlow adds them up anew at every read."""

from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal

from kf_mcp.kashflow import wire
from kf_mcp.kashflow.connection import Connection
from kf_mcp.model import money, reports
from kf_mcp.model.reports import (
    Aged,
    BalanceSheet,
    LedgerEntry,
    Measure,
    Month,
    NominalSum,
    ProfitAndLoss,
    Section,
    Side,
)

EntryKind = Literal["invoice", "purchase", "bank", "journal", "other"]
ENTRY_KINDS: Final[dict[int, EntryKind]] = {1: "invoice", 2: "purchase", 3: "bank", 4: "journal"}
"""What a ledger entry stems from (KashFlow's manual, TransactionInformation)."""

KPIS: Final = {
    "DAYSTOCASH_SALES": "Days until customers pay, on average",
    "DAYSTOCASH_PURCHASES": "Days until suppliers are paid, on average",
    "AVGINVOICEVALUE": "Average value of an invoice, in pounds",
    "NEWCUSTOMERSINVOICED": "New customers invoiced",
    "REPEATCUSTOMERSINVOICED": "Repeat customers invoiced",
}
"""The five indicators by KashFlow's names for them."""

OVERVIEW: Final = {
    "TotalDue": "Owed to the company on invoices",
    "SalesOverdue": "of which overdue",
    "InvoicePartPayments": "Paid in part on open invoices",
    "InvoicePartPaymentsOverdue": "of which on overdue ones",
    "TotalOwed": "Owed by the company on purchases",
    "ReceiptsOverdue": "of which overdue",
    "ReceiptPartPayments": "Paid in part on open purchases",
    "ReceiptPartPaymentsOverdue": "of which on overdue ones",
}
"""The account overview's members, in words; a receipt is a purchase here."""


def to_nominal_sum(row: Any) -> NominalSum:
    """A nominal's sums from KashFlow's own record."""
    return NominalSum(
        id=wire.integer(row, "id"),
        code=wire.integer(row, "Code"),
        name=wire.label(row, "Name"),
        debit=_pounds(row, "debit"),
        credit=_pounds(row, "credit"),
        balance=_pounds(row, "balance"),
        opening=_pounds(row, "OpeningBalance"),
    )


def _pounds(row: Any, name: str) -> Decimal:
    return money.to_pennies(wire.decimal(row, name))


class Reports:
    """KashFlow's reports; every read goes to KashFlow."""

    def __init__(self, soap: Connection) -> None:
        self._soap = soap

    async def profit_and_loss(self, start: date, end: date) -> ProfitAndLoss:
        """Turnover, costs and profit of a period."""
        found = await self._over("GetProfitAndLoss", start, end)
        parts = (
            _section(found, "Turnover", "Turnover", "credit"),
            _section(found, "Cost of sales", "CostOfSales", "debit"),
            _section(found, "Expenses", "Expenses", "debit"),
        )
        return reports.profit_and_loss(start, end, parts, _pounds(found, "GrossProfit"), _pounds(found, "NetProfit"))

    async def months(self, start: date, end: date) -> list[Month]:
        """Turnover and profit of each month, in the order of the months."""
        found = [
            Month(
                start=wire.day(row, "PeriodStart") or start,
                end=wire.day(row, "PeriodEnd") or end,
                turnover=_pounds(row, "Turnover"),
                gross_profit=_pounds(row, "GrossProfit"),
                net_profit=_pounds(row, "NetProfit"),
            )
            for row in wire.rows(await self._over("GetMonthlyProfitAndLoss", start, end), "MonthlyPL")
        ]
        return sorted(found, key=lambda month: month.start)

    async def balance_sheet(self, day: date) -> BalanceSheet:
        """What the company owns and owes at the end of a day."""
        found = (await self._soap.read("GetBalanceSheet", Date=wire.midnight(day))).result
        parts = (
            _section(found, "Fixed assets", "FixedAssets", "debit"),
            _section(found, "Current assets", "CurrentAssets", "debit"),
            _section(found, "Current liabilities", "CurrentLiabilities", "credit"),
            _section(found, "Capital and reserves", "CapitalReserves", "credit"),
        )
        return reports.balance_sheet(day, parts)

    async def trial_balance(self, start: date, end: date, *, opening: bool = False) -> list[NominalSum]:
        """What was posted to each nominal in a period, by code; on request with what it stood at before."""
        operation = "GetTrialBalanceWithOpeningBalances" if opening else "GetTrialBalance"
        row = "NominalCodeBalance" if opening else "NominalCode"
        found = wire.rows(await self._over(operation, start, end), row)
        return sorted((to_nominal_sum(one) for one in found), key=lambda one: (one.code, one.id))

    async def aged_debtors(self, day: date) -> list[Aged]:
        """What customers owe at the end of a day, largest balance first."""
        return await self._aged("GetAgedDebtors", AgedDebtorsDate=wire.midnight(day))

    async def aged_creditors(self, day: date) -> list[Aged]:
        """What suppliers are owed at the end of a day, largest balance first."""
        return await self._aged("GetAgedCreditors", AgedCreditorsDate=wire.midnight(day))

    async def kpis(self, start: date, end: date, *, exclude_vat: bool, exclude_same_day: bool) -> list[Measure]:
        """The five indicators, in KashFlow's order."""
        found = await self._over(
            "GetKPIs", start, end, ExcludeVAT=int(exclude_vat), ExcludeSameDayPays=int(exclude_same_day)
        )
        return [
            Measure(name=_indicator(row), value=Decimal(money.plain(wire.decimal(row, "Value"))))
            for row in wire.rows(found, "BasicDataset")
        ]

    async def income_by_customer(self, start: date, end: date, *, by_invoice_date: bool) -> list[Measure]:
        """What each customer brought in, most first; the code is the customer's."""
        found = await self._over("GetIncomeByCustomer", start, end, BasedOnInvoiceDate=by_invoice_date)
        income = [
            Measure(name=wire.text(row, "Name"), code=wire.label(row, "Description"), value=_pounds(row, "Value"))
            for row in wire.rows(found, "BasicDataset")
        ]
        return sorted(income, key=lambda one: (-one.value, one.name.casefold(), one.code))

    async def overview(self) -> list[Measure]:
        """What is owed to the company and by it, as it stands now."""
        found = (await self._soap.read("GetAccountOverview")).result
        return [Measure(name=words, value=_pounds(found, name)) for name, words in OVERVIEW.items()]

    async def ledger(self, nominal_id: int, start: date, end: date) -> list[LedgerEntry]:
        """The entries on one nominal, by date."""
        found = [
            LedgerEntry(
                date=wire.day(row, "Date") or start,
                kind=ENTRY_KINDS.get(wire.integer(row, "Type"), "other"),
                id=wire.integer(row, "id"),
                reference=wire.text(row, "Ref1"),
                party=wire.text(row, "Ref2"),
                narrative=wire.text(row, "Narrative"),
                value=_pounds(row, "Value"),
            )
            for row in wire.rows(
                await self._over("GetNominalLedger", start, end, NominalID=nominal_id), "TransactionInformation"
            )
        ]
        return sorted(found, key=lambda entry: (entry.date, entry.kind, entry.id, entry.value))

    async def _over(self, operation: str, start: date, end: date, **more: Any) -> Any:
        period = {"StartDate": wire.midnight(start), "EndDate": wire.midnight(end)}
        return (await self._soap.read(operation, **period, **more)).result

    async def _aged(self, operation: str, **day: Any) -> list[Aged]:
        found = [_to_aged(row) for row in wire.rows((await self._soap.read(operation, **day)).result, _AGED)]
        return sorted(found, key=lambda row: (-row.balance, row.name.casefold(), row.code))


_AGED: Final = "AgedDebtorsCreditors"


def _indicator(row: Any) -> str:
    """What an indicator measures, in words; one that is not known keeps KashFlow's name."""
    names = [name for name in (wire.label(row, "Name"), wire.label(row, "Description")) if name]
    return next((KPIS[name.upper()] for name in names if name.upper() in KPIS), names[0] if names else "?")


def _to_aged(row: Any) -> Aged:
    return Aged(
        id=wire.integer(row, "id"),
        code=wire.label(row, "Code"),
        name=wire.text(row, "Name"),
        balance=_pounds(row, "Balance"),
        current=_pounds(row, "Current"),
        months=(_pounds(row, "Period1_val"), _pounds(row, "Period2_val"), _pounds(row, "Period3_val")),
        month_names=tuple(wire.label(row, f"Period{n}_name") for n in (1, 2, 3)),
        older=_pounds(row, "Older"),
    )


def _section(found: Any, name: str, member: str, side: Side) -> Section:
    """A section of a report, whether its rows come as anyType or by their own name."""
    wrapper = wire.member(found, member)
    rows = list(wire.rows(wrapper, "anyType")) or list(wire.rows(wrapper, "NominalCode"))
    return reports.section(name, [to_nominal_sum(row) for row in rows], _pounds(found, f"{member}Total"), side)
