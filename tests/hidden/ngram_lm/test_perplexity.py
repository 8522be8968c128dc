"""perplexity: of a text that the model has not seen."""

import pytest

from . import cases

OWN = ("probabilities",)


@pytest.mark.points(11)
def test_perplexity(check):
    """perplexity is exp(-mean ln p) over every id predicted, ends included"""
    check(cases.perplexity_cases, own=OWN, name="the perplexity")


@pytest.mark.points(3)
def test_unigrams(check):
    """perplexity: n = 1"""
    check(cases.unigram_perplexity_cases, own=OWN, name="the perplexity")


@pytest.mark.points(8)
def test_impossible(check):
    """perplexity is infinite where an id has probability 0, and only there"""
    check(cases.impossible_cases, own=OWN, name="the perplexity")


@pytest.mark.points(7)
def test_long_text(check):
    """perplexity of a long text, whose probability no float can hold"""
    check(cases.long_cases, own=OWN, name="the perplexity")


@pytest.mark.points(4)
def test_empty_sentences(check):
    """perplexity: the end of an empty sentence is predicted too"""
    check(cases.empty_test_cases, own=OWN, name="the perplexity")
