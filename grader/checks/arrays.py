"""Walk the arrays of an answer: find leaves, follow paths, compare answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

ROUNDING: Final = 1e-12
"""Relative difference between sums in another order; numeric derivatives differ by more."""

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield (path, leaf) for each leaf of an answer's nested lists and dicts."""
    if isinstance(value, (list, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def at(value: Any, path: Path) -> Any:
    """Return the leaf at a path, or the `Refused` value at it or above it."""
    for key in path:
        if not isinstance(value, (list, dict)):
            return value
        value = value[key]  # type: ignore[index]  # a list's key is an index by construction
    return value


def trivial(array: np.ndarray) -> bool:
    """Return whether all entries are equal (for a single entry: whether it is zero)."""
    if array.size == 0 or not np.isfinite(array).all():
        return True
    return bool(array.max() == array.min() if array.size > 1 else array.max() == 0)


def arrays_in(value: Any) -> list[np.ndarray]:
    """Return the arrays in nested lists, tuples and dicts, in order."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays_in(item)]
    return []


def is_same(one: Any, other: Any) -> bool:
    """Return whether two answers are equal within rounding; NaN equals NaN.

    A sum over a set may be computed in another order each time, so two equal calls may differ in
    their last bits: by at most `ROUNDING` of the answer's largest entry.
    """
    first, second = arrays_of(one), arrays_of(other)
    if first.keys() != second.keys():
        return False
    differing = [path for path in first if not np.array_equal(first[path], second[path])]
    if not differing:  # the usual case, in a third of the time of the rest
        return True
    allowed = ROUNDING * max(map(_largest, first.values()))
    return all(
        first[path].shape == second[path].shape
        and np.allclose(first[path], second[path], rtol=0, atol=allowed, equal_nan=True)
        for path in differing
    )


def _largest(array: np.ndarray) -> float:
    """Return the largest finite magnitude in an array, or 0."""
    sizes = np.abs(array[np.isfinite(array)])
    return float(sizes.max(initial=0.0))


def arrays_of(answer: Any) -> dict[Path, np.ndarray]:
    """Return the arrays of an answer by path, without refused values and caches."""
    return {path: leaf for path, leaf in leaves(answer) if isinstance(leaf, np.ndarray)}


def size(arrays: Iterable[np.ndarray]) -> int:
    """Return the number of entries in all arrays."""
    return sum(array.size for array in arrays)
