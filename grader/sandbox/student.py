"""A submission at work: its program in a worker, which is replaced when it dies, and its answers.

    student = Student(server, Program("two_layer_network", cells), Limits())
    [answer] = student.call([Call("relu", (np.array([-1.0, 2.0]),), "number")])

What a worker writes is taken apart here, and becomes arrays, or words that a student may read.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from grader.model import Limits
from grader.sandbox.faults import CrashError, GraderError, OverrunError, PipeError, StudentError
from grader.sandbox.fork_server import ForkServer
from grader.sandbox.guest import exact
from grader.sandbox.guest.refusals import REFUSALS
from grader.sandbox.guest.wire import WireError
from grader.sandbox.worker_process import NONSENSE, Worker  # fmt: skip
from grader.text import from_worker

FAR: Final = 999
"""Lines after this one are not named: which one raises can be made to spell a hidden input."""
MAX_CAPTURED: Final = 1 << 16
"""Bytes of output kept of one submission, however many workers it wore out."""
MAX_RECEIVED: Final = 64 << 20
"""Bytes of all answers of a submission; right ones of a course take well under one MiB."""
LESS: Final = 0.25
"""Fraction of a call's CPU limit for several calls in one request, and for every call after an overrun."""


OUT_OF_MEMORY: Final = "MemoryError"
"""Among the kinds of an exception; NumPy raises one of its own below it."""
STRIKES: Final = 3
"""After so many functions that overran, ran out of memory or died, nothing else is called."""
STRUCK_OUT: Final = (
    "not run: three of your functions ran for too long, ran out of memory or ended your program; "
    "fix those first"
)
TRIALS: Final = 0.25
"""Fraction of a submission's seconds that experiments on it may use."""


