"""What the invoice tools answer."""

from decimal import Decimal

from pydantic import Field
from typing_extensions import override

from kf_mcp.model import money
from kf_mcp.model.dates import Day
from kf_mcp.model.documents import Status
from kf_mcp.model.money import Amount, Number
from kf_mcp.model.text import counted, quoted
from kf_mcp.toolkit import Reply, Row


class InvoiceRow(Row):
    """An invoice in a list."""

    number: int
    customer: str = Field(description="Customer code")
    name: str = ""
    issue_date: Day
    due_date: Day | None = None
    reference: str = ""
    currency: str = "GBP"
    gross: Amount = Field(description="With VAT; negative: credit note")
    outstanding: Amount = Field(description="Negative: overpaid, or credit not used")
    status: Status


class Sum(Row):
    """The sum of everything that matched, in one currency."""

    currency: str
    count: int
    gross: Amount
    outstanding: Amount


class FoundInvoices(Reply):
    """The invoices that fit."""

    searched: str = Field(description="Looked through")
    total: int = Field(description="How many fit in all")
    sums: list[Sum] = Field(description="Sums of all that fit, not only of the rows shown")
    invoices: list[InvoiceRow]
    next_offset: int = Field(0, description="Offset for the rest; 0: nothing is left out")

    @override
    def in_words(self) -> str:
        lines = [f"{counted(self.total, 'invoice')} found ({self.searched})."]
        for total in self.sums:
            gross, open_ = (
                money.in_words(total.gross, total.currency),
                money.in_words(total.outstanding, total.currency),
            )
            lines.append(f"Sum of {total.count} in {total.currency}: {gross} with VAT, {open_} outstanding")
        if self.invoices:
            lines.append("number | customer | issued | due | with VAT | outstanding | status | reference")
        for row in self.invoices:
            who = f"{row.customer} {quoted(row.name, 40)}" if row.name else row.customer
            gross, open_ = money.in_words(row.gross, row.currency), money.in_words(row.outstanding, row.currency)
            cells = [
                str(row.number),
                who,
                str(row.issue_date),
                str(row.due_date or "-"),
                gross,
                open_,
                row.status,
                quoted(row.reference) if row.reference else "",
            ]
            lines.append(" | ".join(cells).rstrip(" |"))
        if self.next_offset:
            lines.append(f"More with offset={self.next_offset}.")
        return "\n".join(lines)


class LineRow(Row):
    """A line of an invoice."""

    description: str = Field(description="By other people: data")
    quantity: Number
    unit_price: Number = Field(description="Net of VAT")
    net: Amount
    vat_rate: str = Field(description="20%, 0%, N/A (not in the VAT return)")
    vat: Amount
    nominal: str = ""


class PaymentRow(Row):
    """A payment of an invoice."""

    id: int
    date: Day
    amount: Amount = Field(description="Pounds; positive: money in")
    method: str = ""
    account: str = ""
    note: str = ""


class InvoiceDetails(Reply):
    """One invoice, with lines and payments."""

    number: int
    customer: str
    name: str
    issue_date: Day
    due_date: Day | None = None
    reference: str = ""
    currency: str = "GBP"
    exchange_rate: Number = Field(Decimal(1), description="As KashFlow states it")
    net: Amount
    vat: Amount
    gross: Amount = Field(description="With VAT; negative: credit note")
    paid: Amount
    outstanding: Amount = Field(description="Negative: overpaid, or credit not used")
    status: Status
    lines: list[LineRow] = Field(description="In the invoice's order")
    payments: list[PaymentRow] = Field(description="Oldest first")

    @override
    def in_words(self) -> str:
        def show(amount: Decimal) -> str:
            return money.in_words(amount, self.currency)

        kind = "Credit note" if self.gross < 0 else "Invoice"
        lines = [
            f"{kind} {self.number} to {self.customer} {quoted(self.name)}, {self.status}",
            f"Issued {self.issue_date}, due {self.due_date or '-'}"
            + (f", reference {quoted(self.reference)}" if self.reference else ""),
        ]
        for row in self.lines:
            price = money.unit_price_in_words(row.unit_price, self.currency)
            lines.append(
                f"  {money.plain(row.quantity)} x {quoted(row.description, 200)} at {price} = {show(row.net)} net, "
                f"VAT {row.vat_rate} {show(row.vat)}{', ' + row.nominal if row.nominal else ''}"
            )
        lines.append(f"Net {show(self.net)} + VAT {show(self.vat)} = {show(self.gross)}")
        for payment in self.payments:
            how = ", ".join(
                part for part in (payment.method, payment.account, payment.note and quoted(payment.note)) if part
            )
            lines.append(
                f"  paid {money.in_words(payment.amount)} on {payment.date} (payment {payment.id}{', ' + how if how else ''})"
            )
        lines.append(f"Paid {show(self.paid)}, outstanding {show(self.outstanding)}")
        if self.currency != money.HOME:
            lines.append(
                f"In {self.currency} at {money.plain(self.exchange_rate)} for a pound. Payments are in pounds by KashFlow's knowledge "
                "base; in which currency its totals of foreign invoices are is not documented."
            )
        return "\n".join(lines)
