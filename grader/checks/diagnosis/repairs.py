"""Search for a change of the student's own code that makes a function right.

    repairs = Repairs(programs, reference)
    repairs.find(view)                  # the changes after which it is right, or an empty list
    repairs.of_arrays(some, view)       # a change after which some of its arrays are right
    repairs.confirmed(changes, cases)   # are the answers to hidden inputs right too?

Mutants of the reference find what is missing in a program. This finds what is too much or exchanged
there, however the program is written: the same operators change the student's syntax tree. Here the
answers of the changed program are compared with the right ones, so a sentence about a repair is true
of this submission.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Final

import numpy as np

from grader.checks.arrays import Path, arrays_of
from grader.checks.case import Case
from grader.checks.diagnosis.changed_programs import AT_ONCE, ChangedPrograms, CodeChange
from grader.checks.diagnosis.diagnostics import wrong_paths
from grader.checks.diagnosis.views import View
from grader.checks.reference import Module
from grader.sandbox.student import Answer

MOST_OF_ONE: Final = (600, 300)
"""Number of changes to try for one function, and beside one change that is made already."""
MOST_FIRST: Final = 2
"""Number of changes that make some entries right, beside which another change is tried."""
ENOUGH: Final = 50
"""Number of wrong entries beyond which an input tells no more than another one."""


class Repairs:
    """The search for changes that make the functions of one submission right."""

    def __init__(self, programs: ChangedPrograms, reference: Module) -> None:
        self.programs, self._reference = programs, reference
        self.tried: tuple[Case | None, list[tuple[CodeChange, Answer]]] = None, []
        """The input of the last search, and the answers of all programs that were not right."""
        self._wrong: list[Path] = []
        """The arrays that are wrong on this input in the student's program."""
        self._depth = 0

    def find(self, view: View, base: Sequence[CodeChange] = ()) -> list[CodeChange]:
        """Return the changes after which a function is right.

        Several changes each make some arrays right; together they make all of them right.

        Args:
            view: The answers of the function.
            base: Changes of earlier functions, which are made as well.
        """
        try:
            with self.programs.on(base):
                return self._find(view)
        except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError):
            # the operators are made for our own solutions, and a student may write anything
            if os.environ.get("GRADER_DEBUG"):
                raise
            return []

    def _find(self, view: View) -> list[CodeChange]:
        case, paths = _telling(view)
        before = self._right_entries(case, view.answers[view.cases.index(case)])
        tried: list[tuple[CodeChange, Answer]] = []
        gains: list[tuple[int, CodeChange]] = []
        rest = itertools.islice(self.programs.changes(view.function), MOST_OF_ONE[self._depth])
        while some := list(itertools.islice(rest, AT_ONCE)):
            for change, answer in zip(
                some, self.programs.each(view.function, some, case), strict=False
            ):
                if answer.error is not None:
                    continue
                if not wrong_paths(self._reference, case, answer) and self.are_right(
                    [change], view.cases
                ):
                    return [change]
                tried.append((change, answer))
                gain = _gain(before, self._right_entries(case, answer))
                if gain > 0:
                    gains.append((gain, change))
        found = self._beside(view, gains)
        self.tried, self._wrong = (case, tried), paths
        return found

    def _beside(self, view: View, gains: Sequence[tuple[int, CodeChange]]) -> list[CodeChange]:
        """Return a change that makes some entries right, with another one for the rest."""
        if self._depth:
            return []
        self._depth += 1
        try:
            for _, change in sorted(gains, key=lambda each: -each[0])[:MOST_FIRST]:
                with self.programs.on([change]):
                    found = self._find(view)
                if found:
                    return [change, *found]
        finally:
            self._depth -= 1
        return []

    def _right_entries(self, case: Case, answer: Answer) -> np.ndarray:
        """Return for each entry of the right answer whether an answer agrees."""
        if answer.error is not None:
            return np.zeros(0, bool)
        _, right, scales = self._reference.expected(case)
        mine, found = arrays_of(answer.value), []
        for path, array in right.items():
            got = mine.get(path)
            if got is None or got.shape != array.shape or array.dtype.kind not in "fiub":
                found.append(np.zeros(array.size, bool))
            else:
                with np.errstate(invalid="ignore"):
                    near = np.abs(got - array) <= max(case.tolerance * scales[path], case.floor)
                found.append(np.ravel(near))
        return np.concatenate(found) if found else np.zeros(0, bool)

    def of_arrays(self, view: View, whole: View) -> CodeChange | None:
        """Return a change of the last search that makes some arrays right, and no other wrong.

        Args:
            view: The arrays to make right.
            whole: All arrays of the function.
        """
        case, tried = self.tried
        wanted = {path for each, _, paths in view.failing() if each is case for path in paths}
        right = [path for path in whole.order if path not in whole.paths or path in view.paths]
        if case is None or not wanted:
            return None
        for change, answer in tried:
            wrong = set(wrong_paths(self._reference, case, answer))
            is_nearer = wrong.isdisjoint(wanted) and wrong <= set(self._wrong)
            if is_nearer and self.are_right([change], whole.cases, right):
                return change
        return None

    def confirmed(
        self, changes: Sequence[CodeChange], cases: Sequence[Case], among: Sequence[Path] = ()
    ) -> bool:
        """Return whether the changed program is right on hidden inputs, in a worker for these."""
        self.programs.end()
        try:
            return not cases or self.are_right(changes, cases, among)
        finally:
            self.programs.end()

    def are_right(
        self, changes: Sequence[CodeChange], cases: Sequence[Case], among: Sequence[Path] = ()
    ) -> bool:
        """Return whether the changed program answers these inputs rightly (in some arrays)."""
        answers = self.programs.answers(changes, cases)
        if answers is None:
            return False
        wrong = [
            path
            for case, answer in zip(cases, answers, strict=True)
            for path in wrong_paths(self._reference, case, answer)
        ]
        return not (set(wrong) & set(among) if among else wrong)


def after(function: str, changes: Sequence[CodeChange]) -> str:
    """Return the sentence about a function that is right after some changes."""
    return f"{function} would be right if {', and if '.join(each.condition for each in changes)}."


def _gain(before: np.ndarray, now: np.ndarray) -> int:
    """Return how many more entries are right; 0 if one is wrong that was right."""
    if before.shape != now.shape or (before & ~now).any():
        return 0
    return int(now.sum() - before.sum())


def _telling(view: View) -> tuple[Case, list[Path]]:
    """Return the smallest input on which most arrays are wrong, with these arrays.

    An array with many entries shows more about a change that makes only some of them right.
    """

    def telling(each: tuple[Case, list[Path]]) -> tuple[int, int]:
        right = view.reference.expected(each[0])[1]
        return len(each[1]), min(ENOUGH, sum(right[path].size for path in each[1]))

    failing = [(case, paths) for case, _, paths in view.failing()]
    return max(failing, key=telling, default=None) or (view.errors[0][0], [])
