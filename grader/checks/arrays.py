"""Walk the arrays of an answer: find leaves, follow paths, compare wholes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield (path, leaf) of a rebuilt answer: lists and dicts are walked, the rest are leaves."""
    if isinstance(value, (list, dict)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def at(value: Any, path: Path) -> Any:
    """Return the leaf, or the `Refused` that stands in its place or above it."""
    for key in path:
        if not isinstance(value, (list, dict)):
            return value
        value = value[key]  # type: ignore[index]  # a list's key is an index by construction
    return value


def trivial(array: np.ndarray) -> bool:
    """Whether an array says nothing: all entries equal (a single entry: zero)."""
    if array.size == 0 or not np.isfinite(array).all():
        return True
    return bool(array.max() == array.min() if array.size > 1 else array.max() == 0)


def arrays_in(value: Any) -> list[np.ndarray]:
    """The arrays in lists, tuples and dicts, in order."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in arrays_in(item)]
    return []


def is_same(one: Any, other: Any) -> bool:
    """Whether two rebuilt answers hold equal arrays at the same paths, NaN beside NaN."""
    first, second = arrays_of(one), arrays_of(other)
    return first.keys() == second.keys() and all(
        np.array_equal(first[path], second[path], equal_nan=True) for path in first
    )


def arrays_of(answer: Any) -> dict[Path, np.ndarray]:
    """The arrays of a rebuilt answer, by path; what was refused or only held is left out."""
    return {path: leaf for path, leaf in leaves(answer) if isinstance(leaf, np.ndarray)}


def size(arrays: Iterable[np.ndarray]) -> int:
    """How many numbers they hold."""
    return sum(array.size for array in arrays)
