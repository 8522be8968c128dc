"""Answer the requests of the web process: grade, store results, render, export.

Each offering has a folder ``DATA/results/<offering>`` in the format of ``grader grade --out``, so
that ``grader report``, ``show``, ``adjust``, ``export``, ``push`` and ``regrade`` work on it, even
while serving. Attempts by staff are trials; they are stored in its subfolder ``trials``.
"""

from __future__ import annotations

import contextlib
import io
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from msgspec.structs import replace

from grader import lms
from grader.course.secret import fingerprint, secret_file
from grader.errors import UserError
from grader.files import make_private
from grader.grading.protocol import Settings
from grader.inbox.choice import Picker
from grader.inbox.tree import Entry, File, Handin, Tree
from grader.inbox.untouched import matcher
from grader.model import Grade, Standing, Submission
from grader.parcel import is_parcel
from grader.results import class_report, feedback, manual, policy, tables
from grader.results.store import (
    FIRST_SERVED,
    SERVED,
    Adjustment,
    LaterDate,
    Run,
    Store,
    StoreError,
)
from grader.runs.class_run import Seeds, new_seed
from grader.runs.grading_process import EngineError
from grader.runs.grading_service import GradingService, Lost, lost
from grader.serve import messages as post
from grader.serve.courses import CoursePlace, Courses
from grader.serve.database import now
from grader.serve.regrading import Regrader
from grader.serve.stores import Stores

TRIALS: Final = "trials"
GAP: Final = b"NotImplementedError"
"""The text of a stub in the place of the student's code."""


class _OfOffering(Protocol):
    """A request about an offering."""

    @property
    def offering(self) -> str:
        """Return the offering's id."""


