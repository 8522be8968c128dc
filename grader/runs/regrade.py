"""Grade what was handed in again, and say whose score changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.assignment import Course
from grader.course.secret import course_secret, fingerprint
from grader.grading.protocol import Settings
from grader.model import Grade, Outcome, Submission
from grader.results import policy
from grader.results.store import SERVED, Judged, Run, Store, StoreError, content_hash
from grader.runs import local


@dataclass(frozen=True, slots=True)
class Change:
    """What grading again changes for one student: the grade that counted, and the one that would."""

    before: Grade
    after: Grade

    @property
    def student(self) -> str:
        """Whose it is."""
        return self.before.submission.student

    @property
    def checks(self) -> tuple[tuple[Outcome | None, Outcome | None], ...]:
        """The checks with another verdict or other points, before and after; None: no such check."""
        old = {outcome.id: outcome for outcome in self.before.outcomes}
        new = {outcome.id: outcome for outcome in self.after.outcomes}
        pairs = ((old.get(name), new.get(name)) for name in {**old, **new})
        return tuple(pair for pair in pairs if _verdict(pair[0]) != _verdict(pair[1]))

    @property
    def is_one(self) -> bool:
        """Whether anything changes that counts."""
        scores = [(grade.score, grade.final) for grade in (self.before, self.after)]
        return bool(self.checks) or scores[0] != scores[1]


def regrade(course: Course, folder: Path, jobs: int, write: bool) -> list[Change]:
    """Grade everything handed in again; return who changes, by student.

    Nothing is kept unless ``write``: then the new verdicts are further rounds.
    """
    before = policy.standings(course, folder)
    run, assignment = before.run, before.assignment
    secret = secret_of(course, run, folder)
    settings = Settings(str(course.folder), run.assignment, run.seed, secret)
    with Store.open(folder) as store:
        handins = list(store.handins())
        found: dict[tuple[str, str, str], Grade] = {}
        submissions = (_stored(store, handin) for handin in handins)
        for submission, grade in local.grade_all(
            submissions, settings, jobs, assignment.limits.patience
        ):
            found[_key(content_hash(submission), submission)] = grade
            if write:
                store.add(grade, submission, store.attempts(submission.student))
        changes, later = store.adjustments(), store.extensions()
    now = [found[_key(each.digest, each.grade.submission)] for each in handins]
    after, _ = policy.ranked(course, assignment, now, changes, later, run.inbox == SERVED)
    pairs = zip(before.grades, after, strict=True)
    return [change for old, new in pairs if (change := Change(old, new)).is_one]


def secret_of(course: Course, run: Run, folder: Path) -> bytes:
    """The secret with which a run's inputs were drawn; raises `StoreError` for another."""
    secret = course_secret(course.folder)
    if fingerprint(secret) != run.secret:
        raise StoreError(f"{folder} was graded with another course secret: inputs would differ")
    return secret


def _stored(store: Store, handin: Judged) -> Submission:
    """A submission as it was handed in; what kept *us* from judging it then is forgotten."""
    file, source = store.source(handin.digest)
    known = handin.grade.submission
    return replace(known, file=file, source=source, error="" if source else known.error)


def _key(digest: str, submission: Submission) -> tuple[str, str, str]:
    return submission.student, digest, submission.submitted_at


def _verdict(outcome: Outcome | None) -> tuple[str, float] | None:
    return (outcome.status, outcome.points) if outcome is not None else None
