"""Projects: jobs that documents are booked to."""

from datetime import date
from html.parser import HTMLParser
from typing import Literal

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

ProjectStatus = Literal["active", "complete", "archived"]


class Project(BaseModel):
    """A job that documents are booked to."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: int
    number: int
    name: str
    reference: str = ""
    description: str = ""
    """Without the HTML that KashFlow keeps in it."""
    start: date | None = None
    end: date | None = None
    customer_id: int = 0
    status: ProjectStatus


class NewProject(BaseModel):
    """A project to be entered, or what is to change of one, where None stays as it is."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    name: str | None = None
    reference: str | None = None
    description: str | None = None
    start: date | None = None
    end: date | None = None
    has_no_end: bool = False
    """Whether the end that it has is taken away."""
    customer_id: int | None = None
    status: ProjectStatus | None = None


def without_html(text: str) -> str:
    """The words of a text that may hold HTML: tags, scripts, styles and comments fall out, entities become characters."""
    reader = _Words()
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.words).split())


class _Words(HTMLParser):
    """Collects the words between tags."""

    UNSHOWN = ("script", "style")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self.UNSHOWN
        self.words.append(" ")

    @override
    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self.UNSHOWN and self._hidden > 0
        self.words.append(" ")

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)
