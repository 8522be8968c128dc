"""A whole sequence: forward in time, and back again one array at a time."""

import pytest

from . import cases

OWN = ("cell_forward", "cell_backward")


@pytest.mark.points(8)
def test_forward(check):
    """sequence_forward passes h and c from step to step"""
    check(cases.sequence_forward_cases, 0, own=("cell_forward",), name="hs")


@pytest.mark.points(2)
def test_short(check):
    """sequence_forward copes with T = 0 and T = 1"""
    check(cases.no_step_cases, 0, name="hs")
    check(cases.one_step_cases, 0, own=("cell_forward",), name="hs")


POINTS = {"xs": 4, "h0": 4, "c0": 4} | {kind + k: 1 for kind in "WUb" for k in "figo"}


@pytest.mark.parametrize(
    "array",
    [pytest.param(name, marks=pytest.mark.points(points)) for name, points in POINTS.items()],
)
def test_backward(check, array):
    """sequence_backward: the gradient of {array} is correct over all steps"""
    check(cases.sequence_backward_cases, array, own=OWN, gradient=cases.SEQUENCE_BACKWARD)


@pytest.mark.points(2)
def test_short_backward(check):
    """sequence_backward copes with T = 0 and T = 1"""
    check(cases.no_step_backward_cases)
    check(cases.one_step_backward_cases, own=OWN)


@pytest.mark.points(2)
def test_long(check):
    """sequence_backward works for a long sequence"""
    check(cases.long_cases, own=OWN)


@pytest.mark.points(4)
def test_large(check):
    """sequence_backward does not clip large gradients"""
    check(cases.large_cases, own=OWN)


@pytest.mark.points(2)
@pytest.mark.timed("sequence_backward")
def test_backward_is_fast(check):
    """sequence_backward uses backpropagation: it does not try every weight in turn"""
    check.fast(cases.timed_sequence_cases, limit=1500)
