"""The lines of a supplier's bill: what is asked for, and how each choice that was left open is made or handed back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.model import money, search, vat_preflights
from kf_mcp.model.invoices import NOT_APPLICABLE, line_vat
from kf_mcp.model.purchases import BilledLine, Purchase
from kf_mcp.model.reference import Company, Nominal
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import quoted
from kf_mcp.model.vat import meaning_on_purchases, rate_in_words
from kf_mcp.model.vat_line import Said
from kf_mcp.tools import choices
from kf_mcp.tools.customers import plain_line
from kf_mcp.tools.invoice_lines import Exact, Rate
from kf_mcp.tools.payments import Paid

T = TypeVar("T")
LONG_ENOUGH: Final = 5
"""Shorter words of a description fit too many nominals."""
MOST_FITTING: Final = 3

Text = Annotated[str, AfterValidator(plain_line), Field(max_length=2000)]


class BilledLineAsked(BaseModel):
    """One line of the bill."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    description: Annotated[Text, Field(description="Default: the nominal's name")] = ""
    net: Annotated[Paid | None, Field(description="Without VAT; or quantity and unit_price")] = None
    quantity: Annotated[Exact, Field(gt=0)] = Decimal(1)
    unit_price: Annotated[Exact | None, Field(description="Net")] = None
    vat_rate: Annotated[Rate | None, Field(description="20, 5, 0 or N/A. Default: the nominal's own")] = None
    vat: Annotated[Paid | None, Field(description="As printed, kept; default: by the rate")] = None
    nominal: Annotated[int | None, Field(description="Outgoing code; default: the usual one")] = None


@dataclass(frozen=True)
class Bought:
    """A line with every choice made, and where the choices came from."""

    line: BilledLine
    source: str
    doubt: str = ""
    """Why the nominal that was chosen for it may be the wrong one."""

    def in_words(self, currency: str) -> str:
        """The line as the preview shows it."""
        return billed_in_words(self.line, currency) + (f" ({self.source})" if self.source else "")


def billed_in_words(line: BilledLine, currency: str) -> str:
    """A line to be entered, to the penny."""
    price = money.unit_price_in_words(line.unit_price, currency)
    return (
        f"{money.plain(line.quantity)} x {quoted(line.description, 2000)} at {price} = {money.in_words(line.net, currency)} net, "
        f"VAT {rate_in_words(line.vat_rate)} {money.in_words(line.vat, currency)}, "
        f"nominal {line.nominal_code} {quoted(line.nominal_name, 50)}"
        + (f", import duty {money.in_words(line.import_duty, currency)}" if line.import_duty else "")
    )


@dataclass(frozen=True)
class Buying:
    """Who sells, who buys, and what the books say is usual: nominals, rates, and this supplier's purchases so far."""

    seller: Supplier
    company: Company
    past: Sequence[Purchase]
    nominals: Sequence[Nominal]
    rates: frozenset[Decimal]

    @property
    def outgoing(self) -> dict[int, Nominal]:
        """The nominals for purchases, by internal id."""
        return {nominal.id: nominal for nominal in self.nominals if nominal.use == "outgoing"}

    def named(self, code: int, field: str) -> Nominal:
        """The outgoing nominal with this code. Raises ChoiceNeeded where there is none or it is of another kind."""
        found = next((nominal for nominal in self.nominals if nominal.code == code), None)
        listed = [choices.nominal_in_words(nominal) for nominal in self.outgoing.values()]
        if found is None:
            raise ChoiceNeeded(field, f"No nominal has the code {code}.", listed)
        if found.use != "outgoing":
            raise ChoiceNeeded(field, f"Nominal {choices.nominal_in_words(found)} is not for purchases.", listed)
        return found

    def nominal(self, line: BilledLineAsked, field: str, what: str) -> tuple[Nominal, str]:
        """The nominal of a line: the one named, that of the supplier's last purchase, the only one; else the choices come back."""
        if line.nominal is not None:
            return self.named(line.nominal, field), ""
        bills = [purchase for purchase in self.past if not purchase.is_credit_note]
        last = max(bills, key=lambda purchase: (purchase.issue_date, purchase.number), default=None)
        used = {row.nominal_id for row in last.lines} if last else set()
        if last and len(used) == 1 and (only := self.outgoing.get(next(iter(used)))):
            return only, f"nominal: as on the supplier's last purchase, {last.number}"
        if len(self.outgoing) == 1:
            return next(iter(self.outgoing.values())), "nominal: the only one for purchases"
        listed = [choices.nominal_in_words(nominal) for nominal in self.outgoing.values()]
        raise ChoiceNeeded(field, f"{what} names no nominal, and the books do not say which is usual.", listed)

    def better_named(self, description: str, chosen: Nominal) -> str:
        """What to warn of where a word of the description is in the name of another nominal and not in the chosen one's."""
        said = {word for word in search.words(description) if len(word) >= LONG_ENOUGH} - set(search.words(chosen.name))
        fitting = [
            choices.nominal_in_words(found)
            for found in self.outgoing.values()
            if found.id != chosen.id and said & set(search.words(found.name))
        ]
        if not fitting:
            return ""
        return f"No nominal was named, and by its description it may belong to {' or '.join(fitting[:MOST_FITTING])}."

    def rate(self, asked: Decimal | None, nominal: Nominal | None, field: str, what: str) -> tuple[Decimal, str]:
        """The VAT rate of a line: the one named, or the nominal's where that is certain; else the choices come back."""
        is_abroad = self.seller.place != "UK"
        listed = [_meaning(rate, is_abroad=is_abroad) for rate in sorted(self.rates, reverse=True)]
        if asked is not None:
            if asked not in self.rates:
                raise ChoiceNeeded(field, f"{rate_in_words(asked)} is not a VAT rate of this account.", listed)
            return asked, ""
        if not self.company.vat_registered:
            return Decimal(0), "no VAT: the company is not registered"
        if is_abroad:
            why = "the supplier is not in the UK: name the rate that the goods or services would bear here; VAT is entered as 0.00"
            raise ChoiceNeeded(field, f"{what} names no VAT rate, and {why}.", listed)
        if nominal is None or nominal.vat_rate > 0 or nominal.vat_rate == NOT_APPLICABLE:
            return (nominal.vat_rate, f"VAT rate: that of nominal {nominal.code}") if nominal else (Decimal(0), "")
        why = f"nominal {choices.nominal_in_words(nominal)} has no rate of its own"
        raise ChoiceNeeded(field, f"{what} names no VAT rate, and {why}.", listed)

    def vat(self, asked: Decimal | None, net: Decimal, rate: Decimal) -> tuple[Decimal, str]:
        """The VAT of a line: the one printed, else by the rate; of a supplier abroad 0.00 (KashFlow's knowledge base)."""
        if asked is not None:
            return asked, "VAT as given"
        if self.seller.place != "UK" and rate > 0:
            return Decimal(0), "VAT 0.00: as KashFlow's knowledge base has it for a supplier abroad"
        return line_vat(net, rate), ""

    def said(self, line: BilledLine, day: date, currency: str, *, is_reverse_charge: bool = False) -> Said:
        """What the VAT rules say of a line."""
        return vat_preflights.purchase_line(
            line.vat_rate,
            line.net,
            line.vat,
            day,
            self.seller.place,
            self.company.vat_registered,
            description=line.description,
            is_reverse_charge=is_reverse_charge,
            currency=currency,
        )


