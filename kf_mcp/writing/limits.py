"""The owner's limits, checked before any question is put to a person."""

from kf_mcp.errors import NotAllowed
from kf_mcp.model import dates, money
from kf_mcp.settings import Settings
from kf_mcp.writing.plan import Plan


def check(plan: Plan, settings: Settings) -> None:
    """Refuse a plan above KASHFLOW_MAX_AMOUNT or dated before KASHFLOW_LOCKED_BEFORE. Raises NotAllowed."""
    if settings.max_amount is not None and plan.amount > settings.max_amount:
        raise NotAllowed(
            f"{money.in_words(plan.amount)} is above the owner's limit of {money.in_words(settings.max_amount)} for one write.",
            "Nothing was written. The owner can change KASHFLOW_MAX_AMOUNT.",
        )
    locked = settings.locked_before
    for day in plan.dated:
        if locked is not None and day < locked:
            raise NotAllowed(
                f"{dates.in_words(day)} lies before {dates.in_words(locked)}, up to which the books are locked.",
                "Nothing was written. Use a later date, or let the owner change KASHFLOW_LOCKED_BEFORE.",
            )
