"""What holds for every function: arguments are left alone, equal arguments give equal results."""

import pytest

from grader.testing import Failed

from . import cases

FUNCTIONS = (
    cases.cell_forward_cases,
    cases.cell_backward_cases,
    cases.sequence_forward_cases,
    cases.sequence_backward_cases,
)


@pytest.mark.points(3)
def test_arguments_are_left_alone(check):
    """no function modifies its arguments"""
    check.unmodified(*FUNCTIONS)


@pytest.mark.points(1)
def test_equal_arguments_give_equal_results(check):
    """calling again with equal arguments gives equal results"""
    check.repeats(*FUNCTIONS[:3])


@pytest.mark.points(1)
def test_same_cache_gives_equal_results(check):
    """sequence_backward gives the same for the same cache, twice"""
    try:
        check.repeats(cases.sequence_backward_cases)
    except Failed as failed:  # no mistake is named: the cache may have changed, or something kept
        raise Failed(str(failed), detail=failed.detail) from None
