"""The pytest plugin: hidden tests are ordinary pytest files; their student stands elsewhere.

    pytest tests/hidden/two_layer_network                        # the reference, in a sandbox
    pytest tests/hidden/two_layer_network --submission ada.py    # a student
    pytest ... --submission ada.py --seed 17 -k "gradient and W1"

Fixtures: ``check`` (see `grader.checks.check`), ``student`` and ``reference`` (the modules of the
student and of the reference), ``rng`` (seeded from the run's seed, the course's secret and the test's
id), ``subtests`` (parts that count alike). Marks: see `grader.grading.marks`. The first line of a
test's docstring is what the student reads; ``{name}`` in it is a parameter of the test.

A class run (`grader.grading`) collects once and runs the items again for each submission.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from grader.checks.check import Check
from grader.checks.student_module import Remote
from grader.course import catalog
from grader.course.secret import course_secret
from grader.grading import marks
from grader.grading.outcomes import CHECK, check_id, outcome_of, stricter
from grader.grading.session import Bench
from grader.grading.subtests import SUBTESTS, Subtests
from grader.notebook import read_source
from grader.sandbox.fork_server import GraderError, Sandbox

_BENCH: Final = pytest.StashKey[Bench]()


# --- pytest -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader")
    group.addoption("--submission", type=Path, help="the student's .py or .ipynb")
    group.addoption("--seed", type=int, default=0, help="repeat a run's inputs (hidden tests)")
    group.addoption("--sandbox", default="best", choices=["best", "none"])


def pytest_configure(config: pytest.Config) -> None:
    for line in marks.DESCRIPTIONS:
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of how long a function takes comes twice where the course sets a stricter limit."""
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
    if bench := config.stash.get(_BENCH, None):
        bench.close()


class Attached:
    """A plugin that makes ``bench`` the one of its session."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Leave it where the fixtures find it."""
        config.stash[_BENCH] = self._bench


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest) -> Bench:
    """The bench of the class run, or, by hand, one for the folder of this test file."""
    config = request.config
    name = request.path.parent.name
    found = config.stash.get(_BENCH, None)
    if found is None or found.assignment.name != name:
        if found is not None:
            found.close()
        found = config.stash[_BENCH] = _by_hand(config, request.path.parents[3], name)
    return found


def _by_hand(config: pytest.Config, folder: Path, name: str) -> Bench:
    course = catalog.load(folder)
    sandbox = Sandbox.best() if config.getoption("--sandbox") == "best" else Sandbox(frozenset())
    bench = Bench(
        course, course.assignment(name), sandbox, config.getoption("--seed"), course_secret(folder)
    )
    file = config.getoption("--submission") or folder / "reference" / name / "solution.py"
    cells = read_source(file.name, file.read_bytes())
    bench.begin(cells, goes_on=file.suffix == ".ipynb")
    return bench


def _check(bench: Bench, item: pytest.Item) -> Check:
    asked = bench.asked
    if asked is None:
        raise GraderError("no submission in hand")
    limit = stricter(item)
    ratio = limit.ratio if limit else None
    made = Check(bench.exercise, asked, bench.draw, bench.rng, bench.yardstick, ratio)
    item.stash[CHECK] = made
    return made


def _remote(bench: Bench, _: pytest.Item) -> Remote:
    if bench.asked is None:
        raise GraderError("no submission in hand")
    return Remote(bench.asked)


def _subtests(bench: Bench, item: pytest.Item) -> Subtests:
    made = item.stash[SUBTESTS] = Subtests(bench.rules.parts.get(check_id(item), 0))
    return made


OURS: Final[dict[str, Callable[[Bench, pytest.Item], Any]]] = {
    "bench": lambda bench, _: bench,
    "check": _check,
    "student": _remote,
    "reference": lambda bench, _: bench.exercise.reference.module,
    "rng": lambda bench, item: bench.rng(item.name),
    "subtests": _subtests,
}
"""What a hidden test may ask for, by the fixture's name."""


@pytest.fixture
def check(bench: Bench, request: pytest.FixtureRequest) -> Check:
    """What is asked of the student in hand: see `grader.judging.Check`."""
    return _check(bench, request.node)


@pytest.fixture
def student(bench: Bench, request: pytest.FixtureRequest) -> Remote:
    """The student's functions: ``student.relu(z)`` is a call over the pipe."""
    return _remote(bench, request.node)


@pytest.fixture
def reference(bench: Bench) -> types.ModuleType:
    """Our solution, in this process."""
    return bench.exercise.reference.module


@pytest.fixture
def rng(bench: Bench, request: pytest.FixtureRequest) -> np.random.Generator:
    """Random numbers of this test in this run, equal for every student."""
    return bench.rng(request.node.name)


@pytest.fixture
def subtests(bench: Bench, request: pytest.FixtureRequest) -> Subtests:
    """Parts of the test that count alike: see `grader.grading.subtests`."""
    return _subtests(bench, request.node)


# --- outcomes ---------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End a test whose parts have failed."""
    result = yield
    finish(pyfuncitem)
    return result


def finish(item: pytest.Item) -> None:
    """Raise `SubtestsFailed` if parts of the test have failed."""
    if parts := item.stash.get(SUBTESTS, None):
        parts.finish()


def note(bench: Bench, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Leave the outcome of a check on the bench."""
    bench.outcomes.append(outcome_of(item, call, bench.rules))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    bench = item.config.stash.get(_BENCH, None)
    # One outcome a check: the call's, or the set-up's that kept it from being made.
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
