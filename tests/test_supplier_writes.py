"""Suppliers entered, changed and deleted: what is named and nothing else, by the newer operations or the older."""

from datetime import date
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account
from older_service import older
from purchases_put_in import meddled, put_in

from kf_mcp.simulator import Switches

NEW = {
    "name": "Quayside Framing Ltd",
    "contact": "Mary Ann Lowe",
    "email": "hello@quaysideframing.example",
    "telephone": "020 7946 0301",
    "mobile": "07700 900123",
    "address": ["2 Example Quay", "Bristol"],
    "postcode": "BS1 4QB",
    "vat_number": "GB001250001",
    "payment_terms": 14,
    "website": "quaysideframing.example",
    "notes": "Frames & mounts",
}
MEMBERS = {
    "Code": "QUAY01",
    "Name": "Quayside Framing Ltd",
    "Contact": "Mary Ann Lowe",
    "ContactFirstName": "Mary Ann",
    "ContactLastName": "Lowe",
    "ContactTitle": "",
    "Mobile": "07700 900123",
    "Fax": "",
    "Address1": "2 Example Quay",
    "Address2": "Bristol",
    "Address3": "",
    "Address4": "",
    "PostCode": "BS1 4QB",
    "Telephone": "020 7946 0301",
    "Website": "quaysideframing.example",
    "Email": "hello@quaysideframing.example",
    "VATNumber": "GB001250001",
    "Notes": "Frames & mounts",
    "CurrencyID": 0,
    "PaymentTerms": 14,
    "EC": 0,
    "TradeBorderType": "Domestic",
}


