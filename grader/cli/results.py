"""The commands for results: report, show, adjust, merge, regrade."""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.output import ERROR, OK, here, say, stop
from grader.people import label, resolve
from grader.sandbox import interpreter

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

    from grader.course.assignment import Course
    from grader.model import Grade, Outcome
    from grader.results.policy import Standings
    from grader.results.store import Adjustment, Run
    from grader.runs.regrade import Change

MOST_PRINTED = 200
"""Lines of a program's output that are shown."""
QUIET = ("-q", "--tb=short", "-rN", "--color=no", "-p", "no:cacheprovider")


def report(options: argparse.Namespace) -> int:
    """Write grades.json, grades.csv, the pages and the plots from the store."""
    from importlib.util import find_spec

    from grader.results import policy, write

    drawn = find_spec("matplotlib") is not None
    found = policy.standings(here(), options.dir)
    for path in write.write_files(found, options.dir, plots=drawn, course=here()):
        if path.parent.name != "feedback":
            say(str(path))
    if found.warning:
        say(f"  WARNING: {found.warning}")
    for note in found.notes:
        say(f"  note: {note}")
    if not drawn:
        say("no plots: they need matplotlib (pip install matplotlib)")
    return OK


# --- one student --------------------------------------------------------------------------------


def show(options: argparse.Namespace) -> int:
    """Print a student's checks; for one check, also the command that repeats it."""
    from grader.results import policy

    found = policy.standings(here(), options.dir)
    grade = _of(options.student, found.grades)
    checks = list(grade.outcomes)
    if options.check is not None:
        checks = [o for o in checks if options.check in o.id or options.check in o.title]
        if not checks:
            known = ", ".join(o.id for o in grade.outcomes) or "none: nothing could be graded"
            stop(f"no check like {options.check!r}; the checks are: {known}")
    _print_grade(grade, checks, options.check is not None)
    source = None if grade.absent else _saved(options.dir, grade)
    if source is None:
        return OK
    say("")
    say(f"source: {source}")
    for outcome in checks if options.check is not None else []:
        _repeat(options.dir, found.run, outcome, source, grade.seed)
    return OK


def _of(student: str, grades: Sequence[Grade]) -> Grade:
    """Return the grade of the student that a text identifies; stop if there is none."""
    wanted = resolve(student, [grade.submission for grade in grades])
    return next(grade for grade in grades if grade.submission.student == wanted)


def _saved(folder: Path, grade: Grade) -> Path | None:
    """Write the submitted file to a private folder; return its path, or None if there is none."""
    from msgspec.structs import replace

    from grader import files
    from grader.results.feedback import file_name
    from grader.results.store import Store

    with Store.open(folder) as store:
        plain = replace(grade, standing=None)
        handin = next(each for each in store.handins() if each.grade == plain)
        file, source = store.source(handin.digest)
    if not source:
        return None
    suffix = Path(file).suffix if Path(file).suffix in (".py", ".ipynb") else ".py"
    name = file_name(grade.submission.student).removesuffix(".html")
    files.make_private(folder / "sources")
    return files.write(folder / "sources" / f"{name}{suffix}", source)


def _repeat(folder: Path, known: Run, outcome: Outcome, source: Path, seed: int | None) -> None:
    """Print the command that repeats a check; run it for a failed check, and show the result."""
    from grader.grading.process import settled
    from grader.runs.regrade import secret_of

    course = here()
    secret_of(course, known, folder)
    path = source.resolve()
    if path.is_relative_to(course.folder):
        path = path.relative_to(course.folder)
    test = f"tests/hidden/{known.assignment}/{outcome.id}"
    arguments = ["-p", "grader.grading.show_plugin", test, "--submission", str(path),
                 "--seed", str(known.seed if seed is None else seed)]  # fmt: skip
    say("")
    say(f"repeat, in {course.folder}:")
    say(f"  pytest {shlex.join(arguments)}")
    if outcome.status == "passed":
        return
    arguments[2] = str(course.folder / test)
    arguments[4] = str(source.resolve())
    done = _run_isolated([*settled(course.folder), *arguments, *QUIET])
    for line in [*done.stdout.splitlines(), *done.stderr.splitlines()]:
        say(line)


