"""Marks that a person gave for questions of an assignment, and what they make of a grade.

    marked(grade, {("ada", "design"): Mark("ada", "design", 15.0, "a clear argument")})

A mark belongs to a student and a question, so that grading again and resuming a run keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.model import Grade, Outcome

PREFIX: Final = "manual::"
"""How the id of a question begins among the ids of checks."""


class Mark(Struct, frozen=True):
    """Points that a person gave for a question; the last one holds."""

    student: str
    question: str
    points: float
    reason: str = ""
    by: str = ""
    at: str = ""


Marks = Mapping[tuple[str, str], Mark]
"""The mark that holds, by student and id of the question."""


def holding(given: Iterable[Mark]) -> Marks:
    """Return the marks that hold, of all that were given, the oldest first."""
    return {(each.student, each.question): each for each in given}


def question_of(outcome: Outcome) -> str:
    """Return the id of the question that an outcome is about, or '' for a check."""
    return outcome.id.removeprefix(PREFIX) if outcome.id.startswith(PREFIX) else ""


def marked(grade: Grade, marks: Marks) -> Grade:
    """Return a grade with the marks of its student."""
    outcomes = tuple(_marked(grade.submission.student, each, marks) for each in grade.outcomes)
    return replace(grade, outcomes=outcomes) if outcomes != grade.outcomes else grade


def _marked(student: str, outcome: Outcome, marks: Marks) -> Outcome:
    mark = marks.get((student, question_of(outcome)))
    if mark is None:
        return outcome
    points = min(mark.points, outcome.max_points)
    return replace(
        outcome,
        status="passed" if points == outcome.max_points else "failed",
        points=points,
        message=mark.reason,
        cause="" if points == outcome.max_points else "message",
        instructor={**outcome.instructor, "marked": f"by {mark.by}, {mark.at}"},
    )
