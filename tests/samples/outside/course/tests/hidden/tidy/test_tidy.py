import numpy as np
import pytest


@pytest.mark.points(4)
def test_dedupe(student):
    """dedupe: a list without repeats"""
    values = [3, 1, 3, 2, 1]
    student.dedupe(values)
    assert values == [3, 1, 2], "the list itself is not changed, or not as it should be"


@pytest.mark.points(3)
def test_clip(student, rng):
    """clip: an array between its bounds"""
    array = student.put(rng.normal(size=8) * 5)
    before = array.value()
    student.clip(array, -1.0, 2.0)
    assert np.array_equal(array.value(), np.clip(before, -1.0, 2.0))


@pytest.mark.points(3)
def test_merge(student):
    """merge: counts are added"""
    counts, more = {"a": 1, "b": 2}, {"b": 3, "c": 4}
    student.merge(counts, more)
    assert counts == {"a": 1, "b": 5, "c": 4}
    assert more == {"b": 3, "c": 4}, "more is not to be changed"