async def done(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation"
    return await desk(tool, arguments, confirm=preview["confirm"])


def members(desk: Desk, code: str) -> dict[str, Any]:
    """A supplier's whole record, without its id and the moments that KashFlow keeps."""
    found = next(supplier for supplier in desk.company.state()["suppliers"] if supplier["code"] == code)
    return {n: v for n, v in found["members"].items() if n not in {"SupplierID", "Created", "Updated"}}


def codes(desk: Desk) -> set[str]:
    return {supplier["code"] for supplier in desk.company.state()["suppliers"]}


@pytest.mark.parametrize(
    "switches", [Switches(), Switches(not_found_supplier="refuse", empty_detail="absent", status_case="lower")]
)
@pytest.mark.parametrize("served", [lambda company: company, older], ids=["newer", "older"])
async def test_a_new_supplier_holds_what_was_said_and_undoing_takes_it_out(tmp_path, switches, served) -> None:
    company = served(a_company(switches=switches))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = codes(desk)

        reply = await done(desk, "create_supplier", NEW)

        assert reply["status"] == "done"
        assert not reply.get("differences")
        assert reply["code"] == "QUAY01"
        assert members(desk, "QUAY01") == MEMBERS
        undone = await done(desk, "undo_write", {"entry": reply["entry"]})
        assert undone["status"] == "done"
        assert codes(desk) == before


async def test_a_new_supplier_whose_answer_was_lost_is_found_and_not_entered_twice(desk: Desk) -> None:
    preview = await desk("create_supplier", NEW)
    desk.company.mishaps.add("InsertSupplier2", "lose_answer")

    reply = await desk("create_supplier", NEW, confirm=preview["confirm"])

    assert reply["status"] == "done"
    assert "found by reading back" in " ".join(reply["facts"])
    assert sum(s["name"] == NEW["name"] for s in desk.company.state()["suppliers"]) == 1


@pytest.mark.parametrize(("region", "border"), [("UK", "Domestic"), ("EU", "EC"), ("world", "ROW"), ("NI", "NIEU")])
async def test_where_a_supplier_trades_is_kept_in_kashflows_word(desk: Desk, region: str, border: str) -> None:
    await done(desk, "create_supplier", {"name": "Elsewhere", "region": region})
    found = await desk("get_supplier", supplier="Elsewhere")
    code = found["code"]

    changed = await done(desk, "update_supplier", {"supplier": code, "notes": "Ring first"})

    assert members(desk, code)["TradeBorderType"] == border
    assert not changed.get("differences")


async def test_the_preview_names_suppliers_that_may_be_the_same(desk: Desk) -> None:
    preview = await desk(
        "create_supplier",
        {"name": "Avon Paper and Board", "vat_number": "GB 0012 36443", "email": "SALES@looptelecom.example"},
    )

    said = "\n".join(preview["warnings"])
    assert "AVON01 “Avon Paper & Board Ltd” (nearly the same name)" in said
    assert "WHAR01 “Wharf Trade Printers Ltd” (same VAT number)" in said
    assert "LOOP01 “Loop Telecom” (same e-mail)" in said


async def test_the_same_postcode_is_a_reason_too(desk: Desk) -> None:
    await done(desk, "create_supplier", NEW)

    preview = await desk("create_supplier", {"name": "Somebody else", "postcode": "bs14qb"})

    assert "QUAY01" in preview["warnings"][0]
    assert "same postcode" in preview["warnings"][0]


async def test_a_change_changes_what_was_named_and_keeps_every_other_member(desk: Desk) -> None:
    await done(desk, "create_supplier", {**NEW, "region": "world"})
    before = members(desk, "QUAY01")
    asked = {"supplier": "QUAY01", "name": "Quayside Frames Ltd", "address": ["9 New Row"], "contact": "", "notes": ""}

    preview = await desk("update_supplier", asked)
    reply = await desk("update_supplier", asked, confirm=preview["confirm"])

    assert members(desk, "QUAY01") == {
        **before,
        "Name": "Quayside Frames Ltd",
        "Address1": "9 New Row",
        "Address2": "",
        "Contact": "",
        "ContactFirstName": "",
        "ContactLastName": "",
        "Notes": "",
    }
    assert "Name: “Quayside Framing Ltd” becomes “Quayside Frames Ltd”" in preview["facts"]
    assert "Notes: “Frames & mounts” becomes blank" in preview["facts"]
    await done(desk, "undo_write", {"entry": reply["entry"]})
    assert members(desk, "QUAY01") == before


async def test_a_changed_region_is_warned_of_and_can_be_undone(desk: Desk) -> None:
    before = members(desk, "AVON01")

    preview = await desk("update_supplier", {"supplier": "AVON01", "region": "NI"})
    reply = await done(desk, "update_supplier", {"supplier": "AVON01", "region": "NI"})

    assert any("decides how new purchases count" in warning for warning in preview["warnings"])
    assert members(desk, "AVON01") == {**before, "TradeBorderType": "NIEU", "EC": 1}
    await done(desk, "undo_write", {"entry": reply["entry"]})
    assert members(desk, "AVON01") == before


async def test_the_region_is_called_so_and_its_meanings_are_the_choices(desk: Desk) -> None:
    preview = await desk("update_supplier", {"supplier": "AVON01", "region": "world"})
    text = await desk.error("create_supplier", {"name": "Papier GmbH", "vat_number": "DE811569869"})

    assert "Region for VAT: UK becomes world" in preview["facts"]
    assert not any("order" in fact for fact in preview["facts"])
    assert "Call again with `region` set to one of:\n- UK: in the UK" in text
    assert "- world: outside the UK and the EU" in text


async def test_a_currency_is_kept_and_changed_by_its_code(desk: Desk) -> None:
    euro = next(row.id for row in desk.company.books.currencies if row.code == "EUR")
    await done(desk, "create_supplier", {**NEW, "currency": "eur"})
    assert members(desk, "QUAY01")["CurrencyID"] == euro

    preview = await desk("update_supplier", {"supplier": "QUAY01", "currency": "GBP"})
    reply = await done(desk, "update_supplier", {"supplier": "QUAY01", "currency": "GBP"})

    assert "Currency: EUR becomes GBP" in preview["facts"]
    assert reply["status"] == "done"
    assert members(desk, "QUAY01") == MEMBERS


async def test_purchases_keep_the_currency_that_they_were_entered_in(desk: Desk) -> None:
    preview = await desk("update_supplier", {"supplier": "PAPE01", "currency": "EUR"})

    assert any("keep the currency" in warning for warning in preview["warnings"])


@pytest.mark.parametrize("switch", [{"update_blank_code": "refuse"}, {"old_supplier_border": "keep"}])
@pytest.mark.parametrize("region", [{}, {"region": "EU"}], ids=["", "region"])
async def test_an_older_service_changes_the_same(tmp_path, switch, region) -> None:
    company = older(a_company(switches=Switches(**switch)))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = members(desk, "AVON01")

        reply = await done(desk, "update_supplier", {"supplier": "AVON01", "telephone": "1", **region})

        border = {"EC": 1, "TradeBorderType": "EC"} if region else {}
        assert reply["status"] == "done"
        assert members(desk, "AVON01") == {**before, "Telephone": "1", **border}
        await done(desk, "undo_write", {"entry": reply["entry"]})
        assert members(desk, "AVON01") == before


async def test_an_older_service_deletes_and_enters_again(tmp_path) -> None:
    company = older(a_company())
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        await done(desk, "create_supplier", {**NEW, "region": "EU"})
        before = members(desk, "QUAY01")

        reply = await done(desk, "delete_supplier", {"supplier": "QUAY01"})

        assert "QUAY01" not in codes(desk)
        await done(desk, "undo_write", {"entry": reply["entry"]})
        assert members(desk, "QUAY01") == before
        assert (await desk("find_suppliers", words="Quayside"))["total"] == 1


async def test_what_an_older_service_has_no_word_for_is_refused(tmp_path) -> None:
    company = older(a_company())
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        before = company.state()

        changed = await desk.error("update_supplier", {"supplier": "AVON01", "region": "world"})
        preview = await desk("create_supplier", {**NEW, "region": "NI"})
        entered = await desk.error("create_supplier", {**NEW, "region": "NI"}, confirm=preview["confirm"])

        assert "only say whether a supplier is in the EU" in changed
        assert "only say whether a supplier is in the EU" in entered
        assert company.state() == before


async def test_a_supplier_changed_elsewhere_after_the_preview_is_not_overwritten(desk: Desk) -> None:
    asked = {"supplier": "AVON01", "email": "new@avonpaperboard.example"}
    preview = await desk("update_supplier", asked)
    meanwhile = {"supplier": "AVON01", "telephone": "020 7946 0999"}
    await done(desk, "update_supplier", meanwhile)

    reply = await desk("update_supplier", asked, confirm=preview["confirm"])

    assert reply["status"] == "changed"
    assert members(desk, "AVON01")["Email"] == "sales@avonpaperboard.example"


async def test_a_new_supplier_with_a_purchase_by_now_stays(desk: Desk) -> None:
    reply = await done(desk, "create_supplier", NEW)
    put_in(desk.company, "QUAY01", date(2026, 11, 19), "10.00", "2.00")

    text = await desk.error("undo_write", entry=reply["entry"])

    assert "1 purchase stands for supplier QUAY01" in text
    assert "QUAY01" in codes(desk)


async def test_an_id_of_zero_from_an_ok_is_an_outcome_that_is_not_known(tmp_path) -> None:
    def meddle(_asked: bytes, answer: bytes) -> tuple[int, bytes]:
        if b"<InsertSupplier2Result>" in answer:
            start, _, rest = answer.partition(b"<InsertSupplier2Result>")
            return 200, start + b"<InsertSupplier2Result>0" + rest[rest.index(b"<") :]
        return 200, answer

    company = meddled(a_company(), meddle)
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        reply = await done(desk, "create_supplier", NEW)

        assert reply["status"] == "done"
        assert "found by reading back" in " ".join(reply["facts"])