async def buying_from(books: Books, seller: Supplier) -> Buying:
    """What is usual where this supplier sells to us."""
    return Buying(
        seller=seller,
        company=await books.reference.company(),
        past=await books.purchases.of_supplier(seller.id, with_lines=True),
        nominals=await books.reference.nominals(),
        rates=frozenset({found.rate for found in await books.reference.vat_rates()} | {NOT_APPLICABLE, Decimal(0)}),
    )


def price_of(line: BilledLineAsked, field: str) -> Decimal:
    """The net price of one: the net amount, or the unit price. Raises Refused where the two are mixed or missing."""
    if line.net is None and line.unit_price is None:
        raise Refused(f"`{field}` names no amount.", "Nothing was written. Set `net`, or `quantity` and `unit_price`.")
    if line.net is None:
        return line.unit_price or Decimal(0)
    if line.unit_price is not None:
        if money.to_pennies(line.quantity * line.unit_price) != line.net:
            reckoned = money.to_pennies(line.quantity * line.unit_price)
            raise Refused(
                f"`{field}`: {money.plain(line.quantity)} x {money.plain(line.unit_price)} is {reckoned}, not {line.net}.",
                "Nothing was written. Compare with the bill, and set `net` alone or `quantity` and `unit_price`.",
            )
        return line.unit_price
    if line.quantity != 1:
        raise Refused(
            f"`{field}` has a quantity and no `unit_price`.",
            "Nothing was written. Set `unit_price`, or leave `quantity` out and set `net`.",
        )
    return line.net


def resolve(buying: Buying, lines: Sequence[BilledLineAsked], name: str = "lines") -> list[Bought]:
    """Each line with every choice made. Raises ChoiceNeeded with everything that is open, in all lines at once."""
    still_open: list[ChoiceNeeded] = []

    def made(choose: Callable[[], tuple[T, str]]) -> tuple[T, str] | None:
        try:
            return choose()
        except ChoiceNeeded as choice:
            still_open.append(choice)
            return None

    found = []
    for n, line in enumerate(lines):
        field, what = f"{name}[{n}]", f"Line {n + 1}"
        price = price_of(line, field)
        nominal = made(lambda line=line, field=field, what=what: buying.nominal(line, f"{field}.nominal", what))  # type: ignore[misc]
        chosen = nominal[0] if nominal else None
        rate = made(
            lambda line=line, chosen=chosen, field=field, what=what: buying.rate(  # type: ignore[misc]
                line.vat_rate, chosen, f"{field}.vat_rate", what
            )
        )
        if nominal and rate:
            found.append(_bought(buying, line, price, nominal, rate))
    if still_open:
        raise ChoiceNeeded.together(still_open)
    return found


def _bought(
    buying: Buying, line: BilledLineAsked, price: Decimal, nominal: tuple[Nominal, str], rate: tuple[Decimal, str]
) -> Bought:
    tax, tax_source = buying.vat(line.vat, money.to_pennies(line.quantity * price), rate[0])
    new = BilledLine(
        description=line.description or nominal[0].name,
        quantity=line.quantity,
        unit_price=price,
        vat_rate=rate[0],
        nominal_id=nominal[0].id,
        nominal_code=nominal[0].code,
        nominal_name=nominal[0].name,
        printed_vat=tax,
    )
    named = "" if line.description else "description: the nominal's name"
    source = "; ".join(source for source in (named, rate[1], tax_source, nominal[1]) if source)
    return Bought(new, source, buying.better_named(line.description, nominal[0]) if line.nominal is None else "")


def _meaning(rate: Decimal, *, is_abroad: bool) -> str:
    """What choosing this rate does."""
    if is_abroad and rate != NOT_APPLICABLE:
        return f"{money.plain(rate)}%: where goods or services like these would bear {money.plain(rate)}% in the UK"
    return meaning_on_purchases(rate)
