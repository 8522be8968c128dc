"""pad_or_truncate: the batch, and the lengths of what is left."""

import pytest

from . import cases


@pytest.mark.points(3)
def test_longest(check):
    """pad_or_truncate pads with zeros at the end, up to the longest text"""
    check(cases.longest_cases, 0, name="batch")


@pytest.mark.points(2)
def test_longest_lengths(check):
    """pad_or_truncate counts the vectors of each text, as integers"""
    check(cases.longest_cases, 1, name="lengths")


@pytest.mark.points(4)
def test_cut(check):
    """pad_or_truncate keeps the first L vectors of longer texts"""
    check(cases.cut_cases, 0, name="batch")


@pytest.mark.points(3)
def test_cut_lengths(check):
    """pad_or_truncate counts what is left after cutting"""
    check(cases.cut_cases, 1, name="lengths")


@pytest.mark.points(3)
def test_wide(check):
    """pad_or_truncate pads up to L when every text is shorter"""
    check(cases.wide_cases)


@pytest.mark.points(3)
def test_empty_texts(check):
    """pad_or_truncate copes with texts without words"""
    check(cases.empty_text_cases)


@pytest.mark.points(1)
def test_zero_vectors(check):
    """pad_or_truncate counts real vectors of zeros"""
    check(cases.zero_vector_cases)


@pytest.mark.points(3)
def test_no_text(check):
    """pad_or_truncate raises ValueError for an empty list, with a length too"""
    check.raises(cases.bad_no_text_cases, ValueError, but=cases.wide_cases)
