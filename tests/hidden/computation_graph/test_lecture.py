"""L = c(a + 2b), forward and backward."""

import pytest

from .cases import BACKWARD, LOCAL, backward_cases, forward_cases


@pytest.mark.points(9)
def test_forward(check):
    """forward computes L = c(a + 2b), and a cache with all its keys"""
    check(forward_cases)


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(name, marks=pytest.mark.points(points))
        for name, points in dict(a=5, b=6, c=5, d=4, e=4).items()
    ],
)
def test_backward(check, node):
    """backward: {node} is the derivative of L with respect to {node}"""
    check(backward_cases, node, local=LOCAL.get(node), gradient=BACKWARD)
