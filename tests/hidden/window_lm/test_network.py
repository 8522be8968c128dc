"""forward, and backward one array at a time, on the cache of the reference."""

import pytest

from .cases import BACKWARD, LOCAL, backward_cases, forward_cases, timed_cases


@pytest.mark.points(9)
def test_forward(check):
    """forward gives the probabilities of the next word"""
    check(forward_cases, 0, name="the probabilities", own=("softmax",))


@pytest.mark.points(1)
def test_cache(check):
    """forward gives a cache with all its keys"""
    check(forward_cases, 1)


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(name, marks=pytest.mark.points(points))
        for name, points in dict(E=7, W1=6, b1=4, W2=5, b2=4).items()
    ],
)
def test_backward(check, array):
    """backward: {array} is the gradient of the mean loss"""
    check(backward_cases, array, local=LOCAL.get(array), own=("softmax",), gradient=BACKWARD)


@pytest.mark.points(2)
@pytest.mark.timed("backward")
def test_backward_is_fast(check):
    """backward propagates: it does not try every weight in turn"""
    check.fast(timed_cases, limit=1500)
