"""nbgrader: ``grades.csv`` in the form of ``nbgrader export``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import sheet
from grader.lms.exports.sheet import Export, ExportError
from grader.lms.wording import number
from grader.model import Grade
from grader.text import for_cell
from grader.timestamps import moment

HEADER: Final = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name",
                 "email", "raw_score", "late_submission_penalty", "score", "max_score")  # fmt: skip
FORMAT: Final = "%Y-%m-%d %H:%M:%S"


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Write a new table; a grade with an error has an empty score."""
    if into is not None:
        raise ExportError("nbgrader: the table is always new; leave out --into")
    due = f"{assignment.due:{FORMAT}}" if assignment.due else ""
    rows = [HEADER, *(_row(grade, assignment.name, due) for grade in grades)]
    errors = tuple(sheet.not_graded(grade) for grade in grades if grade.final is None)
    return Export(sheet.table(rows), notes=errors)


def _row(grade: Grade, name: str, due: str) -> tuple[str, ...]:
    who = grade.submission
    first, last = sheet.names(who.name)
    time = moment(who.submitted_at)
    raw = "" if grade.score is None else number(grade.score)
    lost = (grade.score or 0.0) * (grade.standing.penalty if grade.standing else 0.0) / 100
    score = "" if grade.final is None else number(grade.final)
    return (
        name, due, f"{time:{FORMAT}}" if time else "", for_cell(who.student), for_cell(last),
        for_cell(first), for_cell(who.email), raw, number(lost) if raw else "", score, number(grade.max_score),
    )  # fmt: skip
