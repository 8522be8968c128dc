"""`grader grade`."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.output import ERROR, OK, here, is_for_users, line_of, say, stop
from grader.text import for_terminal

if TYPE_CHECKING:
    from grader.course.assignment import Course
    from grader.model import Grade
    from grader.runs.class_run import Plan, Progress

MOST_NOTES = 50


def run(options: argparse.Namespace) -> int:
    """Grade the given sources, write the results, and print a summary."""
    from grader.results import policy, write
    from grader.runs import class_run

    plan = _plan(options)
    progress = class_run.Progress(say=_aside)
    began = time.monotonic()
    with _interruptible() as stopped, _resumable(options, plan, progress):
        statuses = _shown(class_run.grade_class(plan, progress, lambda: bool(stopped)), progress)
        found = policy.standings(plan.course, plan.out)
        written = write.write_files(found, plan.out, course=plan.course)
    counting = [grade for grade in found.grades if grade.submission.student in statuses]
    _summary(plan, progress, counting, time.monotonic() - began)
    if found.warning:
        say(f"  WARNING: {found.warning}")
    for note in progress.notes[:MOST_NOTES]:
        say(f"  note: {note}")
    if len(progress.notes) > MOST_NOTES:
        say(f"  and {len(progress.notes) - MOST_NOTES:,} more notes")
    say(f"{len(written) + 1} files in {plan.out}")
    if stopped:
        say(f"stopped; finished grades are kept. Continue with: {_resume_line(options, plan)}")
        return 130
    return ERROR if "error" in statuses.values() else OK


def _plan(options: argparse.Namespace) -> Plan:
    from grader.course.secret import course_secret
    from grader.results.store import Store
    from grader.runs import class_run

    course = here(options.sources)
    assignment = course.assignment(options.assignment or _only_one(course))
    out = options.out or _new_folder(assignment.name)
    exists = Store.holds_run(out)
    choose = _choices(options.choose)
    if exists and not options.resume:
        options.only = options.only or list(choose)  # a choice is about these students only
    if exists and not (options.resume or options.only):
        stop(f"{out} already contains results; add --resume to continue, or choose another --out")
    if options.resume and not exists:
        stop(f"there is no run to resume in {out}")
    if options.shard and options.seed is None:
        stop("--shard needs --seed, the same for every shard")
    for source in options.sources:
        if not source.exists():
            stop(f"{source} does not exist")
    return class_run.Plan(
        course=course, assignment=assignment, sources=options.sources, out=out,
        seed=_seed(options, out, exists), secret=course_secret(course.folder), jobs=options.jobs,
        sandbox=options.sandbox, inbox=options.inbox, depth=options.depth, times=options.times,
        choose=choose,
        only=frozenset(options.only), shard=options.shard or (1, 1),
        engine=options.engine, broker=options.broker,
    )  # fmt: skip


def _only_one(course: Course) -> str:
    """Return the name of the course's only assignment; stop with a list if there are several."""
    names = [each.name for each in course.assignments]
    if len(names) != 1:
        stop(f"add --assignment NAME; choose one of: {', '.join(names)}")
    return names[0]


def _new_folder(name: str) -> Path:
    """Return the default for --out, in the current folder."""
    results = Path("results")
    if results.is_symlink():
        stop("results is a link; name the folder for the results with --out")
    return results / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"


def _seed(options: argparse.Namespace, out: Path, exists: bool) -> int:
    """Return the given seed, the seed of the resumed run, or a new one."""
    from grader.results.store import Store
    from grader.runs import class_run

    if options.seed is not None:
        return int(options.seed)
    if exists:
        with Store.open(out) as store:
            return store.run.seed
    return class_run.new_seed()


def _choices(given: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    for text, (student, _, file) in zip(given, pairs, strict=True):
        if not student or not file:
            stop(f"--choose {text}: write STUDENT=FILE")
    found = {student: file for student, _, file in pairs}
    for student, _, file in pairs:
        if found[student] != file:
            stop(f"--choose {student}: choose one file, {file} or {found[student]}")
    return found


def _resume_line(options: argparse.Namespace, plan: Plan) -> str:
    part, parts = plan.shard
    words = ["grader", "grade", *map(str, options.sources)]
    words += ["--assignment", plan.assignment.name, "--out", str(plan.out)]
    words += ["--engine", plan.engine] if plan.engine != "local" else []
    words += ["--inbox", plan.inbox] if plan.inbox else []
    words += ["--times", str(plan.times)] if plan.times else []
    words += ["--depth", str(plan.depth)] if plan.depth is not None else []
    words += [f"--choose={pair}" for pair in options.choose]
    words += ["--shard", f"{part}/{parts}", "--seed", str(plan.seed)] if parts > 1 else []
    return shlex.join([*words, "--resume"])


@contextlib.contextmanager
def _resumable(options: argparse.Namespace, plan: Plan, progress: Progress) -> Iterator[None]:
    """Add to an exception that ends a started run how to resume it."""
    try:
        yield
    except Exception as error:
        if not is_for_users(error) or progress.ready is None:
            raise
        stop(
            f"{line_of(error)}; finished grades are kept. Continue with: {_resume_line(options, plan)}"
        )


def _aside(line: str) -> None:
    print(f"grader: {for_terminal(line)}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Yield a list that receives the signal of Ctrl-C; a second Ctrl-C interrupts."""
    stopped: list[int] = []

    def note(number: int, frame: object) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)

    before = {each: signal.signal(each, note) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _shown(grades: Iterator[Grade], progress: Progress) -> dict[str, str]:
    """Show a progress bar on a terminal; return each student's status.

    A student with several submissions has the status error if one of them could not be judged.
    """
    found: dict[str, str] = {}
    if not sys.stderr.isatty():
        for grade in grades:
            _note(found, grade)
        return found
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[rate]}"), TimeRemainingColumn())  # fmt: skip
    began = time.monotonic()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("grade", total=None, rate="")
        for grade in grades:
            _note(found, grade)
            rate = f"{len(found) / (time.monotonic() - began):.0f}/s"
            total = max(progress.total, len(found))
            bar.update(task, total=total, completed=len(found), rate=rate)
    return found


def _note(found: dict[str, str], grade: Grade) -> None:
    if found.get(grade.submission.student) != "error":
        found[grade.submission.student] = grade.status


def _summary(plan: Plan, progress: Progress, grades: list[Grade], seconds: float) -> None:
    """Print one row per student (none if there are many), then the class."""
    from grader.cli import summary as terminal

    width = shutil.get_terminal_size((100, 24)).columns
    for line in terminal.summary(plan.assignment, progress, grades, seconds, width):
        say(line)
