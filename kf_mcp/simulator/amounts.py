"""Rounding, exchange and what is still owed, by the switches of these books."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from kf_mcp.simulator.records import HUNDRED, ZERO, Document
from kf_mcp.simulator.switches import Switches

PENNY = Decimal("0.01")
FOUR_PLACES = Decimal("0.0001")
ONE = Decimal(1)


def four_places(amount: Decimal) -> Decimal:
    """Write an amount as KashFlow writes it on documents: 8.33 as 8.3300 (Zynk's recorded objects)."""
    return amount.quantize(FOUR_PLACES, ROUND_HALF_UP)


class Amounts:
    """Arithmetic with money as these books do it."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._rounding = ROUND_HALF_UP if switches.line_rounding == "half_up" else ROUND_HALF_EVEN

    def pennies(self, amount: Decimal) -> Decimal:
        """Round an amount to pennies."""
        return amount.quantize(PENNY, self._rounding)

    def price(self, rate: Decimal) -> Decimal:
        """Round a unit price to the places that are kept."""
        return rate.quantize(FOUR_PLACES if self._switches.rate_places == "four" else PENNY, self._rounding)

    def vat_on(self, net: Decimal, rate: Decimal) -> Decimal:
        """Work out the VAT on a net amount; none where the rate is not applicable."""
        return self.pennies(net * rate / HUNDRED) if rate > 0 else ZERO

    def home(self, amount: Decimal, rate: Decimal) -> Decimal:
        """Turn an amount in a document's currency into pounds, to the penny."""
        if rate == ONE or not rate:
            return amount
        per_home = self._switches.exchange_rate == "foreign_per_home"
        return self.pennies(amount / rate if per_home else amount * rate)

    def foreign(self, amount: Decimal, rate: Decimal) -> Decimal:
        """Turn pounds into a document's currency; not rounded."""
        if rate == ONE or not rate:
            return amount
        return amount * rate if self._switches.exchange_rate == "foreign_per_home" else amount / rate

    def home_net(self, document: Document) -> Decimal:
        """Sum a document's lines without VAT, in pounds."""
        if document.rate == ONE:
            return document.net
        return sum((self.home(line.net, document.rate) for line in document.lines), ZERO)

    def home_vat(self, document: Document) -> Decimal:
        """Sum the VAT of a document's lines, in pounds."""
        if document.rate == ONE:
            return document.vat
        return sum((self.home(line.vat, document.rate) for line in document.lines), ZERO)

    def home_gross(self, document: Document) -> Decimal:
        """Sum a document's lines with VAT, in pounds."""
        return self.home_net(document) + self.home_vat(document)

    def home_paid(self, document: Document, at: date = date.max) -> Decimal:
        """Sum what was paid of a document up to a day, in pounds."""
        return sum([payment.home for payment in document.payments if payment.date <= at], ZERO)

    def home_due(self, document: Document, at: date = date.max) -> Decimal:
        """Tell what is still owed on a document, in pounds; below zero when it is overpaid or a credit note."""
        return self.home_gross(document) - self.home_paid(document, at)

    def paid(self, document: Document) -> Decimal:
        """Sum what was paid of a document, in its own currency."""
        if document.rate == ONE:
            return self.home_paid(document)
        if self._switches.foreign_payments == "document":
            return sum((payment.amount for payment in document.payments), ZERO)
        # Two roundings must not leave a settled invoice a cent short.
        if document.payments and not self.home_due(document):
            return document.net + document.vat
        return self.pennies(self.foreign(self.home_paid(document), document.rate))

    def is_paid(self, document: Document) -> bool:
        """Tell whether nothing is owed any more; an invoice without lines is not paid."""
        gross = self.home_gross(document)
        due = gross - self.home_paid(document)
        return bool(document.lines) and (due <= 0 if gross >= 0 else due >= 0)

    def payment_in_pounds(self, document: Document, amount: Decimal) -> Decimal:
        """Turn the amount of a payment, as it was sent, into pounds."""
        if document.rate == ONE or self._switches.foreign_payments == "home":
            return self.pennies(amount)
        if amount == document.net + document.vat - self.paid(document):
            return self.home_due(document)
        return self.home(amount, document.rate)

    def payment_as_sent(self, document: Document, home: Decimal) -> Decimal:
        """Turn pounds into what a payment of them would have been sent as."""
        if self._switches.foreign_payments == "home":
            return home
        return self.pennies(self.foreign(home, document.rate))
