"""The binary cross-entropy, from probabilities and from logits."""

import pytest

from .cases import logit_cases, loss_cases


@pytest.mark.points(6)
def test_loss(check):
    """loss is the mean binary cross-entropy"""
    check(loss_cases)


@pytest.mark.points(8)
def test_loss_from_logits(check):
    """loss_from_logits is finite and exact for logits up to 800"""
    check(logit_cases)
