"""Grade one submission in a container or CI job, and write the result for the system.

    GRADER_COURSE=/opt/grader/course grader autograde --lms gradescope

There is always a valid result. A student's mistake is a grade; our failure (the sandbox cannot
start, a hidden test breaks) is the format's form of an error, if it has one, and never a zero. The
reason is written to the staff log and not into the result.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader import files, lms
from grader.course import catalog, extensions
from grader.course.assignment import Assignment, Course
from grader.course.extensions import Extension
from grader.course.secret import course_secret, secret_file
from grader.grading.protocol import Settings
from grader.inbox.archive import from_zip
from grader.inbox.beside import SUFFIXES, Beside
from grader.inbox.choice import Picker
from grader.inbox.folder import from_file, from_folder
from grader.inbox.tree import File, Handin, InboxError, Tree
from grader.inbox.untouched import matcher
from grader.lms.jobs.job import Job, JobOutput, JobPlace
from grader.lms.wording import for_staff, held_back, number
from grader.model import Grade, Submission
from grader.runs import local
from grader.runs.class_run import new_seed
from grader.timestamps import in_utc

READABLE: Final = 0o644
"""Permissions of a result, because in some systems another user reads it."""
STOPPED: Final = "the grader was stopped before it was done"


class Request(Struct, frozen=True):
    """The options of a grading job that replace the system's defaults."""

    lms: str
    assignment: str | None = None
    """The name of the assignment; by default the only one in the course."""
    course: Path | None = None
    submission: Path | None = None
    seed: int | None = None


def main(
    lms: str,
    assignment: str | None = None,
    *,
    course: Path | None = None,
    submission: Path | None = None,
    seed: int | None = None,
    staff_log: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    root: Path = Path("/"),
) -> int:
    """Grade, write the result, and return the exit status that the system ``lms`` expects.

    ``submission``: the file, folder or zip, if not in the system's usual place. ``staff_log``: a
    file to which the reason of an error and the messages of hidden checks are appended. Without it
    they go to stderr, if only staff read that.
    """
    place = JobPlace(environ, Path.cwd(), root)
    request = Request(lms, assignment, course, submission, seed)
    grade, job = grade_one(request, place)
    deliver(answer := answer_for(lms, grade, job))
    if reason := for_staff(grade):
        _tell_staff(f"not graded: {reason}", lms, staff_log)
    if told := held_back(grade):
        _tell_staff(f"hidden checks:\n{told}", lms, staff_log)
    return answer.status


def grade_one(request: Request, place: JobPlace) -> tuple[Grade, Job]:
    """Return the grade and the completed job; never raise."""
    job = lms.JOBS[request.lms](place)
    job = replace(job, submission=request.submission or job.submission, graded_at=_now())
    name = request.assignment or ""
    try:
        found = request.course or catalog.find_course(place.cwd, [job.submission])
        course = catalog.load(found)
        assignment = _assignment(course, request.assignment)
        name = assignment.name
        job = _informed(job, course, assignment, request)
        deliver(answer_for(request.lms, _unknown(job, STOPPED), job), files_only=True)
        return _graded(course, assignment, job), job
    except Exception as error:  # there must always be a result, which reports the error
        return _unknown(job, f"{type(error).__name__}: {error}"), replace(job, expected=name)


def answer_for(system: str, grade: Grade, job: Job) -> JobOutput:
    """Return the files that ``system`` reads for this grade, also for an error."""
    try:
        return lms.ANSWERS[system](grade, job)
    except Exception as error:  # a grade that cannot be rendered is our fault, not a zero
        return lms.ANSWERS[system](_unknown(job, f"{type(error).__name__}: {error}"), job)


def deliver(answer: JobOutput, *, files_only: bool = False) -> None:
    """Write the files, each completely or not at all, and then stdout."""
    for path, data in answer.write.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, data, READABLE)
    if files_only:
        return
    for path, data in answer.append.items():
        files.append(path, data)
    sys.stdout.buffer.write(answer.stdout)
    sys.stdout.buffer.flush()


# --- one submission ---------------------------------------------------------------------------


def _assignment(course: Course, name: str | None) -> Assignment:
    if name is None and len(course.assignments) == 1:
        return course.assignments[0]
    return course.assignment(name or "")


