"""Changes of invoices that stand in the books."""

from datetime import date
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from kf_mcp.model import money


class DeliveryAddress(BaseModel):
    """Where an invoice's goods go, where that is not the customer's own delivery address."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str = ""
    lines: tuple[str, ...] = ()
    """Up to four."""
    postcode: str = ""
    country: str = ""
    country_code: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it is filled in."""
        return not any((self.name, *self.lines, self.postcode, self.country, self.country_code))

    def with_changes(
        self,
        *,
        name: str | None,
        lines: tuple[str, ...] | None,
        postcode: str | None,
        country: str | None,
        country_code: str | None,
    ) -> "DeliveryAddress | None":
        """The address with what is given in it; None where nothing is given."""
        given = {"name": name, "lines": lines, "postcode": postcode, "country": country, "country_code": country_code}
        update = {member: value for member, value in given.items() if value is not None}
        return self.model_copy(update=update) if update else None


class HeaderChange(BaseModel):
    """What changes in an invoice's header; None leaves a member as it is."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    issue_date: date | None = None
    due_date: date | None = None
    reference: str | None = None
    project_id: int | None = None
    """0: no project."""
    delivery: DeliveryAddress | None = None
    """A blank one: the invoice has none of its own."""


class Email(BaseModel):
    """An e-mail that carries an invoice."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    recipient: str
    sender: str
    sender_name: str
    subject: str
    body: str


def pounds_at_most(amount: Decimal, currency: str, rate: Decimal) -> Decimal:
    """An amount in pounds, its sign left off; which way KashFlow states its rates is not documented, so the larger reading counts."""
    if currency == money.HOME or not rate:
        return abs(amount)
    return max(abs(amount) / rate, abs(amount) * rate)
