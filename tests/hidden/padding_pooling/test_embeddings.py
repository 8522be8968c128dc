"""embed, and its gradient."""

import pytest

from . import cases


@pytest.mark.points(2)
def test_embed(check):
    """embed looks up a row of E for each id"""
    check(cases.embed_cases, name="vectors")


@pytest.mark.points(1)
def test_embed_square(check):
    """embed looks up rows, not columns, where E has as many of both"""
    check(cases.embed_square_cases, name="vectors")


@pytest.mark.points(1)
def test_embed_zero(check):
    """embed: id 0 is a word like any other"""
    check(cases.embed_zero_cases, name="vectors")


@pytest.mark.points(4)
def test_backward(check):
    """embed_backward gives each row of E what arrives at its copy"""
    check(cases.once_cases, name="dE")


@pytest.mark.points(5)
def test_backward_repeats(check):
    """embed_backward adds up what arrives at all copies of a row"""
    check(cases.repeat_cases, name="dE")


@pytest.mark.points(1)
def test_backward_zero(check):
    """embed_backward: id 0 is a word like any other"""
    check(cases.zero_id_cases, name="dE")


@pytest.mark.points(2)
def test_backward_unused(check):
    """embed_backward has V rows, with zeros for ids that do not occur"""
    check(cases.unused_cases, name="dE")