def _run_isolated(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pytest as a grading process does, without influence from its surroundings."""
    import subprocess

    environment = interpreter.environment()
    if secret := os.environ.get("GRADER_SECRET_FILE"):
        environment["GRADER_SECRET_FILE"] = os.path.abspath(secret)
    code = "import pytest; raise SystemExit(pytest.main(sys.argv[1:]))"
    return subprocess.run(  # noqa: S603  # our own test
        interpreter.command(code, *arguments), cwd=interpreter.NEUTRAL, env=environment,
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip


def _print_fault(checks: list[Outcome]) -> None:
    """Print why a failed submission has no diagnosis, if the diagnosis failed."""
    faults = (o.instructor["diagnosis"] for o in checks if "diagnosis" in o.instructor)
    for fault in itertools.islice(faults, 1):
        last = str(fault).strip().rpartition("\n")[2]
        say(f"  for staff: no diagnosis, a fault of the grader: {last}")


def _print_grade(grade: Grade, checks: list[Outcome], whole: bool) -> None:
    score = "error" if grade.score is None else _of_most(grade.score, grade.max_score)
    file = f"  ({grade.submission.file})" if grade.submission.file else ""
    say(f"{label(grade.submission)}: {score}{file}")
    if grade.reasons and grade.score is not None:
        say(f"  final: {'excused' if grade.excused else _score(grade.final)}")
    for line in [*grade.reasons, *grade.message.splitlines()]:
        say(f"  {line}")
    if grade.standing is not None:
        for line in grade.standing.instructor.values():
            say(f"  for staff: {line}")
    _print_fault(checks)
    for outcome in checks:
        say(f"{outcome.status:7} {outcome.points:6.2f}/{outcome.max_points:<6g} {outcome.id}")
        if outcome.message:
            say(f"        {outcome.message}")
        if outcome.mistake:
            say(f"        {outcome.mistake}: {outcome.hint}")
        for line in str(outcome.instructor.get("traceback", "")).splitlines() if whole else []:
            say(f"        | {line}")
    for line in str(grade.instructor.get("output", "")).splitlines()[
        : MOST_PRINTED if whole else 0
    ]:
        say(f"  printed | {line}")


def adjust(options: argparse.Namespace) -> int:
    """Change a score manually, withdraw the last change, or list all changes."""
    from grader.results import policy, write
    from grader.results.store import Adjustment, Store

    with Store.open(options.dir) as store:
        course, changes = here(), store.adjustments()
        found = policy.standings(course, options.dir)
        if options.student is None:
            return _listed(changes, found, course)
        old = _of(options.student, found.grades)
        student = old.submission.student
        if (options.change, options.reason, options.undo) == (None, None, False):
            return _listed([each for each in changes if each.student == student], found, course)
        change = _change(options, old)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        store.adjust(Adjustment(student, change, _reason(options), user(), now))
    found = policy.standings(course, options.dir)
    write.write_files(found, options.dir, course=course)
    new = _of(student, found.grades)
    say(f"{label(new.submission)}: {_final(old)} -> {_final(new)}")
    if new.final == old.final:
        say(f"the final score stays: {'; '.join(new.reasons) or 'it could not be judged'}")
    return OK


def _listed(changes: Sequence[Adjustment], found: Standings, course: Course) -> int:
    """Print manual changes with their times, people and reasons."""
    from grader.results.policy import zone_of
    from grader.timestamps import to_minute

    zone = zone_of(course, found.assignment)
    names = {grade.submission.student: label(grade.submission) for grade in found.grades}
    for each in changes:
        who = names.get(each.student, each.student)
        say(f"{to_minute(each.at, zone)}  {who}  {each.change}  by {each.by}: {each.reason}")
    if not changes:
        say("no score was changed by hand")
    return OK


def _change(options: argparse.Namespace, old: Grade) -> str:
    from grader.results.policy import CHANGE, UNDO

    if options.undo:
        if options.change is not None:
            stop("--undo withdraws the last change; leave out the number")
        if not (old.standing and old.standing.adjustments):
            stop(f"{label(old.submission)} has no change to withdraw")
        return UNDO
    match = CHANGE.fullmatch(options.change or "")
    if match is None or (match[1] != "=" and not float(match[2])):
        given = repr(options.change) if options.change else "nothing"
        stop(f"CHANGE: {given} is not a change of a score; write +5, -2.5, or =80 to set it")
    return match[0]


def _reason(options: argparse.Namespace) -> str:
    reason = " ".join((options.reason or "").split())
    if not reason or len(reason) > 500 or not reason.isprintable():
        stop('--reason: write why, in 1 to 500 characters: --reason "oral exam"')
    return reason


def user() -> str:
    """Return the name of the account that runs the command."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"


def _final(grade: Grade) -> str:
    return "excused" if grade.excused else _score(grade.final)


# --- the class ----------------------------------------------------------------------------------


def merge(options: argparse.Namespace) -> int:
    """Join shards of one run, or of equal runs, in a new folder."""
    from grader.results import write
    from grader.runs import merge

    count = merge.merge(options.dirs, options.out)
    write.write_results(here(), options.out)
    say(f"{count} grades in {options.out}")
    return OK


def regrade(options: argparse.Namespace) -> int:
    """Grade the stored submissions with the current tests; write only with --write."""
    from grader.results import write
    from grader.runs import regrade

    course = here([options.dir])
    changes = regrade.regrade(course, options.dir, options.jobs, options.write)
    say(f"course: {course.folder}")
    for line in regraded(changes):
        say(line)
    kept = "saved" if options.write else "not saved: add --write to save them"
    say(f"{_in_sum(changes)}; the new grades are {kept}" if changes else "0 scores change")
    if options.write:
        write.write_results(course, options.dir)
    return ERROR if any(change.after.score is None for change in changes) else OK


def regraded(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a line for each student whose score changes, below the checks that cause it."""
    if any(change.rescaled for change in changes):
        yield "the points of all checks were rescaled"
    maxima = {(change.before.max_score, change.after.max_score) for change in changes}
    for before, after in sorted(maxima):
        if before != after:
            yield (
                f"the maximum score changes from {before:g} to {after:g}; to keep it, write "
                f"points: {before:g} for this assignment in assignments.yaml"
            )
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        if change.moves:
            groups.setdefault(change.causes, []).append(change)
    for causes, group in groups.items():
        yield f"{', '.join(causes) or 'other points for the same verdicts'}:"
        for change in group:
            yield f"  {label(change.after.submission)}: {_steps(change)}"
    still = sum(not change.moves for change in changes)
    if still:
        yield f"{still} more: single checks change, the score does not"


def _steps(change: Change) -> str:
    before, after = change.before, change.after
    line = _step(before.score, after.score)
    if after.excused:
        return f"{line}, excused"
    if (before.final, after.final) != (before.score, after.score):
        line += f", final {_step(before.final, after.final)}"
    return line


def _in_sum(changes: Sequence[Change]) -> str:
    """Return how many scores change, in which direction, and by how much at most."""
    moving = [change for change in changes if change.moves]
    steps = [
        change.after.final - change.before.final
        for change in moving
        if change.after.final is not None and change.before.final is not None
    ]
    said = f"{len(moving)} {'score changes' if len(moving) == 1 else 'scores change'}"
    ups, downs = [s for s in steps if s > 0], [s for s in steps if s < 0]
    if ups:
        said += f", {len(ups)} up by at most {max(ups):.2f}"
    if downs:
        said += f", {len(downs)} down by at most {-min(downs):.2f}"
    return said


def _step(before: float | None, after: float | None) -> str:
    step = f"{_score(before)} -> {_score(after)}"
    if before is None or after is None or before == after:
        return step
    return f"{step} ({after - before:+.2f})"


def _of_most(score: float, most: float) -> str:
    return f"{round(score, 2):g} of {round(most, 2):g}"


def _score(score: float | None) -> str:
    return "error" if score is None else f"{score:.2f}"
