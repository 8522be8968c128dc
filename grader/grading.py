"""A grading process: collects the hidden tests once, then grades submission after submission.

Started by `grader.engine.local`, `main` with two descriptors as arguments; trusted, and the only kind of
process that holds hidden tests and reference. What runs stands in the second (see `grader.watch`).
Messages on the first, the inherited connection, JSON:

    -> settings                  <- {"sandbox": [...], "problem": "", "max_score": 100.0}
    -> a `Submission`            <- its `Grade`
    -> a number                  another seed, from here on
    -> (closed): it ends
"""

from __future__ import annotations

import contextlib
import gc
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest
from _pytest.runner import runtestprotocol  # the only way to run an item without its log

from grader import catalog, lockdown, plugin
from grader.bench import Bench
from grader.model import Grade, Ready, Settings, Submission
from grader.notebook import NotebookError, read_source
from grader.places import CatalogError
from grader.pool import GraderError, Sandbox, StudentError
from grader.student import Student
from grader.trial import BURNT, trial
from grader.watch import Watch


def main() -> None:
    """Serve the connection whose descriptor is ``argv[1]``, and note what runs in ``argv[2]``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # A hidden test that hangs does not hear that the connection was closed.
        lockdown.die_with_parent()
    connection = Connection(int(sys.argv[1]))
    settings = msgspec.json.decode(connection.recv_bytes(), type=Settings)
    try:
        bench = bench_for(settings)
    except (CatalogError, GraderError, OSError) as error:
        connection.send_bytes(msgspec.json.encode(Ready([], str(error))))
        return
    bench.runs = Watch(int(sys.argv[2])).runs
    run_session(bench, Loop(connection, bench, settings), settings.select)


def bench_for(settings: Settings) -> Bench:
    """The bench for a run, its fork server already starting."""
    course = catalog.load(Path(settings.course))
    assignment = course.assignment(settings.assignment)
    sandbox = Sandbox.best() if settings.sandbox == "best" else Sandbox(frozenset())
    bench = Bench(course, assignment, sandbox, settings.seed, settings.secret)
    bench.server.start()
    return bench


def run_session(bench: Bench, loop: object, select: str = "") -> int:
    """Run a pytest session over the hidden tests of the bench's assignment, or a selection (-k)."""
    tests = bench.course.hidden_tests(bench.assignment.name)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    quiet = [f"no:{name}" for name in ("terminal", "logging", "cacheprovider", "doctest", "junitxml",
             "pastebin", "stepwise", "faulthandler", "unraisableexception", "threadexception",
             "warnings", "setuponly", "setupplan", "debugging", "nose", "recwarn", "tmpdir")]  # fmt: skip
    arguments = [str(tests), "-c", os.devnull, "--rootdir", str(bench.course.folder), "-s"]
    arguments += ["-k", select] if select else []
    for name in ("grader.plugin", *quiet):
        arguments += ["-p", name]
    plugins = [loop, plugin.Attached(bench)]
    return int(pytest.main([*arguments, "--assert=plain"], plugins=plugins))


