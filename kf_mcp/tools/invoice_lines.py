"""The lines of an invoice to be raised: what is asked for, and how each choice that was left open is made or handed back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import vat, vat_preflights
from kf_mcp.model.customers import Customer
from kf_mcp.model.invoices import NOT_APPLICABLE, Invoice, NewLine
from kf_mcp.model.money import Figure
from kf_mcp.model.reference import Company, Nominal
from kf_mcp.model.text import hides_something
from kf_mcp.model.vat_preflights import Said
from kf_mcp.tools import choices

PLACES: Final = 4
"""KashFlow keeps four decimal places of quantities and prices."""

LAST: Final = "nominal: as on the customer's "

T = TypeVar("T")


def _at_most_four_places(value: Decimal) -> Decimal:
    if -int(value.normalize().as_tuple().exponent) > PLACES:
        raise ValueError("has more than four decimal places, which KashFlow cannot hold")
    return value


def _description(value: str) -> str:
    if hides_something(value):
        raise ValueError("holds control or invisible characters; write plain text")
    return value.strip()


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        said = value.strip().rstrip("%").strip()
        if said.upper() in {"N/A", "NA"}:
            return NOT_APPLICABLE
        if not any(character.isdigit() for character in said):
            raise ValueError("is not a VAT rate: write 20, 5 or 0 (percent), or N/A where it is not in the VAT return")
        return said
    return value


Exact = Annotated[Figure, AfterValidator(_at_most_four_places)]
Rate = Annotated[
    Decimal,
    BeforeValidator(_rate),
    Field(ge=-1, le=100),
    WithJsonSchema({"type": "string"}),
]


class LineAsked(BaseModel):
    """One line of the invoice."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    description: Annotated[
        str,
        AfterValidator(_description),
        Field(max_length=2000, description="What was sold; default: the nominal's name"),
    ] = ""
    quantity: Annotated[Exact, Field(gt=0, description="Above 0; up to four places")] = Decimal(1)
    unit_price: Annotated[
        Exact | None,
        Field(description="Net of VAT, up to four places; negative: discount. Default: the nominal's, if any"),
    ] = None
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 (percent) or N/A. Default: the nominal's own")] = None
    nominal: Annotated[int | None, Field(description="Sales code; default: the usual one")] = None


@dataclass(frozen=True)
class Resolved:
    """A line with every choice made, where the choices came from, and what a bookkeeper would ask about it."""

    line: NewLine
    source: str
    remark: str
    taken: str = ""
    """That its nominal was taken from an earlier invoice, where there are others."""


class Usual:
    """What the books say is usual: nominals, rates, and this customer's invoices so far."""

    def __init__(
        self,
        books: Books,
        buyer: Customer,
        company: Company,
        past: list[Invoice],
        nominals: Sequence[Nominal],
        rates: set[Decimal],
    ) -> None:
        self._owners = books.sales_nominal
        self._buyer = buyer
        self._company = company
        self._past = past
        self._nominals = nominals
        self._sales = {nominal.id: nominal for nominal in nominals if nominal.use == "sales"}
        self._rates = rates

    def nominal(self, line: LineAsked, n: int) -> tuple[Nominal, str]:
        """The nominal of a line: the one named, the owner's, the customer's last, the only one; else the choices come back."""
        field = f"lines[{n}].nominal"
        if line.nominal is not None:
            return choices.sales_nominal(self._nominals, line.nominal, field, f"Line {n + 1}: "), ""
        if self._owners is not None:
            found = choices.sales_nominal(self._nominals, self._owners, field)
            return found, "nominal: the owner's KASHFLOW_SALES_NOMINAL"
        invoices = [invoice for invoice in self._past if not invoice.is_credit_note]
        last = max(invoices, key=lambda invoice: (invoice.issue_date, invoice.number), default=None)
        used = {row.nominal_id for row in last.lines} if last else set()
        if last and len(used) == 1 and (only := self._sales.get(next(iter(used)))):
            return only, f"{LAST}last invoice, {last.number}"
        if len(self._sales) == 1:
            return next(iter(self._sales.values())), "nominal: the only one for sales"
        listed = [choices.nominal_in_words(nominal) for nominal in self._sales.values()]
        raise ChoiceNeeded(field, f"Line {n + 1} names no nominal, and the books do not say which is usual.", listed)

    def vat_rate(self, line: LineAsked, n: int, nominal: Nominal | None) -> tuple[Decimal, str]:
        """The VAT rate of a line: the one named, or the nominal's where that is certain; else the choices come back."""
        if not self._company.vat_registered:
            return self._no_vat(line, n), "no VAT: the company is not registered"
        listed = [vat.meaning(rate) for rate in sorted(self._rates, reverse=True)]
        field, asked = f"lines[{n}].vat_rate", line.vat_rate
        if asked is not None:
            if asked not in self._rates:
                raise ChoiceNeeded(
                    field, f"Line {n + 1}: {vat.rate_in_words(asked)} is not a VAT rate of this account.", listed
                )
            return asked, ""
        if self._buyer.region != "UK":
            why = f"the customer is not in the UK ({self._buyer.region}){self._so_far()}"
            raise ChoiceNeeded(field, f"Line {n + 1} names no VAT rate, and {why}.", listed)
        if nominal is None or nominal.vat_rate > 0 or nominal.vat_rate == NOT_APPLICABLE:
            return (nominal.vat_rate, f"VAT rate: that of nominal {nominal.code}") if nominal else (Decimal(0), "")
        why = f"nominal {choices.nominal_in_words(nominal)} has no rate of its own"
        raise ChoiceNeeded(field, f"Line {n + 1} names no VAT rate, and {why}.", listed)

    def price(self, line: LineAsked, n: int, nominal: Nominal | None) -> tuple[Decimal, str]:
        """The net price of a line: the one named, or the one that the owner set for the nominal."""
        if line.unit_price is not None:
            return line.unit_price, ""
        if nominal is None or nominal.price is None:
            raise ChoiceNeeded(
                f"lines[{n}].unit_price", f"Line {n + 1} names no price.", ["the net price of one: ask the person"]
            )
        return nominal.price, f"price: that of nominal {nominal.code}"

    def _no_vat(self, line: LineAsked, n: int) -> Decimal:
        if line.vat_rate is not None and NOT_APPLICABLE < line.vat_rate < 0:
            raise Refused(
                f"Line {n + 1}: {line.vat_rate} is not a VAT rate.", "Nothing was written. Leave `vat_rate` out."
            )
        return line.vat_rate or Decimal(0)

    def _so_far(self) -> str:
        """Which rates this customer's last invoices carried: a fact to choose by, not a choice."""
        recent = sorted(self._past, key=lambda invoice: (invoice.issue_date, invoice.number))[-3:]
        used = sorted({vat.rate_in_words(row.vat_rate) for invoice in recent for row in invoice.lines})
        return f"; the last invoices to this customer carried {', '.join(used)}" if used else ""

    def remark(self, rate: Decimal, n: int, nominal: Nominal) -> str:
        """What is odd about this rate for this nominal; empty where nothing is, or where no nominal for sales has a rate of its own."""
        is_home = self._company.vat_registered and self._buyer.region == "UK"
        if not is_home or rate == nominal.vat_rate or not any(found.vat_rate > 0 for found in self._sales.values()):
            return ""
        own = vat.rate_in_words(nominal.vat_rate)
        if not nominal.vat_rate:
            if rate <= 0:
                return ""
            own = "0%, or none (KashFlow does not tell which),"
        return f"Line {n + 1} carries {vat.rate_in_words(rate)}, but nominal {choices.nominal_in_words(nominal)} has {own} as its own rate."

    def taken(self, line: LineAsked, nominal: Nominal, source: str) -> str:
        """That the nominal was taken from an earlier invoice although there are others; empty where it was not."""
        if line.nominal is not None or not source.startswith(LAST) or len(self._sales) == 1:
            return ""
        return (
            f"nominal {choices.nominal_in_words(nominal)} is taken from the customer's {source.removeprefix(LAST)}; "
            f"the account has {len(self._sales)} for sales."
        )


