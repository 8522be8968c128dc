"""Find two edits of one function, neither of which explains an array alone.

    superposed(search, view, failing)    # their effects on an array add up, or multiply
    up_to_factor(search, view, failing)    # one edit explains all but a factor, which is the other

Both return the edits and their program, or None. The answers of single edits are known from earlier
searches; only likely pairs are compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from grader.checks.arrays import Path
from grader.checks.compare import TOLERANCE
from grader.checks.diagnosis.diagnostics import Answered, Candidate, agree
from grader.checks.diagnosis.relations import FEWEST_ENTRIES, Pair, ratio_of
from grader.checks.diagnosis.views import View
from grader.checks.reference import Module

if TYPE_CHECKING:
    from grader.checks.diagnosis.edits import Edits

MOST_TRIED: Final = 20
"""Number of pairs of edits that are compiled."""
MOST_PATHS: Final = 3
"""Number of arrays to compare."""
MOST_INPUTS: Final = 4
"""Number of inputs to compare."""
MOST_ENTRIES: Final = 2000
"""Number of entries to compare; more would add nothing."""
LEAST_ENTRY: Final = 1e-6
"""For entries below this share of the largest one, no ratio is computed."""


class Several(NamedTuple):
    """Two or more edits of one function, and the program with all of them."""

    edits: Sequence[Candidate]
    module: Module


class _Entries(NamedTuple):
    """The entries of an array on some inputs, in one row: the student's and the right ones."""

    mine: np.ndarray
    right: np.ndarray
    near: np.ndarray
    """Largest difference between two equal entries."""


def superposed(search: Edits, view: View, failing: Sequence[int]) -> Several | None:
    """Return two edits whose effects on an array, added or multiplied, are the student's."""
    for path in view.paths[:MOST_PATHS]:
        numbers = [number for number in failing if path in view.wrong[number]][:MOST_INPUTS]
        if found := _superposed_in(search, view, numbers, path):
            return found
    return None


def _superposed_in(search: Edits, view: View, numbers: Sequence[int], path: Path) -> Several | None:
    """Return two edits whose combined effects on one array are the student's."""
    entries = _entries(search, view, numbers, path)
    if entries is None or not MOST_ENTRIES >= entries.mine.size >= FEWEST_ENTRIES:
        return None
    made = [
        (candidate, values)
        for candidate in search.candidates(view.function)
        if candidate.mutant is not None
        and (values := _made(search, candidate, view, numbers, path)) is not None
        and values.shape == entries.mine.shape
        and np.isfinite(values).all()
        and (np.abs(values - entries.right) > entries.near).any()
    ]
    left = MOST_TRIED
    for first, second in _fitting(entries, np.array([values for _, values in made])):
        left -= 1
        if found := _both(search, view, made[first][0], made[second][0]):
            return found
        if not left:
            break
    return None


