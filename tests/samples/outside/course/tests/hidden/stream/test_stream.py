import itertools

import pytest

from grader.testing import approx


@pytest.mark.points(3)
def test_countdown(student):
    """countdown: all values"""
    assert list(student.countdown(4)) == [4, 3, 2, 1]
    assert list(student.countdown(0)) == []


@pytest.mark.points(3)
def test_lazy(student):
    """running_mean: a stream that never ends"""
    endless = student.eval("__import__('itertools').count(1)")
    means = student.running_mean(endless)
    assert list(itertools.islice(means, 4)) == [1.0, 1.5, 2.0, 2.5]


@pytest.mark.points(4)
def test_mean(student, reference, rng):
    """running_mean: random numbers"""
    numbers = rng.normal(size=6).tolist()
    assert list(student.running_mean(numbers)) == approx(list(reference.running_mean(numbers)))