async def resolve(
    books: Books, lines: Sequence[LineAsked], buyer: Customer, company: Company, past: list[Invoice]
) -> list[Resolved]:
    """Each line with every choice made. Raises ChoiceNeeded with everything that is open, in all lines at once."""
    nominals = await books.reference.nominals()
    rates = {found.rate for found in await books.reference.vat_rates()} | {NOT_APPLICABLE, Decimal(0)}
    usual = Usual(books, buyer, company, past, nominals, rates)
    still_open: list[ChoiceNeeded] = []

    def made(choose: Callable[[], tuple[T, str]]) -> tuple[T, str] | None:
        try:
            return choose()
        except ChoiceNeeded as choice:
            still_open.append(choice)
            return None

    resolved = []
    for n, line in enumerate(lines):
        nominal = made(lambda line=line, n=n: usual.nominal(line, n))  # type: ignore[misc]
        chosen = nominal[0] if nominal else None
        rate = made(lambda line=line, n=n, chosen=chosen: usual.vat_rate(line, n, chosen))  # type: ignore[misc]
        price = made(lambda line=line, n=n, chosen=chosen: usual.price(line, n, chosen))  # type: ignore[misc]
        if nominal and rate and price:
            resolved.append(_resolved(usual, line, n, nominal, rate, price))
    if still_open:
        raise ChoiceNeeded.together(still_open)
    return resolved


def said_of_vat(lines: Sequence[NewLine], issued: date, buyer: Customer, company: Company, currency: str) -> Said:
    """What the VAT rules say of these lines. Raises Refused where they forbid one."""
    said = vat_preflights.together(
        [
            vat_preflights.sale_line(
                line.vat_rate,
                line.net,
                issued,
                buyer.region,
                company.vat_registered,
                description=line.description,
                vat_number=buyer.vat_number,
                currency=currency,
            )
            for line in lines
        ]
    )
    if said.refusal:
        raise Refused(said.refusal, "Nothing was written. Leave `vat_rate` out: no VAT is charged.")
    return said


def _resolved(
    usual: Usual,
    line: LineAsked,
    n: int,
    nominal: tuple[Nominal, str],
    rate: tuple[Decimal, str],
    price: tuple[Decimal, str],
) -> Resolved:
    new = NewLine(
        description=line.description or nominal[0].name,
        quantity=line.quantity,
        unit_price=price[0],
        vat_rate=rate[0],
        nominal_id=nominal[0].id,
        nominal_code=nominal[0].code,
        nominal_name=nominal[0].name,
    )
    named = "" if line.description else "description: the nominal's name"
    source = "; ".join(source for source in (named, price[1], rate[1], nominal[1]) if source)
    return Resolved(new, source, usual.remark(rate[0], n, nominal[0]), usual.taken(line, *nominal))


def remarks(resolved: Sequence[Resolved]) -> list[str]:
    """What a bookkeeper would ask about these lines, each sentence once."""
    taken: dict[str, list[str]] = {}
    for n, found in enumerate(resolved, 1):
        if found.taken:
            taken.setdefault(found.taken, []).append(str(n))
    said = [f"Line{'s' if about[1:] else ''} {', '.join(about)}: {sentence}" for sentence, about in taken.items()]
    return [*(found.remark for found in resolved if found.remark), *said]
