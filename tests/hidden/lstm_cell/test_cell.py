"""One step: cell_forward, and cell_backward one array at a time, on the cache of the reference."""

import pytest

from . import cases


@pytest.mark.points(5)
def test_cell_state(check):
    """cell_forward: the cell state c is correct"""
    check(cases.cell_forward_cases, 1, name="c")


@pytest.mark.points(5)
def test_hidden_state(check):
    """cell_forward: the hidden state h is correct"""
    check(cases.cell_forward_cases, 0, name="h")


@pytest.mark.points(2)
def test_forward(check):
    """cell_forward gives h, c and a cache with all its keys"""
    check(cases.cell_forward_cases)


POINTS = {"c_prev": 5, "x": 4, "h_prev": 4} | {
    kind + k: points for kind, points in dict(W=3, U=2, b=1).items() for k in "figo"
}


@pytest.mark.parametrize(
    "array",
    [pytest.param(name, marks=pytest.mark.points(points)) for name, points in POINTS.items()],
)
def test_backward(check, array):
    """cell_backward: the gradient of {array} counts both dh and dc"""
    check(
        cases.cell_backward_cases,
        array,
        local=cases.LOCAL.get(array),
        gradient=cases.CELL_BACKWARD,
    )


@pytest.mark.points(2)
@pytest.mark.timed("cell_backward")
def test_backward_is_fast(check):
    """cell_backward uses backpropagation: it does not try every weight in turn"""
    check.fast(cases.timed_cell_cases, limit=1500)
