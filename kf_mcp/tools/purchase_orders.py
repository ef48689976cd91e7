"""The tool that e-mails a purchase order to a supplier."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from kf_mcp.errors import ChoiceNeeded, Refused
from kf_mcp.kashflow.books import Books
from kf_mcp.kashflow.purchase_email_steps import EmailPurchaseOrder
from kf_mcp.model import dates, money
from kf_mcp.model.suppliers import Supplier
from kf_mcp.model.text import hides_something, quoted
from kf_mcp.toolkit import writes
from kf_mcp.tools.customers import Line
from kf_mcp.tools.purchase_changes import PurchaseNumber
from kf_mcp.writing.plan import Plan

LONGEST: Final = 4000
ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def _readable(value: str) -> str:
    if hides_something(value):
        raise ValueError("holds control or invisible characters; write plain text")
    return value.strip()


@writes("E-mail a purchase order", destructive=True, toolset="purchases")
async def email_purchase_order(
    books: Books,
    purchase: PurchaseNumber,
    subject: Annotated[Line, Field(min_length=1, max_length=200, description="Its subject line")],
    body: Annotated[
        str,
        AfterValidator(_readable),
        Field(min_length=1, max_length=LONGEST, description="Its text; line breaks stay"),
    ],
    to: Annotated[Line, Field(max_length=200, description="One address; default: the supplier's")] = "",
    from_email: Annotated[Line, Field(max_length=200, description="Default: the company's")] = "",
    from_name: Annotated[Line, Field(max_length=100, description="Default: the company's name")] = "",
) -> Plan:
    """E-mail a purchase to its supplier as a purchase order, from KashFlow's mail server, at once.

    The preview shows to whom, from whom, subject and the whole text; nothing calls a sent e-mail back, and whether it arrives cannot be
    seen. Refused without one clear address. Where the answer is lost, a person must ask the supplier; never send it again on a guess.
    """
    found, record = await books.purchases.whole(purchase)
    seller = await books.suppliers.by_id(found.supplier_id)
    company = await books.company.details()
    recipient, to_source = _recipient(to, seller)
    sender, from_source = (from_email, "") if from_email else (company.email, " (the company's)")
    if not sender:
        raise Refused("KashFlow holds no e-mail address of the company.", "Nothing was sent. Set `from_email`.")
    _check_address(sender, "from_email")
    name = from_name or company.name
    step = EmailPurchaseOrder.of(
        record, recipient=recipient, sender=sender, sender_name=name, subject=subject, body=body
    )
    warnings = [f"THIS SENDS AN E-MAIL to {recipient} at once; nothing calls it back."]
    if recipient.casefold() not in {address.casefold() for address in seller.emails}:
        held = quoted(", ".join(seller.emails), 200) if seller.emails else "none"
        warnings.append(f"{recipient} is not an address that KashFlow holds for {seller.code} (there: {held}).")
    if found.gross < 0:
        warnings.append("The purchase is a supplier's credit note, not an order.")
    return Plan(
        title=f"E-MAIL of purchase order {found.number} to {recipient}",
        facts=(
            f"To: {recipient}{to_source}",
            f"From: {quoted(name)} {sender}{from_source}",
            f"Subject: {quoted(subject, 200)}",
            *(f"Text: {quoted(line, LONGEST)}" if line.strip() else "Text: (empty line)" for line in body.splitlines()),
            f"From the supplier {quoted(seller.name, 80)} ({seller.code}), dated {dates.in_words(found.issue_date)}: "
            + money.in_words(found.gross, found.currency),
            "KashFlow adds the purchase order; in which form is not documented",
        ),
        warnings=tuple(warnings),
        steps=(step,),
    )


def _recipient(to: str, seller: Supplier) -> tuple[str, str]:
    """To whom it goes, and where that comes from. Raises ChoiceNeeded or Refused."""
    if to:
        _check_address(to, "to")
        return to, ""
    if len(seller.emails) > 1:
        raise ChoiceNeeded(
            "to", f"KashFlow holds several addresses of {seller.code}.", [quoted(address) for address in seller.emails]
        )
    if not seller.emails:
        raise Refused(
            f"KashFlow holds no e-mail address of {quoted(seller.name, 80)} ({seller.code}).",
            "Nothing was sent. Set `to`, after asking the person.",
        )
    _check_address(seller.emails[0], "to")
    return seller.emails[0], f" (the address of {seller.code} in KashFlow)"


def _check_address(address: str, field: str) -> None:
    """Refuse what is not one plain address; letters that look like others count as such. Raises Refused."""
    if not ADDRESS.fullmatch(address):
        raise Refused(f"`{field}` {quoted(address, 60)} is not one plain e-mail address.", "Nothing was sent.")
