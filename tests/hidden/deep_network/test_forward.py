"""forward: three layers with each activation, one layer, and many."""

import pytest

from . import cases


@pytest.mark.parametrize("activation", cases.ACTIVATIONS)
@pytest.mark.points(4)
def test_forward(check, activation):
    """forward predicts, with {activation} on the hidden layers"""
    check(cases.FORWARD[activation], 0, name="y_hat")


@pytest.mark.points(2)
def test_one_layer(check):
    """forward copes with K = 1: no hidden layer, a sigmoid at the end"""
    check(cases.one_layer_forward_cases, 0, name="y_hat")


@pytest.mark.points(4)
def test_many_layers(check):
    """forward goes through ten and more layers, the keys in any order"""
    check(cases.many_forward_cases, 0, name="y_hat")


@pytest.mark.points(4)
def test_order(check):
    """forward takes the layers by their numbers"""
    check(cases.ordered_cases, 0, name="y_hat")
