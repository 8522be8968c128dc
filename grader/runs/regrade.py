"""Grade stored submissions again, and report whose score changes."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from grader.course.assignment import Course
from grader.course.secret import course_secret, fingerprint
from grader.grading.protocol import Ready, Settings
from grader.model import Grade, Outcome, Submission
from grader.results import policy
from grader.results.marks import holding, marked
from grader.results.store import SERVED, Judged, Run, Store, StoreError, content_hash
from grader.runs import local
from grader.runs.provenance import recorded


class Change(Struct, frozen=True):
    """The current grade of one student, and the grade after regrading."""

    before: Grade
    after: Grade

    @property
    def causes(self) -> tuple[str, ...]:
        """Return the ids of the checks with another verdict, share or weight, in order."""
        factor = self._factor
        return tuple(
            name for name, old, new in self._pairs() if _verdict(old) != _verdict(new)
            or not math.isclose(_worth(old) * factor, _worth(new), rel_tol=1e-3)
        )  # fmt: skip

    @property
    def rescaled(self) -> bool:
        """Return whether the points of most checks changed by the same factor."""
        return self._factor != 1.0

    @property
    def _factor(self) -> float:
        """Return the factor by which the points of most checks changed; 1 if there is none."""
        factors = Counter(
            round(new.max_points / old.max_points, 4)
            for _, old, new in self._pairs()
            if old is not None and new is not None and old.max_points and new.max_points
        )
        [(factor, count)] = factors.most_common(1) or [(1.0, 0)]
        return factor if 2 * count > factors.total() else 1.0

    @property
    def moves(self) -> bool:
        """Return whether the score or the final score changes."""
        scores = [(grade.score, grade.final) for grade in (self.before, self.after)]
        return scores[0] != scores[1]

    def _pairs(self) -> list[tuple[str, Outcome | None, Outcome | None]]:
        """Return each check's id and its outcomes before and after; None if it does not exist."""
        old = {outcome.id: outcome for outcome in self.before.outcomes}
        new = {outcome.id: outcome for outcome in self.after.outcomes}
        return [(name, old.get(name), new.get(name)) for name in {**old, **new}]


def regrade(course: Course, folder: Path, jobs: int, write: bool) -> list[Change]:
    """Grade all stored submissions again; return the changes by student.

    The new verdicts are stored, as further rounds, only if ``write`` is true.
    """
    before = policy.standings(course, folder)
    run, assignment = before.run, before.assignment
    secret = secret_of(course, run, folder)
    settings = Settings(str(course.folder), run.assignment, run.seed, secret)
    with Store.open(folder) as store:
        handins = list(store.handins())
        found: dict[tuple[str, str, str], Grade] = {}
        submissions = (_stored(store, handin) for handin in handins)
        known = recorded(course, run.assignment)
        seeds = {_key(each.digest, each.grade.submission): each.grade.seed for each in handins}

        def seed_of(submission: Submission) -> int | None:
            return seeds[_key(content_hash(submission), submission)]

        def on_ready(ready: Ready) -> None:
            if write:
                store.update(replace(run, max_score=ready.max_score, versions=known))

        for submission, new in local.grade_all(
            submissions, settings, jobs, assignment.limits.patience, on_ready, seed_of=seed_of
        ):
            grade = replace(new, versions=known)
            found[_key(content_hash(submission), submission)] = grade
            if write:
                store.add(grade, submission, store.attempts(submission.student))
        changes, later = store.adjustments(), store.extensions()
        marks = holding(store.marks())
    now = [marked(found[_key(each.digest, each.grade.submission)], marks) for each in handins]
    after, _ = policy.ranked(course, assignment, now, changes, later, run.inbox == SERVED)
    pairs = zip(before.grades, after, strict=True)
    return [change for old, new in pairs if (change := Change(old, new)).causes or change.moves]


def secret_of(course: Course, run: Run, folder: Path) -> bytes:
    """Return the secret of a run's inputs; raise `StoreError` if the course has another one."""
    secret = course_secret(course.folder)
    if fingerprint(secret) != run.secret:
        raise StoreError(f"{folder} was graded with another course secret: inputs would differ")
    return secret


def _stored(store: Store, handin: Judged) -> Submission:
    """Return a stored submission without an earlier error, so that it can be graded."""
    file, source = store.source(handin.digest)
    known = handin.grade.submission
    return replace(known, file=file, source=source, error="" if source else known.error)


def _key(digest: str, submission: Submission) -> tuple[str, str, str]:
    return submission.student, digest, submission.submitted_at


def _verdict(outcome: Outcome | None) -> tuple[str, float] | None:
    """Return the status and the share of the points, or None if there is no check."""
    if outcome is None:
        return None
    share = outcome.points / outcome.max_points if outcome.max_points else 0.0
    return outcome.status, round(share, 6)


def _worth(outcome: Outcome | None) -> float:
    return outcome.max_points if outcome is not None else 0.0
