"""Grade everyone again: list whose score would change, then store exactly that.

Regrades have the lowest priority: a submission is graded again only while no attempt needs the
processes.
"""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from grader.grading.protocol import Settings
from grader.model import Grade, Submission
from grader.results import policy
from grader.results.marks import holding, marked
from grader.results.store import SERVED, Run, Store
from grader.runs.class_run import new_seed
from grader.runs.grading_service import GradingService, outcome
from grader.runs.regrade import Change
from grader.serve import messages as post
from grader.serve.courses import CoursePlace, Courses


class Desk(Protocol):
    """The part of `grader.serve.desk.GradingDesk` that a regrade needs."""

    courses: Courses
    service: GradingService

    def store(self, place: CoursePlace) -> AbstractContextManager[Store]:
        """Open the results of an offering."""

    def folder(self, offering: str) -> Path:
        """Return the folder of an offering's results."""

    def settings(self, place: CoursePlace, run: Run) -> Settings:
        """Return the settings with which an offering's grading processes are started."""


class _Preview(Struct, frozen=True):
    """The changes that a regrade would store, and the state from which they were computed."""

    version: str
    name: str
    grades: tuple[tuple[Grade, Submission], ...]
    answer: post.Changes


class Regrader:
    """Executes regrades, and keeps the last list of changes of each offering."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: dict[str, _Preview] = {}

    def answer(self, request: post.RegradeRequest) -> post.Answer:
        """Grade again, or store the listed changes."""
        place = self._desk.courses.place(request.offering)
        if request.shown:
            return self._store(place, request)
        shown = self._graded_again(place, new_seed() if request.is_final else None)
        if not request.is_final:
            self._shown[request.offering] = shown
        return shown.answer

    def _store(self, place: CoursePlace, request: post.RegradeRequest) -> post.Answer:
        shown = self._shown.get(request.offering)
        if shown is None or shown.name != request.shown or shown.version != place.version:
            return post.Refusal("the course or the results have changed since this was shown")
        with self._desk.store(place) as store:
            store.update(replace(store.run, versions=dict(place.versions)))
            for grade, submission in shown.grades:
                store.add(grade, submission, store.attempts(submission.student))
        del self._shown[request.offering]
        return replace_stored(shown.answer)

    def _graded_again(self, place: CoursePlace, seed: int | None) -> _Preview:
        folder = self._desk.folder(place.assignment.name)
        before = policy.standings(place.course, folder)
        with Store.open(folder) as store:
            handins, run = list(store.handins()), store.run
            sources = [store.source(each.digest) for each in handins]
            changes, later = store.adjustments(), store.extensions()
            marks = holding(store.marks())
        settings = self._desk.settings(place, run)
        graded = []
        for each, (file, data) in zip(handins, sources, strict=True):
            known = each.grade.submission
            submission = replace(known, file=file, source=data, error="" if data else known.error)
            future = self._desk.service.submit(
                settings, submission, seed=each.grade.seed if seed is None else seed,
                version=place.version, patience=place.assignment.limits.patience,
            )  # fmt: skip
            grade = replace(outcome(submission, future), versions=place.versions)
            graded.append((grade, submission))
        after, _ = policy.ranked(
            place.course, before.assignment, [marked(g, marks) for g, _ in graded], changes, later,
            run.inbox == SERVED,
        )  # fmt: skip
        pairs = zip(before.grades, after, strict=True)
        found = [
            change for old, new in pairs if (change := Change(old, new)).causes or change.moves
        ]
        lines = [
            post.ChangeLine(c.before.submission.student, c.before.final, c.after.final)
            for c in found
        ]
        name = hashlib.sha256(repr((place.version, lines, len(graded))).encode()).hexdigest()[:24]
        answer = post.Changes(lines, "" if seed is not None else name, len(graded))
        return _Preview(place.version, name, tuple(graded), answer)


def replace_stored(answer: post.Changes) -> post.Changes:
    """Return the answer after a regrade has been stored."""
    return post.Changes(answer.changes, answer.shown, answer.graded, is_stored=True)
