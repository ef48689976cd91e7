"""What the approval page looks like: templates that escape everything, and one style sheet."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kf_mcp.errors import OutcomeUnknown
from kf_mcp.model import dates, money, vat
from kf_mcp.writing.approvals import Approval, State

FOLDER: Final = Path(__file__).parent / "templates"
HEADINGS: Final = {
    "done": "It is in the books",
    "partly": "It was written in part",
    "unknown": "It is not known whether it was written",
}


def approval(approval: Approval, state: State, *, shown: str, seal: str, is_demo: bool) -> str:
    """The page of one approval, as it stands."""
    return _page(
        "approval.html",
        heading=_heading(approval, state),
        state=state,
        plan=approval.planned.plan,
        notice=approval.notice,
        outcome=approval.outcome,
        failure=approval.failure,
        until=dates.uk_time_in_words(approval.closes),
        shown=shown,
        seal=seal,
        is_demo=is_demo,
    )


def note(title: str, text: str, *, back: str, is_demo: bool) -> str:
    """A page that says one thing."""
    return _page("note.html", heading=title, text=text, back=back, is_demo=is_demo)


@cache
def style_hash() -> str:
    """The hash by which the style sheet is allowed."""
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


def _heading(approval: Approval, state: State) -> str:
    match state:
        case "open":
            return "Write this into the books?"
        case "writing":
            return "It is being written"
        case "expired":
            return "This page has run out"
        case "done" if approval.outcome:
            return HEADINGS.get(approval.outcome.status, "Nothing was written")
        case _:
            return HEADINGS["unknown"] if isinstance(approval.failure, OutcomeUnknown) else "Nothing was written"


def _page(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(style=Markup(_style()), **values)  # noqa: S704 - our own file


def _said(text: str) -> str:
    """Text that was written for an assistant, without the marks round the names of its tools."""
    return text.replace("`", "")


@cache
def _style() -> str:
    return (FOLDER / "page.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        said=_said,
        day=dates.in_words,
        money=money.in_words,
        price=money.unit_price_in_words,
        plain=money.plain,
        rate=vat.rate_in_words,
    )
    return environment
