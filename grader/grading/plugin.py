"""The pytest plugin for hidden tests: pytest files whose student code runs in a worker.

    pytest tests/hidden/two_layer_network                        # the reference, in a sandbox
    pytest tests/hidden/two_layer_network --submission ada.py    # a student
    pytest ... --submission ada.py --seed 17 -k "gradient and W1"

Fixtures: ``check`` (see `grader.checks.check`), ``student`` and ``reference`` (the modules of the
student and of the reference), ``rng`` (seeded from the run's seed, the course's secret and the
test's id), ``subtests`` (parts with equal points). Marks: see `grader.grading.marks`. The student
reads the first line of a test's docstring; ``{name}`` in it is replaced by the test's parameter.

A class run (`grader.grading`) collects once and runs the items again for each submission.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from grader.checks.boundary.remote_module import RemoteModule
from grader.checks.check import Check
from grader.course import catalog
from grader.course.assignment import Course
from grader.course.secret import course_secret
from grader.grading import marks, memory
from grader.grading.objects import FreshObject
from grader.grading.outcomes import CHECK, check_id, outcome_of, stricter
from grader.grading.session import Bench
from grader.grading.subtests import SUBTESTS, Subtests
from grader.notebook import read_helpers, read_source
from grader.parcel import packed
from grader.sandbox.faults import GraderError
from grader.sandbox.fork_server import Sandbox

_BENCH: Final = pytest.StashKey[Bench]()
_ATTACHED: Final = pytest.StashKey[bool]()
"""Whether a class run started this session; it grades the reference first by itself."""


# --- pytest -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of hidden tests."""
    group = parser.getgroup("grader")
    group.addoption("--submission", type=Path, help="the student's .py or .ipynb")
    group.addoption("--seed", type=int, default=0, help="repeat a run's inputs (hidden tests)")
    group.addoption("--sandbox", default="best", choices=["best", "none"])


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of hidden tests."""
    for line in marks.DESCRIPTIONS:
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a timed test twice where the course sets a stricter speed limit."""
    mark = metafunc.definition.get_closest_marker("timed")
    if mark is None or not mark.args:
        return
    bench = metafunc.config.stash.get(_BENCH, None)
    path = metafunc.definition.path
    if bench is None:
        assignment = catalog.load(path.parents[3]).assignment(path.parent.name)
    else:
        assignment = bench.assignment
    if limit := assignment.speed.get(mark.args[0]):
        metafunc.fixturenames.append("speed_limit")
        names = ["usual", f"{limit.ratio:g} times"]
        metafunc.parametrize("speed_limit", [None, limit], ids=names)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the workers."""
    if bench := config.stash.get(_BENCH, None):
        bench.close()


class Attached:
    """A plugin that gives its session a ``bench``."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Store the bench where the fixtures find it."""
        config.stash[_BENCH] = self._bench
        config.stash[_ATTACHED] = True


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return the class run's bench, or a new one for this test file's folder."""
    return _bench_for(request.config, request.path)


def _bench_for(config: pytest.Config, path: Path) -> Bench:
    name = path.parent.name
    found = config.stash.get(_BENCH, None)
    if found is None or found.assignment.name != name:
        if found is not None:
            found.close()
        found = config.stash[_BENCH] = _by_hand(config, path.parents[3], name)
    return found


def _by_hand(config: pytest.Config, folder: Path, name: str) -> Bench:
    course = catalog.load(folder)
    sandbox = Sandbox.best() if config.getoption("--sandbox") == "best" else Sandbox(frozenset())
    bench = Bench(
        course, course.assignment(name), sandbox, config.getoption("--seed"), course_secret(folder)
    )
    main: Path | None = config.getoption("--submission")
    file, data = _submitted(course, name, main)
    bench.begin(read_source(file, data), read_helpers(file, data))
    bench.peers.recording = not config.getoption("--submission")
    return bench


def _submitted(course: Course, name: str, main: Path | None) -> tuple[str, bytes]:
    """Return (name, content) of a file together with the others beside it, or the reference."""
    if main is None:
        return course.submitted(name)
    others = [main.with_name(file) for file in course.assignment(name).files[1:]]
    found = {path.name: path.read_bytes() for path in [main, *others] if path.is_file()}
    return main.name, packed(found)


def _check(bench: Bench, item: pytest.Item) -> Check:
    asked = bench.asked
    if asked is None:
        raise GraderError("no submission in hand")
    limit = stricter(item)
    ratio = limit.ratio if limit else None
    made = Check(bench.exercise, asked, bench.draw, bench.rng, bench.yardstick, ratio)
    item.stash[CHECK] = made
    return made


def _student(bench: Bench, item: pytest.Item) -> Any:
    if bench.objects:
        return FreshObject()
    if bench.asked is None:
        raise GraderError("no submission in hand")
    return bench.peers.student(item, bench.asked.student)


def _reference(bench: Bench, item: pytest.Item) -> RemoteModule:
    return bench.peers.reference(item)


def _subtests(bench: Bench, item: pytest.Item) -> Subtests:
    made = item.stash[SUBTESTS] = Subtests(bench.rules.parts.get(check_id(item), 0))
    return made


OURS: Final[dict[str, Callable[[Bench, pytest.Item], Any]]] = {
    "bench": lambda bench, _: bench,
    "check": _check,
    "student": _student,
    "reference": _reference,
    "rng": lambda bench, item: bench.rng(item.name),
    "subtests": _subtests,
}
"""The fixtures of hidden tests, by name."""


@pytest.fixture
def check(bench: Bench, request: pytest.FixtureRequest) -> Check:
    """Provide the judge for the current student's answers: see `grader.checks.check`."""
    return _check(bench, request.node)


