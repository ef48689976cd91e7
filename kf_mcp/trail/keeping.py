"""What is kept beside the trail so that a write can be undone or finished: personal text, therefore outside the chain, and erased."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from kf_mcp.trail.entry import Entry
from kf_mcp.trail.schema import KEPT, kept_hash

KEPT_FOR: Final = timedelta(days=30)


def keep(db: Connection, entry: int, bodies: Sequence[str], now: datetime) -> None:
    """Keep a text for each step of an entry, for a month."""
    until = (now + KEPT_FOR).isoformat()
    for step, body in enumerate(bodies):
        db.execute(KEPT.insert().values(entry=entry, step=step, until=until, body=body))


def erase(db: Connection, now: datetime) -> None:
    """Erase what has been kept for its time."""
    db.execute(delete(KEPT).where(KEPT.c.until < now.isoformat()))


def read_kept(db: Connection, entry: Entry) -> list[str]:
    """What is kept for the steps of an entry; empty where any of it is gone, or is not what the chain holds the hash of."""
    found = db.execute(select(KEPT.c.body).where(KEPT.c.entry == entry.id).order_by(KEPT.c.step)).scalars().all()
    if [kept_hash(body) for body in found] != [step.kept for step in entry.steps]:
        return []
    return list(found)
