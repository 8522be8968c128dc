"""Marks that people gave for questions, and their effect on a grade.

    marked(grade, {("ada", "design"): Mark("ada", "design", 15.0, "a clear argument")})

A mark belongs to a student and a question, so it is kept when a run is resumed or regraded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.model import Grade, Outcome

PREFIX: Final = "manual::"
"""The prefix of the ids of questions, among the ids of checks."""


class Mark(Struct, frozen=True):
    """Points that a person gave for a question; the last mark is valid."""

    student: str
    question: str
    points: float
    reason: str = ""
    by: str = ""
    at: str = ""


Marks = Mapping[tuple[str, str], Mark]
"""The valid marks, by student and id of the question."""


def holding(given: Iterable[Mark]) -> Marks:
    """Return the valid marks, given all marks, oldest first."""
    return {(each.student, each.question): each for each in given}


def question_of(outcome: Outcome) -> str:
    """Return the id of an outcome's question, or '' for a check."""
    return outcome.id.removeprefix(PREFIX) if outcome.id.startswith(PREFIX) else ""


def marked(grade: Grade, marks: Marks) -> Grade:
    """Return a grade with the marks of its student applied."""
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
