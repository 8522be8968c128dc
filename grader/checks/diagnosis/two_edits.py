"""Find two edits of one function, neither of which explains an array alone.

    superposed(search, view, failing)    # their effects on an array add up, or multiply; or None

The answers of single edits are known from earlier searches; only likely pairs are compiled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from grader.checks.arrays import Path
from grader.checks.compare import TOLERANCE
from grader.checks.diagnosis.diagnostics import Candidate
from grader.checks.diagnosis.pairs import FEWEST_ENTRIES
from grader.checks.diagnosis.views import View
from grader.checks.reference import Module

if TYPE_CHECKING:
    from grader.checks.diagnosis.edits import Edits

MOST_TRIED: Final = 20
"""Number of pairs of edits that are compiled."""
MOST_PATHS: Final = 3
"""Number of arrays to compare."""
MOST_INPUTS: Final = 6
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
    used = (size > LEAST_ENTRY * size.max(initial=0)) & (entries.mine != 0)
    if used.sum() < FEWEST_ENTRIES:
        return
    ratios = np.abs(made[:, used] / entries.right[used])
    goal = np.abs(entries.mine[used] / entries.right[used])
    kept = np.flatnonzero((ratios != 0).all(axis=1))
    for i, j in _summing(np.log(ratios[kept]), np.log(goal), np.full(goal.size, TOLERANCE)):
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
