"""The owner's limits, checked before any question is put to a person."""

from datetime import datetime
from decimal import Decimal

from kf_mcp.errors import NotAllowed
from kf_mcp.model import dates, money
from kf_mcp.settings import Settings
from kf_mcp.writing.history import History
from kf_mcp.writing.plan import Plan


async def check(plan: Plan, settings: Settings, history: History, now: datetime) -> None:
    """Refuse what the owner does not allow. Raises NotAllowed.

    KASHFLOW_MAX_AMOUNT bounds one write, KASHFLOW_DAILY_LIMIT the sum of a UK day's writes (undoing counts as nothing), and nothing is
    entered, changed or removed that is dated before KASHFLOW_LOCKED_BEFORE.
    """
    if settings.max_amount is not None and plan.amount > settings.max_amount:
        raise NotAllowed(
            f"{money.in_words(plan.amount)} is above the owner's limit of {money.in_words(settings.max_amount)} for one write.",
            "Nothing was written. The owner can change KASHFLOW_MAX_AMOUNT.",
        )
    if settings.daily_limit is not None:
        spent = await history.spent(dates.uk_midnight(now))
        if spent + plan.amount > settings.daily_limit:
            raise over_the_day(plan, settings, spent)
    locked = settings.locked_before
    for day in (*plan.dated, *plan.alters):
        if locked is not None and day < locked:
            raise NotAllowed(
                f"{dates.in_words(day)} lies before {dates.in_words(locked)}, up to which the books are locked.",
                "Nothing was written. Use a later date, or let the owner change KASHFLOW_LOCKED_BEFORE.",
            )


def over_the_day(plan: Plan, settings: Settings, spent: Decimal) -> NotAllowed:
    """That the day's writes would come to more than the owner allows."""
    show = money.in_words
    return NotAllowed(
        f"With {show(plan.amount)} the day's writes would come to {show(spent + plan.amount)}, "
        f"above the owner's limit of {show(settings.daily_limit or Decimal(0))} for a day.",
        "Nothing was written. Write it tomorrow, or let the owner change KASHFLOW_DAILY_LIMIT.",
    )
