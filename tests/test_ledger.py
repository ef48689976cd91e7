from datetime import date
from decimal import Decimal

import pytest
from conftest import Desk, a_company, open_desk, real_account
from figures import columns, postings

from kf_mcp.model.reports import LedgerEntry, NominalSum, ledger_side
from kf_mcp.simulator import Switches
from kf_mcp.tools.ledger_replies import JournalDetails, JournalLineRow

AUTUMN = {"start": "2026-08-01", "end": "2026-10-31"}
START, END = date(2026, 8, 1), date(2026, 10, 31)


def posted(desk: Desk, nominal: int) -> list[tuple[str, Decimal]]:
    """Each day's sum on a nominal; a debit is above zero."""
    days: dict[str, Decimal] = {}
    for day, code, amount in postings(desk.company.state()):
        if code == nominal and START <= day <= END and amount:
            days[day.isoformat()] = days.get(day.isoformat(), Decimal(0)) + amount
    return sorted(days.items())


@pytest.mark.parametrize("nominal", [1100, 1200, 4000, 2201, 7000])
async def test_the_ledger_of_a_nominal_holds_everything_posted_to_it(desk: Desk, nominal) -> None:
    found = await desk("get_nominal_ledger", nominal=str(nominal), **AUTUMN, limit=500)

    sign = {"debits": 1, "credits": -1}[found["signs"].removeprefix("Amounts above zero are ").rstrip(".")]
    days: dict[str, Decimal] = {}
    for row in found["entries"]:
        days[row["date"]] = days.get(row["date"], Decimal(0)) + sign * Decimal(row["amount"])
    sums = columns(desk.company.state(), START, END)[nominal]
    dates = [row["date"] for row in found["entries"]]
    assert sorted(days.items()) == posted(desk, nominal)
    assert (Decimal(found["debit"]), Decimal(found["credit"])) == sums
    assert Decimal(found["sum"]) == sign * (sums.debit - sums.credit)
    assert dates == sorted(dates)
    assert "problems" not in found


async def test_a_nominal_is_found_by_its_name(desk: Desk) -> None:
    by_name = await desk("get_nominal_ledger", nominal="debtors control", **AUTUMN)
    by_part = await desk("get_nominal_ledger", nominal="Debtors", **AUTUMN)

    assert by_name["nominal"] == "1100 Debtors Control"
    assert by_part == by_name


async def test_words_narrow_the_entries_and_sums_cover_rows_that_are_cut(desk: Desk) -> None:
    every = await desk("get_nominal_ledger", nominal="1100", **AUTUMN, limit=500)
    party = next(row["party"] for row in every["entries"] if row["kind"] == "invoice")

    found = await desk("get_nominal_ledger", nominal="1100", **AUTUMN, words=party, limit=1)

    fitting = [row for row in every["entries"] if party in (row.get("party", ""), row.get("narrative", ""))]
    assert found["total"] >= len(fitting) >= 1
    assert len(found["entries"]) == 1
    assert found["debit"] == every["debit"]


async def test_nothing_posted_is_an_empty_list(desk: Desk) -> None:
    found = await desk("get_nominal_ledger", nominal="1100", start="2019-01-01", end="2019-01-31")

    assert (found["total"], found["entries"], found["sum"]) == (0, [], "0.00")
    assert "does not document" in found["signs"]


@pytest.mark.parametrize(
    ("nominal", "said"),
    [("99999", "99999"), ("zebra", "zebra"), ("VAT", "Several nominals fit")],
)
async def test_an_unknown_or_ambiguous_nominal_is_an_error_that_helps(desk: Desk, nominal, said) -> None:
    assert said in await desk.error("get_nominal_ledger", nominal=nominal, **AUTUMN)


async def test_journals_are_found_newest_first_with_what_they_move(desk: Desk) -> None:
    found = await desk("find_journals", limit=200)

    journals = desk.company.state()["journals"]
    moved = {j["number"]: sum(max(Decimal(line["amount"]), Decimal(0)) for line in j["lines"]) for j in journals}
    dates = [row["date"] for row in found["journals"]]
    assert {row["number"]: Decimal(row["amount"]) for row in found["journals"]} == moved
    assert Decimal(found["sum"]) == sum(moved.values())
    assert dates == sorted(dates, reverse=True)
    assert journals


async def test_journals_are_narrowed_by_date_nominal_words_and_amount(desk: Desk) -> None:
    wanted = desk.company.state()["journals"][0]
    amount = sum(max(Decimal(line["amount"]), Decimal(0)) for line in wanted["lines"])

    found = await desk(
        "find_journals",
        from_date=wanted["date"],
        to_date=wanted["date"],
        nominal=str(wanted["lines"][0]["nominal"]),
        words=wanted["comment"],
        min_amount=str(amount),
        max_amount=str(amount),
    )
    nothing = await desk("find_journals", words="zebra crossing")

    assert [row["number"] for row in found["journals"]] == [wanted["number"]]
    assert (nothing["total"], nothing["journals"]) == (0, [])