def _fitting(entries: _Entries, made: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows whose differences from the right entries add up to the student's.

    Then those whose ratios to them multiply to the student's.
    """
    if not len(made) or not np.isfinite(entries.mine).all():
        return
    yield from _summing(made - entries.right, entries.mine - entries.right, entries.near)
    size = np.abs(entries.right)
    used = size > LEAST_ENTRY * size.max(initial=0)
    if used.sum() < FEWEST_ENTRIES:
        return
    ratios, goal = made[:, used] / entries.right[used], entries.mine[used] / entries.right[used]
    kept = np.flatnonzero((ratios != 0).all(axis=1))
    if (goal != 0).all():
        logs, whole = np.log(np.abs(ratios[kept])), np.log(np.abs(goal))
        for i, j in _summing(logs, whole, np.full(goal.size, TOLERANCE)):
            yield int(kept[i]), int(kept[j])


def _summing(rows: np.ndarray, goal: np.ndarray, near: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the pairs of rows that add up to ``goal``, neither of them almost zero."""
    weights = np.cos(np.arange(goal.size) ** 2)  # numbers without a pattern
    shadows = rows @ weights
    off = np.abs(shadows[:, None] + shadows[None, :] - goal @ weights)
    for i, j in np.argwhere(off <= 2 * (near * np.abs(weights)).sum()):
        if i < j and (np.abs(rows[i] + rows[j] - goal) <= 2 * near).all():
            yield int(i), int(j)


def _entries(search: Edits, view: View, numbers: Sequence[int], path: Path) -> _Entries | None:
    mine, right, near = [], [], []
    for number in numbers:
        _, expected, scales = search.reference.expected(view.cases[number])
        got = view.arrays(number).get(path)
        if got is None or got.shape != expected[path].shape:
            return None
        mine.append(got.ravel().astype(float))
        right.append(expected[path].ravel().astype(float))
        near.append(np.full(got.size, TOLERANCE * scales[path]))
    if not mine:
        return None
    return _Entries(np.concatenate(mine), np.concatenate(right), np.concatenate(near))


def _made(
    search: Edits, candidate: Candidate, view: View, numbers: Sequence[int], path: Path
) -> np.ndarray | None:
    """Return the entries of an edit's answer; None if it does not answer."""
    found = []
    for number in numbers:
        case = view.cases[number]
        made = candidate.made(case, search.reference.want(case))
        if made is None or path not in made.arrays:
            return None
        found.append(np.asarray(made.arrays[path], float).ravel())
    return np.concatenate(found)


def _both(search: Edits, view: View, first: Candidate, second: Candidate) -> Several | None:
    """Return two edits with their program, if that gives the student's answers."""
    module = search.made_of([first, second]) if first is not second else None
    pairs = [(view.cases[n], view.answers[n]) for n in view.numbers]
    if module is None or not search.all_of(module, pairs):
        return None
    return Several([first, second], module)


def up_to_factor(search: Edits, view: View, failing: Sequence[int]) -> Several | None:
    """Return an edit that explains all but a factor, and the edit that adds the factor."""
    if view.wrong_entries() < FEWEST_ENTRIES:
        return None
    for first in search.candidates(view.function):
        factors = _factors(search, first, view, failing) if first.mutant is not None else {}
        number = max(factors, key=lambda each: abs(np.log(abs(factors[each]))), default=None)
        if number is None or not search.shows(first, view, number):
            continue
        for second in search.candidates(view.function):
            is_one = second.mutant is not None and _is_factor(
                search, second, view, number, factors[number]
            )
            if is_one and (found := _both(search, view, first, second)):
                return found
    return None


def _factors(
    search: Edits, candidate: Candidate, view: View, failing: Sequence[int]
) -> dict[int, float]:
    """Return for each input the factor between the student's arrays and those of an edit, or {}."""
    factors: dict[int, float] = {}
    for number in failing:
        case = view.cases[number]
        made = candidate.made(case, search.reference.want(case))
        paths = [path for path in view.wrong[number] if path in view.arrays(number)]
        if made is None or any(path not in made.arrays for path in paths):
            return {}
        ratios = (ratio_of(Pair(view.arrays(number)[path], made.arrays[path])) for path in paths)
        factor = next((each for each in ratios if each is not None), None)
        if factor is not None:
            factors[number] = factor
        if not agree(case, view.arrays(number), _times(made, factor or 1.0), paths):
            return {}
    return factors


def _times(made: Answered, factor: float) -> Answered:
    """Return an answer times a factor."""
    arrays = {path: factor * array for path, array in made.arrays.items()}
    return Answered(arrays, {path: abs(factor) * size for path, size in made.scales.items()})


def _is_factor(search: Edits, candidate: Candidate, view: View, number: int, factor: float) -> bool:
    """Return whether an edit multiplies some array of the right answer by a factor."""
    case = view.cases[number]
    want, right, _ = search.reference.expected(case)
    made = candidate.made(case, want)
    for path in view.wrong[number] if made is not None and abs(factor - 1) > 1e-4 else ():
        got = made.arrays.get(path) if made is not None else None
        found = ratio_of(Pair(got, right[path])) if got is not None else None
        if found is not None and abs(found - factor) <= 2e-5 * abs(factor):
            return True
    return False
