"""Gradescope: ``results.json`` of the autograder, and a table of scores for a class.

Sources: gradescope-autograders.readthedocs.io, *Autograder Specifications* and *Submission
Metadata*. A result needs a ``score``, its own or that of each test. Ours has none when we could not
tell: Gradescope then shows an autograder error, and no score.

A test that Gradescope hides takes the total from the student's sight, so a hidden check is a visible
one without its message; one for after the due date is Gradescope's own, with that consequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from grader.catalog import Assignment
from grader.lms import sheet
from grader.lms.job import FAILED, Answer, Job, Place, as_json, part, read_json, text
from grader.lms.sheet import Export, Filling
from grader.lms.words import MOST, fitted, line, number, overall, said
from grader.model import Grade, Outcome, seconds

LIMIT: Final = 4 * 1024 * 1024
VISIBILITIES: Final = ("hidden", "after_due_date", "after_published", "visible")


def job(place: Place) -> Job:
    """What ``/autograder`` holds: the submission, and its metadata."""
    home = place.root / "autograder"
    told = read_json(home / "submission_metadata.json")
    users = part(told, "users")
    users = users if isinstance(users, list) else []
    return Job(
        submission=home / "submission",
        results=(home / "results" / "results.json",),
        student=text(users, 0, "email") or f"submission_{text(told, 'id') or 'unknown'}",
        name=", ".join(filter(None, (text(user, "name") for user in users))),
        email=text(users, 0, "email"),
        submitted_at=text(told, "created_at"),
        due_at=text(told, "assignment", "due_date"),
        facts={"id": text(told, "id")},
    )


def answer(grade: Grade, job: Job) -> Answer:
    """``results.json``; exit 0 if there is a score."""
    data = fitted(lambda most: as_json(document(grade, job, most)), LIMIT)
    status = 0 if grade.status == "graded" else FAILED
    return Answer(write=dict.fromkeys(job.results, data), status=status)


def document(grade: Grade, job: Job, most: int = MOST) -> dict[str, Any]:
    """The whole of ``results.json``."""
    found: dict[str, Any] = {
        "output": overall(grade, job.remarks, most),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "execution_time": seconds(grade.seconds),
        "extra_data": {"status": grade.status, "seed": job.seed},
    }
    if job.settings.get("visibility") in VISIBILITIES:
        found["visibility"] = job.settings["visibility"]
    if (score := job.score(grade)) is not None:
        found["score"] = score
        found["tests"] = [
            _test(number, outcome, most) for number, outcome in enumerate(grade.outcomes, 1)
        ]
    return found


def _test(number: int, outcome: Outcome, most: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": str(number),
        "name": line(outcome.title),
        "score": outcome.points,
        "max_score": outcome.max_points,
        "status": "passed" if outcome.status == "passed" else "failed",
        "output": said(outcome, most, waits=True),
        "extra_data": {"id": outcome.id, "mistake": outcome.mistake},
    }
    if outcome.visibility == "after_due_date":
        found["visibility"] = outcome.visibility
    return found


# --- a class ----------------------------------------------------------------------------------

HEADER: Final = ("First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status",
                 "Submission Time")  # fmt: skip


def export(
    grades: Sequence[Grade], assignment: Assignment, into: bytes | None, inbox: str
) -> Export:
    """The CSV that Gradescope's *Download Grades* gives: made, or its ``Total Score`` filled in."""
    if into is not None:
        return _filled(grades, assignment, into, inbox)
    rows = {grade.submission.student: _row(grade, inbox) for grade in grades}
    nobodys = [student for student, row in rows.items() if not any(row[2:4])]
    table = [HEADER, *(row for student, row in rows.items() if student not in nobodys)]
    errors = tuple(sheet.not_graded(grade) for grade in grades if grade.final is None)
    strangers = tuple(f"{line(student)}: no student number and no e-mail" for student in nobodys)
    return Export(sheet.table(table), strangers, errors)


def _row(grade: Grade, inbox: str) -> tuple[str, ...]:
    who = grade.submission
    first, last = sheet.names(who.name)
    score = "" if grade.final is None else number(grade.final)
    email = who.email or (who.student if "@" in who.student else "")
    has_number = inbox != "gradescope" or grade.absent  # else it has none: only a folder's name
    sid = who.sid or (who.student if has_number and not email else "")
    status = "Graded" if grade.final is not None else "Ungraded"
    return (
        sheet.neutral(first), sheet.neutral(last), sid, email, score, number(grade.max_score),
        status, who.submitted_at,
    )  # fmt: skip


def _filled(grades: Sequence[Grade], assignment: Assignment, into: bytes, inbox: str) -> Export:
    page = sheet.read(into)
    head = page.row(0)
    at = sheet.column(head, ("Total Score", assignment.title), "the score")
    most = next((head.index(name) for name in ("Max Points", f"{assignment.title} - Max Points")
                 if name in head), None)  # fmt: skip
    keys = sheet.keys(head, {"SID": ("sid",), "Email": ("email", "login")})
    filling = Filling(page, range(1, len(page)), keys, at)
    return sheet.fill(filling, grades, inbox, lambda row: sheet.points(page, row, most))
