"""relu, sigmoid and their slopes."""

import pytest

from .cases import relu_cases, sigmoid_cases, sigmoid_slope_cases, slope_at_zero_cases, slope_cases


@pytest.mark.points(3)
def test_relu(check):
    """relu sets negative values to 0 and keeps the others"""
    check(relu_cases)


@pytest.mark.points(3)
def test_relu_derivative(check):
    """relu_derivative is 0 below zero and 1 above"""
    check(slope_cases)


@pytest.mark.points(1)
def test_relu_derivative_at_zero(check):
    """relu_derivative is 1 at exactly 0, as in the lecture"""
    check(slope_at_zero_cases)


@pytest.mark.points(4)
def test_sigmoid(check):
    """sigmoid is right, and finite far from 0"""
    check(sigmoid_cases)


@pytest.mark.points(4)
def test_sigmoid_derivative(check):
    """sigmoid_derivative is the slope of sigmoid at z"""
    check(sigmoid_slope_cases)