class GradingDesk:
    """The courses, the results, and the grading processes."""

    def __init__(self, courses: Courses, results: Path, jobs: int) -> None:
        self.courses, self.results = courses, results
        self._jobs, self._kept = jobs, 2 * jobs
        self.service = GradingService(jobs, kept=self._kept, tries=1)  # service.db counts the tries
        self._stores = Stores()
        self._worth: dict[str, float] = {}
        """The maximum score of each offering, known once its tests have been collected."""
        self._beginning, self._counting = threading.Lock(), threading.Lock()
        self._added: Counter[str] = Counter()
        """Rows that this process added to each offering's results, known to the web process."""
        self._regrader = Regrader(self)
        self._answers: Mapping[type, Callable[[Any], post.Answer]] = {
            post.OfferingsRequest: self._offerings,
            post.GradeRequest: self._grade,
            post.PageRequest: self._page,
            post.ReportRequest: self._report,
            post.AnswersRequest: self._written,
            post.OverrideRequest: self._override,
            post.ExtendRequest: self._extend,
            post.RegradeRequest: self._regrader.answer,
            post.ExportRequest: self._export,
            post.MyDataRequest: self._my_data,
            post.NewsRequest: self._news,
            post.KnownRequest: self._known,
            post.StatusRequest: lambda _: post.ServiceStatus(self.service.alive()),
        }

    def answer(self, request: post.Request) -> post.Answer:
        """Execute a request; errors in the request become its answer."""
        try:
            return self._answers[type(request)](request)
        except EngineError as error:
            return post.Unable(str(error))
        except (UserError, OSError) as error:
            return post.Refusal(str(error))

    def warm_up(self) -> None:
        """Create the results of each assignment, and start processes, first for the open ones.

        The settings of a process include the run's seed and results.db. Otherwise the first student
        would wait for a process to be started, twice.
        """
        found = sorted(self.courses.offerings(), key=lambda each: _is_shut(each, now()))
        are_open = sum(not _is_shut(each, now()) for each in found)
        share = max(1, self._jobs // max(1, are_open))
        for each in found[: self._kept]:
            with contextlib.suppress(UserError, OSError):  # reported when somebody submits
                place = self.courses.place(each.id)
                with self.store(place):
                    jobs = 1 if _is_shut(each, now()) else share
                    self.service.prepare(self._settings(place), jobs, place.version)

    # --- the results of an offering -------------------------------------------------------------

    def folder(self, offering: str, trial: bool = False) -> Path:
        """Return the folder of an offering's results."""
        folder = self.results / offering
        return folder / TRIALS if trial else folder

    def settings(self, place: CoursePlace, run: Run) -> Settings:
        """Return the settings with which an offering's grading processes are started."""
        private = [self.folder(run.assignment) / "results.db", secret_file(place.course.folder)]
        return Settings(
            str(place.course.folder), run.assignment, run.seed, place.secret,
            private=tuple(_resolved(path) for path in private if path.is_file()),
        )  # fmt: skip

    def _settings(self, place: CoursePlace) -> Settings:
        with self._stores.opened(self.folder(place.assignment.name)) as store:
            return self.settings(place, store.run)

    @contextlib.contextmanager
    def store(self, place: CoursePlace, trial: bool = False) -> Iterator[Store]:
        """Open the results of an offering; create them if there are none."""
        folder = self.folder(place.assignment.name, trial)
        if not self._stores.are_open(folder):
            with self._beginning:
                seed = self._begun(place, self.folder(place.assignment.name), new_seed())
                self._begun(place, folder, seed)
        with self._stores.opened(folder) as store:
            if store.run.secret != fingerprint(place.secret):
                raise StoreError(f"{folder} was graded with another course secret")
            if not store.run.sandbox:
                ready = self.service.prepare(self._settings(place), 1, place.version)
                known = replace(store.run, max_score=ready.max_score, sandbox=tuple(ready.sandbox),
                                versions=dict(place.versions))  # fmt: skip
                store.update(known)
            self._worth[place.assignment.name] = store.run.max_score
            yield store

    def _begun(self, place: CoursePlace, folder: Path, seed: int) -> int:
        """Write the run to results.db unless it is there already; return its seed."""
        make_private(folder)
        if not Store.holds_run(folder):
            run = Run(place.assignment.name, seed, place.assignment.max_score,
                      fingerprint(place.secret), inbox=SERVED)  # fmt: skip
            with Store.create(folder, run):
                return seed
        with Store.open(folder) as store:
            return store.run.seed

    # --- one attempt ----------------------------------------------------------------------------

    def _grade(self, request: post.GradeRequest) -> post.Answer:
        place = self.courses.place(request.offering)
        with self.store(place, request.trial) as store:
            known = store.served(request.student, request.row)
            if known is not None and known.status != "error":
                return self._graded(place, store, request.student, known)
            submission = _submission(place, request)
            seed = Seeds(store.of(request.student)).of(submission)
            future = self.service.submit(
                self.settings(place, store.run), submission, seed=seed, version=place.version,
                patience=place.assignment.limits.patience,
            )  # fmt: skip
            try:
                grade = future.result()
            except Lost as why:
                if not request.is_last_try:
                    return post.LostProcess(str(why))
                grade = lost(submission, str(why))
            grade = replace(grade, versions=place.versions)
            again = store.attempts(request.student)  # an `error` that staff sent to be graded again
            number = again if known else FIRST_SERVED + request.row
            is_new = store.add(grade, submission, number)
            self._count(request, is_new and not request.trial)
            return self._graded(place, store, request.student, grade)

    def _graded(self, place: CoursePlace, store: Store, student: str, grade: Grade) -> post.Graded:
        stands = self._stands(place, store, student)
        seed = store.run.seed if grade.seed is None else grade.seed
        return post.Graded(
            grade.status,
            grade.score,
            stands.final,
            stands.lines,
            grade.seconds,
            seed,
            place.version,
        )

    def _stands(self, place: CoursePlace, store: Store, student: str) -> post.Stands:
        """Return a student's standing."""
        counts = policy.standing_of(place.course, store, student)
        standing = counts.standing if counts is not None else None
        if standing is None:
            return post.Stands(None, [])
        return post.Stands(standing.final, list(standing.lines))

    def _page(self, request: post.PageRequest) -> post.Answer:
        course, assignment = self.courses.assignment(request.offering)
        with self._stores.opened(self.folder(request.offering, request.trial)) as store:
            handins = store.of(request.student)
            grade = store.served(request.student, request.row, handins)
            if grade is None:
                return post.Refusal("not graded yet")
            counts = policy.standing_of(course, store, request.student, handins)
            run = store.run
        if counts is not None and replace(counts, standing=None) == grade:
            grade = counts
        elif counts is not None and counts.standing is not None:
            grade = replace(grade, standing=_alone(grade, counts.standing))
        return post.Document(feedback.render(run, assignment.worth(run.max_score), grade))

    # --- the class ------------------------------------------------------------------------------

    def _offerings(self, _: post.OfferingsRequest) -> post.Answer:
        found = [
            replace(each, max_score=self._worth.get(each.id, each.max_score))
            for each in self.courses.offerings()
        ]
        return post.Offerings(found, self.courses.problem)

    def _report(self, request: post.ReportRequest) -> post.Answer:
        found = self._standings(request.offering)
        pages = class_report.render(found.run, found.assignment, found.grades, request.pages)
        return post.Document(pages)

    def _written(self, request: post.AnswersRequest) -> post.Answer:
        found = self._standings(request.offering)
        if not found.assignment.manual:
            return post.Refusal("this assignment has no questions that a person grades")
        course = self.courses.place(request.offering).course
        return post.Document(manual.answers_page(self.folder(request.offering), found, course))

    def _standings(self, offering: str) -> policy.Standings:
        place = self.courses.place(offering)
        folder = self.folder(offering)
        found = policy.standings(place.course, folder) if Store.holds_run(folder) else None
        if found is None or not found.grades:
            raise StoreError("nothing was submitted yet")
        return found

    def _override(self, request: post.OverrideRequest) -> post.Answer:
        place = self.courses.place(request.offering)
        is_change = policy.CHANGE.fullmatch(request.change) or request.change == policy.UNDO
        if not is_change:
            return post.Refusal("the score is not a number")
        with self.store(place) as store:
            if not store.of(request.student):
                return post.Refusal(
                    "this student has submitted nothing; there is no score to change"
                )
            change = Adjustment(
                request.student, request.change, request.reason, request.by, request.at
            )
            self._count(request, store.adjust(change))
            return self._stands(place, store, request.student)

    def _extend(self, request: post.ExtendRequest) -> post.Answer:
        place = self.courses.place(request.offering)
        with self.store(place) as store:
            later = LaterDate(request.student, request.due, request.reason, request.by, request.at)
            self._count(request, store.extend(later))
            return self._stands(place, store, request.student)

    def _export(self, request: post.ExportRequest) -> post.Answer:
        found = self._standings(request.offering)
        if request.format == "feedback.zip":
            return post.Document(_feedback_zip(found), f"{request.offering}-feedback.zip")
        if request.format not in lms.EXPORTS:
            return post.Refusal(
                f"unknown format; choose one of: {', '.join(lms.EXPORTS)}, feedback.zip"
            )
        made = lms.export(
            request.format, found.grades, found.assignment, request.into, found.run.inbox
        )
        notes = [*made.notes, *(f"no place for the grade of {who}" for who in made.unmatched)]
        return post.Document(made.data, f"{request.offering}-{request.format}.csv", notes)

    # --- housekeeping ---------------------------------------------------------------------------

    def _folders(self) -> Iterator[tuple[str, Path]]:
        for each in self.courses.offerings():
            folder = self.folder(each.id)
            if self._stores.are_open(folder) or Store.holds_run(folder):
                yield each.id, folder

    def _my_data(self, request: post.MyDataRequest) -> post.Answer:
        found: dict[str, list[Any]] = {}
        for offering, folder in self._folders():
            with self._stores.opened(folder) as store:
                entries = [
                    tables.submission_entry(each.grade) for each in store.of(request.student)
                ]
            found[offering] = [_for_student(entry) for entry in entries]
        return post.Document(msgspec.json.encode(found))

    def _count(self, request: _OfOffering, is_new: bool) -> None:
        with self._counting:
            self._added[request.offering] += is_new

    def _news(self, request: post.NewsRequest) -> post.Answer:
        rows: dict[str, int] = {}
        stands = []
        for offering, folder in self._folders():
            with self._stores.opened(folder) as store:
                rows[offering] = store.newest() - self._added[offering]
                if request.since.get(offering, 0) == rows[offering]:
                    continue
            found = policy.standings(self.courses.place(offering).course, folder)
            for grade in found.grades:
                if grade.standing is not None:
                    stood = post.Stands(grade.standing.final, list(grade.standing.lines))
                    stands.append((offering, grade.submission.student, stood))
        return post.News(rows, stands)

    def _known(self, request: post.KnownRequest) -> post.Answer:
        if not Store.holds_run(self.folder(request.offering)):
            return post.Unknown([row for _, row in request.attempts])
        with self._stores.opened(self.folder(request.offering)) as store:
            missing = [
                row for student, row in request.attempts if store.served(student, row) is None
            ]
        return post.Unknown(missing)


def _is_shut(offering: post.OfferingInfo, at: str) -> bool:
    """Return whether an assignment is not open yet, or is closed."""
    return offering.opens > at or (bool(offering.closes) and offering.closes < at)


def _submission(place: CoursePlace, request: post.GradeRequest) -> Submission:
    """Return the submission as the inbox would read it, recognising the unchanged stub."""
    name = place.assignment.name
    stub = place.course.exercise(name) / f"{name}.py"
    released = stub.read_bytes() if stub.is_file() else b""
    if _is_surely_work(request.source, released):
        return Submission(request.student, request.file, request.source, name=request.name,
                          email=request.email, submitted_at=request.accepted_at)  # fmt: skip
    entry = Entry(request.file)
    tree = Tree(
        request.file, (entry,), frozenset(), frozenset(), (), lambda path, most: request.source
    )
    handin = Handin(
        request.student, (File(entry, entry.name, meant=True),), name=request.name,
        email=request.email, submitted_at=request.accepted_at,
    )  # fmt: skip
    found = Picker(tree, name, _matcher(released)).submission(handin)
    return replace(found, file=request.file, source=request.source)


def _is_surely_work(source: bytes, released: bytes) -> bool:
    """Return whether a gap of the stub was filled, as seen without parsing the program."""
    return source.count(GAP) < released.count(GAP) and not is_parcel(source)


_resolved: Final = lru_cache(maxsize=256)(lambda path: str(path.resolve()))
"""Resolving a path looks up each of its parts, and every attempt needs the same paths."""


_matcher: Final = lru_cache(maxsize=64)(matcher)
"""Parsing a stub takes longer than comparing a submission with it."""


def _feedback_zip(found: policy.Standings) -> bytes:
    """Return a zip with every student's page and the gradebook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for grade in found.grades:
            name = feedback.file_name(grade.submission.student)
            archive.writestr(name, feedback.render(found.run, found.assignment, grade))
        archive.writestr("grades.csv", tables.as_csv(found.grades))
    return out.getvalue()


def _alone(grade: Grade, counts: Standing) -> Standing:
    """Return the standing for an attempt that does not count: its own score, and the reason."""
    what = f"another attempt of yours counts: {'–' if counts.final is None else f'{counts.final:g}'} points"
    return replace(counts, final=grade.score, lines=(what,), late_by=counts.late_by, adjustments=())


def _for_student(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry of grades.json without the fields for staff."""
    shown = {key: value for key, value in entry.items() if key != "instructor"}
    shown["checks"] = [
        {key: value for key, value in check.items() if key != "instructor"}
        for check in entry.get("checks", [])
    ]
    return shown
