"""Assertions for public tests, with messages for students.

    >>> expect("relu([-1, 2])", [-1.0, 2.0], [0, 2])
    Traceback (most recent call last):
    AssertionError: relu([-1, 2]) is [-1, 2]; it should be [0, 2]
    >>> expect("z1", np.ones((2, 3)), np.ones((3, 2)))
    Traceback (most recent call last):
    AssertionError: z1 has shape (2, 3); it should be (3, 2): transposed?

They raise explicitly instead of using ``assert``, so that they also work with ``python -O``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from grader.checks.compare import TOLERANCE
from grader.sandbox.guest.refusals import REASONS

MOST_SHOWN: Final = 6
"""Arrays with more entries are not printed."""


class Cache(dict[str, Any]):
    """A cache that a test passes to a function, which may add keys to it."""


def require(condition: Any, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def expect(
    what: str, got: Any, want: Any, tolerance: float = TOLERANCE, integers: bool = False
) -> None:
    """Assert that ``got`` equals ``want``, checking the shape first; messages begin with ``what``.

    ``tolerance`` is relative to the largest expected entry.
    """
    wanted = np.asarray(want, np.float64)
    array = shaped(what, got, wanted.shape)
    if integers and array.size and array.dtype.kind not in "iu":
        raise AssertionError(f"{what} should be integers; they are {array.dtype}")
    array = array.astype(np.float64)
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    right = np.isclose(array, wanted, rtol=0, atol=tolerance * scale, equal_nan=True)
    if right.all():
        return
    if array.size <= MOST_SHOWN:
        raise AssertionError(f"{what} is {_shown(array)}; it should be {_shown(wanted)}")
    worst = tuple(int(i) for i in np.argwhere(~right)[0])
    raise AssertionError(
        f"{what} is wrong at {list(worst)}: it is {_shown(array[worst])} there, and should be "
        f"{_shown(wanted[worst])} ({int((~right).sum())} of {right.size} entries are wrong)"
    )


def shaped(what: str, got: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Assert that ``got`` is an array of numbers with this shape, and return it."""
    array = numbers(what, got)
    transposed = ": transposed?" if array.ndim == 2 and array.shape == shape[::-1] else ""
    said = f"{what} has shape {array.shape}; it should be {shape}{transposed}"
    require(array.shape == shape, said)
    return array


def finite(what: str, got: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Assert that ``got`` has this shape and no NaN or infinity, and return it."""
    array = shaped(what, got, shape).astype(np.float64)
    require(np.isfinite(array).all(), f"{what} holds NaN or infinity: {_shown(array)}")
    return array


def pair(what: str, got: Any, of: str) -> tuple[Any, Any]:
    """Assert that ``got`` is a tuple of two values, and return them."""
    require(got is not None, f"{what} {REASONS['none']}")
    both = [*got] if isinstance(got, (tuple, list)) else []  # a NamedTuple may override len()
    require(len(both) == 2, f"{what} should be a pair: {of}")
    return both[0], both[1]


def entries(what: str, got: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Assert that ``got`` is a dict with these keys, and return it without other keys."""
    require(got is not None, f"{what} {REASONS['none']}")
    if not isinstance(got, Mapping):
        raise AssertionError(f"{what} {REASONS['not-dict']}")
    missing = [key for key in keys if key not in got]
    require(not missing, f"{what} has no key {', '.join(map(repr, missing))}")
    return {key: got[key] for key in keys}


def numbers(what: str, got: Any) -> np.ndarray:
    """Assert that ``got`` is a number or an array of numbers, and return it as an array."""
    require(got is not None, f"{what} {REASONS['none']}")
    masked = isinstance(got, np.ma.MaskedArray) and np.ma.getmaskarray(got).any()
    require(not masked, f"{what} {REASONS['masked']}")
    try:
        array = np.asarray(got)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} {REASONS['unreadable']}") from None
    require(array.dtype.kind != "c", f"{what} {REASONS['complex']}")
    require(array.dtype.kind in "biuf", f"{what} {REASONS['object']}")
    return array


def _shown(array: Any) -> str:
    if np.ndim(array) == 0:
        return f"{float(array):.6g}"
    shown = np.array2string(
        np.asarray(array), separator=", ", threshold=20, max_line_width=10_000,
        formatter={"float_kind": lambda number: f"{number:.6g}"},
    )  # fmt: skip
    return " ".join(shown.split())
