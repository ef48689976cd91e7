"""Rows of the trail, and the entries that they make up."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, select

from kf_mcp.trail.entry import Entry, StepState
from kf_mcp.trail.schema import ROWS, row_hash
from kf_mcp.trail.trail import Behind, Opening, Taken, entry_of, is_open_at

Row = dict[str, Any]
TEXT: Final = re.compile("“[^”]*”?")
"""Other people's words, as `model.text.quoted` marks them."""


def entries(db: Connection, firsts: Iterable[Any]) -> Iterable[Entry]:
    """The entries that these first rows began, as they stand now."""
    for first in firsts:
        yield entry_at(db, dict(first))


def entry_at(db: Connection, first: Row) -> Entry:
    """The entry that this first row began, as it stands now. Raises Damaged."""
    last = (
        db.execute(select(ROWS).where(ROWS.c.entry == first["entry"]).order_by(ROWS.c.seq.desc()).limit(1))
        .mappings()
        .one()
    )
    return entry_of(first, dict(last))


def refuse_if_taken(opening: Opening, db: Connection) -> None:
    """Raise Taken when the consent, the lock or a target is held, Behind when a target was written to since the plan."""
    for column, value in (("consent", opening.consent), ("lock", opening.lock)):
        first = db.execute(select(ROWS).where(ROWS.c[column] == value)).mappings().first()
        if first:
            raise Taken(entry_at(db, dict(first)), column)
    for target in opening.targets:
        named = ROWS.c.targets.contains(json.dumps(target), autoescape=True)
        holders = select(ROWS).where(ROWS.c.account == opening.account, ROWS.c.lock.is_not(None), named)
        for entry in entries(db, db.execute(holders).mappings().all()):
            if is_open_at(entry, (target,)):
                raise Taken(entry, "target")
            if entry.seq > opening.planned_at:
                raise Behind


def spent_since(db: Connection, account: str, since: datetime) -> Decimal:
    """What the writes of the account since then come to; those that were certainly not written do not count.

    Every one of them is looked at: where the clock was set back and forth, they do not stand in the order of their times.
    """
    own = (ROWS.c.account == account, ROWS.c.lock.is_not(None), ROWS.c.at >= since.astimezone(UTC).isoformat())
    found = entries(db, db.execute(select(ROWS).where(*own)).mappings().all())
    return sum((entry.amount for entry in found if entry.state != "refused"), Decimal(0))


def append_row(db: Connection, row: Row, newest: Row) -> Row:
    """Add a row that names its predecessor."""
    sealed = {**row, "seq": newest["seq"] + 1, "previous": newest["hash"]}
    sealed["hash"] = row_hash(sealed)
    db.execute(ROWS.insert().values(**sealed))
    return sealed


def without_texts(step: StepState) -> Row:
    """A step as it stays on the trail: that a text differs is kept, not the text, which may be anybody's address."""
    told = tuple(TEXT.sub("“…”", difference) for difference in step.differences)
    return step.model_copy(update={"differences": told}).model_dump(mode="json")
