"""gradient_norms: each norm on its own scale, the first layer's first."""

import pytest

from . import cases

OWN = ("forward", "backward")


@pytest.mark.points(5)
def test_norms(check):
    """gradient_norms are the Frobenius norms of dL/dW, first layer first"""
    check(cases.norms_cases, own=OWN, name="norms")


@pytest.mark.points(4)
def test_many_layers(check):
    """gradient_norms keeps ten and more layers in order"""
    check(cases.many_norms_cases, own=OWN, name="norms")


@pytest.mark.points(4)
def test_vanishing(check):
    """gradient_norms rounds no tiny norm away"""
    check(cases.tiny_norms_cases, name="norms")
