"""The table of a class in a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from grader.cli.summary import summary
from grader.course.assignment import Assignment
from grader.model import Grade, Submission
from grader.runs.class_run import Progress
from grader.text import columns, cut

NAMES = (
    "ada",
    "zoë",
    "zoe\u0308",
    "王小明",
    "김철수",
    "王小明王小明王小明王小明王小明王小明",
    "a" * 60,
)
"""Plain, composed and decomposed, wide, and too long."""


@pytest.mark.parametrize("name", NAMES)
def test_width_of_text_in_a_terminal(name: str) -> None:
    assert columns(name) == cell_len(name)
    for width in range(2, 30):
        short = cut(name, width)
        assert short == name if cell_len(name) <= width else short.endswith("…")
        assert cell_len(short) <= width


def test_scores_stand_below_each_other() -> None:
    """Whatever script the names are written in."""
    grades = [Grade(Submission(name, "f.py", b"x"), 5.0) for name in NAMES]
    assignment = Assignment("relu", "ReLU")
    lines = summary(assignment, Progress(), grades, 1.0, 80)
    rows = [line for line in lines if "5.00" in line or "0.00" in line]
    assert len(rows) == len(NAMES)
    assert len({cell_len(row.partition(".00")[0]) for row in rows}) == 1
    assert max(map(cell_len, rows)) <= 80