async def test_a_journal_shows_its_lines_which_add_up_to_nothing(desk: Desk) -> None:
    wanted = desk.company.state()["journals"][0]

    shown = await desk("get_journal", number=wanted["number"])

    names = {row["code"]: row["name"] for row in desk.company.state()["nominals"]}
    lines = [(f"{line['nominal']} {names[line['nominal']]}", abs(Decimal(line["amount"]))) for line in wanted["lines"]]
    assert [(row["nominal"], abs(Decimal(row["amount"]))) for row in shown["lines"]] == lines
    assert shown["difference"] == "0.00"


async def test_an_unknown_journal_is_an_error_that_says_where_to_look(desk: Desk) -> None:
    assert "find_journals" in await desk.error("get_journal", number=999_999)


@pytest.mark.parametrize(
    ("values", "debit", "credit", "side", "problem"),
    [
        (["10", "-3"], "10", "3", "debit", ""),
        (["-10", "3"], "10", "3", "credit", ""),
        (["5", "-5"], "5", "5", None, ""),
        (["10"], "9", "0", None, "The entries make £10.00, but debits less credits in the trial balance make £9.00."),
    ],
)
def test_the_trial_balance_tells_which_sign_is_a_debit(values, debit, credit, side, problem) -> None:
    entries = [LedgerEntry(date=START, kind="bank", id=n, value=Decimal(v)) for n, v in enumerate(values)]
    sums = NominalSum(id=1, code=1, name="", debit=Decimal(debit), credit=Decimal(credit), balance=Decimal(0))

    assert ledger_side(entries, sums) == (side, problem)


@pytest.mark.parametrize("shape", ["refuse", "blank"])
async def test_an_unknown_journal_is_the_same_in_both_of_kashflows_shapes(tmp_path, shape) -> None:
    company = a_company(switches=Switches.parse([f"not_found_other={shape}"]))
    async with open_desk(company, real_account(tmp_path, toolsets="ledger")) as desk:
        text = await desk.error("get_journal", number=999_999)

    assert "No journal" in text


@pytest.mark.parametrize("sign", ["credit_positive", "debit_positive"])
async def test_the_signs_are_told_whichever_kashflow_uses(tmp_path, sign) -> None:
    company = a_company(switches=Switches.parse([f"ledger_value_sign={sign}", "ledger_payments=document"]))
    async with open_desk(company, real_account(tmp_path, toolsets="ledger")) as desk:
        found = await desk("get_nominal_ledger", nominal="1100", **AUTUMN, limit=500)

    assert found["signs"] == f"Amounts above zero are {sign.removesuffix('_positive')}s."
    assert {row["kind"] for row in found["entries"]} == {"invoice"}


async def test_no_journals_at_all_are_an_empty_list(tmp_path) -> None:
    company = a_company("empty", Switches.parse(["empty_list=absent"]))
    async with open_desk(company, real_account(tmp_path, toolsets="ledger")) as desk:
        found = await desk("find_journals")

    assert (found["total"], found["journals"]) == (0, [])


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("find_journals", {"from_date": "2026-10-02", "to_date": "2026-10-01"}, "`from_date` is after `to_date`"),
        ("find_journals", {"min_amount": 2, "max_amount": 1}, "`min_amount` is above `max_amount`"),
        ("get_nominal_ledger", {"nominal": "1100", "start": "2026-10-02", "end": "2026-10-01"}, "`start` is after"),
    ],
)
async def test_filters_that_cannot_be_are_refused(desk: Desk, tool, arguments, said) -> None:
    assert said in await desk.error(tool, arguments)


async def test_rows_that_are_cut_can_be_had_with_the_next_offset(desk: Desk) -> None:
    every = await desk("find_journals")
    first = await desk.result("find_journals", limit=1)
    rest = await desk("find_journals", offset=first.structured_content["next_offset"])

    assert first.structured_content["journals"] + rest["journals"] == every["journals"]
    assert "More with offset=1." in first.content[0].text


def test_a_journal_that_does_not_add_up_says_so_first() -> None:
    line = JournalLineRow(nominal="3000 Share capital", amount=Decimal(3))
    journal = JournalDetails(number=7, date=START, lines=[line], difference=Decimal(3))

    assert journal.in_words().splitlines()[1] == "! The lines add up to £3.00 and should make nothing."
