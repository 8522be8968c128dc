"""The picture on a card: the exercise's graph with the student's own values, from real submissions."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from places import ROOT

from grader import graph
from grader.course import catalog
from grader.model import Grade
from grader.results import policy

NAME = "computation_graph"
WRONG = {
    "factor": ("db = 2 * dd", "db = dd"),
    "square": ("\n    d = 2 * b", "\n    d = b * b"),
    "general": (
        "gradients[operand] += gradients[name] * slope",
        "gradients[operand] = gradients[name] * slope",
    ),
    "markup": ("db = 2 * dd", "db = '<b>'"),
}


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grade]:
    """Grade one class of wrong programs by the command."""
    folder = tmp_path_factory.mktemp("pictures")
    solution = (ROOT / "reference" / NAME / "solution.py").read_text(encoding="utf-8")
    for student, (right, wrong) in WRONG.items():
        assert solution.count(right) == 1
        (folder / "class" / student).mkdir(parents=True)
        (folder / "class" / student / f"{NAME}.py").write_text(solution.replace(right, wrong))
    command = [sys.executable, "-m", "grader", "grade", str(folder / "class"), "--assignment", NAME,
               "--seed", "7", "--jobs", "2", "--out", str(folder / "out")]  # fmt: skip
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=280, check=True)
    found = policy.standings(catalog.load(ROOT), folder / "out").grades
    return {grade.submission.student: grade for grade in found}


def described(grade: Grade) -> str:
    """Return the text alternative of the first card's picture."""
    svg = grade.cards[0].picture
    assert graph.is_picture(svg)
    [text] = [each.text or "" for each in ET.fromstring(svg) if each.tag.endswith("desc")]  # noqa: S314  # drawn here
    return text


def test_a_wrong_gradient_is_marked_where_it_is_made(grades: dict[str, Grade]) -> None:
    said = described(grades["factor"])
    assert re.search(r"\bb: value \S+, gradient \S+, gradient: first wrong value", said)
    assert said.count("first wrong value") == 1


def test_a_wrong_value_of_the_forward_pass_is_marked_and_what_follows_is_pale(
    grades: dict[str, Grade],
) -> None:
    said = described(grades["square"])
    assert re.search(r"d = 2b: value \S+, value: first wrong value", said)
    assert re.search(r"e = a \+ d: value \S+, value: wrong, follows from it", said)


def test_the_graph_that_is_passed_in_is_drawn(grades: dict[str, Grade]) -> None:
    """With the values that the student's own evaluate finds for it."""
    said = described(grades["general"])
    assert "first wrong value" in said
    assert "2b" not in said


def test_a_value_that_is_none_draws_nothing(grades: dict[str, Grade]) -> None:
    assert "<b>" not in "".join(card.picture for card in grades["markup"].cards)
