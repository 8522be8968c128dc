"""forward, and backward one array at a time, on the cache of the reference."""

import pytest

from .cases import (
    BACKWARD,
    LOCAL,
    backward_cases,
    forward_cases,
    saturated_backward_cases,
    timed_cases,
)


@pytest.mark.points(12)
def test_forward(check):
    """forward gives the predictions, and a cache with all its keys"""
    check(forward_cases, own=("relu", "sigmoid"))


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(name, marks=pytest.mark.points(points))
        for name, points in dict(z2=4, W2=6, b2=4, a1=4, z1=6, W1=6, b1=4).items()
    ],
)
def test_backward(check, array):
    """backward: {array} is the gradient of the mean loss"""
    check(
        backward_cases,
        array,
        local=LOCAL.get(array),
        own=("relu_derivative",) if array == "z1" else (),
        gradient=BACKWARD,
    )


@pytest.mark.points(3)
def test_backward_saturated(check):
    """backward is right where a prediction is 0.0 or 1.0 to the last bit"""
    check(saturated_backward_cases, "z2")


@pytest.mark.points(2)
@pytest.mark.timed("backward")
def test_backward_is_fast(check):
    """backward propagates: it does not try every weight in turn"""
    check.fast(timed_cases, limit=4000)
