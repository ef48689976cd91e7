"""The books as they must be: worked out from what was asked for and agreed to, never from what server or simulator reckon.

Every document, line, payment, journal, customer, bank transaction and e-mail bears a mark of its own in a text that nobody else sets.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

VAT: Final = Decimal("1.2")
"""Prices are whole pounds, so that 20% of each is exact."""
Line = tuple[str, Decimal]
"""A line's mark and its net amount."""
Paid = tuple[str, Decimal]
Mark = tuple[str, str]
ZERO: Final = Decimal(0)


@dataclass
class Paper:
    """An invoice, credit note or bill."""

    kind: str
    party: str
    reference: str
    lines: tuple[Line, ...]
    payments: list[Paid] = field(default_factory=list)
    number: int = 0
    may_be_overpaid: bool = False

    @property
    def gross(self) -> Decimal:
        """Its total."""
        return sum((net for _, net in self.lines), ZERO) * VAT

    @property
    def outstanding(self) -> Decimal:
        """What is left to be paid."""
        return self.gross - sum((amount for _, amount in self.payments), ZERO)

    @property
    def marks(self) -> Counter[Mark]:
        """The marks of its lines."""
        return Counter(mark_of_line(self.kind, *line) for line in self.lines)


def mark_of_line(kind: str, text: str, net: Decimal) -> Mark:
    """How a line counts: those of a credit note bear the marks of the invoice's."""
    return ("credited" if net < 0 else f"line of {kind}", text)


class Expected:
    """The books as they must be."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self.singles: Counter[Mark] = Counter()

    def numbered(self, kind: str, number: int) -> Paper:
        """The paper with this number: the newest, since the deletion of an older one may still be open."""
        return next(paper for paper in reversed(self.papers) if (paper.kind, paper.number) == (kind, number))

    def marks(self) -> Counter[Mark]:
        """Every mark, as often as it must be there."""
        found = Counter(self.singles)
        for paper in self.papers:
            found += paper.marks
            found += Counter(("paid", note) for note, _ in paper.payments)
        return found

    def view(self) -> dict[str, Any]:
        """The whole, comparable with `view_of` a simulator's state."""
        return {
            **{
                kind: {
                    paper.number: (paper.party, paper.reference, paper.lines, sorted(paper.payments))
                    for paper in self.papers
                    if paper.kind == kind
                }
                for kind in ("invoice", "purchase")
            },
            "rest": +self.singles,
        }


def papers_in(state: dict[str, Any]) -> list[Paper]:
    """The documents that stand in the simulator's books."""
    return [
        Paper(
            kind=kind,
            party=row["customer_code" if kind == "invoice" else "supplier_code"],
            reference=row["reference"],
            lines=tuple((line["description"], Decimal(line["net"])) for line in row["lines"]),
            payments=[(paid["note"], Decimal(paid["amount"])) for paid in row["payments"]],
            number=row["number"],
        )
        for kind in ("invoice", "purchase")
        for row in state[f"{kind}s"]
    ]


def singles_in(state: dict[str, Any]) -> Counter[Mark]:
    """Everything else that stands in the simulator's books."""
    return Counter(
        [
            *(("journal", row["comment"]) for row in state["journals"]),
            *(("customer", row["name"]) for row in state["customers"]),
            *(("bank", row["comment"]) for row in state["bank_transactions"]),
            *(("mail", row["subject"]) for row in state["emails"]),
        ]
    )


def expected_of(state: dict[str, Any]) -> Expected:
    """The simulator's books in the same form."""
    found = Expected()
    found.papers, found.singles = papers_in(state), singles_in(state)
    return found


@dataclass(frozen=True)
class Effect:
    """What one step of a write does to the books, and what takes it back."""

    does: Callable[[Expected], None]
    undoes: Callable[[Expected], None]
    adds: Counter[Mark]
    removes: Counter[Mark]
    paper: Paper | None = None
    is_there: Callable[[Expected], bool] | None = None
    """Whether books show it, where marks cannot."""
    was_there: Callable[[Expected], bool] | None = None
    """The same for what takes it back."""
    comes: bool = False
    """Whether it brings the paper into the books, under a number of KashFlow's choice."""
    goes: bool = False

    def inverse(self) -> "Effect":
        """What takes it back."""
        return Effect(
            self.undoes,
            self.does,
            self.removes,
            self.adds,
            self.paper,
            self.was_there,
            self.is_there,
            self.goes,
            self.comes,
        )


def enter(paper: Paper) -> Effect:
    """The paper comes into the books."""
    return Effect(
        lambda books: books.papers.append(paper),
        lambda books: _without(books.papers, paper),
        paper.marks,
        Counter(),
        paper,
        comes=True,
    )


def pay(paper: Paper, note: str, amount: Decimal) -> Effect:
    """A payment of the paper is recorded."""
    paid = (note, amount)
    return Effect(
        lambda _: paper.payments.append(paid),
        lambda _: paper.payments.remove(paid),
        Counter([("paid", note)]),
        Counter(),
        paper,
    )


def refer(paper: Paper, reference: str) -> Effect:
    """The paper gets another reference."""
    before = paper.reference

    def put(value: str) -> Callable[[Expected], None]:
        return lambda _: setattr(paper, "reference", value)

    def has(value: str) -> Callable[[Expected], bool]:
        return lambda books: any(
            (p.kind, p.number, p.reference) == (paper.kind, paper.number, value) for p in books.papers
        )

    return Effect(put(reference), put(before), Counter(), Counter(), paper, has(reference), has(before))


def relines(paper: Paper, lines: tuple[Line, ...]) -> Effect:
    """The paper gets other lines."""
    before = paper.lines

    def put(value: tuple[Line, ...]) -> Callable[[Expected], None]:
        return lambda _: setattr(paper, "lines", value)

    def has(value: tuple[Line, ...]) -> Callable[[Expected], bool]:
        return lambda books: any((p.kind, p.number, p.lines) == (paper.kind, paper.number, value) for p in books.papers)

    was, will = (Counter(mark_of_line(paper.kind, *line) for line in some) for some in (before, lines))
    return Effect(put(lines), put(before), will - was, was - will, paper, has(lines), has(before))


def single(what: str, mark: str) -> Effect:
    """Something that is there once, and does not change."""
    key = (what, mark)

    def count(by: int) -> Callable[[Expected], None]:
        return lambda books: books.singles.update({key: by})

    return Effect(count(1), count(-1), Counter([key]), Counter())


def _without(papers: list[Paper], gone: Paper) -> None:
    papers[:] = [paper for paper in papers if paper is not gone]