@pytest.fixture
def student(bench: Bench, request: pytest.FixtureRequest) -> Any:
    """Return the student's module: ``student.relu(z)`` is a call over the pipe."""
    return _student(bench, request.node)


@pytest.fixture
def reference(bench: Bench, request: pytest.FixtureRequest) -> RemoteModule:
    """Return the solution in a separate worker, with the interface of ``student``."""
    return _reference(bench, request.node)


@pytest.fixture
def rng(bench: Bench, request: pytest.FixtureRequest) -> np.random.Generator:
    """Provide a generator seeded for this test and run, the same for every student."""
    return bench.rng(request.node.name)


@pytest.fixture
def subtests(bench: Bench, request: pytest.FixtureRequest) -> Subtests:
    """Provide parts of the test with equal points: see `grader.grading.subtests`."""
    return _subtests(bench, request.node)


def _is_by_hand(config: pytest.Config) -> bool:
    return not config.stash.get(_ATTACHED, False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run a plain test on the reference before it runs on a submission."""
    config = item.config
    asks = "student" in getattr(item, "fixturenames", ())
    if not (asks and config.getoption("--submission") and _is_by_hand(config)):
        return
    bench = _bench_for(config, item.path)
    submitted, outcomes = bench.asked, list(bench.outcomes)
    bench.peers.recording = True
    try:
        bench.asked = bench.reference_asked()
        _run_copy(item)
    finally:
        bench.peers.recording = False
        bench.asked, bench.outcomes = submitted, outcomes


def _run_copy(item: pytest.Item) -> None:
    """Run a copy of a test without a report; a test item itself can run only once."""
    if not isinstance(item, pytest.Function):
        return
    copy = pytest.Function.from_parent(
        item.parent, name=item.name, originalname=item.originalname, callobj=item.obj,
        callspec=getattr(item, "callspec", None),
    )  # fmt: skip
    hooks = copy.ihook
    steps = {
        "setup": lambda: hooks.pytest_runtest_setup(item=copy),
        "call": lambda: hooks.pytest_runtest_call(item=copy),
    }
    for when, step in steps.items():
        if pytest.CallInfo.from_call(step, when).excinfo:  # type: ignore[arg-type]  # a literal
            break
    hooks.pytest_runtest_teardown(item=copy, nextitem=None)


# --- memory -----------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Limit the memory of the fixtures of a test."""
    with _limited(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Limit the memory of a test."""
    with _limited(item):
        return (yield)


def _limited(item: pytest.Item) -> contextlib.AbstractContextManager[None]:
    bench = item.config.stash.get(_BENCH, None)
    if bench is None:
        return contextlib.nullcontext()
    return bench.memory.limited(memory.room(item, bench.assignment))


# --- outcomes ---------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test in which subtests have failed."""
    result = yield
    finish(pyfuncitem)
    return result


def finish(item: pytest.Item) -> None:
    """Raise `SubtestsFailed` if subtests of the test have failed."""
    if parts := item.stash.get(SUBTESTS, None):
        parts.finish()


def note(bench: Bench, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Append the outcome of a check to the bench."""
    bench.outcomes.append(outcome_of(item, call, bench.rules))
    if call.excinfo:
        memory.release(call.excinfo.value)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Record the outcome of a check."""
    report = yield
    bench = item.config.stash.get(_BENCH, None)
    if bench and bench.peers.recording and item.config.getoption("--submission"):
        return report
    # Record one outcome per check: the call's, or the set-up's if the set-up failed.
    if bench and (call.when == "call" or (call.when == "setup" and call.excinfo)):
        note(bench, item, call)
    return report


def clean(item: pytest.Item) -> None:
    """Clear what a test of the previous student left on an item."""
    item.user_properties.clear()
    if CHECK in item.stash:
        del item.stash[CHECK]
    if SUBTESTS in item.stash:
        del item.stash[SUBTESTS]
