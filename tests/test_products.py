from decimal import Decimal

import pytest
from conftest import Desk

from kf_mcp.model.products import Product


async def test_every_product_is_found_with_price_and_nominal(desk: Desk) -> None:
    found = await desk("find_products", limit=200)

    there = {row["code"]: Decimal(row["price"]) for row in desk.company.state()["products"]}
    assert there
    assert {row["code"]: Decimal(row["price"]) for row in found["products"]}.items() <= there.items()
    assert found["total"] == len(found["products"])
    assert [row["nominal"] for row in found["products"]] == sorted(row["nominal"] for row in found["products"])


async def test_words_narrow_the_catalogue(desk: Desk) -> None:
    every = await desk("find_products", limit=200)
    wanted = every["products"][0]

    found = await desk("find_products", words=f"{wanted['name']} {wanted['code']}")
    nothing = await desk("find_products", words="zebra crossing")

    assert wanted in found["products"]
    assert (nothing["total"], nothing["products"]) == (0, [])


async def test_the_products_of_one_nominal_are_those_under_it(desk: Desk) -> None:
    every = await desk("find_products", limit=200)
    code = int(every["products"][0]["nominal"].split()[0])

    found = await desk("find_products", nominal=code, limit=200)

    assert found["products"] == [row for row in every["products"] if row["nominal"].startswith(f"{code} ")]


async def test_an_unknown_nominal_is_an_error_that_lists_the_choices(desk: Desk) -> None:
    assert "4000" in await desk.error("find_products", nominal=99999)


@pytest.mark.parametrize(
    ("counted", "left", "warn", "low"),
    [(True, 3, 5, True), (True, 5, 5, True), (True, 6, 5, False), (True, 0, 0, True), (False, 0, 5, False)],
)
def test_stock_is_low_at_its_warning_level_where_it_is_counted(counted, left, warn, low) -> None:
    product = Product(
        id=1, nominal_id=1, name="Cards", price=Decimal(1), is_stocked=counted, in_stock=left, warn_at=warn
    )

    assert product.is_low is low


async def test_rows_that_are_cut_can_be_had_with_the_next_offset(desk: Desk) -> None:
    every = await desk("find_products", limit=200)
    first = await desk.result("find_products", limit=1)
    rest = await desk("find_products", limit=200, offset=first.structured_content["next_offset"])

    assert first.structured_content["products"] + rest["products"] == every["products"]
    assert "More with offset=1." in first.content[0].text
