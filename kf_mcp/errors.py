"""What can go wrong, in three branches that tell the reader what to do.

    Failure
    ├── Refused            nothing was written; ask differently
    │   ├── NotFound           no such customer, invoice, nominal, ...
    │   ├── ChoiceNeeded       several things fit; the candidates are named
    │   ├── NotAllowed         a limit of the owner, or a closed period
    │   ├── BadSettings        the server's own settings are wrong
    │   ├── NotOffered         KashFlow does not know the operation
    │   └── SaidNo             KashFlow refused, in its own words
    ├── Unavailable        nothing was written; try again later
    └── OutcomeUnknown     it may have been written; look before repeating

Errors know nothing of MCP: `toolkit` turns them into what a model reads. Every text names the thing and ends with what to do
next; none holds a credential, an address with a secret in it, or a traceback.
"""

import re


class Failure(Exception):
    """Something did not work, and the text says what to do next."""

    advice = ""

    def __init__(self, problem: str, advice: str | None = None) -> None:
        self.problem = problem
        self.next = self.advice if advice is None else advice
        super().__init__(f"{problem} {self.next}".strip())


class Refused(Failure):
    """Nothing was written: the request cannot be carried out as it stands."""


class NotFound(Refused):
    """There is no such thing in the books."""

    def __init__(self, kind: str, key: str | int, advice: str) -> None:
        super().__init__(f"No {kind} {key!r} is in the books.", advice)
        self.kind = kind
        self.key = key


class ChoiceNeeded(Refused):
    """Several things fit, and choosing between them is not ours to do."""

    def __init__(self, field: str, problem: str, choices: list[str]) -> None:
        listed = "\n".join(f"- {choice}" for choice in choices)
        advice = f"Call again with `{field}`{_line_of(field)} set to one of:\n{listed}"
        super().__init__(problem, advice if choices else "")
        self.field = field
        self.choices = choices
        self.wrong = problem

    @classmethod
    def together(cls, open_choices: "list[ChoiceNeeded]") -> "ChoiceNeeded":
        """All open choices in one error; those with the same possibilities share one list."""
        if len(open_choices) == 1:
            return open_choices[0]
        by_list: dict[tuple[str, ...], list[ChoiceNeeded]] = {}
        for choice in open_choices:
            by_list.setdefault(tuple(choice.choices), []).append(choice)
        first = cls(open_choices[0].field, " ".join(choice.wrong for choice in open_choices), [])
        advice = []
        for listed, alike in by_list.items():
            fields = " and ".join(f"`{choice.field}`{_line_of(choice.field)}" for choice in alike)
            advice.append(f"Set {fields} to one of:\n" + "\n".join(f"- {item}" for item in listed))
        first.next = "Call again with every choice made; ask the person. " + "\n".join(advice)
        first.args = (f"{first.problem} {first.next}",)
        return first


def _line_of(field: str) -> str:
    """Which line a field is of, as previews count them: lines[0] is line 1."""
    found = re.match(r"lines\[(\d+)\]", field)
    return f" (line {int(found[1]) + 1})" if found else ""


class NotAllowed(Refused):
    """The owner of the books has set a limit, or the period is closed."""


class BadSettings(Refused):
    """The server's settings cannot be right."""


class SaidNo(Refused):
    """KashFlow refused, in its own words; nothing was written."""

    advice = "Nothing was written. Correct what KashFlow names and call again."

    def __init__(self, operation: str, detail: str, advice: str | None = None) -> None:
        super().__init__(f"KashFlow refused {operation}: “{detail.rstrip('.')}”.", advice)
        self.operation = operation
        self.detail = detail


class NotOffered(Refused):
    """KashFlow does not know this operation, which the contract describes."""

    def __init__(self, operation: str) -> None:
        super().__init__(f"KashFlow does not offer {operation}.", "Nothing was written. It is done in KashFlow itself.")
        self.operation = operation


class CredentialsRejected(BadSettings):
    """KashFlow did not accept the user name and password."""

    def __init__(self) -> None:
        super().__init__(
            "KashFlow did not accept the user name and password.",
            "Check KASHFLOW_USERNAME and KASHFLOW_PASSWORD, and that the API is switched on under API settings in "
            "KashFlow (it may use a password of its own). Nothing was written.",
        )


class AddressNotAllowed(BadSettings):
    """KashFlow does not accept calls from this computer's address."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"KashFlow does not accept calls from this computer: {detail.rstrip('.')}.",
            "Add the address to the access list under API settings in KashFlow. Nothing was written.",
        )


class Unavailable(Failure):
    """KashFlow could not be reached or did not answer sensibly; nothing was written."""

    advice = "Nothing was written. Try again in a few minutes."


class OutcomeUnknown(Failure):
    """A write was sent and no usable answer came back; it may be in the books."""

    advice = "Do not repeat it before its outcome is known: see `list_writes`."
