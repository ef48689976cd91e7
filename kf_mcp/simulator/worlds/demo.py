"""The world ``demo``: a year and more of Harbour & Finch Ltd, a design and print studio in Bristol that never was.

Everything is entered through the books' own functions, from a seeded generator: the same for everybody on the same day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from kf_mcp.simulator.books import Books
from kf_mcp.simulator.records import Note
from kf_mcp.simulator.switches import Switches
from kf_mcp.simulator.worlds import demo_corners, demo_costs, demo_jobs, demo_people, demo_quotes, demo_sales
from kf_mcp.simulator.worlds.chart import Setting, company_details, found
from kf_mcp.simulator.worlds.demo_costs import QUARTER

SEED = "Harbour & Finch"

SETTING = Setting(
    details=company_details(
        "Harbour & Finch Ltd",
        Address1="Unit 4, The Old Chandlery",
        Address2="Example Quay",
        Address3="Bristol",
        Postcode="BS1 4QA",
        PrimaryEmail="studio@harbourandfinch.example",
        PrimaryContact="Rosalind Finch",
        Telephone="0117 496 0042",
        VatRegistrationNumber="GB001234057",
    ),
    accounts=("Current account", "Reserve account", "PayPal EUR"),
    currencies={"EUR": Decimal("1.1700"), "USD": Decimal("1.2700")},
)


def first_day(today: date) -> date:
    """Give the first day of the books: that of the quarter in which the day a year ago lies."""
    year, month = today.year - 1, (today.month - 1) // QUARTER * QUARTER + 1
    return date(year, month, 1)


def build(today: date, switches: Switches) -> Books:
    """Open the demo company's books as they are on a day."""
    # The company's own past was entered as KashFlow's ordinary behaviour has it; the switches that could
    # refuse or rewrite it apply from the day the books are opened.
    books = found("demo", today, _lenient(switches), SETTING)
    random, start = Random(SEED), first_day(today)
    people = demo_people.add_customers(books, start)
    entered = demo_sales.add_invoices(books, people, start, random)
    demo_costs.add_purchases(books, demo_people.add_suppliers(books), start, random)
    demo_sales.add_payments(books, entered, random)
    demo_sales.add_credit_notes(books, entered, people)
    demo_costs.add_bank_rows(books, start)
    demo_costs.add_vat_returns(books, start)
    _add_late_bill(books)
    _add_note(books)
    demo_quotes.add_quotes(books, entered, start)
    demo_jobs.add_items(books)
    demo_jobs.add_projects(books, start)
    demo_corners.add_journals(books, start)
    demo_corners.add_odd_purchases(books)
    demo_corners.add_advance(books)
    books.use(switches)
    return books


def _lenient(switches: Switches) -> Switches:
    """Leave out the switches under which the past could not have been entered."""
    return replace(
        switches,
        overpayment="accept",
        negative_payment="accept",
        locked_periods="editable",
        vat_amount="keep",
        wrong_nominal_area="accept",
        vat_late_items="no",
    )


def _add_late_bill(books: Books) -> None:
    """Enter a bill dated in the last quarter that was filed, which no return has held."""
    last = max(books.vat_returns, key=lambda row: row.end)
    supplier = next(party for party in books.suppliers if party.name.startswith("Wharf"))
    issued = last.end - timedelta(days=20)
    text = "Foil blocking, invoice found late"
    demo_costs.add_purchase(books, supplier, issued, code=5010, text=text, rate=Decimal("185.00"), paid_after=400)


def _add_note(books: Books) -> None:
    """Keep a remark with the oldest invoice of a customer who never pays."""
    customer = next(party for party in books.customers if party.name == "Bedminster Boxing Club")
    document = books.invoices.of_party(customer.id)[0]
    note = Note(books.next_id("note"), books.today - timedelta(days=30), "Rang twice; promised a cheque.")
    books.put_document(replace(document, notes=(note,)))
