"""Gradescope: ``results.json`` of the autograder.

Sources: gradescope-autograders.readthedocs.io, *Autograder Specifications* and *Submission
Metadata*. A result needs a ``score``, for itself or in each test. If we could not judge the
submission there is none: Gradescope then shows an autograder error and no score.

A test that Gradescope hides also hides the total from the student. So a hidden check becomes a
visible test without its message; only a check for after the due date uses Gradescope's own setting,
and accepts that consequence.
"""

from __future__ import annotations

from typing import Any, Final

from grader.lms.jobs.job import FAILED, Job, JobOutput, JobPlace, as_json, part, read_json, text
from grader.lms.wording import fitted, overall, said
from grader.model import Grade, Outcome, seconds
from grader.text import MOST, lms_line
from grader.timestamps import moment
from grader.timestamps import seconds as seconds_of

LIMIT: Final = 4 * 1024 * 1024


def job(place: JobPlace) -> Job:
    """Read the submission and its metadata from ``/autograder``."""
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
        due_at=_due(users) or text(told, "assignment", "due_date"),
        facts={"id": text(told, "id"), "sid": text(users, 0, "sid")},
    )


def _due(users: list[Any]) -> str:
    """Return the latest due date of the members, including extensions; '' if there is none."""
    dates = [text(user, "assignment", "due_date") for user in users]
    return max(filter(moment, dates), key=seconds_of, default="")


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return ``results.json``, and exit status 0 if there is a score."""
    data = fitted(lambda most: as_json(document(grade, job, most)), LIMIT)
    status = 0 if grade.status == "graded" else FAILED
    return JobOutput(write=dict.fromkeys(job.results, data), status=status)


def document(grade: Grade, job: Job, most: int = MOST) -> dict[str, Any]:
    """Return the content of ``results.json``."""
    found: dict[str, Any] = {
        "output": overall(grade, job.remarks, most),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "execution_time": seconds(grade.seconds),
        "extra_data": {"status": grade.status, "seed": job.seed},
    }
    if "visibility" in job.settings:
        found["visibility"] = job.settings["visibility"]
    if (score := job.score(grade)) is not None:
        found["score"] = score
        found["tests"] = [
            _test(grade, number, outcome, most) for number, outcome in enumerate(grade.outcomes, 1)
        ]
    return found


def _test(grade: Grade, number: int, outcome: Outcome, most: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": str(number),
        "name": lms_line(outcome.title),
        "score": outcome.points,
        "max_score": outcome.max_points,
        "output": said(grade, outcome, most, waits=True),
        "extra_data": {"id": outcome.id, "mistake": outcome.mistake},
    }
    if outcome.status in ("passed", "failed"):  # Gradescope has no status for *not judged yet*
        found["status"] = outcome.status
    if outcome.visibility == "after_due_date":
        found["visibility"] = outcome.visibility
    return found


# --- a class ----------------------------------------------------------------------------------
