"""mean_pool, and its gradient."""

import pytest

from . import cases


@pytest.mark.points(5)
def test_mean(check):
    """mean_pool divides by the number of real vectors"""
    check(cases.mean_plain_cases, 0, name="pooled")


@pytest.mark.points(3)
def test_garbage(check):
    """mean_pool leaves out padding, whatever it holds"""
    check(cases.mean_garbage_cases, 0, name="pooled")


@pytest.mark.points(2)
def test_zeros(check):
    """mean_pool counts real vectors of zeros"""
    check(cases.mean_zeros_cases, 0, name="pooled")


@pytest.mark.points(2)
def test_empties(check):
    """mean_pool of a text without words is 0"""
    check(cases.mean_empties_cases, 0, name="pooled")


@pytest.mark.points(5)
def test_backward(check):
    """mean_pool_backward gives each real vector its share, and padding 0"""
    check(cases.mean_backward_plain_cases, gradient=cases.follow)


@pytest.mark.points(1)
def test_backward_zeros(check):
    """mean_pool_backward gives real vectors of zeros their share"""
    check(cases.mean_backward_zeros_cases, gradient=cases.follow)


@pytest.mark.points(2)
def test_backward_empties(check):
    """mean_pool_backward is 0 in a text without words"""
    check(cases.mean_backward_empties_cases, gradient=cases.follow)


@pytest.mark.points(2)
@pytest.mark.timed("mean_pool_backward")
def test_backward_is_fast(check):
    """mean_pool_backward does not try every number in turn"""
    check.fast(cases.timed_mean_cases, limit=6000)
