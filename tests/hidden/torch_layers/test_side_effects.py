"""What holds for every class: arguments are left alone, equal arguments give equal results."""

import pytest

from . import cases

CLASSES = (
    cases.relu_cases,
    cases.relu_gradient_cases,
    cases.loss_cases,
    cases.loss_gradient_cases,
    cases.two_layer_cases,
    cases.two_layer_gradient_cases,
    cases.window_cases,
    cases.window_gradient_cases,
)


@pytest.mark.points(2)
def test_arguments_are_left_alone(check):
    """no class modifies its inputs, its parameters or what comes from above"""
    check.unmodified(*CLASSES)


@pytest.mark.points(2)
def test_equal_arguments_give_equal_results(check):
    """calling again with equal arguments gives equal results"""
    check.repeats(*CLASSES)
