"""Compare each array of a gradient with the numeric one, like makemore's ``cmp``.

``table(gradient, student)`` draws a point, always the same, and compares `backward` with the
central differences of the student's *own* forward: array, shape, largest difference, verdict. A
forward in single precision is too inaccurate for steps of 1e-5; this is detected, and longer steps
are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from grader.checks.expect import entries, numbers
from grader.checks.gradients import STEP, Agreement, Gradient, Point, by_coordinate, relative

SEED: Final = 1
"""The seed of public inputs, always the same so that a failure can be reproduced."""
COARSE_STEP: Final = 3e-3
"""The numeric step for a forward in single precision."""
COARSE_TOLERANCE: Final = 1e-2
FACT_TOLERANCE: Final = 1e-4


class Row(Struct, frozen=True):
    """One array of a gradient's table."""

    name: str
    shape: str
    difference: str
    words: str
    right: bool


def table(gradient: Gradient, student: Any) -> list[Row]:
    """Compare each array of a gradient with the numeric gradient."""
    at = gradient.at(np.random.default_rng(SEED))
    given = gradient.backward(student, at)
    entries(f"what {gradient.function} returns", given, ())
    return [_row(gradient, student, at, name, given) for name in gradient.wrt]


def _row(gradient: Gradient, student: Any, at: Point, name: str, given: Mapping[str, Any]) -> Row:
    if name not in given:
        return Row(name, "-", "-", "MISSING from what you return", False)
    try:
        array = numbers("it", given[name]).astype(np.float64)
    except AssertionError as error:
        return Row(name, "-", "-", f"WRONG: {error}", False)
    wanted = np.shape(at[name])
    if array.shape != wanted:
        turned = ": transposed?" if array.ndim == 2 and array.shape == wanted[::-1] else ""
        return Row(name, str(array.shape), "-", f"WRONG SHAPE: {name} is {wanted}{turned}", False)
    found = _compared(gradient, student, at, name, array)
    largest, words, right = found.largest, _words(found), found.agrees
    if not right and not found.constant:
        if _is_rough(gradient, student, at, name):
            slopes = _slopes(gradient, student, at, name, COARSE_STEP)
            largest = relative(array.ravel(), slopes.ravel())
            right = largest <= COARSE_TOLERANCE
            words = f"{'right' if right else 'WRONG'} (roughly: your forward has few digits)"
        elif np.isfinite(largest):
            words += _fact(gradient, student, at, name, array)
    return Row(name, str(array.shape), f"{largest:.1e}", words, right)


def _compared(
    gradient: Gradient, student: Any, at: Point, name: str, given: np.ndarray
) -> Agreement:
    alone = replace(gradient, backward=lambda module, here: {name: given}, wrt=(name,))
    return by_coordinate(alone, student, at)[0]


def _words(found: Agreement) -> str:
    if found.constant:
        return "WRONG: your own loss does not change with it"
    if found.skipped and found.skipped == found.size:
        return "NOT JUDGED: each entry is at a kink"
    word = "right" if found.agrees else "WRONG"
    skipped = f" ({found.skipped} of {found.size} entries skipped: at a kink)"
    return f"{word}{skipped if found.skipped else ''}"


def _is_rough(gradient: Gradient, student: Any, at: Point, name: str) -> bool:
    """Return whether the loss jumps on a short straight line, as in float32.

    The third difference over steps of 1e-5 is about 1e-15 for a smooth loss and 1e-8 in float32.
    """
    array = np.asarray(at[name], np.float64)
    line = np.random.default_rng(SEED).standard_normal(array.shape) * 1e-5
    losses = [float(gradient.loss(student, {**at, name: array + k * line})) for k in range(12)]
    return bool(np.abs(np.diff(losses, 3)).max() > 1e-11 * max(np.abs(losses).max(), 1e-3))


def _fact(gradient: Gradient, student: Any, at: Point, name: str, given: np.ndarray) -> str:
    """Return the simple factor by which a wrong gradient is off, in words, or ''."""
    sizes = sorted({size for array in at.values() for size in np.shape(array) if size > 1})
    facts = {-1.0: "right but for its sign", 0.5: "twice the right one", 2.0: "half the right one"}
    facts |= {1.0 / n: f"{n} times too large, and {n} is a size of the input" for n in sizes}
    facts |= {1.0 * n: f"{n} times too small, and {n} is a size of the input" for n in sizes}
    numeric = _slopes(gradient, student, at, name, STEP).ravel()
    for factor, fact in facts.items():
        if relative(given.ravel() * factor, numeric) <= FACT_TOLERANCE:
            return f": {fact}"
    return ""


def _slopes(gradient: Gradient, student: Any, at: Point, name: str, size: float) -> np.ndarray:
    """Return the numeric gradient for one step size, including kinks."""
    array = np.asarray(at[name], np.float64)
    slopes = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        step = np.zeros(array.shape)
        step[place] = size
        ahead, behind = (gradient.loss(student, {**at, name: array + s}) for s in (step, -step))
        slopes[place] = (ahead - behind) / (2 * size)
    return slopes
