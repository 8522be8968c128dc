"""What holds for every function: arguments are left alone, equal arguments give equal results."""

import pytest

from . import cases

FUNCTIONS = (
    cases.tanh_forward_cases,
    cases.relu_backward_cases,
    cases.norms_cases,
    cases.rescale_cases,
)


@pytest.mark.points(3)
def test_arguments_are_left_alone(check):
    """no function modifies its arguments"""
    check.unmodified(*FUNCTIONS)


@pytest.mark.points(2)
def test_equal_arguments_give_equal_results(check):
    """calling again with equal arguments gives equal results"""
    check.repeats(*FUNCTIONS)