def _informed(job: Job, course: Course, assignment: Assignment, request: Request) -> Job:
    """Return the job with the facts that the course adds."""
    penalty, remark = lateness(job, course, assignment)
    return replace(
        job,
        expected=assignment.name,
        title=assignment.title,
        penalty=penalty,
        remarks=(remark,) if remark else (),
        settings=assignment.lms.get(request.lms, {}),
        seed=new_seed() if request.seed is None else request.seed,
    )


def lateness(job: Job, course: Course, assignment: Assignment) -> tuple[float, str]:
    """Return the late penalty in percent, by the system's times, and a sentence about it.

    The due date is that in extensions.csv, else the LMS's for this student, else the course's.
    """
    extension = _extension(job, course, assignment)
    if extension is not None and extension.excused:
        return 0.0, ""
    given = extension.due if extension is not None else None
    if given is not None and (assignment.due is None or given <= assignment.due):
        # as in a class run, an extension without a date or to an earlier one is ignored
        given = None
    late = assignment.lateness(
        job.submitted_at, given or in_utc(job.due_at, assignment.zone or UTC)
    )
    if not late.penalty:
        return 0.0, ""
    hours = number(round(late.late_by.total_seconds() / 3600, 1))
    unit = "hour" if hours == "1" else "hours"
    return late.penalty, f"Late by {hours} {unit}: {number(late.penalty)} % late penalty."


def _extension(job: Job, course: Course, assignment: Assignment) -> Extension | None:
    """Return this student's extension, if the job has the course's extensions file."""
    if course.extensions is None or not course.extensions.is_file():
        return None
    who = Submission(job.student, "", email=job.email, sid=job.facts.get("sid", ""))
    found, _ = extensions.matched(extensions.read(course), assignment, [who])
    return found.get(who.student)


def _graded(course: Course, assignment: Assignment, job: Job) -> Grade:
    submission = read_submission(course, assignment.name, job)
    secret = course_secret(course.folder)
    private = [course.solution(assignment.name), secret_file(course.folder)]
    settings = Settings(
        course=str(course.folder), assignment=assignment.name, seed=job.seed or 0, secret=secret,
        alone=True,
        private=tuple(str(path.resolve()) for path in private if path.is_file()),
    )  # fmt: skip
    for _, grade in local.grade_all([submission], settings, 1, assignment.limits.patience):
        return grade
    raise local.EngineError("no grade arrived")


def read_submission(course: Course, name: str, job: Job) -> Submission:
    """Return the student's main file, chosen among all submitted files."""
    assignment = course.assignment(name)
    bare = Submission(
        job.student, "", name=job.name, email=job.email, submitted_at=job.submitted_at
    )
    try:
        tree, named = _tree(job.submission)
    except FileNotFoundError:
        return replace(bare, problem="nothing was submitted")
    except InboxError as error:
        return replace(bare, problem=str(error))
    ours = {path.name for path in job.results}
    found_files = tuple(
        File(entry, entry.name, (entry.when,), meant=named)
        for entry in tree.entries if entry.name not in ours
    )  # fmt: skip
    handin = Handin(job.student, found_files, name=job.name, email=job.email,
                    submitted_at=job.submitted_at)  # fmt: skip
    untouched, beside = matcher(course.released(name)), Beside.of(assignment)
    found = Picker(tree, assignment.module, untouched, beside=beside).submission(handin)
    if found.is_ambiguous:  # there is no instructor here to choose one
        wanted = " or ".join(f"{assignment.module}{suffix}" for suffix in SUFFIXES)
        return replace(found, error="", problem=f"{found.error}; submit one file, {wanted}")
    return found


def _tree(path: Path) -> tuple[Tree, bool]:
    """Return a folder, zip or file as a tree, and whether it was named explicitly."""
    if path.is_dir():
        return from_folder(path), False
    if path.suffix.lower() == ".zip":
        return from_zip(path), False
    return from_file(path.resolve()), True


def _unknown(job: Job, why: str) -> Grade:
    bare = Submission(job.student, "", error=why, name=job.name, email=job.email)
    return Grade(bare, 0.0, (), why)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


FOR_STAFF: Final = frozenset({"gradescope", "prairielearn"})
"""Systems that show a job's output only to staff (the result tells Gradescope to do so)."""


def _tell_staff(text: str, system: str, log: Path | None) -> None:
    if log is not None:
        try:
            files.append(log, f"{_now()} {text}\n".encode("utf-8", "replace"))
            return
        # the result has been written, and the system waits for that
        except files.WriteError as error:
            text = f"{text}\n{error}"
    if system in FOR_STAFF:
        print(f"grader: {text}", file=sys.stderr)
