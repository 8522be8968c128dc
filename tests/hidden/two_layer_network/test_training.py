"""update and train."""

import pytest

from .cases import train_cases, update_cases

PARTS = ("forward", "backward", "update", "loss_from_logits")


@pytest.mark.points(5)
def test_update(check):
    """update steps downhill, in new arrays"""
    check(update_cases)


@pytest.mark.points(6)
def test_trained_params(check):
    """train visits every tuple in order, with an update after each"""
    check(train_cases, 0, own=PARTS, name="params")


@pytest.mark.points(4)
def test_losses(check):
    """train's losses are taken before each update, a mean for each epoch"""
    check(train_cases, 1, own=PARTS, name="losses")
