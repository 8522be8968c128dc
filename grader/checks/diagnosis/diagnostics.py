"""The inputs that explain failures, and the answers of mistakes and mutants to them.

They are drawn once per run, independently of the hidden inputs, so messages may show them. A course
can provide small inputs in cases.py, which come first:

    def demonstrations(rng, reference):
        yield Case("relu", np.array([-1.0, 2.0]))       # from small to large, for any function

Otherwise the generators of the hidden tests draw again with another seed, and their smallest cases
come first. Nothing is computed for a function that never fails.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from msgspec import Struct, field

from grader.checks import compare
from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case, Part
from grader.checks.diagnosis.known_names import known_names
from grader.checks.diagnosis.mutants import Mutant, Mutants
from grader.checks.exercise import Exercise
from grader.checks.mistakes import Mistake, both, mistaken
from grader.checks.reference import Module
from grader.sandbox.student import Answer

MOST_NUMBERS: Final = 4000
"""Inputs with more numbers are skipped, because readers could not follow them."""
MOST_PAIRS: Final = 600
"""Number of pairs of named mistakes that are tried for one function.

Pairs are tried only for functions that return one array: programs of about a millisecond each,
created once per run.
"""
UNPAIRED: Final = ("constant-answer", "state-between-calls", "argument-modified")
"""Mistakes that hide other mistakes, or that cannot be seen in values."""
MOST_FAILED: Final = 4
"""Number of inputs from each generator of a failed check; other generators provide one."""
Arrays = Mapping[Path, np.ndarray]


class Answered(Struct, frozen=True):
    """The answer of a trusted program to a case, with the scale of each array."""

    arrays: Arrays
    scales: Mapping[Path, float]


def answer_of(module: Module, case: Case, want: Any) -> Answered | None:
    """Return the answer of a trusted program to a case, or None if it raises."""
    if case not in module.answered:
        module.answered[case] = _answered(module, case, want)
    found: Answered | None = module.answered[case]
    return found


def _answered(module: Module, case: Case, want: Any) -> Answered | None:
    module.restart()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            arrays = arrays_of(module.answer(case, want))
    except Exception:  # an edited program may raise any exception
        return None
    return Answered(arrays, compare.scales(arrays, case.own_scale))


class Candidate(Struct, eq=False):
    """A wrong program that a student may have written: a named mistake or a mutant."""

    function: str
    make: Callable[[], Module]
    mistake: Mistake | None = None
    mutant: Mutant | None = None
    both: tuple[Candidate, Candidate] | None = None
    """The two mistakes that it combines, if it is a pair."""
    _module: Module | None = None
    _made: dict[Case, Answered | None] = field(default_factory=dict)

    @property
    def module(self) -> Module:
        """Return the program, created at first use."""
        if self._module is None:
            self._module = self.make()
        return self._module

    def made(self, case: Case, want: Any) -> Answered | None:
        """Return its answer to a case, computed once per run, or None if it raises."""
        if case not in self._made:
            try:
                self._made[case] = answer_of(self.module, case, want)
            except Exception:  # not every edited syntax tree compiles
                self._made[case] = None
        return self._made[case]

    def raised(self, case: Case, want: Any) -> str:
        """Return the last line of the traceback that it raises on a case, or ''."""
        self.module.restart()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.module.answer(case, want)
        except Exception as error:  # an edited program may raise any exception
            return f"{type(error).__name__}: {error}"
        return ""

    def forget(self) -> None:
        """Discard the stored answers."""
        self._made.clear()
        if self._module is not None:
            self._module.forget()


class _Drawn:
    """The inputs of one generator, drawn on demand, because most are never needed."""

    def __init__(self, rest: Iterator[Case]) -> None:
        self._rest = rest
        self._made: list[Case] = []

    def __iter__(self) -> Iterator[Case]:
        """Yield the inputs drawn so far, then further ones."""
        for number in itertools.count():
            if number == len(self._made):
                case = next(self._rest, None)
                if case is None:
                    return
                self._made.append(case)
            yield self._made[number]


class Diagnostics:
    """The diagnostic inputs of a run by function, and the candidates for each function."""

    def __init__(
        self,
        exercise: Exercise,
        hidden: Mapping[Callable[..., Any], Sequence[Case]],
        rng: Callable[[str], np.random.Generator],
    ) -> None:
        self.exercise, self._hidden, self._rng = exercise, hidden, rng
        self._drawn: dict[Callable[..., Any], _Drawn] = {}
        self._sizes: dict[Case, int] = {}
        self._ladder: dict[str, list[Case]] | None = None
        self._candidates: dict[str, list[Candidate]] = {}
        self._pairs: dict[str, list[Candidate]] = {}
        self._mutants: Mutants | None = None
        self._mistakes: list[Candidate] | None = None

    @property
    def functions(self) -> list[str]:
        """Return the functions that students write, in the order of the solution."""
        asked = {case.function for cases in self._hidden.values() for case in cases}
        asked |= {
            argument.case.function
            for cases in self._hidden.values()
            for case in cases
            for argument in case.args
            if isinstance(argument, Part)
        }
        return [name for name in self.exercise.reference.names() if name in asked]

    def cases(self, function: str, draws: Sequence[Callable[..., Any]] = ()) -> list[Case]:
        """Return the diagnostic inputs of a function, smallest first.

        Args:
            function: The function that failed.
            draws: The generators of the failed checks; each other generator provides one input.
        """
        found: list[Case] = []
        for draw in self._draws(function):
            fitting = (case for case in self._draw(draw) if case.function == function)
            found += itertools.islice(fitting, MOST_FAILED if draw in draws else 1)
        return [*self.ladder(function), *sorted(found, key=self._size)]

    def ladder(self, function: str) -> list[Case]:
        """Return the course's demonstration inputs for a function, in their order."""
        if self._ladder is None:
            self._ladder = {}
            demonstrations = self.exercise.demonstrations
            if demonstrations is not None:
                rng = self._rng("demonstrations")
                for case in demonstrations(rng, self.exercise.reference.module):
                    self._ladder.setdefault(case.function, []).append(case)
        return self._ladder.get(function, [])

    def _draws(self, function: str) -> Iterator[Callable[..., Any]]:
        for draw, cases in self._hidden.items():
            fits = [case for case in cases if case.function == function and not case.cpu]
            if any(self._size(case) <= MOST_NUMBERS for case in fits):
                yield draw

    def _draw(self, draw: Callable[..., Any]) -> _Drawn:
        if draw not in self._drawn:
            self._drawn[draw] = _Drawn(filter(self._is_usable, self.all_drawn(draw)))
        return self._drawn[draw]

    def all_drawn(self, draw: Callable[..., Any]) -> Iterator[Case]:
        """Yield all cases of a generator, including those on which the reference raises."""
        rng = self._rng(f"diagnostic {draw.__module__}.{draw.__qualname__}")
        yield from draw(rng, self.exercise.reference.module)

    def _size(self, case: Case) -> int:
        if case not in self._sizes:
            self._sizes[case] = _size(case.args)
        return self._sizes[case]

    def _is_usable(self, case: Case) -> bool:
        if case.cpu or self._size(case) > MOST_NUMBERS:
            return False
        try:
            self.exercise.reference.want(case)
        except Exception:  # the reference raises, as the contract requires: nothing to compare
            return False
        return True

    def candidates(self, function: str) -> Iterator[Candidate]:
        """Yield the mistakes in a function, then its mutants, each created when it is needed."""
        yield from self.mistakes(function)
        if self._mutants is None:
            known = known_names(self.exercise.text)
            self._mutants = Mutants(self.exercise.catalogue.source, self.functions, known)
        found = self._candidates.setdefault(function, [])
        for number, mutant in enumerate(self._mutants.of(function)):
            if number == len(found):
                make = partial(self.exercise.mutated, mutant)
                found.append(Candidate(function, make, mutant=mutant))
            yield found[number]

    def mistakes(self, function: str) -> list[Candidate]:
        """Return the mistakes of the catalogue in a function."""
        if self._mistakes is None:
            catalogue = self.exercise.catalogue
            self._mistakes = [
                Candidate(each.function, partial(self._made, each), each)
                for each in (*catalogue.mistakes, *catalogue.lookalikes)
            ]
        return [each for each in self._mistakes if each.function == function]

    def pairs(self, function: str) -> list[Candidate]:
        """Return at most `MOST_PAIRS` pairs of named mistakes that fit together in one function."""
        if function not in self._pairs:
            source, known = self.exercise.catalogue.source, self.mistakes(function)
            self._pairs[function] = [
                Candidate(function, partial(self.exercise.edited, text), both=(one, other))
                for one, other in itertools.combinations(known, 2)
                if (text := _paired(source, one.mistake, other.mistake))
            ][:MOST_PAIRS]
        return self._pairs[function]

    def _made(self, mistake: Mistake) -> Module:
        text = mistaken(self.exercise.catalogue.source, mistake)
        return self.exercise.edited(text, mistake.id)

    def forget(self) -> None:
        """Discard the inputs and the answers, before another seed draws new ones."""
        self._drawn.clear()
        self._sizes.clear()
        self._ladder = None
        for candidates in (*self._candidates.values(), *self._pairs.values(), self._mistakes or ()):
            for each in candidates:
                each.forget()


