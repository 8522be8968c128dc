"""Numeric gradients: central differences by coordinate or by direction, without kinks.

They have three uses: the self-check, partial credit for a `backward` that is the true derivative of
a wrong `forward`, and the proof that the reference is right. One `Gradient` describes all three:

    Gradient("backward", at=point, loss=mean_loss, backward=gradients, wrt=("W1", "b1"))

where ``module`` in ``loss(module, at)`` and ``backward(module, at)`` is any object with the
contract's functions: a module, a notebook's namespace, or a student's module in a worker.

The step h = 1e-5 in float64 balances truncation and rounding (median error 2e-11 to 8e-11, relative
to the whole vector). Vectors are compared, never single elements: a right LSTM reaches an error of
2.8e-3 on one element. At a kink (ReLU at 0, a tie in a maximum) the two one-sided slopes differ by
a jump that does not halve with h, as it would for a smooth function. Such coordinates are skipped
and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from msgspec import Struct

STEP: Final = 1e-5
TOLERANCE: Final = 1e-6
"""Largest difference, relative to the larger root mean square of the two vectors."""
DIRECTIONS: Final = 4
MOST_SKIPPED: Final = 0.05
"""If a larger share of coordinates is at a kink, the inputs are unsuitable."""

Point = dict[str, Any]
Loss = Callable[[Any, Point], float]


class Gradient(Struct, frozen=True):
    """A gradient that can be checked numerically.

    ``at(rng)`` draws a point: a dict of arguments. ``loss(module, at)`` returns a scalar, and
    ``backward(module, at)`` its gradients, at least for the names in ``wrt``.
    """

    function: str
    at: Callable[[np.random.Generator], Point]
    loss: Loss
    backward: Callable[[Any, Point], Mapping[str, Any]]
    wrt: tuple[str, ...]


class Agreement(Struct, frozen=True):
    """The result of comparing one gradient array with the numeric gradient."""

    name: str
    shape: tuple[int, ...]
    largest: float
    """See `relative`; infinite if there is nothing to compare."""
    skipped: int = 0
    """Number of coordinates skipped because of a kink."""
    size: int = 0
    constant: bool = False
    """Whether the loss does not depend on this array at all, so that agreement proves nothing."""

    @property
    def agrees(self) -> bool:
        """Return whether the gradient is the derivative, within numeric accuracy."""
        return self.largest <= TOLERANCE and not self.constant


def by_coordinate(gradient: Gradient, module: Any, at: Point) -> list[Agreement]:
    """Compare every entry of every array in ``wrt``, for the tables that students read."""
    analytic = gradient.backward(module, at)
    return [_compare(gradient, module, at, name, analytic[name]) for name in gradient.wrt]


def _compare(gradient: Gradient, module: Any, at: Point, name: str, analytic: Any) -> Agreement:
    array = np.asarray(at[name], np.float64)
    given = np.asarray(analytic, np.float64)
    if given.shape != array.shape:
        return Agreement(name, given.shape, np.inf, size=array.size)
    numeric, kinked = np.zeros(array.size), np.zeros(array.size, bool)
    here = gradient.loss(module, at)
    for i in range(array.size):
        direction = np.zeros(array.size)
        direction[i] = 1.0
        numeric[i], kinked[i] = _slope(gradient, module, at, name, direction, here)
    largest = relative(given.ravel()[~kinked], numeric[~kinked])
    constant = not numeric.any()
    return Agreement(name, given.shape, largest, int(kinked.sum()), array.size, constant)


def by_direction(
    gradient: Gradient, module: Any, at: Point, name: str, rng: np.random.Generator
) -> Agreement:
    """Compare slopes along `DIRECTIONS` random directions: few calls over a pipe."""
    analytic = np.asarray(gradient.backward(module, at)[name], np.float64)
    array = np.asarray(at[name], np.float64)
    if analytic.shape != array.shape:
        return Agreement(name, analytic.shape, np.inf, size=array.size)
    here = gradient.loss(module, at)
    slopes, products, skipped = [], [], 0
    for _ in range(DIRECTIONS):
        direction = rng.standard_normal(array.size)
        direction /= np.linalg.norm(direction)
        slope, kinked = _slope(gradient, module, at, name, direction, here)
        skipped += kinked
        if not kinked:
            slopes.append(slope)
            products.append(float(direction @ analytic.ravel()))
    largest = relative(np.array(products), np.array(slopes))
    return Agreement(name, array.shape, largest, skipped, DIRECTIONS, not any(slopes))


def _slope(
    gradient: Gradient, module: Any, at: Point, name: str, direction: np.ndarray, here: float
) -> tuple[float, bool]:
    """Return the central difference along ``direction`` and whether there is a kink."""

    def loss(step: float) -> float:
        array = np.asarray(at[name], np.float64)
        moved = array + step * direction.reshape(array.shape)
        return float(gradient.loss(module, {**at, name: moved}))

    ahead, behind = loss(STEP), loss(-STEP)
    slope = (ahead - behind) / (2 * STEP)
    jump = abs(ahead - 2 * here + behind) / STEP
    rounding = 1e-13 * max(abs(here), 1e-3) / STEP
    if jump <= 1e-3 * abs(slope) + rounding:
        return slope, False
    half = abs(loss(STEP / 2) - 2 * here + loss(-STEP / 2)) / (STEP / 2)
    return slope, half > 0.75 * jump


def relative(given: np.ndarray, numeric: np.ndarray) -> float:
    """Return the largest difference, relative to the larger root mean square.

    Returns:
        Infinity if an array has a non-finite entry or is empty; 0 if both are zero.
    """
    if given.size == 0 or not (np.isfinite(given).all() and np.isfinite(numeric).all()):
        return float("inf")
    size = max(np.sqrt(np.mean(given**2)), np.sqrt(np.mean(numeric**2)))
    return float(np.abs(given - numeric).max() / size) if size else 0.0
