"""What the VAT rules say of lines, one case per row: the line, and what is said (or part of it)."""

import inspect
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from conftest import HATS, Desk, a_company, open_desk, real_account
from hypothesis import given
from hypothesis import strategies as st

from kf_mcp.model import vat_on_purchases, vat_on_sales, vat_preflights
from kf_mcp.model.vat_preflights import Place, Said, purchase_line, sale_line
from kf_mcp.model.vat_rates import SPELLS, in_force

TODAY = date(2026, 10, 5)
NA = Decimal(-1)


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        ("1997-08-31", []),
        ("1997-09-01", ["17.5", "5", "0"]),
        ("2008-11-30", ["17.5", "5", "0"]),
        ("2008-12-01", ["15", "5", "0"]),
        ("2009-12-31", ["15", "5", "0"]),
        ("2010-01-01", ["17.5", "5", "0"]),
        ("2011-01-03", ["17.5", "5", "0"]),
        ("2011-01-04", ["20", "5", "0"]),
        ("2020-07-15", ["20", "5", "0"]),  # hospitality: 5%, which is a rate at any time
        ("2021-09-30", ["20", "5", "0"]),
        ("2021-10-01", ["20", "12.5", "5", "0"]),
        ("2022-03-31", ["20", "12.5", "5", "0"]),
        ("2022-04-01", ["20", "5", "0"]),
        ("2026-10-05", ["20", "5", "0"]),
    ],
)
def test_the_rates_in_force_on_a_day(day: str, rates: list[str]) -> None:
    assert [str(spell.rate) for spell in in_force(date.fromisoformat(day))] == rates


@given(st.dates(min_value=date(1997, 9, 1), max_value=date(2100, 1, 1)))
def test_on_every_day_one_standard_rate_holds(day: date) -> None:
    assert sum(spell.name == "standard rate" for spell in in_force(day)) == 1
    assert all(spell.first <= spell.last for spell in SPELLS)


class Case(NamedTuple):
    """A line, and the beginning or any part of what is said of it; `None`: nothing at all."""

    name: str
    line: dict[str, Any]
    refused: str | None = None
    warned: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()


