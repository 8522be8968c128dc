"""Run a grading process: collect the hidden tests once, then grade submission after submission.

`grader.runs.local` starts it: `main`, with two file descriptors as arguments. It is trusted, and
the only kind of process that holds the hidden tests and the reference. It writes the name of the
running check to the second descriptor (see `grader.grading.watchdog`). Messages on the first, a
connection, are JSON:

    -> settings                  <- {"sandbox": [...], "problem": "", "max_score": 100.0}
    -> a `Submission`            <- its `Grade`
    -> a number                  uses another seed from then on
    -> (closed)                  the process ends
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from grader import testing
from grader.checks.boundary.classes import give_type
from grader.course import catalog
from grader.course.yaml_nodes import CatalogError
from grader.grading import marks, outcomes, plugin
from grader.grading.one_submission import grade_proven, grade_reference
from grader.grading.preflight import UnfitError, check_reference, check_sandbox
from grader.grading.protocol import Ready, Settings
from grader.grading.session import Bench
from grader.grading.watchdog import Watch
from grader.model import Submission
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.fork_server import Sandbox
from grader.sandbox.guest import lockdown, startup

OLD_NAMES: Final = tuple(
    f"grader.{name}" for name in ("behaviour", "cases", "compare", "gradients", "judging")
)
"""Modules that course files imported before `grader.testing` replaced them."""


def main() -> None:
    """Serve the connection ``argv[1]``, and write the running check's name to ``argv[2]``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        # A hidden test that hangs would not notice that the connection was closed.
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
    """Return the bench for a run, with its fork server starting."""
    course = catalog.load(Path(settings.course))
    assignment = course.assignment(settings.assignment)
    if settings.limits is not None:
        assignment = replace(assignment, limits=settings.limits)
    sandbox = Sandbox.best() if settings.sandbox == "best" else Sandbox(frozenset())
    sandbox = sandbox.without("quiet") if settings.alone else sandbox
    bench = Bench(
        course, assignment, sandbox, settings.seed, settings.secret, objects=settings.objects,
        measures=settings.limits is not None,
    )  # fmt: skip
    if not settings.collect:
        bench.server.start()
    return bench


def run_session(bench: Bench, loop: object, select: str = "") -> int:
    """Run a pytest session over the hidden tests of the assignment, or over a selection (-k)."""
    tests = bench.course.hidden_tests(bench.assignment.name)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    sys.path.append(str(tests.parent))  # for `from shared.NAME import ...`
    for old in OLD_NAMES:
        sys.modules.setdefault(old, testing)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    quiet = [f"no:{name}" for name in ("terminal", "logging", "cacheprovider", "doctest", "junitxml",
             "pastebin", "stepwise", "faulthandler", "unraisableexception", "threadexception",
             "warnings", "setuponly", "setupplan", "debugging", "nose", "recwarn", "tmpdir")]  # fmt: skip
    arguments = [str(tests), *settled(bench.course.folder), "-s"]
    arguments += ["-o", "consider_namespace_packages=true"]  # __init__.py is optional
    arguments += ["-k", select] if select else []
    for name in ("grader.grading.plugin", *quiet):
        arguments += ["-p", name]
    plugins = [loop, plugin.Attached(bench)]
    return int(pytest.main([*arguments, "--assert=plain"], plugins=plugins))


def settled(course: Path) -> list[str]:
    """Return options that keep pytest from reading ini files and a course's conftest.py."""
    hidden = course / "tests" / "hidden"
    return ["-c", os.devnull, "--rootdir", str(course), "--confcutdir", str(hidden)]


_LINE: Final = re.compile(
    r"""^(?:E\ +File\ ")?(?:\S*/)?tests/hidden/(\S+?\.py)(?:",\ line\ |:)(\d+)""",
    re.MULTILINE | re.VERBOSE,
)
"""Matches a line of a hidden test in pytest's report about a file that it cannot import."""


class Loop:
    """A pytest plugin that runs the collected tests once for each submission."""

    def __init__(self, connection: Connection, bench: Bench, settings: Settings) -> None:
        self._connection, self._bench, self._settings = connection, bench, settings
        self._problem = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record the first hidden test file that cannot be imported."""
        if report.failed and not self._problem:
            text = str(report.longrepr).strip()
            last = text.splitlines()[-1].removeprefix("E ").strip()
            at = _LINE.findall(text)
            where = ":".join(filter(None, at[-1])) if at else report.nodeid
            self._problem = f"the hidden tests cannot be collected: {where}: {last}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport:
        """Return a minimal report: pytest's own formats tracebacks, which are not used here."""
        outcome: Literal["passed", "failed"] = "failed" if call.excinfo else "passed"
        return pytest.TestReport(
            item.nodeid, item.location, {}, outcome, None, _phase(call), duration=call.duration
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Send `Ready`, then grade each submission that arrives until the other side closes."""
        give_type(str(self._bench.course.folder / "tests" / "hidden"))
        ready = self._prepare(session.items)
        self._connection.send_bytes(msgspec.json.encode(ready))
        if ready.problem or self._settings.collect:
            return True
        startup.settle()
        with contextlib.suppress(EOFError):
            while True:
                data = self._connection.recv_bytes()
                submission = msgspec.json.decode(data, type=Submission | int)
                if isinstance(submission, int):
                    if not self._bench.reseed(submission):
                        grade_reference(self._bench, session.items)
                    continue
                grade = grade_proven(self._bench, session.items, submission, ready.max_score)
                self._connection.send_bytes(msgspec.json.encode(grade))
        return True

    def _prepare(self, items: Sequence[pytest.Item]) -> Ready:
        bench, assignment = self._bench, self._bench.assignment
        if problem := self._problem or marks.problem(items, assignment):
            return Ready([], problem)
        everything = list(items)
        items[:] = marks.graded(items, assignment)  # type: ignore[index]  # pytest's own list
        total = sum(
            outcomes.written_points(item, assignment)
            for item in items
            if not outcomes.stricter(item)
        )
        if not self._settings.select:
            problem = outcomes.untimed(items, assignment)
        if not problem and not items:
            problem = f"no hidden tests for {assignment.name}"
        if problem:
            return Ready([], problem)
        bench.rules.scale = assignment.points / total if assignment.scaled and total else 1.0
        most = round(bench.rules.scale * total + assignment.extra_points, 6)
        if self._settings.collect:
            listed = tuple(outcomes.info(item, bench.rules) for item in everything)
            return Ready([], "", most, checks=listed)
        try:
            self._preflight(items)
        except (GraderError, StudentError) as error:
            return Ready([], str(error))
        layers = bench.server.sandbox.ordered()
        return Ready(layers, "", most, {
            "python": platform.python_version(), "numpy": np.__version__,
            "pytest": pytest.__version__,
        })  # fmt: skip

    def _preflight(self, items: Sequence[pytest.Item]) -> None:
        """Check the sandbox and the reference; try once more if a process died."""
        try:
            self._checked(items)
        except UnfitError:
            raise
        except (GraderError, StudentError):
            self._bench.restart()
            self._checked(items)

    def _checked(self, items: Sequence[pytest.Item]) -> None:
        if self._settings.objects:
            self._bench.rules.sound.update(map(outcomes.check_id, items))
        elif self._settings.preflight and self._settings.sandbox != "none":
            check_sandbox(self._bench, self._settings.private)
            check_reference(self._bench, items)
        else:
            grade_reference(self._bench, items)
        self._bench.server.ready()


def _phase(call: pytest.CallInfo[None]) -> Literal["setup", "call", "teardown"]:
    return call.when if call.when != "collect" else "setup"
