"""What is done with results: report, show, merge, regrade."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.words import ERROR, OK, here, say, stop

if TYPE_CHECKING:
    from grader.model import Grade, Outcome


def report(options: argparse.Namespace) -> int:
    """Write grades.json, grades.csv, the pages and the plots from the store."""
    from importlib.util import find_spec

    from grader import run

    drawn = find_spec("matplotlib") is not None
    for path in run.write_results(here(), options.dir, plots=drawn):
        if path.parent.name != "feedback":
            say(str(path))
    if not drawn:
        say("no plots: they need matplotlib (pip install 'backprop-grader[plots]')")
    return OK


def show(options: argparse.Namespace) -> int:
    """Print a student's outcomes; with a check, all of it, and the line that repeats it."""
    from grader.store import Store

    with Store.open(options.dir) as store:
        known = store.run
        grade = next((g for g in store.grades() if g.submission.student == options.student), None)
        if grade is None:
            stop(f"no student {options.student!r} in {options.dir}")
        file, source = store.source(options.student)
    path = (
        options.dir / "sources" / f"{options.student.replace('/', '_')}-{file.rpartition('/')[2]}"
    )
    _save(path, source)
    checks = [o for o in grade.outcomes if (options.check or "") in o.id]
    if not checks:
        stop(
            f"no check like {options.check!r}; there are {', '.join(o.id for o in grade.outcomes)}"
        )
    _print_grade(grade, checks, bool(options.check))
    say("")
    say(f"source: {path}")
    for outcome in checks if options.check else []:
        test = f"tests/hidden/{known.assignment}/{outcome.id}"
        say(f"repeat: pytest '{test}' --submission {path} --seed {known.seed}")
    return OK


def _save(path: Path, source: bytes) -> None:
    from grader import run

    run.make_private(path.parent)
    run.write_private(path, source)


def _print_grade(grade: Grade, checks: list[Outcome], whole: bool) -> None:
    score = "error" if grade.score is None else f"{grade.score:g} of {grade.max_score:g}"
    say(f"{grade.submission.student}: {score}  ({grade.submission.file})")
    for line in grade.message.splitlines():
        say(f"  {line}")
    for outcome in checks:
        say(f"{outcome.status:7} {outcome.points:6.2f}/{outcome.max_points:<6g} {outcome.id}")
        if outcome.message:
            say(f"        {outcome.message}")
        if outcome.mistake:
            say(f"        {outcome.mistake}: {outcome.hint}")
        for line in str(outcome.instructor.get("traceback", "")).splitlines() if whole else []:
            say(f"        | {line}")
    for line in str(grade.instructor.get("output", "")).splitlines()[: 200 if whole else 0]:
        say(f"  printed | {line}")


def merge(options: argparse.Namespace) -> int:
    """Join shards of one run, or of equal ones, into a new folder."""
    from grader import run

    count = run.merge(options.dirs, options.out)
    run.write_results(here(), options.out)
    say(f"{count} grades in {options.out}")
    return OK


def regrade(options: argparse.Namespace) -> int:
    """Grade what the store holds with today's tests; write only when told to."""
    from grader import run

    changes = list(run.regrade(here(), options.dir, options.jobs, options.write))
    for student, before, after in changes:
        say(f"{student}: {_score(before)} -> {_score(after)}")
    kept = "kept" if options.write else "not kept: add --write to keep them"
    say(f"{len(changes)} scores change; the new grades are {kept}")
    if options.write:
        run.write_results(here(), options.dir)
    return ERROR if any(after is None for _, _, after in changes) else OK


def _score(score: float | None) -> str:
    return "error" if score is None else f"{score:g}"
