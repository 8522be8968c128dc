"""Classroom 50: ``result.json`` of an autograder, schema ``classroom50/result/v1``.

Scores are integers there. They are scaled together so that the total is right to the nearest point,
instead of truncating each check. An error has ``max-score`` 0 and no tests, as the schema requires,
and an exit status other than 0, because status 0 would be a pass. Sources:
foundation50/classroom50, schemas/result-v1.schema.json and the wiki's *Advanced Autograding*.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from grader.lms.jobs.job import FAILED, Job, JobOutput, JobPlace, as_json
from grader.model import Grade
from grader.text import lms_line
from grader.timestamps import moment

VARIABLES: Final = {
    "classroom": "CLASSROOM", "assignment": "ASSIGNMENT", "owner": "USERNAME",
    "submission": "SUBMISSION_TAG", "commit": "COMMIT_URL", "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}  # fmt: skip
MOST_CHECKS: Final = 2000


def job(place: JobPlace) -> Job:
    """Read the job from the runner's environment."""
    facts = {key: place.environ.get(variable, "") for key, variable in VARIABLES.items()}
    facts["mode"] = place.environ.get("ASSIGNMENT_TYPE") or place.environ.get("MODE", "")
    facts["actor"] = place.environ.get("GITHUB_ACTOR", "")
    facts["actor_id"] = place.environ.get("GITHUB_ACTOR_ID", "")
    return Job(
        submission=Path(place.environ.get("GITHUB_WORKSPACE") or place.cwd),
        results=(place.cwd / "result.json",),
        student=facts["owner"] or "submission",
        facts=facts,
    )


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return ``result.json``, and exit status 0 unless there is no score."""
    status = 0 if grade.status == "graded" else FAILED
    return JobOutput(write=dict.fromkeys(job.results, as_json(document(grade, job))), status=status)


def document(grade: Grade, job: Job) -> dict[str, Any]:
    """Return the content of ``result.json``."""
    facts = job.facts
    score, most = job.score(grade), round(grade.max_score)
    outcomes = grade.outcomes[:MOST_CHECKS] if score is not None else ()
    worth = shared(most, [outcome.max_points for outcome in outcomes])
    got = shared(round(score or 0), [outcome.points for outcome in outcomes], worth)
    found: dict[str, Any] = {key: facts.get(key) or "unknown" for key in VARIABLES}
    found |= {
        "schema": "classroom50/result/v1",
        "assignment": facts.get("assignment") or job.expected or "unknown",
        "assignment_type": "group" if facts.get("mode") == "group" else "individual",
        "submission": _tag(facts.get("submission", "")),
        "datetime": _utc(facts.get("submission", ""), job),
        "graded_at": _stamp(job.graded_at),
        "score": sum(got),
        "max-score": sum(worth),
        "tests": [
            {
                "test-name": lms_line(outcome.title) or outcome.id,
                "passed": outcome.status == "passed",
                "score": mine,
                "max-score": all_of_it,
            }
            for outcome, mine, all_of_it in zip(outcomes, got, worth, strict=True)
        ],
    }
    if facts.get("actor"):
        number = facts.get("actor_id", "")
        identity = int(number) if number.isdecimal() else None
        found["submitted_by"] = {"username": facts["actor"], "id": identity}
    return found


def shared(total: int, parts: Sequence[float], caps: Sequence[int] | None = None) -> list[int]:
    """Return whole numbers near ``parts`` with the sum ``total``, within their caps.

    >>> shared(100, [33.3, 33.3, 33.4])
    [33, 33, 34]
    >>> shared(1, [0.5, 0.5], [0, 1])
    [0, 1]
    """
    whole = sum(parts)
    if not whole:
        return [0] * len(parts)
    exact = [total * part / whole for part in parts]
    found = [int(value) for value in exact]
    if caps is not None:
        found = [min(value, cap) for value, cap in zip(found, caps, strict=True)]
    order = sorted(range(len(parts)), key=lambda i: found[i] - exact[i])
    left = total - sum(found)
    while left > 0:
        room = [i for i in order if parts[i] and (caps is None or found[i] < caps[i])][:left]
        if not room:
            break
        for i in room:
            found[i] += 1
        left -= len(room)
    return found


def _tag(tag: str) -> str:
    return tag if tag.startswith("submit/") else f"submit/{tag or 'unknown'}"


TAGGED: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)[-:]?(\d\d)[-:]?(\d\d)Z", re.ASCII)


def _utc(tag: str, job: Job) -> str:
    """Return the submission time in the tag, else the time of grading."""
    if match := TAGGED.search(tag):
        found = _stamp(f"{match[1]}T{match[2]}:{match[3]}:{match[4]}Z")
        if not found.startswith("1970"):
            return found
    return _stamp(job.submitted_at or job.graded_at)


def _stamp(text: str) -> str:
    time = moment(text)
    if time is None:
        return "1970-01-01T00:00:00Z"
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