def _paired(source: str, one: Mistake | None, other: Mistake | None) -> str:
    """Return the solution with two mistakes, or '' if they do not fit together."""
    if one is None or other is None or one.id == other.id or one.code or other.code:
        return ""
    if one.id in UNPAIRED or other.id in UNPAIRED:
        return ""
    with contextlib.suppress(ValueError):  # one mistake changes text that the other replaces
        return both(source, one, other)
    return ""


def _size(value: Any) -> int:
    """Count the numbers and strings in arguments."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, Part):
        return _size(value.case.args)
    if isinstance(value, dict):
        return sum(map(_size, value.values())) + len(value)
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return 1


def agree(case: Case, mine: Arrays, made: Answered | None, keys: Iterable[Path]) -> bool:
    """Return whether an answer equals ``made`` at all ``keys``, within the verdict's tolerance."""
    if made is None:
        return False
    for path in keys:
        got, want = mine.get(path), made.arrays.get(path)
        tolerance = max(case.tolerance, compare.TOLERANCE)
        if got is None or want is None:
            return False
        if not _is_near(case, got, want, made.scales[path], tolerance):
            return False
    return True


def _is_near(
    case: Case,
    got: np.ndarray,
    want: np.ndarray,
    scale: float,
    tolerance: float,
    integers: bool = False,
) -> bool:
    """Return the verdict of `compare.fault`, without its message wherever numbers are finite."""
    if got.shape != want.shape:
        return False
    if (
        got.size
        and not integers
        and not case.entrywise
        and got.dtype.kind == want.dtype.kind == "f"
    ):
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            off = float(np.abs(got - want).max())
        if math.isfinite(off):  # rules out most candidates without building a message
            return off <= max(tolerance * scale, case.floor)
    found = compare.fault(
        got, want, scale,
        floor=case.floor, tolerance=tolerance, integers=integers, entrywise=case.entrywise,
    )  # fmt: skip
    return found is None


def wrong_paths(reference: Module, case: Case, answer: Answer) -> list[Path]:
    """Return the paths of the wrong arrays of an answer, in the order of the right answer."""
    if answer.error is not None:
        return []
    want, expected, scales = reference.expected(case)
    mine = arrays_of(answer.value)
    found = []
    for path, right in expected.items():
        got = mine.get(path)
        if got is None or not _is_near(
            case, got, right, scales[path], case.tolerance, _integers(want, path)
        ):
            found.append(path)
    return found


def _integers(want: Any, path: Path) -> bool:
    for key in path:
        want = want[key]
    return bool(want == "int")
