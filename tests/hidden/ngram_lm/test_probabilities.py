"""probabilities: counting, the marks of the beginning and the end, smoothing."""

import pytest

from . import cases


@pytest.mark.points(9)
def test_bigrams(check):
    """probabilities: for n = 2, the shares of the words after a word"""
    check(cases.bigram_cases)


@pytest.mark.points(6)
def test_ends(check):
    """probabilities: the id 1 follows the last word of a sentence"""
    check(cases.end_cases)


@pytest.mark.points(7)
def test_starts(check):
    """probabilities: sentences begin after n - 1 times the id 0"""
    check(cases.start_cases)


@pytest.mark.points(9)
def test_wide_contexts(check):
    """probabilities: for n = 3 and 4, contexts in their order, oldest first"""
    check(cases.wide_cases)


@pytest.mark.points(5)
def test_unigrams(check):
    """probabilities: for n = 1, every row is the share in the whole text"""
    check(cases.unigram_cases)


@pytest.mark.points(14)
def test_smoothing(check):
    """probabilities: k is added for each of the V - 1 ids that can follow"""
    check(cases.smoothed_cases)


@pytest.mark.points(6)
def test_unseen_contexts(check):
    """probabilities: with k = 0, an unseen context has a row of zeros"""
    check(cases.unseen_cases)


@pytest.mark.points(4)
def test_empty_sentences(check):
    """probabilities: an empty sentence is a start and an end"""
    check(cases.empty_sentence_cases)


@pytest.mark.points(2)
@pytest.mark.timed("probabilities")
def test_is_fast(check):
    """probabilities counts in reasonable time"""
    check.fast(cases.timed_cases, limit=1500)
