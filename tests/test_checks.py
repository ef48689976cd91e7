"""The cross-checks: a fault put into the pretend company's books is found, and books without it are fine."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import TODAY, Desk, a_company, open_desk, real_account
from purchases_put_in import meddled, pay, put_in

from kf_mcp.model import checks, closed, duplicates
from kf_mcp.model.purchases import Purchase
from kf_mcp.model.reports import Aged, NominalSum
from kf_mcp.simulator import Simulator, Switches, documents, payments
from kf_mcp.simulator.posting import Posting
from kf_mcp.simulator.records import Document

ALL = [
    *("debtors", "creditors", "bank", "trial_balance", "invoice_numbers"),
    *("duplicate_invoices", "duplicate_purchases", "duplicate_payments"),
    *("credit_notes", "missing_vat", "vat_abroad", "closed_periods"),
]


def invoiced(company: Simulator, customer: str, dated: date, net: str = "100.00", **members: Any) -> Document:
    """Enter an invoice of one line; the VAT is that of its rate."""
    books = company.books
    party = next(party for party in books.customers if party.code == customer)
    nominal = next(row.id for row in books.nominals if row.code == members.pop("nominal", 4000))
    rate = Decimal(members.pop("rate", 20))
    vat = Decimal(net) * max(rate, Decimal(0)) / 100
    line = {
        "Quantity": Decimal(1),
        "Description": members.pop("text", "Posters"),
        "Rate": Decimal(net),
        "ChargeType": nominal,
        "VatRate": rate,
        "VatAmount": vat,
        "ValuesInCurrency": 1,
    }
    header = {"InvoiceDate": dated, "DueDate": dated, "CustomerID": party.id, "Lines": [line]}
    return documents.insert(books, "invoice", {**header, **members})


def abroad(company: Simulator) -> str:
    """The code of a customer outside the UK."""
    return next(party.code for party in company.books.customers if party.members.get("OutsideEC"))


async def check(desk: Desk, *names: str, **more: Any) -> dict[str, Any]:
    """What came of one check."""
    reply = await desk("check_books", checks=list(names), **more)
    assert [row["check"] for row in reply["checks"]] == list(names)
    return reply["checks"][0]


def named(row: dict[str, Any]) -> list[list[str]]:
    return [finding["documents"] for finding in row.get("findings", [])]


async def test_sound_books_agree_with_themselves_and_the_assumed_period_is_said(desk: Desk) -> None:
    result = await desk.result("check_books")

    found = {row["check"]: row["outcome"] for row in result.structured_content["checks"]}
    assert list(found) == ALL
    fine = ("debtors", "creditors", "bank", "trial_balance", "invoice_numbers", "missing_vat", "vat_abroad")
    assert {found[name] for name in fine} == {"fine"}
    assert found["closed_periods"] == "unknown"
    assert (result.structured_content["start"], result.structured_content["end"]) == ("2025-11-21", "2026-11-20")
    assert "2025-11-21 to 2026-11-20 (assumed)" in result.content[0].text


async def test_money_on_account_that_the_aged_list_leaves_out_is_a_difference(tmp_path: Path) -> None:
    company = a_company(switches=Switches(advances_in_aged="no"))
    advances = [row for row in company.state()["bank_transactions"] if row["customer"] and row["money_in"] != "0.00"]
    async with open_desk(company, real_account(tmp_path, toolsets="all")) as desk:
        row = await check(desk, "debtors")

    assert row["outcome"] == "found"
    assert Decimal(row["findings"][0]["amount"]) == sum(Decimal(found["money_in"]) for found in advances)


async def test_an_entry_on_the_control_account_that_no_supplier_explains_is_a_difference(desk: Desk) -> None:
    controls, amount = desk.company.books.company.controls, Decimal("12.34")
    sides = [Posting(TODAY, controls.creditors, -amount), Posting(TODAY, controls.other, amount)]
    desk.company.books.ledger.post(("journal", 999_999), sides)

    row = await check(desk, "creditors")

    assert [finding["amount"] for finding in row["findings"]] == ["-12.34"]
    assert "2100 Creditors Control" in row["findings"][0]["what"]


async def test_a_trial_balance_that_is_not_zero_is_found_to_date_and_for_the_period(tmp_path: Path) -> None:
    def a_penny_more(asked: bytes, answer: bytes) -> tuple[int, bytes]:
        if b"<GetTrialBalanceResult>" not in answer:
            return 200, answer
        more = re.search(rb"<debit>([1-9][\d.]*)", answer)
        changed = answer.replace(more[0], b"<debit>%f" % (float(more[1]) + 0.01), 1)
        return 200, changed

    async with open_desk(meddled(a_company(), a_penny_more), real_account(tmp_path, toolsets="all")) as desk:
        row = await check(desk, "trial_balance")

    assert [finding["amount"] for finding in row["findings"]] == ["0.01", "0.01"]


async def test_a_control_account_that_cannot_be_found_by_name_is_unknown(desk: Desk) -> None:
    books = desk.company.books
    nominal = books.nominals.get(books.company.controls.debtors)
    books.nominals.put(replace(nominal, name="Sundry"))

    row = await check(desk, "debtors")

    assert row["outcome"] == "unknown"
    assert "No nominal is called debtors control" in row["notes"][0]


async def test_a_bank_balance_that_is_not_its_nominals_is_found(tmp_path: Path) -> None:
    company = a_company()

    def another_balance(asked: bytes, answer: bytes) -> tuple[int, bytes]:
        return 200, re.sub(rb"(<GetBankBalanceResult>)[^<]*", rb"\g<1>0.01", answer)

    balances = {row["name"]: row["nominal"] for row in company.state()["bank_accounts"]}
    async with open_desk(meddled(company, another_balance), real_account(tmp_path, toolsets="all")) as desk:
        row = await check(desk, "bank")

    assert row["total"] == len(balances)
    assert all(name in " ".join(finding["what"] for finding in row["findings"]) for name in balances)


async def test_missing_and_repeated_invoice_numbers_are_named(desk: Desk) -> None:
    last = max(invoice["number"] for invoice in desk.invoices())
    invoiced(desk.company, "PENH01", TODAY, InvoiceNumber=last + 4)
    one = invoiced(desk.company, "PENH01", TODAY, InvoiceNumber=last + 100)
    books = desk.company.books
    books.put_document(replace(one, id=books.next_id("invoice"), lines=one.lines))

    row = await check(desk, "invoice_numbers")

    assert named(row) == [
        [f"invoice {last + 100}"] * 2,
        [f"invoice {last + 1}", f"invoice {last + 3}"],
        [f"invoice {last + 5}", f"invoice {last + 99}"],
    ]
    assert "not looked for outside" in row["findings"][2]["what"]


async def test_a_number_whose_invoice_is_dated_outside_the_period_is_no_gap(desk: Desk) -> None:
    day = TODAY + timedelta(days=60)
    numbers = [invoiced(desk.company, "PENH01", day - timedelta(days=back)).number for back in (0, 300, 0)]

    row = await check(desk, "invoice_numbers", from_date=day.isoformat(), to_date=day.isoformat())

    assert row["outcome"] == "fine"
    assert f"2 invoices, {numbers[0]} to {numbers[2]}" in row["looked_at"]


async def test_a_purchase_entered_twice_is_found_by_reference_and_by_total(desk: Desk) -> None:
    day = date(2026, 10, 3)
    first = put_in(desk.company, "SPEE01", day, "77.70", CustomerReference="INV/0815")
    again = put_in(desk.company, "SPEE01", day + timedelta(days=200 - 300), "12.00", CustomerReference="inv 0815")
    same = [put_in(desk.company, "FOUN01", day + timedelta(days=n), "91.13") for n in (0, 45)]
    apart = put_in(desk.company, "FOUN01", day - timedelta(days=46), "91.13")

    row = await check(desk, "duplicate_purchases", limit=500)

    assert named(row)[0] == [f"purchase {again.number}", f"purchase {first.number}"]
    assert "totals differ" in row["findings"][0]["what"]
    assert [f"purchase {one.number}" for one in same] in named(row)
    assert f"purchase {apart.number}" not in {name for names in named(row) for name in names}


async def test_a_monthly_bill_comes_last_as_one_finding(desk: Desk) -> None:
    row = await check(desk, "duplicate_purchases", limit=500)

    is_monthly = ["month after month" in finding["what"] for finding in row["findings"]]
    assert any(is_monthly)
    assert is_monthly == sorted(is_monthly)


async def test_an_invoice_entered_twice_is_found_by_its_total_and_date_or_reference(desk: Desk) -> None:
    day, company = date(2026, 10, 3), desk.company
    same = [invoiced(company, "PENH01", day + timedelta(days=n), "77.70") for n in (0, 0, 7)]
    invoiced(company, "PENH01", day + timedelta(days=15), "77.70")
    invoiced(company, "LLYN01", day, "77.70")
    order = [
        invoiced(company, "LLYN01", day + timedelta(days=n), "31.50", CustomerReference=said)
        for n, said in ((-90, "PO/0815"), (0, "po 0815"))
    ]
    invoiced(company, "LLYN01", day, "12.00", CustomerReference="PO/0815")
    orders = [invoiced(company, "APEX01", day, "41.00", CustomerReference=said) for said in ("PO 1", "PO 2")]

    row = await check(desk, "duplicate_invoices", from_date="2026-06-01", limit=500)

    found = {tuple(finding["documents"]): finding for finding in row["findings"]}
    twice, ordered, apart = (
        found[tuple(f"invoice {one.number}" for one in documents)] for documents in (same, order, orders)
    )
    assert "3 invoices for PENH01 with the same total, 3 Oct 2026 to 10 Oct 2026." in twice["what"]
    assert (twice["amount"], ordered["amount"]) == ("93.24", "37.80")
    assert "with the same reference “PO/0815” and the same total, 5 Jul 2026 to 3 Oct 2026." in ordered["what"]
    assert "with the same total, references differ, 3 Oct 2026." in apart["what"]


async def test_an_invoice_entered_again_just_after_the_period_is_found_and_one_of_another_currency_is_not(
    desk: Desk,
) -> None:
    pair = [invoiced(desk.company, "PENH01", date(2026, 10, day), "77.70") for day in (1, 7)]

    september = await check(desk, "duplicate_invoices", from_date="2026-09-02", to_date="2026-10-01", limit=500)
    october = await check(desk, "duplicate_invoices", from_date="2026-10-07", to_date="2026-10-31", limit=500)
    later = await check(desk, "duplicate_invoices", from_date="2026-10-08", to_date="2026-10-31", limit=500)

    numbers = [f"invoice {one.number}" for one in pair]
    assert numbers in named(september)
    assert numbers in named(october)
    assert numbers not in named(later)


async def test_invoices_month_after_month_under_one_order_come_last_as_one_finding(desk: Desk) -> None:
    days = [date(2026, month, 1) for month in (7, 8, 9, 10)]
    regular = [invoiced(desk.company, "PENH01", day, "50.00", CustomerReference="PO 9") for day in days]
    invoiced(desk.company, "PENH01", days[0], "20.00")
    invoiced(desk.company, "PENH01", days[0], "20.00")

    row = await check(desk, "duplicate_invoices", limit=500)

    assert row["findings"][-1]["documents"] == [f"invoice {one.number}" for one in regular]
    assert "month after month: perhaps a regular bill" in row["findings"][-1]["what"]


def paid(company: Simulator, invoice: Document, amount: str, day: date) -> None:
    books = company.books
    account, method = next(iter(books.bank_accounts)).id, next(iter(books.invoice_methods)).id
    details = {"PayDate": day, "PayMethod": method, "PayAccount": account, "PayAmount": Decimal(amount)}
    payments.pay(books, books.invoices.get(invoice.id), details)


async def test_payments_of_one_document_of_the_same_amount_and_day_are_found(desk: Desk) -> None:
    company, day = desk.company, date(2026, 10, 3)
    invoice, other = (invoiced(company, "PENH01", day, "200.00") for _ in range(2))
    for one, amount, on in (
        (invoice, "70.00", day),
        (invoice, "70.00", day),
        (invoice, "70.00", day + timedelta(days=1)),
        (invoice, "30.00", day),
        (other, "70.00", day),
    ):
        paid(company, one, amount, on)
    bill, exact = put_in(company, "SPEE01", day, "40.00"), put_in(company, "SPEE01", day, "80.00")
    for one in (bill, bill, exact, exact):
        pay(company, company.books.purchases.get(one.id), "40.00", day)

    row = await check(desk, "duplicate_payments", limit=500)
    before = await check(desk, "duplicate_payments", to_date="2026-10-02", limit=500)

    ours = {
        f"invoice {invoice.number}",
        f"invoice {other.number}",
        f"purchase {bill.number}",
        f"purchase {exact.number}",
    }
    found = [finding for finding in row["findings"] if ours & set(finding["documents"])]
    assert [(f["documents"], f["amount"]) for f in found] == [
        ([f"invoice {invoice.number}"], "70.00"),
        ([f"purchase {bill.number}"], "40.00"),
    ]
    assert f"2 payments of invoice {invoice.number} on 3 Oct 2026 of the same amount (payments " in found[0]["what"]
    assert any("paid exactly: not looked at" in note for note in row["notes"])
    assert not [names for names in named(before) if ours & set(names)]


async def test_payments_that_are_too_many_to_read_are_said_to_be_unknown(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr("kf_mcp.tools.check_duplicates.MOST_PAGES", 1)
    monkeypatch.setattr("kf_mcp.tools.check_duplicates.MOST_LOOKED_UP", 1)

    row = await check(desk, "duplicate_payments")

    assert row["outcome"] == "unknown"
    assert "Only the first 100 payments of invoices were read; take a shorter period." in row["notes"]
    assert any("overpaid or part-paid purchase more: not looked at." in note for note in row["notes"])


async def test_credit_notes_of_which_something_is_left_are_named_with_it(desk: Desk) -> None:
    state = desk.company.state()
    expected = [
        (f"{kind} {one['number']}", Decimal(one["net"]) + Decimal(one["vat"]) - Decimal(one["paid"]))
        for kind in ("invoice", "purchase")
        for one in state[f"{kind}s"]
        if Decimal(one["net"]) + Decimal(one["vat"]) < min(0, Decimal(one["paid"]))
    ]

    row = await check(desk, "credit_notes", limit=500)

    assert expected
    assert [(f["documents"][0], Decimal(f["amount"])) for f in row["findings"]] == expected


@pytest.mark.parametrize(("rate", "said"), [(0, "0%"), (-1, "N/A")])
async def test_a_line_without_vat_in_the_uk_is_found_where_its_nominal_has_a_rate(
    desk: Desk, rate: int, said: str
) -> None:
    wrong = invoiced(desk.company, "PENH01", TODAY, "55.00", rate=rate, text="Posters by hand")
    invoiced(desk.company, "PENH01", TODAY, rate=20)
    invoiced(desk.company, abroad(desk.company), TODAY, rate=rate)

    row = await check(desk, "missing_vat")

    assert named(row) == [[f"invoice {wrong.number}"]]
    assert row["findings"][0]["amount"] == "55.00"
    assert f"“Posters by hand” for PENH01 in the UK is at {said}" in row["findings"][0]["what"]


async def test_a_company_that_is_not_registered_misses_no_vat(desk: Desk) -> None:
    desk.company.books.company = replace(desk.company.books.company, vat_registered=False)
    invoiced(desk.company, "PENH01", TODAY, rate=0)

    row = await check(desk, "missing_vat")

    assert (row["outcome"], row["looked_at"]) == ("fine", "the company is not registered for VAT")


async def test_uk_vat_for_a_customer_abroad_is_found(desk: Desk) -> None:
    wrong = invoiced(desk.company, abroad(desk.company), TODAY, "200.00", rate=20)

    row = await check(desk, "vat_abroad")

    assert named(row) == [[f"invoice {wrong.number}"]]
    assert row["findings"][0]["amount"] == "40.00"


@pytest.mark.parametrize(
    ("rate", "vat", "amount", "said"),
    [
        (0, "0.00", "80.00", "at 0% there is no VAT"),
        (-1, "0.00", "80.00", "at N/A"),
        (20, "16.00", "16.00", "carries VAT"),
    ],
)
async def test_a_purchase_from_abroad_without_a_rate_or_with_vat_is_found(
    desk: Desk, rate: int, vat: str, amount: str, said: str
) -> None:
    wrong = put_in(desk.company, "PAPE01", date(2026, 11, 3), "80.00", vat, vat_rate=Decimal(rate))
    put_in(desk.company, "PAPE01", date(2026, 11, 4), "70.00", vat_rate=Decimal(20))
    put_in(desk.company, "SPEE01", date(2026, 11, 5), "60.00")

    row = await check(desk, "vat_abroad")

    assert named(row) == [[f"purchase {wrong.number}"]]
    assert row["findings"][0]["amount"] == amount
    assert said in row["findings"][0]["what"]
    assert "from suppliers abroad" in row["looked_at"]


async def test_documents_in_closed_time_are_found_and_late_ones_come_first(tmp_path: Path) -> None:
    company = a_company()
    late = put_in(company, "SPEE01", date(2026, 5, 5), "10.00")
    settings = real_account(
        tmp_path,
        toolsets="all",
        locked_before="2026-01-01",
        vat_periods="2026-04-01/2026-06-30, 2026-10-01/2026-12-31",
    )
    async with open_desk(company, settings) as desk:
        row = await check(desk, "closed_periods", from_date="2025-10-01", limit=500)
        within = await check(desk, "closed_periods", from_date="2026-04-10", to_date="2026-06-20", limit=1)

    def count(is_closed: Callable[[str], bool]) -> int:
        state = company.state()
        return sum(is_closed(one["date"]) for kind in ("invoices", "purchases") for one in state[kind])

    is_closed = lambda day: "2025-10-01" <= day < "2026-01-01" or "2026-04-01" <= day <= "2026-06-30"  # noqa: E731
    assert row["total"] == len(row["findings"]) == count(is_closed)
    is_late = ["entered after" in finding["what"] for finding in row["findings"]]
    assert [f"purchase {late.number}"] in named(row)[: sum(is_late)]
    assert is_late == sorted(is_late, reverse=True)
    assert "2026-10-01 to 2026-12-31: not shown as submitted for exactly these dates; unknown." in row["notes"]
    assert "Whether other days are closed is unknown" in row["notes"][-1]
    assert (within["total"], len(within["findings"])) == (count(lambda day: "2026-04-10" <= day <= "2026-06-20"), 1)
    assert "notes" not in within


async def test_without_lock_and_periods_nothing_is_called_open(desk: Desk) -> None:
    row = await check(desk, "closed_periods")

    assert row["outcome"] == "unknown"
    assert "open" not in str(row)


async def test_a_check_that_kashflow_refuses_says_so_and_the_others_go_on(desk: Desk) -> None:
    desk.company.mishaps.add("GetInvoicesByDateRange", "status_no")

    reply = await desk("check_books")

    found = {row["check"]: row for row in reply["checks"]}
    refused = [name for name, row in found.items() if row["outcome"] == "not made"]
    assert refused == ["invoice_numbers", "duplicate_invoices", "credit_notes", "missing_vat", "vat_abroad"]
    assert "KashFlow refused GetInvoicesByDateRange" in found["missing_vat"]["notes"][0]
    assert found["debtors"]["outcome"] == "fine"


async def test_dates_in_the_wrong_order_and_unknown_checks_are_errors(desk: Desk) -> None:
    assert "`from_date` is after" in await desk.error("check_books", from_date="2026-02-01", to_date="2026-01-01")
    assert "checks" in await desk.error("check_books", checks=["horoscope"])


async def test_nothing_is_written(desk: Desk) -> None:
    before = desk.company.state()

    await desk("check_books")

    assert desk.company.state() == before


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([], []), ([7], []), ([3, 1, 2], []), ([1, 2, 5, 9, 9, 0], [(3, 4), (6, 8)])],
)
def test_gaps_are_the_runs_of_numbers_that_are_missing(numbers: list[int], expected: list[tuple[int, int]]) -> None:
    assert checks.gaps(numbers) == expected


@pytest.mark.parametrize(
    ("day", "first"),
    [("2026-11-20", "2025-11-21"), ("2024-02-28", "2023-02-28"), ("2025-02-28", "2024-03-01")],
)
def test_the_assumed_period_is_twelve_months(day: str, first: str) -> None:
    assert checks.a_year_to(date.fromisoformat(day)).isoformat() == first


def test_only_days_under_lock_or_return_are_known_to_be_closed() -> None:
    year = (date(2026, 1, 1), date(2026, 6, 30))
    returns = [(date(2026, 4, 1), date(2026, 6, 30)), (date(2026, 2, 1), date(2026, 3, 31))]

    assert closed.is_all_closed(year, date(2026, 2, 1), returns)
    assert not closed.is_all_closed(year, date(2026, 1, 31), returns)
    assert not closed.is_all_closed(year, None, [])


def test_a_credit_note_with_the_purchases_reference_is_no_duplicate() -> None:
    def purchase(number: int, net: str) -> Purchase:
        return Purchase(
            id=number,
            number=number,
            supplier_id=1,
            supplier_code="S",
            issue_date=TODAY,
            due_date=None,
            reference="A1",
            net=Decimal(net),
            vat=Decimal(0),
            paid=Decimal(0),
        )

    both = duplicates.purchases([purchase(1, "10"), purchase(2, "10")], (TODAY, TODAY))

    assert duplicates.purchases([purchase(1, "10"), purchase(2, "-10")], (TODAY, TODAY)) == []
    assert [finding.documents for finding in both] == [("purchase 1", "purchase 2")]


@pytest.mark.parametrize("listed", ["70.00", "-70.00"])
def test_an_aged_list_of_either_sign_agrees_with_its_control_account(listed: str) -> None:
    zero = Decimal(0)
    months = {"months": (zero, zero, zero), "month_names": ("", "", ""), "older": zero}
    row = Aged(id=1, code="S", name="S", balance=Decimal(listed), current=Decimal(listed), **months)
    control = NominalSum(
        id=2, code=2100, name="Creditors Control", debit=Decimal(30), credit=Decimal(100), balance=Decimal(70)
    )

    assert checks.against_control([row], control, -1, "2100") == []
    assert checks.against_control([], control, -1, "2100")[0].amount == Decimal(-70)