SALES = (
    Case("a plain sale", {}),
    Case("the reduced rate", {"rate": "5"}),
    Case("zero-rated", {"rate": "0"}, noted=("the net amount counts in box 6",)),
    Case("N/A", {"rate": NA}, warned=("leaves it out of the VAT return: right for what is outside the scope",)),
    Case("nothing at 0%", {"rate": "0", "net": "0"}),
    Case("nothing at N/A", {"rate": NA, "net": "0"}),
    Case(
        "the old rate today",
        {"rate": "17.5"},
        warned=("17.5% was not a UK VAT rate on 5 Oct 2026 (rates that day: 20%, 5%, 0%)",),
    ),
    Case("the old rate in its time", {"rate": "17.5", "day": date(2010, 6, 1)}),
    Case("today's rate in old times", {"day": date(2009, 6, 1)}, warned=("rates that day: 15%, 5%, 0%",)),
    Case(
        "a credit at the old rate",
        {"rate": "17.5", "net": "-10"},
        warned=("A credit carries the rate of what it credits.",),
    ),
    Case("a day too early to judge", {"rate": "8", "day": date(1995, 1, 1)}),
    Case(
        "the rate for hospitality",
        {"rate": "12.5", "day": date(2022, 3, 31)},
        noted=("12.5% held only for hospitality",),
    ),
    Case("it is over", {"rate": "12.5", "day": date(2022, 4, 1)}, warned=("12.5% was not a UK VAT rate",)),
    Case("UK VAT in the EU", {"region": "EU"}, warned=("20% VAT is charged to a customer in the EU;",)),
    Case("UK VAT in the world", {"region": "world"}, warned=("outside the UK and the EU;",)),
    Case("UK VAT from Northern Ireland", {"region": "NI"}, warned=("20% VAT is charged to a customer in the EU;",)),
    Case("nothing for the EU", {"region": "EU", "net": "0"}),
    Case(
        "0% to the EU",
        {"region": "EU", "rate": "0", "vat_number": "DE123456789"},
        noted=("reach box 8 and the EC sales list only if the sales code is ticked",),
    ),
    Case(
        "0% to the EU without a number",
        {"region": "NI", "rate": "0", "vat_number": " "},
        warned=("of whom the books hold no VAT number",),
        noted=("counts in box 6",),
    ),
    Case("0% to the EU, number not looked up", {"region": "EU", "rate": "0"}, noted=("counts in box 6",)),
    Case("N/A abroad", {"region": "world", "rate": NA}, warned=("it depends on whether goods or services are sold",)),
    Case(
        "a CIS deduction with VAT",
        {"net": "-100", "description": "CIS deduction 20%"},
        warned=(
            "income tax and not VAT: N/A keeps it out of the return, while 20% takes £20.00 off the VAT, and lowers",
        ),
    ),
    Case(
        "a CIS deduction at 0%",
        {"net": "-100", "rate": "0", "description": "less cis"},
        warned=("while 0% lowers the net amount",),
        noted=("counts in box 6",),
    ),
    Case("a CIS deduction at N/A", {"net": "-100", "rate": NA, "description": "CIS deduction"}),
    Case("cisterns are no CIS", {"net": "-100", "description": "Cistern returned"}),
    Case("work under CIS is charged as usual", {"description": "Labour (CIS)"}),
    Case(
        "a reverse charge with VAT",
        {"description": "Groundworks, domestic reverse-charge applies"},
        warned=("the customer accounts for the VAT, yet 20% is charged",),
    ),
    Case("marked for it, with VAT", {"is_reverse_charge": True}, warned=("yet 20% is charged",)),
    Case(
        "marked before it began",
        {"is_reverse_charge": True, "rate": "0", "day": date(2021, 2, 28)},
        warned=("began on 1 March 2021",),
        noted=("counts in box 6",),
    ),
    Case(
        "not registered",
        {"registered": False},
        refused="20% VAT would be charged, but the company is not registered for VAT.",
    ),
    Case("not registered, no VAT", {"registered": False, "rate": "0"}),
    Case("not registered, N/A", {"registered": False, "rate": NA}),
    Case(
        "dollars",
        {"net": "-100", "description": "CIS", "currency": "USD"},
        warned=("takes $20.00 off",),
    ),
)

SERVICES_TOO = (
    "Services: under the reverse charge (VAT Notice 741A)",
    "API makes of services from abroad is not documented",
)
"""What is said of every purchase from abroad beside what is said of goods."""

