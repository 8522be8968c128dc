"""Hold a student's array beside the right one, and compare them within the verdict's tolerance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct, field

from grader.checks.compare import TOLERANCE

FEWEST: Final = 2
"""Number of inputs on which a relation must hold."""
FEWEST_ENTRIES: Final = 4
"""Number of wrong entries, over all inputs, for which it must hold."""


class Pair(Struct, frozen=True, eq=False):
    """One array of an answer with the right one, and other known values of that input."""

    got: np.ndarray
    right: np.ndarray
    sizes: Mapping[str, float] = field(default_factory=dict)
    """Sizes of the arguments by description, such as "the number of rows of `X`"."""
    known: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Other right arrays of the answer, and arguments, by name."""
    first: np.ndarray | None = None
    """The first argument, if it has the shape of the answer."""
    counts: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Integer arguments with one number per row of the answer, by name."""


Condition = Callable[["Pair"], bool]


def near(one: np.ndarray, other: np.ndarray, tolerance: float = TOLERANCE) -> bool:
    """Return whether two arrays agree within the verdict's tolerance; NaN equals NaN."""
    if one.shape != other.shape:
        return False
    if not one.size:
        return True
    finite = np.isfinite(other)
    if not np.array_equal(finite, np.isfinite(one)):
        return False
    if not finite.any():
        return bool(np.array_equal(one, other, equal_nan=True))
    scale = float(np.abs(other[finite]).max())
    return float(np.abs(one[finite] - other[finite]).max()) <= tolerance * max(scale, 1e-300)


def as_floats(pair: Pair) -> Pair:
    """Return a pair with its arrays in double precision."""
    return Pair(
        np.asarray(pair.got, np.float64),
        np.asarray(pair.right, np.float64),
        pair.sizes,
        {key: np.asarray(each, np.float64) for key, each in pair.known.items()},
        None if pair.first is None else np.asarray(pair.first, np.float64),
        pair.counts,
    )


def holds_for_all(pairs: Sequence[Pair], test: Condition) -> bool:
    """Return whether a condition holds for all pairs; not if it cannot be tested for one."""
    try:
        return all(test(pair) for pair in pairs)
    except (ValueError, IndexError, FloatingPointError):
        return False


def wrong_entries(pair: Pair) -> np.ndarray:
    """Return where the student's array is wrong: a mask of the right shape."""
    scale = float(np.abs(pair.right[np.isfinite(pair.right)]).max(initial=0))
    return np.asarray(
        ~np.isclose(pair.got, pair.right, rtol=0, atol=TOLERANCE * scale, equal_nan=True)
    )


def factor_of(pair: Pair) -> float | None:
    """Return the factor between the student's array and the right one, or None."""
    if pair.got.shape != pair.right.shape or not pair.right.any():
        return None
    finite = np.isfinite(pair.right) & np.isfinite(pair.got)
    got, right = pair.got[finite], pair.right[finite]
    ratio = float((got * right).sum() / (right * right).sum()) if right.any() else 0.0
    return ratio if ratio and near(pair.got, ratio * pair.right) else None


def for_each(pairs: Sequence[Pair], number: Callable[[Pair], float | None]) -> list[float] | None:
    """Return a number for each pair, or None as soon as one pair has none."""
    found: list[float] = []
    for pair in pairs:
        if (each := number(pair)) is None:
            return None
        found.append(each)
    return found


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return the logistic function of each entry."""
    return np.asarray(1 / (1 + np.exp(-z)))
