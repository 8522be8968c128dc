"""Any graph: evaluate and differentiate."""

import pytest

from . import cases


@pytest.mark.points(8)
def test_evaluate(check):
    """evaluate gives the value of every node, in whatever order they stand"""
    check(cases.evaluate_cases)


@pytest.mark.points(2)
def test_evaluate_long_chain(check):
    """evaluate copes with chains of 300 nodes"""
    check(cases.evaluate_long_cases)


@pytest.mark.points(4)
def test_evaluate_refuses(check):
    """evaluate raises ValueError for unknown operands and cycles"""
    check.raises(cases.bad_evaluate_cases, ValueError, but=cases.evaluate_cases)


@pytest.mark.points(6)
def test_tree(check):
    """differentiate is right where every node is used once"""
    check(cases.tree_cases, own=("evaluate",))


@pytest.mark.points(8)
def test_shared_nodes(check):
    """differentiate adds up what flows back to a node used several times"""
    check(cases.shared_cases, own=("evaluate",))


@pytest.mark.points(4)
def test_operations(check):
    """differentiate takes the partials of sub, div, log, exp and relu"""
    check(cases.operation_cases, own=("evaluate",))


@pytest.mark.points(3)
def test_apart(check):
    """differentiate gives 0.0 where no path leads to the output"""
    check(cases.apart_cases, own=("evaluate",))


@pytest.mark.points(3)
def test_long_chain(check):
    """differentiate copes with chains of 300 nodes"""
    check(cases.long_cases, own=("evaluate",))


@pytest.mark.points(4)
def test_differentiate_refuses(check):
    """differentiate raises ValueError for unknown names and cycles"""
    check.raises(cases.bad_differentiate_cases, ValueError, but=cases.tree_cases)


@pytest.mark.points(3)
@pytest.mark.timed("differentiate")
def test_differentiate_is_fast(check):
    """differentiate is fast: one walk through the graph finds every derivative"""
    check.fast(cases.timed_cases, limit=1500, beside="one walk through the graph")
