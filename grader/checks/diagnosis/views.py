"""One function of a student on diagnostic inputs, and the cause found for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct, field

from grader.checks.arrays import Path, arrays_of, leaves
from grader.checks.case import Case
from grader.checks.reference import Module
from grader.model import Example
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer, Refused

ODD: Final = 1e-3
"""A number further than this from a multiple of a half was probably not chosen by hand."""


def is_refused(answer: Answer) -> bool:
    """Return whether an array of an answer is missing, or cannot be read."""
    return any(isinstance(leaf, Refused) for _, leaf in leaves(answer.value))


class View(Struct):
    """One function of a student on diagnostic inputs: cases, answers and wrong arrays."""

    function: str
    reference: Module
    cases: list[Case]
    answers: list[Answer]
    wrong: list[list[Path]]
    roots: list[Path] = field(default_factory=list)
    """Arrays that are wrong in themselves, if others are right given the student's own arrays."""
    following: set[Path] = field(default_factory=set)
    """Wrong arrays that follow from an earlier function, if others do not."""
    followed: Cause | None = None
    """The cause in that earlier function."""
    _arrays: dict[int, dict[Path, np.ndarray]] = field(default_factory=dict)

    def arrays(self, number: int) -> dict[Path, np.ndarray]:
        """Return the arrays of an answer; the result is stored."""
        if number not in self._arrays:
            self._arrays[number] = arrays_of(self.answers[number].value)
        return self._arrays[number]

    @property
    def numbers(self) -> list[int]:
        """Return the indices of the answered inputs, those with wrong values first."""
        found = [n for n, answer in enumerate(self.answers) if answer.error is None]
        return sorted(found, key=lambda n: not self.wrong[n])

    @property
    def paths(self) -> list[Path]:
        """Return the arrays that are wrong on some input, each once, `roots` first."""
        every = [path for each in self.wrong for path in each]
        return list(dict.fromkeys([*(path for path in self.roots if path in every), *every]))

    @property
    def errors(self) -> list[tuple[Case, StudentError]]:
        """Return the inputs on which it raised or did not answer, with the error."""
        pairs = zip(self.cases, self.answers, strict=True)
        return [(case, answer.error) for case, answer in pairs if answer.error is not None]

    def without_errors(self) -> View:
        """Return the same view with only the answered inputs."""
        return self._only([i for i, answer in enumerate(self.answers) if answer.error is None])

    def without_refusals(self) -> View:
        """Return the same view with only the readable answers, if some of these are wrong."""
        kept = [n for n, answer in enumerate(self.answers) if not is_refused(answer)]
        found = self._only(kept)
        return found if found.is_wrong else self

    def _only(self, kept: list[int]) -> View:
        return View(
            self.function, self.reference, [self.cases[i] for i in kept],
            [self.answers[i] for i in kept], [self.wrong[i] for i in kept], self.roots,
        )  # fmt: skip

    def begins_wrong(self) -> bool:
        """Return whether it is wrong on a smaller input than the first on which it raised."""
        for answer, paths in zip(self.answers, self.wrong, strict=True):
            if paths or answer.error is not None:
                return bool(paths)
        return False

    @property
    def is_wrong(self) -> bool:
        """Return whether some answer has wrong values."""
        return any(self.wrong)

    def is_one_odd_number(self) -> bool:
        """Return whether only one input is wrong, with numbers that do not arise by chance.

        Whole numbers and halves, common in examples made by hand, are answers of many programs.
        """
        failing = [n for n in self.numbers if self.wrong[n]]
        if len(failing) != 1:
            return False
        arrays = self.arrays(failing[0])
        doubled = [2 * arrays[path] for path in self.wrong[failing[0]] if path in arrays]
        return bool(doubled) and all(
            each.size and np.isfinite(each).all() and bool((abs(each - np.round(each)) > ODD).any())
            for each in doubled
        )

    def is_infinite_or_nan(self) -> bool:
        """Return whether each wrong array has an entry that is infinite or NaN."""
        wrong = list(self._wrong_arrays())
        return bool(wrong) and not any(np.isfinite(each).all() for each in wrong)

    def wrong_entries(self, paths: Sequence[Path] = ()) -> int:
        """Count the entries of the wrong arrays (of ``paths``, if given) over all inputs."""
        return sum(each.size for each in self._wrong_arrays(paths))

    def _wrong_arrays(self, paths: Sequence[Path] = ()) -> Iterator[np.ndarray]:
        """Yield the wrong arrays (of ``paths``, if given) of each input."""
        for number in self.numbers:
            found = self.arrays(number)
            for path in self.wrong[number]:
                if path in found and (not paths or path in paths):
                    yield found[path]

    @property
    def order(self) -> list[Path]:
        """Return the arrays in the order in which the reference computes them."""
        every = [path for case in self.cases for path in self.reference.expected(case)[1]]
        return list(dict.fromkeys(every))

    def failing(self) -> Iterator[tuple[Case, Answer, list[Path]]]:
        """Yield the inputs with wrong values, smallest first."""
        for case, answer, paths in zip(self.cases, self.answers, self.wrong, strict=True):
            if paths:
                yield case, answer, paths

    def answered(self) -> list[tuple[Case, Answer]]:
        """Return the inputs that were answered."""
        pairs = zip(self.cases, self.answers, strict=True)
        return [(case, answer) for case, answer in pairs if answer.error is None]

    def first_path(self) -> Path:
        """Return the first wrong array, in the order in which the reference computes them."""
        paths = [path for each in self.wrong for path in each]
        paths = [path for path in paths if path in self.roots] or paths
        return min(paths, key=self.order.index)

    def only_number(self) -> float | None:
        """Return the number that all entries of all answers equal, or None."""
        arrays = [each for n in self.numbers for each in self.arrays(n).values() if each.size]
        numbers = {float(each.flat[0]) for each in arrays if (each == each.flat[0]).all()}
        is_one = len(numbers) == 1 and all((each == each.flat[0]).all() for each in arrays)
        return numbers.pop() if is_one and len(arrays) == len(self.numbers) else None

    def cluster(self) -> str:
        """Return a key shared by equal wrong behaviour: the rounded wrong answers."""
        digest = hashlib.sha256(self.function.encode())
        for case, answer, paths in self.failing():
            mine = arrays_of(answer.value)
            for path in paths:
                if path in mine:
                    scale = (
                        float(np.abs(self.reference.expected(case)[1][path]).max(initial=0)) or 1
                    )
                    with np.errstate(all="ignore"):
                        digest.update(np.round(mine[path] / scale, 3).tobytes())
                digest.update(repr(path).encode())
        return digest.hexdigest()[:12]


