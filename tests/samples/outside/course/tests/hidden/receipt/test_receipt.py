import pytest

from grader.testing import partial_credit


@pytest.mark.points(6)
def test_lines(student, rng):
    """receipt: all lines"""
    prices = [round(float(p), 2) for p in rng.uniform(1, 9, size=2)]
    lines = student.receipt.printed([("tea", prices[0]), ("cake", prices[1])]).splitlines()
    expected = [f"tea: {prices[0]:.2f}", f"cake: {prices[1]:.2f}", f"total: {sum(prices):.2f}"]
    right = sum(line in lines for line in expected)
    partial_credit(right / 3, f"{right} of 3 lines are right")


@pytest.mark.points(4)
def test_ask(student):
    """ask: until a number is typed"""
    assert student.ask.with_input("many\n12\n")() == 12
