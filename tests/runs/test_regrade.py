"""Regrade: which checks a changed score is put down to."""

from __future__ import annotations

import pytest

from grader.model import Grade, Outcome, Submission
from grader.runs.regrade import Change


def grade(*outcomes: tuple[float, float]) -> Grade:
    """Return a grade with checks a, b, c ... of (points, maximum)."""
    checks = tuple(
        Outcome(name, name, "passed" if points == most else "failed", points, most)
        for name, (points, most) in zip("abcd", outcomes, strict=False)
    )
    return Grade(Submission("ada", "a.py"), 100.0, checks)


@pytest.mark.parametrize(
    ("after", "causes", "rescaled"),
    [
        (((50, 50), (30, 30), (0, 20)), (), False),
        (((62.5, 62.5), (37.5, 37.5), (0, 0)), ("c",), True),  # c is taken out
        (((41.6667, 41.6667), (25, 25), (0, 33.3333)), ("c",), True),  # c is worth twice as much
        (((50, 50), (30, 30), (20, 20)), ("c",), False),  # c passes now
    ],
)
def test_other_weights_are_put_down_to_the_check_that_has_one(
    after: tuple[tuple[float, float], ...], causes: tuple[str, ...], rescaled: bool
) -> None:
    """The other checks only give room: one line says that they were rescaled."""
    change = Change(grade((50, 50), (30, 30), (0, 20)), grade(*after))
    assert (causes, rescaled) == (change.causes, change.rescaled)