class Cause(Struct):
    """The reason why a function is wrong; it becomes one card."""

    function: str
    sentence: str
    question: str = ""
    more: str = ""
    mistake: str = ""
    array: str = ""
    example: Example | None = None
    module: Module | None = None
    """The reference with the edit (or both edits) that gives the student's answers."""
    is_edit: bool = False
    """Whether it is one verified edit of the reference."""
    is_repair: bool = False
    """Whether one change of the student's code makes the function right, on hidden inputs too."""
    cluster: str = ""
    members: list[str] = field(default_factory=list)
    """The functions of a card about several missing or unwritten functions."""
    outcomes: list[str] = field(default_factory=list)
    changes: set[Path] = field(default_factory=set)
    """The arrays that it makes wrong, if the function has several mistakes."""
    place: tuple[str, int] | None = None
    """Where it raises: the title of the cell, and the line."""
    is_renamed: bool = False
    """Whether the right values were returned under another key."""
    helper: str = ""
    """The helper of the solution that the edit changes, if it is not the function itself."""
    is_vague: bool = False
    """Whether its sentence only says how values are wrong, or names alternatives."""
    is_plain: bool = False
    """Whether it only states that values are wrong, because nothing explains them."""
    named: set[str] = field(default_factory=set)
    """The functions whose answers the candidate gives."""