PURCHASES = (
    Case("a plain bill", {}),
    Case("a supplier's credit", {"net": "-100", "vat": "-20"}),
    Case(
        "a penny off",
        {"vat": "19.99"},
        noted=("The VAT is £19.99, while 20% of £100.00 is £20.00; the printed figure is kept.",),
    ),
    Case("two pence off", {"vat": "20.02"}, noted=("the printed figure is kept",)),
    Case("three pence off", {"vat": "20.03"}, warned=("compare with the bill. The figure given is kept.",)),
    Case("import VAT alone", {"net": "0", "vat": "80"}, warned=("import VAT paid at the border may look so",)),
    Case("VAT at 0%", {"rate": "0", "vat": "20"}, refused="it carries £20.00 VAT at 0%; name the rate"),
    Case("VAT at N/A", {"rate": NA, "vat": "-0.01"}, refused="VAT at N/A"),
    Case("opposite signs", {"vat": "-20"}, refused="have opposite signs"),
    Case("a rate without VAT", {"vat": "0"}, warned=("20%, but no VAT.",)),
    Case("too little for VAT", {"net": "0.02", "vat": "0"}),
    Case("nothing", {"net": "0", "vat": "0"}),
    Case("zero-rated", {"rate": "0", "vat": "0"}, noted=("counts in box 7",)),
    Case("N/A", {"rate": NA, "vat": "0"}, noted=("leaves it out of the VAT return",)),
    Case("the old rate today", {"rate": "17.5", "vat": "17.5"}, warned=("was not a UK VAT rate",)),
    Case(
        "the rate for hospitality",
        {"rate": "12.5", "vat": "12.5", "day": date(2021, 10, 1)},
        noted=("held only for hospitality",),
    ),
    Case(
        "from the EU as it should be",
        {"vat": "0", "region": "EU"},
        noted=("for purchases from the EU", "Goods: import VAT that was postponed", *SERVICES_TOO),
    ),
    Case(
        "from the EU, earlier",
        {"vat": "0", "region": "EU", "day": date(2020, 12, 31)},
        noted=("for purchases from the EU", "boxes 2 and 4, and box 9", *SERVICES_TOO),
    ),
    Case(
        "into Northern Ireland",
        {"vat": "0", "region": "NI"},
        noted=("for purchases from the EU", "boxes 2 and 4, and box 9", *SERVICES_TOO),
    ),
    Case("from the EU at 0%", {"rate": "0", "vat": "0", "region": "EU"}, warned=("from the true rate with VAT 0.00",)),
    Case("from the EU with VAT", {"region": "EU"}, warned=("VAT of another country cannot be reclaimed",)),
    Case("from the world", {"vat": "0", "region": "world"}, noted=("Goods: import VAT", *SERVICES_TOO)),
    Case(
        "from the world at N/A",
        {"rate": NA, "vat": "0", "region": "world"},
        warned=("N/A on a purchase from abroad: there is no VAT to account for",),
        noted=("Goods: import VAT", *SERVICES_TOO),
    ),
    Case("from the world with VAT", {"region": "world"}, warned=("a C79 certificate",)),
    Case(
        "a CIS deduction with VAT",
        {"net": "-100", "vat": "-20", "description": "CIS 20%"},
        warned=("income tax and not VAT",),
    ),
    Case(
        "a CIS deduction at N/A",
        {"net": "-100", "vat": "0", "rate": NA, "description": "CIS 20%"},
        noted=("leaves it out of the VAT return",),
    ),
    Case("reverse charge", {"vat": "0", "is_reverse_charge": True}),
    Case(
        "reverse charge with VAT",
        {"is_reverse_charge": True},
        warned=("the supplier charges no VAT, yet the line carries",),
    ),
    Case(
        "reverse charge, not marked",
        {"vat": "0", "description": "Plastering - reverse charge"},
        warned=("20%, but no VAT.", "not marked for one"),
    ),
    Case(
        "reverse charge too early",
        {"vat": "0", "is_reverse_charge": True, "day": date(2021, 2, 1)},
        warned=("began on 1 March 2021",),
    ),
    Case("entertaining", {"description": "Client entertainment"}, warned=("VAT on entertaining customers",)),
    Case("entertaining without VAT", {"rate": NA, "vat": "0", "description": "Entertaining"}, noted=("N/A leaves",)),
    Case("not registered", {"registered": False}, warned=("not registered for VAT and cannot reclaim the £20.00",)),
    Case("not registered, no VAT", {"registered": False, "rate": NA, "vat": "0"}),
    Case("not registered, VAT at 0%", {"registered": False, "rate": "0"}, refused="VAT at 0%"),
    Case("euros", {"vat": "19.99", "currency": "EUR"}, noted=("The VAT is €19.99",)),
)


def ask(is_sale: bool, line: dict[str, Any]) -> Said:
    given = {"rate": "20", "net": "100", "day": TODAY, "region": "UK", "registered": True, **line}
    figures = {name: Decimal(given[name]) for name in ("rate", "net", "vat") if name in given}
    if is_sale:
        return sale_line(**{**given, **figures})
    figures.setdefault("vat", Decimal(20))
    return purchase_line(**{**given, **figures})


