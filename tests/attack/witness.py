"""The witness: reads the trail row by row, carries what it says was done over into the expected books, and compares.

A yes opens one entry at most, an entry belongs to a yes, what is done stays done; and the books are what was agreed to, but for
writes whose outcome the trail itself calls open.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from expected_books import Effect, Expected, Mark, Paper, expected_of
from office import Reader, Row
from wishes import Wish

from kf_mcp.simulator import Simulator

OPEN: Final = frozenset({"waiting", "sending", "unknown"})


@dataclass
class Known:
    """What is known of one entry on the trail."""

    number: int
    wish: Wish
    effects: list[Effect]
    state: str
    steps: list[dict[str, Any]]
    is_warned: bool

    @property
    def is_open(self) -> bool:
        """Whether the trail says that its outcome is not known."""
        return self.state in {"sending", "unknown"}

    @property
    def done(self) -> list[int]:
        """The places of the steps that are in the books."""
        return [n for n, step in enumerate(self.steps) if step["state"] == "done"]

    @property
    def open_effects(self) -> list[Effect]:
        """What may be in the books or not."""
        return [self.effects[n] for n, step in enumerate(self.steps) if self.is_open and step["state"] in OPEN]


class Witness:
    """Holds the expected books, and compares."""

    def __init__(self, company: Simulator, reader: Reader, counts: Counter[str], forms: list[str]) -> None:
        self.expected = Expected()
        self.entries: dict[int, Known] = {}
        self._company = company
        self._reader = reader
        self._counts = counts
        self._by_consent: dict[str, Wish] = {}
        self._warned: dict[str, bool] = {}
        self._forms = forms
        self.at_form: Wish | None = None
        """What the person is asked about in this step of the machine."""

    def gives(self, wish: Wish, consent: str, *, is_warned: bool) -> None:
        """A confirm value with this hash is sent for the wish; whether its preview said that something would be overpaid."""
        wish.given.add(consent)
        self._by_consent[consent] = wish
        self._warned[consent] = is_warned

    def look(self) -> None:
        """Read what came to the trail, and compare."""
        for row in self._reader.fresh():
            if row.is_first:
                self._opened(row)
            self._went_on(row)
        self.compare()

    def open_entries(self) -> list[Known]:
        """The entries whose outcome is not known."""
        return [known for known in self.entries.values() if known.is_open]

    def compare(self) -> None:
        """Hold the books against what they must be."""
        state = self._company.state()
        rows = state["trial_balance"]
        assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows) == 0
        assert self._company.problems == []
        there = expected_of(state)
        self._compare_payments(there)
        still_open = [effect for known in self.open_entries() for effect in known.open_effects]
        if not still_open:
            assert len({(paper.kind, paper.number) for paper in self.expected.papers}) == len(self.expected.papers)
            found, wanted = there.view(), self.expected.view()
            assert found == wanted, "\n".join(_differences(found, wanted))
            self._counts["whole comparisons"] += 1
            return
        may_come, may_go = Counter[Mark](), Counter[Mark]()
        for effect in still_open:
            may_come += effect.adds
            may_go += effect.removes
        marks, wanted = there.marks(), self.expected.marks()
        assert not marks - wanted - may_come, "something is in the books that nobody agreed to, or twice"
        assert not wanted - marks - may_go, "something that was done is not in the books"

    def _compare_payments(self, there: Expected) -> None:
        """Nothing is overpaid that no preview called overpaid."""
        warned = {id(effect.paper) for known in self.open_entries() if known.is_warned for effect in known.effects}
        for paper in self.expected.papers:
            if paper.may_be_overpaid or id(paper) in warned or paper.gross <= 0:
                continue
            numbered = [other for other in there.papers if (other.kind, other.number) == (paper.kind, paper.number)]
            # its deletion may be open, and the number another's by now
            own = [other for other in numbered if other.marks & paper.marks]
            assert all(other.outstanding >= 0 for other in own), f"{paper} is overpaid, and nobody was told"

    def _opened(self, row: Row) -> None:
        wish = self._by_consent.get(row.consent or "")
        if wish is None:
            wish = self.at_form
            assert wish is not None, f"entry {row.entry} ({row.tool}) was opened without a yes"
        wish.entries.append(row.entry)
        assert len(wish.entries) <= len(wish.given) + wish.said, "one yes was used twice"
        assert wish.tool == row.tool
        effects = self._of_rest(row, wish) if row.tool == "finish_write" else wish.steps(self.expected)
        assert len(effects) == len(row.body["steps"])
        steps = [{**step, "state": "waiting"} for step in row.body["steps"]]
        is_warned = self._warned.get(row.consent or "")
        if is_warned is None:
            is_warned = "overpaid" in self._forms[-1]
        self.entries[row.entry] = Known(row.entry, wish, effects, "sending", steps, is_warned)

    def _of_rest(self, row: Row, wish: Wish) -> list[Effect]:
        """Which of the open steps of an entry are carried out: what came into the books meanwhile is left out."""
        left = wish.steps(self.expected)
        found = []
        for step in row.body["steps"]:
            is_payment = "payment" in step["kind"]  # or the deletion of one
            fitting = [
                effect
                for effect in left
                if (effect.paper.number == step["trace"]["place"] if effect.paper else False) == is_payment
            ]
            found.append(fitting[0])
            left.remove(fitting[0])
        return found

    def _went_on(self, row: Row) -> None:
        known = self.entries[row.entry]
        for effect, before, now in zip(known.effects, known.steps, row.body["steps"], strict=True):
            if now["state"] == "done" != before["state"]:
                self._done(known, effect, now)
            assert before["state"] not in {"done", "refused"} or now["state"] == before["state"]
        known.state, known.steps = row.state, row.body["steps"]
        self._counts[f"rows {row.state}"] += 1

    def _done(self, known: Known, effect: Effect, step: dict[str, Any]) -> None:
        effect.does(self.expected)
        paper = effect.paper
        if paper is None:
            return
        if effect.comes:
            paper.number = step["number"] or self._number_of(paper)
        paper.may_be_overpaid |= known.is_warned

    def _number_of(self, paper: Paper) -> int:
        """The number of a paper that the trail does not name: of the one with its lines that is not known yet."""
        known = {(other.kind, other.number) for other in self.expected.papers}
        for other in expected_of(self._company.state()).papers:
            if (other.kind, other.lines) == (paper.kind, paper.lines) and (other.kind, other.number) not in known:
                return other.number
        return 0

    def truth(self, known: Known) -> tuple[bool, str]:
        """What a person finds who looks into KashFlow for an open entry: whether it is there, and under which number."""
        n = next(n for n, step in enumerate(known.steps) if step["state"] == "unknown")
        effect, state = known.effects[n], self._company.state()
        there = expected_of(state)
        marks, wanted = there.marks(), self.expected.marks()
        if effect.is_there is not None:
            return effect.is_there(there), str(effect.paper.number if effect.paper else "")
        if effect.removes:
            return not (effect.removes - (wanted - marks)), ""
        return not (effect.adds - (marks - wanted)), _newest(state, next(iter(effect.adds)))


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What the books hold, against what they must."""
    return [
        f"{kind} {key}: {found[kind].get(key)}, not {wanted[kind].get(key)}"
        for kind in wanted
        for key in {*found[kind], *wanted[kind]}
        if found[kind].get(key) != wanted[kind].get(key)
    ]


def _newest(state: dict[str, Any], mark: Mark) -> str:
    """The number, code or id of the newest thing with this mark."""
    what, text = mark

    def has(row: dict[str, Any], name: str) -> bool:
        return any(line[name] == text for line in row["lines"])

    find: dict[str, Callable[[], list[Any]]] = {
        "line of invoice": lambda: [row["number"] for row in state["invoices"] if has(row, "description")],
        "credited": lambda: [row["number"] for row in state["invoices"] if has(row, "description")],
        "line of purchase": lambda: [row["number"] for row in state["purchases"] if has(row, "description")],
        "paid": lambda: [
            paid["id"]
            for row in (*state["invoices"], *state["purchases"])
            for paid in row["payments"]
            if paid["note"] == text
        ],
        "journal": lambda: [row["number"] for row in state["journals"] if row["comment"] == text],
        "customer": lambda: [row["code"] for row in state["customers"] if row["name"] == text],
        "bank": lambda: [row["id"] for row in state["bank_transactions"] if row["comment"] == text],
        "mail": list,
    }
    found = find[what]()
    return str(max(found)) if found else ""
