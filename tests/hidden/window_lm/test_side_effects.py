"""What holds for every function: arguments are left alone, equal arguments give equal results."""

import pytest

from . import cases

FUNCTIONS = (
    cases.window_cases,
    cases.softmax_cases,
    cases.loss_cases,
    cases.forward_cases,
    cases.backward_cases,
    cases.perplexity_cases,
    cases.train_cases,
    cases.generate_cases,
)


@pytest.mark.points(3)
def test_arguments_are_left_alone(check):
    """no function modifies its arguments"""
    check.unmodified(*FUNCTIONS)


@pytest.mark.points(2)
def test_equal_arguments_give_equal_results(check):
    """calling again with equal arguments gives equal results"""
    check.repeats(*FUNCTIONS)
