"""Grade a class: from the instructor's sources to a folder of results.

    plan = Plan(course, assignment, sources, out)
    for grade in grade_class(plan): ...      # each grade is stored before the next one is yielded

The folder has mode 0700 and its files 0600. ``results.db`` grows during the run; the other files
are written at the end, and again by `write_results`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from grader.course import extensions, times
from grader.course.assignment import Assignment, Course
from grader.course.secret import fingerprint, secret_file
from grader.files import make_private
from grader.grading.protocol import Ready, Settings
from grader.inbox import Inbox, open_inbox
from grader.inbox.beside import Beside
from grader.inbox.tree import Handin
from grader.model import Grade, Submission
from grader.people import resolve
from grader.results.store import Judged, Run, Store, content_hash
from grader.runs import local
from grader.runs.provenance import recorded, refuse_mixture

MAX_SEED = 2**31


class Plan(Struct, frozen=True):
    """The submissions, the course and the output folder of a run."""

    course: Course
    assignment: Assignment
    sources: Sequence[Path]
    out: Path
    seed: int
    secret: bytes
    jobs: int = 1
    sandbox: str = "best"
    inbox: str | None = None
    depth: int | None = None
    """How many levels deep the students' folders are in a plain folder; detected if None."""
    times: Path | None = None
    """A table with times of submission, for downloads without times."""
    choose: Mapping[str, str] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    shard: tuple[int, int] = (1, 1)
    """(I, N): grade part I of N."""
    engine: str = "local"
    broker: str = ""
    """The broker from which the workers of ``engine="celery"`` take tasks."""


class Progress(Struct):
    """The progress of a run, for display."""

    total: int = 0
    already: int = 0
    notes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ready: Ready | None = None
    times: Mapping[str, str] = field(default_factory=dict)
    """Times of submission from the instructor's table, by student."""
    course: Path | None = None
    """The folder of the course."""
    say: Callable[[str], None] = lambda line: None
    """Called with a line to print immediately."""


def new_seed() -> int:
    """Draw a random seed for a run."""
    return secrets.randbelow(MAX_SEED)


def grade_class(
    plan: Plan, progress: Progress, stop: Callable[[], bool] = lambda: False
) -> Iterator[Grade]:
    """Grade what is not graded yet; yield each grade after it is stored."""
    progress.course = plan.course.folder
    inboxes = [_inbox(plan, source) for source in plan.sources]
    everybody = _handins_of_class(plan, inboxes, progress)
    plan = replace(plan, only=frozenset(resolve(text, everybody) for text in plan.only))
    make_private(plan.out)
    run = Run(plan.assignment.name, plan.seed, plan.assignment.max_score, fingerprint(plan.secret))
    known = recorded(plan.course, plan.assignment.name)
    with Store.create(plan.out, run) as store:
        if any(store.rounds()):
            refuse_mixture(plan.out, store.run.versions, known)
        done = store.graded()
        graded = {student for student, _ in done}
        progress.total = sum(
            _is_selected(plan, each.student) and (each.student not in graded or bool(plan.only))
            for each in everybody
        )
        progress.already = len(done)

        def on_ready(ready: Ready) -> None:
            progress.ready = ready
            kinds, sandbox = ", ".join(progress.kinds), tuple(ready.sandbox)
            now = replace(run, max_score=ready.max_score, sandbox=sandbox, versions=known)
            store.update(replace(now, inbox=kinds))

        _load_meanwhile("grader.results.class_report")
        waiting = _waiting(plan, inboxes, store, progress)
        patience = plan.assignment.limits.patience
        jobs = min(plan.jobs, max(progress.total, 1))
        grade_all = ENGINES[plan.engine](plan, progress)
        for submission, grade in grade_all(
            waiting, _settings(plan), jobs, patience, on_ready, stop, Seeds(store.handins()).of
        ):
            grade = replace(grade, versions=known)
            store.add(grade, submission, store.next_round(submission, bool(plan.only)))
            yield grade


