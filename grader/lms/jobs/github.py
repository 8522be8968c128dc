"""GitHub Actions: a step output for the autograding reporter, a job summary, annotations.

``result`` in the file named by GITHUB_OUTPUT is base64 of JSON, in the format of
``github-education-resources/autograding-grading-reporter``. Annotations are workflow commands on
stdout, with everything in them escaped; nothing else is printed.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

from grader.lms.jobs.job import FAILED, Job, JobOutput, JobPlace
from grader.lms.wording import entry_lines, fitted, number, overall, said, verdict
from grader.model import Grade, Outcome, Status, seconds
from grader.results import cards
from grader.results.visibility import for_student
from grader.text import MOST, for_lms, lms_line

LIMIT: Final = 700_000
"""Bytes of the JSON: a job's outputs may have 1 MiB, and base64 adds a third."""
MOST_SUMMARY: Final = 1_000_000
MOST_ANNOTATIONS: Final = 10
"""Number of annotations that GitHub shows for a step."""
WORD: Final[dict[Status, str]] = {
    "passed": "pass", "failed": "fail", "waiting": "fail", "manual": "fail", "error": "error",
}  # fmt: skip
"""The reporter's words for a status; it has none for *not judged yet*."""


def job(place: JobPlace) -> Job:
    """Return the checkout, and the files from which the runner reads results."""
    files = {key: place.environ.get(key, "") for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    return Job(
        submission=Path(place.environ.get("GITHUB_WORKSPACE") or place.cwd),
        student=place.environ.get("GITHUB_ACTOR") or "submission",
        facts=files,
    )


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return the results; the step fails only if there is no score."""
    found: dict[Path, bytes] = {}
    if output := job.facts.get("GITHUB_OUTPUT"):
        encoded = base64.b64encode(fitted(lambda most: result(grade, job, most), LIMIT))
        found[Path(output)] = b"result=" + encoded + b"\n"
    if page := job.facts.get("GITHUB_STEP_SUMMARY"):
        found[Path(page)] = fitted(lambda most: summary(grade, job, most), MOST_SUMMARY)
    status = 0 if grade.status == "graded" else FAILED
    return JobOutput(stdout=commands(grade, job), append=found, status=status)


def result(grade: Grade, job: Job, most: int = MOST) -> bytes:
    """Return the reporter's JSON."""
    return json.dumps(document(grade, job, most), allow_nan=False).encode()


def document(grade: Grade, job: Job, most: int = MOST) -> dict[str, Any]:
    """Return the JSON object that the reporter reads."""
    status = "pass" if all(outcome.status == "passed" for outcome in grade.outcomes) else "fail"
    tests = [_test(grade, outcome, most) for outcome in grade.outcomes]
    if grade.status == "error":
        status = "error"
        tests = tests or [_nothing(grade, job)]
    return {"version": 1, "status": status, "max_score": grade.max_score, "tests": tests}


def _test(grade: Grade, outcome: Outcome, most: int) -> dict[str, Any]:
    return {
        "name": lms_line(outcome.title),
        "status": WORD[outcome.status],
        "score": outcome.points,
        "message": said(grade, outcome, most),
        "test_code": outcome.id,
        "filename": "",
        "line_no": 0,
        "duration": round(seconds(outcome.seconds) * 1000),
    }


def _nothing(grade: Grade, job: Job) -> dict[str, Any]:
    unknown = Outcome("", job.title or "Grading", "error", 0.0, 0.0, overall(grade))
    return _test(grade, unknown, MOST)


def summary(grade: Grade, job: Job, most: int = MOST) -> bytes:
    """Return the job summary as a Markdown table, with student text escaped."""
    score = job.score(grade)
    head = "not graded" if score is None else f"{number(score)} of {number(grade.max_score)} points"
    lines = [f"## {_plain(job.title or job.expected)}: {head}", ""]
    if told := overall(grade, job.remarks, most):
        lines += [_plain(told), ""]
    lines += ["| check | verdict | points | message |", "| --- | --- | ---: | --- |"]
    for each in grade.outcomes:
        points = f"{number(each.points)} / {number(each.max_points)}"
        cells = (
            _plain(lms_line(each.title)),
            verdict(each),
            points,
            _plain(said(grade, each, most)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return ("\n".join(lines) + "\n").encode()


def _plain(text: str) -> str:
    safe = "".join(c if c.isalnum() or c in " .,;()" or c > "\x7f" else _entity(c) for c in text)
    return safe.strip()


def _entity(character: str) -> str:
    return "<br>" if character == "\n" else f"&#{ord(character)};"


def commands(grade: Grade, job: Job) -> bytes:
    """Return a notice with the score, and an error for each of the first failures."""
    score = job.score(grade)
    lines = []
    if score is None:
        lines.append(_command("error", "not graded", overall(grade)))
    else:
        told = f"{number(score)} of {number(grade.max_score)} points"
        lines.append(_command("notice", job.title or job.expected, told))
    for entry in cards.entries(for_student(grade))[: MOST_ANNOTATIONS - 1]:
        title = entry.checks[0].title if entry.checks else entry.sentence
        lines.append(_command("warning", title, for_lms("\n".join(entry_lines(entry)), 1000)))
    return "".join(lines).encode()


def _command(kind: str, title: str, message: str) -> str:
    title = _escaped(lms_line(title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{_escaped(for_lms(message)) or '-'}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
