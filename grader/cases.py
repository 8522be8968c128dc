"""Cases: one call of one function on inputs drawn once a run, and who can answer it.

A hidden test names its inputs by a function of a generator and the reference:

    def backward_cases(rng, reference):
        params, X, y = network(rng, m=5)
        _, cache = reference.forward(params, X)
        yield Case("backward", params, cache, y)

An opaque cache is written as part of another case, asked of whoever answers:

        first = Case("forward", params, X)
        yield Case("backward", params, Part(first, 1), y)
"""

from __future__ import annotations

import contextlib
import copy
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from grader.compare import TOLERANCE, Path, leaves, scales
from grader.pool import StudentError
from grader.portable import as_leaf
from grader.student import Answer, Call, Refused, Student
from grader.wire import Ref, packed

AHEAD_CPU: Final = 0.25
"""CPU seconds for what is asked ahead: ten times what a class's looped answers take."""

Expected = tuple[Any, dict[Path, np.ndarray], dict[Path, float]]

Caches = Mapping[str, Sequence[str]]
"""For each function that returns a cache (always last): its listed keys; none: it is opaque."""


@dataclass(frozen=True, eq=False)
class Case:
    """One call. ``note`` names what is special about it, in words a student may read."""

    function: str
    args: tuple[Any, ...]
    note: str
    own_scale: bool
    entrywise: bool
    floor: float
    tolerance: float
    cpu: float
    stands_alone: bool
    """Whether it is made of no other case."""

    def __init__(
        self,
        function: str,
        *args: Any,
        note: str = "",
        own_scale: bool = False,
        entrywise: bool = False,
        floor: float = 0.0,
        tolerance: float = TOLERANCE,
        cpu: float = 0.0,
    ) -> None:
        """``own_scale``, ``entrywise``, ``floor``, ``tolerance``: see `grader.compare`.

        ``cpu``: seconds allowed.
        """
        fields = {
            "function": function, "args": args, "note": note, "own_scale": own_scale,
            "entrywise": entrywise, "floor": floor, "tolerance": tolerance, "cpu": cpu,
            "stands_alone": not any(isinstance(argument, Part) for argument in args),
        }  # fmt: skip
        self.__dict__.update(fields)

    def dims(self) -> set[int]:
        """The sizes that occur among the arguments."""
        return {size for array in arrays_in(self.args) for size in (*array.shape, len(array.shape))}


@dataclass(frozen=True, slots=True)
class Part:
    """An argument that is element ``item`` of what ``case`` returned; -1: all of it."""

    case: Case
    item: int = -1


def wanted(value: Any, cache: Sequence[str] | None) -> Any:
    """Return what to ask a worker for, given the reference's answer (see `grader.worker`)."""
    if isinstance(value, tuple):
        parts = [wanted(item, None) for item in value]
        if cache is not None:
            parts[-1] = dict.fromkeys(cache, "held") if cache else "held"
        return parts
    if isinstance(value, dict):
        return {key: wanted(item, None) for key, item in value.items()}
    return "int" if np.asarray(value).dtype.kind in "iu" and np.size(value) else "number"


def read(value: Any, want: Any) -> Any:
    """Return an answer computed in this process in the form in which a worker's is rebuilt."""
    if want == "held":
        return value is not None
    if isinstance(want, str):
        leaf = as_leaf(value)
        return Refused(leaf) if isinstance(leaf, str) else np.asarray(leaf)
    if isinstance(want, list):
        return [read(item, part) for item, part in zip(value, want, strict=True)]
    return {
        key: read(value[key], part) if key in value else Refused("missing")
        for key, part in want.items()
    }


