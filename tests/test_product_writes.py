"""Products: entered once, changed in what was named and nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, a_company, open_desk, real_account

from kf_mcp.simulator import Switches

BANNER = {"name": "Roller banner", "nominal": "Printing", "price": "84.125", "code": "RB-85"}


@asynccontextmanager
async def desk_with(tmp_path: Path, **switches: Any) -> AsyncIterator[Desk]:
    company = a_company(switches=Switches(**switches))
    async with open_desk(company, real_account(tmp_path, confirm="either", toolsets="all")) as desk:
        yield desk


async def confirmed(desk: Desk, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    preview = await desk(tool, arguments)
    assert preview["status"] == "needs_confirmation", preview
    return await desk(tool, arguments, confirm=preview["confirm"])


def product(desk: Desk, code: str) -> dict[str, Any]:
    return next(row for row in desk.company.state()["products"] if row["code"] == code)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A product with its figures as numbers, however many places they are written with."""
    figures = {name: float(row[name]) for name in ("price", "vat_rate", "wholesale_price")}
    return {**row, **figures}


async def test_a_product_is_entered_with_the_vat_rate_of_its_nominal_where_none_was_named(desk: Desk) -> None:
    preview = await desk("create_product", BANNER)
    reply = await desk("create_product", BANNER, confirm=preview["confirm"])

    new = product(desk, "RB-85")
    assert "VAT: 20% (the default of 4010 Printing)" in preview["facts"]
    assert preview["title"] == "New product “Roller banner” at £84.125 net"
    assert (reply["status"], reply["code"]) == ("done", "RB-85")
    assert plain(new) == {
        "id": new["id"],
        "code": "RB-85",
        "name": "Roller banner",
        "description": "",
        "nominal": 4010,
        "price": 84.125,
        "vat_rate": 20.0,
        "wholesale_price": 0.0,
        "in_stock": None,
        "managed": False,
        "stock_warning": 0,
        "fills_in": True,
    }


async def test_a_vat_rate_that_cannot_be_told_comes_back_as_choices(desk: Desk) -> None:
    """A nominal's 0 cannot be told from unset."""
    text = await desk.error("create_product", {**BANNER, "nominal": "4020"})

    assert "no VAT rate of its own" in text
    assert "- N/A" in text


async def test_a_name_in_use_under_the_nominal_is_warned_of(desk: Desk) -> None:
    preview = await desk("create_product", {**BANNER, "name": "business cards"})

    assert any("is called so already: BC-350" in warning for warning in preview["warnings"])


async def test_where_kashflow_rounds_the_price_the_reply_leads_with_the_difference(tmp_path: Path) -> None:
    async with desk_with(tmp_path, rate_places="two") as desk:
        reply = await confirmed(desk, "create_product", BANNER)

        assert reply["differences"] == ["the price is 84.13, not 84.125"]


async def test_only_what_was_named_changes_and_undo_brings_it_back(desk: Desk) -> None:
    before = plain(product(desk, "SRA2-300"))
    changes = {"product": "sra2-300", "price": "31.4", "description": "", "nominal": "5010", "vat_rate": "N/A"}

    preview = await desk("update_product", changes)
    reply = await desk("update_product", changes, confirm=preview["confirm"])

    assert "Price: £28.90 becomes £31.40" in preview["facts"]
    assert "Nominal: 5000 Paper and materials becomes 5010 Trade printing" in preview["facts"]
    assert "VAT: 20% becomes N/A" in preview["facts"]
    after = {**before, "price": 31.4, "description": "", "nominal": 5010, "vat_rate": -1.0}
    assert plain(product(desk, "SRA2-300")) == after

    await confirmed(desk, "undo_write", {"entry": reply["entry"]})
    assert plain(product(desk, "SRA2-300")) == before


async def test_a_purchased_product_is_found_by_its_name(desk: Desk) -> None:
    preview = await desk("update_product", {"product": "coated board sra2", "in_stock": 20})

    assert "Stock: 14 becomes 20" in preview["facts"]


async def test_a_warning_level_without_counted_stock_is_warned_of(desk: Desk) -> None:
    preview = await desk("update_product", {"product": "LOGO", "warn_at": 3})

    assert any("not counted" in warning for warning in preview["warnings"])


@pytest.mark.parametrize("shape", ["refuse", "blank"])
async def test_a_product_that_is_not_there_is_said_so_in_both_shapes(tmp_path: Path, shape: str) -> None:
    async with desk_with(tmp_path, not_found_other=shape) as desk:
        text = await desk.error("update_product", {"product": "NO-SUCH", "price": "1"})

        assert "No product with this code or name" in text


async def test_a_lost_answer_is_found_and_entered_once(desk: Desk) -> None:
    desk.company.mishaps.add("AddOrUpdateSubProduct", "lose_answer", 1)

    reply = await confirmed(desk, "create_product", BANNER)

    assert reply["status"] == "done"
    assert [row["code"] for row in desk.company.state()["products"]].count("RB-85") == 1


async def test_undo_of_a_new_product_is_refused_as_announced(desk: Desk) -> None:
    reply = await confirmed(desk, "create_product", BANNER)

    text = await desk.error("undo_write", {"entry": reply["entry"]})

    assert "KashFlow has no operation that deletes a product" in text


async def test_without_a_nominal_the_choices_come_back(desk: Desk) -> None:
    text = await desk.error("create_product", {"name": "Stickers", "price": "3.00"})

    assert "`nominal` set to one of:" in text
    assert "Control" not in text
