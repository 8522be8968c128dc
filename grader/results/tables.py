"""Write the gradebook: ``grades.json``, complete, and ``grades.csv``, one row per student.

Students may see everything in grades.json except the values of ``instructor`` keys. ``score`` is
the result of the checks, ``final_score`` the score that counts; ``policy`` explains the difference,
and exists only if the course's policy affects the student.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from grader.model import Card, Grade, Outcome, Standing, seconds
from grader.results.marks import question_of
from grader.results.store import Run
from grader.text import for_cell

_KNOWN = ("name", "email", "sid", "group", "submitted_at")


def as_json(run: Run, grades: Iterable[Grade]) -> Iterator[bytes]:
    """Yield ``grades.json`` in parts, so that a large class never has to fit in memory."""
    document = {
        "assignment": run.assignment,
        "seed": run.seed,
        "max_score": run.max_score,
        "sandbox": list(run.sandbox),
        "secret": run.secret,
        "versions": run.versions,
    }
    yield _indented(document).removesuffix(b"\n}") + b',\n "submissions": ['
    between, end = b"\n  ", b"]"
    for grade in grades:
        yield between + _indented(submission_entry(grade, run.versions)).replace(b"\n", b"\n  ")
        between, end = b",\n  ", b"\n ]"
    yield end + b"\n}\n"


def _indented(document: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def submission_entry(grade: Grade, versions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return one submission's entry in grades.json.

    ``versions``: the versions of the run, which are not repeated here.
    """
    submission = grade.submission
    entry: dict[str, Any] = {
        "student": submission.student,
        "file": submission.file,
        "status": grade.status,
        "score": grade.score,
        "final_score": grade.final,
        "max_score": grade.max_score,
        "seconds": seconds(grade.seconds),
    }
    entry.update({key: value for key in _KNOWN if (value := getattr(submission, key))})
    if grade.standing and (grade.standing.lines or grade.standing.instructor):
        entry["policy"] = policy_entry(grade.standing)
    if grade.message:
        entry["message"] = grade.message
    if grade.outstanding:
        entry["outstanding"] = grade.outstanding
    if manual := [manual_entry(each) for each in grade.outcomes if question_of(each)]:
        entry["manual"] = manual
    if grade.seed is not None:
        entry["seed"] = grade.seed
    if grade.versions and grade.versions != versions:
        entry["versions"] = dict(grade.versions)
    if grade.cards:
        entry["cards"] = [card_entry(card) for card in grade.cards]
    entry["checks"] = [check_entry(outcome) for outcome in grade.outcomes]
    if grade.instructor:
        entry["instructor"] = dict(grade.instructor)
    return entry


def policy_entry(standing: Standing) -> dict[str, Any]:
    """Return the policy's part of an entry: ``late_by`` in seconds, ``penalty`` in %."""
    entry: dict[str, Any] = {
        "due": standing.due.isoformat() if standing.due else None,
        "late_by": round(standing.late_by.total_seconds()),
        "penalty": standing.penalty,
        "excused": standing.excused,
        "attempts": standing.attempts,
        "adjustments": [dict(each) for each in standing.adjustments],
        "lines": list(standing.lines),
    }
    if standing.instructor:
        entry["instructor"] = dict(standing.instructor)
    return entry


def check_entry(outcome: Outcome) -> dict[str, Any]:
    """Return one check's entry in grades.json, without empty fields."""
    entry: dict[str, Any] = {
        "id": outcome.id,
        "title": outcome.title,
        "status": outcome.status,
        "points": outcome.points,
        "max_points": outcome.max_points,
    }
    optional = (
        "cause", "blocked_by", "root_cause", "visibility", "message", "credit", "mistake", "hint",
        "more", "instructor",
    )  # fmt: skip
    entry.update({key: value for key in optional if (value := getattr(outcome, key))})
    entry["seconds"] = seconds(outcome.seconds)
    return entry


def manual_entry(outcome: Outcome) -> dict[str, Any]:
    """Return the entry of a manually graded question; its points are its maximum."""
    return {
        "id": question_of(outcome),
        "title": outcome.title,
        "points": outcome.max_points,
        "status": "manual" if outcome.status == "manual" else "marked",
    }


def card_entry(card: Card) -> dict[str, Any]:
    """Return one root cause's entry in grades.json, without its picture and empty fields."""
    entry: dict[str, Any] = msgspec.to_builtins(replace(card, picture=""))
    return {key: value for key, value in entry.items() if value}


def as_csv(grades: Iterable[Grade]) -> bytes:
    """Return ``grades.csv`` in UTF-8: ids, status, both scores, each check's points."""
    rows = list(grades)
    ids = list(dict.fromkeys(outcome.id for grade in rows for outcome in grade.outcomes))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    known = ("student", "name", "email", "sid", "status", "score", "final_score", "max_score")
    table.writerow([*known, *ids, "policy", "message"])
    for grade in rows:
        points = {outcome.id: outcome.points for outcome in grade.outcomes}
        submission = grade.submission
        table.writerow([
            *map(for_cell, (submission.student, submission.name, submission.email, submission.sid)),
            "excused" if grade.excused else grade.status,
            *("" if score is None else score for score in (grade.score, grade.final)),
            grade.max_score, *(points.get(check, "") for check in ids),
            for_cell("; ".join(grade.reasons)), for_cell(grade.message),
        ])  # fmt: skip
    return out.getvalue().encode("utf-8", "replace")
