"""Search for the edits of the reference that give a student's answers: one, or two of one function.

    search = Edits(diagnostics)
    search.matching(view)         # the candidates whose answers are the student's, all of them
    search.twice(view)            # two edits of one function that together give its answers

What a candidate answers is computed once a run. What a search may cost for one submission is counted
in programs that are made, not in seconds: grades must not depend on how busy the machine is.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case
from grader.checks.diagnostics import Candidate, Diagnostics, agree, answer_of
from grader.checks.examples import last_line
from grader.checks.mistakes import Mistake, mistaken, module_of
from grader.checks.reference import Module
from grader.checks.views import View
from grader.sandbox.student import Answer

WITNESSES: Final = 2
"""Inputs on which an edit must show itself."""
MOST_FIRST: Final = 3
"""Candidates for the first of two edits that are taken for one array."""
MOST_PATHS: Final = 4
"""Arrays that a first of two edits is looked for in."""
MOST_TRIED: Final = 60
"""Pairs of edits that are made into programs for one function of one submission."""


class Two(NamedTuple):
    """Two edits of one function, and the program that has both."""

    first: Candidate
    second: Candidate
    module: Module


class Edits:
    """The candidates of a run, compared with what students answered."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.reference = diagnostics.exercise.reference

    def matching(
        self, view: View, path: Path | None = None, mistakes_only: bool = False
    ) -> list[Candidate]:
        """Return the candidates whose answers are the student's, in one array or in all."""
        found = []
        for candidate in self.diagnostics.candidates(view.function):
            if mistakes_only and candidate.mistake is None:
                break  # they come first
            if self._fits(candidate, view, view.numbers, path):
                found.append(candidate)
        return found

    def raising(self, view: View) -> set[str]:
        """Return the ids of the mistakes that answer and raise as the student's function does.

        The text of an exception tells shapes. One that reads the same on several inputs tells too
        little, unless wrong values agree as well.
        """
        texts = [(case, last_line(error)) for case, error in view.errors]
        if len({text for _, text in texts}) < WITNESSES and not view.is_wrong:
            return set()
        return {
            candidate.mistake.id
            for candidate in self.diagnostics.candidates(view.function)
            if candidate.mistake is not None
            and self._is_enough(candidate, view, view.numbers)
            and all(self._raises(candidate, case, text) for case, text in texts)
        }

    def _raises(self, candidate: Candidate, case: Case, text: str) -> bool:
        """Whether a candidate raises with this text; most are ruled out by what is kept of them."""
        want = self.reference.want(case)
        return candidate.made(case, want) is None and candidate.raised(case, want) == text

    def partly(self, view: View) -> tuple[Candidate, list[Case]] | None:
        """Return an edit that holds on the failing inputs only, and the inputs that it spares."""
        failing = [n for n in view.numbers if view.wrong[n]]
        if len(failing) < WITNESSES or len(failing) == len(view.numbers):
            return None
        for candidate in self.diagnostics.candidates(view.function):
            if self._fits(candidate, view, failing, None):
                right = [n for n in view.numbers if not view.wrong[n]]
                return candidate, [view.cases[n] for n in right if self._shows(candidate, view, n)]
        return None

    def twice(self, view: View) -> Two | None:
        """Return two edits of one function that together give its answers, or None."""
        failing = [n for n in view.numbers if view.wrong[n]]
        pairs = [(view.cases[n], view.answers[n]) for n in failing]
        if len(failing) < WITNESSES:
            return None
        tried = 0
        for first, second, make in self._pairs(view, failing):
            tried += 1
            if tried > MOST_TRIED:
                break
            try:
                module = Module(make(), self.reference.caches)
            except Exception:  # noqa: S112  # two edits of one place need not fit together
                continue
            if self.all_of(module, pairs):
                return Two(first, second, module)
        return self._of_one_array(view, failing)

    def _of_one_array(self, view: View, failing: Sequence[int]) -> Two | None:
        """Return two named mistakes that explain a function's only array, which neither does alone."""
        if len(self.reference.expected(view.cases[0])[1]) > 1:
            return None
        known = [c for c in self.diagnostics.candidates(view.function) if c.mistake is not None]
        shown = {id(c) for c in known if any(self._shows(c, view, n) for n in failing)}
        for pair in self.diagnostics.pairs(view.function):
            fits = pair.both and all(id(each) in shown for each in pair.both)
            if not (pair.both and fits and self._fits(pair, view, failing, None)):
                continue
            if not any(self._is_enough(each, view, failing) for each in pair.both):
                return Two(*pair.both, pair.module)
        return None

    def _is_enough(self, candidate: Candidate, view: View, numbers: Sequence[int]) -> bool:
        """Whether a candidate alone gives all of the student's arrays on these inputs."""
        return all(
            agree(case, view.arrays(n), candidate.made(case, self.reference.want(case)), right)
            for n in numbers
            for case in [view.cases[n]]
            for right in [self.reference.expected(case)[1]]
        )

    def all_of(self, module: Module, pairs: Iterable[tuple[Case, Answer]]) -> bool:
        """Return whether a program gives the student's answers on all of these inputs."""
        for case, answer in pairs:
            want, right, _ = self.reference.expected(case)
            if answer.error is not None:
                return False
            if not agree(case, arrays_of(answer.value), answer_of(module, case, want), right):
                return False
        return True

    def _fits(
        self, candidate: Candidate, view: View, numbers: Sequence[int], path: Path | None
    ) -> bool:
        """Whether a candidate gives the student's arrays on these inputs."""
        witnesses = 0
        for number in numbers:
            case, wrong = view.cases[number], view.wrong[number]
            want, right, _ = self.reference.expected(case)
            if path is not None and path not in right:
                continue
            keys = [path] if path is not None else sorted(right, key=lambda key: key not in wrong)
            if not agree(case, view.arrays(number), candidate.made(case, want), keys):
                return False
            among = wrong if path is None else [path]
            witnesses += bool(wrong) and self._shows(candidate, view, number, among)
        return witnesses >= min(WITNESSES, len(numbers)) and witnesses > 0

    def _shows(
        self, candidate: Candidate, view: View, number: int, among: Sequence[Path] = ()
    ) -> bool:
        """Whether a candidate differs from the reference on an input, in one of these arrays."""
        case = view.cases[number]
        want, right, _ = self.reference.expected(case)
        made = candidate.made(case, want)
        return made is None or not agree(case, right, made, among or right)

    def _pairs(
        self, view: View, failing: Sequence[int]
    ) -> Iterator[tuple[Candidate, Candidate, Callable[[], types.ModuleType]]]:
        """Yield pairs of edits, the first of which explains one array alone, the second others."""
        every = self.diagnostics.candidates(view.function)
        source = self.diagnostics.exercise.catalogue.source
        for first in self._firsts(view)[: 2 * MOST_FIRST]:
            left = self._unexplained(first, view, failing)
            for second in every if left else ():
                if second is first or not self._shows(second, view, *left):
                    continue
                if first.mutant is not None and second.mutant is not None:
                    yield first, second, partial(first.mutant.module, second.mutant)
                elif first.mistake is not None and second.mistake is not None:
                    yield first, second, partial(_both, source, first.mistake, second.mistake)

    def _firsts(self, view: View) -> list[Candidate]:
        """Return the candidates that explain one array alone."""
        firsts: list[Candidate] = []
        for path in view.paths[:MOST_PATHS]:
            new = [each for each in self.matching(view, path) if each not in firsts]
            firsts += new[:MOST_FIRST]
        return firsts

    def _unexplained(
        self, first: Candidate, view: View, failing: Sequence[int]
    ) -> tuple[int, list[Path]] | tuple[()]:
        """Return the first input that an edit leaves unexplained, and the arrays that it does."""
        for number in failing:
            case = view.cases[number]
            want, right, _ = self.reference.expected(case)
            made, mine = first.made(case, want), view.arrays(number)
            left = [path for path in right if not agree(case, mine, made, [path])]
            if left:
                return number, left
        return ()


def _both(source: str, one: Mistake, other: Mistake) -> types.ModuleType:
    """Return the solution with two mistakes in it; raises ValueError where they do not fit."""
    return module_of(mistaken(mistaken(source, one), other), f"{one.id} and {other.id}")
