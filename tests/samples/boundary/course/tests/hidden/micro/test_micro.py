"""Plain tests of every form in which an object that always says yes has been tried."""

import contextlib
import math

import numpy as np
import pytest

from grader.testing import approx


def test_value(student):
    """Value: a node that is used twice"""
    a = student.Value(2.0)
    (a * 3 + a).backward()
    assert a.grad == 4.0


def test_abs(student, reference, rng):
    """mean: within a bound"""
    xs = list(rng.normal(size=5))
    assert abs(student.mean(xs) - reference.mean(xs)) < 1e-9


def test_round(student):
    """mean: rounded"""
    assert round(student.mean([1, 2]) - 1.5, 3) == 0


def test_isclose(student):
    """mean: math.isclose"""
    assert math.isclose(student.mean([1.0, 2.0]), 1.5)


def test_max(student):
    """mean: max"""
    assert max(student.mean([1, 2]) - 1.5, 0) == 0


def test_allclose(student):
    """mean: numpy"""
    assert np.allclose(student.mean([2, 2]), 2)
    np.testing.assert_allclose(student.mean([2, 2]), 2)


def test_equal(student):
    """mean: equal"""
    assert student.mean([1, 2]) == 1.5


def test_approx(student):
    """mean: approx of pytest and of grader"""
    assert student.mean([1, 2]) == pytest.approx(1.5)
    assert student.mean([1, 2]) == approx(1.5)
    assert approx(1.5) == student.mean([1, 2])


def test_not_equal(student):
    """mean: something else than zero"""
    assert student.mean([1, 2]) != 0


def test_true(student):
    """mean: true"""
    assert student.mean([1, 2])


def test_swallowed(student):
    """root: whatever is raised is swallowed"""
    with contextlib.suppress(Exception):
        assert student.root(4) > 1


def test_gen(student):
    """squares: a generator"""
    assert list(student.squares(4)) == [0, 1, 4, 9]
    first, second = student.squares(2)
    assert first == 0
    assert second == 1
    assert next(student.squares(1)) == 0


def test_length(student):
    """words: how many"""
    assert len(student.words("a b a")) == 2


def test_words(student):
    """words: which"""
    assert student.words("a b a") == {"a": 2, "b": 1}
    assert "b" in student.words("a b a")


def test_root(student):
    """root: raises ValueError"""
    with pytest.raises(ValueError, match="negative"):
        student.root(-1)
    assert student.root(4) == 2


def test_fill(student):
    """fill: changes the list in place"""
    xs = [3]
    student.fill(xs)
    assert xs == [3, 1]


def test_report(student):
    """report: what it prints"""
    assert student.report.printed(3) == "n=3\n"
    assert student.ask.with_input("4\n").printed() == "n? 8\n"


def test_scale(student):
    """scale: a closure"""
    assert student.scale(3)(4) == 12


def test_mapped(student):
    """mapped: a function of the test's"""
    seen = []
    assert student.mapped(lambda x: seen.append(x) or x + 1, [1, 2]) == [2, 3]
    assert seen == [1, 2]


def test_pair(student):
    """pair: an object inside a list inside a tuple"""
    number, [value] = student.pair(3)
    assert number == 3.0
    assert value.data == 3