@pytest.mark.parametrize(
    ("is_sale", "case"),
    [*((True, case) for case in SALES), *((False, case) for case in PURCHASES)],
    ids=lambda value: value.name if isinstance(value, Case) else "sale" if value else "purchase",
)
def test_what_is_said_of_a_line(is_sale: bool, case: Case) -> None:
    said = ask(is_sale, case.line)

    assert (case.refused or "") in said.refusal
    assert bool(said.refusal) == bool(case.refused)
    for expected, sentences in ((case.warned, said.warnings), (case.noted, said.notes)):
        assert len(sentences) == len(expected), sentences
        for part, sentence in zip(expected, sentences, strict=True):
            assert part in sentence


@given(
    rate=st.sampled_from([Decimal(20), Decimal(5), Decimal(0), NA, Decimal("17.5"), Decimal("12.5")]),
    net=st.decimals(-10_000, 10_000, places=2),
    vat=st.decimals(-2_000, 2_000, places=2),
    day=st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    region=st.sampled_from(["UK", "EU", "world", "NI"]),
    registered=st.booleans(),
    description=st.sampled_from(["", "CIS", "reverse charge", "entertaining"]),
)
def test_every_line_gets_sentences_that_end_and_say_each_thing_once(
    rate: Decimal, net: Decimal, vat: Decimal, day: date, region: Place, registered: bool, description: str
) -> None:
    for said in (
        sale_line(rate, net, day, region, registered, description=description, vat_number=""),
        purchase_line(rate, net, vat, day, region, registered, description=description),
    ):
        sentences = (*said.warnings, *said.notes)
        assert all(sentence.endswith(".") and "  " not in sentence for sentence in sentences)
        assert len(set(sentences)) == len(sentences)


def test_every_rule_names_its_source() -> None:
    for rule in (*vat_on_sales.SALE_RULES, *vat_on_purchases.PURCHASE_RULES, vat_on_sales.sale_without_registration):
        about = inspect.getdoc(rule) or ""
        assert any(source in about for source in ("Notice", "KB", "HMRC", "VAT Act", "unfit_for_region")), rule.__name__


def test_what_all_lines_share_is_said_once_and_other_things_name_their_lines() -> None:
    said = vat_preflights.together(
        [
            Said(warnings=("All.", "Two."), notes=("One.",)),
            Said(refusal="no VAT.", warnings=("All.",)),
            Said(refusal="no more.", warnings=("Two.", "All.")),
        ]
    )

    assert said.warnings == ("All.", "Lines 1, 3: Two.")
    assert said.notes == ("Line 1: One.",)
    assert said.refusal == "Line 2: no VAT. Line 3: no more."


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [("20", "10.82"), ("20", "10.82"), ("20", "8.34")],
            "line by line: £5.99. Reckoned on the total it would be £6.00.",
        ),
        ([("20", "10"), ("5", "10"), ("-1", "3.33")], ""),
        ([("20", "0.02"), ("20", "0.02")], "line by line: £0.00. Reckoned on the total it would be £0.01."),
        ([("20", "0.02"), ("5", "0.02"), ("0", "0.02")], ""),
        ([], ""),
    ],
)
def test_rounding_per_line_is_told_where_it_shows(lines: list[tuple[str, str]], expected: str) -> None:
    """1.67 + 2.16 + 2.16 = 5.99 is a recorded invoice of KashFlow's (Zynk)."""
    said = vat_preflights.rounding((Decimal(rate), Decimal(net)) for rate, net in lines)

    assert said.endswith(expected)
    assert bool(said) == bool(expected)


def test_uk_vat_in_another_currency_has_to_be_shown_in_pounds() -> None:
    said = vat_preflights.foreign_currency("EUR", Decimal("1.1750"), Decimal(20))

    assert "UK VAT of €20.00 is charged in EUR, at KashFlow's rate 1.175" in said
    assert not vat_preflights.foreign_currency("EUR", Decimal("1.175"), Decimal(0))
    assert not vat_preflights.foreign_currency("GBP", Decimal(1), Decimal(20))


