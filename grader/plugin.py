"""The pytest plugin: hidden tests are ordinary pytest files; their student stands elsewhere.

    pytest tests/hidden/two_layer_network                        # the reference, in a sandbox
    pytest tests/hidden/two_layer_network --submission ada.py    # a student
    pytest ... --submission ada.py --seed 17 -k "gradient and W1"

Fixtures: ``check`` (what most tests need: see `grader.judging`), ``student`` and ``reference``
(functions to call, on either side of the wall), ``rng`` (seeded from the run's seed, the course's
secret and the test's id). Marks: ``points(n)``, ``timed(function)`` for a test of how long a function
takes, which a course may make a stricter one of besides, and ``visibility("hidden" | "visible" |
"after_due_date")``: of a hidden check students read title, verdict and points. The first line of a
test's docstring is what the student reads; ``{name}`` in it is a parameter of the test.

A class run (`grader.grading`) collects once and runs the items again for each submission.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from grader import catalog
from grader.bench import Bench
from grader.judging import Check, Failed
from grader.model import VISIBILITIES, Outcome
from grader.notebook import read_source
from grader.places import FILE
from grader.pool import GraderError, Sandbox, StudentError
from grader.remote import Remote
from grader.secret import course_secret

_BENCH: Final = pytest.StashKey[Bench]()
_CHECK: Final = pytest.StashKey[Check]()
_TOLD: Final = ("message", "mistake", "hint", "more")
"""What a check says besides its verdict."""
NOT_JUDGED: Final = "this check could not be judged; it is not your fault, and no points are lost"


# --- pytest -----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader")
    group.addoption("--submission", type=Path, help="the student's .py or .ipynb")
    group.addoption("--seed", type=int, default=0, help="repeat a run's inputs (hidden tests)")
    group.addoption("--sandbox", default="best", choices=["best", "none"])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(n): what the check is worth; 1 if unmarked")
    config.addinivalue_line("markers", "timed(function): it is about how long the function takes")
    config.addinivalue_line("markers", "visibility(when): hidden, visible or after_due_date")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of how long a function takes comes twice where the course sets a stricter limit."""
    mark = metafunc.definition.get_closest_marker("timed")
    if mark is None:
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
    item.stash[_CHECK] = made
    return made


def _remote(bench: Bench, _: pytest.Item) -> Remote:
    if bench.asked is None:
        raise GraderError("no submission in hand")
    return Remote(bench.asked)


_OURS: Final[dict[str, Callable[[Bench, pytest.Item], Any]]] = {
    "bench": lambda bench, _: bench,
    "check": _check,
    "student": _remote,
    "reference": lambda bench, _: bench.exercise.reference.module,
    "rng": lambda bench, item: bench.rng(item.name),
}
"""What a hidden test may ask for, by the fixture's name."""
_MARKS: Final = {"parametrize", "points", "timed", "visibility"}


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


# --- without the ceremony ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """A test that needs nothing of pytest but to be called: no fixture, mark or hook but ours.

    Set-up, call and tear-down the usual way take pytest 0.4 ms a test, more than most tests do.
    """

    item: pytest.Function
    params: Mapping[str, Any]
    wanted: tuple[str, ...]

    @classmethod
    @cache
    def of(cls, item: pytest.Item) -> Plain | None:
        """The same for ``item``, or None if it needs more."""
        if type(item) is not pytest.Function or item.cls is not None:
            return None
        if any(folder.joinpath("conftest.py").exists() for folder in item.path.parents[:2]):
            return None
        wanted = tuple(inspect.signature(item.obj).parameters)
        if {mark.name for mark in item.iter_markers()} - _MARKS or "request" in wanted:
            return None
        # Who defines a fixture is nowhere public.
        definitions = item._fixtureinfo.name2fixturedefs
        if not all(_is_known(definitions[name][-1].func) for name in definitions):
            return None
        return cls(item, _params(item), wanted)

    def run(self, bench: Bench) -> None:
        """Call it, and note the outcome on the bench."""

        def call() -> None:
            given = {
                name: self.params[name] if name in self.params else _OURS[name](bench, self.item)
                for name in self.wanted
            }
            self.item.obj(**given)

        info = pytest.CallInfo.from_call(call, "call")
        bench.outcomes.append(_outcome(self.item, info, bench.scale))


def _is_known(fixture: Callable[..., Any]) -> bool:
    """Whether a fixture is one of ours, or only a parameter's value."""
    return fixture.__module__ == __name__ or fixture.__name__ == "get_direct_param_fixture_func"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    bench = item.config.stash.get(_BENCH, None)
    # One outcome a check: the call's, or the set-up's that kept it from being made.
    if bench and (call.when == "call" or (call.when == "setup" and call.excinfo)):
        bench.outcomes.append(_outcome(item, call, bench.scale))
    return report


def worth(item: pytest.Item, scale: float = 1.0) -> float:
    """What the check of ``item`` is worth: the points of its mark, of which each counts ``scale``.

    What a stricter speed limit is worth stands in assignments.yaml, and comes on top.
    """
    if limit := stricter(item):
        return limit.points
    mark = item.get_closest_marker("points")
    return (float(mark.args[0]) if mark else 1.0) * scale


