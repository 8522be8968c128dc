"""GitLab: a JUnit report, shown in merge requests and pipelines; it sets no job status.

The format has no points, so these are in the names of the cases and, exactly, in the properties of
the suite. The report is valid by pytest's junit-10.xsd; texts are cut so that it stays below
GitLab's limit of 30 MB.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from grader.lms.jobs.job import FAILED, Job, JobOutput, JobPlace
from grader.lms.wording import fitted, number, overall, said
from grader.model import Grade, Outcome, Status, seconds
from grader.text import MOST, lms_line

LIMIT: Final = 10_000_000


def job(place: JobPlace) -> Job:
    """Return the project's checkout; the report is written to the working directory."""
    home = Path(place.environ.get("CI_PROJECT_DIR") or place.cwd)
    return Job(
        submission=home,
        results=(home / "report.xml",),
        student=place.environ.get("GITLAB_USER_LOGIN") or "submission",
    )


def answer(grade: Grade, job: Job) -> JobOutput:
    """Return ``report.xml``; the job fails only if there is no score."""
    data = fitted(lambda most: report(grade, job, most), LIMIT)
    status = 0 if grade.status == "graded" else FAILED
    return JobOutput(write=dict.fromkeys(job.results, data), status=status)


def report(grade: Grade, job: Job, most: int = MOST) -> bytes:
    """Return the report: one suite, with one case for each check."""
    outcomes = grade.outcomes or (_whole(grade, job),)
    score = job.score(grade)
    counts: dict[str, str] = {
        "tests": str(len(outcomes)),
        "failures": str(sum(each.status == "failed" for each in outcomes)),
        "errors": str(sum(each.status == "error" for each in outcomes)),
        "time": f"{seconds(grade.seconds):.3f}",
    }
    root = ET.Element("testsuites", {"name": "grader", **counts})
    title = _xml(job.title or job.expected)
    skipped = str(sum(each.status in ("waiting", "manual") for each in outcomes))
    suite = ET.SubElement(root, "testsuite", {"name": title, **counts, "skipped": skipped})
    known = {"score": "" if score is None else number(score), "max_score": number(grade.max_score)}
    points = {each.id: f"{number(each.points)}/{number(each.max_points)}" for each in outcomes}
    properties = ET.SubElement(suite, "properties")
    for name, value in {**known, **points}.items():
        ET.SubElement(properties, "property", name=_xml(name), value=value)
    for each in outcomes:
        _case(suite, grade, each, most)
    if told := overall(grade, job.remarks, most):
        ET.SubElement(suite, "system-out").text = _xml(told)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _case(suite: ET.Element, grade: Grade, outcome: Outcome, most: int) -> None:
    points = f"{number(outcome.points)} of {number(outcome.max_points)} points"
    case = ET.SubElement(
        suite, "testcase", name=f"{_xml(lms_line(outcome.title))} ({points})",
        classname=_xml(outcome.id.partition("::")[0] or "grader"), time=f"{seconds(outcome.seconds):.3f}",
    )  # fmt: skip
    if outcome.status in ("waiting", "manual"):
        ET.SubElement(case, "skipped", message=_xml(lms_line(said(grade, outcome, most))))
    elif outcome.status != "passed":
        kind = "failure" if outcome.status == "failed" else "error"
        told = said(grade, outcome, most)
        message = _xml(lms_line(told.partition("\n")[0] or outcome.status))
        ET.SubElement(case, kind, message=message, type=kind).text = _xml(told)


def _whole(grade: Grade, job: Job) -> Outcome:
    """Return the single case of a submission without checks."""
    status: Status = "error" if grade.status == "error" else "failed"
    title = job.title or "Grading"
    return Outcome("", title, status, 0.0, grade.max_score, overall(grade, job.remarks))


def _xml(text: str) -> str:
    """Return the text without characters that XML 1.0 forbids."""
    known = (c not in "\ufffe\uffff" and (c >= " " or c in "\n\t") for c in text)
    return "".join(c if good else "\ufffd" for c, good in zip(text, known, strict=True))
