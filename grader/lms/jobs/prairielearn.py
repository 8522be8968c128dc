"""PrairieLearn: ``/grade/results/results.json`` of an external grader, at most 1 MiB, exit 0.

Source: docs.prairielearn.com, *External grading*. ``gradable: false`` means that a submission could
not be graded: no points are awarded or lost, and no attempt is used up.
"""

from __future__ import annotations

from typing import Any, Final

from grader.lms.jobs.job import Job, JobOutput, JobPlace, as_json
from grader.lms.wording import fitted, overall, said
from grader.model import Grade, Outcome
from grader.text import MOST, lms_line

LIMIT: Final = 1_000_000


def job(place: JobPlace) -> Job:
    """Read the job from ``/grade``."""
    home = place.root / "grade"
    return Job(submission=home / "student", results=(home / "results" / "results.json",))


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return ``results.json``, always with exit status 0, as PrairieLearn requires."""
    data = fitted(lambda most: as_json(document(grade, job, most)), LIMIT)
    return JobOutput(write=dict.fromkeys(job.results, data))


def document(grade: Grade, job: Job, most: int = MOST) -> dict[str, Any]:
    """Return the content of ``results.json``."""
    share, told = job.share(grade), overall(grade, job.remarks, most)
    if share is None:
        return {"gradable": False, "message": told, "format_errors": [told]}
    tests = [_test(grade, outcome, most) for outcome in grade.outcomes]
    return {"gradable": True, "score": share, "message": told, "tests": tests}


def _test(grade: Grade, outcome: Outcome, most: int) -> dict[str, Any]:
    return {
        "name": lms_line(outcome.title),
        "points": outcome.points,
        "max_points": outcome.max_points,
        "message": said(grade, outcome, most),
    }