def stricter(item: pytest.Item) -> catalog.SpeedLimit | None:
    """The speed limit of assignments.yaml that this check is about, if it is about one."""
    limit: catalog.SpeedLimit | None = _params(item).get("speed_limit")
    return limit


def _params(item: pytest.Item) -> Mapping[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def untimed(items: Iterable[pytest.Item], assignment: catalog.Assignment) -> str:
    """What is wrong with the speed limits of assignments.yaml, or ''."""
    marks = (item.get_closest_marker("timed") for item in items)
    timed = {mark.args[0] for mark in marks if mark}
    unknown = next((name for name in assignment.speed if name not in timed), None)
    if unknown is None:
        return ""
    those = f"those of {', '.join(sorted(timed))} are" if timed else "there is none"
    return f"{FILE}: speed: no hidden test times {unknown!r}; {those}"


def title(item: pytest.Item) -> str:
    """The sentence that the student reads, with the test's parameters filled in."""
    function = getattr(item, "obj", None)
    lines = (getattr(function, "__doc__", "") or item.name).strip().splitlines()
    if limit := stricter(item):
        return f"{lines[0]}; at most {limit.ratio:g} times the time of array code"
    params = _params(item)
    return lines[0].format(**params) if params else lines[0]


@cache
def visibility(item: pytest.Item) -> str:
    """When a student may read what the check said, by its mark; '' if unmarked."""
    mark = item.get_closest_marker("visibility")
    return str(mark.args[0]) if mark and mark.args else ""


def wrong_mark(items: Iterable[pytest.Item]) -> str:
    """The first mark that means nothing, in a sentence, or ''."""
    for item in items:
        if item.get_closest_marker("visibility") and visibility(item) not in VISIBILITIES:
            told = f"visibility is {visibility(item)!r}; write {' or '.join(VISIBILITIES)}"
            return f"{check_id(item)}: {told}"
    return ""


def check_id(item: pytest.Item) -> str:
    """``test_file.py::test_name[param]``: fixed from run to run."""
    return f"{item.path.name}::{item.name}"


def blank(item: pytest.Item, scale: float, message: str) -> Outcome:
    """The outcome of a check that was not run since there is nothing to run it on."""
    bare = Outcome(check_id(item), title(item), "failed", 0.0, worth(item, scale), message)
    return replace(bare, visibility=visibility(item))


def _outcome(item: pytest.Item, call: pytest.CallInfo[None], scale: float) -> Outcome:
    """What one check came to, with as much of it for the student as its mark allows."""
    outcome = _found(item, call, scale)
    when = visibility(item)
    if not when:
        return outcome
    if when != "hidden" or outcome.status == "error":
        return replace(outcome, visibility=when)
    told = {key: value for key in _TOLD if (value := getattr(outcome, key))}
    instructor = {**outcome.instructor, **told}
    bare = replace(outcome, message="", mistake="", hint="", more="")
    return replace(bare, visibility=when, instructor=instructor)


def _found(item: pytest.Item, call: pytest.CallInfo[None], scale: float) -> Outcome:
    """What one check came to; `pytest.CallInfo` has either no exception or the one that ended it."""
    passed = replace(_passed(item, scale), seconds=round(call.duration, 6))
    error = call.excinfo.value if call.excinfo else None
    check = item.stash.get(_CHECK, None)
    if error is None:
        return replace(passed, message=check.remark if check else "")
    failed = replace(passed, status="failed", points=0.0)
    if isinstance(error, Failed) and check is not None:
        return _judged(failed, error, check)
    if isinstance(error, (Failed, StudentError, AssertionError)):
        said = str(error).strip().splitlines() or ["not so"]
        detail = getattr(error, "detail", "")
        return replace(failed, message=said[0], instructor=_staff(detail))
    trace = str(call.excinfo.getrepr(style="short")) if call.excinfo else ""
    instructor = _staff(trace[-8000:])
    return replace(failed, status="error", message=NOT_JUDGED, instructor=instructor)


@cache
def _passed(item: pytest.Item, scale: float) -> Outcome:
    """The outcome of a passed check, but for its time: the same for every student."""
    most = worth(item, scale)
    return Outcome(check_id(item), title(item), "passed", most, most)


def _judged(failed: Outcome, verdict: Failed, check: Check) -> Outcome:
    hint = check.exercise.catalogue.hints.get(verdict.mistake)
    return replace(
        failed,
        points=round(verdict.credit * failed.max_points, 6),
        message=str(verdict),
        mistake=verdict.mistake,
        hint=hint.question if hint else "",
        more=hint.more if hint else "",
        instructor={**_staff(verdict.detail), "function": check.function},
    )


def _staff(detail: str) -> dict[str, str]:
    return {"traceback": detail} if detail else {}


def clean(item: pytest.Item) -> None:
    """Take off what pytest keeps on an item: it would stand on the next student's reports."""
    item.user_properties.clear()
    item._report_sections.clear()
    if _CHECK in item.stash:
        del item.stash[_CHECK]
