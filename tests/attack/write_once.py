"""A program for `test_trail_disk.py`: one write with the data folder that it is given, told as a line of JSON."""

import asyncio
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from conftest import HATS, a_company, open_desk, real_account


async def main(folder: Path) -> None:
    company = a_company()
    async with open_desk(company, real_account(folder, confirm="either")) as desk:
        result = await desk.result("create_invoice", HATS)
        if result.structured_content:
            result = await desk.result("create_invoice", HATS, confirm=result.structured_content["confirm"])
    in_books = sum(invoice["reference"] == HATS["reference"] for invoice in company.state()["invoices"])
    print(json.dumps({"text": result.content[0].text, "in_books": in_books}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
