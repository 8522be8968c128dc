"""What holds for every function: arguments are left alone, equal arguments give equal results."""

import pytest

from . import cases

FUNCTIONS = (
    cases.cut_cases,
    cases.mean_garbage_cases,
    cases.mean_empties_cases,
    cases.mean_backward_plain_cases,
    cases.max_garbage_cases,
    cases.max_empties_cases,
    cases.max_backward_plain_cases,
    cases.max_backward_empties_cases,
    cases.embed_cases,
    cases.repeat_cases,
)


@pytest.mark.points(3)
def test_arguments_are_left_alone(check):
    """no function modifies its arguments"""
    check.unmodified(*FUNCTIONS)


@pytest.mark.points(2)
def test_equal_arguments_give_equal_results(check):
    """calling again with equal arguments gives equal results"""
    check.repeats(*FUNCTIONS)
