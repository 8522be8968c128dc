"""Decide whether a student's array equals the reference's, and describe the difference.

Per array: equal shape; NaN and infinity in the same places; and

    max|student - reference| <= 1e-5 * max(max|reference|, 1e-3 * max over the answer's arrays)

Measured over hundreds of seeds, right answers in many styles (including float32) pass with 1e-5,
and the smallest deliberate mistake differs by 1.5e-4. There is no absolute tolerance, except for a
``floor`` that a case may set: with losses computed from logits, a loss of 2e-13 at logits of 40 is
rounding.

>>> fault(np.zeros((2, 3)), np.zeros((3, 2)), 1.0)
Fault(kind='shape', message='expected shape (3, 2), got (2, 3): transposed?')
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from msgspec import Struct

from grader.checks.arrays import Path

TOLERANCE: Final = 1e-5
SMALL: Final = 1e-3
"""The scale of an array is at least this share of the largest array in its answer."""
LEAST: Final = 1e-6
"""Smaller numbers are not printed in messages."""


class Fault(Struct, frozen=True):
    """A wrong array; ``message`` may be shown to a student."""

    kind: Literal["shape", "integers", "finite", "values"]
    message: str


def fault(
    got: np.ndarray,
    want: np.ndarray,
    scale: float,
    *,
    floor: float = 0.0,
    tolerance: float = TOLERANCE,
    integers: bool = False,
    entrywise: bool = False,
    dims: Callable[[], set[int]] = set,
) -> Fault | None:
    """Return the fault in ``got``, or None if it is right.

    ``scale``: see `scales`. ``dims()``: the sizes that occur in the problem; the message repeats
    only shapes made of these, because a shape could encode hidden inputs. ``integers``: ids, counts
    and lengths must be equal. ``entrywise``: judge each entry relative to its own size, for arrays
    whose smallest entries matter as much as the largest (norms that span sixty orders of
    magnitude).
    """
    if got.shape != want.shape:
        return Fault("shape", _shape_message(got.shape, want.shape, {*dims(), *want.shape, 0, 1}))
    if integers and got.size and got.dtype.kind not in "iu":
        return Fault("integers", "integers are expected")
    both_whole = got.dtype.kind in "iu" and want.dtype.kind in "iu"
    if (integers or both_whole) and got.size:
        wrong = int((got != want).sum())
        told = f"{rough(float(wrong))} of {rough(float(got.size))} entries"
        return Fault("values", f"right shape, wrong values ({told})") if wrong else None
    if not entrywise and _is_near(got, want, max(tolerance * scale, floor)):
        return None
    got, want = got.astype(np.float64), want.astype(np.float64)
    special = ~np.isfinite(want)
    if not np.array_equal(got[special], want[special], equal_nan=True):
        return Fault("finite", "NaN or infinity in other places than expected")
    if not np.isfinite(got[~special]).all():
        return Fault("finite", "NaN or infinity where a finite number is right")
    off, sizes = np.abs(got[~special] - want[~special]), np.abs(want[~special])
    if (off <= np.maximum(tolerance * (sizes if entrywise else scale), floor)).all():
        return None
    told = f"worst entry off by {_how_far(off, sizes, entrywise)}"
    return Fault("values", f"right shape, wrong values ({told})")


def _is_near(got: np.ndarray, want: np.ndarray, most: float) -> bool:
    """Return whether floats are clearly within tolerance; a fast first test."""
    # Plain numbers first: each of the thousand values of a graph is a separate array.
    if got.ndim == 0 and got.dtype == want.dtype == np.float64:
        return abs(float(got) - float(want)) <= most
    floats = got.size and got.dtype.kind == want.dtype.kind == "f"
    # infinity minus infinity is NaN, which fails the comparison
    with np.errstate(invalid="ignore"):
        return bool(floats and np.abs(got - want).max() <= most)


def _how_far(off: np.ndarray, sizes: np.ndarray, entrywise: bool) -> str:
    """Describe the largest difference; if ``entrywise``, relative to the right entry.

    A difference too small to print is given together with the largest of the right ``sizes``.
    """
    if entrywise:
        worst = np.divide(off, sizes, out=np.full_like(off, np.inf), where=sizes > 0).max()
        return f"{rough(float(worst))} times its right size"
    worst, largest = float(off.max()), float(sizes.max())
    if worst >= LEAST or not largest:
        return rough(worst)
    share = rough(worst / largest)
    return f"{share} {'times' if worst / largest >= LEAST else 'of'} the largest right entry"


def scales(leaves: dict[Path, np.ndarray], own: bool = False) -> dict[Path, float]:
    """Return the scale of each array of an answer; if ``own``, only from the array itself.

    A scalar next to other arrays in a dict always has its own scale.
    """
    largest = {path: _largest(array) for path, array in leaves.items()}
    overall = max(largest.values(), default=0.0)
    return {
        path: size if own or leaves[path].ndim == 0 else max(size, SMALL * overall)
        for path, size in largest.items()
    }


def rough(number: float) -> str:
    """Format a number with two digits, between `LEAST` and 1e6, to carry little information."""
    if not math.isfinite(number) or number > 1e6:
        return "more than a million"
    if number < LEAST:
        return "less than a millionth"
    return f"{float(f'{number:.2g}'):g}"


def _largest(array: np.ndarray) -> float:
    values = np.asarray(array, np.float64)
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def _shape_message(got: tuple[int, ...], want: tuple[int, ...], known: set[int]) -> str:
    expected = f"expected shape {_shape(want)}"
    if len(got) > 4 or not set(got) <= known:
        return f"{expected}, got another"
    turned = ": transposed?" if len(got) == 2 and got == want[::-1] else ""
    return f"{expected}, got {_shape(got)}{turned}"


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "() (a single number)"


SAME: Final = 1e-9
"""Largest difference between two equal arrays, relative to the largest entry."""


def same(one: np.ndarray | None, other: np.ndarray, within: float = SAME) -> bool:
    """Return whether two arrays agree to ``within``, including NaN and infinity."""
    if one is None or one.shape != other.shape:
        return False
    if not one.size:
        return True
    scale = float(np.abs(other).max())
    if scale < np.inf and one.dtype.kind != "b":
        return float(np.abs(one - other).max()) <= within * scale
    one, other = one.astype(np.float64), other.astype(np.float64)
    scale = float(np.abs(other[np.isfinite(other)]).max(initial=0.0))
    return bool(np.allclose(one, other, rtol=0, atol=within * scale, equal_nan=True))
