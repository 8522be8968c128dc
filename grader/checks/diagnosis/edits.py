"""Search for the edits of the reference that give a student's answers: one, or several.

    search = Edits(diagnostics)
    search.matching(view)         # the candidates whose answers are the student's, all of them
    search.in_arrays(view)        # an edit that is made in the wrong arrays only
    search.together(view)         # two or more edits of one function that give its answers

What a candidate answers is computed once a run. What a search may cost for one submission is counted
in programs that are made, not in seconds: grades must not depend on how busy the machine is.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case
from grader.checks.diagnosis.diagnostics import Candidate, Diagnostics, agree, answer_of
from grader.checks.diagnosis.examples import last_line
from grader.checks.diagnosis.mutants import MOST
from grader.checks.diagnosis.relations import FEWEST_ENTRIES
from grader.checks.diagnosis.views import View
from grader.checks.mistakes import both
from grader.checks.reference import Module
from grader.sandbox.student import Answer

WITNESSES: Final = 2
"""Inputs on which an edit must show itself."""
FEW: Final = 60
"""Mutants that are tried where a named mistake gives the student's answers already."""
MOST_FIRST: Final = 3
"""Candidates for the first of two edits that are taken for one array."""
MOST_PATHS: Final = 4
"""Arrays that a first of two edits is looked for in."""
MOST_EDITS: Final = 4
"""Edits of one function that are looked for."""
MOST_TRIED: Final = 60
"""Combinations of edits that are made into programs for one function of one submission."""


class Several(NamedTuple):
    """Two or more edits of one function, and the program that has them all."""

    edits: Sequence[Candidate]
    module: Module