class Module:
    """The reference, or a mistake: code of ours, answering cases in this process, each once a run."""

    def __init__(self, module: types.ModuleType, caches: Caches) -> None:
        self.module, self.caches = module, caches
        self._raw: dict[Case, Any] = {}
        self._expected: dict[Case, Expected] = {}
        self._calls: dict[Case, Call] = {}

    def raw(self, case: Case) -> Any:
        """What the function returned, on copies of its arguments; raises what it raised."""
        if case not in self._raw:
            args = [self._resolved(argument) for argument in case.args]
            with np.errstate(all="ignore"):
                self._raw[case] = getattr(self.module, case.function)(*args)
        return self._raw[case]

    def want(self, case: Case) -> Any:
        """What to ask others for, on this case."""
        return self.expected(case)[0]

    def expected(self, case: Case) -> Expected:
        """What to ask for, the right arrays by path, and the scale of each."""
        if case not in self._expected:
            want = wanted(self.raw(case), self.caches.get(case.function))
            arrays = arrays_of(read(self.raw(case), want))
            self._expected[case] = want, arrays, scales(arrays, case.own_scale)
        return self._expected[case]

    def call(self, case: Case, args: tuple[Any, ...] | None = None) -> Call:
        """The case as it is asked of a student; with ``args`` of that student's own, made anew."""
        if case not in self._calls:
            keep = len(self._calls) if case.function in self.caches else -1
            plain = Call(case.function, args or case.args, self.want(case), keep)
            if args is None:
                plain = plain._replace(packed=packed(plain.request()))
            self._calls[case] = plain
        return self._calls[case] if args is None else self._calls[case]._replace(arguments=args)

    def answer(self, case: Case, want: Any) -> Any:
        """The answer, as a worker's would be rebuilt."""
        return read(self.raw(case), want)

    def forget(self) -> None:
        """Drop the answers kept."""
        self._raw.clear()
        self._expected.clear()
        self._calls.clear()

    def _resolved(self, argument: Any) -> Any:
        if isinstance(argument, Part):
            whole = self.raw(argument.case)
            return whole if argument.item < 0 else whole[argument.item]
        return copy.deepcopy(argument)


