"""Grade a class: from what the instructor names to a folder of results.

    plan = Plan(course, assignment, sources, out)
    for grade in grade_class(plan): ...      # every grade is in the store before the next one

The folder is made 0700 and its files 0600. ``results.db`` grows while the run goes on; the other
files are written at its end, and again by `write_results` whenever they are wanted.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from grader import __version__, extensions, policy
from grader.catalog import Assignment, Course
from grader.engine import local
from grader.inbox import Inbox, InboxError, open_inbox
from grader.inbox.tree import Handin
from grader.model import Grade, Outcome, Ready, Settings, Submission
from grader.report import gradebook
from grader.secret import course_secret, fingerprint, secret_file
from grader.store import Judged, Run, Store, StoreError, content_hash

MAX_SEED = 2**31


@dataclass(frozen=True)
class Plan:
    """What to grade, with what, into which folder."""

    course: Course
    assignment: Assignment
    sources: Sequence[Path]
    out: Path
    seed: int
    secret: bytes
    jobs: int = 1
    sandbox: str = "best"
    inbox: str | None = None
    choose: Mapping[str, str] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    shard: tuple[int, int] = (1, 1)
    """(I, N): grade the I-th of N parts."""
    engine: str = "local"
    broker: str = ""
    """Where the workers of ``engine="celery"`` take their tasks."""


@dataclass
class Progress:
    """What a run tells while it goes on; a value for whoever shows it."""

    total: int = 0
    already: int = 0
    notes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ready: Ready | None = None
    say: Callable[[str], None] = lambda line: None
    """Called with a line that cannot wait for the end."""


def new_seed() -> int:
    """A seed for a run that was not given one."""
    return secrets.randbelow(MAX_SEED)


def grade_class(
    plan: Plan, progress: Progress, stop: Callable[[], bool] = lambda: False
) -> Iterator[Grade]:
    """Grade everything that is not graded yet; yield each grade once it is in the store."""
    inboxes = [_inbox(plan, source) for source in plan.sources]
    everybody = _everybody(plan, inboxes, progress)
    make_private(plan.out)
    run = Run(plan.assignment.name, plan.seed, plan.assignment.max_score, fingerprint(plan.secret))
    with Store.create(plan.out, run) as store:
        done = store.graded()
        graded = {student for student, _ in done}
        progress.total = sum(
            _is_ours(plan, each.student) and (each.student not in graded or bool(plan.only))
            for each in everybody
        )
        progress.already = len(done)

        def on_ready(ready: Ready) -> None:
            progress.ready = ready
            kinds, known = ", ".join(progress.kinds), versions(plan, ready)
            store.update(replace(run, sandbox=tuple(ready.sandbox), inbox=kinds, versions=known))

        _load_meanwhile("grader.report.class_report")
        waiting = _waiting(plan, inboxes, store, progress)
        patience = plan.assignment.limits.patience
        jobs = min(plan.jobs, max(progress.total, 1))
        grade_all = ENGINES[plan.engine](plan, progress)
        for submission, grade in grade_all(
            waiting, _settings(plan), jobs, patience, on_ready, stop
        ):
            store.add(grade, submission, store.next_round(submission, bool(plan.only)))
            yield grade


def _everybody(plan: Plan, inboxes: Sequence[Inbox], progress: Progress) -> list[Handin]:
    """All that was handed in, the whole class's; what is to be said of it is noted."""
    everybody = [handin for inbox in inboxes for handin in inbox.submissions.handins]
    unknown = sorted(plan.only - {handin.student for handin in everybody})
    if unknown:
        raise InboxError(f"--only {unknown[0]}: nobody of that name handed in")
    _, notes = extensions.matched(extensions.read(plan.course), plan.assignment, everybody)
    progress.kinds = tuple(inbox.kind for inbox in inboxes)
    progress.notes = (*(note for inbox in inboxes for note in inbox.notes), *notes)
    return everybody


def _load_meanwhile(module: str) -> None:
    """Import what is needed at the end while the grading processes start."""
    with contextlib.suppress(RuntimeError):  # no more threads to be had: it loads later
        threading.Thread(target=importlib.import_module, args=(module,), daemon=True).start()


def _local(plan: Plan, progress: Progress) -> Engine:
    return local.grade_all


def _celery(plan: Plan, progress: Progress) -> Engine:
    from grader.engine import celery

    place = str(plan.out.resolve())
    return partial(celery.grade_all, broker=plan.broker, place=place, say=progress.say)


Engine = Callable[..., Iterator[tuple[Submission, Grade]]]
ENGINES: Mapping[str, Callable[[Plan, Progress], Engine]] = {"local": _local, "celery": _celery}


def write_results(course: Course, folder: Path) -> list[Path]:
    """Write grades.json, grades.csv and the pages from the store; return what was written."""
    return write(policy.standings(course, folder), folder)


