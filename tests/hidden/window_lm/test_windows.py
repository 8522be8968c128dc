"""make_windows: a text cut into contexts and targets."""

import pytest

from .cases import short_cases, window_cases


@pytest.mark.points(4)
def test_contexts(check):
    """make_windows: contexts are the n - 1 words before each target"""
    check(window_cases, 0, name="contexts")


@pytest.mark.points(3)
def test_targets(check):
    """make_windows: targets are all words that have a full context"""
    check(window_cases, 1, name="targets")


@pytest.mark.points(2)
def test_short_texts(check):
    """make_windows finds no window in a text shorter than n"""
    check(short_cases)
