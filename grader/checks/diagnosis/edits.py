"""Search for edits of the reference that give a student's answers: one, or several.

    search = Edits(diagnostics)
    search.matching(view)      # all candidates that give the student's answers
    search.in_arrays(view)     # an edit that applies to the wrong arrays only
    search.together(view)      # two or more edits of one function that give its answers

The answers of a candidate are computed once per run. The cost of a search for one submission is
limited by the number of programs, not by time, because grades must not depend on how busy the
machine is.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case
from grader.checks.diagnosis import two_edits
from grader.checks.diagnosis.diagnostics import (
    UNPAIRED,
    Arrays,
    Candidate,
    Diagnostics,
    agree,
    answer_of,
)
from grader.checks.diagnosis.examples import last_line
from grader.checks.diagnosis.mutants import MOST
from grader.checks.diagnosis.pairs import FEWEST_ENTRIES
from grader.checks.diagnosis.two_edits import Several
from grader.checks.diagnosis.views import View
from grader.checks.mistakes import both
from grader.checks.reference import Module
from grader.sandbox.student import Answer

T = TypeVar("T")
WITNESSES: Final = 2
"""Number of inputs on which an edit must have a visible effect."""
FEW: Final = 60
"""Number of mutants that are still tried after a named mistake has given the student's answers."""
MOST_FIRST: Final = 3
"""Number of candidates for the first of two edits that are tried per array."""
MOST_PATHS: Final = 4
"""Number of arrays in which the first of two edits is searched."""
MOST_EDITS: Final = 4
"""Largest number of edits of one function in a combination."""
MOST_TRIED: Final = 60
"""Number of combinations of edits that are compiled for one function of one submission."""


