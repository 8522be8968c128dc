"""CodeRunner for Moodle: the JSON of a combinator template grader, as the only output.

Its fields are those that ``qtype_coderunner`` allows; text is HTML, escaped here. Without
``fraction`` the question is ungradable, with no mark and no penalty, so it is left out if we could
not judge the submission.
"""

from __future__ import annotations

from typing import Any, Final

from grader.lms.jobs.job import Job, JobOutput, JobPlace, as_json
from grader.lms.wording import fitted, in_html, number, overall, said
from grader.model import Grade
from grader.text import MOST, lms_line

LIMIT: Final = 60_000
HEADER: Final = ("iscorrect", "Check", "Points", "Message", "ishidden")


def job(place: JobPlace) -> Job:
    """Return the job in the working directory, where the template put the file."""
    return Job(submission=place.cwd)


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return the JSON for stdout, with exit status 0: any other status hides it."""
    return JobOutput(stdout=fitted(lambda most: as_json(document(grade, job, most)), LIMIT))


def document(grade: Grade, job: Job, most: int = MOST) -> dict[str, Any]:
    """Return the JSON object that the template grader prints."""
    share, told = job.share(grade), in_html(overall(grade, job.remarks, most))
    if share is None:
        return {"prologuehtml": f"<p>{told}</p>"}
    rows = [
        [
            int(each.status == "passed"),
            in_html(lms_line(each.title)),
            f"{number(each.points)} / {number(each.max_points)}",
            in_html(said(grade, each, most)),
            0,
        ]
        for each in grade.outcomes
    ]
    return {
        "fraction": share,
        "prologuehtml": f"<p>{told}</p>" if told else "",
        "testresults": [list(HEADER), *rows],
        "columnformats": ["%h", "%s", "%h"],
        "epiloguehtml": "",
    }
