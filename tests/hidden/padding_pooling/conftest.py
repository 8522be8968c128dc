"""Follow-through for gradients that are one array, not a dict of them."""

import pytest

from grader import gradients
from grader.judging import NUMERIC_CREDIT, Failed

from .cases import follow


@pytest.fixture
def check_gradient(check, student, rng):
    """As ``check``; 60 % for what is the numeric derivative of the student's own pooling."""

    def judge(draw):
        try:
            check(draw)
        except Failed as failed:
            if not follows(student, follow(check.draw(draw)[0]), rng):
                raise
            told = f"{failed}; but it is the derivative of your own pooling"
            raise Failed(told, NUMERIC_CREDIT, failed.mistake) from None

    return judge


def follows(student, gradient, rng):
    """Whether a gradient is the derivative of a forward, both the student's, and says something."""
    try:
        found = gradients.by_direction(gradient, student, gradient.at(rng), "batch", rng)
    except Exception:  # theirs raises, or answers what no derivative can be taken of
        return False
    return found.agrees and not found.skipped and student.meaningful()
