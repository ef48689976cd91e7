"""Money as bookkeepers write it: exact decimals, two places, rounded half up."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, WithJsonSchema

PENNY: Final = Decimal("0.01")
HOME: Final = "GBP"
SYMBOLS: Final = {"GBP": "£", "EUR": "€", "USD": "$"}
LARGEST: Final = Decimal(1_000_000_000)
"""No amount in a small company's books is larger; a figure above it is a slip of the keyboard."""


def to_pennies(amount: Decimal) -> Decimal:
    """Round to whole pennies, half away from zero: 2.165 is 2.17, -2.165 is -2.17.

    KashFlow's recorded invoices round VAT per line to two places (Zynk's recorded objects: 10.82 x 20% is 2.1600).
    """
    return amount.quantize(PENNY, ROUND_HALF_UP)


def in_words(amount: Decimal, currency: str = HOME) -> str:
    """An amount as a person reads it: £1,234.50, -£3.00, or 12.00 CHF."""
    sign = "-" if amount < 0 else ""
    symbol = SYMBOLS.get(currency or HOME)
    figure = f"{abs(to_pennies(amount)):,}"
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"


def unit_price_in_words(price: Decimal, currency: str = HOME) -> str:
    """A unit price with as many places as it has, at least two and at most four."""
    places = min(4, max(2, -int(price.normalize().as_tuple().exponent)))
    sign = "-" if price < 0 else ""
    symbol = SYMBOLS.get(currency or HOME)
    figure = f"{abs(price):,.{places}f}"
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"


def plain(number: Decimal) -> str:
    """A number without trailing zeros and never in powers of ten: 20, 17.5, 0."""
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text


Amount = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{to_pennies(amount)}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
"""An amount of money in a reply: a decimal string with two places."""

Number = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
"""A quantity, rate or unit price in a reply: a decimal string with as many places as it has."""

Figure = Annotated[
    Decimal,
    Field(allow_inf_nan=False, ge=-LARGEST, le=LARGEST),
    WithJsonSchema({"type": "number"}),
]
"""A figure in a request: a number; a decimal string is understood too, and both are exact."""
