"""The command line: the only module that prints, prompts or exits.

    grader grade inbox/ --assignment two_layer_network --out results/
    grader --help

Exit status: 0 graded, whatever the scores; 2 usage or bad input, one clear line; 3 something could
not be graded. What a command needs is imported when it runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from grader import __version__

if TYPE_CHECKING:
    from grader.catalog import Course
    from grader.model import Grade
    from grader.run import Plan, Progress

OK, USAGE, ERROR = 0, 2, 3


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _stop(f"{message} (see '{self.prog} --help')")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if _is_told(error):
            _stop(str(error))
        raise


def _is_told(error: Exception) -> bool:
    """Whether an exception is one of ours, whose text is for the user."""
    told = ("CatalogError", "InboxError", "StoreError", "EngineError", "GraderError",
            "NotebookError", "ReleaseError", "ExportError")  # fmt: skip
    return type(error).__name__ in told or isinstance(error, OSError)


def _stop(message: str) -> NoReturn:
    print(f"grader: {safe(message)}", file=sys.stderr)
    raise SystemExit(USAGE)


def safe(text: str) -> str:
    """Text of unknown origin for the terminal: no escapes, no control characters, one line."""
    return "".join(c if c.isprintable() else " " if c in "\t\n" else "\ufffd" for c in text)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="grader", description="Grade neural networks written by hand.")
    parser.add_argument("--version", action="version", version=f"grader {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> Any:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    _grade_options(command("grade", _grade, "grade files, folders and LMS downloads"))
    build = command("build", _build, "make exercises/ from reference/")
    build.add_argument("names", nargs="*", metavar="NAME", help="exercises; all if none is named")
    build.add_argument("--check", action="store_true", help="write nothing; fail if out of step")
    release = command("release", _release, "make the students' zip of an exercise")
    release.add_argument("name", metavar="NAME")
    release.add_argument("--out", type=Path, required=True, metavar="DIR")
    validate = command("validate", _validate, "let the course prove itself")
    validate.add_argument("names", nargs="*", metavar="NAME")
    validate.add_argument("--seeds", type=int, default=3, metavar="N")
    validate.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    command("doctor", _doctor, "show the sandbox's layers, versions, and what is missing")
    return parser


def _grade_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE", help="file, folder or zip")
    parser.add_argument("--assignment", required=True, metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: results/NAME-TIME")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--seed", type=int, metavar="S", help="repeat a run's inputs")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--only", action="append", default=[], metavar="STUDENT")
    parser.add_argument("--choose", action="append", default=[], metavar="STUDENT=FILE")
    parser.add_argument("--shard", type=_shard, metavar="I/N", help="grade the I-th of N parts")
    parser.add_argument("--inbox", metavar="KIND", help="what SOURCE is, if it is not recognised")
    parser.add_argument("--sandbox", choices=["best", "none"], default="best")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def _shard(text: str) -> tuple[int, int]:
    part, _, parts = text.partition("/")
    if not (part.isdigit() and parts.isdigit() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard; write 1/4 for the first of four")
    return int(part), int(parts)


def _course() -> Course:
    from grader import catalog

    return catalog.load(catalog.find_course(Path.cwd()))


# --- grade ------------------------------------------------------------------------------------


def _grade(options: argparse.Namespace) -> int:
    from grader import run

    plan = _plan(options)
    progress = run.Progress()
    began = time.monotonic()
    with _interruptible() as stopped:
        grades = _shown(run.grade_class(plan, progress, lambda: bool(stopped)), progress)
    written = run.write_results(plan.out)
    _summary(plan, progress, grades, time.monotonic() - began)
    for note in progress.notes[:20]:
        _say(f"  note: {note}")
    _say(f"{len(written) + 1} files in {plan.out}")
    if stopped:
        _say(f"stopped; what is graded is kept. Go on with: {_resume_line(options, plan)}")
        return 130
    return ERROR if any(grade.status == "error" for grade in grades) else OK


def _plan(options: argparse.Namespace) -> Plan:
    from grader import run
    from grader.secret import course_secret

    course = _course()
    assignment = course.assignment(options.assignment)
    out = options.out or Path("results") / f"{assignment.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    exists = (out / "results.db").exists()
    if exists and not (options.resume or options.only):
        _stop(f"{out} holds results already; add --resume to go on with it, or choose another --out")
    if options.resume and not exists:
        _stop(f"there is no run to resume in {out}")
    if options.shard and options.seed is None:
        _stop("--shard needs --seed, the same for every shard")
    for source in options.sources:
        if not source.exists():
            _stop(f"{source} does not exist")
    return run.Plan(
        course=course, assignment=assignment, sources=options.sources, out=out,
        seed=_seed(options, out, exists), secret=course_secret(course.folder), jobs=options.jobs,
        sandbox=options.sandbox, inbox=options.inbox, choose=_choices(options.choose),
        only=frozenset(options.only), shard=options.shard or (1, 1),
    )  # fmt: skip


def _seed(options: argparse.Namespace, out: Path, exists: bool) -> int:
    """The seed given, that of the run resumed, or a new one."""
    from grader import run
    from grader.store import Store

    if options.seed is not None:
        return int(options.seed)
    if exists:
        with Store.open(out) as store:
            return store.run.seed
    return run.new_seed()


def _choices(given: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = next((text for text, sign, _ in pairs if not sign), None)
    if wrong is not None:
        _stop(f"--choose {wrong}: write STUDENT=FILE")
    return {student: file for student, _, file in pairs}


def _resume_line(options: argparse.Namespace, plan: Plan) -> str:
    sources = " ".join(str(source) for source in options.sources)
    return f"grader grade {sources} --assignment {plan.assignment.name} --out {plan.out} --resume"


@contextlib.contextmanager
def _interruptible() -> Iterator[list[int]]:
    """A list that holds the signal once Ctrl-C was pressed; pressed again, it interrupts."""
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


def _shown(grades: Iterator[Grade], progress: Progress) -> list[Grade]:
    """Take the grades as they come, with a progress bar where there is a terminal."""
    if not sys.stderr.isatty():
        return list(grades)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar
    from rich.progress import TextColumn, TimeRemainingColumn

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(),
               TextColumn("{task.fields[rate]}"), TimeRemainingColumn())  # fmt: skip
    found: list[Grade] = []
    began = time.monotonic()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("grade", total=None, rate="")
        for grade in grades:
            found.append(grade)
            rate = f"{len(found) / (time.monotonic() - began):.0f}/s"
            bar.update(task, total=progress.total, completed=len(found), rate=rate)
    return found


def _summary(plan: Plan, progress: Progress, grades: list[Grade], seconds: float) -> None:
    """A row a student (the class's figures only, when there are many), then the class."""
    from grader import terminal

    for line in terminal.summary(plan.assignment, progress, grades, seconds, _width()):
        _say(line)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _say(line: str) -> None:
    print(safe(line) if "\x1b" not in line else line)


# --- course -----------------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> int:
    from grader import release

    course = _course()
    names = options.names or [assignment.name for assignment in course.assignments]
    if options.check:
        stale = [path for name in names for path in release.is_built(course, name)]
        for path in stale:
            _say(f"out of step: {path}")
        return USAGE if stale else OK
    for path in release.build(course, names):
        _say(str(path))
    return OK


def _release(options: argparse.Namespace) -> int:
    from grader import release

    _say(str(release.release(_course(), options.name, options.out)))
    return OK


def _validate(options: argparse.Namespace) -> int:
    from grader import validate

    course = _course()
    names = options.names or [assignment.name for assignment in course.assignments]
    sound = True
    for line, good in validate.run(course, names, seeds=options.seeds, jobs=options.jobs):
        _say(line)
        sound = sound and good
    return OK if sound else ERROR


def _doctor(options: argparse.Namespace) -> int:
    from grader import doctor

    healthy = True
    for line, good in doctor.examine():
        _say(line)
        healthy = healthy and good
    return OK if healthy else ERROR


if __name__ == "__main__":
    raise SystemExit(main())
