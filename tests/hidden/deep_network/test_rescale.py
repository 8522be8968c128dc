"""rescale: the start of He et al."""

import pytest

from . import cases


@pytest.mark.parametrize(
    "array",
    [pytest.param(name, marks=pytest.mark.points(n)) for name, n in dict(W1=3, W2=2, W3=2).items()],
)
def test_weights(check, array):
    """rescale gives {array} the variance 2 / fan_in"""
    check(cases.rescale_cases, array)


@pytest.mark.points(5)
def test_rescale(check):
    """rescale scales every layer's weights and sets its biases to zero"""
    check(cases.many_rescale_cases)
