"""max_pool, and its gradient."""

import numpy as np
import pytest

from grader.testing import TOLERANCE, Failed, rough

from . import cases


@pytest.mark.points(5)
def test_max(check):
    """max_pool takes the largest value in each dimension"""
    check(cases.max_plain_cases, 0, name="pooled")


@pytest.mark.points(3)
def test_negative(check):
    """max_pool: zeros in the padding do not win over negative values"""
    check(cases.max_negative_cases, 0, name="pooled")


@pytest.mark.points(3)
def test_garbage(check):
    """max_pool leaves out padding, whatever it holds"""
    check(cases.max_garbage_cases, 0, name="pooled")


@pytest.mark.points(1)
def test_zeros(check):
    """max_pool counts real vectors of zeros"""
    check(cases.max_zeros_cases, 0, name="pooled")


@pytest.mark.points(2)
def test_low(check):
    """max_pool is right for values below -1e9"""
    check(cases.max_low_cases, 0, name="pooled")


@pytest.mark.points(2)
def test_empties(check):
    """max_pool of a text without words is 0"""
    check(cases.max_empties_cases, 0, name="pooled")


@pytest.mark.points(4)
def test_backward(check):
    """max_pool_backward gives all to the winner of each dimension"""
    check(cases.max_backward_plain_cases, gradient=cases.follow)


@pytest.mark.points(2)
def test_backward_negative(check):
    """max_pool_backward: zeros in the padding do not win over negatives"""
    check(cases.max_backward_negative_cases, gradient=cases.follow)


@pytest.mark.points(2)
def test_backward_garbage(check):
    """max_pool_backward leaves out padding, whatever it holds"""
    check(cases.max_backward_garbage_cases, gradient=cases.follow)


@pytest.mark.points(1)
def test_backward_twins(check):
    """max_pool_backward gives padding 0, even where it equals the maximum"""
    check(cases.max_backward_twins_cases, gradient=cases.follow)


@pytest.mark.points(1)
def test_backward_zeros(check):
    """max_pool_backward: a real vector of zeros may win"""
    check(cases.max_backward_zeros_cases, gradient=cases.follow)


@pytest.mark.points(1)
def test_backward_low(check):
    """max_pool_backward is right for values below -1e9"""
    check(cases.max_backward_low_cases, gradient=cases.follow)


@pytest.mark.points(2)
def test_backward_empties(check):
    """max_pool_backward is 0 in a text without words"""
    check(cases.max_backward_empties_cases, gradient=cases.follow)


BOTH = """lambda dpooled, *texts: np.asarray(
    student.max_pool_backward(dpooled, student.max_pool(*texts)[1]), float
)"""
"""Both calls inside the sandbox: the cache between them may be anything."""


@pytest.mark.points(4)
def test_backward_ties(check, student, rng):
    """max_pool_backward: tied positions share the gradient in any way"""
    check.function = "max_pool_backward"
    both = student.eval(BOTH)
    for batch, lengths in cases.tied(rng):
        dpooled = cases.upstream(rng, batch[:, 0].shape)
        dbatch = np.asarray(both(dpooled, batch, lengths), float)
        judge_split(batch, lengths, dpooled, dbatch)


def judge_split(batch, lengths, dpooled, dbatch):
    """Pass a split among the tied positions that is not negative and sums to what arrives."""
    if np.shape(dbatch) != batch.shape:
        raise Failed("dbatch has not the shape of batch")
    real = cases.is_real(batch, lengths)[:, :, None]
    top = np.where(real, batch, -np.inf).max(axis=1, keepdims=True)
    winner = real & (batch == top)
    share = dbatch / dpooled[:, None]
    tolerance = TOLERANCE * np.abs(dpooled).max() / np.abs(dpooled).min()
    if np.abs(share - winner).max() <= tolerance:
        raise Failed("dbatch: every tied position gets all of dpooled", 0, "ties-all-paid")
    if not np.abs(share[~winner]).max() <= tolerance:
        raise Failed("dbatch: a position that is not a maximum gets something")
    if not share.min() >= -tolerance:
        raise Failed("dbatch: a tied position gets a negative share")
    off = np.abs(share.sum(axis=1) - 1).max()
    if not off <= tolerance:
        raise Failed(f"dbatch: the shares of a tie sum to 1, yours are off by {rough(float(off))}")


@pytest.mark.points(2)
@pytest.mark.timed("max_pool_backward")
def test_backward_is_fast(check):
    """max_pool_backward does not try every number in turn"""
    check.fast(cases.timed_max_cases, limit=6000)