def write(found: policy.Standings, folder: Path, plots: bool = False) -> list[Path]:
    """`write_results`, of what was read from the store already."""
    from grader.report import class_report, feedback

    run, assignment, grades = found.run, found.assignment, found.grades
    pages = {
        g.submission.student: f"feedback/{feedback.file_name(g.submission.student)}" for g in grades
    }
    make_private(folder / "feedback")
    written = [
        write_private(
            folder / pages[grade.submission.student], feedback.render(run, assignment, grade)
        )
        for grade in grades
    ]
    csv, report = gradebook.as_csv(grades), class_report.render(run, assignment, grades, pages)
    written += [
        write_private(folder / "grades.json", gradebook.as_json(run, grades)),
        write_private(folder / "grades.csv", csv),
        write_private(folder / "report.html", report),
    ]
    if plots:
        from grader.report import plots as drawings

        written += drawings.save(run, grades, folder / "plots")
    return written


def merge(folders: Sequence[Path], out: Path) -> int:
    """Join the results of shards of one run; return how many grades; raises `StoreError`."""
    make_private(out)
    runs = []
    for folder in folders:
        with Store.open(folder) as part:
            runs.append(part.run)
    count = 0
    with Store.create(out, runs[0]) as store:
        for folder, run in zip(folders, runs, strict=True):
            store.check_same(run, folder)
            with Store.open(folder) as part:
                for digest, attempt, grade in part.rounds():
                    file, source = part.source(digest)
                    submission = replace(grade.submission, file=file, source=source)
                    count += store.add(grade, submission, attempt)
                for change in part.adjustments():
                    store.adjust(change)
    return count


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
        changes = store.adjustments()
    now = [found[_key(each.digest, each.grade.submission)] for each in handins]
    after, _ = policy.ranked(course, assignment, now, changes)
    pairs = zip(before.grades, after, strict=True)
    return [change for old, new in pairs if (change := Change(old, new)).is_one]


def secret_of(course: Course, run: Run, folder: Path) -> bytes:
    """The secret with which a run's inputs were drawn; raises `StoreError` for another."""
    secret = course_secret(course.folder)
    if fingerprint(secret) != run.secret:
        raise StoreError(f"{folder} was graded with another course secret: inputs would differ")
    return secret


def write_private(path: Path, data: bytes | Iterable[bytes]) -> Path:
    """Write a file, given whole or in parts, 0600: all of it or nothing."""
    part = path.with_name(f".{path.name}.part")
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as out:
            out.writelines([data] if isinstance(data, bytes) else data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be written: {error.strerror}") from None
    return path


def make_private(folder: Path) -> None:
    """Make a folder that only we may look into; a parent that exists stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def versions(plan: Plan, ready: Ready) -> dict[str, str]:
    """What the grades depend on: versions of the tools, hashes of the course's files."""
    folder, name = plan.course.folder, plan.assignment.name
    ours = sorted([*(folder / "reference" / name).rglob("*.py"),
                   *(folder / "tests" / "hidden" / name).rglob("*.py")])  # fmt: skip
    return {
        "grader": __version__,
        **ready.versions,
        "course": _hash(ours),
        "code": _hash(sorted(Path(__file__).parent.rglob("*.py"))),
    }


def _hash(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _inbox(plan: Plan, source: Path) -> Inbox:
    name = plan.assignment.name
    stub = plan.course.folder / "exercises" / name / f"{name}.py"
    return open_inbox(
        source,
        expected=name,
        stub=stub.read_bytes() if stub.exists() else b"",
        kind=plan.inbox,
        choose=plan.choose,
        elsewhere=[assignment.name for assignment in plan.course.assignments],
        every=plan.assignment.attempts == "best",
    )


def _submissions(plan: Plan, inboxes: Sequence[Inbox]) -> Iterator[Submission]:
    for inbox in inboxes:
        yield from (each for each in inbox.submissions if _is_ours(plan, each.student))


def _is_ours(plan: Plan, student: str) -> bool:
    """Whether a student is in the part of the class, and among those named, that we grade."""
    part, parts = plan.shard
    digest = hashlib.sha256(student.encode("utf-8", "replace")).digest()
    own = int.from_bytes(digest[:8]) % parts == part - 1
    return own and (not plan.only or student in plan.only)


def _waiting(
    plan: Plan, inboxes: Sequence[Inbox], store: Store, progress: Progress
) -> Iterator[Submission]:
    """What is to be graded; of the rest the store learns when it was handed in again."""
    done = store.graded()
    graded = {student for student, _ in done}
    for submission in _submissions(plan, inboxes):
        if plan.only:
            yield submission
        elif (submission.student, content_hash(submission)) not in done:
            progress.total += submission.student in graded
            graded.discard(submission.student)
            yield submission
        else:
            store.hand_in_again(submission)


def _stored(store: Store, handin: Judged) -> Submission:
    """A submission as it was handed in; what kept *us* from judging it then is forgotten."""
    file, source = store.source(handin.digest)
    known = handin.grade.submission
    return replace(known, file=file, source=source, error="" if source else known.error)


def _key(digest: str, submission: Submission) -> tuple[str, str, str]:
    return submission.student, digest, submission.submitted_at


def _verdict(outcome: Outcome | None) -> tuple[str, float] | None:
    return (outcome.status, outcome.points) if outcome is not None else None


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
