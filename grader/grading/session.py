"""The state of a grading process between submissions: exercise, inputs, fork server.

bench = Bench(course, assignment, Sandbox.best(), seed=17, secret=secret)
bench.begin(cells)
...                 # checks ask ``bench.asked``; their outcomes are added to ``bench.outcomes``
bench.end()
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.exercise import Exercise, load_exercise
from grader.checks.judge import Draw
from grader.checks.timing import Yardstick
from grader.course.assignment import Assignment, Course
from grader.grading.memory import Memory
from grader.grading.outcomes import Rules
from grader.grading.peers import Peers
from grader.model import Limits, Outcome
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest.shell import modules_of
from grader.sandbox.student import Program, Student

if TYPE_CHECKING:
    from grader.checks.diagnosis.diagnostics import Diagnostics


@dataclass(repr=False)
class Bench:
    """The state kept between submissions, and the current submission."""

    course: Course
    assignment: Assignment
    sandbox: Sandbox
    seed: int
    secret: bytes = b""
    outcomes: list[Outcome] = field(default_factory=list)
    asked: Asked | None = None
    runs: Callable[[str], None] = lambda check: None
    """Called with the name of each check before it runs, and with '' after the last."""
    objects: bool = False
    """Whether ``student`` returns fresh objects, to find tests that compare nothing."""
    measures: bool = False
    """Whether each grade says which seconds the submission used."""
    rules: Rules = field(init=False)
    memory: Memory = field(default_factory=Memory)
    _exercise: Exercise | None = None
    _server: ForkServer | None = None
    _drawn: dict[Draw, list[Case]] = field(default_factory=dict)
    _ahead: list[Case] = field(default_factory=list)
    """Cases that every submission is asked, found with the reference and sent in one message."""
    _places: list[tuple[Draw, int]] | None = None
    """The draw function and the index of each case of ``_ahead``; None if one was not drawn."""
    is_proven: bool = True
    """Whether the reference was graded on the current inputs."""
    _reference: Asked | None = None
    _diagnostics: Diagnostics | None = None
    _yardsticks: dict[str, Yardstick] = field(default_factory=dict)
    _peers: Peers | None = None
    _given: list[tuple[str, str]] | None = None

    @property
    def peers(self) -> Peers:
        """Return the programs that the fixtures ``student`` and ``reference`` talk to."""
        if self._peers is None:
            roots = (str(self.course.hidden_tests(self.assignment.name).parent),)
            name = self.assignment.name
            self._peers = Peers(
                roots, self._reference_program, lambda: self.course.solution_texts(name)[0]
            )
        return self._peers

    def __post_init__(self) -> None:
        self.rules = Rules(self.course.folder / "tests" / "hidden", self.assignment)

    @property
    def server(self) -> ForkServer:
        """Return the fork server, started at first use."""
        if self._server is None:
            preload = [name for name in self.assignment.imports if name != "numpy"]
            data = self.course.data(self.assignment.name)
            self._server = ForkServer(self.sandbox, preload, data, self.assignment.writes)
            self._server.start()
        return self._server

    @property
    def exercise(self) -> Exercise:
        """Return the solution and its mistakes, loaded in this process."""
        if self._exercise is None:
            name = self.assignment.name
            files = self.course.solutions(name)
            self._exercise = load_exercise(self.course.folder, name, self._reference_program, files)
            self.rules.hints = self._exercise.catalogue.hints
        return self._exercise

    @property
    def diagnostics(self) -> Diagnostics:
        """Return the inputs that explain failures, drawn when the first check fails."""
        from grader.checks.diagnosis.diagnostics import Diagnostics  # only where something fails

        if self._diagnostics is None:
            self._diagnostics = Diagnostics(self.exercise, self._drawn, self.rng)
        return self._diagnostics

    def begin(
        self, cells: Iterable[tuple[str, str]], helpers: Iterable[tuple[str, str]] = ()
    ) -> Asked:
        """Start a submission: the cells of its main file, and other files that it can import."""
        student = self._student(tuple(cells), tuple(helpers))
        self.asked = Asked(student, self.exercise.reference)
        self.outcomes = []
        return self.asked

    def ask_ahead(self) -> None:
        """Send at once all cases that the checks will ask the current submission for."""
        if self.asked is not None and self._ahead:
            self.asked.ask_ahead(self._ahead)

    def learn(self) -> None:
        """Record the cases asked of the current submission (the reference) for all others."""
        if self.asked is not None:
            given = self.asked.given()
            self._ahead = [case for case in given if case.stands_alone and not case.cpu]
            found = {
                case: (draw, place)
                for draw, cases in self._drawn.items()
                for place, case in enumerate(cases)
            }
            is_drawn = all(case in found for case in self._ahead)
            self._places = [found[case] for case in self._ahead] if is_drawn else None
        self.is_proven = True

    def end(self) -> None:
        """End the current submission and its workers."""
        if self.asked is not None:
            self.asked.student.end()
        self.peers.end_submission()

    def restart(self) -> None:
        """End the fork server and every worker; the next request starts new ones."""
        self.end()
        self._end_reference()
        self.server.close()

    def close(self) -> None:
        """End every process that this bench started."""
        self.end()
        if self._server is not None:
            self._server.close()

    def draw(self, function: Draw) -> list[Case]:
        """Return the cases of ``function``, drawn once per run and equal for every student."""
        if function not in self._drawn:
            rng = self.rng(f"{function.__module__}.{function.__qualname__}")
            self._drawn[function] = list(function(rng, self.exercise.reference.module))
        return self._drawn[function]

    def rng(self, key: str) -> np.random.Generator:
        """Return a generator for ``key`` that depends only on the run's seed and secret."""
        message = f"{self.seed} {self.assignment.name} {key}".encode()
        digest = hmac.new(self.secret or b"no secret", message, hashlib.sha256).digest()
        return np.random.default_rng(np.frombuffer(digest, np.uint32))

    def reseed(self, seed: int) -> bool:
        """Draw new inputs from now on; return whether the cases to ask are known without grading.

        If not, grade the reference before any student; otherwise it is needed only after a failure.
        """
        self.seed, self.is_proven = seed, False
        sizes = {draw: len(cases) for draw, cases in self._drawn.items()}
        has_trails = self.peers.forget()
        self._drawn.clear()
        self._ahead.clear()
        self.exercise.reference.forget()
        self.exercise.reference.end()
        if self._diagnostics is not None:
            self._diagnostics.forget()
        self._yardsticks.clear()
        if self._reference is not None:  # its worker stays: a new one costs as much as a submission
            self._reference.forget()
        return not (has_trails or self.rules.parts) and self._draw_ahead(sizes)

    def _draw_ahead(self, sizes: Mapping[Draw, int]) -> bool:
        """Draw the cases to ask ahead in the same order; return False if their number changed."""
        if self._places is None:
            return False
        try:
            same = all(len(self.draw(each)) == sizes[each] for each, _ in self._places)
        except Exception:  # an author's function; the check that draws reports the error
            return False
        if same:
            self._ahead = [self.draw(each)[place] for each, place in self._places]
        return same

    def _end_reference(self) -> None:
        self._yardsticks.clear()
        self.peers.restart()
        if self._exercise is not None:
            self._exercise.reference.end()
        if self._reference is not None:
            self._reference.student.end()
            self._reference = None

    def yardstick(self, case: Case, cpu: float) -> Yardstick:
        """Return the reference in a worker like the students', as the measure of time."""
        if case.function not in self._yardsticks:
            self._yardsticks[case.function] = Yardstick(self.reference_asked(), case, cpu)
        return self._yardsticks[case.function]

    def reference_asked(self) -> Asked:
        """Return the reference as if it were a submission, in a separate worker."""
        if self._reference is None:
            self._reference = Asked(self._reference_program(), self.exercise.reference)
        return self._reference

    def _reference_program(self) -> Student:
        """Return the reference as a program for a separate worker, with generous limits."""
        main, *helpers = zip(
            self.assignment.student_files, self.course.solution_texts(self.assignment.name),
            strict=True,
        )  # fmt: skip
        student = self._student((main,), tuple(helpers))
        most = self.assignment.limits.memory_mb
        student.limits = Limits(
            call_cpu=60, call_wall=300, total=1e9, import_cpu=60, memory_mb=most
        )
        return student

    def _given_modules(self) -> list[tuple[str, str]]:
        """Return the modules in ``data/``, which student code can import: path and text."""
        if self._given is None:
            folder = self.course.data(self.assignment.name)
            files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
            self._given = [
                (name, files[name].read_text(encoding="utf-8"))
                for name in modules_of(sorted(files))
                if not files[name].is_symlink()
            ]
        return self._given

    def _student(
        self, cells: tuple[tuple[str, str], ...], helpers: tuple[tuple[str, str], ...] = ()
    ) -> Student:
        imports = tuple(self.assignment.imports)
        own = {name for name, _ in helpers}
        given = [each for each in self._given_modules() if each[0] not in own]
        program = Program(self.assignment.module, cells, imports, (*helpers, *given))
        return Student(self.server, program, self.assignment.limits)
