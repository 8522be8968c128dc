"""TwoLayer and WindowLM, with given values copied into their parameters."""

import pytest

from .cases import (
    MODEL,
    NETWORK,
    two_layer_at_zero_cases,
    two_layer_cases,
    two_layer_gradient_cases,
    two_layer_params_cases,
    window_cases,
    window_gradient_cases,
    window_params_cases,
)


def arrays(**points):
    """A parameter of the test for each array, with its points."""
    marked = [pytest.param(name, marks=pytest.mark.points(n)) for name, n in points.items()]
    return pytest.mark.parametrize("array", marked)


@pytest.mark.points(2)
def test_two_layer_parameters(check):
    """TwoLayer lists W1, b1, W2 and b2, in the shapes of the docstring"""
    check(two_layer_params_cases)


@pytest.mark.points(9)
def test_two_layer(check):
    """TwoLayer gives the logits z2"""
    check(two_layer_cases, own=("ReLU",))


@arrays(W1=5, b1=3, W2=3, b2=1, X=2)
def test_two_layer_gradient(check, array):
    """TwoLayer: the gradient of {array} is right"""
    check(two_layer_gradient_cases, array, own=("ReLU",), gradient=NETWORK)


@pytest.mark.points(5)
def test_two_layer_uses_relu(check):
    """TwoLayer uses your ReLU: slope 1 where z1 is exactly 0"""
    check(two_layer_at_zero_cases, "b1", own=("ReLU",))


@pytest.mark.points(2)
def test_window_parameters(check):
    """WindowLM lists E, W1, b1, W2 and b2, in the shapes of the docstring"""
    check(window_params_cases)


@pytest.mark.points(9)
def test_window(check):
    """WindowLM gives the logits of the next word"""
    check(window_cases)


@arrays(E=5, W1=4, b1=2, W2=2, b2=1)
def test_window_gradient(check, array):
    """WindowLM: the gradient of {array} is right"""
    check(window_gradient_cases, array, gradient=MODEL)
