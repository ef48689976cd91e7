"""Reports: what KashFlow adds up, brought to one sign convention and checked against its own rows.

How KashFlow signs its reports is not documented. Debit and credit columns settle it where it fills them; where it gives only
balances, they are read in the way in which its own totals hold, and what holds in no way is named.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import money

Side = Literal["debit", "credit"]
NOTHING = Decimal("0.00")


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum; of nothing it is zero."""
    return sum(amounts, NOTHING)


class NominalSum(BaseModel):
    """What was posted to one nominal."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    code: int
    name: str
    debit: Decimal
    credit: Decimal
    balance: Decimal
    """Credit less debit (KashFlow's manual, NominalCode)."""
    opening: Decimal = NOTHING
    """What it stood at before the period, as KashFlow gives it."""


class Section(BaseModel):
    """A part of a report: its rows, the amount of each, and KashFlow's total."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    side: Side
    rows: tuple[NominalSum, ...]
    amounts: tuple[Decimal, ...]
    given: Decimal
    """The total as KashFlow states it."""
    is_certain: bool
    """Whether debit and credit columns settle the signs."""

    @property
    def sum(self) -> Decimal:
        """What the rows add up to."""
        return total(self.amounts)

    @property
    def total(self) -> Decimal:
        """The total with the sign of the rows; where rows and total disagree, KashFlow's own."""
        return self.sum if self.adds_up else self.given

    @property
    def adds_up(self) -> bool:
        """Whether KashFlow's total is that of its rows, its sign aside."""
        return abs(self.sum) == abs(self.given)

    @property
    def problem(self) -> str:
        """What is wrong with the total, in words; empty where nothing is."""
        if self.adds_up:
            return ""
        said, found = money.in_words(self.given), money.in_words(self.sum)
        return f"KashFlow's total of {self.name.lower()} is {said}, but its rows add up to {found}."

    def turned(self) -> "Section":
        """The same with the other sign."""
        return self.model_copy(update={"amounts": tuple(-amount for amount in self.amounts)})


def section(name: str, rows: Sequence[NominalSum], given: Decimal, side: Side) -> Section:
    """A section whose amounts are above zero on its own side: costs and assets are debits, the rest credits.

    Without debit and credit columns a balance is taken as the manual has it, credit less debit.
    """
    is_certain = any(row.debit or row.credit for row in rows)
    balances = [row.credit - row.debit if is_certain else row.balance for row in rows]
    amounts = [-amount if side == "debit" else amount for amount in balances]
    in_order = sorted(zip(rows, amounts, strict=True), key=lambda pair: (not pair[0].id, pair[0].code, pair[0].id))
    return Section(
        name=name,
        side=side,
        rows=tuple(row for row, _ in in_order),
        amounts=tuple(amount for _, amount in in_order),
        given=given,
        is_certain=is_certain or not rows,
    )


def oriented(sections: Sequence[Section], holds: Callable[[Sequence[Decimal]], bool]) -> tuple[Section, ...]:
    """The sections with the signs by which their totals fit together.

    As the manual has it, if they fit so; else with each balance above zero on its usual side, if they fit so.
    """
    as_documented = tuple(sections)
    turned = tuple(part.turned() if part.side == "debit" and not part.is_certain else part for part in sections)
    fits = [way for way in (as_documented, turned) if holds([part.total for part in way])]
    return fits[0] if fits else as_documented


class ProfitAndLoss(BaseModel):
    """Turnover, costs and profit of a period; costs are above zero, a loss below."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    start: date
    end: date
    turnover: Section
    cost_of_sales: Section
    expenses: Section
    gross_profit: Decimal
    net_profit: Decimal

    @property
    def problems(self) -> list[str]:
        """Each sum that does not hold, in words."""
        said = [part.problem for part in (self.turnover, self.cost_of_sales, self.expenses) if part.problem]
        gross = self.turnover.total - self.cost_of_sales.total
        net = self.gross_profit - self.expenses.total
        if gross != self.gross_profit:
            said.append(_differs("gross profit", self.gross_profit, "turnover less cost of sales", gross))
        if net != self.net_profit:
            said.append(_differs("net profit", self.net_profit, "gross profit less expenses", net))
        return said


def profit_and_loss(
    start: date, end: date, parts: tuple[Section, Section, Section], gross_profit: Decimal, net_profit: Decimal
) -> ProfitAndLoss:
    """A profit and loss account from its three sections, their signs settled."""
    turnover, cost_of_sales, expenses = oriented(
        parts, lambda sums: sums[0] - sums[1] == gross_profit and gross_profit - sums[2] == net_profit
    )
    return ProfitAndLoss(
        start=start,
        end=end,
        turnover=turnover,
        cost_of_sales=cost_of_sales,
        expenses=expenses,
        gross_profit=gross_profit,
        net_profit=net_profit,
    )


class BalanceSheet(BaseModel):
    """What the company owns and owes on a day; assets, what is owed, and capital are each above zero."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    date: date
    fixed_assets: Section
    current_assets: Section
    current_liabilities: Section
    capital_and_reserves: Section

    @property
    def net_assets(self) -> Decimal:
        """Assets less what is owed."""
        return self.fixed_assets.total + self.current_assets.total - self.current_liabilities.total

    @property
    def sections(self) -> tuple[Section, ...]:
        """The four sections in their order."""
        return self.fixed_assets, self.current_assets, self.current_liabilities, self.capital_and_reserves

    @property
    def unlisted(self) -> Decimal:
        """What capital and reserves hold beyond their rows where the sheet balances with it: the profit to date, as a rule."""
        capital = self.capital_and_reserves
        return capital.total - capital.sum if capital.total == self.net_assets else NOTHING

    @property
    def problems(self) -> list[str]:
        """Each sum that does not hold, in words."""
        said = [part.problem for part in self.sections[:3] if part.problem]
        if self.capital_and_reserves.problem and not self.unlisted:
            said.append(self.capital_and_reserves.problem)
        capital = self.capital_and_reserves.total
        if self.net_assets != capital:
            said.append(_differs("capital and reserves", capital, "assets less liabilities", self.net_assets))
        return said


def balance_sheet(day: date, parts: tuple[Section, Section, Section, Section]) -> BalanceSheet:
    """A balance sheet from its four sections, their signs settled."""
    fixed, current, owed, capital = oriented(parts, lambda sums: sums[0] + sums[1] - sums[2] == sums[3])
    return BalanceSheet(
        date=day, fixed_assets=fixed, current_assets=current, current_liabilities=owed, capital_and_reserves=capital
    )


def _differs(what: str, said: Decimal, how: str, found: Decimal) -> str:
    return f"KashFlow's {what} is {money.in_words(said)}, but {how} makes {money.in_words(found)}."


class Month(BaseModel):
    """One month of the profit and loss account; a loss is below zero."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    start: date
    end: date
    turnover: Decimal
    gross_profit: Decimal
    net_profit: Decimal


class Aged(BaseModel):
    """What one customer owes, or is owed to one supplier, by the age of the documents."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    code: str
    name: str
    balance: Decimal
    current: Decimal
    months: tuple[Decimal, Decimal, Decimal]
    """The three months before, newest first."""
    month_names: tuple[str, str, str]
    older: Decimal

    @property
    def adds_up(self) -> bool:
        """Whether the ages make the balance."""
        return self.balance == self.current + total(self.months) + self.older


class Measure(BaseModel):
    """A named figure of a report: an indicator, or one customer's income."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str
    code: str = ""
    value: Decimal


class LedgerEntry(BaseModel):
    """One entry on a nominal."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    date: date
    kind: Literal["invoice", "purchase", "bank", "journal", "other"]
    id: int
    reference: str = ""
    party: str = ""
    narrative: str = ""
    value: Decimal
    """As KashFlow gives it; which sign is a debit is not documented."""


def ledger_side(entries: Sequence[LedgerEntry], sums: NominalSum | None) -> tuple[Side | None, str]:
    """Which side an entry above zero is on, by the trial balance of the same period; and what does not add up, in words.

    Where debits and credits are equal, or nothing was posted, it cannot be told.
    """
    found = total(entry.value for entry in entries)
    net = sums.debit - sums.credit if sums else NOTHING
    if abs(found) != abs(net):
        said, there = money.in_words(found), money.in_words(net)
        return None, f"The entries make {said}, but debits less credits in the trial balance make {there}."
    if not net:
        return None, ""
    return ("debit" if found == net else "credit"), ""
