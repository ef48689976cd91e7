"""Changing and deleting invoices: what is named changes, to the penny, and nothing else of them does."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import HATS, Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Simulator, Switches, documents
from kf_mcp.simulator.invoice_writing import delete_invoice

RICH, PLAIN = 1308, 1292


async def done(desk: Desk, tool: str, **arguments: Any) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def put_in_a_rich_invoice(company: Simulator, **more: Any) -> int:
    """An invoice with everything that replacing it could lose: project, product, reverse charge, delivery address."""
    books = company.books
    sales = next(row.id for row in books.nominals if row.code == 4000)
    product = next(iter(books.sub_products)).id
    project = next(row.id for row in books.projects if row.reference == "PENH-REBRAND")
    customer = next(row.id for row in books.customers if row.code == "PENH01")
    line = {"ChargeType": sales, "VatRate": Decimal(0), "VatAmount": Decimal(0), "ValuesInCurrency": 1}
    found = documents.insert(
        books,
        "invoice",
        {
            "InvoiceDate": books.today,
            "DueDate": books.today,
            "CustomerID": customer,
            "CustomerReference": "Rich  one",
            "ProjectID": project,
            "SuppressTotal": 1,
            "DeliveryAddress": {"Name": "Slipway", "Line1": "Dock Road", "PostCode": "BS1 6XP", "CountryCode": "GB"},
            "UseCustomDeliveryAddress": True,
            "CISRCNetAmount": Decimal("90.00"),
            "CISRCVatAmount": Decimal("18.00"),
            "IsCISReverseCharge": True,
            "Lines": [
                {**line, "Quantity": Decimal(3), "Rate": Decimal("20.00"), "Description": "First\nof three"},
                {
                    **line,
                    "Quantity": Decimal(1),
                    "Rate": Decimal("25.0050"),
                    "Description": "Second",
                    "ProductID": product,
                    "ProjID": project,
                    "VatRate": Decimal(20),
                    "VatAmount": Decimal("5.01"),  # a figure of somebody's own: 20% of 25.01 is 5.00
                },
                {**line, "Quantity": Decimal(1), "Rate": Decimal("5.00"), "Description": "Third"},
            ],
            **more,
        },
    )
    return found.number


def plain(number: str) -> str:
    return f"{Decimal(number).normalize():f}"


def but(invoice: dict[str, Any], *names: str) -> dict[str, Any]:
    """An invoice without these members, its lines without their ids; 3 and 3.0000 are the same number."""
    lines = [
        {key: plain(value) if key in {"quantity", "vat_rate", "unit_price"} else value for key, value in line.items()}
        for line in ({key: value for key, value in line.items() if key != "id"} for line in invoice["lines"])
    ]
    return {key: value for key, value in {**invoice, "lines": lines}.items() if key not in names}


# The header


async def test_changing_the_header_sends_no_lines_and_keeps_everything_else(desk: Desk) -> None:
    assert put_in_a_rich_invoice(desk.company) == RICH
    before = desk.invoice(RICH)

    reply = await done(desk, "update_invoice", invoice=RICH, reference="PO 77", issue_date="2026-11-18")

    assert reply["checked"] == "equal"
    assert any(said.startswith(f"Change of the header of invoice {RICH}: ") for said in reply["facts"])
    after = desk.invoice(RICH)
    assert (after["reference"], after["date"]) == ("PO 77", "2026-11-18")
    assert after["lines"] == before["lines"]  # their ids, too
    assert but(after, "reference", "date") == but(before, "reference", "date")


async def test_each_old_and_new_value_is_shown(desk: Desk) -> None:
    preview = await desk(
        "update_invoice",
        {"invoice": 1300, "issue_date": "2026-11-30", "project": "4", "delivery_name": "Unit 3"},
    )

    assert preview["facts"][:3] == [
        "Date: 18 Nov 2026 becomes 30 Nov 2026",
        "Project: none becomes “Studio website”",
        "Delivery address: none of its own becomes “Unit 3”",
    ]
    warned = " ".join(preview["warnings"])
    assert "which VAT return" in warned
    assert "stays due on 18 Dec 2026" in warned
    assert "1 payment of it would be dated before it" in warned


async def test_only_what_is_named_of_the_address_changes_and_a_blank_one_takes_it_away(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)

    await done(desk, "update_invoice", invoice=RICH, delivery_postcode="BS1 6XQ")
    moved = desk.invoice(RICH)["delivery_address"]
    await done(
        desk,
        "update_invoice",
        invoice=RICH,
        reference="",
        project="",
        delivery_name="",
        delivery_address=[],
        delivery_postcode="",
        delivery_country_code="",
    )

    assert moved == {"Name": "Slipway", "Line1": "Dock Road", "PostCode": "BS1 6XQ", "CountryCode": "GB"}
    after = desk.invoice(RICH)
    assert (after["reference"], after["project"], after["use_custom_delivery_address"]) == ("", 0, False)
    assert not any(after["delivery_address"].values())


async def test_a_header_change_is_undone_with_its_old_and_new_dates_looked_at(desk: Desk) -> None:
    before = desk.invoice(PLAIN)
    reply = await done(desk, "update_invoice", invoice=PLAIN, issue_date="2026-11-10", project="Boatyard rebrand")

    preview = await desk("undo_write", {"entry": reply["entry"]})
    undone = await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])

    assert "Invoice 1292: date: 10 Nov 2026 becomes 6 Nov 2026" in preview["facts"]
    assert undone["status"] == "done"
    assert desk.invoice(PLAIN) == before


@pytest.mark.parametrize("arguments", [{"reference": "x"}, {"issue_date": "2026-10-30"}])
async def test_neither_the_old_nor_the_new_date_may_lie_in_closed_time(tmp_path: Path, arguments: dict) -> None:
    settings = real_account(tmp_path, confirm="either", toolsets="all", locked_before="2026-11-10")
    async with open_desk(a_company(), settings) as desk:
        number = PLAIN if "reference" in arguments else 1299  # of 6 and of 17 Nov

        assert "up to which the books are locked" in await desk.error(
            "update_invoice", {"invoice": number, **arguments}
        )


async def test_what_somebody_else_changes_after_the_preview_is_not_overwritten(desk: Desk) -> None:
    preview = await desk("update_invoice", {"invoice": PLAIN, "reference": "ours"})
    document = desk.company.books.invoices.numbered(PLAIN)
    desk.company.books.put_document(replace(document, reference="theirs"))

    reply = await desk("update_invoice", {"invoice": PLAIN, "reference": "ours"}, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert "Reference: “theirs” becomes “ours”" in reply["facts"]
    assert desk.invoice(PLAIN)["reference"] == "theirs"


# The lines


async def test_lines_change_to_the_penny_and_what_replacing_would_drop_stays(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)
    before = desk.invoice(RICH)

    preview = await desk(
        "change_invoice_lines", {"invoice": RICH, "change": [{"line": 1, "quantity": 4}], "remove": [3]}
    )
    reply = await desk(
        "change_invoice_lines",
        {"invoice": RICH, "change": [{"line": 1, "quantity": 4}], "remove": [3]},
        confirm=preview["confirm"],
    )

    # 3 x 20.00 + 25.01 + 5.00 = 90.01 and 5.01 VAT; 4 x 20.00 + 25.01 = 105.01
    assert "Total: net £90.01 + VAT £5.01 = £95.02 becomes net £105.01 + VAT £5.01 = £110.02" in preview["facts"]
    assert "Line 1 “First of three”: quantity 3 becomes 4; net £60.00 becomes £80.00" in preview["facts"]
    assert any("reverse charge" in warning for warning in preview["warnings"])
    assert reply["checked"] == "equal"
    after = desk.invoice(RICH)
    money = ("lines", "net", "gross", "due_home")
    assert but(after, *money) == but(before, *money)
    assert but(after)["lines"][1] == but(before)["lines"][1]  # product, project, price of four places, VAT by hand
    assert but(after)["lines"][0] == {**but(before)["lines"][0], "quantity": "4", "net": "80.00"}
    assert (after["net"], after["vat"]) == ("105.01", "5.01")
    assert desk.is_balanced()


async def test_vat_is_worked_out_anew_only_where_it_must_be_and_a_figure_by_hand_is_warned_of(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)

    kept = await desk("change_invoice_lines", {"invoice": RICH, "change": [{"line": 2, "description": "Renamed"}]})
    anew = await desk("change_invoice_lines", {"invoice": RICH, "change": [{"line": 2, "unit_price": "30.00"}]})

    assert kept["facts"][0] == "Line 2 “Second”: description “Second” becomes “Renamed”"
    assert "VAT £5.01 becomes £6.00" in anew["facts"][0]
    assert any("not its net amount times the rate" in warning for warning in anew["warnings"])


async def test_a_new_line_gets_its_choices_as_a_new_invoice_does_and_open_ones_come_back(desk: Desk) -> None:
    text = await desk.error("change_invoice_lines", {"invoice": PLAIN, "add": [{"description": "x"}]})

    assert "New line 1 names no" in text
    assert "`add[0].unit_price`" in text
    assert "lines[" not in text


async def test_a_total_that_stays_above_what_is_paid_may_change_with_a_warning(desk: Desk) -> None:
    preview = await desk("change_invoice_lines", {"invoice": 1300, "remove": [1, 2]})

    # the third line alone: 86.68 + 17.34 = 104.02, of which 98.25 is paid
    assert "£98.25 is paid or used on it: outstanding £513.07 becomes £5.77." in preview["warnings"]


async def test_a_total_below_what_is_paid_or_below_nothing_is_refused(desk: Desk) -> None:
    below = {"invoice": 1300, "change": [{"line": 2, "quantity": 1}], "remove": [1, 3]}
    turned = {"invoice": PLAIN, "change": [{"line": 1, "unit_price": -900}]}

    assert "would come to £76.20, less than the £98.25" in await desk.error("change_invoice_lines", below)
    assert "would become -£" in await desk.error("change_invoice_lines", turned)


async def test_the_nominal_of_a_paid_invoice_may_change(desk: Desk) -> None:
    before = desk.invoice(1290)

    reply = await done(desk, "change_invoice_lines", invoice=1290, change=[{"line": 1, "nominal": 4010}])

    after = desk.invoice(1290)
    assert reply["checked"] == "equal"
    assert after["lines"][0]["nominal"] == 4010
    assert but(after, "lines") == but(before, "lines")
    assert desk.is_balanced()


async def test_undoing_lines_is_refused_once_the_old_total_is_below_what_is_paid(desk: Desk) -> None:
    reply = await done(desk, "change_invoice_lines", invoice=1294, change=[{"line": 1, "quantity": 5}])  # £378.00
    await done(desk, "record_payment", invoice=1294, amount="378.00", method="BACS", bank_account="Current account")

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "would come to £302.40, less than the £378.00" in text
    assert desk.invoice(1294)["gross"] == "378.00"


async def test_lines_are_never_sent_to_another_invoice_that_has_the_number_now(desk: Desk) -> None:
    """KashFlow finds what it replaces by its number, and gives the number of a deleted last invoice out again."""
    number = (await done(desk, "create_invoice", **HATS))["number"]
    asked = {"invoice": number, "change": [{"line": 1, "quantity": 9}]}
    preview = await desk("change_invoice_lines", asked)
    delete_invoice(desk.company.books, {"InvoiceNumber": number})
    await done(desk, "create_invoice", **{**HATS, "reference": "another", "customer": "THOR01"})
    assert desk.invoice(number)["reference"] == "another"

    reply = await desk("change_invoice_lines", asked, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert plain(desk.invoice(number)["lines"][0]["quantity"]) == "3"


SWITCHED = ["line_order=by_sort", "not_found_document=blank", "foreign_totals=home", "empty_detail=absent"]


@pytest.mark.parametrize("setting", SWITCHED)
@pytest.mark.parametrize("number", [PLAIN, 1296])  # in pounds, in euros
async def test_lines_change_and_come_back_whatever_is_not_known_of_kashflow(
    tmp_path: Path, setting: str, number: int
) -> None:
    company = a_company(switches=Switches.parse([setting]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = desk.invoice(number)

        reply = await done(
            desk, "change_invoice_lines", invoice=number, change=[{"line": 1, "quantity": 2}], remove=[2]
        )
        assert reply["checked"] == "equal", reply
        after = desk.invoice(number)
        assert [plain(line["quantity"]) for line in after["lines"]] == ["2", before["lines"][2]["quantity"]]

        undone = await done(desk, "undo_write", entry=reply["entry"])
        assert undone["checked"] == "equal", undone
        assert but(desk.invoice(number)) == but(before)


async def test_where_kashflow_works_vat_out_again_the_difference_is_told(tmp_path: Path) -> None:
    company = a_company(switches=Switches.parse(["vat_amount=recompute"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        put_in_a_rich_invoice(company)
        document = company.books.invoices.numbered(RICH)
        first, second, third = document.lines
        company.books.put_document(replace(document, lines=(first, replace(second, vat=Decimal("5.01")), third)))

        reply = await done(desk, "change_invoice_lines", invoice=RICH, remove=[3])

        assert reply["checked"] == "differs"
        assert any("line 2's VAT is 5, not 5.01" in text for text in reply["differences"])


async def test_an_answer_lost_on_a_part_paid_invoice_is_found_by_its_lines(desk: Desk) -> None:
    desk.company.mishaps.add("UpdateInvoice", "lose_answer", 1)

    reply = await done(desk, "change_invoice_lines", invoice=1300, remove=[1])

    assert reply["status"] == "done"
    assert reply["checked"] == "equal"


async def test_lines_that_kashflow_could_not_write_stay_as_they_were(desk: Desk) -> None:
    before = desk.invoice(PLAIN)
    desk.company.mishaps.add("UpdateInvoice", "status_no", 1)

    preview = await desk("change_invoice_lines", {"invoice": PLAIN, "remove": [1]})
    text = await desk.error("change_invoice_lines", {"invoice": PLAIN, "remove": [1]}, confirm=preview["confirm"])

    assert "KashFlow refused UpdateInvoice" in text
    assert desk.invoice(PLAIN) == before


# Deleting


async def test_the_deletion_shows_what_leaves_the_books_and_what_is_lost(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)
    await done(desk, "create_credit_note", invoice=1299, reason="faulty")

    rich, credited = [await desk("delete_invoice", {"invoice": number}) for number in (RICH, 1299)]

    assert "Net £90.01 and VAT £5.01 leave the books" in rich["facts"]
    assert "lost for good" in rich["undo"]
    assert any("Credit note 1309 names it" in warning for warning in credited["warnings"])


async def test_a_deleted_invoice_comes_back_with_everything_it_held(desk: Desk) -> None:
    put_in_a_rich_invoice(desk.company)
    before = desk.invoice(RICH)
    reply = await done(desk, "delete_invoice", invoice=RICH)
    assert all(invoice["number"] != RICH for invoice in desk.invoices())

    preview = await desk("undo_write", {"entry": reply["entry"]})
    await desk("undo_write", {"entry": reply["entry"]}, confirm=preview["confirm"])

    after = desk.invoice(RICH)
    assert but(after, "id", "permanent_link") == but(before, "id", "permanent_link")
    assert after["id"] != before["id"]


async def test_a_paid_invoice_is_not_deleted_even_where_kashflow_would(tmp_path: Path) -> None:
    company = a_company(switches=Switches.parse(["delete_paid_document=accept"]))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        assert "has payments" in await desk.error("delete_invoice", {"invoice": 1300})
        assert "has payments, or a credit note set against it" in await desk.error("delete_invoice", {"invoice": 1306})


async def test_an_invoice_of_nothing_can_be_deleted(desk: Desk) -> None:
    nothing = {"description": "Sample", "unit_price": 0, "vat_rate": 0, "nominal": 4000}
    number = (await done(desk, "create_invoice", customer="PENH01", lines=[nothing]))["number"]

    assert (await done(desk, "delete_invoice", invoice=number))["status"] == "done"


async def test_the_answer_to_a_change_of_lines_tells_the_new_total(desk: Desk) -> None:
    request = {"invoice": 1299, "change": [{"line": 1, "unit_price": "77"}]}
    preview = await desk("change_invoice_lines", request)
    reply = await desk("change_invoice_lines", request, confirm=preview["confirm"])

    # 4 x (77.00 - 46.02) = 123.92, with 20% 148.70: VAT 36.82 becomes 61.60
    assert reply["title"].endswith("(PENH01): £351.26 becomes £499.96")
    assert Decimal(desk.invoice(1299)["gross"]) == Decimal("499.96")
