from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Desk, a_company, open_desk, real_account
from figures import balances

from kf_mcp.simulator import Switches
from kf_mcp.simulator.records import BankRow


def seen(state, account: int):
    """The rows of one account with money in above zero; a transfer is seen from both of its ends."""
    for row in state["bank_transactions"]:
        amount = Decimal(row["money_in"]) - Decimal(row["money_out"])
        if row["account"] == account:
            yield row["id"], row["date"], amount, row["comment"]
        elif row["other_account"] == account:
            yield row["id"], row["date"], -amount, row["comment"]


def account(desk: Desk, name: str) -> int:
    return next(row["id"] for row in desk.company.state()["bank_accounts"] if row["name"] == name)


async def test_every_transaction_of_an_account_is_found_newest_first_with_its_sums(desk: Desk) -> None:
    found = await desk("find_bank_transactions", account="Current account", limit=200)

    expected = list(seen(desk.company.state(), account(desk, "Current account")))
    rows = [(row["id"], row["date"], Decimal(row["amount"])) for row in found["transactions"]]
    assert sorted(rows) == sorted((id_, day, amount) for id_, day, amount, _ in expected)
    assert rows == sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)
    assert Decimal(found["sums"][0]["money_in"]) == sum(amount for _, _, amount, _ in expected if amount > 0)
    assert Decimal(found["sums"][0]["money_out"]) == -sum(amount for _, _, amount, _ in expected if amount < 0)


async def test_the_order_is_the_same_at_every_call_though_kashflows_is_not(desk: Desk) -> None:
    first = await desk("find_bank_transactions", limit=200)
    again = await desk("find_bank_transactions", limit=200)

    assert desk.company.switches.same_day_order == "changing"
    assert first == again


async def test_a_transfer_stands_in_both_accounts_under_one_id_and_is_named(desk: Desk) -> None:
    transfer = next(row for row in desk.company.state()["bank_transactions"] if row["other_account"])

    found = await desk("find_bank_transactions", from_date=transfer["date"], to_date=transfer["date"])

    ends = [row for row in found["transactions"] if row["id"] == transfer["id"]]
    assert len(ends) == 2
    assert sum(Decimal(row["amount"]) for row in ends) == 0
    assert {row["type"] for row in ends} == {"transfer"}


async def test_dates_direction_words_and_amount_all_count_and_sums_cover_rows_that_are_cut(desk: Desk) -> None:
    asked = {"account": "Current account", "from_date": "2026-06-01", "to_date": "2026-10-31", "direction": "out"}

    found = await desk("find_bank_transactions", **asked, words="wages", min_amount=1, limit=2)

    rows = seen(desk.company.state(), account(desk, "Current account"))
    fitting = [row for row in rows if "2026-06-01" <= row[1] <= "2026-10-31" and "ages" in row[3] and row[2] <= -1]
    assert (found["total"], len(found["transactions"]), found["next_offset"]) == (len(fitting), 2, 2)
    assert Decimal(found["sums"][0]["money_out"]) == -sum(row[2] for row in fitting)
    assert "1 Jun 2026 to 31 Oct 2026" in found["searched"]


async def test_vat_within_a_transaction_is_shown_where_it_counts(desk: Desk) -> None:
    state = desk.company.state()
    vatable = next(row for row in state["bank_transactions"] if row["vatable"])

    found = await desk("find_bank_transactions", words=vatable["comment"])

    row = next(row for row in found["transactions"] if row["id"] == vatable["id"])
    assert (Decimal(row["vat"]), row["vat_rate"]) == (Decimal(vatable["vat"]), "20%")


async def test_nothing_found_is_an_empty_list_and_an_unknown_account_an_error(desk: Desk) -> None:
    nothing = await desk("find_bank_transactions", words="zebra crossing")
    text = await desk.error("find_bank_transactions", account="Swiss account")

    assert (nothing["total"], nothing["transactions"], nothing["sums"]) == (0, [], [])
    assert "Reserve account" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"from_date": "2026-10-01", "to_date": "2026-09-01"}, "`from_date` is after `to_date`"),
        ({"min_amount": 10, "max_amount": 5}, "`min_amount` is above `max_amount`"),
        ({"direction": "sideways"}, "`direction`"),
    ],
)
async def test_filters_that_cannot_be_are_refused(desk: Desk, arguments, said) -> None:
    assert said in await desk.error("find_bank_transactions", arguments)


async def test_balances_now_are_those_of_the_documents(desk: Desk) -> None:
    found = await desk("get_bank_balances")

    state = desk.company.state()
    books = balances(state, date.min, date(2026, 11, 20))
    assert {row["account"]: Decimal(row["balance"]) for row in found["balances"]} == {
        row["name"]: books.get(row["nominal"], Decimal(0)) for row in state["bank_accounts"]
    }
    assert Decimal(found["total"]) == sum(Decimal(row["balance"]) for row in found["balances"])


async def test_a_balance_on_a_day_counts_nothing_after_it(desk: Desk) -> None:
    found = await desk("get_bank_balances", date="2026-06-30", account="current")

    (row,) = found["balances"]
    assert Decimal(row["balance"]) == balances(desk.company.state(), date.min, date(2026, 6, 30))[1200]
    assert found["day"] == "at the end of 30 Jun 2026"


async def test_a_stable_order_at_kashflow_changes_nothing(tmp_path: Path) -> None:
    replies = []
    for order in ("changing", "stable"):
        company = a_company(switches=Switches.parse([f"same_day_order={order}"]))
        async with open_desk(company, real_account(tmp_path, toolsets="bank")) as desk:
            replies.append(await desk("find_bank_transactions", limit=200))

    assert replies[0] == replies[1]


async def test_money_on_account_names_its_customer_or_supplier(desk: Desk) -> None:
    books = desk.company.books
    supplier = next(iter(books.suppliers))
    books.put_bank_row(
        BankRow(
            id=books.next_id("bank row"),
            account=next(iter(books.bank_accounts)).id,
            date=date(2026, 11, 20),
            money_in=Decimal(0),
            money_out=Decimal(75),
            type=books.company.controls.creditors,
            comment="Deposit for paper",
            supplier=supplier.id,
        )
    )

    paid = await desk("find_bank_transactions", words="deposit paper")
    received = await desk("find_bank_transactions", words="deposit liveries")

    assert [(row["party"], row["amount"]) for row in paid["transactions"]] == [(supplier.code, "-75.00")]
    assert received["transactions"][0]["party"] == "KEST01"
