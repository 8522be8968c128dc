"""VPL, the Virtual Programming Lab of Moodle: comments and a grade on stdout.

``Grade :=>> 87.5`` at the start of a line is the grade; the last one counts. All other lines here
begin with ``Comment :=>>``, so that no text can be mistaken for a grade. Without a grade VPL leaves
the submission ungraded, so none is written if we could not judge it.
"""

from __future__ import annotations

from typing import Final

from grader.lms.jobs.job import Job, JobOutput, JobPlace
from grader.lms.wording import fitted, number, overall, said, verdict
from grader.model import Grade
from grader.text import MOST, lms_line

LIMIT: Final = 60_000
COMMENT: Final = "Comment :=>>"


def job(place: JobPlace) -> Job:
    """Return the file in the working directory, and the activity's highest grade."""
    names = [place.environ.get(f"VPL_SUBFILE{number}", "") for number in range(100)]
    named = [name for name in names if name.lower().endswith((".py", ".ipynb"))]
    most = place.environ.get("VPL_GRADEMAX") or place.environ.get("VPL_MAXGRADE") or ""
    return Job(
        submission=place.cwd / named[0] if len(named) == 1 else place.cwd,
        facts={"max": most},
    )


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return the text that VPL reads from stdout."""
    return JobOutput(stdout=fitted(lambda most: text(grade, job, most), LIMIT))


def text(grade: Grade, job: Job, most: int = MOST) -> bytes:
    """Return comments, with a title for each check, and then the grade."""
    lines = overall(grade, job.remarks, most).splitlines()
    score = job.score(grade)
    for each in grade.outcomes if score is not None else ():
        points = f"{number(each.points)} of {number(each.max_points)}"
        lines.append(f"-{lms_line(each.title)}: {verdict(each)}, {points} points")
        lines += [f" {row}" for row in said(grade, each, most).splitlines()]
    found = [f"{COMMENT}{row}" for row in lines]
    share = job.share(grade)
    if share is not None:
        found.append(f"Grade :=>> {number(share * _highest(grade, job))}")
    return ("\n".join(found) + "\n").encode()


def _highest(grade: Grade, job: Job) -> float:
    try:
        highest = float(job.facts.get("max", ""))
    except ValueError:
        return grade.max_score
    return highest if 0 < highest < 1e9 else grade.max_score
