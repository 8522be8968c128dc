"""The chain rule along a composition."""

import pytest

from .cases import compose_cases


@pytest.mark.points(4)
def test_value(check):
    """compose applies the functions, innermost first"""
    check(compose_cases, 0, name="the value")


@pytest.mark.points(13)
def test_derivative(check):
    """compose multiplies the slopes of all links, each at its own place"""
    check(compose_cases, 1, name="the derivative")