class Edits:
    """The candidates of a run, compared with what students answered."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.reference = diagnostics.exercise.reference
        self._tried: set[int] = set()
        """The mutants tried for this submission, by their ids."""
        self._left = 0
        """The combinations of mutants that may still be made for the function at hand."""

    def candidates(self, function: str) -> Iterator[Candidate]:
        """Yield the mistakes of a function, then mutants, until `MOST` of all functions are tried."""
        for candidate in self.diagnostics.candidates(function):
            if candidate.mutant is not None and id(candidate) not in self._tried:
                if len(self._tried) >= MOST:
                    return
                self._tried.add(id(candidate))
            yield candidate

    def matching(
        self, view: View, path: Path | None = None, most: int = 1, mistakes_only: bool = False
    ) -> list[Candidate]:
        """Return the candidates whose answers are the student's, in one array or in all.

        Args:
            view: The student's answers.
            path: The array; None for all of them.
            most: The mutants that are looked for; all mistakes that fit are found.
            mistakes_only: Whether mutants are left out.
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
                    break  # it has a name already: a mutant would only say it in other words
        return found

    def _is_loose(self, candidate: Candidate) -> bool:
        """Whether the hint of a mistake speaks of several variants: a mutant says which it is."""
        hints = self.diagnostics.exercise.catalogue.hints
        name = candidate.mistake.id if candidate.mistake is not None else ""
        return name in hints and " or " in hints[name].question

    def in_arrays(self, view: View) -> Candidate | None:
        """Return an edit that gives all wrong arrays, and is made in these only; None if there is none.

        Too few wrong numbers are alike in many ways, and say nothing.
        """
        if sum(map(len, view.wrong)) < WITNESSES or view.wrong_entries() < FEWEST_ENTRIES:
            return None
        fitting = (c for c in self.candidates(view.function) if self._fits_where(c, view))
        found = None
        for candidate in fitting:
            found = found or candidate
            if candidate.mutant is not None:
                return candidate  # what it says holds in some arrays; a hint may speak of all
        return found

    def _fits_where(self, candidate: Candidate, view: View) -> bool:
        """Whether a candidate gives the student's arrays wherever these are wrong."""
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
        """Return the ids of the mistakes that answer and raise as the student's function does.

        The text of an exception tells shapes. One that reads the same on several inputs tells too
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
        """Whether a candidate raises with this text; most are ruled out by what is kept of them."""
        want = self.reference.want(case)
        return candidate.made(case, want) is None and candidate.raised(case, want) == text

    def partly(self, view: View) -> tuple[Candidate, list[Case]] | None:
        """Return an edit that holds on the failing inputs only, and the inputs that it spares."""
        failing = [n for n in view.numbers if view.wrong[n]]
        if len(failing) < WITNESSES or len(failing) == len(view.numbers):
            return None
        for candidate in self.candidates(view.function):
            if self._fits(candidate, view, failing, None):
                right = [n for n in view.numbers if not view.wrong[n]]
                return candidate, [view.cases[n] for n in right if self._shows(candidate, view, n)]
        return None

    def together(self, view: View) -> Several | None:
        """Return the edits of one function that together give its answers, or None.

        They are found one after the other: the first explains the first wrong array alone, the next
        one the first array that is still unexplained.
        """
        failing = [n for n in view.numbers if view.wrong[n]]
        if len(failing) < WITNESSES:
            return None
        return (
            self._of_mutants(view, failing)
            or self._of_mistakes(view, failing)
            or self._of_one_array(view, failing)
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
        """Return a mutant that explains one more array with those before it, and their program."""
        telling = [path for path in paths if view.wrong_entries([path]) >= FEWEST_ENTRIES]
        alone = ((path, c) for path in telling for c in self.matching(view, path, MOST_FIRST))
        any_other = (
            (path, candidate)
            for path in telling[:1]
            for candidate in (self.candidates(view.function) if chosen else ())
            if candidate.mutant is not None and self._shows(candidate, view, failing[0], [path])
        )
        for path, option in itertools.chain(alone, any_other):
            if option.mutant is None or option in chosen:
                continue
            self._left -= 1
            if self._left < 0:
                return None
            made = self._made_of([*chosen, option])
            if made is not None and self._explains(made, view, failing, path):
                return option, made
        return None

    def _made_of(self, chosen: Sequence[Candidate]) -> Module | None:
        first, *others = [each.mutant for each in chosen if each.mutant is not None]
        try:
            return self.diagnostics.exercise.mutated(first, *others)
        except Exception:  # two edits of one place need not fit together
            return None

    def _unexplained(self, module: Module | None, view: View, failing: Sequence[int]) -> list[Path]:
        """Return the wrong arrays that a program does not explain, those wrong in themselves first."""
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
                    with contextlib.suppress(Exception):  # they need not fit together
                        text = both(source, first.mistake, second.mistake)
                        module = self.diagnostics.exercise.edited(text)
                        if self.all_of(module, pairs):
                            return Several([first, second], module)
        return None

    def _of_one_array(self, view: View, failing: Sequence[int]) -> Several | None:
        """Return two named mistakes that explain a function's only array, which neither does alone."""
        if len(self.reference.expected(view.cases[0])[1]) > 1:
            return None
        known = self.diagnostics.mistakes(view.function)
        shown = {id(c) for c in known if any(self._shows(c, view, n) for n in failing)}
        for pair in self.diagnostics.pairs(view.function):
            fits = pair.both and all(id(each) in shown for each in pair.both)
            if not (pair.both and fits and self._fits(pair, view, failing, None)):
                continue
            if not any(self._is_enough(each, view, failing) for each in pair.both):
                return Several(pair.both, pair.module)
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
        """Return whether a program gives the student's answers on all of these inputs.

        Where the student's function raises, so does the program; it answers at least once.
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
        # Few inputs overflow, and few mistakes overflow on just these.
        is_overflow = candidate.mistake is not None and view.is_infinite_or_nan()
        is_one_enough = is_overflow or view.is_one_odd_number()
        return witnesses >= (1 if is_one_enough else max(min(WITNESSES, len(numbers)), 1))

    def changes(self, candidate: Candidate, view: View, path: Path) -> bool:
        """Return whether an edit changes an array of the right answer on some input."""
        return any(
            self._shows(candidate, view, number, [path])
            for number in view.numbers
            if path in view.wrong[number]
        )

    def spares(self, candidate: Candidate, view: View) -> bool:
        """Return whether an edit changes no array that the student has right everywhere."""
        right = [path for path in view.order if path not in view.paths]
        return not any(
            self._shows(candidate, view, number, among)
            for number in view.numbers
            if (among := [p for p in right if p in self.reference.expected(view.cases[number])[1]])
        )

    def _shows(
        self, candidate: Candidate, view: View, number: int, among: Sequence[Path] = ()
    ) -> bool:
        """Whether a candidate differs from the reference on an input, in one of these arrays."""
        case = view.cases[number]
        want, right, _ = self.reference.expected(case)
        made = candidate.made(case, want)
        return made is None or not agree(case, right, made, among or right)
