"""perplexity, train and generate."""

import pytest

from .cases import (
    generate_cases,
    length_cases,
    perplexity_cases,
    tie_cases,
    train_cases,
    untrained_cases,
)

PARTS = ("make_windows", "forward", "cross_entropy")


@pytest.mark.points(5)
def test_perplexity(check):
    """perplexity is exp of the mean cross-entropy over the windows"""
    check(perplexity_cases, own=PARTS)


@pytest.mark.points(6)
def test_trained_params(check):
    """train takes a step for every batch, the short one too"""
    check(train_cases, 0, own=(*PARTS, "backward"), name="params")


@pytest.mark.points(4)
def test_losses(check):
    """train's losses are taken before each step, a mean over the windows"""
    check(train_cases, 1, own=(*PARTS, "backward"), name="losses")


@pytest.mark.points(1)
def test_no_epochs(check):
    """train with epochs = 0 gives equal params and no losses"""
    check(untrained_cases)


@pytest.mark.points(5)
def test_generate(check):
    """generate goes on with the most probable word, again and again"""
    check(generate_cases, own=("forward",))


@pytest.mark.points(1)
def test_length(check):
    """generate gives as many words as it is asked for, none for 0"""
    check(length_cases)


@pytest.mark.points(2)
def test_ties(check):
    """generate takes the smaller id of words equally probable"""
    check(tie_cases)
