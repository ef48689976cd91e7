"""The contract's facts: every operation and type of KashFlow's service, in wire order, as they stand in `contract.json`."""

import json
from pathlib import Path
from typing import Any, Final

FACTS: Final = Path(__file__).parent / "contract.json"


def contract() -> dict[str, Any]:
    """The facts, as they stand in the file."""
    facts: dict[str, Any] = json.loads(FACTS.read_text("utf-8"))
    return facts
