"""A grade with one card that has everything: example, picture, question, hints, consequences."""

from __future__ import annotations

from grader import graph
from grader.model import Card, Example, Grade, Outcome, Submission

PICTURE = graph.draw({"h": "o * tanh(c)"}, {"o": 0.5, "c": 1.0, "h": 0.5})
CARD = Card(
    "h", "cell_forward: h is o * c, as if the tanh were missing.", "cell_forward", "h",
    example=Example("cell_forward(params, x, h_prev, c_prev)", "h = 0.5", "h = 0.3808"),
    question="Between which two numbers should `h` always lie?", more="Give the memory 100.",
    analogue="With o = 1 and c = 3.", consequences=("test_b.py::b1", "test_b.py::b2"), points=15.0,
    cluster="abc", picture=PICTURE,
)  # fmt: skip


def outcome(name: str, status: str, points: float, most: float, **more: object) -> Outcome:
    return Outcome(name, f"title of {name}", status, points, most, seconds=0.01, **more)


CELL = outcome("test_a.py::h", "failed", 0.0, 7.0, root_cause="h", message="h: wrong values")
FOLLOWS = (
    outcome("test_b.py::b1", "failed", 2.0, 5.0, root_cause="h", message="b1: wrong values"),
    outcome("test_b.py::b2", "failed", 0.0, 5.0, root_cause="h", message="b2: wrong values"),
)
SPEED = outcome(
    "test_b.py::fast", "waiting", 0.0, 3.0, blocked_by="`cell_backward` must be right first"
)
RIGHT = tuple(outcome(f"test_a.py::c{n}", "passed", 1.0, 1.0) for n in range(19))
GRADE = Grade(
    Submission("ada", "ada/lstm_cell.py"), 39.0, (CELL, *FOLLOWS, SPEED, *RIGHT), cards=(CARD,)
)
