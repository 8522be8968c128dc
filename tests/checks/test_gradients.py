"""Numeric gradients: right ones agree, wrong ones do not, kinks are skipped and constants prove nothing."""

import types

import numpy as np
import pytest

from grader.checks import gradients
from grader.checks.gradients import Gradient, by_coordinate, by_direction


def _at(rng):
    return {"x": rng.standard_normal((3, 2))}


def _module(loss, gradient):
    return types.SimpleNamespace(loss=loss, gradient=gradient)


SMOOTH = Gradient(
    "f", _at, lambda m, at: m.loss(at["x"]), lambda m, at: {"x": m.gradient(at["x"])}, ("x",)
)
CUBE = _module(lambda x: (x**3).sum(), lambda x: 3 * x**2)


@pytest.mark.parametrize("seed", range(20))
def test_right_gradient_agrees(seed):
    """By coordinate and by direction."""
    rng = np.random.default_rng(seed)
    at = _at(rng)
    [row] = by_coordinate(SMOOTH, CUBE, at)
    assert row.agrees
    assert row.skipped == 0
    assert by_direction(SMOOTH, CUBE, at, "x", rng).agrees


@pytest.mark.parametrize(
    "wrong", [lambda x: 3 * x**2 * (1 + 1e-4), lambda x: 3 * x, lambda x: -3 * x**2]
)
def test_wrong_gradient_does_not(wrong):
    """A scale off by 1e-4 is enough."""
    rng = np.random.default_rng(1)
    module = _module(CUBE.loss, wrong)
    at = _at(rng)
    assert not by_coordinate(SMOOTH, module, at)[0].agrees
    assert not by_direction(SMOOTH, module, at, "x", rng).agrees


def test_wrong_shape_does_not():
    """A gradient of another shape is no gradient."""
    module = _module(CUBE.loss, lambda x: (3 * x**2).T)
    assert by_coordinate(SMOOTH, module, _at(np.random.default_rng(0)))[0].largest == np.inf


def test_constant_functions_prove_nothing():
    """A constant loss agrees with a gradient of zeros, and is not taken for an agreement."""
    module = _module(lambda x: 1.0, np.zeros_like)
    at = _at(np.random.default_rng(0))
    [row] = by_coordinate(SMOOTH, module, at)
    assert row.largest == 0  # what a naive check would go by
    assert not row.agrees


def test_nan_proves_nothing():
    """A loss that is not a number agrees with no gradient."""
    module = _module(lambda x: float("nan"), np.zeros_like)
    rng = np.random.default_rng(0)
    assert not by_direction(SMOOTH, module, _at(rng), "x", rng).agrees


RELU = _module(lambda x: np.maximum(x, 0).sum(), lambda x: (x >= 0).astype(float))


def test_kinks_are_skipped_and_counted(monkeypatch):
    """At exactly 0 a right gradient of ReLU would fail but for the screening."""
    at = {"x": np.array([[0.0, 1.0], [-2.0, 0.5], [3.0, -1.0]])}
    [row] = by_coordinate(SMOOTH, RELU, at)
    assert (row.skipped, row.agrees) == (1, True)

    def unscreened(*args):
        slope, _ = screened(*args)
        return slope, False

    screened = gradients._slope
    monkeypatch.setattr(gradients, "_slope", unscreened)
    assert not by_coordinate(SMOOTH, RELU, at)[0].agrees
