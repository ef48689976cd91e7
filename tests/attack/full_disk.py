"""A program for `test_trail_disk.py`: writes while the disk takes only so many more bytes, and tells what became of it.

`python full_disk.py HOW FOLDER MISHAPS STEP COUNT`: for each mishap and each of COUNT amounts of room, STEP bytes apart, one line of
JSON. HOW is `limit` (no file of this process may grow beyond) or `fill` (the file system of FOLDER is small, and is filled up).
"""

import asyncio
import json
import logging
import os
import resource
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from conftest import HATS, Clock, Desk, a_company, open_desk, real_account

from kf_mcp.trail.store import Store
from kf_mcp.writing import carrying

carrying.CLOSING_TRIES = 2  # the waiting between tries is not what is looked at here


class Limited:
    """A disk on which no file of this process can grow."""

    def leave(self, folder: Path, room: int) -> None:
        size = (folder / "trail.db-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def free(self) -> None:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


class Filled:
    """A small disk that is full but for so many bytes."""

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def leave(self, folder: Path, room: int) -> None:
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(shutil.disk_usage(folder).free - room, 1))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


def hats(desk: Desk) -> int:
    return sum(invoice["reference"] == HATS["reference"] for invoice in desk.invoices())


def rows(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "trail.db")) as db:
        return [state for (state,) in db.execute("SELECT state FROM trail ORDER BY seq")]


async def one(disk: Limited | Filled, folder: Path, mishap: str, room: int) -> dict[str, Any]:
    """One write with so much room; then, once there is room, the same call again as a person would make it."""
    clock = Clock()
    async with open_desk(a_company(), real_account(folder, confirm="either"), clock=clock) as desk:
        confirm = (await desk("create_invoice", HATS))["confirm"]
        if mishap != "none":
            desk.company.mishaps.add("InsertInvoice", mishap, 1)
        disk.leave(folder, room)
        result = await desk.result("create_invoice", HATS, confirm=confirm)
        listed = await desk.result("list_writes")
        disk.free()
        told = {
            "mishap": mishap,
            "room": room,
            "status": (result.structured_content or {}).get("status", "error"),
            "text": result.content[0].text,
            "listed": listed.content[0].text,
            "in_books": hats(desk),
            "on_trail": rows(folder),
        }
        desk.company.mishaps.clear()
        clock.time += timedelta(minutes=5)
        again = await desk.result("create_invoice", HATS, confirm=confirm)  # the same yes: it counts once
        for _ in range(2):  # it was not in the books, and after ten minutes that is known
            clock.time += timedelta(minutes=11)
            if not again.is_error and again.structured_content["status"] == "done":
                break
            again = await desk.result("create_invoice", HATS)
            if not again.is_error and again.structured_content["status"] == "needs_confirmation":
                again = await desk.result("create_invoice", HATS, confirm=again.structured_content["confirm"])
        told |= {"then": again.content[0].text, "at_last": hats(desk), "balanced": desk.is_balanced()}
    store = Store.at(folder / "trail.db")
    told |= {"rows": rows(folder), "broken": store.broken_at()}
    store.close()
    return told


async def main(how: str, folder: Path, mishaps: list[str], step: int, count: int) -> None:
    logging.disable()
    disk = Filled(folder) if how == "fill" else Limited()
    for mishap in mishaps:
        for n in range(count):
            own = folder / f"{mishap}-{n}"
            print(json.dumps(await one(disk, own, mishap, n * step)), flush=True)  # noqa: T201
            shutil.rmtree(own)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3].split(","), int(sys.argv[4]), int(sys.argv[5])))
