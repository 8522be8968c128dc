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

import hashlib
import hmac
import importlib
import inspect
import types
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from grader import catalog
from grader.cases import Asked, Case, Module
from grader.diagnosis import Catalogue, module_of
from grader.judging import Check, Draw, Exercise, Failed
from grader.model import VISIBILITIES, Limits, Outcome
from grader.notebook import read_source
from grader.places import FILE
from grader.pool import ForkServer, GraderError, Sandbox, StudentError
from grader.remote import Remote
from grader.secret import course_secret
from grader.student import Program, Student
from grader.timing import Yardstick

_BENCH: Final = pytest.StashKey["Bench"]()
_CHECK: Final = pytest.StashKey[Check]()
_TOLD: Final = ("message", "mistake", "hint", "more")
"""What a check says besides its verdict."""
NOT_JUDGED: Final = "this check could not be judged; it is not your fault, and no points are lost"


@dataclass(repr=False)
class Bench:
    """What a grading process keeps from one submission to the next, and the one in hand."""

    course: catalog.Course
    assignment: catalog.Assignment
    sandbox: Sandbox
    seed: int
    secret: bytes = b""
    outcomes: list[Outcome] = field(default_factory=list)
    asked: Asked | None = None
    scale: float = 1.0
    """Points of the assignment for one point of a mark."""
    runs: Callable[[str], None] = lambda check: None
    """Told of each check before it runs, and of '' after the last."""
    _exercise: Exercise | None = None
    _server: ForkServer | None = None
    _drawn: dict[Draw, list[Case]] = field(default_factory=dict)
    _ahead: list[Case] = field(default_factory=list)
    """What the checks ask of everybody, as far as the submissions before have shown."""
    _reference: Asked | None = None
    _yardsticks: dict[str, Yardstick] = field(default_factory=dict)

    @property
    def server(self) -> ForkServer:
        """The fork server, started at first use."""
        if self._server is None:
            preload = [name for name in self.assignment.imports if name != "numpy"]
            self._server = ForkServer(self.sandbox, preload)
            self._server.start()
        return self._server

    @property
    def exercise(self) -> Exercise:
        """The solution and its mistakes, in this process."""
        if self._exercise is None:
            self._exercise = load_exercise(self.course.folder, self.assignment.name)
        return self._exercise

    def begin(self, cells: Iterable[tuple[str, str]], goes_on: bool = False) -> Asked:
        """Take up a submission."""
        self.asked = Asked(self._student(tuple(cells), goes_on), self.exercise.reference)
        self.outcomes = []
        return self.asked

    def ask_ahead(self) -> None:
        """Ask the submission in hand at once for what its checks will ask for one by one."""
        if self.asked is not None and self._ahead:
            self.asked.ask_ahead(self._ahead)

    def end(self) -> None:
        """Put it away: nothing of it stays."""
        if self.asked is None:
            return
        self.asked.student.end()
        plain = [case for case in self.asked.given() if case.stands_alone and not case.cpu]
        if len(plain) > len(self._ahead):
            self._ahead = plain

    def restart(self) -> None:
        """End the fork server and every worker: what is asked next has new ones."""
        self.end()
        self._forget_reference()
        self.server.close()

    def close(self) -> None:
        """End every process of ours."""
        self.end()
        if self._server is not None:
            self._server.close()

    def draw(self, function: Draw) -> list[Case]:
        """The cases of ``function``: drawn once a run, the same for every student."""
        if function not in self._drawn:
            rng = self.rng(f"{function.__module__}.{function.__qualname__}")
            self._drawn[function] = list(function(rng, self.exercise.reference.module))
        return self._drawn[function]

    def rng(self, key: str) -> np.random.Generator:
        """A generator for ``key``: fresh in every run, repeatable with its seed and secret."""
        message = f"{self.seed} {self.assignment.name} {key}".encode()
        digest = hmac.new(self.secret or b"no secret", message, hashlib.sha256).digest()
        return np.random.default_rng(np.frombuffer(digest, np.uint32))

    def reseed(self, seed: int) -> None:
        """Draw other inputs from here on."""
        self.seed = seed
        self._drawn.clear()
        self._ahead.clear()
        self.exercise.reference.forget()
        self.exercise.catalogue.forget()
        self._forget_reference()

    def _forget_reference(self) -> None:
        self._yardsticks.clear()
        if self._reference is not None:
            self._reference.student.end()
            self._reference = None

    def yardstick(self, case: Case, cpu: float) -> Yardstick:
        """The reference in a worker like the students': what times are compared with."""
        if self._reference is None:
            student = self._student(((f"{self.assignment.name}.py", self.exercise.source),), False)
            student.limits = Limits(call_wall=300, total=1e9, import_cpu=60)
            self._reference = Asked(student, self.exercise.reference)
        if case.function not in self._yardsticks:
            self._yardsticks[case.function] = Yardstick(self._reference, case, cpu)
        return self._yardsticks[case.function]

    def _student(self, cells: tuple[tuple[str, str], ...], goes_on: bool) -> Student:
        program = Program(self.assignment.name, cells, tuple(self.assignment.imports), goes_on)
        return Student(self.server, program, self.assignment.limits)


def load_exercise(course: Path, name: str) -> Exercise:
    """Read the solution, its mistakes and the contract's caches; ours, so it runs here.

    A solution that cannot (PyTorch's: this process never imports it) has a ``twin.py`` that does.
    """
    folder = course / "reference" / name
    source = (folder / "solution.py").read_text(encoding="utf-8")
    caches = importlib.import_module(f"{name}.cases").CACHES
    known: Any = types.SimpleNamespace(MISTAKES=(), HINTS={})
    if (folder / "mistakes.py").exists():
        known = module_of((folder / "mistakes.py").read_text(encoding="utf-8"), f"{name}.mistakes")
    runs, mistakes, twin = source, known.MISTAKES, folder / "twin.py"
    if twin.exists():
        runs = twin.read_text(encoding="utf-8")
        mistakes = [replace(each, swap=each.twin, code="") for each in mistakes if each.twin]
    reference = Module(module_of(runs, f"{name}.reference"), caches)
    return Exercise(name, source, reference, Catalogue(runs, mistakes, known.HINTS, caches))


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