class Edits:
    """The candidates of a run, compared with students' answers."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.reference = diagnostics.exercise.reference
        self._tried: set[int] = set()
        """The ids of the mutants tried for this submission."""
        self._left = 0
        """The number of combinations that may still be compiled for the current function."""

    def candidates(self, function: str) -> Iterator[Candidate]:
        """Yield a function's mistakes, then mutants, at most `MOST` for the whole submission."""
        for candidate in self.diagnostics.candidates(function):
            if candidate.mutant is not None and id(candidate) not in self._tried:
                if len(self._tried) >= MOST:
                    return
                self._tried.add(id(candidate))
            yield candidate

    def matching(
        self, view: View, path: Path | None = None, most: int = 1, mistakes_only: bool = False
    ) -> list[Candidate]:
        """Return the candidates that give the student's answers, for one array or for all.

        Args:
            view: The student's answers.
            path: The path of one array; None for all arrays.
            most: The number of mutants to find; all matching mistakes are found.
            mistakes_only: Whether to skip mutants.
        """
        found: list[Candidate] = []
        few = FEW
        for candidate in self.candidates(view.function):
            if candidate.mutant is not None and (mistakes_only or most < 1):
                break  # mistakes come first
            if self._fits(candidate, view, view.numbers, path):
                found.append(candidate)
                most -= candidate.mutant is not None
            elif candidate.mutant is not None and found:
                few -= 1
                if few < 0 and not any(map(self._is_loose, found)):
                    # the mistake has a name already; a mutant would only describe it in other words
                    break
        return found

    def _is_loose(self, candidate: Candidate) -> bool:
        """Return whether a mistake's hint covers several variants; a mutant names one."""
        hints = self.diagnostics.exercise.catalogue.hints
        name = candidate.mistake.id if candidate.mistake is not None else ""
        return name in hints and " or " in hints[name].question

    def in_arrays(self, view: View) -> Candidate | None:
        """Return an edit that gives all wrong arrays and applies to these only, or None.

        With very few wrong numbers, agreement may be chance, so the search is skipped.
        """
        if sum(map(len, view.wrong)) < WITNESSES or view.wrong_entries() < FEWEST_ENTRIES:
            return None
        fitting = (c for c in self.candidates(view.function) if self._fits_where(c, view))
        found = None
        for candidate in fitting:
            found = found or candidate
            if candidate.mutant is not None:
                # a mutant's clause is true of some arrays; a hint may describe all of them
                return candidate
        return found

    def _fits_where(self, candidate: Candidate, view: View) -> bool:
        """Return whether a candidate gives the student's arrays wherever some of them are wrong."""
        paths, witnesses = view.paths, 0
        for number in view.numbers:
            case = view.cases[number]
            want, right, _ = self.reference.expected(case)
            keys = [path for path in paths if path in right]
            made = candidate.made(case, want)
            if not agree(case, view.arrays(number), made, keys):
                return False
            witnesses += bool(view.wrong[number])
        return witnesses >= min(WITNESSES, len(view.numbers))

    def raising(self, view: View) -> set[str]:
        """Return the ids of mistakes with the answers and exceptions of the student's function.

        The text of an exception reveals shapes. If it is the same on several inputs, it proves too
        little, unless wrong values agree as well.
        """
        texts = [(case, last_line(error)) for case, error in view.errors]
        if len({text for _, text in texts}) < WITNESSES and not view.is_wrong:
            return set()
        return {
            candidate.mistake.id
            for candidate in self.diagnostics.mistakes(view.function)
            if candidate.mistake is not None
            and self._is_enough(candidate, view, view.numbers)
            and all(self._raises(candidate, case, text) for case, text in texts)
        }

    def _raises(self, candidate: Candidate, case: Case, text: str) -> bool:
        """Return whether a candidate raises with this text; cached answers rule out most."""
        want = self.reference.want(case)
        return candidate.made(case, want) is None and candidate.raised(case, want) == text

    def partly(self, view: View) -> tuple[Candidate, list[Case]] | None:
        """Return an edit that fits the failing inputs only, and the inputs that it would break."""
        failing = [n for n in view.numbers if view.wrong[n]]
        if len(failing) < WITNESSES or len(failing) == len(view.numbers):
            return None
        for candidate in self.candidates(view.function):
            if self._fits(candidate, view, failing, None):
                right = [n for n in view.numbers if not view.wrong[n]]
                return candidate, [view.cases[n] for n in right if self.shows(candidate, view, n)]
        return None

    def together(self, view: View) -> Several | None:
        """Return the edits of one function that together give its answers, or None.

        They are searched one after the other: the first must explain the first wrong array alone,
        each later one the first array that is still unexplained.
        """
        failing = [n for n in view.numbers if view.wrong[n]]
        if len(failing) < WITNESSES:
            return None
        return (
            self._of_mutants(view, failing)
            or self._of_mistakes(view, failing)
            or self._of_one_array(view, failing)
            or two_edits.superposed(self, view, failing)
        )

    def _of_mutants(self, view: View, failing: Sequence[int]) -> Several | None:
        chosen: list[Candidate] = []
        module: Module | None = None
        self._left = MOST_TRIED
        while unexplained := self._unexplained(module, view, failing):
            found = self._next(view, failing, chosen, unexplained)
            if found is None or len(chosen) == MOST_EDITS:
                return None
            option, module = found
            chosen = [*chosen, option]
        if module is None or len(chosen) < 2:
            return None
        pairs = [(view.cases[n], view.answers[n]) for n in failing]
        return Several(chosen, module) if self.all_of(module, pairs) else None

    def _next(
        self, view: View, failing: Sequence[int], chosen: list[Candidate], paths: Sequence[Path]
    ) -> tuple[Candidate, Module] | None:
        """Return a mutant that explains one more array with ``chosen``, and their program."""
        telling = [path for path in paths if view.wrong_entries([path]) >= FEWEST_ENTRIES]
        alone = ((path, c) for path in telling for c in self.matching(view, path, MOST_FIRST))
        largest = failing[-1]  # small inputs distinguish few edits
        any_other = (
            (path, candidate)
            for path in telling[:1]
            for candidate in self._local_first(view, largest, paths if chosen else ())
            if candidate.mutant is not None and self.shows(candidate, view, largest, [path])
        )
        for path, option in itertools.chain(alone, any_other):
            if option.mutant is None or option in chosen:
                continue
            self._left -= 1
            if self._left < 0:
                return None
            made = self.made_of([*chosen, option])
            if made is None or not self._explains(made, view, failing, path):
                continue
            if set(self._unexplained(made, view, failing)) < set(paths):
                return option, made
        return None

    def _local_first(self, view: View, number: int, paths: Sequence[Path]) -> Iterator[Candidate]:
        """Yield candidates for some arrays, first those that change no other wrong array."""
        others = [path for path in view.wrong[number] if path not in paths]
        rest: list[Candidate] = []
        for candidate in self.candidates(view.function) if paths else ():
            if others and self.shows(candidate, view, number, others):
                rest.append(candidate)
            else:
                yield candidate
        yield from rest

    def made_of(self, chosen: Sequence[Candidate]) -> Module | None:
        """Return the program with these mutants, or None if they do not fit together."""
        first, *others = [each.mutant for each in chosen if each.mutant is not None]
        try:
            return self.diagnostics.exercise.mutated(first, *others)
        except Exception:  # two edits of the same place may not fit together
            return None

    def _unexplained(self, module: Module | None, view: View, failing: Sequence[int]) -> list[Path]:
        """Return the wrong arrays that a program does not explain, roots first."""
        return [
            path
            for path in view.paths
            if module is None or not self._explains(module, view, failing, path)
        ]

    def _explains(self, module: Module, view: View, failing: Sequence[int], path: Path) -> bool:
        for number in failing:
            case = view.cases[number]
            want, right, _ = self.reference.expected(case)
            made = answer_of(module, case, want)
            if path in right and not agree(case, view.arrays(number), made, [path]):
                return False
        return True

    def _of_mistakes(self, view: View, failing: Sequence[int]) -> Several | None:
        """Return two named mistakes, the first of which explains an array alone."""
        source = self.diagnostics.exercise.catalogue.source
        known = self.diagnostics.mistakes(view.function)
        pairs = [(view.cases[n], view.answers[n]) for n in failing]
        left = MOST_TRIED
        for path in view.paths[:MOST_PATHS]:
            for first in self.matching(view, path, mistakes_only=True)[:MOST_FIRST]:
                for second in known:
                    if first.mistake is None or second.mistake is None or first is second:
                        continue
                    left -= 1
                    if left < 0:
                        return None
                    with contextlib.suppress(Exception):  # they may not fit together
                        text = both(source, first.mistake, second.mistake)
                        module = self.diagnostics.exercise.edited(text)
                        if self.all_of(module, pairs):
                            return Several([first, second], module)
        return None

    def _of_one_array(self, view: View, failing: Sequence[int]) -> Several | None:
        """Return two mistakes that together, but not alone, explain a function's only array."""
        if len(self.reference.expected(view.cases[0])[1]) > 1:
            return None
        known = self.diagnostics.mistakes(view.function)
        shown = {id(c) for c in known if any(self.shows(c, view, n) for n in failing)}
        for pair in self.diagnostics.pairs(view.function):
            fits = pair.both and all(id(each) in shown for each in pair.both)
            if not (pair.both and fits and self._fits(pair, view, failing, None)):
                continue
            if not any(self._is_enough(each, view, failing) for each in pair.both):
                return Several(pair.both, pair.module)
        return None

    def _is_enough(self, candidate: Candidate, view: View, numbers: Sequence[int]) -> bool:
        """Return whether a candidate alone gives all of the student's arrays on these inputs."""
        return all(
            agree(case, view.arrays(n), candidate.made(case, self.reference.want(case)), right)
            for n in numbers
            for case in [view.cases[n]]
            for right in [self.reference.expected(case)[1]]
        )

    def meeting(
        self, function: str, case: Case, tried: Sequence[tuple[T, Answer]]
    ) -> Iterator[tuple[T, Candidate]]:
        """Yield the programs of ``tried`` that answer one input as an edit of the reference does.

        Args:
            function: The function.
            case: The input.
            tried: Changed programs of the student, with their answers to it.
        """
        want, right, _ = self.reference.expected(case)
        known = [
            (weighted(made.arrays), candidate)
            for candidate in self.candidates(function)
            if (candidate.mistake is None or candidate.mistake.id not in UNPAIRED)
            and (made := candidate.made(case, want)) is not None
            and not agree(case, right, made, right)
        ]
        known.sort(key=lambda each: each[0])
        left = MOST_TRIED
        for program, answer in tried:
            arrays = arrays_of(answer.value)
            mine = weighted(arrays)
            near = 1e-6 + 1e-4 * abs(mine)
            start = bisect.bisect_left(known, mine - near, key=lambda each: each[0])
            for value, candidate in itertools.islice(known, start, None):
                if value > mine + near or not left:
                    break
                if agree(case, arrays, candidate.made(case, want), right):
                    left -= 1
                    yield program, candidate

    def all_of(self, module: Module, pairs: Iterable[tuple[Case, Answer]]) -> bool:
        """Return whether a program gives the student's answers on all of these inputs.

        It must raise where the student's function raises, and answer at least once.
        """
        answered = 0
        for case, answer in pairs:
            want, right, _ = self.reference.expected(case)
            if answer.error is not None:
                if not answer.error.kinds or answer_of(module, case, want) is not None:
                    return False
                continue
            answered += 1
            if not agree(case, arrays_of(answer.value), answer_of(module, case, want), right):
                return False
        return answered > 0

    def _fits(
        self, candidate: Candidate, view: View, numbers: Sequence[int], path: Path | None
    ) -> bool:
        """Return whether a candidate gives the student's arrays on these inputs."""
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
            witnesses += bool(wrong) and self.shows(candidate, view, number, among)
        # Few inputs overflow, and few mistakes overflow on exactly these.
        is_overflow = candidate.mistake is not None and view.is_infinite_or_nan()
        is_one_enough = is_overflow or view.is_one_odd_number()
        return witnesses >= (1 if is_one_enough else max(min(WITNESSES, len(numbers)), 1))

    def changes(self, candidate: Candidate, view: View, path: Path) -> bool:
        """Return whether an edit changes an array of the right answer on some input."""
        return any(
            self.shows(candidate, view, number, [path])
            for number in view.numbers
            if path in view.wrong[number]
        )

    def spares(self, candidate: Candidate, view: View) -> bool:
        """Return whether an edit changes no array that the student has right everywhere."""
        right = [path for path in view.order if path not in view.paths]
        return not any(
            self.shows(candidate, view, number, among)
            for number in view.numbers
            if (among := [p for p in right if p in self.reference.expected(view.cases[number])[1]])
        )

    def shows(
        self, candidate: Candidate, view: View, number: int, among: Sequence[Path] = ()
    ) -> bool:
        """Return whether a candidate differs from the reference on an input, in these arrays."""
        case = view.cases[number]
        want, right, _ = self.reference.expected(case)
        made = candidate.made(case, want)
        return made is None or not agree(case, right, made, among or right)


def weighted(arrays: Arrays) -> float:
    """Return one number that equal arrays share, and other arrays hardly ever."""
    total = 0.0
    for path, array in arrays.items():
        if array.size and array.dtype.kind in "fiub":
            weights = np.cos(np.arange(array.size) + len(str(path)))
            with np.errstate(all="ignore"):
                total += float(np.nan_to_num(array.ravel().astype(float), posinf=1.0) @ weights)
    return total
