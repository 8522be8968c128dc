"""softmax and the cross-entropy."""

import pytest

from .cases import far_loss_cases, far_softmax_cases, loss_cases, softmax_cases


@pytest.mark.points(5)
def test_softmax(check):
    """softmax gives each example its probabilities"""
    check(softmax_cases)


@pytest.mark.points(3)
def test_softmax_far_from_zero(check):
    """softmax is finite and right for logits up to 10,000"""
    check(far_softmax_cases)


@pytest.mark.points(5)
def test_cross_entropy(check):
    """cross_entropy is the mean over the examples, in nats"""
    check(loss_cases)


@pytest.mark.points(4)
def test_cross_entropy_far_from_zero(check):
    """cross_entropy is finite and right for logits up to 10,000"""
    check(far_loss_cases)
