"""A submission that runs in a worker; the worker is replaced when it dies.

    student = Student(server, Program("two_layer_network", cells), Limits())
    [answer] = student.call([Call("relu", (np.array([-1.0, 2.0]),), "number")])

Replies of a worker are checked here and converted to arrays, or to text that students may read.
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
"""Later lines are not reported: a program could encode a hidden input in a line number."""
MAX_CAPTURED: Final = 1 << 16
"""Bytes of printed output kept for one submission, over all its workers."""
MAX_RECEIVED: Final = 64 << 20
"""Bytes of all answers of a submission; right answers need well under one MiB."""
LESS: Final = 0.25
"""Fraction of the CPU limit that applies to a batch of calls, and to all calls after a timeout."""


OUT_OF_MEMORY: Final = "MemoryError"
"""The name to look for among an exception's kinds; NumPy raises a subclass of it."""
STRIKES: Final = 3
"""Once this many functions ran too long, ran out of memory or died, nothing else is called."""
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
        """Return all cells, the main file's first; a worker refers to a cell by its index here."""
        return (*self.cells, *self.helpers)


class Call(NamedTuple):
    """One call: ``want`` describes the result, ``keep`` is the number to store it under, or -1.

    ``packed`` may hold the other fields in encoded form (`grader.sandbox.guest.wire.packed`).
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
    """A value in an answer that could not be read; ``reason`` is one of `portable.REFUSALS`."""

    reason: str


class Exact(Struct, frozen=True):
    """A value in an answer that was asked for without conversion: a plain value of any type."""

    value: Any


class Answer(Struct, frozen=True):
    """The result of one call: arrays, `Exact` and `Refused` values in lists and dicts."""

    value: Any
    modified: tuple[int, ...] = ()
    """Indices of modified arguments; -1 - index for a dict that only received new keys."""
    error: StudentError | None = None


class Problem(Struct, frozen=True):
    """The exception that a cell raised while the program was loaded."""

    cell: str
    line: int
    kind: str
    text: str


class Budget(Struct):
    """The resources used so far, limited by `Limits.total` and `MAX_RECEIVED`."""

    used: float = 0.0
    """CPU seconds plus seconds asleep."""
    trials: float = 0.0
    """The part of ``used`` that experiments used (see `Student.again`)."""
    loading: float = 0.0
    """CPU seconds of the longest load."""
    longest: float = 0.0
    """CPU seconds of the longest request after loading."""
    received: int = 0
    """Bytes of answers; all of them stay in memory until the submission is graded."""


class Student(Struct):
    """A submission with its worker, which is replaced when it dies, and its resource use."""

    server: ForkServer
    program: Program
    limits: Limits
    problems: tuple[Problem, ...] = ()
    """Problems of the first load; those of a later one could reveal what was asked before it."""
    generation: int = 0
    """Number of workers so far; values that an earlier worker kept are lost."""
    cpu: float = 0.0
    """CPU seconds of the last request."""
    captured: bytes = b""
    overran: dict[str, str] = field(default_factory=dict)
    """The message for each function that exceeded its time."""
    budget: Budget = field(default_factory=Budget)
    strikes: set[str] = field(default_factory=set)
    """Functions that exceeded their time, ran out of memory, or ended their worker."""
    trial: bool = False
    """Whether `again` created it for an experiment, which may use `TRIALS` of the seconds."""
    in_test: int = 0
    """Bytes that the current plain test has received."""
    stopped: int = 0
    """Number of tests in which a worker hung or died (see `grader.checks.boundary.channel`)."""
    outside: Callable[[], frozenset[str]] = frozenset
    """Returns the functions that are in Markdown or raw cells of the notebook."""
    _worker: Worker | None = None
    _dead: StudentError | None = None
    _sparing: bool = False
    """Whether loading runs only definitions, because the first worker died while loading."""
    _is_slow: bool = False
    """Whether a worker exceeded its time; the next one starts with low priority."""

    def call(
        self, calls: Sequence[Call], repeat: int = 1, cpu: float = 0.0, timed: bool = False
    ) -> list[Answer]:
        """Return the answers in order; raise `StudentError` if the worker does not answer.

        A function that timed out while it was the only call in a request is not called again, and
        the other functions then get `LESS` of the time. A ``timed`` call does not count as such a
        timeout. ``cpu`` replaces the CPU limit of the request.
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
            # otherwise the submission's total time ran out, not the function's
            if not timed and self._left() > 0:
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
        """Reset the number of bytes that a plain test has received."""
        self.in_test = 0

    @property
    def share(self) -> float:
        """Fraction of a request's CPU limit that a plain test has; smaller after an overrun."""
        return LESS if self.overran else 1.0

    def exchange(self, request: list[Any], cpu: float, replies: int = 0) -> Any:
        """Send a request of `grader.checks.boundary.channel` and return the decoded reply.

        The reply does not outlive the test, so its bytes count only in ``in_test``.

        Args:
            request: The message.
            cpu: CPU seconds for it, before `share` is applied.
            replies: The number of requests in a message that holds several; else 0.
        """
        kept, self.budget.received = self.budget.received, self.in_test
        try:
            return self._ask(request, cpu * self.share, self.share, replies)
        finally:
            self.in_test, self.budget.received = self.budget.received, kept

    def again(self) -> Student:
        """Return the same program for another worker; functions that timed out stay blocked."""
        return Student(
            self.server, self.program, self.limits,
            overran=self.overran, strikes=self.strikes, budget=self.budget, trial=True,
        )  # fmt: skip

    def _share(self, calls: int) -> float:
        """Return the fraction of the CPU limit for this number of calls.

        It is smaller for a batch, whose calls are repeated one by one after a timeout, and once a
        function has timed out.
        """
        return (LESS if calls > 1 else 1.0) * (LESS if self.overran else 1.0)

    def end(self) -> None:
        """Kill the worker and keep what it printed."""
        if self._worker is not None:
            self._worker.end()
            self.captured = (self.captured + self._worker.captured)[:MAX_CAPTURED]
            self._worker = None

    def load(self) -> None:
        """Start a worker and load the program; raise `StudentError` if loading fails."""
        if self._dead is not None:
            raise self._dead
        if self._worker is not None:
            return
        if self._left() <= 0:
            raise self._used_up()
        self._worker = self._start()
        if self._is_slow or self.strikes:
            self._worker.give_way()
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
            self._load_definitions(error)
            return
        match reply:
            case ["loaded", [*problems]]:
                found = tuple(self._problem(problem) for problem in problems)
                self.problems = (*self.problems, *found) if self.generation == 1 else self.problems
            case _:
                raise self.violated()

    def _load_definitions(self, error: StudentError) -> None:
        """Load only the definitions of a program whose first load killed its worker."""
        if self.generation > 1 and self._left() <= 0:
            # an earlier load succeeded, so the calls since then used the time
            raise self._used_up() from None
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
            # We are responsible for the fork server: try once more, then it is an error.
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
        except StudentError as error:
            self._is_slow |= isinstance(error, OverrunError)
            self.spend(worker.cpu() + worker.asleep - before)
            self.end()
            raise
        self.cpu = reply.cpu
        if request[0] == "load":
            self.budget.loading = max(self.budget.loading, reply.cpu)
        else:
            self.budget.longest = max(self.budget.longest, reply.cpu)
        self.spend(reply.cpu + reply.asleep + reply.read)
        self.budget.received += reply.size
        if self.budget.received > MAX_RECEIVED:
            self.end()
            raise StudentError("what your functions return is far too large, all together")
        return reply.value

    def _left(self) -> float:
        """Return the seconds that this program may still use."""
        left = self.limits.total - self.budget.used
        return min(left, TRIALS * self.limits.total - self.budget.trials) if self.trial else left

    def _used_up(self) -> OverrunError:
        return OverrunError(f"the {self.limits.total:.3g} s for the whole submission are used up")

    def spend(self, seconds: float) -> None:
        """Subtract seconds from the submission's total, including time to read its answers."""
        self.budget.used += seconds
        self.budget.trials += seconds if self.trial else 0.0

    def _strike(self, calls: Sequence[Call], error: StudentError) -> None:
        """Record a function that ended its worker while it was the only call."""
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
                # a syntax error at the end is reported one line later
                known = 0 < line <= source.count("\n") + 2
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
        """Return the error that names the exception of ``function`` and the student's line."""
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
        """Return the message about a name that is not defined."""
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
        """Return the title of a cell and a line in it, if the worker named an existing line."""
        if not 0 <= cell < len(self.program.texts):
            return None
        title, source = self.program.texts[cell]
        known = 0 < line <= min(source.count("\n") + 1, FAR)
        return (title, line) if known else None

    def violated(self) -> StudentError:
        """End a worker that wrote something other than an answer; return the error."""
        self.end()
        return PipeError(NONSENSE)


def _builtin(kinds: Sequence[str]) -> str:
    """Return the name of the exception's class if it is a built-in one, else ''."""
    kind = getattr(builtins, kinds[0], None) if kinds else None
    is_exception = isinstance(kind, type) and issubclass(kind, BaseException)
    return kinds[0] if is_exception else ""


def _article(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def _starved(answer: Answer) -> bool:
    """Return whether the function ran out of memory."""
    return answer.error is not None and OUT_OF_MEMORY in answer.error.kinds


def _kind_of(kinds: Sequence[str]) -> str:
    """Return the nearest built-in exception; a name chosen by the student could hold any text."""
    nearest = next((name for name in map(_builtin, [[kind] for kind in kinds]) if name), "")
    vague = nearest in ("", "Exception", "BaseException")
    return "an exception of your own" if vague else f"a kind of {nearest}"
