"""Arguments for an operation that is called by its name: from what a model wrote to values of the contract's types.

KashFlow itself drops what it does not know and reads what is missing as 0 or the year 1, in silence; so everything is checked
here, and every parameter has to be given.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from kf_mcp.errors import Refused
from kf_mcp.kashflow.operations import CREDENTIALS, Operation
from kf_mcp.model.text import hides_something, quoted

Value = str | int | bool | Decimal | datetime | bytes

KINDS: Final = {
    "string": "text",
    "int": "whole number",
    "integer": "whole number",
    "decimal": "number",
    "boolean": "true or false",
    "dateTime": "date",
    "base64Binary": "text of a file",
}
"""The contract's types as a model reads them."""
LARGEST_INT: Final = 2**31 - 1
LONGEST_TEXT: Final = 300
LONGEST_FILE: Final = 100_000
EARLIEST_YEAR: Final = 1900
"""KashFlow's database reads no date before 1753; nothing in a company's books is older than this."""


def checked(operation: Operation, given: Mapping[str, str]) -> dict[str, Value]:
    """The arguments as typed values.

    Raises Refused for a name that the operation does not have, for one that is missing, and for a value of another type.
    """
    known = [parameter.name for parameter in operation.parameters]
    for name in given:
        if name.casefold() in {word.casefold() for word in CREDENTIALS}:
            raise Refused(
                f"`{name}` cannot be passed: the server signs in with the owner's credentials.", "Leave it out."
            )
        if name not in known:
            raise Refused(
                f"{operation.name} has no parameter {quoted(name, 60)}. {_nearest(name, known)}", "Nothing was read."
            )
    missing = [parameter for parameter in operation.parameters if parameter.name not in given]
    if missing:
        wanted = ", ".join(f"`{found.name}` ({KINDS.get(found.kind, found.kind)})" for found in missing)
        raise Refused(
            f"{operation.name} also needs {wanted}.", "KashFlow would take what is missing for 0 or for the year 1."
        )
    return {
        parameter.name: _value(parameter.name, parameter.kind, given[parameter.name])
        for parameter in operation.parameters
    }


def _nearest(name: str, known: list[str]) -> str:
    """The nearest name, or all of them, in words."""
    if not known:
        return "It takes none."
    by_case = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(name.casefold(), list(by_case), n=1, cutoff=0.5)
    return (
        f"Did you mean `{by_case[near[0]]}`?" if near else "It takes " + ", ".join(f"`{word}`" for word in known) + "."
    )


def _value(name: str, kind: str, written: str) -> Value:
    try:
        return _READERS[kind](written)
    except (ValueError, ArithmeticError):
        said = {"dateTime": "a date as 2026-11-22, or with a time as 2026-11-22T14:02:00, without a zone"}.get(
            kind, f"a {KINDS[kind]}" if kind != "boolean" else KINDS[kind]
        )
        raise Refused(f"`{name}` must be {said} (given: {quoted(written, 60)}).", "Nothing was read.") from None


def _text(written: str) -> str:
    if len(written) > LONGEST_TEXT or hides_something(written):
        raise ValueError(written)
    return written


def _whole(written: str) -> int:
    if not re.fullmatch(r"\s*-?[0-9]{1,10}\s*", written) or abs(int(written)) > LARGEST_INT:
        raise ValueError(written)
    return int(written)


def _number(written: str) -> Decimal:
    if not re.fullmatch(r"\s*-?[0-9]{1,15}(\.[0-9]{1,6})?\s*", written):
        raise ValueError(written)
    return Decimal(written.strip())


def _truth(written: str) -> bool:
    said = written.strip().casefold()
    if said not in {"true", "1", "false", "0"}:
        raise ValueError(written)
    return said in {"true", "1"}


def _moment(written: str) -> datetime:
    """A day, at midnight, or a moment; without a zone, which KashFlow would turn into another day."""
    if not re.fullmatch(r"\s*\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?\s*", written, re.ASCII):
        raise ValueError(written)
    found = datetime.fromisoformat(written.strip())
    if found.year < EARLIEST_YEAR:
        raise ValueError(written)
    return found


def _file(written: str) -> bytes:
    if len(written) > LONGEST_FILE:
        raise ValueError(written)
    return written.encode()


_READERS: Final[Mapping[str, Callable[[str], Value]]] = {
    "string": _text,
    "int": _whole,
    "integer": _whole,
    "decimal": _number,
    "boolean": _truth,
    "dateTime": _moment,
    "base64Binary": _file,
}
