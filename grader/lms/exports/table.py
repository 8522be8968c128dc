"""Plain CSV: one row per student, with the points of each check."""

from __future__ import annotations

from collections.abc import Sequence

from grader.course.assignment import Assignment
from grader.lms.exports import sheet
from grader.lms.exports.sheet import Export, ExportError
from grader.model import Grade
from grader.results import tables as gradebook


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Write the gradebook's own table."""
    if into is not None:
        raise ExportError("csv: the table is always new; leave out --into")
    errors = tuple(sheet.not_graded(grade) for grade in grades if grade.final is None)
    return Export(gradebook.as_csv(grades), notes=errors)