# Through the tool


def lines(*asked: tuple[str, str, str]) -> dict[str, Any]:
    listed = [{"description": what, "unit_price": net, "vat_rate": rate, "nominal": 4000} for what, net, rate in asked]
    return {"customer": HATS["customer"], "lines": listed}


async def test_an_invoice_says_what_each_rate_does_to_the_return_and_changes_no_figure(desk: Desk) -> None:
    preview = await desk(
        "create_invoice", lines(("Hats", "10.82", "20"), ("Grant", "50.00", "N/A"), ("Books", "30.00", "0"))
    )

    assert preview["title"].endswith("£92.98 (net £90.82 + VAT £2.16)")
    assert any(said.startswith("Line 2: N/A leaves it out of the VAT return") for said in preview["warnings"])
    assert any(said.startswith("Line 3: 0% is zero-rated") for said in preview["facts"])
    assert not any("zero-rated:" in said for said in preview["warnings"])


async def test_an_invoice_tells_where_rounding_per_line_shows(desk: Desk) -> None:
    preview = await desk("create_invoice", lines(("A", "10.82", "20"), ("B", "10.82", "20"), ("C", "8.34", "20")))

    assert "VAT is rounded line by line: £5.99. Reckoned on the total it would be £6.00." in preview["facts"]
    assert "VAT £5.99" in preview["title"]


async def test_a_cis_deduction_with_vat_is_warned_of(desk: Desk) -> None:
    preview = await desk("create_invoice", lines(("Bricklaying", "500", "20"), ("CIS deduction 20%", "-100", "20")))

    assert any("Line 2: It looks like a CIS deduction" in said for said in preview["warnings"])


async def test_every_line_that_charges_vat_without_registration_is_refused(tmp_path) -> None:
    company = a_company()
    company.books.company = replace(company.books.company, vat_registered=False)
    before = company.state()
    async with open_desk(company, real_account(tmp_path, confirm="either")) as desk:
        text = await desk.error("create_invoice", lines(("Hats", "10", "20"), ("Caps", "10", "0"), ("Rate", "10", "5")))
        odd = await desk.error("create_invoice", lines(("Hats", "10", "-0.5")))

    assert "Line 1: 20% VAT would be charged" in text
    assert "Line 3: 5% VAT would be charged" in text
    assert "Leave `vat_rate` out" in text
    assert "Line 1: -0.5 is not a VAT rate" in odd
    assert company.state() == before


async def test_the_vat_report_says_what_it_cannot_show(desk: Desk) -> None:
    reply = await desk("get_vat_report", start="2026-04-01", end="2026-06-30")
    notes = " ".join(reply["notes"])

    for part in (
        "scheme",
        "cash accounting",
        "flat rate",
        "N/A lines are in no box",
        "postponed import VAT",
        "late entries",
    ):
        assert part in notes
    assert len(notes) < 900
    assert "Boxes" not in notes


@pytest.mark.parametrize(("number", "is_odd"), [("GB 123 4567 89", True), ("XI123456789", False), ("", False)])
async def test_boxes_for_northern_ireland_are_odd_in_great_britain(desk: Desk, number: str, is_odd: bool) -> None:
    books = desk.company.books
    books.company = replace(books.company, details={**books.company.details, "VatRegistrationNumber": number})
    seller = next(party.id for party in books.suppliers if party.code == "PAPE01")
    quarter = date(2026, 7, 1), date(2026, 9, 30)
    bills = [bill.number for bill in books.purchases if bill.party == seller and quarter[0] <= bill.date <= quarter[1]]

    reply = await desk("get_vat_report", start="2026-07-01", end="2026-09-30")

    said = next((note for note in reply["notes"] if "Northern Ireland" in note), "")
    assert bills
    assert bool(said) == is_odd
    if is_odd:
        assert said.startswith("Not zero: box 2 £")
        assert f"purchases of suppliers in the EU ({', '.join(map(str, sorted(bills)))})" in said