class Seeds:
    """The seeds of submissions that follow feedback.

    With a single seed, twenty submissions could read a hidden input digit by digit from the
    messages.
    """

    def __init__(self, handins: Iterable[Judged]) -> None:
        """Record the submissions graded before, whose feedback students may have read."""
        self._known: dict[str, dict[str, int | None]] = {}
        for handin in handins:
            if handin.grade.status == "graded":
                student = handin.grade.submission.student
                self._known.setdefault(student, {})[handin.digest] = handin.grade.seed

    def of(self, submission: Submission) -> int | None:
        """Return the seed of a submission's inputs, or None for the run's seed."""
        known = self._known.get(submission.student, {})
        digest = content_hash(submission)
        if digest in known:  # the same content learns nothing new
            return known[digest]
        return new_seed() if known else None


def _handins_of_class(plan: Plan, inboxes: Sequence[Inbox], progress: Progress) -> list[Handin]:
    """Return the submissions of the whole class; add notes about them to ``progress``."""
    everybody = [handin for inbox in inboxes for handin in inbox.submissions.handins]
    _, notes = extensions.matched(extensions.read(plan.course), plan.assignment, everybody)
    if plan.times is not None:
        progress.times, more = times.matched(times.read(plan.times), everybody)
        notes += more
    progress.kinds = tuple(inbox.kind for inbox in inboxes)
    progress.notes = (*(note for inbox in inboxes for note in inbox.notes), *notes)
    return everybody


def _load_meanwhile(module: str) -> None:
    """Import a module for the end of the run while the grading processes start."""
    with contextlib.suppress(RuntimeError):  # no more threads available, so it loads later
        threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()


def _local(plan: Plan, progress: Progress) -> Engine:
    return local.grade_all


def _celery(plan: Plan, progress: Progress) -> Engine:
    from grader.runs import celery

    place = str(plan.out.resolve())
    return partial(celery.grade_all, broker=plan.broker, place=place, say=progress.say)


Engine = Callable[..., Iterator[tuple[Submission, Grade]]]
ENGINES: Mapping[str, Callable[[Plan, Progress], Engine]] = {"local": _local, "celery": _celery}


def _inbox(plan: Plan, source: Path) -> Inbox:
    assignment = plan.assignment
    return open_inbox(
        source,
        expected=assignment.module,
        stub=plan.course.released(assignment.name),
        kind=plan.inbox,
        choose=plan.choose,
        elsewhere=[other.module for other in plan.course.assignments],
        every=assignment.attempts == "best",
        depth=plan.depth,
        beside=Beside.of(assignment),
    )


def _submissions(
    plan: Plan, inboxes: Sequence[Inbox], known: Mapping[str, str]
) -> Iterator[Submission]:
    for inbox in inboxes:
        for each in inbox.submissions:
            if _is_selected(plan, each.student):
                given = known.get(each.student, each.submitted_at)
                yield replace(each, submitted_at=given)


def _is_selected(plan: Plan, student: str) -> bool:
    """Return whether a student is in this shard and, with --only, was named."""
    part, parts = plan.shard
    digest = hashlib.sha256(student.encode("utf-8", "replace")).digest()
    own = int.from_bytes(digest[:8]) % parts == part - 1
    return own and (not plan.only or student in plan.only)


def _waiting(
    plan: Plan, inboxes: Sequence[Inbox], store: Store, progress: Progress
) -> Iterator[Submission]:
    """Yield the submissions to grade; for the others, update the time of submission."""
    done = store.graded()
    graded = {student for student, _ in done}
    for submission in _submissions(plan, inboxes, progress.times):
        if plan.only:
            yield submission
        elif (submission.student, content_hash(submission)) not in done:
            progress.total += submission.student in graded
            graded.discard(submission.student)
            yield submission
        else:
            store.hand_in_again(submission)


def _settings(plan: Plan) -> Settings:
    private = [plan.out / "results.db", secret_file(plan.course.folder), *plan.sources]
    return Settings(
        course=str(plan.course.folder),
        assignment=plan.assignment.name,
        seed=plan.seed,
        secret=plan.secret,
        sandbox=plan.sandbox,
        private=tuple(str(path.resolve()) for path in private if path.is_file()),
    )