class Program(Struct, frozen=True):
    """A program to load: a module's name, its cells (title, source), allowed imports."""

    name: str
    cells: tuple[tuple[str, str], ...]
    imports: tuple[str, ...] = ()
    helpers: tuple[tuple[str, str], ...] = ()
    """Other files of the submission that it can import (``data.py``, source)."""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Return all cells, those of the main file first; a worker names a line by its place here."""
        return (*self.cells, *self.helpers)


class Call(NamedTuple):
    """One call: ``want`` is what is asked of its result, ``keep`` its number there, or -1.

    ``packed`` may hold the other four as `grader.sandbox.guest.wire.packed` makes them.
    """

    function: str
    arguments: tuple[Any, ...]
    want: Any
    keep: int = -1
    packed: Any = None
    exact: bool = False
    """Whether the arguments keep their types: a tuple arrives as a tuple, a set as a set."""

    def request(self) -> Any:
        """Return the message to send."""
        given = exact.packed(self.arguments) if self.exact else self.arguments
        return self.packed or [self.function, given, self.want, self.keep]


class Refused(Struct, frozen=True):
    """A leaf of an answer that could not be read; ``reason`` is one of `portable.REFUSALS`."""

    reason: str


class Exact(Struct, frozen=True):
    """A leaf of an answer that was asked for as it is: a plain value of any type."""

    value: Any


class Answer(Struct, frozen=True):
    """The rebuilt result of one call: arrays, `Exact` and `Refused` leaves in lists and dicts."""

    value: Any
    modified: tuple[int, ...] = ()
    """Indices of modified arguments; -1 - index of a dict that was only given more keys."""
    error: StudentError | None = None


class Problem(Struct, frozen=True):
    """The exception that a cell raised when the program was loaded."""

    cell: str
    line: int
    kind: str
    text: str


class Budget(Struct):
    """The resources used, out of `Limits.total` and `MAX_RECEIVED`."""

    used: float = 0.0
    """CPU seconds, and seconds asleep."""
    trials: float = 0.0
    """The part of ``used`` that experiments took (see `Student.again`)."""
    received: int = 0
    """Bytes of the answers, which are all kept until the submission is graded."""


class Student(Struct):
    """A submission at work: its worker, replaced when it dies, and what it has used."""

    server: ForkServer
    program: Program
    limits: Limits
    problems: tuple[Problem, ...] = ()
    """Of the first load: a later one may know, by the clock alone, what its forerunner was asked."""
    generation: int = 0
    """Counts the workers: what an earlier one kept is gone."""
    cpu: float = 0.0
    """CPU seconds that the last request took."""
    captured: bytes = b""
    overran: dict[str, str] = field(default_factory=dict)
    """What is said of each function that took all of its time."""
    budget: Budget = field(default_factory=Budget)
    strikes: set[str] = field(default_factory=set)
    """The functions that overran, ran out of memory, or ended their worker."""
    trial: bool = False
    """Whether `again` made it: then it may use `TRIALS` of the submission's seconds."""
    in_test: int = 0
    """Bytes that a plain test has received."""
    stopped: int = 0
    """Tests in which a worker hung or ended (see `grader.checks.boundary.peer`)."""
    outside: Callable[[], frozenset[str]] = frozenset
    """Returns the functions that stand in cells of a notebook that are not code."""
    _worker: Worker | None = None
    _dead: StudentError | None = None
    _sparing: bool = False
    """Whether only definitions are run when the program is loaded: it ended its first worker."""

    def call(
        self, calls: Sequence[Call], repeat: int = 1, cpu: float = 0.0, timed: bool = False
    ) -> list[Answer]:
        """Return the answers, in order; raises `StudentError` when the worker does not answer.

        A function that overran once, alone in its request, is not called again, and the others have
        `LESS` of the time; but not one that is only slow at what is ``timed``. ``cpu`` replaces the
        limit for the request.
        """
        for call in calls:
            if call.function in self.overran:
                raise OverrunError(self.overran[call.function])
        if len(self.strikes) >= STRIKES:
            raise OverrunError(STRUCK_OUT)
        request = ["call", [call.request() for call in calls], repeat]
        share = self._share(len(calls))
        try:
            reply = self._ask(request, cpu or self.limits.call_cpu * share, share)
        except (OverrunError, CrashError) as error:
            if not timed and self._left() > 0:  # else the budget ended it, not the function
                self._strike(calls, error)
            raise
        match reply:
            case ["answers", [*answers]] if len(answers) == len(calls):
                found = [self._read(c, a) for c, a in zip(calls, answers, strict=True)]
                if not timed:
                    self.strikes.update(
                        c.function for c, a in zip(calls, found, strict=True) if _starved(a)
                    )
                return found
        raise self.violated()

    def begin_test(self) -> None:
        """Count what a plain test receives from 0."""
        self.in_test = 0

    def exchange(self, request: list[Any], cpu: float) -> Any:
        """Send a request of `grader.checks.boundary.peer` and return the reply, as it was decoded.

        What it brings is not kept after the test: ``in_test`` counts its bytes (`begin_test`).
        """
        share = LESS if self.overran else 1.0
        kept, self.budget.received = self.budget.received, self.in_test
        try:
            return self._ask(request, cpu * share, share)
        finally:
            self.in_test, self.budget.received = self.budget.received, kept

    def exchange_all(self, requests: list[list[Any]], cpu: float) -> list[Any]:
        """Send several requests at once and return their replies (see `exchange`)."""
        kept, self.budget.received = self.budget.received, self.in_test
        share = LESS if self.overran else 1.0
        try:
            request = ["do all", requests]
            replies: list[Any] = self._ask(request, cpu * share, share, len(requests))
            return replies
        finally:
            self.in_test, self.budget.received = self.budget.received, kept

    def again(self) -> Student:
        """Return the same program for another worker; a call that overran stays refused."""
        return Student(
            self.server, self.program, self.limits,
            overran=self.overran, strikes=self.strikes, budget=self.budget, trial=True,
        )  # fmt: skip

    def _share(self, calls: int) -> float:
        """Return the fraction of the CPU limit for these calls.

        It is smaller for a batch, where a call that overruns is asked again alone, and after a time-out.
        """
        return (LESS if calls > 1 else 1.0) * (LESS if self.overran else 1.0)

    def end(self) -> None:
        """Kill the worker and keep what it printed."""
        if self._worker is not None:
            self._worker.end()
            self.captured = (self.captured + self._worker.captured)[:MAX_CAPTURED]
            self._worker = None

    def load(self) -> None:
        """Start a worker and load the program; raises `StudentError` when that does not end."""
        if self._dead is not None:
            raise self._dead
        if self._worker is not None:
            return
        if self._left() <= 0:
            raise self._used_up()
        self._worker = self._start()
        self.generation += 1
        program = self.program
        cells = [list(cell) for cell in program.cells]
        seconds = self.limits.import_cpu
        helpers = [list(helper) for helper in program.helpers]
        imports = list(program.imports)
        request = ["load", program.name, cells, imports, seconds, self._sparing, helpers]
        try:
            reply = self._ask(request, seconds)
        except StudentError as error:
            self._without_the_rest(error)
            return
        match reply:
            case ["loaded", [*problems]]:
                found = tuple(self._problem(problem) for problem in problems)
                self.problems = (*self.problems, *found) if self.generation == 1 else self.problems
            case _:
                raise self.violated()

    def _without_the_rest(self, error: StudentError) -> None:
        """Load once more, only definitions, a program that ended or outlasted its worker."""
        if self.generation > 1 and self._left() <= 0:
            raise self._used_up() from None  # it loaded before: the calls since then took the time
        if self._sparing or self.limits.total <= self.budget.used:
            self._dead = StudentError(f"your file did not load: {error}", detail=error.detail)
            raise self._dead from None
        self._sparing = True
        text = f"{error}; only its definitions, imports and constants were run"
        title = self.program.cells[0][0] if len(self.program.cells) == 1 else ""
        self.problems = (Problem(title, 0, "", text),)
        self.generation -= 1
        self.load()

    def _start(self) -> Worker:
        try:
            return self.server.fork(self.limits)
        except GraderError:
            # The fork server is ours to keep alive: once more, then it is an error.
            self.server.close()
            return self.server.fork(self.limits)

    def _ask(self, request: list[Any], cpu: float, share: float = 1.0, replies: int = 0) -> Any:
        self.load()
        worker = self._worker
        if worker is None:
            raise GraderError("no worker")
        left = self._left()
        if left <= 0:
            raise self._used_up()
        before = worker.cpu() + worker.asleep
        try:
            limits = self.limits
            if share != 1.0:
                limits = replace(limits, idle_wall=share * limits.idle_wall)
            reply = worker.ask(request, limits, min(cpu, left), left, replies)
        except StudentError:
            self._spend(worker.cpu() + worker.asleep - before)
            self.end()
            raise
        self.cpu = reply.cpu
        self._spend(reply.cpu + reply.asleep)
        self.budget.received += reply.size
        if self.budget.received > MAX_RECEIVED:
            self.end()
            raise StudentError("what your functions return is far too large, all together")
        return reply.value

    def _left(self) -> float:
        """Return the seconds that this program may still use, of the submission's and its own."""
        left = self.limits.total - self.budget.used
        return min(left, TRIALS * self.limits.total - self.budget.trials) if self.trial else left

    def _used_up(self) -> OverrunError:
        return OverrunError(f"the {self.limits.total:.3g} s for the whole submission are used up")

    def _spend(self, seconds: float) -> None:
        self.budget.used += seconds
        self.budget.trials += seconds if self.trial else 0.0

    def _strike(self, calls: Sequence[Call], error: StudentError) -> None:
        """Note a function that ended its worker, alone in its request."""
        if len(calls) != 1:
            return
        self.strikes.add(calls[0].function)
        if isinstance(error, OverrunError):
            self.overran[calls[0].function] = str(error)

    def _problem(self, raw: Any) -> Problem:
        match raw:
            case [[*kinds], int(cell), int(line), str(text)] if all(type(k) is str for k in kinds):
                cells = self.program.texts
                title, source = cells[cell] if 0 <= cell < len(cells) else ("", "")
                known = 0 < line <= source.count("\n") + 2  # an unfinished file fails past its end
                return Problem(title, line if known else 0, _builtin(kinds), from_worker(text))
        raise self.violated()

    def _read(self, call: Call, raw: Any) -> Answer:
        match raw:
            case ["ok", value, [*modified]] if all(type(i) is int for i in modified):
                count = len(call.arguments)
                changed = tuple(i for i in modified if -count <= i < count)
                return Answer(self._rebuild(call.want, value), changed)
            case ["raised", [*kinds], int(cell), int(line), str(text)] if all(
                type(kind) is str for kind in kinds
            ):
                return Answer(None, error=self.raised(call.function, kinds, cell, line, text))
        raise self.violated()

    def _rebuild(self, want: Any, value: Any) -> Any:
        if type(value) is str:
            return Refused(value if value in REFUSALS else "unreadable")
        if want == "held" and type(value) is bool:
            return value if value else Refused("none")
        if want == exact.EXACT and type(value) is list and len(value) == 1:
            return self._exact(value[0])
        if isinstance(want, str) and isinstance(value, np.ndarray):
            return value
        if isinstance(want, str) and type(value) is float:
            return np.asarray(value)
        if isinstance(want, (list, dict)) and type(value) is list and len(value) == len(want):
            if isinstance(want, list):
                return [self._rebuild(w, v) for w, v in zip(want, value, strict=True)]
            pairs = zip(want.items(), value, strict=True)
            return {key: self._rebuild(part, item) for (key, part), item in pairs}
        raise self.violated()

    def _exact(self, node: Any) -> Exact:
        try:
            return Exact(exact.rebuilt(node, "pandas" in self.program.imports))
        except WireError:
            raise self.violated() from None

    def raised(
        self, function: str, kinds: list[str], cell: int, line: int, text: str
    ) -> StudentError:
        """Return the error that says what ``function`` raised, and in which line of the student's."""
        text = from_worker(text)
        if kinds == ["undefined"]:
            return StudentError(self.why_undefined(function), kinds)
        name = _builtin(kinds)
        if name == "NotImplementedError":
            return StudentError(f"{function} is not written yet", kinds, text)
        if OUT_OF_MEMORY in kinds:
            most = f"{self.limits.memory_mb:,} MiB"
            what = f"{function} ran out of memory ({most})"
        else:
            what = f"{function} raised {_article(name) if name else _kind_of(kinds)}"
        place = self._place(cell, line)
        where = f", line {place[1]} of {place[0]}" if place else ""
        return StudentError(f"{what}{where}", kinds, text, place=place)

    def why_undefined(self, function: str) -> str:
        """Return the sentence about a name that is missing."""
        if function in self.outside():
            return (
                f"{function} is in a Markdown or raw cell of your notebook, so it is not defined; "
                "change the type of that cell to Code"
            )
        if self.problems:
            first = self.problems[0]
            where = (
                f"line {first.line} of {first.cell}" if first.line else first.cell or "your file"
            )
            return f"{function} is not defined; {where} raised an error"
        return f"{function} is not defined in your file"

    def _place(self, cell: int, line: int) -> tuple[str, int] | None:
        """Return a cell's title and a line of it, if the worker named one that exists."""
        if not 0 <= cell < len(self.program.texts):
            return None
        title, source = self.program.texts[cell]
        known = 0 < line <= min(source.count("\n") + 1, FAR)
        return (title, line) if known else None

    def violated(self) -> StudentError:
        """End the worker, which wrote something other than an answer; return the error."""
        self.end()
        return PipeError(NONSENSE)


def _builtin(kinds: Sequence[str]) -> str:
    """Return the exact type's name if it is one of Python's own exceptions, else ''."""
    kind = getattr(builtins, kinds[0], None) if kinds else None
    is_exception = isinstance(kind, type) and issubclass(kind, BaseException)
    return kinds[0] if is_exception else ""


def _article(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _starved(answer: Answer) -> bool:
    """Return whether the function ran out of memory."""
    return answer.error is not None and OUT_OF_MEMORY in answer.error.kinds


def _kind_of(kinds: Sequence[str]) -> str:
    """Return the nearest of Python's own exceptions: another name may hold anything."""
    nearest = next((name for name in map(_builtin, [[kind] for kind in kinds]) if name), "")
    vague = nearest in ("", "Exception", "BaseException")
    return "an exception of your own" if vague else f"a kind of {nearest}"
