"""backward: three layers one array at a time, one layer, and many; each array on its own scale."""

import pytest

from . import cases

POINTS = dict(W3=2, b3=1, W2=2, b2=1, W1=3, b1=1)


@pytest.mark.parametrize("activation", cases.ACTIVATIONS)
@pytest.mark.parametrize(
    "array",
    [pytest.param(name, marks=pytest.mark.points(points)) for name, points in POINTS.items()],
)
def test_backward(check, activation, array):
    """backward: {array} is right, with {activation} on the hidden layers"""
    check(
        cases.BACKWARD[activation],
        array,
        local=cases.LOCAL.get(array),
        gradient=cases.FOLLOW[activation],
    )


@pytest.mark.points(2)
def test_one_layer(check):
    """backward copes with K = 1: no hidden layer"""
    check.whole(cases.one_layer_backward_cases, cases.LOCAL, gradient=cases.ONE_LAYER)


@pytest.mark.parametrize("activation", cases.ACTIVATIONS)
@pytest.mark.points(3)
def test_many_layers(check, activation):
    """backward goes through ten and more layers of {activation}"""
    check.whole(
        cases.DEEP_BACKWARD[activation], cases.LOCAL, gradient=cases.DEEP_FOLLOW[activation]
    )


@pytest.mark.points(2)
def test_saturated(check):
    """backward is right for output logits up to 40, where a prediction rounds to 0 or 1"""
    check(cases.saturated_backward_cases, "b1")


@pytest.mark.points(3)
def test_vanishing(check):
    """backward loses no digits where the gradient is below 1e-45"""
    check.whole(cases.vanishing_cases, cases.LOCAL, share=cases.FAINT)


@pytest.mark.points(2)
@pytest.mark.timed("backward")
def test_backward_is_fast(check):
    """backward propagates: it does not try every weight in turn"""
    check.fast(cases.timed_cases, limit=1500)