class Asked:
    """One student's answers to cases: each case asked once, those of one check in one message."""

    def __init__(self, student: Student, reference: Module) -> None:
        self.student, self.reference = student, reference
        self._answers: dict[Case, Answer] = {}
        self._kept: dict[Case, tuple[int, int]] = {}
        self.seen: dict[tuple[str, str], bool] = {}
        """What experiments showed: see `grader.behaviour`."""
        self.right: dict[Case, bool] = {}
        """Which answers are right, as far as anybody asked: see `grader.judging`."""
        self.mixed: dict[tuple[str, ...], Any] = {}
        """The reference made of parts of this student's: see `grader.credit`."""
        self.later: Sequence[Case] = ()
        """What everybody is asked in the end."""

    def fresh(self) -> Asked:
        """The same program, to be asked in a worker of its own."""
        return Asked(self.student.again(), self.reference)

    def answers(self, cases: Iterable[Case]) -> list[Answer]:
        """Return the answers; one whose worker did not answer holds the error."""
        cases = list(cases)
        self._ask([case for case in cases if case not in self._answers])
        return [self._answers[case] for case in cases]

    def ask_ahead(self, cases: Sequence[Case]) -> None:
        """Ask for them all in one message; where that fails, each check will ask for its own."""
        with contextlib.suppress(StudentError):
            calls = [self._call(case) for case in cases]
            self._note(cases, calls, self.student.call(calls, cpu=AHEAD_CPU))

    def given(self) -> dict[Case, Answer]:
        """The answers that there are, in the order in which they were asked for."""
        return dict(self._answers)

    def more(self, function: str) -> dict[Case, Answer]:
        """The answers of a function that there are, and those that checks to come will ask for."""
        self.answers(case for case in self.later if case.function == function and not case.cpu)
        return self.given()

    def forget(self) -> None:
        """Drop the answers kept: what is asked next is asked anew."""
        self._answers.clear()
        self._kept.clear()
        self.right.clear()

    def again(self, cases: Iterable[Case]) -> list[Answer]:
        """Ask once more, whatever was answered before."""
        cases = list(cases)
        first = {case: self._answers.pop(case) for case in cases if case in self._answers}
        second = self.answers(cases)
        self._answers.update(first)
        return second

    def timed(self, case: Case, repeat: int, cpu: float) -> tuple[float, Answer]:
        """Return CPU seconds of one run and the answer; raises `StudentError` past ``cpu``."""
        self._ask_parts([case])
        broken = self._broken(case)
        if broken is not None:
            raise broken
        [answer] = self.student.call([self._call(case)], repeat, cpu * repeat, timed=True)
        return self.student.cpu / repeat, answer

    def _ask(self, cases: Iterable[Case]) -> None:
        """Ask for ``cases`` in one message, after what they are made of."""
        cases = list(dict.fromkeys(cases))
        self._ask_parts(cases)
        broken = {case: error for case in cases if (error := self._broken(case))}
        self._answers.update({case: Answer(None, error=error) for case, error in broken.items()})
        cases = [case for case in cases if case not in broken]
        if not cases:
            return
        calls = [self._call(case) for case in cases]
        try:
            answers = self.student.call(calls, cpu=max(case.cpu for case in cases))
        except StudentError as error:
            self._ask_alone(cases, error)
            return
        self._note(cases, calls, answers)

    def _note(
        self, cases: Sequence[Case], calls: Sequence[Call], answers: Sequence[Answer]
    ) -> None:
        for case, call, answer in zip(cases, calls, answers, strict=True):
            self._answers[case] = answer
            self._kept[case] = (self.student.generation, call.keep)

    def _ask_parts(self, cases: list[Case]) -> None:
        parts = [arg.case for case in cases for arg in case.args if isinstance(arg, Part)]
        if not parts:
            return
        with contextlib.suppress(StudentError):  # said again by every call
            self.student.load()
        now = self.student.generation
        missing = [part for part in parts if self._kept.get(part, (-1, -1))[0] != now]
        if missing:
            self._ask(missing)

    def _ask_alone(self, cases: list[Case], error: StudentError) -> None:
        """A message's limit is one call's, and one call may end the worker: each is tried alone."""
        if len(cases) == 1:
            self._answers[cases[0]] = Answer(None, error=error)
            return
        for case in cases:
            self._ask([case])

    def _broken(self, case: Case) -> StudentError | None:
        for argument in case.args:
            if isinstance(argument, Part):
                error = self._answers[argument.case].error
                if error is not None:
                    return StudentError(f"{case.function} needs {argument.case.function}: {error}")
        return None

    def _call(self, case: Case) -> Call:
        if case.stands_alone:
            return self.reference.call(case)
        args = tuple(
            Ref(self._kept[arg.case][1], arg.item) if isinstance(arg, Part) else arg
            for arg in case.args
        )
        return self.reference.call(case, args)


def redrawn(draw: Callable[[], Any], good: Callable[..., bool], tries: int = 5000) -> Any:
    """Draw until ``good(*drawn)``; raises RuntimeError, the inputs' fault, after ``tries``."""
    for _ in range(tries):
        drawn = draw()
        if good(*drawn):
            return drawn
    raise RuntimeError(f"{draw.__qualname__}: none of {tries} draws is good enough")


def arrays_in(value: Any) -> list[np.ndarray]:
    """The arrays in lists, tuples and dicts, in order."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays_in(item)]
    return []


def is_same(one: Any, other: Any) -> bool:
    """Whether two rebuilt answers hold equal arrays at the same paths, NaN beside NaN."""
    first, second = arrays_of(one), arrays_of(other)
    return first.keys() == second.keys() and all(
        np.array_equal(first[path], second[path], equal_nan=True) for path in first
    )


def arrays_of(answer: Any) -> dict[Path, np.ndarray]:
    """The arrays of a rebuilt answer, by path; what was refused or only held is left out."""
    return {path: leaf for path, leaf in leaves(answer) if isinstance(leaf, np.ndarray)}
