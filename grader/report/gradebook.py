"""The gradebook: ``grades.json``, complete, and ``grades.csv``, a row a student.

Everything in grades.json may be shown to the student but what stands under an ``instructor`` key.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from grader.model import Grade, Outcome
from grader.store import Run

_KNOWN = ("name", "email", "sid", "group", "submitted_at")


def as_json(run: Run, grades: Iterable[Grade]) -> bytes:
    """``grades.json``, indented; floats as they are."""
    document = {
        "assignment": run.assignment,
        "seed": run.seed,
        "max_score": run.max_score,
        "sandbox": list(run.sandbox),
        "secret": run.secret,
        "versions": run.versions,
        "submissions": [submission_entry(grade) for grade in grades],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def submission_entry(grade: Grade) -> dict[str, Any]:
    """One submission's entry in grades.json."""
    submission = grade.submission
    entry: dict[str, Any] = {
        "student": submission.student,
        "file": submission.file,
        "status": grade.status,
        "score": grade.score,
        "max_score": grade.max_score,
        "seconds": grade.seconds,
    }
    entry.update({key: value for key in _KNOWN if (value := getattr(submission, key))})
    if grade.message:
        entry["message"] = grade.message
    entry["checks"] = [check_entry(outcome) for outcome in grade.outcomes]
    if grade.instructor:
        entry["instructor"] = dict(grade.instructor)
    return entry


def check_entry(outcome: Outcome) -> dict[str, Any]:
    """One check's entry in grades.json; what is empty is left out."""
    entry: dict[str, Any] = {
        "id": outcome.id,
        "title": outcome.title,
        "status": outcome.status,
        "points": outcome.points,
        "max_points": outcome.max_points,
    }
    optional = ("message", "mistake", "hint", "more", "instructor")
    entry.update({key: value for key in optional if (value := getattr(outcome, key))})
    entry["seconds"] = outcome.seconds
    return entry


def as_csv(grades: Iterable[Grade]) -> bytes:
    """``grades.csv``, UTF-8: who, status, score, and the points of each check."""
    rows = list(grades)
    ids = list(dict.fromkeys(outcome.id for grade in rows for outcome in grade.outcomes))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ["student", "name", "email", "sid", "status", "score", "max_score", *ids, "message"]
    )
    for grade in rows:
        points = {outcome.id: outcome.points for outcome in grade.outcomes}
        submission = grade.submission
        table.writerow([
            submission.student, neutral(submission.name), submission.email, submission.sid,
            grade.status, "" if grade.score is None else grade.score, grade.max_score,
            *(points.get(check, "") for check in ids), neutral(grade.message),
        ])  # fmt: skip
    return out.getvalue().encode("utf-8", "replace")


def neutral(text: str) -> str:
    """Free text for a spreadsheet cell: a formula becomes text, control characters go."""
    shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return f"'{shown}" if shown.lstrip()[:1] in ("=", "+", "-", "@") else shown
