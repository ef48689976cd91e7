"""The matrix: every mishap of the pretend KashFlow at every operation that writes; books, trail and reply must agree in the end.

The ordinary run plays each mishap and each operation at least once, in pairs. All of it, and its counts, by
`KF_MCP_LONG=1 .venv/bin/pytest tests/attack/test_matrix.py`.
"""

import os

import pytest
from conftest import Tally
from mishap_cells import CARRIED, LATER, NOT_KNOWN, REFUSED, Cell, Course, Matrix, Told, cells

from kf_mcp.kashflow.operations import writable
from kf_mcp.simulator.mishaps import MISHAPS

IS_LONG = bool(os.environ.get("KF_MCP_LONG"))


def in_pairs(whole: list[Cell]) -> list[Cell]:
    """A part of the matrix in which every operation and every mishap stands, each operation with another mishap than its neighbours."""
    by_operation: dict[tuple[str, int], list[Cell]] = {}
    for cell in whole:
        by_operation.setdefault((cell.operations[cell.nth], cell.nth), []).append(cell)
    names = list(MISHAPS)
    return [
        next(cell for cell in found if cell.mishap == names[n % len(names)])
        for n, found in enumerate(by_operation.values())
    ]


WHOLE = cells()
PLAYED = WHOLE if IS_LONG else in_pairs(WHOLE)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return Matrix()


def told_rightly(cell: Cell, course: Course) -> bool:
    """Whether the reply says what stands, and what to do."""
    match course.told.state:
        case "done":
            return "[done]" in course.words and "found by reading back" in course.words
        case "unknown":
            return "[unknown]" in course.words and "settle_write" in course.words
        case "partly":
            return "[partly]" in course.words and "finish_write" in course.words
    return "Nothing was written" in course.words


def test_every_mishap_is_of_one_kind_and_every_writing_operation_is_played() -> None:
    kinds = (CARRIED, LATER, NOT_KNOWN, REFUSED)

    assert sorted(name for kind in kinds for name in kind) == sorted(MISHAPS)
    assert {cell.operations[cell.nth] for cell in WHOLE} == writable
    for played in (WHOLE, in_pairs(WHOLE)):
        assert {cell.mishap for cell in played} == set(MISHAPS)
        assert {cell.operations[cell.nth] for cell in played} == writable


@pytest.mark.parametrize("cell", PLAYED, ids=lambda cell: f"{cell.mishap} at {cell.name} {cell.nth}{cell.is_older:d}")
async def test_a_mishap_ends_in_one_write_and_every_word_about_it_is_true(
    matrix: Matrix, cell: Cell, tally: Tally
) -> None:
    course = await matrix.play(cell)

    tally(f"matrix (of {len(WHOLE)} cells)", {"cells": 1, f"stood at first: {course.told.state}": 1})
    assert course.told == cell.at_first(), course.words
    assert told_rightly(cell, course), course.words
    assert course.repeated == 0
    assert course.found == cell.in_the_end()
    assert course.ended == Told("done", len(cell.operations))
    assert course.replayed == 0
    assert course.is_sound
    assert course.is_whole