class Loop:
    """A pytest plugin that replaces the run of the items by a run for each submission."""

    def __init__(self, connection: Connection, bench: Bench, settings: Settings) -> None:
        self._connection, self._bench, self._settings = connection, bench, settings
        self._problem = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A hidden test that cannot be imported is the course's problem, named."""
        if report.failed and not self._problem:
            last = str(report.longrepr).strip().splitlines()[-1]
            self._problem = f"the hidden tests cannot be collected: {report.nodeid}: {last}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """A bare report: pytest's own formats tracebacks with every argument, for nobody here."""
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        return pytest.TestReport(
            item.nodeid, item.location, {}, outcome, None, _phase(call), duration=call.duration
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Greet, then grade what comes until the other side closes."""
        ready = self._prepare(session.items)
        self._connection.send_bytes(msgspec.json.encode(ready))
        if ready.problem:
            return True
        gc.freeze()
        gc.enable()
        with contextlib.suppress(EOFError):
            while True:
                data = self._connection.recv_bytes()
                submission = msgspec.json.decode(data, type=Submission | int)
                if isinstance(submission, int):
                    self._bench.reseed(submission)
                    grade_reference(self._bench, session.items)
                    continue
                grade = grade_one(self._bench, session.items, submission, ready.max_score)
                self._connection.send_bytes(msgspec.json.encode(grade))
        return True

    def _prepare(self, items: Sequence[pytest.Item]) -> Ready:
        problem = self._problem
        total = sum(plugin.worth(item) for item in items if not plugin.stricter(item))
        problem = problem or plugin.wrong_mark(items)
        if not self._settings.select:
            problem = problem or plugin.untimed(items, self._bench.assignment)
        if not problem and not total:
            problem = f"no hidden tests for {self._bench.assignment.name}"
        if problem:
            return Ready([], problem)
        self._bench.scale = self._bench.assignment.points / total
        try:
            self._preflight(items)
        except (GraderError, StudentError) as error:
            return Ready([], str(error))
        layers = self._bench.server.sandbox.ordered()
        return Ready(layers, "", self._bench.assignment.max_score, {
            "python": platform.python_version(), "numpy": np.__version__,
            "pytest": pytest.__version__,
        })  # fmt: skip

    def _preflight(self, items: Sequence[pytest.Item]) -> None:
        """See that all is well; once more, anew, when a process died over it."""
        try:
            self._checked(items)
        except UnfitError:
            raise
        except (GraderError, StudentError):
            self._bench.restart()
            self._checked(items)

    def _checked(self, items: Sequence[pytest.Item]) -> None:
        if self._settings.preflight and self._settings.sandbox != "none":
            check_sandbox(self._bench, self._settings.private)
            check_reference(self._bench, items)
        else:
            grade_reference(self._bench, items)
        self._bench.server.ready()


def _phase(call: pytest.CallInfo[None]) -> Literal["setup", "call", "teardown"]:
    return call.when if call.when != "collect" else "setup"


# --- one submission ---------------------------------------------------------------------------


def grade_one(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, max_score: float
) -> Grade:
    """Grade one submission with the collected items.

    What could not be judged is tried once more with a new fork server: an old one that died is our
    fault, and only then is it an `error`. So is what was judged while somebody killed a worker.
    """
    started, killed = time.perf_counter(), bench.server.killed
    grade = _try(bench, items, submission, max_score)
    if not submission.error and (grade.status == "error" or bench.server.killed > killed):
        bench.restart()
        grade = _try(bench, items, submission, max_score)
    return replace(grade, seconds=round(time.perf_counter() - started, 6))


def grade_reference(bench: Bench, items: Sequence[pytest.Item]) -> Grade:
    """Grade the reference first: everybody is then asked the same, in the same order, in every process.

    Who keeps a state between calls would answer otherwise to another order.
    """
    file, source = f"{bench.assignment.name}.py", bench.exercise.source.encode()
    grade = grade_one(bench, items, Submission("reference", file, source), 1)
    bench.learn()
    return grade


def _try(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, max_score: float
) -> Grade:
    bare = replace(submission, source=b"")
    if submission.error:
        return Grade(bare, max_score, (), submission.error)
    try:
        return _graded(bench, items, submission, Grade(bare, max_score))
    except GraderError as error:
        why = f"could not be graded: {error}"
        return Grade(replace(bare, error=why), max_score, (), why)
    finally:
        bench.end()


def _graded(
    bench: Bench, items: Sequence[pytest.Item], submission: Submission, blank: Grade
) -> Grade:
    try:
        cells, problem = read_source(submission.file, submission.source), submission.problem
    except NotebookError as error:
        cells, problem = (), str(error)
    asked = bench.begin(cells, submission.file.endswith(".ipynb"))
    problem = submission.problem or problem or _unreadable(asked.student)
    if problem:
        outcomes = tuple(plugin.blank(item, bench.scale, problem) for item in items)
        return replace(blank, outcomes=outcomes, message=problem)
    bench.ask_ahead()
    run_items(bench, items)
    bench.end()
    message = " ".join(filter(None, [submission.note, _told(asked.student)]))
    return replace(
        blank,
        outcomes=tuple(bench.outcomes),
        message=message,
        instructor=_printed(asked.student),
    )


def run_items(bench: Bench, items: Sequence[pytest.Item]) -> None:
    """Run every item once; outcomes are left on the bench by `plugin`."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        plugin.clean(item)
        bench.runs(plugin.check_id(item))
        if plain := plugin.Plain.of(item):
            plain.run(bench)
        else:
            runtestprotocol(item, log=False, nextitem=following)
    bench.runs("")


def _unreadable(student: Student) -> str:
    """Load the program; say why nothing of it can be graded, or ''."""
    try:
        student.load()
    except StudentError as error:
        return str(error)
    if len(student.program.cells) == 1 and student.problems:
        first = student.problems[0]
        if first.kind in ("SyntaxError", "IndentationError", "TabError"):
            return f"your file is not valid Python (line {first.line}): {first.text.strip()}"
    return ""


def _told(student: Student) -> str:
    """What went wrong while the program was loaded, in the student's own words and lines."""
    texts = [f"{problem.cell}: {problem.text.strip()}" for problem in student.problems[:5]]
    return "While your file was loaded:\n" + "\n".join(texts) if texts else ""


def _printed(student: Student) -> dict[str, str]:
    text = student.captured.decode("utf-8", "replace")
    return {"output": text} if text else {}


# --- before anything is graded ----------------------------------------------------------------


class UnfitError(GraderError):
    """The course or the machine is not fit to grade with."""


def check_reference(bench: Bench, items: Sequence[pytest.Item]) -> None:
    """Grade the reference through the same sandbox; raises `UnfitError` if it is not right."""
    grade = grade_reference(bench, items)
    wrong = next((o for o in grade.outcomes if o.status != "passed"), None)
    if wrong is not None:
        why = wrong.instructor.get("traceback", "").strip().splitlines()[-1:] or [wrong.message]
        raise UnfitError(f"the reference itself fails {wrong.id}: {why[0]}")


def check_sandbox(bench: Bench, private: Sequence[str]) -> None:
    """Let the canary try, and the clock be seen; raises `UnfitError` if either is wrong."""
    bench.server.ready()
    missing = lockdown.missing_for_grading(bench.server.sandbox.layers)
    if missing:
        raise UnfitError(f"no sandbox good enough to grade others' code here: {missing}")
    hidden = bench.course.hidden_tests(bench.assignment.name) / "cases.py"
    found = trial(bench.server, [str(hidden), *private, "/etc/passwd"])
    if found.escapes:
        raise UnfitError(f"the sandbox leaks: a canary in it could {', '.join(found.escapes)}")
    if not found.clock_is_right:
        shown = f"{found.seconds:.3f} s for {BURNT:g} s of work"
        raise UnfitError(f"the CPU clock of workers shows {shown}")
