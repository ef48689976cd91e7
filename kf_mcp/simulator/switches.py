"""What nobody outside KashFlow knows, as switches: each names one open question and the answers it may have.

The first answer of each switch is the one taken when nobody asks for another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Literal, Self, get_args, get_type_hints

from kf_mcp.simulator.writing_switches import WritingSwitches


class NoSuchSwitch(ValueError):
    """A switch or one of its values was named that does not exist."""


@dataclass(frozen=True, slots=True)
class Switches(WritingSwitches):
    """How the pretend KashFlow behaves where public evidence does not settle how the real one does."""

    # --- what is not there -------------------------------------------------------------------------------------
    not_found_customer: Annotated[
        Literal["refuse", "blank"], "An unknown customer: NO with a sentence, or OK with a customer whose id is 0."
    ] = "refuse"
    not_found_supplier: Annotated[
        Literal["blank", "refuse"], "An unknown supplier: OK with a supplier whose id is 0, or NO with a sentence."
    ] = "blank"
    not_found_document: Annotated[
        Literal["refuse", "blank"], "An unknown invoice or purchase: NO with a sentence, or OK with one whose id is 0."
    ] = "refuse"
    delete_unknown: Annotated[
        Literal["refuse", "accept"], "Deleting what is not there: NO with a sentence, or OK with a 0."
    ] = "refuse"
    empty_detail: Annotated[
        Literal["element", "absent"], "StatusDetail without a text: an empty element, or no element."
    ] = "element"
    empty_list: Annotated[
        Literal["element", "absent"], "A list without rows: an empty wrapper element, or no element."
    ] = "element"
    status_case: Annotated[Literal["upper", "lower"], "The good Status is spelt OK, or Ok."] = "upper"

    # --- customers ---------------------------------------------------------------------------------------------
    shared_email: Annotated[
        Literal["first", "last"], "Which customer is found by an e-mail address that several share."
    ] = "first"
    custom_text_match: Annotated[
        Literal["exact", "partial"], "Searching the custom texts compares the whole text, or a part of it."
    ] = "exact"
    update_customer_text: Annotated[Literal["id", "code", "empty"], "The text that UpdateCustomer answers with."] = "id"
    blank_name: Annotated[Literal["refuse", "accept"], "A new customer without a name."] = "refuse"
    delete_customer_in_use: Annotated[
        Literal["refuse", "accept"], "Deleting a customer who has documents: NO, or the customer goes and they stay."
    ] = "refuse"

    # --- suppliers ---------------------------------------------------------------------------------------------
    delete_supplier_in_use: Annotated[
        Literal["refuse", "accept"], "Deleting a supplier who has purchases: NO, or the supplier goes and they stay."
    ] = "refuse"
    old_supplier_border: Annotated[
        Literal["blank", "keep"],
        "UpdateSupplier, whose shape only marks the EC, blanks where else a supplier trades (ROW, NIEU), or leaves it.",
    ] = "blank"

    # --- documents ---------------------------------------------------------------------------------------------
    reuse_deleted_number: Annotated[
        Literal["yes", "no"], "The number of a deleted last invoice is given to the next one."
    ] = "yes"
    used_number: Annotated[
        Literal["overwrite", "refuse"], "A new document under a number in use: the old one is overwritten, or NO."
    ] = "overwrite"
    vat_amount: Annotated[
        Literal["keep", "recompute"], "A line's VAT is kept as it was sent, or worked out again from net and rate."
    ] = "keep"
    line_rounding: Annotated[
        Literal["half_up", "half_even"], "How half a penny is rounded where KashFlow itself works an amount out."
    ] = "half_up"
    rate_places: Annotated[Literal["four", "two"], "How many decimal places of a unit price are kept."] = "four"
    missing_due_date: Annotated[
        Literal["blank", "terms"], "No due date was sent: none is stored, or the company's terms are used."
    ] = "blank"
    missing_lines: Annotated[Literal["accept", "refuse"], "A new invoice without lines."] = "accept"
    unknown_nominal: Annotated[
        Literal["refuse", "accept"], "A line on a nominal that does not exist: NO, or it is posted to Other."
    ] = "refuse"
    wrong_nominal_area: Annotated[
        Literal["accept", "refuse"],
        "A sales line on a nominal that is not of the sales kind, a bank row on one not of the bank's.",
    ] = "accept"
    line_breaks: Annotated[
        Literal["keep", "lose"], "Line breaks in a line's description are kept, or become spaces."
    ] = "keep"
    locked_periods: Annotated[
        Literal["editable", "refuse"],
        "Writing a document dated in a VAT period that was filed: it goes through, or NO.",
    ] = "editable"
    delete_paid_document: Annotated[
        Literal["refuse", "accept"], "Deleting an invoice or a purchase that has payments: NO, or they go with it."
    ] = "refuse"
    import_duty_elsewhere: Annotated[
        Literal["drop", "keep"],
        "Import duty on a purchase from a supplier who is not in the rest of the world is dropped, or kept.",
    ] = "drop"
    attach_result: Annotated[
        Literal["id", "one"], "What keeping a file with a document answers: the file's id, or 1."
    ] = "id"
    attachment_size: Annotated[
        Literal["measured", "sent"], "The size of a kept file is counted from its bytes, or the one that was sent."
    ] = "measured"
    purchase_order_text: Annotated[
        Literal["empty", "number"], "The text that EmailPurchaseOrder answers with: none, or the purchase's number."
    ] = "empty"
    credit_notes_in_unpaid: Annotated[Literal["yes", "no"], "Unpaid credit notes are among the unpaid invoices."] = (
        "yes"
    )

    # --- foreign currency --------------------------------------------------------------------------------------
    foreign_totals: Annotated[
        Literal["document", "home"],
        "The currency of a foreign document's net, VAT and paid totals; its lines are in its own.",
    ] = "document"
    exchange_rate: Annotated[
        Literal["foreign_per_home", "home_per_foreign"],
        "What the rate counts: euros in one pound (users report having to turn bank rates round), or pounds in a euro.",
    ] = "foreign_per_home"
    foreign_payments: Annotated[Literal["home", "document"], "The currency of a payment on a foreign invoice."] = "home"

    # --- payments and bank -------------------------------------------------------------------------------------
    overpayment: Annotated[Literal["accept", "refuse"], "A payment above what is outstanding."] = "accept"
    negative_payment: Annotated[
        Literal["accept", "refuse"], "A payment or money in the bank below zero, such as a refund."
    ] = "accept"
    missing_payment_details: Annotated[
        Literal["refuse", "default"], "A payment without account, method or date: NO, or the first ones and today."
    ] = "refuse"
    advance_above_due: Annotated[
        Literal["rest_stays", "overpays"],
        "Money on account above what a document owes: the rest stays on account, or the document is overpaid.",
    ] = "rest_stays"
    allocate_result: Annotated[
        Literal["payment", "one"], "What setting money on account against a document answers: a payment's id, or 1."
    ] = "payment"
    payments_page: Annotated[Literal["hundred", "ten"], "How many payments one page of payments by date holds."] = (
        "hundred"
    )
    same_day_order: Annotated[
        Literal["changing", "stable"], "Bank rows of one day come in another order at each call, or always in one."
    ] = "changing"

    # --- reports and the ledger --------------------------------------------------------------------------------
    not_found_other: Annotated[
        Literal["refuse", "blank"], "An unknown journal, project or product: NO with a sentence, or OK with an id of 0."
    ] = "refuse"
    journal_line_sign: Annotated[
        Literal["credit_positive", "debit_positive"], "Which side of a journal's line is above zero."
    ] = "credit_positive"
    ledger_value_sign: Annotated[
        Literal["credit_positive", "debit_positive"], "Which side of a row of the nominal ledger is above zero."
    ] = "credit_positive"
    ledger_payments: Annotated[
        Literal["bank", "document"],
        "The type of a payment in the nominal ledger: bank, under the account's name, or that of what it pays.",
    ] = "bank"
    report_signs: Annotated[
        Literal["mixed", "usual", "credit_positive"],
        "Profit and loss and balance sheet: balances of rows credit less debit and totals above zero on their usual side,"
        " or both above zero on their usual side, or both credit less debit.",
    ] = "mixed"
    report_columns: Annotated[
        Literal["filled", "zero"], "Debit and credit of the rows of these two reports are filled in, or are 0."
    ] = "filled"
    balance_sheet_profit: Annotated[
        Literal["row", "total"], "The profit to date is a row among capital and reserves, or in their total alone."
    ] = "row"
    other_nominal: Annotated[
        Literal["balance_sheet", "profit_and_loss"], "The report that holds the nominal Other, which has no type."
    ] = "balance_sheet"
    monthly_periods: Annotated[
        Literal["clipped", "whole"],
        "The first and last rows of the monthly profit and loss end with the dates asked for, or are whole months.",
    ] = "clipped"
    advances_in_aged: Annotated[
        Literal["yes", "no"], "Money on account that is set against no document lowers the aged debts, or stays out."
    ] = "yes"
    income_by_customer: Annotated[Literal["net", "gross"], "Income by customer is counted without VAT, or with it."] = (
        "net"
    )
    projects_listed: Annotated[
        Literal["all", "active"], "GetProjects, which asks for no status, lists every project, or the active ones."
    ] = "all"

    # --- VAT ---------------------------------------------------------------------------------------------------
    vat_late_items: Annotated[
        Literal["no", "yes"], "The VAT report also takes in older items that no return has held yet."
    ] = "no"
    vat_boxes_6_to_9: Annotated[Literal["pence", "pounds"], "Boxes 6 to 9 are in pence, or in whole pounds."] = "pence"
    vat_filed_figures: Annotated[
        Literal["calculated", "stored"],
        "The report of a period that was filed shows today's documents, or what was filed.",
    ] = "calculated"
    vat_box_5: Annotated[Literal["signed", "absolute"], "Box 5 is below zero when a refund is due, or never is."] = (
        "signed"
    )
    vat_not_registered: Annotated[
        Literal["zeros", "refuse"], "The VAT report of a company that is not registered: nine zeros, or NO."
    ] = "zeros"

    @classmethod
    def parse(cls, settings: Iterable[str]) -> Self:
        """Switches set by words like ``overpayment=refuse``; the rest stay as they are by default."""
        return cls(**dict(_setting(text) for text in settings))  # type: ignore[arg-type]

    @classmethod
    def choices(cls) -> dict[str, tuple[str, ...]]:
        """Every switch by name, with the values it may have; the first is the default."""
        return {name: values for name, (values, _) in _described().items()}

    def settings(self) -> list[str]:
        """Give the switches that are not on their default, as the words that ``parse`` reads."""
        return [
            f"{field.name}={getattr(self, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]


def description_of(name: str) -> str:
    """Tell the open question that a switch answers, in one sentence."""
    return _described()[_known(name)][1]


@cache
def _described() -> dict[str, tuple[tuple[str, ...], str]]:
    """Every switch's values and description, read from the fields above."""
    hints = get_type_hints(Switches, include_extras=True)
    found = {}
    for field in fields(Switches):
        literal, description = get_args(hints[field.name])
        found[field.name] = (get_args(literal), description)
    return found


def _setting(text: str) -> tuple[str, str]:
    """One ``name=value`` as a pair, both checked."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals:
        raise NoSuchSwitch(f"{text!r} is not a switch setting; write it as name=value.")
    values = _described()[_known(name)][0]
    if value not in values:
        raise NoSuchSwitch(f"{name} cannot be {value!r}; it can be {' or '.join(values)}.")
    return name, value


def _known(name: str) -> str:
    """Give the name back, if there is such a switch."""
    if name in _described():
        return name
    nearest = get_close_matches(name, _described(), n=1, cutoff=0.3)
    meant = f" Did you mean {nearest[0]}?" if nearest else ""
    raise NoSuchSwitch(f"There is no switch {name!r}.{meant}")
