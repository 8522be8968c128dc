"""Fill in Gradescope's CSV of grades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.course.assignment import Assignment
from grader.lms.exports import numbers, sheet
from grader.lms.exports.sheet import Export, Filling
from grader.lms.wording import number
from grader.model import Grade
from grader.text import for_cell, lms_line

HEADER: Final = ("First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status",
                 "Submission Time")  # fmt: skip


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """Fill in the scores of Gradescope's *Download Grades* CSV, or create such a CSV."""
    if into is not None:
        return _filled(grades, assignment, into, inbox)
    rows = {grade.submission.student: _row(grade, inbox) for grade in grades}
    nobodys = [student for student, row in rows.items() if not any(row[2:4])]
    table = [HEADER, *(row for student, row in rows.items() if student not in nobodys)]
    errors = tuple(sheet.not_graded(grade) for grade in grades if grade.final is None)
    strangers = tuple(
        f"{lms_line(student)}: no student number and no e-mail" for student in nobodys
    )
    return Export(sheet.table(table), strangers, errors)


def _row(grade: Grade, inbox: str) -> tuple[str, ...]:
    who = grade.submission
    first, last = sheet.names(who.name)
    score = "" if grade.final is None else number(grade.final)
    email = who.email or (who.student if "@" in who.student else "")
    # otherwise the id is only the name of a folder
    has_number = inbox != "gradescope" or grade.absent
    sid = who.sid or (who.student if has_number and not email else "")
    status = "Graded" if grade.final is not None else "Ungraded"
    return (
        for_cell(first), for_cell(last), for_cell(sid), for_cell(email), score,
        number(grade.max_score), status, who.submitted_at,
    )  # fmt: skip


def _filled(grades: Sequence[Grade], assignment: Assignment, into: bytes, inbox: str) -> Export:
    page = sheet.read(into)
    head = page.row(0)
    at = sheet.column(head, ("Total Score", assignment.title), "the score")
    most = next((head.index(name) for name in ("Max Points", f"{assignment.title} - Max Points")
                 if name in head), None)  # fmt: skip
    keys = sheet.keys(head, {"SID": ("sid",), "Email": ("email", "login")})
    columns = [at] if most is None else [at, most]
    rows = range(1, len(page))
    mark = numbers.decimal_mark(page.get(row, column) for row in rows for column in columns)
    filling = Filling(page, rows, keys, at, mark=mark)
    return sheet.fill(filling, grades, inbox, lambda row: sheet.points(page, row, most, mark))
